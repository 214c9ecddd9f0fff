"""Write a report as workflow commands of GitHub Actions, and as Markdown for the summary of a step. Pure.

GitHub shows ten annotations of each severity a step, and takes a summary of one MiB. So the first problem of
every rule comes first, and the counts of all are told beside them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from packager.model import Severity
from packager.reports.wording import (
    PLAIN,
    SHOWN,
    Setting,
    count_rules,
    list_rules,
    make_printable,
    say_number,
    say_totals,
    select_problems,
    summarise,
    tell_more,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packager.model import Problem, Report

_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_IN_SUMMARY: Final = 50
_LONGEST: Final = 300  # characters of a cell in the summary
_PUNCTUATION: Final = re.compile(r"([!-/:-@\[-`{-~])")


def to_github(report: Report, setting: Setting = PLAIN) -> str:
    """Return an annotation for each problem, the counts by rule in a group, and the last line."""
    shown = _spread(report.problems)
    lines = [_annotate(problem) for problem in shown]
    if hidden := len(report.problems) - len(shown):
        lines.append(f"{say_number(hidden, 'more problem')} not shown: --format json shows all")
    lines += tell_more(report)
    if report.problems:
        lines += ["::group::problems by rule", *list_rules(report.problems), "::endgroup::"]
    return "\n".join([*lines, summarise(report, setting.known)]) + "\n"


def to_markdown(report: Report, setting: Setting = PLAIN) -> str:
    """Return the summary of a step: the counts by rule, and the first problems."""
    nothing = "no problems" if setting.known is None else "no new problems"
    lines = [f"### packager check: {say_totals(report) or nothing}", ""]
    lines += [f"{summarise(report, setting.known)}", ""]
    if report.problems:
        lines += [*_table_of_rules(report, setting), ""]
        lines += _table_of_problems(report)
    return "\n".join(lines) + "\n"


def _annotate(problem: Problem) -> str:
    pointer = f"{problem.pointer} " if problem.pointer else ""
    properties = {
        "file": problem.path,
        "line": str(problem.line),
        "col": str(problem.column),
        "title": problem.rule,
    }
    where = ",".join(f"{name}={_escape_property(value)}" for name, value in properties.items())
    message = _escape_data(make_printable(f"{pointer}{problem.message}"))
    return f"::{_LEVELS[problem.severity]} {where}::{message}"


def _escape_data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape_data(text).replace(":", "%3A").replace(",", "%2C")


def _spread(problems: Sequence[Problem]) -> list[Problem]:
    """Return the first problem of each rule, then others, SHOWN in all."""
    first: dict[str, int] = {}
    for number, problem in enumerate(problems):
        first.setdefault(problem.rule, number)
    chosen = set(first.values())
    others = [problem for number, problem in enumerate(problems) if number not in chosen]
    return [*(problems[number] for number in first.values()), *select_problems(others, SHOWN - len(first))]


def _table_of_rules(report: Report, setting: Setting) -> list[str]:
    lines = ["| problems | rule | |", "|---:|---|---|"]
    for rule, count in count_rules(report.problems):
        about = setting.rules.get(rule)
        lines.append(f"| {count:,} | {_escape_cell(rule)} | {_escape_cell(about.summary) if about else ''} |")
    return lines


def _table_of_problems(report: Report) -> list[str]:
    shown = select_problems(report.problems, _IN_SUMMARY)
    hidden = len(report.problems) - len(shown)
    lines = ["| place | problem | rule |", "|---|---|---|"]
    for problem in shown:
        place = f"{problem.path}:{problem.line}:{problem.column}"
        pointer = f"{problem.pointer} " if problem.pointer else ""
        cells = (place, f"{problem.severity.value}: {pointer}{problem.message}", problem.rule)
        lines.append(f"| {' | '.join(map(_escape_cell, cells))} |")
    return [*lines, *(["", f"{say_number(hidden, 'more problem')} not shown."] if hidden else [])]


def _escape_cell(text: str) -> str:
    """Return a text that Markdown shows as it is: any punctuation of ASCII may be escaped."""
    shown = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return _PUNCTUATION.sub(r"\\\1", make_printable(shown))
