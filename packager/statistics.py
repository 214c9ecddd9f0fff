"""What a data set holds, counted: whole numbers, exact, whatever the number of jobs. Pure.

A `Tally` is what one shard holds; tallies are merged in any order, and summarized once. Speakers are held up
to `MOST_SPEAKERS`; where there are more, none is told, rather than some. Medians are exact to the width of
their counter: a hundredth of a second, a character, a tenth of a character a second.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields
from functools import reduce
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from packager.built import Spread, Statistics, Totals

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from packager.built import Manifest

NANOSECONDS: Final = 10**9
CENTISECOND: Final = 10**7
MOST: Final = (1 << 16) - 1
"""The greatest value that a counter tells apart; what is greater is counted with it."""
MOST_SPEAKERS: Final = 1 << 17

LENGTH_EDGES: Final = (0, 1, 2, 3, 5, 8, 12, 20, 30, 60, 120, 300)
"""Seconds at which the bins of lengths begin; the last one has no end."""
RATE_EDGES: Final = (0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 25, 30)
"""Characters a second at which the bins of rates begin; likewise."""

_COUNTS: Final = ("length_counts", "character_counts", "rate_counts")
_TEXT: Final = 400
_ITEMS: Final = 8

_Key = TypeVar("_Key", int, str)

Counts: TypeAlias = dict[int, int]
"""How often each value occurs."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """What one speaker says."""

    segments: int
    nanoseconds: int


@dataclass(frozen=True, slots=True)
class Example:
    """A real segment. The best one has the least rank, then comes first by recording and segment."""

    rank: int
    """Twice the number of its empty columns, and one if its text is very short or long."""
    recording: str
    segment: int
    values: tuple[tuple[str, object], ...]
    """By column; what is very long is cut."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What some rows hold; `merge` makes one of many."""

    segments: int = 0
    timed: int | None = None
    """Segments that have both times, in order; None if there are no such columns."""
    nanoseconds: int = 0
    least: int | None = None
    """The shortest of them, in nanoseconds."""
    most: int | None = None
    words: int | None = None
    """None if there is no column of text."""
    characters: int = 0
    speakers: Mapping[str, Speaker] | None = None
    """None if there is no such column, or if there are too many."""
    many_speakers: bool = False
    filled: Mapping[str, int] | None = None
    """By column, how many values are not null."""
    example: Example | None = None
    length_counts: Mapping[int, int] | None = None
    """Of hundredths of a second."""
    character_counts: Mapping[int, int] | None = None
    rate_counts: Mapping[int, int] | None = None
    """Of tenths of a character a second."""


def merge(tallies: Iterable[Tally]) -> Tally:
    """Return the tally of all these rows."""
    return reduce(_merge_two, tallies, Tally())


def summarize(tally: Tally, recordings: int) -> Statistics:
    """Return what is told of these rows, which are of so many recordings."""
    timed = bool(tally.timed)
    lengths = _median(tally.length_counts)
    spread = (
        Spread(tally.least, lengths * CENTISECOND, tally.most)
        if tally.least is not None and tally.most is not None and lengths is not None
        else None
    )
    return Statistics(
        totals=Totals(
            recordings=recordings,
            segments=tally.segments,
            speakers=None if tally.speakers is None else len(tally.speakers),
            nanoseconds=tally.nanoseconds if timed else None,
            words=tally.words,
            characters=None if tally.words is None else tally.characters,
        ),
        timed=tally.timed or 0,
        length=spread,
        characters=_spread(tally.character_counts),
        rate=_spread(tally.rate_counts),
        length_bins=_bin(tally.length_counts, LENGTH_EDGES, 100),
        rate_bins=_bin(tally.rate_counts, RATE_EDGES, 10),
        filled=tuple(sorted((tally.filled or {}).items())),
    )


def dump_tally(tally: Tally) -> dict[str, object]:
    """Return a tally as JSON can hold it; `load_tally` reads it."""
    kept = {each.name: getattr(tally, each.name) for each in fields(tally)}
    for name in _COUNTS:  # the keys of JSON are texts
        kept[name] = None if kept[name] is None else list(kept[name].items())
    return kept


