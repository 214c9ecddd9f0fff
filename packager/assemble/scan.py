"""Judge the sources of a unit once, and keep what passes as rows: what is built is exactly what was checked.

Paths in, small values out; segments never travel between processes. This can run wherever the files are.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from packager.assemble.pieces import Member, Part, Piece
from packager.check import (
    Judged,
    fit_block,
    fit_segment,
    judge_blocks,
    judge_objects,
    load_schema,
    may_join_objects,
)
from packager.columns import Misfit
from packager.model import Dropped, Problem, Severity
from packager.parquet import Rows, SpoolWriter, join_rows, make_rows, renumber
from packager.reading import Block, Empty, Unreadable
from packager.recordings import claim_recording, name_recording
from packager.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from packager.check import Gathering, NumberedUnit, RollCall, SourceEvidence
    from packager.model import JsonObject, SourceFile
    from packager.recordings import Claim, NumberedClaim

_HELD_BYTES: Final = 8 << 20
"""Of forms that are held back to bring the segments of each recording together."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """What became of one source, or of several files of one object each."""

    sources: tuple[int, ...]
    """Their numbers."""
    segments: int
    claims: tuple[NumberedClaim, ...]
    """Which recordings they are, or are a part of, if form or place tells; with number and name."""
    pieces: tuple[Piece, ...]
    dropped: tuple[Dropped, ...]
    problems: tuple[Problem, ...]
    evidence: SourceEvidence | None
    """What rules need that look beyond a source; None if it cannot be read to the end."""
    roll: RollCall = ()
    """The recordings in them and their groups, if that matters."""


@dataclass(frozen=True, slots=True)
class ScanTask:
    """A unit of work: the sources, and the spool file to write."""

    unit: NumberedUnit
    spool: str


def scan(task: ScanTask, gathering: Gathering, mode: str) -> list[Scanned]:
    """Judge every source of a unit and write the segments that pass to its spool file."""
    _, layout = load_schema(gathering.criteria)
    numbered = list(enumerate(task.unit.sources, task.unit.first))
    with SpoolWriter(task.spool, layout) as spool:
        scanned: list[Scanned] = []
        if len(numbered) > 1 and may_join_objects(gathering.criteria):
            scanned += _scan_objects(numbered, gathering, mode, spool)
            taken = {number for each in scanned for number in each.sources}
            numbered = [entry for entry in numbered if entry[0] not in taken]
        return scanned + [_scan_source(number, source, gathering, mode, spool) for number, source in numbered]


def _scan_source(
    number: int, source: SourceFile, gathering: Gathering, mode: str, spool: SpoolWriter
) -> Scanned:
    listener = gathering.listen_to(source, number)
    criteria = gathering.criteria
    single = listener.voice.single
    claim = None if criteria.recording_property else claim_recording(source, mode, single=single)
    keeper = _Keeper(number, gathering, spool, claim, single=single)
    problems: list[Problem] = []
    segments, dropped = 0, list[Dropped]()
    for judged in judge_blocks(source, criteria, listener):
        if isinstance(judged, Empty | Unreadable):
            problems += judged.problems
            if isinstance(judged, Empty):
                break
            return _give_up(number, source, segments, problems, judged, claim if single else None)
        for each, _ in keeper.keep(judged, lambda _: source):
            segments += each.count if isinstance(each, Block) else 1
            if isinstance(each, Judged):
                problems += each.problems
                dropped += [_drop(source, each)] if each.segment is None else []
    claims = ((number, claim, source.name),) if claim and segments else ()
    return Scanned(
        sources=(number,),
        segments=segments,
        claims=claims,
        pieces=keeper.finish(),
        dropped=tuple(dropped),
        problems=tuple(problems),
        evidence=listener.finish(),
        roll=keeper.call(),
    )


def _scan_objects(
    numbered: Sequence[tuple[int, SourceFile]], gathering: Gathering, mode: str, spool: SpoolWriter
) -> Iterator[Scanned]:
    """Yield what became of those of these sources that are one object each."""
    sources = dict(numbered)
    listener = gathering.listen_to_objects(numbered)
    scanned: list[Scanned] = []
    for block, became in judge_objects(numbered, gathering.criteria, listener):
        members = [(number, sources[number]) for number in block.sources or ()]
        claims: dict[str, NumberedClaim] = {}
        for number, source in members:
            if source.folder not in claims:
                claims[source.folder] = (number, claim_recording(source, mode, single=True), source.name)
        keeper = _ObjectKeeper(members, gathering, spool)
        problems, dropped = list[Problem](), list[Dropped]()
        for judged, at in became:
            for each, index in keeper.keep(judged, at):
                if isinstance(each, Judged):
                    problems += each.problems
                    dropped += [_drop(members[index][1], each)] if each.segment is None else []
        yield from scanned
        scanned = [
            Scanned(
                sources=tuple(number for number, _ in members),
                segments=block.count,
                claims=tuple(claims.values()),
                pieces=keeper.finish(),
                dropped=tuple(dropped),
                problems=tuple(problems),
                evidence=None,
                roll=keeper.call(),
            )
        ]
    if scanned:
        yield replace(scanned[0], evidence=listener.finish())


def _give_up(  # noqa: PLR0913, PLR0917 - what is known of it
    number: int,
    source: SourceFile,
    segments: int,
    problems: list[Problem],
    why: Unreadable,
    claim: Claim | None,
) -> Scanned:
    """Return what becomes of a source that cannot be read to the end: nothing of it is kept.

    A file of one object has a number all the same in the recording that it claims.
    """
    rules = tuple(sorted({problem.rule for problem in why.problems}))
    gone = Dropped(source.name, why.problems[0].line, "", rules)
    pieces = (_lose(number, claim),) if claim else ()
    claims = ((number, claim, source.name),) if claim else ()
    return Scanned((number,), segments, claims, pieces, (gone,), tuple(problems), None)


def _lose(number: int, claim: Claim) -> Piece:
    empty = hashlib.sha256(b"[]").hexdigest()
    members = (Member(number, None, 0, kept=False),)
    return Piece(number, claim.recording, (), 1, 0, 0, empty, members)


def _drop(source: SourceFile, judged: Judged) -> Dropped:
    errors = {problem.rule for problem in judged.problems if problem.severity is Severity.ERROR}
    return Dropped(source.name, judged.item.line, judged.item.pointer, tuple(sorted(errors)))


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


class _Keeper:
    """Takes what is judged of one source, in order, and writes what is to be kept as rows."""

    def __init__(
        self, number: int, gathering: Gathering, spool: SpoolWriter, claim: Claim | None, *, single: bool
    ) -> None:
        self.number, self.spool, self.claim, self.single = number, spool, claim, single
        self.criteria = gathering.criteria
        _, self.layout = load_schema(gathering.criteria)
        self.roll = gathering.open_roll()
        self._builders: dict[str, _Builder] = {}
        self._held: list[tuple[Rows, list[str]]] = []
        self._bytes = 0

    def keep(
        self, judged: Block | Judged, source_of: Callable[[int], SourceFile]
    ) -> Iterator[tuple[Block | Judged, int]]:
        """Keep what passes, and yield what became of it; what does not fit its columns comes one by one."""
        if isinstance(judged, Judged):
            fitted = fit_segment(source_of(0), judged, self.layout)
            self._keep_one(fitted)
            yield fitted, 0
            return
        try:
            self._keep_all(judged.values, judged.written)
        except Misfit:
            for part, at in fit_block(judged, source_of, self.layout):
                if isinstance(part, Block):
                    self._keep_all(part.values, part.written)
                    self._call(part)
                else:
                    self._keep_one(part)
                yield part, at
        else:
            self._call(judged)
            yield judged, 0

    def finish(self) -> tuple[Piece, ...]:
        """Return the pieces, one of each recording."""
        self._flush()
        return tuple(builder.finish() for builder in self._builders.values())

    def call(self) -> RollCall:
        """Return the recordings and their groups, if that matters."""
        return () if self.roll is None else self.roll.finish()

    def _call(self, block: Block) -> None:
        if self.roll is not None:
            for place, segment in enumerate(block.values, block.number):
                self.roll.hear(self._name_of(segment) or "", segment, (self.number, place))

    def _name_of(self, segment: JsonObject) -> str | None:
        key = self.criteria.recording_property
        return self.claim.recording if self.claim else name_recording(segment, key or "")

    def _builder_of(self, name: str) -> _Builder:
        if name not in self._builders:
            self._builders[name] = _Builder(self.number, name)
        return self._builders[name]

    def _keep_one(self, judged: Judged) -> None:
        value, segment = judged.item.value, judged.segment
        name = self.claim.recording if self.claim else None if value is None else self._name_of(value)
        if name is None:
            return
        builder = self._builder_of(name)
        if segment is not None:
            self._keep_all([segment])
            if self.roll is not None:
                self.roll.hear(name, segment, (self.number, judged.item.number))
        else:
            builder.positions += 1
        if self.single:
            start = None if value is None else parse_time(value.get(self.criteria.start))
            self._flush()
            builder.members.append(Member(self.number, start, builder.size, kept=segment is not None))

    def _keep_all(self, values: list[JsonObject], written: bytes | None = None) -> None:
        """Make rows of valid segments.

        Raises:
            Misfit: a column cannot hold a value exactly; none is kept.
        """
        if self.claim is not None:
            builder = self._builder_of(self.claim.recording)
            numbers = np.arange(builder.positions, builder.positions + len(values), dtype=np.int64)
            rows = make_rows(self.layout, values, builder.recording, numbers, written)
            self._write(rows, [(builder, 0, rows.count)])
            builder.positions += len(values)
            return
        names = [str(self._name_of(value)) for value in values]
        found: dict[str, int] = {}
        numbers = np.empty(len(names), np.int64)
        for index, name in enumerate(names):
            number = found.get(name)
            if number is None:
                number = self._builders[name].positions if name in self._builders else 0
            numbers[index] = number
            found[name] = number + 1
        rows = make_rows(self.layout, values, names, numbers, written)
        for name, number in found.items():
            self._builder_of(name).positions = number
        self._held.append((rows, names))
        self._bytes += len(rows.forms)
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


class _ObjectKeeper:
    """The same for files of one object each, which are segments of the recordings that their folders are."""

    def __init__(
        self, members: Sequence[tuple[int, SourceFile]], gathering: Gathering, spool: SpoolWriter
    ) -> None:
        self.sources, self.spool = members, spool
        self.criteria = gathering.criteria
        _, self.layout = load_schema(gathering.criteria)
        self.roll = gathering.open_roll()
        self._rows: list[Rows] = []
        self._members: list[tuple[str, Member, int]] = []
        """The folder of each file, what is known of it, and its row if it is kept."""
        self._count = 0

    def keep(self, judged: Block | Judged, at: int) -> Iterator[tuple[Block | Judged, int]]:
        """Keep what passes, and yield what became of it, with the index of its first file."""
        if isinstance(judged, Judged):
            fitted = fit_segment(self.sources[at][1], judged, self.layout)
            if fitted.segment is not None:
                self._keep([fitted.segment], at, None)
            else:
                self._remember(fitted.item.value, at, 0, kept=False)
            yield fitted, at
            return
        try:
            self._keep(judged.values, at, judged.written)
        except Misfit:
            for part, index in fit_block(judged, lambda index: self.sources[at + index][1], self.layout):
                if isinstance(part, Block):
                    self._keep(part.values, at + index, part.written)
                else:
                    self._remember(part.item.value, at + index, 0, kept=False)
                yield part, at + index
        else:
            yield judged, at

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
            rows = join_rows(self._rows, np.array(order, np.int64))
            _write_rows(self.spool, renumber(rows, np.array(numbers, np.int64)), ranges, with_forms=True)
        return tuple(builder.finish() for builder, _, _ in ranges)

    def call(self) -> RollCall:
        """Return the recordings and their groups, if that matters."""
        return () if self.roll is None else self.roll.finish()

    def _keep(self, values: list[JsonObject], at: int, written: bytes | None) -> None:
        names = [source.folder for _, source in self.sources[at : at + len(values)]]
        rows = make_rows(self.layout, values, names, np.zeros(len(values), np.int64), written)
        self._rows.append(rows)
        for index, (value, size) in enumerate(zip(values, rows.sizes.tolist(), strict=True)):
            self._remember(value, at + index, size, kept=True)

    def _remember(self, value: JsonObject | None, at: int, size: int, *, kept: bool) -> None:
        number, source = self.sources[at]
        start = None if value is None else parse_time(value.get(self.criteria.start))
        self._members.append((source.folder, Member(number, start, size, kept=kept), self._count))
        self._count += kept
        if kept and self.roll is not None and value is not None:
            self.roll.hear(source.folder, value, (number, 0))


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
