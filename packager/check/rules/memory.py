"""What is remembered of a recording while its segments go by, in order. Pure.

Bounded however long the recording is: the last 8,192 to 16,384 segments, 10,000 speakers, one text. Segments
are taken one by one, or many at a time by their columns, which are only looked at when that is asked for.
"""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from packager.check.rules.columns import NEVER, clip, mix_all_times

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from packager.check.rules.columns import Columns
    from packager.check.rules.rule import Place
    from packager.check.rules.turn import Turn

WINDOW: Final = 1 << 13
"""Segments; as many at least are remembered, twice as many at most."""
SPEAKERS: Final = 10_000


class Memory:
    """The segments of one recording so far."""

    __slots__ = (
        "_generation",
        "_later",
        "_older",
        "_older_top",
        "_seen",
        "_timed",
        "_times",
        "_top",
        "_top_generation",
        "count",
        "ends",
        "latest",
        "run",
        "start",
        "words",
    )

    def __init__(self) -> None:
        self.count = 0
        """How many segments there were."""
        self.start = NEVER
        """When the last segment that has a start starts, in nanoseconds."""
        self.words: Hashable = None
        """What the last segment says."""
        self.run = 0
        """How many segments up to the last one say just that."""
        self.ends: dict[Hashable, int] = {}
        """When the last segment of each speaker ends, in nanoseconds; `NEVER` if nobody knows."""
        self.latest = NEVER
        """When the segment ends that ends last, whoever speaks."""
        self._top = self._older_top = NEVER
        self._top_generation = 0
        self._generation = 0
        """Of `_seen`: so many times as many segments as are in a window came before."""
        self._seen: dict[int, Place] = {}
        """Where segments are, by the hash of what makes them equal; `_older` holds those before them."""
        self._older: dict[int, Place] = {}
        self._later: deque[_Stretch] = deque()
        """Segments that are not yet in `_seen`."""
        self._times: deque[tuple[Sequence[int], Sequence[int]]] = deque()
        """When the last segments start and end, many at a time; lists or arrays."""
        self._timed = 0

    def times(self) -> Any:  # noqa: ANN401 - an array
        """Return what `mix_times` says of all segments that are remembered, and perhaps of some more."""
        return mix_all_times(self._times)

    @property
    def farthest(self) -> int:
        """When the segment starts that starts last of those that are remembered; or of some more."""
        return max(self._top, self._older_top)

    def find_equal(self, turn: Turn) -> Place | None:
        """Return where a segment with the same times, speaker and text is."""
        while self._later:
            self._settle(self._later.popleft())
        self._turn_to(self.count // WINDOW)
        key = _hash(turn)
        return self._seen.get(key) or self._older.get(key)

    def add(self, turn: Turn, place: Place) -> None:
        """Remember a segment."""
        while self._later:
            self._settle(self._later.popleft())
        self._turn_to(self.count // WINDOW)
        self._seen[_hash(turn)] = place
        self.count += 1
        self._note_times((clip(turn.start),), (clip(turn.end),))
        if turn.start is not None:
            self.start = turn.start
            self._note_start(turn.start)
        self.run = self.run + 1 if turn.words == self.words else 1
        self.words = turn.words
        if turn.end is not None:
            self.latest = max(self.latest, turn.end)
        if turn.speaker is not None:
            self._note_end(turn.speaker, NEVER if turn.end is None else turn.end)

    def take(self, columns: Columns, begin: int, end: int) -> None:
        """Remember segments, as `add` does of one after the other."""
        if begin == end:
            return
        starts, ends = columns.starts[begin:end], columns.ends[begin:end]
        speakers, words = columns.speakers[begin:end], columns.words[begin:end]
        stretch = _Stretch(self.count, starts, ends, speakers, words, columns.places(begin, end))
        self._later.append(stretch)
        self.count += end - begin
        self._note_times(starts, ends)
        known = starts if starts[-1] != NEVER else starts[starts != NEVER]
        if len(known):
            self.start = int(known[-1])
            self._note_start(int(known.max()))
        self.latest = max(self.latest, int(ends.max()))
        self._take_words(words)
        self._take_ends(ends, speakers, columns.names)
        oldest = (self.count // WINDOW - 1) * WINDOW
        while self._later and self._later[0].first + len(self._later[0].words) <= oldest:
            self._later.popleft()

    def _note_times(self, starts: Any, ends: Any) -> None:  # noqa: ANN401 - arrays, or of one segment tuples
        last = self._times[-1] if self._times else None
        if (
            isinstance(starts, tuple)
            and last is not None
            and isinstance(last[0], list)
            and len(last[0]) < WINDOW
        ):
            last[0].extend(starts)
            cast("list[int]", last[1]).extend(ends)
        else:
            alone = isinstance(starts, tuple)
            self._times.append((list(starts), list(ends)) if alone else (starts, ends))
        self._timed += len(starts)
        while self._timed - len(self._times[0][0]) >= 2 * WINDOW:
            self._timed -= len(self._times.popleft()[0])

    def _take_words(self, words: Sequence[Hashable]) -> None:
        last, run = words[-1], 1
        while run < len(words) and words[-1 - run] == last:
            run += 1
        self.run = self.run + run if run == len(words) and last == self.words else run
        self.words = last

    def _take_ends(self, ends: Any, speakers: Sequence[Hashable], names: frozenset[Hashable]) -> None:  # noqa: ANN401 - an array
        if len(self.ends) + len(names) > SPEAKERS:
            for speaker, end in zip(speakers, ends.tolist(), strict=True):
                if speaker is not None:
                    self._note_end(speaker, end)
            return
        # Of each speaker the last segment that has an end, backwards until there is one of all.
        left = set(names) - {None}
        silent: set[Hashable] = set()
        for index in range(len(speakers) - 1, -1, -1):
            if not left:
                break
            if (speaker := speakers[index]) in left:
                if ends[index] == NEVER:
                    silent.add(speaker)
                else:
                    self.ends[speaker] = int(ends[index])
                    left.discard(speaker)
        for speaker in silent & left:
            self.ends.setdefault(speaker, NEVER)

    def _note_end(self, speaker: Hashable, end: int) -> None:
        if end != NEVER:
            self.ends[speaker] = end
        else:
            self.ends.setdefault(speaker, NEVER)
        if len(self.ends) > SPEAKERS:
            self.ends.clear()

    def _note_start(self, start: int) -> None:
        generation = (self.count - 1) // WINDOW
        if generation != self._top_generation:
            self._older_top, self._top = self._top, NEVER
            self._top_generation = generation
        self._top = max(self._top, start)

    def _settle(self, stretch: _Stretch) -> None:
        """Put segments into `_seen`."""
        keys = map(
            hash,
            zip(stretch.starts.tolist(), stretch.ends.tolist(), stretch.speakers, stretch.words, strict=True),
        )
        pairs = zip(keys, stretch.places, strict=True)
        first, last = stretch.first, stretch.first + len(stretch.words)
        while first < last:
            self._turn_to(first // WINDOW)
            room = min(last, (first // WINDOW + 1) * WINDOW) - first
            self._seen.update(islice(pairs, room))
            first += room

    def _turn_to(self, generation: int) -> None:
        """Forget what is too long ago for segments of this generation."""
        if generation != self._generation:
            self._older = self._seen if generation == self._generation + 1 else {}
            self._seen = {}
            self._generation = generation


class _Stretch(NamedTuple):
    """Segments that follow one another."""

    first: int
    """The number of the first one in the recording, from 0."""
    starts: Any
    ends: Any
    speakers: Sequence[Hashable]
    words: Sequence[Hashable]
    places: Iterable[Place]


def _hash(turn: Turn) -> int:
    start = NEVER if turn.start is None else turn.start
    end = NEVER if turn.end is None else turn.end
    return hash((start, end, turn.speaker, turn.words))
