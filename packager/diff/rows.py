"""Compare the rows of a recording in two versions: segments added, removed, changed. Pure.

The segments are aligned in their order, by content: the values of the columns that both versions have with
one type. The number of a segment is not content, so one that is inserted is one added, whatever it does to
the numbers behind it. First all that is equal is aligned; then, in each gap that is left, what has the same
text and speaker, the same times, the same text, the same start: these are the changed segments. What has no
partner was removed or added; so one whose start and text are both new counts as removed and added, and so
does one that stands elsewhere in the order.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

COUNTS: Final = ("added", "removed", "changed", "retimed", "text", "speaker", "other")
"""What is counted of a recording."""

_SMALL: Final = 40_000  # pairs of segments in a gap up to which the longest common sequence is found exactly
_WIDTHS: Final = (2, 4, 8, 16)  # lengths of runs of segments that may stand once where no segment does
_DEEPEST: Final = 12  # how often a gap is divided by what is unique in it


@dataclass(frozen=True, slots=True)
class Row:
    """One segment; equal if its content is."""

    number: int = field(compare=False)
    start: Hashable
    """As its column holds it; None likewise if there is no such column. So with the next three."""
    end: Hashable
    text: Hashable
    speaker: Hashable
    other: str = ""
    """All other content, in one text."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One difference: a segment removed (no `new`), added (no `old`), or changed."""

    old: Row | None
    new: Row | None

    @property
    def kinds(self) -> tuple[str, ...]:
        """What happened: `added`, `removed`, or some of `retimed`, `text`, `speaker`, `other`."""
        if self.old is None or self.new is None:
            return ("added",) if self.old is None else ("removed",)
        differ = {
            "retimed": (self.old.start, self.old.end) != (self.new.start, self.new.end),
            "text": self.old.text != self.new.text,
            "speaker": self.old.speaker != self.new.speaker,
            "other": self.old.other != self.new.other,
        }
        return tuple(kind for kind, differs in differ.items() if differs)


@dataclass(frozen=True, slots=True)
class RecordingDiff:
    """What differs between the segments of one recording in two versions; counts of segments.

    A segment that was changed in several ways counts under each of `retimed`, `text`, `speaker` and `other`.
    """

    name: str
    added: int = 0
    removed: int = 0
    changed: int = 0
    """In any of the ways below."""
    retimed: int = 0
    text: int = 0
    speaker: int = 0
    other: int = 0
    edits: tuple[Edit, ...] = ()
    """In the order of the recording."""

    @property
    def edited(self) -> bool:
        """Whether any segment was added, removed or changed."""
        return bool(self.added or self.removed or self.changed)


@dataclass(frozen=True, slots=True)
class RowDiff:
    """What differs within the recordings whose digests differ, as far as their rows were read."""

    recordings: tuple[RecordingDiff, ...]
    """Sorted by name; those in which nothing differs too, such as where a column is new and no value."""
    unread: str = ""
    """Why no rows were read, as the end of a sentence; empty: they were."""

    @property
    def totals(self) -> dict[str, int]:
        """The counts of `RecordingDiff`, of all recordings together."""
        return {name: sum(getattr(each, name) for each in self.recordings) for name in COUNTS}


def compare_recording(name: str, old: Sequence[Row], new: Sequence[Row]) -> RecordingDiff:
    """Return what differs between the segments of a recording, both in their order.

    Takes time nearly in proportion to their number.
    """
    edits = tuple(
        Edit(one, other)
        for one, other in (
            (None if at is None else old[at], None if to is None else new[to])
            for at, to in align_rows(old, new)
        )
        if one != other
    )
    counts = Counter(kind for edit in edits for kind in edit.kinds)
    changed = sum(edit.old is not None and edit.new is not None for edit in edits)
    return RecordingDiff(name, changed=changed, edits=edits, **counts)


def align_rows(old: Sequence[Row], new: Sequence[Row]) -> list[tuple[int | None, int | None]]:
    """Return every segment with its partner, or None where it has none; both sides in their order."""
    pairs: list[tuple[int, int]] = []
    for key in _KEYS:
        found: list[tuple[int, int]] = []
        for (low, top), (left, right) in _gaps(pairs, len(old), len(new)):
            numbers: dict[Hashable, int] = {}  # keys as numbers, which are hashed many times
            ours = [_number(key(row), numbers) for row in old[low:top]]
            known = len(numbers)
            theirs = [_number(key(row), numbers) for row in new[left:right]]
            if any(each is not None and each < known for each in theirs):
                found += [(low + one, left + other) for one, other in _align(ours, theirs)]
        pairs = sorted(pairs + found)
    return list(_fill(pairs, len(old), len(new)))


def _number(key: Hashable, numbers: dict[Hashable, int]) -> int | None:
    return None if key is None else numbers.setdefault(key, len(numbers))


def _is_said(*values: Hashable) -> bool:
    return any(value is not None and value != "" for value in values)


