"""A segment as the rules see it: its times in nanoseconds, its text, its speaker. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from packager.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Hashable

    from packager.model import JsonObject, JsonValue

SECOND: Final = 10**9
_FARTHEST: Final = 10**15  # seconds; beyond it rules about times are silent

_TIMES: Final = (str, int, float)


class Properties(NamedTuple):
    """Which properties of a segment the rules are about; None where the schema has none that will do."""

    start: str | None
    end: str | None
    """Both times, or neither."""
    text: str | None
    speaker: str | None


class Turn(NamedTuple):
    """A segment, read."""

    start: int | None
    """The nearest nanosecond; None if there is none, or it is no time."""
    end: int | None
    speaker: Hashable
    """Who says it: a name, or of a name that was not kept its digest; None if nobody is named."""
    words: Hashable
    """The text, or of a text that was not kept its digest; None if there is none."""
    length: int
    """Of the text, in characters."""
    text: str | None = None
    """What is said; None if there is none, it is no string, or it was not kept."""
    raw_start: JsonValue = None
    raw_end: JsonValue = None
    raw_speaker: JsonValue = None
    segment: JsonObject | None = None
    """All of it; None if it was not kept."""

    @property
    def seconds(self) -> float | None:
        """How long it is; None without both times, or if it ends before it starts."""
        if self.start is None or self.end is None or self.end < self.start:
            return None
        return (self.end - self.start) / SECOND

    @property
    def slack(self) -> int:
        """By how many seconds its length may be wrong: times written in whole seconds are rounded."""
        return 1 if _is_whole(self.raw_start) and _is_whole(self.raw_end) else 0


def read_turn(segment: JsonObject, properties: Properties) -> Turn:
    """Return a segment as the rules see it."""
    start = _get(segment, properties.start)
    end = _get(segment, properties.end)
    text = _get(segment, properties.text)
    speaker = _get(segment, properties.speaker)
    said = text if isinstance(text, str) else None
    return Turn(
        read_time(start),
        read_time(end),
        speaker if isinstance(speaker, str) and speaker.strip() else None,
        said,
        len(said or ""),
        said,
        start,
        end,
        speaker,
        segment,
    )


def has_property(segment: JsonObject, kind: str, properties: Properties) -> bool:
    """Return whether a segment has this one of `Properties`, as something that rules can look at."""
    key = getattr(properties, kind)
    return key is not None and isinstance(segment.get(key), str if kind in {"text", "speaker"} else _TIMES)


def read_time(value: JsonValue) -> int | None:
    """Return a time as the nearest nanosecond; None if the value is no time, or 30 million years away."""
    if isinstance(value, float):
        return round(value * SECOND) if -_FARTHEST < value < _FARTHEST else None
    if isinstance(value, int) and not isinstance(value, bool):
        return value * SECOND if -_FARTHEST < value < _FARTHEST else None
    time = parse_time(value)
    return int(time) if time is not None and time < _FARTHEST * SECOND else None


def clock(time: int) -> str:
    """Return a time for a message: `01:02:03`, with a fraction if it has one.

    >>> clock(3723500000000)
    '01:02:03.5'
    """
    seconds, rest = divmod(abs(time), SECOND)
    fraction = f".{rest:09d}".rstrip("0") if rest else ""
    sign = "-" if time < 0 else ""
    return f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{fraction}"


def _get(segment: JsonObject, key: str | None) -> JsonValue:
    return None if key is None else segment.get(key)


def _is_whole(time: JsonValue) -> bool:
    return "." not in time if isinstance(time, str) else isinstance(time, int)
