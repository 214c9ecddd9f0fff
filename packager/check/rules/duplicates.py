"""The rules about what stands twice (`duplicate/…`). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from packager.check.rules.columns import clip, find_latest_before
from packager.check.rules.rule import (
    OTHER,
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
    said,
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
_TIED: Final = 8  # segments that start at once; of more, all are looked at
RECORDING_CHARACTERS: Final = Limit(
    "duplicate_recording_characters", 100, "characters", "recordings with less text may be equal"
)


def find_twin(turn: Turn, memory: Memory, limits: Limits) -> Iterator[Flaw]:
    """Find a segment that stands in its recording already."""
    other = memory.find_equal(turn) if turn.length >= limits[DUPLICATE_CHARACTERS.name] else None
    if other is not None:
        yield Flaw("", f"the segment is the same as that at {OTHER}: take one of them out", other)


def ask_twin(columns: Columns, memory: Memory, limits: Limits) -> list[int]:
    """Ask which are long enough, and start no later than one before, or nobody knows when."""
    starts, ends, sizes = columns.starts, columns.ends, columns.sizes
    latest = find_latest_before(starts, memory.farthest)
    rows = ((starts <= latest) & (sizes >= limits[DUPLICATE_CHARACTERS.name])).nonzero()[0]
    # Where several start at once, as they do in whole seconds, those are compared.
    at_once = (starts[rows] == latest[rows]) & (starts[rows] > clip(memory.farthest))
    asked: list[int] = rows[~at_once].tolist()
    tied = rows[at_once]
    for back in range(1, _TIED):
        other = tied - back
        same = (starts[other] == starts[tied]) & (ends[other] == ends[tied]) & (sizes[other] == sizes[tied])
        asked += tied[same].tolist()
        tied = tied[~same & (latest[other] == starts[tied])]
        if not len(tied):
            break
    asked += tied.tolist()
    return asked


def find_same_recordings(equal: Sequence[Sighting], _: Limits) -> Iterator[tuple[Sighting, Flaw]]:
    """Find recordings that say the same as an earlier one."""
    first, *later = sorted(equal)
    for each in later:
        yield (
            each,
            Flaw(
                "",
                f"the recording says the same as {OTHER}, word for word: take one of them out",
                first.place,
            ),
        )


_TALK = (
    said("Where were we when the lights went out?", "00:00:07", "00:00:10"),
    said(
        "At the part where it compiles, and nobody in the room knows why.",
        "00:00:10",
        "00:00:15",
        who="Grace",
    ),
    said("Then let us begin again from there, slowly.", "00:00:15", "00:00:18"),
)


RULES: Final = (
    Rule(
        "duplicate/segment",
        Severity.WARNING,
        "a segment that stands in its recording twice: same times, speaker and text",
        "It was appended twice. The last 8,192 segments of a recording, or more, are compared. Texts below "
        "`duplicate_characters` are left alone: of times in whole seconds, two short words can share one.",
        (TIMES, TEXT),
        RecordingCheck(find_twin, ask_twin),
        bad=one(*_TALK[:1], _TALK[0]),
        good=one(*_TALK),
        limits=(DUPLICATE_CHARACTERS,),
    ),
    Rule(
        "duplicate/recording",
        Severity.WARNING,
        "recordings that say the same, word for word",
        "One file under two names counts twice in training, and may be in two splits. Only the texts are "
        "compared, in their order; times and speakers may differ.",
        (TEXT,),
        CorpusCheck(Evidence.RECORDINGS, find_same_recordings),
        bad=(("one.jsonl", _TALK), ("two.jsonl", _TALK)),
        good=(("one.jsonl", _TALK), ("two.jsonl", _TALK[1:])),
        limits=(RECORDING_CHARACTERS,),
    ),
)
