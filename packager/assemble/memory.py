"""What the build knows of unchanged sources from an earlier one, and what it keeps for the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packager.assemble.pieces import Piece, dump_piece, load_piece
from packager.assemble.scan import Scanned
from packager.check import looks_beyond
from packager.parquet import ARROW_VERSION
from packager.recordings import Claim, claim_recording
from packager.store import Builds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from packager.check import Criteria
    from packager.config import Config
    from packager.model import SourceFile
    from packager.schema import SegmentSchema
    from packager.store import Survey


def open_builds(config: Config, criteria: Criteria, schema: SegmentSchema, out: Path) -> Builds:
    """Return what earlier builds of this kind have kept."""
    rolls = bool(config.group_by or config.pins or config.lock)
    depends = (criteria, schema.files, config.segments, config.repo_id, rolls, ARROW_VERSION)
    return Builds(config.root, depends, out.resolve())


def recall_sources(
    sources: Sequence[SourceFile], survey: Survey, builds: Builds | None, criteria: Criteria
) -> dict[int, Scanned]:
    """Return what is known of sources that are as they were, by their numbers."""
    found: dict[int, Scanned] = {}
    for number, (source, stamp) in enumerate(zip(sources, survey.stamps, strict=True)):
        # A rule that looks beyond a source has to hear it again.
        if builds is None or looks_beyond(criteria, source.name):
            continue
        if (kept := builds.recall_source(source.name, stamp)) is not None:
            found[number] = Scanned(
                sources=(number,),
                segments=kept["segments"],
                claims=tuple((number, Claim(*claim), source.name) for claim in kept["claims"]),
                pieces=tuple(load_piece(piece, number) for piece in kept["pieces"]),
                dropped=(),
                problems=(),
                evidence=None,
                roll=tuple((name, (number, place), group.encode()) for name, place, group in kept["roll"]),
                seen=(frozenset(kept["seen"]),),
            )
    return found


def remember_sources(
    sources: Sequence[SourceFile], survey: Survey, scanned: dict[int, Scanned], config: Config, builds: Builds
) -> None:
    """Keep what became of sources of which nothing is to be told."""
    for each in scanned.values():
        joined = len(each.sources) > 1
        if each.problems or each.dropped or (joined and each.roll):  # which tells only of the first of many
            continue
        pieces: dict[int, list[Piece]] = {number: [] for number in each.sources}
        for piece in each.pieces:
            for part in piece.by_member():
                pieces[part.source].append(part)
        for (number, own), seen in zip(pieces.items(), each.seen, strict=True):
            source = sources[number]
            claims = (
                [claim_recording(source, config.recording, single=True)]
                if joined
                else [claim for _, claim, _ in each.claims]
            )
            kept = {
                "segments": 1 if joined else each.segments,
                "claims": [tuple(claim) for claim in claims],
                "pieces": [dump_piece(piece) for piece in own],
                "seen": sorted(seen),
                "roll": [(name, place, group.decode()) for name, (_, place), group in each.roll],
            }
            if source.is_named_in_utf8:
                builds.keep_source(source.name, survey.stamps[number], kept)
    builds.save()
