"""Keep what passed as rows of a spool file, and say which recordings lie where in it.

Rows are made of many segments at a time: where one segment in ten is wrong, there are few between two.
"""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from packager.assemble.pieces import Member, Part, Piece
from packager.check import Judged, fit_block, fit_segment, load_schema
from packager.columns import Misfit
from packager.parquet import Rows, SpoolWriter, join_rows, make_rows, renumber
from packager.reading import Block, Empty, Unreadable
from packager.recordings import name_recording
from packager.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from packager.check import Gathering, RollCall
    from packager.columns import Layout
    from packager.model import JsonObject, SourceFile
    from packager.recordings import Claim

_ROWS: Final = 2048
"""Values of which rows are made at once, or more."""
_HELD_BYTES: Final = 8 << 20
"""Of forms that are held back to bring the segments of each recording together."""


class _Builder:
    """A piece that is being made."""

    def __init__(self, source: int, recording: str) -> None:
        self.source, self.recording = source, recording
        self.parts: list[Part] = []
        self.positions = self.kept = self.size = 0
        self.members: list[Member] = []
        self._digest = hashlib.sha256(b"[")

    def take(self, part: Part, size: int, forms: memoryview | bytes) -> None:
        """Take rows that lie there; `forms` are theirs, a comma behind each."""
        if part.rows:
            self._digest.update(b"," if self.kept else b"")
            self._digest.update(forms[:-1])
            self.parts.append(part)
            self.kept += part.rows
            self.size += size

    def finish(self) -> Piece:
        """Return the piece."""
        self._digest.update(b"]")
        return Piece(
            source=self.source,
            recording=self.recording,
            parts=tuple(self.parts),
            positions=self.positions,
            kept=self.kept,
            size=self.size,
            digest=self._digest.hexdigest(),
            members=tuple(self.members),
        )


