"""Read and judge sources once, and keep what passed on disk: what is built is exactly what was checked.

A spool file holds a line for each segment kept: its number within its piece, a space, and its RFC 8785 form.
A piece is a run of lines of one recording. Paths in, pieces out; segments never travel between processes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Final

from packager.canonical import canonical_json
from packager.check.judge import Criteria, Judged, judge_file, load_schema
from packager.model import Dropped, Problem, Severity
from packager.recordings import Claim, claim_recording, name_recording
from packager.schema.rows import Misfit, holds_any, make_row
from packager.segments.read import Empty, Form, Unreadable, find_form, locate
from packager.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction
    from pathlib import Path

    from packager.model import JsonObject, SourceFile
    from packager.schema.columns import Layout

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


@dataclass(frozen=True, slots=True)
class SpoolTask:
    """A unit of work: the sources, and the spool file to write."""

    sources: tuple[SourceFile, ...]
    spool: Path


def spool_sources(task: SpoolTask, criteria: Criteria, mode: str) -> list[SpooledFile]:
    """Judge every source of a unit and write the segments that pass to its spool file."""
    with task.spool.open("wb") as stream:
        return [_spool_file(source, criteria, mode, task.spool, stream) for source in task.sources]


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

    def __init__(self, spool: Path, stream: BinaryIO, layout: Layout, *, single: bool) -> None:
        self.spool, self.stream, self.layout, self.single = spool, stream, layout, single
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
        if value is None or self.layout.start is None or self.layout.end is None:
            return None, None
        return parse_time(value.get(self.layout.start)), parse_time(value.get(self.layout.end))


def _spool_file(
    source: SourceFile, criteria: Criteria, mode: str, spool: Path, stream: BinaryIO
) -> SpooledFile:
    _, layout = load_schema(criteria)
    single = find_form(source) is Form.OBJECT
    key = criteria.recording_property
    claim = None if key else claim_recording(source, mode, single=single)
    runs = _Runs(spool, stream, layout, single=single)
    begin = stream.tell()
    segments, problems, dropped = 0, list[Problem](), list[Dropped]()
    for judged in _judge_to_fit(source, criteria, layout):
        problems += judged.problems
        if isinstance(judged, Unreadable):
            stream.seek(begin)
            stream.truncate()
            first = judged.problems[0]
            rules = tuple(sorted({problem.rule for problem in judged.problems}))
            gone = Dropped(source.name, first.line, "", rules)
            lost = _lost_segment(claim, spool) if claim and single else ()
            return SpooledFile(source.name, segments, claim if lost else None, lost, (gone,), tuple(problems))
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
    runs.flush()
    return SpooledFile(
        path=source.name,
        segments=segments,
        claim=claim if segments else None,
        pieces=tuple(runs.pieces),
        dropped=tuple(dropped),
        problems=tuple(problems),
    )


def _lost_segment(claim: Claim, spool: Path) -> tuple[Piece, ...]:
    """Return the piece of a file of one object that cannot be read: it has a number all the same."""
    nothing = Piece(
        claim.recording, spool, 0, 0, positions=1, kept=0, size=0, spoken=0, start=None, single=True
    )
    return (nothing,)


def _judge_to_fit(
    source: SourceFile, criteria: Criteria, layout: Layout
) -> Iterator[Judged | Empty | Unreadable]:
    """Judge a file, and also whether each segment fits the columns."""
    fits = holds_any(layout)
    for judged in judge_file(source, criteria):
        if fits or isinstance(judged, Empty | Unreadable) or judged.segment is None:
            yield judged
            continue
        try:
            make_row(layout, "", 0, judged.segment)
        except Misfit as misfit:
            line, column = locate(source, judged.item, misfit.pointer)
            problem = Problem(
                path=source.name,
                line=line,
                column=column,
                pointer=misfit.pointer,
                rule="json/integer-range",
                severity=Severity.ERROR,
                message=misfit.message,
            )
            yield Judged(judged.item, (*judged.problems, problem))
        else:
            yield judged


def _drop(source: SourceFile, judged: Judged) -> Dropped:
    errors = {problem.rule for problem in judged.problems if problem.severity is Severity.ERROR}
    return Dropped(source.name, judged.item.line, judged.item.pointer, tuple(sorted(errors)))
