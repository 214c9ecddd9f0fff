"""What a rule beyond the schema is: its name, how bad it is, why, two examples, and its function. Pure.

A rule looks at one segment (`SegmentCheck`), at a segment and what came before it in its recording
(`RecordingCheck`), or at what all recordings of a corpus have in common (`CorpusCheck`). Rules never see more
than that, so memory stays small; what is remembered of a recording is in `memory`.

`find` says what is wrong with one segment. `ask` is its question to a whole block, for speed alone: which
segments may have something wrong with them? It may name too many, never too few; without it every segment is
looked at. A rule is one `Rule` with both, in the module of its family.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from packager.check.rules.columns import Columns
    from packager.check.rules.memory import Memory
    from packager.check.rules.turn import Turn
    from packager.model import JsonObject, Severity

Limits: TypeAlias = "Mapping[str, float]"
"""Every threshold of every rule, by name."""

Place: TypeAlias = tuple[int, ...]
"""Which segment of its source it is, from 0 (`Item.number`); before that perhaps the number of the source."""

OTHER: Final = "\0"
"""In a message: the place of the other segment, which is written when its file is known by name."""

TIMES: Final = "times"
TEXT: Final = "text"
SPEAKER: Final = "speaker"


class Flaw(NamedTuple):
    """What a rule found in a segment."""

    about: str
    """`start`, `end`, `text`, `speaker`, or the empty string: the segment as a whole."""
    message: str
    other: Place | None = None
    """The place of another segment, which stands in the message where `OTHER` does."""
    spot: Spot | None = None
    """Where in the segment it is, if that is not one of its own properties; it is told there also where the
    schema refuses the value."""


class Spot(NamedTuple):
    """A place inside a segment, at any depth."""

    pointer: str
    """RFC 6901 JSON Pointer into the segment."""
    key: str | None = None
    """The name of a property of the object there; None: the value there."""


class Sighting(NamedTuple):
    """Where a corpus says something for the first time in a file, or at all. Sorts by place."""

    place: Place
    """Number of the source, and which of its segments."""
    what: str
    """A name, or the split of the recording."""
    who: str = ""
    """The speaker, where `what` is a split."""


class SegmentCheck(NamedTuple):
    """Finds what is wrong with a segment by itself."""

    find: Callable[[Turn, Limits], Iterator[Flaw]]
    ask: Callable[[Columns, Limits], Iterable[int]] | None = None
    """Returns the indices of the segments in which `find` may find something, in any order."""


class RecordingCheck(NamedTuple):
    """Finds what is wrong with a segment after those before it. The memory is changed elsewhere."""

    find: Callable[[Turn, Memory, Limits], Iterator[Flaw]]
    ask: Callable[[Columns, Memory, Limits], Iterable[int]] | None = None
    """As that of `SegmentCheck`. The memory is as it is before the first of the segments: it must ask of
    those before a segment in the block too."""


class Evidence(StrEnum):
    """What of a corpus a rule looks at together."""

    NAMES = "names"
    """All names of speakers, each where it comes first."""
    RECORDINGS = "recordings"
    """Recordings with equal texts."""
    TEXTS = "texts"
    """Long texts that are equal."""
    NEAR_TEXTS = "near texts"
    """Long texts that are equal but for case, space and punctuation."""
    VOICES = "voices"
    """All speakers one after the other, each where each split has them first."""


class CorpusCheck(NamedTuple):
    """Finds, of what is looked at together, in the order of the corpus, what should not be."""

    evidence: Evidence

    find: Callable[[Sequence[Sighting], Limits], Iterator[tuple[Sighting, Flaw]]]


Check: TypeAlias = "SegmentCheck | RecordingCheck | CorpusCheck"


class Limit(NamedTuple):
    """A threshold, which `[check.limits]` can change by its name."""

    name: str
    default: float
    unit: str
    meaning: str
    least: float = 0
    """A project may not go below this."""


Example: TypeAlias = "tuple[tuple[str, tuple[JsonObject, ...]], ...]"
"""Recordings: the name of each file and its segments."""


class Rule(NamedTuple):
    """One rule beyond the schema."""

    id: str
    """`family/name`; keeps its meaning for ever."""
    severity: Severity
    """Unless dataset.toml says otherwise."""
    summary: str
    """What it finds, in one line that goes on from "finds"."""
    explanation: str
    """Why that matters, what is left alone, and what to do."""
    needs: tuple[str, ...]
    """The properties without which it is silent: `times`, `text`, `speaker`."""
    check: Check
    bad: Example
    """Breaks this rule and no other one."""
    good: Example
    """Breaks no rule."""
    limits: tuple[Limit, ...] = ()
    optional: bool = False
    """It holds only where its id is selected or given a severity."""

    of_absence: bool = False
    """It tells of what is missing, and so is silent where the schema does not declare it."""

    @property
    def family(self) -> str:
        """The first part of the id."""
        return self.id.partition("/")[0]


def one(*segments: JsonObject) -> Example:
    """Return an example of one recording."""
    return (("talk.jsonl", segments),)


def said(
    text: str | None, start: object = "00:00:00", end: object = "00:00:04", who: str | None = "Ada"
) -> JsonObject:
    """Return a segment for an example."""
    return {"Speaker": who, "Start": start, "End": end, "Text": text}  # type: ignore[dict-item]


def quote(text: str) -> str:
    """Return text for a message: in quotes, on one line, cut after 40 characters."""
    shown = " ".join(text.replace(OTHER, "").split())
    return f'"{shown}"' if len(shown) <= 40 else f'"{shown[:40]}…"'


TALK: Final = (
    said("Where were we when the lights went out?", "00:00:07", "00:00:10"),
    said(
        "At the part where it compiles, and nobody in the room knows why.",
        "00:00:10",
        "00:00:15",
        who="Grace",
    ),
    said("Then let us begin again from there, slowly.", "00:00:15", "00:00:18"),
)
"""A recording for examples."""