class Keeper:
    """Takes what is judged of one source, in order, and writes what is to be kept as rows."""

    def __init__(  # noqa: PLR0913 - what is known of the source
        self,
        number: int,
        source: SourceFile,
        gathering: Gathering,
        spool: SpoolWriter,
        claim: Claim | None,
        *,
        single: bool,
    ) -> None:
        self.number, self.source, self.spool, self.claim, self.single = number, source, spool, claim, single
        self.criteria = gathering.criteria
        _, self.layout = load_schema(gathering.criteria)
        self.roll = gathering.open_roll()
        self._builders: dict[str, _Builder] = {}
        self._held: list[tuple[Rows, list[str]]] = []
        self._bytes = 0

    def keep(
        self, judged: Iterable[Block | Judged | Empty | Unreadable]
    ) -> Iterator[Block | Judged | Empty | Unreadable]:
        """Keep what passes, and yield what became of it; what does not fit its columns comes one by one."""
        waiting: list[Block | Judged] = []
        count = 0
        for each in judged:
            if isinstance(each, Empty | Unreadable):
                yield from self._keep(waiting)
                yield each
                return
            waiting.append(each)
            count += count_values(each)
            if count >= _ROWS:
                yield from self._keep(waiting)
                waiting, count = [], 0
        yield from self._keep(waiting)

    def finish(self) -> tuple[Piece, ...]:
        """Return the pieces, one of each recording."""
        self._flush()
        return tuple(builder.finish() for builder in self._builders.values())

    def call(self) -> RollCall:
        """Return the recordings and their groups, if that matters."""
        return () if self.roll is None else self.roll.finish()

    def _keep(self, parts: list[Block | Judged]) -> list[Block | Judged]:
        if not parts:
            return parts
        parts = _fit(parts, lambda _: self.source, self.layout, self._take)
        for part in parts:
            if isinstance(part, Judged):
                self._call([part.segment], part.item.number)
                if self.single and self.claim is not None:
                    builder = self._builder_of(self.claim.recording)
                    start = (
                        None
                        if part.item.value is None
                        else parse_time(part.item.value.get(self.criteria.start))
                    )
                    kept = part.segment is not None
                    builder.members.append(Member(self.number, start, builder.size, kept=kept))
            else:
                self._call(part.values, part.number)
        return parts

    def _call(self, segments: Sequence[JsonObject | None], first: int) -> None:
        if self.roll is not None:
            for place, segment in enumerate(segments, first):
                if segment is not None:
                    self.roll.hear(self._name_of(segment) or "", segment, (self.number, place))

    def _name_of(self, segment: JsonObject) -> str | None:
        key = self.criteria.recording_property
        return self.claim.recording if self.claim else name_recording(segment, key or "")

    def _builder_of(self, name: str) -> _Builder:
        if name not in self._builders:
            self._builders[name] = _Builder(self.number, name)
        return self._builders[name]

    def _take(self, parts: Sequence[Block | Judged]) -> None:
        """Make rows of the segments that passed.

        Raises:
            Misfit: a column cannot hold a value exactly; none is kept.
        """
        values, places, written = _find_segments(parts)
        if self.claim is not None:
            builder = self._builder_of(self.claim.recording)
            if values:
                rows = make_rows(self.layout, values, builder.recording, builder.positions + places, written)
                self._write(rows, [(builder, 0, rows.count)])
            builder.positions += sum(map(count_values, parts))
            return
        names = [None if value is None else self._name_of(value) for value in _all_values(parts)]
        positions: dict[str, int] = {}
        numbers = np.zeros(len(names), np.int64)
        for index, name in enumerate(names):
            if name is not None:
                number = positions.get(name)
                if number is None:
                    number = self._builders[name].positions if name in self._builders else 0
                numbers[index] = number
                positions[name] = number + 1
        if values:
            kept = [str(names[place]) for place in places.tolist()]
            rows = make_rows(self.layout, values, kept, numbers[places], written)
            self._held.append((rows, kept))
            self._bytes += len(rows.forms)
        for name, number in positions.items():
            self._builder_of(name).positions = number
        if self._bytes >= _HELD_BYTES:
            self._flush()

    def _flush(self) -> None:
        """Write what is held back, the segments of each recording together."""
        if not self._held:
            return
        names = [name for _, each in self._held for name in each]
        ids = {name: index for index, name in enumerate(dict.fromkeys(names))}
        codes = np.fromiter((ids[name] for name in names), np.int64, len(names))
        order = np.argsort(codes, kind="stable")
        rows = join_rows([rows for rows, _ in self._held], order)
        counts = np.bincount(codes, minlength=len(ids)).tolist()
        ranges, first = [], 0
        for name, count in zip(ids, counts, strict=True):
            ranges.append((self._builder_of(name), first, count))
            first += count
        self._write(rows, ranges)
        self._held, self._bytes = [], 0

    def _write(self, rows: Rows, ranges: Sequence[tuple[_Builder, int, int]]) -> None:
        whole = self.claim is not None and not self.claim.origin.endswith("/")
        _write_rows(self.spool, rows, ranges, with_forms=not whole)


class ObjectKeeper:
    """The same for files of one object each, which are segments of the recordings that their folders are."""

    def __init__(
        self, members: Sequence[tuple[int, SourceFile]], gathering: Gathering, spool: SpoolWriter
    ) -> None:
        self.sources, self.spool = members, spool
        self.criteria = gathering.criteria
        _, self.layout = load_schema(gathering.criteria)
        self.roll = gathering.open_roll()
        self._rows: Rows | None = None
        self._members: list[tuple[str, Member, int]] = []
        """The folder of each file, what is known of it, and its row if it is kept."""

    def keep(self, parts: list[Block | Judged]) -> list[Block | Judged]:
        """Keep what passes of all files, given in order, and return what became of them."""
        parts = _fit(parts, lambda index: self.sources[index][1], self.layout, self._take)
        rows = {place: row for row, place in enumerate(_find_segments(parts)[1].tolist())}
        sizes = [] if self._rows is None else self._rows.sizes.tolist()
        for place, (value, (number, source)) in enumerate(zip(_all_values(parts), self.sources, strict=True)):
            row = rows.get(place)
            start = None if value is None else parse_time(value.get(self.criteria.start))
            member = Member(number, start, 0 if row is None else sizes[row], kept=row is not None)
            self._members.append((source.folder, member, row or 0))
            if row is not None and self.roll is not None and value is not None:
                self.roll.hear(source.folder, value, (number, 0))
        return parts

    def finish(self) -> tuple[Piece, ...]:
        """Return the pieces, one of each recording: its segments by start, then by path."""
        folders: dict[str, list[tuple[Member, int]]] = {}
        for folder, member, row in self._members:
            folders.setdefault(folder, []).append((member, row))
        order, numbers = list[int](), list[int]()
        ranges: list[tuple[_Builder, int, int]] = []
        for folder, members in folders.items():
            members.sort(key=lambda entry: (entry[0].start is None, entry[0].start or 0, entry[0].source))
            builder = _Builder(min(member.source for member, _ in members), folder)
            builder.members = [member for member, _ in members]
            builder.positions = len(members)
            kept = [(place, row) for place, (member, row) in enumerate(members) if member.kept]
            ranges.append((builder, len(order), len(kept)))
            numbers += [place for place, _ in kept]
            order += [row for _, row in kept]
        if order:
            assert self._rows is not None  # noqa: S101 - as something was kept
            rows = join_rows([self._rows], np.array(order, np.int64))
            _write_rows(self.spool, renumber(rows, np.array(numbers, np.int64)), ranges, with_forms=True)
        return tuple(builder.finish() for builder, _, _ in ranges)

    def call(self) -> RollCall:
        """Return the recordings and their groups, if that matters."""
        return () if self.roll is None else self.roll.finish()

    def _take(self, parts: Sequence[Block | Judged]) -> None:
        values, places, written = _find_segments(parts)
        if values:
            names = [self.sources[place][1].folder for place in places.tolist()]
            self._rows = make_rows(self.layout, values, names, np.zeros(len(values), np.int64), written)


