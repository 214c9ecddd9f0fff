"""Judge many small files of one object each at once: the same as one by one, and several times as fast.

Only what is surely without a problem is judged here; every other file is left to `judge`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from xxhash import xxh3_128_digest

from packager.check.evidence import Listener, Voice
from packager.check.judge import Criteria, find_pack, load_schema
from packager.check.rules import read_columns
from packager.reading.read import read_object
from packager.recordings import claim_recording

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from packager.check.evidence import SourceEvidence
    from packager.check.roster import Roll
    from packager.model import JsonObject, SourceFile
    from packager.recordings import NumberedClaim
    from packager.splits import Dealer

    _Read = tuple[int, SourceFile, tuple[JsonObject, bytes]]


class Singles(NamedTuple):
    """Files of one object each with which nothing is wrong."""

    sources: frozenset[int]
    """Their numbers."""
    claims: tuple[NumberedClaim, ...]
    """The recordings that they claim, each once, with the first file that does."""
    evidence: SourceEvidence
    digests: tuple[tuple[int, bytes], ...]
    """The number of each and the digest of its bytes."""


def judge_singles(
    numbered: Sequence[tuple[int, SourceFile]],
    criteria: Criteria,
    *,
    folder: Path | None = None,
    roll: Roll | None = None,
    dealer: Dealer | None = None,
) -> Singles | None:
    """Judge those of these sources that are small files of one object and have no problem; None for none.

    Args:
        numbered: sources and their numbers in the order of the corpus.
        criteria: what they are judged by; recordings must be named by folder, as `auto` does for such files.
        folder: as `Voice.folder`.
        roll: takes their recordings and groups; None: nobody asks.
        dealer: as `Voice.dealer`.
    """
    if criteria.recording_property is not None or criteria.recording == "file" or criteria.checks.paths:
        return None
    read = [(number, source, found) for number, source in numbered if (found := read_object(source))]
    if not read:
        return None
    schema, _ = load_schema(criteria)
    pack = find_pack(criteria, read[0][1].name)
    segments = [segment for _, _, (segment, _) in read]
    if not schema.are_valid(segments):
        read = [each for each in read if schema.is_valid(each[2][0])]
        segments = [segment for _, _, (segment, _) in read]
    clean = pack.is_clean_block(b"\n".join([data for _, _, (_, data) in read]))
    if doubtful := {index for index, _ in pack.check_segments(segments, clean=clean)}:
        read = [each for index, each in enumerate(read) if index not in doubtful]
        segments = [segment for _, _, (segment, _) in read]
    if not read:
        return None
    numbers = [number for number, _, _ in read]
    listener = Listener(
        pack,
        # No source has a number below zero, so nobody else puts anything into a file of that name.
        Voice(-1 - numbers[0], None, spread=True, single=True, folder=folder, dealer=dealer),
    )
    folders = [source.folder for _, source, _ in read]
    listener.note(read_columns(pack, segments), [(1, 1)] * len(read), segments, folders, numbers)
    if roll is not None:
        for number, source, (segment, _) in read:
            roll.hear(source.folder, segment, (number, 1, 1))
    digests = tuple((number, xxh3_128_digest(data)) for number, _, (_, data) in read)
    return Singles(frozenset(numbers), _claim(read, criteria), listener.finish(), digests)


def _claim(read: Sequence[_Read], criteria: Criteria) -> tuple[NumberedClaim, ...]:
    found: list[NumberedClaim] = []
    last = None
    for number, source, _ in read:
        place = source.name.rpartition("/")[0]
        if place != last:
            found.append((number, claim_recording(source, criteria.recording, single=True), source.name))
            last = place
    return tuple(found)
