"""The rules about what stands twice (`duplicate/…`). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from packager.check.rules.columns import find_latest_before, find_repeated, mix_times
from packager.check.rules.rule import (
    OTHER,
    TALK,
    TEXT,
    TIMES,
    CorpusCheck,
    Evidence,
    Flaw,
    Limit,
    RecordingCheck,
    Rule,
    Sighting,
    one,
)
from packager.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from packager.check.rules.columns import Columns
    from packager.check.rules.memory import Memory
    from packager.check.rules.rule import Limits
    from packager.check.rules.turn import Turn

DUPLICATE_CHARACTERS: Final = Limit(
    "duplicate_characters", 20, "characters", "shorter texts may stand twice at one time"
)
RECORDING_CHARACTERS: Final = Limit(
    "duplicate_recording_characters", 100, "characters", "recordings with less text may be equal"
)


def _find_twin(turn: Turn, memory: Memory, limits: Limits) -> Iterator[Flaw]:
    other = memory.find_equal(turn) if turn.length >= limits[DUPLICATE_CHARACTERS.name] else None
    if other is not None:
        yield Flaw("", f"the segment is the same as that at {OTHER}: take one of them out", other)


def _ask_twin(columns: Columns, memory: Memory, limits: Limits) -> list[int]:
    """Ask which are long enough, start no later than one before, and have the times of one before."""
    starts = columns.starts
    latest = find_latest_before(starts, memory.farthest)
    rows = ((starts <= latest) & (columns.sizes >= limits[DUPLICATE_CHARACTERS.name])).nonzero()[0]
    if not len(rows):
        return []
    asked: list[int] = rows[find_repeated(mix_times(starts, columns.ends), memory.times())[rows]].tolist()
    return asked


def _find_same_recordings(equal: Sequence[Sighting], _: Limits) -> Iterator[tuple[Sighting, Flaw]]:
    first, *later = sorted(equal)
    for each in later:
        told = f"the recording says the same as {OTHER}, word for word: take one of them out"
        yield each, Flaw("", told, first.place)


RULES: Final = (
    Rule(
        "duplicate/segment",
        Severity.WARNING,
        "a segment that stands in its recording twice: same times, speaker and text",
        "It was appended twice. The last 8,192 segments of a recording, or more, are compared. Texts below "
        "`duplicate_characters` are left alone: of times in whole seconds, two short words can share one.",
        (TIMES, TEXT),
        RecordingCheck(_find_twin, _ask_twin),
        bad=one(TALK[0], TALK[0]),
        good=one(*TALK),
        limits=(DUPLICATE_CHARACTERS,),
    ),
    Rule(
        "duplicate/recording",
        Severity.WARNING,
        "recordings that say the same, word for word",
        "One file under two names counts twice in training, and may be in two splits. Only the texts are "
        "compared, in their order; times and speakers may differ.",
        (TEXT,),
        CorpusCheck(Evidence.RECORDINGS, _find_same_recordings),
        bad=(("one.jsonl", TALK), ("two.jsonl", TALK)),
        good=(("one.jsonl", TALK), ("two.jsonl", TALK[1:])),
        limits=(RECORDING_CHARACTERS,),
    ),
)
