"""What a report says besides its problems, and how problems and counts are worded in every format. Pure."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from packager.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from packager.model import Problem, Report


class RuleInfo(NamedTuple):
    """What a report can say about a rule itself."""

    summary: str
    """One sentence: what the rule finds."""
    explanation: str
    """Why it matters and what to do, in Markdown."""
    severity: Severity
    """Unless the project changes it."""
    page: str = ""
    """The address of its page; empty if it has none."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How and with what a report is written; a format takes from it what it can say."""

    version: str = ""
    """Of the tool; empty if it is not to be told."""
    rules: Mapping[str, RuleInfo] = field(default_factory=dict)
    """By id. A rule that is not here is told by its id alone."""
    files: tuple[str, ...] = ()
    """Every file that was checked; those with problems need not be among them."""
    known: int | None = None
    """How many problems a baseline took out of the report; None: there is no baseline."""
    strict: bool = False
    """Whether a warning fails the check too."""
    colour: bool = False
    """Whether the text is for a terminal: with colours and a heading for each file."""


PLAIN: Final = Setting()


SHOWN: Final = 200
"""How many problems a report for people shows; it always tells how many it does not."""

_LINE_NUMBER: Final = re.compile(
    r"\b(lines?|segments?|items?) [0-9][0-9,]*|(\.(?:json|jsonl|ndjson)(?:\.gz|\.zst)?):[0-9]+(?::[0-9]+)?"
)


def format_problem(problem: Problem) -> str:
    """Return one line: `segments/a.jsonl:3:12 /Start message [time/not-a-time]`.

    An empty pointer leaves no gap; a warning or a note says so before its message.
    """
    pointer = f"{problem.pointer} " if problem.pointer else ""
    place = f"{problem.path}:{problem.line}:{problem.column}"
    return make_printable(f"{place} {pointer}{say_severity(problem)}{problem.message} [{problem.rule}]")


def say_severity(problem: Problem) -> str:
    """Return what stands before a message: nothing for an error, else `warning: ` or `note: `."""
    return "" if problem.severity is Severity.ERROR else f"{problem.severity.value}: "


def summarise(report: Report, known: int | None = None) -> str:
    """Return the last line: what was checked, how many problems there are, and how many are `known`."""
    checked = f"{say_number(report.files, 'file')}, {say_number(report.segments, 'segment')}"
    if known is None:
        return f"{checked}: {say_totals(report) or 'no problems'}"
    return f"{checked}: {say_totals(report) or 'no new problems'}, {known:,} known"


def say_totals(report: Report) -> str:
    """Return the same of all problems of a report, with those that it does not hold."""
    return ", ".join(say_number(count, each.value) for each in Severity if (count := report.count(each)))


def tell_more(report: Report) -> list[str]:
    """Return a line that says how many problems a report does not hold, if there are some."""
    some = f"{say_number(report.more, 'more problem')} not kept: of each file the first 10,000 are"
    return [some] if report.more else []


def say_counts(problems: Sequence[Problem]) -> str:
    """Return such as `2 errors, 1 warning`; empty for none."""
    counts = Counter(problem.severity for problem in problems)
    return ", ".join(say_number(counts[each], each.value) for each in Severity if counts[each])


def say_number(count: int, noun: str) -> str:
    """Return a count with its noun: `1 file`, `2,000 files`."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def count_rules(problems: Iterable[Problem]) -> list[tuple[str, int]]:
    """Return each rule that was broken and how often, by its id."""
    return sorted(Counter(problem.rule for problem in problems).items())


def list_rules(problems: Sequence[Problem]) -> list[str]:
    """Return a line for each rule that was broken: how often, and its id."""
    counts = count_rules(problems)
    width = max((len(str(count)) for _, count in counts), default=0)
    return [f"{count:>{width}} {rule}" for rule, count in counts]


def select_problems(problems: Sequence[Problem], limit: int) -> Sequence[Problem]:
    """Return at most `limit` problems in their order: no warning takes the place of an error."""
    if len(problems) <= limit:
        return problems
    by_severity = (
        number
        for severity in Severity
        for number, problem in enumerate(problems)
        if problem.severity is severity
    )
    return [problems[number] for number in sorted(islice(by_severity, limit))]


def forget_lines(message: str) -> str:
    """Return a message without the numbers of lines in it, so that it stays the same when lines move.

    >>> forget_lines("the same text stands in line 12")
    'the same text stands in line'
    """
    return _LINE_NUMBER.sub(r"\1\2", message)


def make_printable(text: str) -> str:
    """Return a text that stays on one line and cannot steer a terminal."""
    return "".join(character if character.isprintable() else _escape(character) for character in text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode()
