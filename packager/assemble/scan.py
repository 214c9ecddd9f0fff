"""Judge the sources of a unit once, and keep what passes as rows: what is built is exactly what was checked.

Paths in, small values out; segments never travel between processes. This can run wherever the files are.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from packager.assemble.keeping import Keeper, ObjectKeeper, count_values
from packager.assemble.pieces import Member, Piece
from packager.built import Dropped
from packager.check import (
    Judged,
    Kept,
    find_properties_in,
    judge_blocks,
    judge_objects,
    load_schema,
    may_join_objects,
)
from packager.model import Problem, Severity
from packager.parquet import SpoolWriter
from packager.reading import Block, Unreadable
from packager.recordings import claim_recording

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from packager.check import Gathering, NumberedUnit, RollCall, SourceEvidence
    from packager.model import SourceFile
    from packager.recordings import Claim, NumberedClaim


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
    hidden: tuple[tuple[Severity, int], ...] = ()
    """How many problems are not among those above."""
    seen: tuple[frozenset[str], ...] = ()
    """Of each source, which of start, end, text and speaker some segment of it has."""


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
    keeper = Keeper(number, source, gathering, spool, claim, single=single)
    kept = Kept()
    segments, dropped = 0, list[Dropped]()
    for judged in keeper.keep(judge_blocks(source, criteria, listener, None, kept)):
        if isinstance(judged, Unreadable):
            kept.add(judged.problems)
            gone = _give_up(number, source, segments, kept.finish(), judged, claim if single else None)
            return replace(gone, hidden=tuple(kept.hidden.items()))
        if isinstance(judged, Block):
            segments += judged.count
            continue
        kept.add(judged.problems)
        if isinstance(judged, Judged):
            segments += 1
            kept.hidden.update(judged.hidden)
            if judged.segment is None and not kept.hidden:  # else nothing is built
                dropped.append(_drop(source, judged))
    claims = ((number, claim, source.name),) if claim and segments else ()
    evidence = listener.finish()
    return Scanned(
        sources=(number,),
        segments=segments,
        claims=claims,
        pieces=keeper.finish(),
        dropped=tuple(dropped),
        problems=tuple(kept.finish()),
        hidden=tuple(kept.hidden.items()),
        evidence=evidence,
        roll=keeper.call(),
        seen=(evidence.seen,),
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
        keeper = ObjectKeeper(members, gathering, spool)
        problems, dropped = list[Problem](), list[Dropped]()
        index = 0
        for part in keeper.keep([judged for judged, _ in became]):
            if isinstance(part, Judged):
                problems += part.problems
                dropped += [_drop(members[index][1], part)] if part.segment is None else []
            index += count_values(part)
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
                seen=tuple(find_properties_in(gathering.criteria, value) for value in block.values),
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