def load_tally(kept: Mapping[str, Any]) -> Tally:
    """Return the tally of which `dump_tally` made this, after JSON."""
    parts = dict(kept)
    for name in _COUNTS:
        parts[name] = None if kept[name] is None else dict(kept[name])
    if kept["speakers"] is not None:
        parts["speakers"] = {name: Speaker(**each) for name, each in kept["speakers"].items()}
    if (example := kept["example"]) is not None:
        parts["example"] = Example(**example | {"values": tuple(map(tuple, example["values"]))})
    return Tally(**parts)


def total(manifest: Manifest) -> Totals:
    """Return what the data set of a manifest holds in all; of one without statistics, what its lists tell."""
    for name, statistics in manifest.statistics:
        if name == "all":
            return statistics.totals
    segments = sum(split.rows for split in manifest.splits)
    return Totals(len(manifest.recordings), segments, None, None, None, None)


def rank_speakers(tally: Tally) -> tuple[tuple[str, Speaker], ...]:
    """Return the speakers, the longest time first; without times, the most segments first."""
    ranked = (tally.speakers or {}).items()
    return tuple(sorted(ranked, key=lambda entry: (-entry[1].nanoseconds, -entry[1].segments, entry[0])))


def cut_long(value: object) -> object:
    """Return a value without what is beyond the first characters and items."""
    match value:
        case str():
            return value if len(value) <= _TEXT else f"{value[:_TEXT]}…"
        case list():
            return [cut_long(item) for item in value[:_ITEMS]] + ["…"] * (len(value) > _ITEMS)
        case dict():
            return {key: cut_long(item) for key, item in value.items()}
        case bool() | int() | float() | None:
            return value
    return str(value)


def _merge_two(one: Tally, other: Tally) -> Tally:
    many = one.many_speakers or other.many_speakers
    speakers = None if many else _add_speakers(one.speakers, other.speakers)
    if speakers is not None and len(speakers) > MOST_SPEAKERS:
        many, speakers = True, None
    both = (one, other)
    examples = [each.example for each in both if each.example is not None]
    return Tally(
        segments=one.segments + other.segments,
        timed=_add(one.timed, other.timed),
        nanoseconds=one.nanoseconds + other.nanoseconds,
        least=min((each.least for each in both if each.least is not None), default=None),
        most=max((each.most for each in both if each.most is not None), default=None),
        words=_add(one.words, other.words),
        characters=one.characters + other.characters,
        speakers=speakers,
        many_speakers=many,
        filled=_add_counts(one.filled, other.filled),
        example=min(examples, key=lambda each: (each.rank, each.recording, each.segment), default=None),
        length_counts=_add_counts(one.length_counts, other.length_counts),
        character_counts=_add_counts(one.character_counts, other.character_counts),
        rate_counts=_add_counts(one.rate_counts, other.rate_counts),
    )


def _add(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else one + other


def _add_counts(one: Mapping[_Key, int] | None, other: Mapping[_Key, int] | None) -> Mapping[_Key, int]:
    counts = Counter(one or {})
    counts.update(other or {})
    return dict(counts)


def _add_speakers(
    one: Mapping[str, Speaker] | None, other: Mapping[str, Speaker] | None
) -> Mapping[str, Speaker] | None:
    if one is None or other is None:
        return one if other is None else other
    merged, nobody = dict(one), Speaker(0, 0)
    for name, speaker in other.items():
        known = merged.get(name, nobody)
        merged[name] = Speaker(known.segments + speaker.segments, known.nanoseconds + speaker.nanoseconds)
    return merged


def _median(counts: Mapping[int, int] | None) -> int | None:
    """Return the lower median of the values counted."""
    left = (sum((counts or {}).values()) + 1) // 2
    for value in sorted(counts or {}):
        left -= (counts or {})[value]
        if left <= 0:
            return value
    return None


def _spread(counts: Mapping[int, int] | None) -> Spread | None:
    median = _median(counts)
    return None if median is None or not counts else Spread(min(counts), median, max(counts))


def _bin(counts: Mapping[int, int] | None, edges: tuple[int, ...], unit: int) -> tuple[int, ...]:
    """Return how many values lie from each edge to the next; a value is so many units of an edge."""
    bins = [0] * len(edges)
    for value, count in (counts or {}).items():
        bins[sum(edge * unit <= value for edge in edges) - 1] += count
    return tuple(bins)