_KEYS: Final[tuple[Callable[[Row], Hashable], ...]] = (
    lambda row: row,
    lambda row: (row.text, row.speaker) if _is_said(row.text) else None,
    lambda row: (row.start, row.end) if _is_said(row.start, row.end) else None,
    lambda row: (row.text,) if _is_said(row.text) else None,
    lambda row: (row.start,) if _is_said(row.start) else None,
    lambda row: (row.other,) if not _is_said(row.text, row.start) else None,
)
"""What partners have in common, the strongest first; None has nothing in common with anything."""


def _gaps(
    pairs: list[tuple[int, int]], old: int, new: int
) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Yield the ranges between partners in which both sides have segments."""
    low = left = 0
    for top, right in [*pairs, (old, new)]:
        if low < top and left < right:
            yield (low, top), (left, right)
        low, left = top + 1, right + 1


def _fill(pairs: list[tuple[int, int]], old: int, new: int) -> Iterator[tuple[int | None, int | None]]:
    low = left = 0
    for top, right in [*pairs, (old, new)]:
        yield from ((at, None) for at in range(low, top))
        yield from ((None, to) for to in range(left, right))
        if top < old:
            yield top, right
        low, left = top + 1, right + 1


def _align(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Return pairs of equal keys, rising on both sides."""
    pairs: list[tuple[int, int]] = []
    stack = [(0, len(old), 0, len(new), 0)]
    while stack:
        low, top, left, right, depth = stack.pop()
        while low < top and left < right and old[low] == new[left] and old[low] is not None:
            pairs.append((low, left))
            low, left = low + 1, left + 1
        while low < top and left < right and old[top - 1] == new[right - 1] and old[top - 1] is not None:
            top, right = top - 1, right - 1
            pairs.append((top, right))
        if low == top or left == right:
            continue
        anchors = _find_anchors(old[low:top], new[left:right]) if depth < _DEEPEST else []
        if not anchors:
            # Where none stands once: the most pairs of equal keys if the gap is small.
            match = _match_all if (top - low) * (right - left) <= _SMALL else _match_next
            pairs += [(low + one, left + other) for one, other in match(old[low:top], new[left:right])]
            continue
        at, to = low, left
        for one, other in [*anchors, (top - low, right - left)]:
            stack.append((at, low + one, to, left + other, depth + 1))
            at, to = low + one + 1, left + other + 1
        pairs += [(low + one, left + other) for one, other in anchors]
    return sorted(pairs)


def _find_anchors(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Return pairs that are surely partners; in a large gap where nothing stands once, of runs that do."""
    anchors = _anchor(old, new)
    for width in _WIDTHS if len(old) * len(new) > _SMALL else ():
        if anchors:
            break
        anchors = _anchor(_runs(old, width), _runs(new, width))
    return anchors


def _runs(keys: Sequence[Hashable], width: int) -> list[Hashable]:
    runs = zip(*(keys[begin:] for begin in range(width)), strict=False)
    return [None if None in run else run for run in runs]


def _anchor(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Return the longest rising run of the keys that stand once on either side."""
    ours, theirs = Counter(old), Counter(new)
    places = {key: place for place, key in enumerate(new) if theirs[key] == 1}
    once = [
        (place, places[key])
        for place, key in enumerate(old)
        if key is not None and ours[key] == 1 and key in places
    ]
    tails: list[int] = []  # the least end of a run of each length
    ends: list[int] = []  # which pair that is
    before: list[int] = []
    for number, (_, to) in enumerate(once):
        length = bisect_left(tails, to)
        before.append(ends[length - 1] if length else -1)
        tails[length : length + 1] = [to]
        ends[length : length + 1] = [number]
    run: list[tuple[int, int]] = []
    at = ends[-1] if ends else -1
    while at >= 0:
        run.append(once[at])
        at = before[at]
    return run[::-1]


def _match_all(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[tuple[int, int]]:
    longest = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for at in reversed(range(len(old))):
        for to in reversed(range(len(new))):
            equal = old[at] is not None and old[at] == new[to]
            longest[at][to] = (
                longest[at + 1][to + 1] + 1 if equal else max(longest[at + 1][to], longest[at][to + 1])
            )
    pairs = []
    at = to = 0
    while at < len(old) and to < len(new):
        if old[at] is not None and old[at] == new[to]:
            pairs.append((at, to))
            at, to = at + 1, to + 1
        elif longest[at + 1][to] >= longest[at][to + 1]:
            at += 1
        else:
            to += 1
    return pairs


def _match_next(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[tuple[int, int]]:
    places: dict[Hashable, list[int]] = {}
    for place, key in enumerate(new):
        places.setdefault(key, []).append(place)
    pairs = []
    least = 0
    for at, key in enumerate(old):
        where = places.get(key, []) if key is not None else []
        index = bisect_left(where, least)
        if index < len(where):
            pairs.append((at, where[index]))
            least = where[index] + 1
    return pairs
