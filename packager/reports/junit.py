"""Write a report as JUnit XML: one suite, one test case a file. Pure. Well-formed whatever the data say."""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from packager.model import Severity
from packager.reports.wording import (
    PLAIN,
    SHOWN,
    Setting,
    format_problem,
    make_printable,
    say_counts,
    say_number,
    select_problems,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packager.model import Problem, Report

_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


def to_junit(report: Report, setting: Setting = PLAIN) -> str:
    """Return one suite with a case for each file; a file fails if it has errors (or, if strict, warnings)."""
    found = {path: [*group] for path, group in groupby(report.problems, attrgetter("path"))}
    paths = sorted({*setting.files, *found})
    failures = sum(_fails(found.get(path, ()), strict=setting.strict) for path in paths)
    counts = f'tests="{len(paths)}" failures="{failures}" errors="0" skipped="0"'
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="packager check" {counts}>',
        f'  <testsuite name="packager check" {counts}>',
        *(_case(path, found.get(path, ()), strict=setting.strict) for path in paths),
        "  </testsuite>",
        "</testsuites>",
    ]
    return "\n".join(lines) + "\n"


def _case(path: str, problems: Sequence[Problem], *, strict: bool) -> str:
    name = _escape(path)
    opening = f'    <testcase classname="packager.check" name="{name}" file="{name}"'
    if not problems:
        return f"{opening}/>"
    shown = select_problems(problems, SHOWN)
    lines = [*map(format_problem, shown)]
    if hidden := len(problems) - len(shown):
        lines.append(f"{say_number(hidden, 'more problem')} not shown")
    text = "\n".join(map(_escape, lines))
    if not _fails(problems, strict=strict):
        return f"{opening}><system-out>{text}</system-out></testcase>"
    kind = _escape(", ".join(sorted({problem.rule for problem in problems})))
    return f'{opening}><failure message="{say_counts(problems)}" type="{kind}">{text}</failure></testcase>'


def _fails(problems: Sequence[Problem], *, strict: bool) -> bool:
    failing = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    return any(problem.severity in failing for problem in problems)


def _escape(text: str) -> str:
    """Return text for content or an attribute; all that XML cannot hold is not printable, and is escaped."""
    return "".join(_ENTITIES.get(character, character) for character in make_printable(text))
