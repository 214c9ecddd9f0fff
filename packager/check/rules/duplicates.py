"""The rules about what stands twice (`duplicate/…`), and in two splits (`split/leakage`). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

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

    from packager.check.rules.memory import Memory
    from packager.check.rules.rule import Limits
    from packager.check.rules.turn import Turn

DUPLICATE_CHARACTERS: Final = Limit(
    "duplicate_characters", 20, "characters", "shorter texts may stand twice at one time"
)
RECORDING_CHARACTERS: Final = Limit(
    "duplicate_recording_characters", 100, "characters", "recordings with less text may be equal"
)
LEAKAGE_CHARACTERS: Final = Limit(
    "leakage_characters", 100, "characters", "shorter texts are said in many recordings", least=1
)


def find_twin(turn: Turn, memory: Memory, limits: Limits) -> Iterator[Flaw]:
    """Find a segment that stands in its recording already."""
    other = memory.find_equal(turn) if turn.length >= limits[DUPLICATE_CHARACTERS.name] else None
    if other is not None:
        yield Flaw("", f"the segment is the same as that at {OTHER}: take one of them out", other)


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


def find_leaks(equal: Sequence[Sighting], _: Limits) -> Iterator[tuple[Sighting, Flaw]]:
    """Find where a text of one split comes first in another."""
    first, *later = sorted(equal)
    known = {first.what}
    for each in later:
        if each.what not in known:
            known.add(each.what)
            yield (
                each,
                Flaw(
                    "text",
                    f"the text is in the split {each.what} here, and in {first.what} at {OTHER}: "
                    "keep such recordings together, or take one out",
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
_NOTICE = said(
    "This programme was made possible by listeners like you, who send us letters, recipes, and now and then "
    "a patch that applies.",
    "00:00:00",
    "00:00:07",
)

RULES: Final = (
    Rule(
        "duplicate/segment",
        Severity.WARNING,
        "a segment that stands in its recording twice: same times, speaker and text",
        "It was appended twice. The last 8,192 segments of a recording, or more, are compared. Texts below "
        "`duplicate_characters` are left alone: of times in whole seconds, two short words can share one.",
        (TIMES, TEXT),
        RecordingCheck(find_twin),
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
    Rule(
        "split/leakage",
        Severity.WARNING,
        "the same long text in recordings of different splits",
        "What is trained on must not be tested on. A sponsor's message that each episode repeats is found "
        "too: whether that matters is for you to say. A text is reported once for each further split. It is "
        "judged when a whole project is checked, for the splits follow from the names that its files have "
        "there.",
        (TEXT,),
        CorpusCheck(Evidence.TEXTS, find_leaks),
        bad=(("a.jsonl", (_NOTICE, _TALK[0])), ("b.jsonl", (_NOTICE, _TALK[1]))),
        good=(("a.jsonl", (_NOTICE, _TALK[0])), ("b.jsonl", _TALK[1:])),
        limits=(LEAKAGE_CHARACTERS,),
    ),
)
