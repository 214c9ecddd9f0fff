"""Judge every source once, and say where what passed lies: what is built is exactly what was checked.

A piece is a run of segments of one recording. Where the records of a source have a frame, and so were never
made into values, the piece is a place in the source, with a digest of the bytes that were judged. All else is
kept in a spool file, a line for each segment: its number within its piece, a space, and its RFC 8785 form.
Paths in, pieces out; segments never travel between processes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO, Final

from xxhash import xxh3_64_intdigest

from packager.assemble.pieces import Block, Lines, Piece, Records
from packager.assemble.spans import judge_span
from packager.assemble.stretches import find_stretches, read_record
from packager.canonical import canonical_all, canonical_json
from packager.check.fit import judge_batches_to_fit
from packager.check.judge import load_schema
from packager.framing import Frame
from packager.model import Dropped, Problem, Severity
from packager.reading.read import Batch, Empty, Unreadable, is_compressed
from packager.recordings import Claim, claim_recording, name_recording
from packager.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from packager.assemble.singles import Singles
    from packager.assemble.stretches import Stretch
    from packager.check.engine import Gathering, NumberedUnit
    from packager.check.evidence import SourceEvidence
    from packager.check.judge import Criteria, Judged
    from packager.check.roster import RollCall
    from packager.framing import Shape
    from packager.model import JsonObject, SourceFile
    from packager.recordings import NumberedClaim

_FLUSH_BYTES: Final = 32 << 20  # what is held back at most to bring the segments of a recording together


@dataclass(frozen=True, slots=True)
class SpooledFile:
    """What became of one source, or of several at once."""

    path: str
    segments: int
    claims: tuple[NumberedClaim, ...]
    """Which recordings it is, or is a part of, if its form or place tells; with its number and name."""
    pieces: tuple[Piece, ...]
    dropped: tuple[Dropped, ...]
    problems: tuple[Problem, ...]
    evidence: SourceEvidence | None
    """What rules need that look beyond the source; None if it cannot be read to the end."""
    roll: RollCall = ()
    """The recordings in it and their groups, if that matters."""


@dataclass(frozen=True, slots=True)
class SpoolTask:
    """A unit of work: the sources, and the spool file to write."""

    unit: NumberedUnit
    spool: str
    span: tuple[int, int] | None = None
    """Of the one source of the unit, if it is only a part of it (see `spans`)."""


def spool_sources(
    task: SpoolTask, gathering: Gathering, mode: str
) -> list[tuple[tuple[int, ...], SpooledFile]]:
    """Judge every source of a unit and write the segments that pass to its spool file.

    Return what became of each, with its number; of many small ones at once, with all their numbers. Of a part
    of a source nothing if it is in doubt.
    """
    numbered = list(enumerate(task.unit.sources, task.unit.first))
    if task.span is not None:
        file = _spool_span(*numbered[0], task.span, gathering, mode)
        return [] if file is None else [((numbered[0][0],), file)]
    found: list[tuple[tuple[int, ...], SpooledFile]] = []
    taken = set[int]()
    with open(task.spool, "wb") as stream:  # noqa: PTH123 - its name is to be text
        if len(numbered) > 1:
            from packager.assemble.singles import spool_singles  # noqa: PLC0415 - few projects have such files

            for singles in spool_singles(numbered, gathering, stream):
                found.append((tuple(sorted(singles.numbers)), _gather_singles(singles)))
                taken |= singles.numbers
        for number, source in numbered:
            if number not in taken:
                file = _spool_file(source, number, gathering, mode, stream)
                found.append(((number,), file))
    return found


def _gather_singles(singles: Singles) -> SpooledFile:
    return SpooledFile(
        path="",
        segments=len(singles.numbers),
        claims=singles.claims,
        pieces=singles.pieces,
        dropped=(),
        problems=(),
        evidence=None,
        roll=singles.roll,
    )


@dataclass(slots=True)
class _Run:
    """The segments of one recording that are held back."""

    lines: list[bytes] = field(default_factory=list)
    positions: int = 0
    size: int = 0
    start: int | Fraction | None = None


@dataclass(slots=True)
class _Records:
    """Records of one recording and one shape that come one behind the other."""

    recording: str
    shape: Shape
    blocks: list[Block] = field(default_factory=list)
    count: int = 0
    size: int = 0


class _Runs:
    """Gathers segments by recording and writes them as pieces."""

    def __init__(self, stream: BinaryIO, criteria: Criteria, *, single: bool) -> None:
        self.stream, self.criteria, self.single = stream, criteria, single
        self.place: str = getattr(stream, "name", "")
        """Of the spool file."""
        self.pieces: list[Piece] = []
        self._runs: dict[str, _Run] = {}
        self._held = 0
        self._begun: _Records | None = None
        """Never at the same time as runs: pieces stand in the order of the file."""

    def add(self, recording: str, value: JsonObject | None, *, keep: bool) -> None:
        """Count a segment, and keep it if it is to be kept."""
        self._end_records()
        run = self._runs.setdefault(recording, _Run())
        if run.positions == 0 and value is not None:
            run.start = parse_time(value.get(self.criteria.start))
        if keep and value is not None:
            text = canonical_json(value)
            run.lines.append(b"%d %b\n" % (run.positions, text))
            run.size += len(text)
            self._held += len(text)
        run.positions += 1
        if self._held >= _FLUSH_BYTES:
            self.flush()

    def add_all(self, recording: str, values: list[JsonObject]) -> None:
        """Keep segments of one recording."""
        self._end_records()
        run = self._runs.setdefault(recording, _Run())
        if run.positions == 0:
            run.start = parse_time(values[0].get(self.criteria.start))
        texts = canonical_all(values)
        run.lines += [b"%d %b\n" % pair for pair in enumerate(texts, run.positions)]
        size = sum(map(len, texts))
        run.size += size
        run.positions += len(values)
        self._held += size
        if self._held >= _FLUSH_BYTES:
            self.flush()

    def add_stretch(self, shape: Shape, block: Block, stretch: Stretch) -> None:
        """Keep records by telling where they lie."""
        if self._runs:
            self.flush()
        begun = self._begun
        if begun is None or begun.recording != stretch.recording or begun.shape != shape:
            self._end_records()
            begun = self._begun = _Records(stretch.recording, shape)
        begun.blocks.append(block)
        begun.count += stretch.stop - stretch.first
        begun.size += stretch.size

    def copy(self, data: bytes) -> tuple[str, int]:
        """Write records into the spool; return where."""
        offset = self.stream.tell()
        self.stream.write(data)
        return self.place, offset

    def _end_records(self) -> None:
        if (begun := self._begun) is not None:
            content = Records(begun.shape, tuple(begun.blocks))
            self.pieces.append(
                Piece(
                    recording=begun.recording,
                    content=content,
                    positions=begun.count,
                    kept=begun.count,
                    size=begun.size,
                    start=None,
                    single=False,
                )
            )
            self._begun = None

    def flush(self) -> None:
        """Write what is held back, a piece for each recording."""
        self._end_records()
        for recording, run in self._runs.items():
            offset = self.stream.tell()
            lines = b"".join(run.lines)
            self.stream.write(lines)
            self.pieces.append(
                Piece(
                    recording=recording,
                    content=Lines(self.place, offset, len(lines), xxh3_64_intdigest(lines)),
                    positions=run.positions,
                    kept=len(run.lines),
                    size=run.size,
                    start=run.start,
                    single=self.single,
                )
            )
        self._runs, self._held = {}, 0


def _spool_file(
    source: SourceFile, number: int, gathering: Gathering, mode: str, stream: BinaryIO
) -> SpooledFile:
    listener = gathering.listen_to(source, number)
    writer = SourceWriter(source, number, gathering, mode, stream, single=listener.voice.single)
    begin = stream.tell()
    problems: list[Problem] = []
    for judged in judge_batches_to_fit(source, gathering.criteria, listener):
        if isinstance(judged, Batch):
            writer.take_batch(judged)
            continue
        problems += judged.problems
        if isinstance(judged, Unreadable):
            stream.seek(begin)
            stream.truncate()
            return writer.give_up(judged, tuple(problems))
        if isinstance(judged, Empty):
            break
        writer.take(judged)
    return replace(writer.finish(), problems=tuple(problems), evidence=listener.finish())


class SourceWriter:
    """Takes what is judged of one source, in order."""

    def __init__(  # noqa: PLR0913 - a source, how it is judged and where it goes
        self,
        source: SourceFile,
        number: int,
        gathering: Gathering,
        mode: str,
        stream: BinaryIO,
        *,
        single: bool,
    ) -> None:
        self.source, self.number, self.criteria, self.single = source, number, gathering.criteria, single
        self.key = gathering.criteria.recording_property
        self.claim = None if self.key else claim_recording(source, mode, single=single)
        self.runs = _Runs(stream, gathering.criteria, single=single)
        self.roll = gathering.open_roll()
        self.segments = 0
        self.dropped: list[Dropped] = []

    def take_batch(self, batch: Batch) -> None:
        """Keep segments with which nothing is wrong."""
        self.segments += batch.count
        if self.take_frame(batch):
            return
        if self.claim:
            self.runs.add_all(self.claim.recording, batch.values)
        else:
            for segment in batch.values:
                self.runs.add(str(segment[str(self.key)]), segment, keep=True)
        if self.roll is not None:
            for segment, place in zip(batch.values, batch.places(), strict=True):
                name = self.claim.recording if self.claim else str(segment[str(self.key)])
                self.roll.hear(name, segment, (self.number, *place))

    def take_frame(self, batch: Batch) -> bool:
        """Keep segments by telling where they lie; False if they are to be taken one by one."""
        frame = batch.proof
        if not isinstance(frame, Frame):
            return False
        _, layout = load_schema(self.criteria)
        name = None if self.claim is None else self.claim.recording
        stretches = find_stretches(frame, layout, name, self.criteria.group_by)
        if stretches is None:
            return False
        place, offset = self.source.place, batch.offset
        if offset is None or is_compressed(place):
            place, offset = self.runs.copy(batch.data)
        for stretch in stretches:
            data = batch.data[stretch.begin : stretch.end]
            block = Block(place, offset + stretch.begin, len(data), xxh3_64_intdigest(data))
            self.runs.add_stretch(frame.shape, block, stretch)
            if self.roll is not None:
                line = batch.line + stretch.first
                self.roll.hear(stretch.recording, read_record(frame, stretch), (self.number, line, 1))
        return True

    def take(self, judged: Judged) -> None:
        """Keep a segment, or drop it."""
        self.segments += 1
        keep, value = judged.segment is not None, judged.item.value
        if not keep:
            self.dropped.append(_drop(self.source, judged))
        named = name_recording(value, self.key) if value and self.key else None
        recording = self.claim.recording if self.claim else named
        if recording is None:
            return
        self.runs.add(recording, value, keep=keep)
        if self.roll is not None and keep and value is not None:
            self.roll.hear(recording, value, (self.number, judged.item.line, judged.item.column))

    def give_up(self, unreadable: Unreadable, problems: tuple[Problem, ...]) -> SpooledFile:
        """Return what becomes of a source that cannot be read to the end: nothing of it is kept."""
        rules = tuple(sorted({problem.rule for problem in unreadable.problems}))
        gone = Dropped(self.source.name, unreadable.problems[0].line, "", rules)
        lost = _lost_segment(self.claim, self.runs.place) if self.claim and self.single else ()
        claims = ((self.number, self.claim, self.source.name),) if self.claim and lost else ()
        return SpooledFile(self.source.name, self.segments, claims, lost, (gone,), problems, None)

    def finish(self) -> SpooledFile:
        """Return what was kept."""
        self.runs.flush()
        return SpooledFile(
            path=self.source.name,
            segments=self.segments,
            claims=((self.number, self.claim, self.source.name),) if self.claim and self.segments else (),
            pieces=tuple(self.runs.pieces),
            dropped=tuple(self.dropped),
            problems=(),
            evidence=None,
            roll=() if self.roll is None else self.roll.finish(),
        )


def _spool_span(
    number: int, source: SourceFile, span: tuple[int, int], gathering: Gathering, mode: str
) -> SpooledFile | None:
    """Judge a part of a source; None if it is in doubt. Lines are counted from the begin of the part."""
    batches = judge_span(source, span, gathering.criteria)
    if batches is None:
        return None
    writer = SourceWriter(source, number, gathering, mode, BytesIO(), single=False)
    if not all(map(writer.take_frame, batches)):
        return None
    writer.segments = sum(batch.count for batch in batches)
    return writer.finish()


def join_spans(parts: Sequence[SpooledFile]) -> SpooledFile:
    """Return what became of a source whose parts these are, in order."""
    roll: list[tuple[str, tuple[int, int, int], bytes]] = []
    lines = 0
    for part in parts:
        roll += [
            (name, (number, lines + line, column), group) for name, (number, line, column), group in part.roll
        ]
        lines += part.segments
    claims = next((part.claims for part in parts if part.claims), ())
    pieces = tuple(piece for part in parts for piece in part.pieces)
    return replace(parts[0], segments=lines, claims=claims, pieces=pieces, roll=tuple(roll))


def _lost_segment(claim: Claim, place: str) -> tuple[Piece, ...]:
    """Return the piece of a file of one object that cannot be read: it has a number all the same."""
    nothing = Piece(
        claim.recording, Lines(place, 0, 0, 0), positions=1, kept=0, size=0, start=None, single=True
    )
    return (nothing,)


def _drop(source: SourceFile, judged: Judged) -> Dropped:
    errors = {problem.rule for problem in judged.problems if problem.severity is Severity.ERROR}
    return Dropped(source.name, judged.item.line, judged.item.pointer, tuple(sorted(errors)))