def count_values(part: Block | Judged) -> int:
    """Return how many values a part of what was judged holds."""
    return part.count if isinstance(part, Block) else 1


def _all_values(parts: Sequence[Block | Judged]) -> list[JsonObject | None]:
    values: list[JsonObject | None] = []
    for part in parts:
        values += part.values if isinstance(part, Block) else (part.item.value,)
    return values


def _find_segments(
    parts: Sequence[Block | Judged],
) -> tuple[list[JsonObject], NDArray[np.int64], bytes | None]:
    """Return the values that passed, the place of each among all, and how they are written if known."""
    if len(parts) == 1 and isinstance(parts[0], Block):
        return parts[0].values, np.arange(parts[0].count), parts[0].written
    values: list[JsonObject] = []
    places: list[int] = []
    at = 0
    for part in parts:
        if isinstance(part, Block):
            values += part.values
            places += range(at, at + part.count)
        elif part.segment is not None:
            values.append(part.segment)
            places.append(at)
        at += count_values(part)
    return values, np.array(places, np.int64), None


def _fit(
    parts: Sequence[Block | Judged],
    source_of: Callable[[int], SourceFile],
    layout: Layout,
    take: Callable[[Sequence[Block | Judged]], None],
) -> list[Block | Judged]:
    """Give these parts to `take`; return them, with what does not fit its columns one by one.

    `source_of` is asked with the place of a value among all.
    """
    fitted: list[Block | Judged] = []
    at = 0
    for part in parts:
        fitted.append(part if isinstance(part, Block) else fit_segment(source_of(at), part, layout))
        at += count_values(part)
    try:
        take(fitted)
    except Misfit:
        smaller: list[Block | Judged] = []
        for part in fitted:
            first = sum(map(count_values, smaller))
            if isinstance(part, Block):
                found = fit_block(part, partial(_source_at, source_of, first), layout)
                smaller += [each for each, _ in found]
            else:
                smaller.append(part)
        take(smaller)
        return smaller
    return fitted


def _source_at(source_of: Callable[[int], SourceFile], first: int, index: int) -> SourceFile:
    return source_of(first + index)


def _write_rows(
    spool: SpoolWriter, rows: Rows, ranges: Sequence[tuple[_Builder, int, int]], *, with_forms: bool
) -> None:
    """Write rows as one batch, and give each recording its own: the first of them, and how many."""
    batch = spool.write(rows, with_forms=with_forms)
    ends = np.concatenate(([0], np.cumsum(rows.sizes + 1))).tolist()
    forms = memoryview(rows.forms)
    for builder, first, count in ranges:
        own = forms[ends[first] : ends[first + count]]
        builder.take(Part(spool.place, batch, first, count), len(own) - count, own)
