"""The rules about how fast somebody speaks (`rate/…`). Pure.

Where times are whole seconds, a length is known to a second, and the segment has the benefit of the doubt.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from packager.check.rules.rule import TEXT, TIMES, Flaw, Limit, Rule, SegmentCheck, one, said
from packager.check.rules.texts import is_non_speech
from packager.check.rules.turn import SECOND
from packager.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packager.check.rules.columns import Array, Columns
    from packager.check.rules.rule import Limits
    from packager.check.rules.turn import Turn

FASTEST: Final = Limit(
    "fastest_characters_per_second", 30, "characters a second", "nobody speaks faster", least=1
)
_LINK: Final = re.compile(r"https?://\S+")
"""Nobody says it, though it may stand in a text."""
LONGEST: Final = Limit(
    "longest_seconds", 1800, "seconds", "a segment that lasts longer is implausible", least=1
)
SLOWEST: Final = Limit(
    "slowest_characters_per_second", 0.3, "characters a second", "slower is a wrong time or a missing text"
)
SLOW_AFTER: Final = Limit(
    "slow_after_seconds", 30, "seconds", "shorter segments may hold as long a silence as they like"
)


def _find_too_fast(turn: Turn, limits: Limits) -> Iterator[Flaw]:
    seconds, text = turn.seconds, turn.text
    if not seconds or text is None:
        return
    letters = len(_LINK.sub("", text.strip()))
    length = f"{seconds:g} second{'s' * (seconds != 1)}"
    if letters / (seconds + turn.slack) > limits[FASTEST.name]:
        yield Flaw("text", f"{letters} characters in {length}: correct the times, or the text")


def _ask_too_fast(columns: Columns, limits: Limits) -> Array:
    """Ask which have as many characters, white space and web addresses included."""
    lengths = columns.lengths
    return ((lengths > 0) & (columns.sizes > lengths * (limits[FASTEST.name] * _LESS / SECOND))).nonzero()[0]


def _find_too_slow(turn: Turn, limits: Limits) -> Iterator[Flaw]:
    seconds, text = turn.seconds, turn.text
    if seconds is None or text is None or seconds < limits[SLOW_AFTER.name]:
        return
    letters = len(text.strip())
    if not letters or letters / seconds >= limits[SLOWEST.name] or is_non_speech(text):
        return
    if seconds > limits[LONGEST.name] or looks_like_milliseconds(turn, limits):
        return  # those rules have more to say
    count = f"{letters} character{'s' * (letters != 1)}"
    yield Flaw("text", f"{count} in {seconds:,.0f} seconds: correct the end, or add what is missing")


def ask_longer_than(columns: Columns, seconds: float) -> Array:
    """Ask which segments last about as many seconds, or longer."""
    return (columns.lengths >= seconds * SECOND * _LESS).nonzero()[0]


def looks_like_milliseconds(turn: Turn, limits: Limits) -> bool:
    """Return whether a length makes no sense in seconds, and would in milliseconds."""
    seconds, text = turn.seconds, turn.text
    if seconds is None or text is None or seconds < SUSPECT_SECONDS:
        return False
    letters = 0 if is_non_speech(text) else len(text.strip())
    return letters >= _ENOUGH_LETTERS and SLOWEST_SPEECH <= letters * 1000 / seconds <= limits[FASTEST.name]


_LESS: Final = 1 - 1e-6
"""What a question leaves to the rounding of doubles."""
SUSPECT_SECONDS: Final = 60
SLOWEST_SPEECH: Final = 4  # characters a second
_ENOUGH_LETTERS: Final = 10

_WORDS = "We met in the autumn, and by spring the compiler worked."

RULES: Final = (
    Rule(
        "rate/too-fast",
        Severity.WARNING,
        "more text than anybody can say in the time",
        "Most often the end is wrong, or text of the next segment was put into this one. Where both times "
        "are whole seconds, the length counts as one second more. Web addresses do not count.",
        (TIMES, TEXT),
        SegmentCheck(_find_too_fast, _ask_too_fast),
        bad=one(said(_WORDS, "00:00:10.0", "00:00:11.5")),
        good=one(said(_WORDS, "00:00:10.0", "00:00:13.5")),
        limits=(FASTEST,),
    ),
    Rule(
        "rate/too-slow",
        Severity.WARNING,
        "far too little text for a long segment",
        "Either the end is wrong, or most of what is said is missing. Segments that are only a tag such as "
        "`[music]` are left alone.",
        (TIMES, TEXT),
        SegmentCheck(
            _find_too_slow, lambda columns, limits: ask_longer_than(columns, limits[SLOW_AFTER.name])
        ),
        bad=one(said("Great.", "00:10:00", "00:13:27")),
        good=one(said("Great.", "00:10:00", "00:10:07")),
        limits=(SLOWEST, SLOW_AFTER),
    ),
)
