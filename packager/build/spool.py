"""Read and judge sources once, and keep what passed on disk: what is built is exactly what was checked.

A spool file holds a line for each segment kept: its number within its piece, a space, and its RFC 8785 form.
A piece is a run of lines of one recording. Paths in, pieces out; segments never travel between processes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Final

from packager.canonical import canonical_all, canonical_json
from packager.check.fit import judge_batches_to_fit
from packager.model import Dropped, Problem, Severity
from packager.recordings import Claim, claim_recording, name_recording
from packager.segments.read import Batch, Empty, Unreadable
from packager.times import parse_time, parse_times

if TYPE_CHECKING:
    from fractions import Fraction
    from pathlib import Path

    from packager.check.engine import Gathering, NumberedUnit
    from packager.check.evidence import SourceEvidence
    from packager.check.judge import Criteria, Judged
    from packager.check.roster import RollCall
    from packager.model import JsonObject, SourceFile

_FLUSH_BYTES: Final = 32 << 20  # what is held back at most to bring the segments of a recording together


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of segments of one recording in a spool file."""

    recording: str
    spool: Path
    offset: int
    length: int
    positions: int
    """How many numbers it takes: the segments kept and those dropped."""
    kept: int
    size: int
    """Length of the RFC 8785 forms of the segments kept."""
    spoken: int | Fraction
    """Nanoseconds from start to end, summed over the segments kept."""
    start: int | Fraction | None
    """When its first segment starts, in nanoseconds; None without a valid start."""
    single: bool
    """The source is one object, and this is it."""


@dataclass(frozen=True, slots=True)
class SpooledFile:
    """What became of one source."""

    path: str
    segments: int
    claim: Claim | None
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
    spool: Path


def spool_sources(task: SpoolTask, gathering: Gathering, mode: str) -> list[SpooledFile]:
    """Judge every source of a unit and write the segments that pass to its spool file."""
    with task.spool.open("wb") as stream:
        return [
            _spool_file(source, number, gathering, mode, task.spool, stream)
            for number, source in enumerate(task.unit.sources, task.unit.first)
        ]


@dataclass(slots=True)
class _Run:
    """The segments of one recording that are held back."""

    lines: list[bytes] = field(default_factory=list)
    positions: int = 0
    size: int = 0
    spoken: int | Fraction = 0
    start: int | Fraction | None = None


