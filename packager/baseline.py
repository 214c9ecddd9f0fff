"""Know the old problems of an imperfect corpus, so that only new ones fail. Pure.

A problem is known by its file, rule, pointer and what it says, and by how often: not by its line, so it stays
known when lines move. The file of a baseline is JSON of format 1, sorted, one line an entry, for small diffs.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from packager.errors import ConfigError
from packager.reports import forget_lines
from packager.secrets import hide_secrets

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from packager.model import Problem, Report

FORMAT: Final = 1


class Entry(NamedTuple):
    """What a problem is known by. Sorts by file."""

    path: str
    rule: str
    pointer: str
    digest: str
    """Of the message, without the numbers of lines in it."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The known problems."""

    counts: Mapping[Entry, int]
    """How often each occurs; at least once."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A report held against a baseline."""

    report: Report
    """With new problems only."""
    known: int
    gone: int
    """How many known problems of the files that were checked no longer occur."""


def make_baseline(report: Report) -> Baseline:
    """Return the baseline that knows every problem of a report."""
    return Baseline(Counter(map(_know, report.problems)))


def compare_baseline(report: Report, baseline: Baseline, files: Collection[str] | None) -> Comparison:
    """Tell new problems from known ones.

    Of equal problems the first ones are the known ones. `files` are the names of the files that were checked;
    None means the whole corpus, in which what is known of a file that is no more is gone too.
    """
    left = Counter(baseline.counts)
    new = []
    for problem in report.problems:
        entry = _know(problem)
        if left[entry]:
            left[entry] -= 1
        else:
            new.append(problem)
    gone = sum(count for entry, count in left.items() if files is None or entry.path in files)
    return Comparison(replace(report, problems=tuple(new)), len(report.problems) - len(new), gone)


def write_baseline(baseline: Baseline) -> str:
    """Return the text of a baseline file. Equal baselines give equal texts."""
    lines = ["{", f' "format": {FORMAT},', ' "problems": [']
    lines += [",\n".join(_write_entries(baseline.counts))] if baseline.counts else []
    return "\n".join([*lines, " ]", "}"]) + "\n"


def parse_baseline(data: bytes, name: str) -> Baseline:
    """Return what a baseline file says; `name` is how to report it.

    Raises:
        ConfigError: it is no baseline file of this format.
    """
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{name} is no baseline: it is not JSON; write it anew") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ConfigError(f"{name} is no baseline of format {FORMAT}: write it anew with --write-baseline")
    try:
        return Baseline(_read_entries(document["problems"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"{name} is no sound baseline: write it anew with --write-baseline") from error


def _know(problem: Problem) -> Entry:
    _, message = problem.fingerprint
    digest = sha256(forget_lines(message).encode()).hexdigest()[:16]
    return Entry(problem.path, problem.rule, problem.pointer, digest)


def _write_entries(counts: Mapping[Entry, int]) -> Iterable[str]:
    for entry, count in sorted(counts.items()):
        yield "  " + json.dumps({**entry._asdict(), "count": count}, ensure_ascii=False)


def _read_entries(problems: Iterable[Any]) -> Counter[Entry]:
    counts: Counter[Entry] = Counter()
    for each in problems:
        values = [each[name] for name in Entry._fields]
        count = each["count"]
        if not all(isinstance(value, str) for value in values) or type(count) is not int or count < 1:
            raise ValueError
        entry = Entry(*values)
        # A pointer has names of properties; an older baseline has them with their secrets.
        counts[entry._replace(pointer=hide_secrets(entry.pointer))] += count
    return counts
