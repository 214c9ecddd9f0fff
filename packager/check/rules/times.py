"""The rules about times (`time/…`) and about how fast somebody speaks (`rate/…`). Pure.

Where times are whole seconds, a length is known to a second, and the segment has the benefit of the doubt.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, cast

from packager.check.rules.columns import NEVER, clip, find_latest_before
from packager.check.rules.rule import (
    SPEAKER,
    TEXT,
    TIMES,
    Flaw,
    Limit,
    RecordingCheck,
    Rule,
    SegmentCheck,
    one,
    said,
)
from packager.check.rules.texts import is_non_speech
from packager.check.rules.turn import SECOND, clock
from packager.model import Severity
from packager.times import parse_time, to_seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from packager.check.rules.columns import Array, Columns
    from packager.check.rules.memory import Memory
    from packager.check.rules.rule import Limits
    from packager.check.rules.turn import Turn
    from packager.model import JsonValue

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

_LONG_AGO: Final = 1 << 60  # nanoseconds
_CROWD: Final = 50  # speakers of a block
OVERLAP: Final = Limit("overlap_seconds", 1, "seconds", "by how much two segments of one speaker may overlap")


def _find_bad_times(turn: Turn, _: Limits) -> Iterator[Flaw]:
    """Find a time that is none. A missing time, and null, are the schema's to judge."""
    for about, value in (("start", turn.raw_start), ("end", turn.raw_end)):
        if value is not None and not _is_time(value):
            shown = f"{value!r}" if isinstance(value, str) else "this"
            shown = shown if len(shown) <= 60 else shown[:60] + "…"
            yield Flaw(about, f"{shown} is not a time: write HH:MM:SS, or a number of seconds")


def _find_reversed_times(turn: Turn, _: Limits) -> Iterator[Flaw]:
    start, end = parse_time(turn.raw_start), parse_time(turn.raw_end)  # exactly, not to the nanosecond
    if start is not None and end is not None and end < start:
        yield Flaw("end", f"the segment ends at {turn.raw_end}, before it starts at {turn.raw_start}")


def _ask_reversed_times(columns: Columns, _: Limits) -> Array:
    """Ask where the end is not after the start, or one of them is not known in nanoseconds."""
    starts, ends = columns.starts, columns.ends
    return ((ends <= starts) | (starts == NEVER)).nonzero()[0]


def _find_zero_length(turn: Turn, limits: Limits) -> Iterator[Flaw]:
    """Find a segment that ends when it starts, unless that is what whole seconds leave of a short one."""
    start = parse_time(turn.raw_start)
    if start is None or start != parse_time(turn.raw_end):
        return
    if not turn.slack or len((turn.text or "").strip()) > limits[FASTEST.name]:
        yield Flaw("end", f"the segment ends when it starts, at {turn.raw_start}: correct its end")


def _find_negative_times(turn: Turn, _: Limits) -> Iterator[Flaw]:
    for about, time in (("start", turn.start), ("end", turn.end)):
        if time is not None and time < 0:
            yield Flaw(about, "the time is before the recording begins: count from its start")
            return


def _ask_negative_times(columns: Columns, _: Limits) -> Array:
    starts, ends = columns.starts, columns.ends
    return (((starts < 0) & (starts != NEVER)) | ((ends < 0) & (ends != NEVER))).nonzero()[0]


def _find_long_segment(turn: Turn, limits: Limits) -> Iterator[Flaw]:
    seconds = turn.seconds
    if seconds is not None and seconds > limits[LONGEST.name] and not looks_like_milliseconds(turn, limits):
        yield Flaw("end", f"the segment lasts {seconds:,.0f} seconds: divide it, or correct its times")


def _find_milliseconds(turn: Turn, limits: Limits) -> Iterator[Flaw]:
    if looks_like_milliseconds(turn, limits):
        yield Flaw(
            "end",
            f"the segment would last {turn.seconds:,.0f} seconds, too long for its text by a factor of a "
            "thousand: are its times milliseconds?",
        )


def _find_unsorted(turn: Turn, memory: Memory, _: Limits) -> Iterator[Flaw]:
    if turn.start is not None and turn.start < memory.start:
        yield Flaw(
            "start",
            f"the segment starts at {clock(turn.start)}, before the one before it ({clock(memory.start)}): "
            "correct its start, or sort them by start",
        )


def _ask_unsorted(columns: Columns, memory: Memory, _: Limits) -> Iterable[int]:
    """Ask where a start is before the one before it."""
    known = (columns.starts != NEVER).nonzero()[0]
    starts = columns.starts[known]
    rows = known[1:][starts[1:] < starts[:-1]].tolist()
    return [int(known[0]), *rows] if len(starts) and starts[0] < clip(memory.start) else rows


def _find_overlap(turn: Turn, memory: Memory, limits: Limits) -> Iterator[Flaw]:
    if turn.speaker is None or turn.start is None or turn.start < memory.start:
        return
    end = memory.ends.get(turn.speaker)
    if end is not None and end == turn.end and turn.start == memory.start:
        return  # lines of one caption
    if end is not None and end - turn.start > limits[OVERLAP.name] * SECOND:
        yield Flaw(
            "start",
            f"the segment starts at {clock(turn.start)}, and its speaker is still in an earlier one until "
            f"{clock(end)}: correct one of them",
        )


