"""The rules about repetition as speech recognisers produce it (`loop/…`). Pure.

A recogniser that hears nothing says the last phrase again and again, within a segment or over many.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from packager.check.rules.rule import TEXT, Flaw, Limit, RecordingCheck, Rule, SegmentCheck, one, quote, said
from packager.check.rules.texts import is_non_speech
from packager.model import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from packager.check.rules.columns import Columns
    from packager.check.rules.memory import Memory
    from packager.check.rules.rule import Limits
    from packager.check.rules.turn import Turn

LOOP_TIMES: Final = Limit("loop_times", 5, "times", "how often a phrase stands in a row", least=3)
LOOP_CHARACTERS: Final = Limit(
    "loop_characters", 100, "characters", "how long the repetition is in all", least=30
)
LOOP_SEGMENTS: Final = Limit(
    "loop_segments", 6, "segments", "how many segments in a row say the same", least=2
)
_PHRASE: Final = 100  # characters of the longest phrase that is looked for
_GRAM: Final = 8


def _find_phrase_loop(turn: Turn, limits: Limits) -> Iterator[Flaw]:
    times, characters = int(limits[LOOP_TIMES.name]), int(limits[LOOP_CHARACTERS.name])
    text = turn.text or ""
    found = find_run(text, times, characters)
    if found is not None:
        start, end, period = found
        phrase = quote(text[start : start + period].strip() or text[start])
        yield Flaw(
            "text",
            f"{phrase} stands here {(end - start + 2) // period} times in a row: a recogniser that loops?",
        )


def _ask_phrase_loop(columns: Columns, limits: Limits) -> list[int]:
    """Ask which are long enough, and have somewhere what they have a little later again; see `find_run`."""
    times, characters = int(limits[LOOP_TIMES.name]), int(limits[LOOP_CHARACTERS.name])
    rows = columns.sizes >= characters
    # In most there is room for one stretch only, and it comes again one period later.
    at = stride_of(times, characters) - 1
    short = 2 * at + 1 + _GRAM
    one = (rows & (columns.sizes <= short)).nonzero()[0]
    reach = min(_PHRASE, (short + 2) // times)
    parts = columns.cut(one, at, reach + _GRAM)
    for places in ((0, _GRAM // 2), range(_GRAM)):  # few are left of the first two characters
        again = parts[:, :reach] == parts[:, :reach]
        for place in places:
            again &= parts[:, place + 1 : place + 1 + reach] == parts[:, place : place + 1]
        left = again.any(1)
        one, parts = one[left], parts[left]
    texts = columns.texts
    return [
        *one.tolist(),
        *(
            row
            for row in (rows & (columns.sizes > short)).nonzero()[0].tolist()
            if find_run(texts[row] or "", times, characters) is not None
        ),
    ]


def find_run(text: str, times: int, characters: int) -> tuple[int, int, int] | None:
    """Return start, end and period of a part that repeats itself; None if there is none.

    Looked for are parts with a period of at most 100 characters, at least `characters` long, that hold the
    period `times` times (the last time less two characters: a space, a stop). Of every such part some
    stretch of 8 characters that begins at each `stride`th place comes again one period later. So a text in
    which none of these comes again nearby has no such part, and that is quickly known.
    """
    length = len(text)
    if length < characters:
        return None
    stride = stride_of(times, characters)
    find = text.find
    starts = range(stride - 1, length - _GRAM, stride)
    grams = [text[at : at + _GRAM] for at in starts]
    # Asked of all at once, so that a text without any costs least: they are many, and rarely come again.
    nearby = range(starts.start + 1, length, stride), range(starts.start + _GRAM + _PHRASE, 1 << 62, stride)
    if max(map(find, grams, *nearby), default=-1) == -1:
        return None
    for at, gram in zip(starts, grams, strict=True):
        again = find(gram, at + 1, at + _GRAM + _PHRASE)
        while again != -1:
            found = _measure(text, at, again - at, times, characters)
            if found is not None:
                return found
            again = find(gram, again + 1, at + _GRAM + _PHRASE)
    return None


def stride_of(times: int, characters: int) -> int:
    """Return how far apart two stretches may begin so that one of them lies early enough in every repetition.

    A part of D characters has D - period - 7 beginnings of a stretch whose next period is in it too, and its
    period is at most (D + 2) / times.
    """
    return max(1, characters - (characters + 2) // times - _GRAM + 1)


def _find_segment_loop(turn: Turn, memory: Memory, limits: Limits) -> Iterator[Flaw]:
    """Find the segment with which a run of equal segments becomes a loop; each run once."""
    wanted = int(limits[LOOP_SEGMENTS.name])
    if not turn.words or turn.words != memory.words or memory.run != wanted - 1:
        return
    if turn.text is None or not is_non_speech(turn.text):
        yield Flaw("text", f"{wanted} segments in a row say just this, or more: a recogniser that loops?")


def _ask_segment_loop(columns: Columns, memory: Memory, _: Limits) -> list[int]:
    sizes, words = columns.sizes, columns.words
    rows: list[int] = ((sizes[1:] == sizes[:-1]).nonzero()[0] + 1).tolist()
    return [row for row in rows if words[row] == words[row - 1]] + [0] * (words[0] == memory.words)


def _measure(text: str, at: int, period: int, times: int, characters: int) -> tuple[int, int, int] | None:
    """Return the part around `at` that repeats itself with this period, if it is long enough."""
    wanted = max(characters, times * period - 2)
    # What comes again forwards from `at`, and backwards from it, is compared in C: halves, not characters.
    again = at + period
    forwards = _count_equal(
        min(wanted, len(text) - again),
        lambda low, high: text[at + low : at + high] == text[again + low : again + high],
    )
    backwards = _count_equal(
        min(wanted, at), lambda low, high: text[at - high : at - low] == text[again - high : again - low]
    )
    found = backwards + forwards + period
    return (at - backwards, at + forwards + period, period) if found >= wanted else None


def _count_equal(most: int, are_equal: Callable[[int, int], bool]) -> int:
    """Return how many steps, `most` at most, are equal; `are_equal` says it of those from one to another."""
    low = 0
    while low < most:
        middle = (low + most + 1) // 2
        if are_equal(low, middle):
            low = middle
        else:
            most = middle - 1
    return low


_TURNS = tuple(
    said("Thanks for watching!", f"00:00:{2 * number:02}", f"00:00:{2 * number + 2:02}")
    for number in range(6)
)

RULES: Final = (
    Rule(
        "loop/phrase",
        Severity.WARNING,
        "a phrase that stands in one text many times in a row",
        "A speech recogniser that hears music or nothing repeats itself. People do so too, but rarely for "
        "this long.",
        (TEXT,),
        SegmentCheck(_find_phrase_loop, _ask_phrase_loop),
        bad=one(
            said("And then we went home. " + ("Thank you so much. " * 6).strip(), "00:00:00", "00:00:30")
        ),
        good=one(said("No, no, no, no, no, no: it never compiles.")),
        limits=(LOOP_TIMES, LOOP_CHARACTERS),
    ),
    Rule(
        "loop/segments",
        Severity.WARNING,
        "many segments in a row that say the same",
        "The same, over segments; tags such as `[music]` may come again. A run is reported once, at the "
        "segment with which it reaches `loop_segments`.",
        (TEXT,),
        RecordingCheck(_find_segment_loop, _ask_segment_loop),
        bad=one(*_TURNS),
        good=one(*_TURNS[:2]),
        limits=(LOOP_SEGMENTS,),
    ),
)