class _Runs:
    """Gathers segments by recording and writes them as pieces."""

    def __init__(self, spool: Path, stream: BinaryIO, criteria: Criteria, *, single: bool) -> None:
        self.spool, self.stream, self.criteria, self.single = spool, stream, criteria, single
        self.pieces: list[Piece] = []
        self._runs: dict[str, _Run] = {}
        self._held = 0

    def add(self, recording: str, value: JsonObject | None, *, keep: bool) -> None:
        """Count a segment, and keep it if it is to be kept."""
        run = self._runs.setdefault(recording, _Run())
        start, end = self._times(value)
        if run.positions == 0:
            run.start = start
        if keep and value is not None:
            text = canonical_json(value)
            run.lines.append(b"%d %b\n" % (run.positions, text))
            run.size += len(text)
            run.spoken += end - start if start is not None and end is not None else 0
            self._held += len(text)
        run.positions += 1
        if self._held >= _FLUSH_BYTES:
            self.flush()

    def add_all(self, recording: str, values: list[JsonObject]) -> None:
        """Keep segments of one recording."""
        run = self._runs.setdefault(recording, _Run())
        starts = parse_times([value.get(self.criteria.start) for value in values])
        ends = parse_times([value.get(self.criteria.end) for value in values])
        if run.positions == 0:
            run.start = starts[0]
        texts = canonical_all(values)
        run.lines += [b"%d %b\n" % pair for pair in enumerate(texts, run.positions)]
        size = sum(map(len, texts))
        run.size += size
        run.spoken += sum(
            end - start
            for start, end in zip(starts, ends, strict=True)
            if start is not None and end is not None
        )
        run.positions += len(values)
        self._held += size
        if self._held >= _FLUSH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what is held back, a piece for each recording."""
        for recording, run in self._runs.items():
            offset = self.stream.tell()
            self.stream.writelines(run.lines)
            self.pieces.append(
                Piece(
                    recording=recording,
                    spool=self.spool,
                    offset=offset,
                    length=self.stream.tell() - offset,
                    positions=run.positions,
                    kept=len(run.lines),
                    size=run.size,
                    spoken=run.spoken,
                    start=run.start,
                    single=self.single,
                )
            )
        self._runs, self._held = {}, 0

    def _times(self, value: JsonObject | None) -> tuple[int | Fraction | None, int | Fraction | None]:
        if value is None:
            return None, None
        return parse_time(value.get(self.criteria.start)), parse_time(value.get(self.criteria.end))


def _spool_file(  # noqa: PLR0913, PLR0917 - a source, how it is judged and where it goes
    source: SourceFile, number: int, gathering: Gathering, mode: str, spool: Path, stream: BinaryIO
) -> SpooledFile:
    criteria = gathering.criteria
    listener = gathering.listen_to(source, number)
    single = listener.voice.single
    key = criteria.recording_property
    claim = None if key else claim_recording(source, mode, single=single)
    runs, roll = _Runs(spool, stream, criteria, single=single), gathering.open_roll()
    begin = stream.tell()
    segments, problems, dropped = 0, list[Problem](), list[Dropped]()
    for judged in judge_batches_to_fit(source, criteria, listener):
        if isinstance(judged, Batch):
            segments += judged.count
            if claim:
                runs.add_all(claim.recording, judged.values)
            else:
                for segment in judged.values:
                    runs.add(str(segment[str(key)]), segment, keep=True)
            if roll is not None:
                for segment, place in zip(judged.values, judged.places(), strict=True):
                    name = claim.recording if claim else str(segment[str(key)])
                    roll.hear(name, segment, (number, *place))
            continue
        problems += judged.problems
        if isinstance(judged, Unreadable):
            stream.seek(begin)
            stream.truncate()
            first = judged.problems[0]
            rules = tuple(sorted({problem.rule for problem in judged.problems}))
            gone = Dropped(source.name, first.line, "", rules)
            lost = _lost_segment(claim, spool) if claim and single else ()
            kept = claim if lost else None
            return SpooledFile(source.name, segments, kept, lost, (gone,), tuple(problems), None)
        if isinstance(judged, Empty):
            break
        segments += 1
        keep = judged.segment is not None
        if not keep:
            dropped.append(_drop(source, judged))
        value = judged.item.value
        recording = claim.recording if claim else name_recording(value, key) if value and key else None
        if recording is not None:
            runs.add(recording, value, keep=keep)
            if roll is not None and keep and value is not None:
                roll.hear(recording, value, (number, judged.item.line, judged.item.column))
    runs.flush()
    return SpooledFile(
        path=source.name,
        segments=segments,
        claim=claim if segments else None,
        pieces=tuple(runs.pieces),
        dropped=tuple(dropped),
        problems=tuple(problems),
        evidence=listener.finish(),
        roll=() if roll is None else roll.finish(),
    )


def _lost_segment(claim: Claim, spool: Path) -> tuple[Piece, ...]:
    """Return the piece of a file of one object that cannot be read: it has a number all the same."""
    nothing = Piece(
        claim.recording, spool, 0, 0, positions=1, kept=0, size=0, spoken=0, start=None, single=True
    )
    return (nothing,)


def _drop(source: SourceFile, judged: Judged) -> Dropped:
    errors = {problem.rule for problem in judged.problems if problem.severity is Severity.ERROR}
    return Dropped(source.name, judged.item.line, judged.item.pointer, tuple(sorted(errors)))
