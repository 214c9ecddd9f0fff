"""Write a report for people, at a terminal or in a log. Pure.

A contract: one line a problem, `path:line:column pointer message [rule]`. A terminal gets colours, and a
heading for each file; the lines under it say the same.
"""

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
    list_rules,
    make_printable,
    say_counts,
    say_number,
    say_severity,
    select_problems,
    summarise,
    tell_more,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from packager.model import Problem, Report

_BOLD: Final = "1"
_DIM: Final = "2"
_CYAN: Final = "36"
_COLOURS: Final = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.NOTE: "34"}


def to_text(report: Report, setting: Setting = PLAIN) -> str:
    """Return a line for each problem, how many are not shown, a summary by rule, and the counts."""
    shown = select_problems(report.problems, SHOWN)
    lines = [*_list_by_file(report, shown)] if setting.colour else [*map(format_problem, shown)]
    if hidden := len(report.problems) - len(shown):
        lines += ["", f"{say_number(hidden, 'more problem')} not shown: --format json shows all"]
    lines += tell_more(report)
    if lines:
        lines += ["", *list_rules(report.problems), ""]
    last = summarise(report, setting.known)
    lines.append(_paint(last, _BOLD) if setting.colour else last)
    return "\n".join(lines) + "\n"


def _list_by_file(report: Report, shown: Sequence[Problem]) -> Iterator[str]:
    counts = {path: say_counts([*group]) for path, group in groupby(report.problems, attrgetter("path"))}
    for number, (path, group) in enumerate(groupby(shown, attrgetter("path"))):
        if number:
            yield ""
        yield f"{_paint(make_printable(path), _BOLD)}: {counts[path]}"
        yield from map(_paint_problem, group)


def _paint_problem(problem: Problem) -> str:
    """Return the line of `format_problem` in colours."""
    pointer = f"{_paint(make_printable(problem.pointer), _CYAN)} " if problem.pointer else ""
    colour = _COLOURS[problem.severity]
    return (
        f"{_paint(make_printable(f'{problem.path}:{problem.line}:{problem.column}'), _DIM)} {pointer}"
        f"{_paint(say_severity(problem), colour)}{make_printable(problem.message)} "
        f"{_paint(f'[{make_printable(problem.rule)}]', colour)}"
    )


def _paint(text: str, colour: str) -> str:
    return f"\x1b[{colour}m{text}\x1b[0m" if text else ""
