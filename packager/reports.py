"""Write a report for people (text) or machines (JSON). Pure.

To add a format, write a function of a `Report` and a line in `FORMATS`.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from packager.model import Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from packager.model import Problem, Report

VERSION: Final = 1
"""Of the JSON report; keys may be added within a version, never changed or taken away."""


def to_text(report: Report) -> str:
    """Return a line for each problem, `path:line:column pointer message [rule]`, and a summary."""
    lines = [format_problem(problem) for problem in report.problems]
    if lines:
        lines += ["", *_count_rules(report), ""]
    lines.append(summarise(report))
    return "\n".join(lines) + "\n"


def to_json(report: Report) -> str:
    """Return the report as one JSON object."""
    return json.dumps(to_document(report), ensure_ascii=False, indent=2) + "\n"


def to_document(report: Report) -> dict[str, object]:
    """Return what the JSON report says, as plain values."""
    return {
        "version": VERSION,
        "files": report.files,
        "segments": report.segments,
        "counts": {severity.value: report.count(severity) for severity in Severity},
        "problems": [asdict(problem) for problem in report.problems],
    }


def format_problem(problem: Problem) -> str:
    """Return one line: `segments/a.jsonl:3:12 /Start message [time/not-a-time]`.

    An empty pointer leaves no gap; a warning or a note says so before its message.
    """
    severity = "" if problem.severity is Severity.ERROR else f"{problem.severity.value}: "
    pointer = f"{problem.pointer} " if problem.pointer else ""
    place = f"{problem.path}:{problem.line}:{problem.column}"
    line = f"{place} {pointer}{severity}{problem.message} [{problem.rule}]"
    return "".join(character if character.isprintable() else _escaped(character) for character in line)


def summarise(report: Report) -> str:
    """Return the last line: what was checked and how many problems there are."""
    counts = [
        _number(report.count(severity), severity.value) for severity in Severity if report.count(severity)
    ]
    checked = f"{_number(report.files, 'file')}, {_number(report.segments, 'segment')}"
    return f"{checked}: {', '.join(counts) if counts else 'no problems'}"


FORMATS: Final[dict[str, Callable[[Report], str]]] = {"text": to_text, "json": to_json}


def _count_rules(report: Report) -> list[str]:
    counts = Counter(problem.rule for problem in report.problems)
    width = max(len(str(count)) for count in counts.values())
    return [f"{count:>{width}} {rule}" for rule, count in sorted(counts.items())]


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()
