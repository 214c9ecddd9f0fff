"""What is remembered of a recording while its segments go by, in order. Pure.

Bounded however long the recording is: the last 8,192 to 16,384 segments by digest and place, 10,000
speakers, one text.
"""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from packager.check.rules.rule import Place
    from packager.check.rules.turn import Turn

WINDOW: Final = 1 << 13
"""Segments; as many at least are remembered, twice as many at most."""
NEVER: Final = -(1 << 63)
_SPEAKERS: Final = 10_000


class Memory:
    """The segments of one recording so far."""

    __slots__ = ("ends", "older", "run", "seen", "start", "words")

    def __init__(self) -> None:
        self.start = NEVER
        """When the last segment that has a start starts, in nanoseconds."""
        self.words: Hashable = None
        """What the last segment says."""
        self.run = 0
        """How many segments up to the last one say just that."""
        self.ends: dict[Hashable, int] = {}
        """When the last segment of each speaker ends, in nanoseconds; `NEVER` if nobody knows."""
        self.seen: dict[int, Place] = {}
        """Where the last segments stand, by digest; `older` holds those before them."""
        self.older: dict[int, Place] = {}

    def find_equal(self, turn: Turn) -> Place | None:
        """Return where a segment with the same times, speaker and text stands."""
        key = hash((turn.start, turn.end, turn.speaker, turn.words))
        return self.seen.get(key) or self.older.get(key)

    def add(self, turn: Turn, place: Place) -> None:
        """Remember a segment."""
        if turn.start is not None:
            self.start = turn.start
        self.run = self.run + 1 if turn.words == self.words else 1
        self.words = turn.words
        if turn.speaker and turn.end is not None:
            self.ends[turn.speaker] = turn.end
        elif turn.speaker:
            self.ends.setdefault(turn.speaker, NEVER)
        self.seen[hash((turn.start, turn.end, turn.speaker, turn.words))] = place
        self.trim()

    def take_many(
        self,
        starts: Sequence[int],
        ends: Sequence[int],
        speakers: Sequence[Hashable],
        words: Sequence[Hashable],
        places: Sequence[Place],
    ) -> bool:
        """Remember segments that all have times, and say other things than those before them.

        False, and none is remembered, if one has an equal, or if they could be too many.
        """
        keys = list(map(hash, zip(starts, ends, speakers or repeat(None), words, strict=False)))
        new = dict(zip(keys, places, strict=True))
        if len(new) < len(keys) or not (
            self.seen.keys().isdisjoint(keys) and self.older.keys().isdisjoint(keys)
        ):
            return False
        if len(self.seen) + len(new) > WINDOW or len(self.ends) + len(set(speakers)) > _SPEAKERS:
            return False
        self.start, self.words, self.run = starts[-1], words[-1], 1
        self.ends.update(zip(speakers, ends, strict=False))
        self.seen.update(new)
        return True

    def trim(self) -> None:
        """Forget what is beyond the bounds."""
        if len(self.seen) > WINDOW:
            self.older, self.seen = self.seen, {}
        if len(self.ends) > _SPEAKERS:
            self.ends.clear()