def _ask_overlap(columns: Columns, memory: Memory, limits: Limits) -> Iterable[int]:
    """Ask where a start is before the end of what came before, by more than is allowed."""
    starts, ends = columns.starts, columns.ends
    until = starts + min(int(limits[OVERLAP.name] * SECOND), _LONG_AGO)
    asked = (find_latest_before(ends, memory.latest) > until) & (starts != NEVER)
    if not asked.any() or len(columns.names) > _CROWD or (ends == NEVER).any():
        return cast("Iterable[int]", asked.nonzero()[0])
    # Others may speak meanwhile; of each speaker a segment and the one before.
    rows: list[int] = []
    for name, own in columns.rows_by_speaker():
        if memory.ends.get(name, NEVER) > until[own[0]]:
            rows.append(own[0])
        rows += own[1:][ends[own[:-1]] > until[own[1:]]].tolist()
    return rows


def _is_time(value: JsonValue) -> bool:
    time = parse_time(value)
    if time is None:
        return False
    try:
        to_seconds(time)
    except OverflowError:
        return False
    return True


_W, _N, _E = Severity.WARNING, Severity.NOTE, Severity.ERROR
_LONG = "So this is what I have learned in thirty years of talking to computers all day."
_WORDS = "We met in the autumn, and by spring the compiler worked."
_HELLO, _REPLY = "Good morning, and welcome.", "Thank you, it is good to be here."

RULES: Final = (
    Rule(
        "time/not-a-time",
        _E,
        "a start or an end that is neither a clock time nor a number of seconds",
        "A time is `HH:MM:SS`, with a fraction of up to nine digits if need be, or a number of seconds. "
        "Whoever loads the data set gets null in place of anything else. A missing time is the schema's to "
        "judge.",
        (TIMES,),
        SegmentCheck(
            _find_bad_times,
            lambda columns, _: ((columns.starts == NEVER) | (columns.ends == NEVER)).nonzero()[0],
        ),
        bad=one(said(_HELLO, start="0:07", end="00:00:09")),
        good=one(said(_HELLO, start="00:00:07", end=9.5)),
    ),
    Rule(
        "time/end-before-start",
        _E,
        "a segment that ends before it starts",
        "No audio can be cut from it. Most often start and end were swapped, or a digit was mistyped.",
        (TIMES,),
        SegmentCheck(_find_reversed_times, _ask_reversed_times),
        bad=one(said(_HELLO, "00:00:09", "00:00:05")),
        good=one(said(_HELLO, "00:00:05", "00:00:09")),
    ),
    Rule(
        "time/zero-length",
        _W,
        "a segment that ends when it starts",
        "Nothing can be said in no time. Times in whole seconds are taken as rounded: there, a segment of "
        "one second or less is found only if it says more than a second can hold "
        "(`fastest_characters_per_second`).",
        (TIMES,),
        SegmentCheck(_find_zero_length, lambda columns, _: (columns.starts == columns.ends).nonzero()[0]),
        bad=one(said(_HELLO, "00:00:05.25", "00:00:05.25")),
        good=one(said("Yes.", "00:00:05", "00:00:05")),
        limits=(FASTEST,),
    ),
    Rule(
        "time/negative",
        _W,
        "a time before the recording begins",
        "Times count from the start of the recording. An offset was subtracted that is too large.",
        (TIMES,),
        SegmentCheck(_find_negative_times, _ask_negative_times),
        bad=one(said(_HELLO, -1.5, 2)),
        good=one(said(_HELLO, 0, 2)),
    ),
    Rule(
        "time/implausible-length",
        _W,
        "a segment that lasts longer than half an hour",
        "A segment is one stretch of speech by one speaker. One that lasts this long was never divided, or "
        "its end is wrong.",
        (TIMES,),
        SegmentCheck(
            _find_long_segment, lambda columns, limits: ask_longer_than(columns, limits[LONGEST.name])
        ),
        bad=one(said(_LONG, "00:00:00", "00:31:00")),
        good=one(said(_LONG, "00:00:00", "00:00:05")),
        limits=(LONGEST,),
    ),
    Rule(
        "time/milliseconds",
        _W,
        "times in milliseconds where seconds belong",
        "The segment's text would be far too little for its length, and just right if its times were "
        "divided by a thousand. Some services write milliseconds; divide them.",
        (TIMES, TEXT),
        SegmentCheck(_find_milliseconds, lambda columns, _: ask_longer_than(columns, SUSPECT_SECONDS)),
        bad=one(said(_HELLO, 1200, 2900)),
        good=one(said(_HELLO, 1.2, 2.9)),
        limits=(FASTEST,),
    ),
    Rule(
        "time/unsorted",
        _W,
        "a segment that starts before the one before it in its recording",
        "Readers expect the segments of a recording in the order in which they are spoken. Segments that "
        "are files of their own are put in order by the build, and are never unsorted.",
        (TIMES,),
        RecordingCheck(_find_unsorted, _ask_unsorted),
        bad=one(said(_HELLO, "00:00:10", "00:00:14"), said(_REPLY, "00:00:02", "00:00:06", who="Grace")),
        good=one(said(_HELLO, "00:00:02", "00:00:06"), said(_REPLY, "00:00:05", "00:00:09", who="Grace")),
    ),
    Rule(
        "time/overlap",
        _W,
        "a segment that starts before an earlier one of the same speaker has ended",
        "Nobody says two things at once. That two speakers overlap is normal, and left alone; so are "
        "segments with the very same times, which are the lines of one caption.",
        (TIMES, SPEAKER),
        RecordingCheck(_find_overlap, _ask_overlap),
        bad=one(said(_HELLO, "00:00:00", "00:00:08"), said(_REPLY, "00:00:04", "00:00:10")),
        good=one(said(_HELLO, "00:00:00", "00:00:08"), said(_REPLY, "00:00:04", "00:00:10", who="Grace")),
        limits=(OVERLAP,),
    ),
    Rule(
        "rate/too-fast",
        _W,
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
        _W,
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
