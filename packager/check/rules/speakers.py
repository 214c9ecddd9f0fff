"""The rules about who speaks (`speaker/…`). Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from packager.check.rules.rule import (
    OTHER,
    SPEAKER,
    CorpusCheck,
    Evidence,
    Flaw,
    Limit,
    Rule,
    SegmentCheck,
    Sighting,
    one,
    quote,
    said,
)
from packager.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from packager.check.rules.columns import Columns
    from packager.check.rules.rule import Limits
    from packager.check.rules.turn import Turn

_LETTERS: Final = Limit(
    "spelling_letters", 8, "letters", "shorter names that differ in one letter may be two people", least=3
)
_MARKS: Final = frozenset({"?", "??", "???", "-", "--", "_"})
_PLACEHOLDER: Final = re.compile(
    r"(?:unknown|unidentified|unnamed|anonymous|none|null|n/?a|tbd|todo|xxx+)"
    r"|(?:(?:unknown|unidentified|unnamed)[ _-]*)?"
    r"(?:speaker|spkr?|voice|locuteur|locutrice|sprecher|sprecherin|hablante|locutora?|parlante|falante|spreker)"
    r"[ _-]*(?:id[ _-]*)?#?(?:[0-9]{1,4}|[a-z])?",
    re.IGNORECASE,
)
_TOKEN: Final = re.compile(r"[^\W_]+")


def is_placeholder(name: str) -> bool:
    """Return whether a name says only that somebody speaks: `SPEAKER_00`, `Unknown`."""
    name = name.strip()
    return name in _MARKS or (len(name) > 1 and _PLACEHOLDER.fullmatch(name) is not None)


def _find_missing(turn: Turn, _: Limits) -> Iterator[Flaw]:
    name = turn.raw_speaker
    if name is None or (isinstance(name, str) and not name.strip()):
        yield Flaw("speaker", "the segment names no speaker")


def _ask_missing(columns: Columns, _: Limits) -> list[int]:
    speakers = columns.speakers
    return [row for row, name in enumerate(speakers) if name is None] if None in columns.names else []


def _find_placeholders(names: Sequence[Sighting], _: Limits) -> Iterator[tuple[Sighting, Flaw]]:
    for name in names:
        if is_placeholder(name.what):
            told = f"{quote(name.what)} is no name: say who it is, alike in every recording"
            yield name, Flaw("speaker", told)


def _find_spellings(names: Sequence[Sighting], limits: Limits) -> Iterator[tuple[Sighting, Flaw]]:
    """Find names that differ from an earlier one in case, space, punctuation or one letter; each once."""
    least = int(limits[_LETTERS.name])
    folded: dict[str, Sighting] = {}
    near: defaultdict[str, list[Sighting]] = defaultdict(list)
    for name in sorted(names):
        key = fold_name(name.what)
        other = folded.setdefault(key, name)
        if other is not name and not (is_placeholder(name.what) and is_placeholder(other.what)):
            yield name, _different(other, "in case, space or punctuation")
        if other is not name or len(key) < least:
            continue
        gaps = {key[:at] + key[at + 1 :] for at in range(len(key))} | {key}
        candidates = {each for gap in gaps for each in near.get(gap, ())}
        similar = [each for each in sorted(candidates) if is_one_letter_off(each.what, name.what)]
        if similar:
            yield name, _different(similar[0], "in one letter")
        if len(folded) <= _MOST:
            for gap in gaps:
                near[gap].append(name)


def fold_name(name: str) -> str:
    """Return what is left of a name without case, space and punctuation.

    >>> fold_name("Aaron  van-Wirdum")
    'aaronvanwirdum'
    """
    return "".join(_TOKEN.findall(name.casefold()))


def is_one_letter_off(one: str, other: str) -> bool:
    """Return whether two names differ in one letter of one long word: changed, added, or changed places.

    >>> is_one_letter_off("Adam Ficsor", "Adam Fiscor")
    True
    >>> is_one_letter_off("Speaker 1", "Speaker 2")
    False
    """
    ours, theirs = _TOKEN.findall(one.casefold()), _TOKEN.findall(other.casefold())
    if len(ours) != len(theirs):
        return False
    words = [(a, b) for a, b in zip(ours, theirs, strict=True) if a != b]
    if len(words) != 1 or min(map(len, words[0])) < _WORD:
        return False
    a, b = sorted(words[0], key=len)
    if len(b) > len(a) + 1:
        return False
    start = next((at for at in range(len(a)) if a[at] != b[at]), len(a))
    if len(a) < len(b):
        return a[start:] == b[start + 1 :] and not b[start].isdigit()  # `Guest10` is not `Guest1`
    swapped = a[start : start + 2] == b[start : start + 2][::-1] and a[start + 2 :] == b[start + 2 :]
    changed = a[start + 1 :] == b[start + 1 :]
    return (swapped or changed) and not (a[start].isdigit() or b[start].isdigit())


def _different(other: Sighting, how: str) -> Flaw:
    return Flaw("speaker", f"differs from {quote(other.what)} ({OTHER}) only {how}: choose one", other.place)


_MOST: Final = 10_000  # names, beyond which those that differ in one letter are no more looked for
_WORD: Final = 5  # letters of a word that may hold a slip

_MORNING, _WELCOME = "Good morning.", "Thank you, it is good to be here."

RULES: Final = (
    Rule(
        "speaker/missing",
        Severity.NOTE,
        "a segment that names no speaker",
        "The property is absent, null or empty, and the schema allows it. That may be meant.",
        (SPEAKER,),
        SegmentCheck(_find_missing, _ask_missing),
        of_absence=True,
        bad=one(said(_MORNING, who=None)),
        good=one(said(_MORNING)),
    ),
    Rule(
        "speaker/placeholder",
        Severity.NOTE,
        "a name that is none, such as `SPEAKER_00` or `Unknown`",
        "It is another person in every recording, so nothing can be said about a speaker of the corpus. "
        "Each such name is reported once, where it comes first.",
        (SPEAKER,),
        CorpusCheck(Evidence.NAMES, _find_placeholders),
        bad=one(said(_MORNING, who="SPEAKER_00")),
        good=one(said(_MORNING, who="Interviewer 2")),
    ),
    Rule(
        "speaker/spelling",
        Severity.WARNING,
        "names that differ only in case, space, punctuation or one letter",
        "A person with two names is two speakers in every count. Names are compared over the whole corpus; "
        "one letter counts (changed, added, or swapped with the next one) in names of `spelling_letters` "
        "and words of five, and never a digit. The first 10,000 names are compared by letters.",
        (SPEAKER,),
        CorpusCheck(Evidence.NAMES, _find_spellings),
        bad=(
            ("one.jsonl", (said(_MORNING, who="John Newbery"),)),
            ("two.jsonl", (said(_WELCOME, who="John Newberry"),)),
        ),
        good=(
            ("one.jsonl", (said(_MORNING, who="Guest of honour 1"),)),
            ("two.jsonl", (said(_WELCOME, who="Guest of honour 2"),)),
        ),
        limits=(_LETTERS,),
    ),
)
