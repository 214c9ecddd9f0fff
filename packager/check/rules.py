"""The rules beyond the schema, on one segment each. Pure.

A rule yields `Finding`s. To add one, write a function of a segment and its time properties, and a line in
`RULES`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from packager.model import Severity
from packager.times import parse_time, to_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from packager.model import JsonObject, JsonValue


@dataclass(frozen=True, slots=True)
class TimeProperties:
    """Which properties of a segment are its times."""

    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found in a segment."""

    key: str
    """The property that it is about."""
    rule: str
    severity: Severity
    message: str


def find_bad_times(segment: JsonObject, times: TimeProperties) -> Iterator[Finding]:
    """Find a time that is none (`time/not-a-time`): no clock time and no number of seconds.

    A missing time, and null, are the schema's to judge.
    """
    for key in dict.fromkeys((times.start, times.end)):
        value = segment.get(key)
        if value is not None and not _is_time(value):
            shown = f"{value!r}" if isinstance(value, str) else "this"
            yield Finding(
                key,
                "time/not-a-time",
                Severity.ERROR,
                f"{_cut(shown)} is not a time: write HH:MM:SS, or a number of seconds",
            )


def find_reversed_times(segment: JsonObject, times: TimeProperties) -> Iterator[Finding]:
    """Find a segment that ends before it starts (`time/end-before-start`)."""
    start, end = segment.get(times.start), segment.get(times.end)
    first, last = parse_time(start), parse_time(end)
    if first is not None and last is not None and last < first:
        yield Finding(
            times.end,
            "time/end-before-start",
            Severity.ERROR,
            f"the segment ends at {end}, before it starts at {start}",
        )


RULES: Final[tuple[Callable[[JsonObject, TimeProperties], Iterator[Finding]], ...]] = (
    find_bad_times,
    find_reversed_times,
)


def _is_time(value: JsonValue) -> bool:
    time = parse_time(value)
    if time is None:
        return False
    try:
        to_seconds(time)
    except OverflowError:
        return False
    return True


def _cut(text: str) -> str:
    return text if len(text) <= 60 else text[:60] + "…"
