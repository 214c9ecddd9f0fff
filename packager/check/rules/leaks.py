"""The rules about what stands in two splits (`split/…`, `speaker/across-splits`). Pure."""

from __future__ import annotations

import re
import unicodedata
from itertools import groupby
from typing import TYPE_CHECKING, Final

from packager.check.rules.rule import (
    OTHER,
    SPEAKER,
    TALK,
    TEXT,
    CorpusCheck,
    Evidence,
    Flaw,
    Limit,
    Rule,
    Sighting,
    quote,
    said,
)
from packager.check.rules.speakers import is_placeholder
from packager.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from packager.check.rules.rule import Limits

SPLIT_SPEAKERS: Final = Limit(
    "split_speakers", 20, "speakers", "where more are in several splits, one problem says how many", least=0
)
LEAKAGE_CHARACTERS: Final = Limit(
    "leakage_characters", 100, "characters", "shorter texts are said in many recordings", least=1
)

_NO_LETTER: Final = re.compile(r"[\W_]+")


def simplify(text: str) -> str:
    """Return the letters and digits of a text, in lower case: what near-identical texts have in common.

    >>> simplify(" It's 9 o'clock, SO late? ")
    'its9oclocksolate'
    """
    return _NO_LETTER.sub("", unicodedata.normalize("NFKC", text).casefold())


def _find_split_speakers(voices: Sequence[Sighting], limits: Limits) -> Iterator[tuple[Sighting, Flaw]]:
    """Find where a speaker of one split comes first in another; where too many do, say so once."""
    speakers = [list(same) for who, same in groupby(voices, lambda each: each.who) if not is_placeholder(who)]
    crossing = sorted((later, first) for first, later in map(_first_in_others, speakers) if later)
    few = len(crossing) <= limits[SPLIT_SPEAKERS.name]
    for (here, *further), first in crossing if few else crossing[:1]:
        also = "".join(f", in {each.what}" for each in further)
        others = "" if few else f", and so are {len(crossing) - 1:,} more of {len(speakers):,} speakers"
        told = f"{quote(here.who)} is in the split {here.what} here{also}, and in {first.what} at {OTHER}"
        advice = "group_by in [splits] keeps together what belongs together"
        yield here, Flaw("speaker", f"{told}{others}: {advice}", first.place)


def _find_leaks(equal: Sequence[Sighting], what: str) -> Iterator[tuple[Sighting, Flaw]]:
    """Find where a text of one split comes first in another."""
    first, later = _first_in_others(equal)
    for each in later:
        told = f"{what} in the split {each.what} here, and in {first.what} at {OTHER}: "
        yield each, Flaw("text", told + "keep such recordings together, or take one out", first.place)


def _first_in_others(sightings: Sequence[Sighting]) -> tuple[Sighting, list[Sighting]]:
    """Return the first sighting, and the first one in each further split."""
    first_of: dict[str, Sighting] = {}
    for each in sorted(sightings):
        first_of.setdefault(each.what, each)
    first, *later = first_of.values()
    return first, later


_NOTICE = said(
    "This programme was made possible by listeners like you, who send us letters, recipes, and now and then "
    "a patch that applies.",
    end="00:00:07",
)
_NEAR_NOTICE = said(
    "This Programme was made possible by listeners, like you: who send us letters, recipes and, now "
    "and then, a patch that applies!",
    end="00:00:07",
    who="Grace",
)
_ANSWER: Final = TALK[1]

RULES: Final = (
    Rule(
        "split/leakage",
        Severity.WARNING,
        "the same long text in recordings of different splits",
        "What is trained on must not be tested on. A sponsor's message that each episode repeats is found "
        "too: whether that matters is for you to say. A text is reported once for each further split. It is "
        "judged when a whole project is checked, for the splits follow from the names that its files have "
        "there.",
        (TEXT,),
        CorpusCheck(Evidence.TEXTS, lambda equal, _: _find_leaks(equal, "the text is")),
        bad=(("a.jsonl", (_NOTICE, TALK[0])), ("b.jsonl", ({**_NOTICE, "Speaker": "Grace"}, _ANSWER))),
        good=(("a.jsonl", (_NOTICE, TALK[0])), ("b.jsonl", (_ANSWER,))),
        limits=(LEAKAGE_CHARACTERS,),
    ),
    Rule(
        "split/near-leakage",
        Severity.WARNING,
        "nearly the same long text in recordings of different splits",
        "As `split/leakage`, for texts that are equal but for case, white space, punctuation and symbols, "
        "such as two transcripts of one announcement. Other words are other texts. A text that "
        "`split/leakage` reports is not reported again.",
        (TEXT,),
        CorpusCheck(
            Evidence.NEAR_TEXTS,
            lambda equal, _: _find_leaks(equal, "but for case, space and punctuation the text is"),
        ),
        bad=(("a.jsonl", (_NOTICE, TALK[0])), ("b.jsonl", (_NEAR_NOTICE, _ANSWER))),
        good=(("a.jsonl", (_NOTICE, TALK[0])), ("b.jsonl", (_ANSWER,))),
        limits=(LEAKAGE_CHARACTERS,),
        optional=True,
    ),
    Rule(
        "speaker/across-splits",
        Severity.WARNING,
        "a speaker of recordings in different splits",
        "What a model learns of a voice it can use in the test. Where that matters, keep speakers apart with "
        "`group_by` in `[splits]`, or `pin`, and make this an error. Where it does not, ignore it: the host "
        "of a podcast is in every recording of it. Names are compared as they are written, and names that"
        "are none (`speaker/placeholder`) not at all. A speaker is reported once; where there are "
        "more than `split_speakers`, the first of them is, with how many there are.",
        (SPEAKER,),
        CorpusCheck(Evidence.VOICES, _find_split_speakers),
        bad=(("a.jsonl", (TALK[0],)), ("b.jsonl", (TALK[2],))),
        good=(("a.jsonl", (TALK[0],)), ("b.jsonl", (TALK[1],))),
        limits=(SPLIT_SPEAKERS,),
    ),
)
