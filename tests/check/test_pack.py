"""Asked or not, rules find the same; and a rule is one value."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packager.check.rules import (
    RULES,
    Columns,
    Finding,
    Memory,
    Properties,
    Rule,
    RulePack,
    resolve_limits,
    resolve_severities,
)
from packager.check.rules.columns import NEVER, read_times
from packager.check.rules.memory import WINDOW
from packager.check.rules.rule import CorpusCheck, Flaw, RecordingCheck, SegmentCheck, one, said
from packager.check.rules.turn import clock, read_time, read_turn
from packager.model import Severity

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Iterator

    from packager.check.rules.rule import Limits
    from packager.check.rules.turn import Turn

ALL = Properties("Start", "End", "Text", "Speaker")


def make_pack(properties: Properties = ALL, **limits: float) -> RulePack:
    return RulePack(resolve_severities([]), resolve_limits(tuple(limits.items())), properties)


def make_columns(pack: RulePack, segments: list[Any], number: int = 0, *, asks: bool = True) -> Columns:
    return Columns(segments, pack.properties, json.dumps(segments).encode(), number, asks=asks)


def judge_slowly(pack: RulePack, segments: list[Any]) -> list[tuple[int, Finding]]:
    """Let every rule look at every segment."""
    return pack.judge(make_columns(pack, segments, asks=False), Memory())


TIMES: st.SearchStrategy[object] = st.one_of(
    st.integers(-2, 40),
    st.floats(-1, 4000, allow_nan=False),
    st.integers(0, 4000).map(lambda second: f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"),
    st.integers(0, 90).map(lambda second: f"00:{second // 60:02}:{second % 60:02}.5"),
    st.sampled_from([None, True, "soon", "1:00", 10**400, 1e300, 9e9, -5e9, 1.7e12, 1, 1.5, [], {}]),
)
CLOCKS = st.builds(
    lambda text, digits: text + digits,
    st.sampled_from(
        [
            "00:00:07",
            "12:34:56",
            "99:59:59",
            "100:00:00",
            "999:59:59",
            "1000:00:00",
            "00:60:00",
            "0:00:01",
            "1\n:00:00",
            "00-00-00",
        ]
    ),
    st.sampled_from(["", ".5", ".", ".123", ".000000001", ".999999999", ".1234567890", ",5", "\n", "é"]),
)
WORDS = st.one_of(
    st.sampled_from(["Yes.", "No, no.", "Thank you for watching, and see you again soon."]),
    st.text(st.sampled_from("ab &;é\u0301ÃÂâ©€™\x07\x85\u200b\ufffd[]()*\n\t"), max_size=12),
    st.builds(
        lambda word, times: word * times,
        st.text(st.sampled_from("ab ."), min_size=1, max_size=9),
        st.integers(1, 60),
    ),
    st.sampled_from([None, 3, ["x"]]),
)
NAMES = st.sampled_from(["Ada", "Grace", " ", "", "SPEAKER_00", None, 3, ["x"]])
SEGMENT = st.fixed_dictionaries({}, optional={"Start": TIMES, "End": TIMES, "Text": WORDS, "Speaker": NAMES})
PROPERTIES = st.builds(
    lambda timed, text, speaker: Properties(
        "Start" if timed else None, "End" if timed else None, text, speaker
    ),
    st.booleans(),
    st.sampled_from(["Text", None]),
    st.sampled_from(["Speaker", None]),
)


@settings(max_examples=600, deadline=None)
@given(st.lists(SEGMENT, max_size=30), PROPERTIES, st.integers(1, 30), st.integers(0, 3), st.randoms())
def test_what_is_asked_for_is_all_that_rules_find(
    segments: list[Any], properties: Properties, size: int, rare: int, chance: random.Random
) -> None:
    pack = make_pack(properties)
    # Most of it clean, or all segments would be looked at.
    mixed = [each for segment in segments for each in (*clean_talk(chance.choice([0, 5, 40])), segment)] * (
        rare + 1
    )
    memory, found = Memory(), []
    for first in range(0, len(mixed), size * 9):
        part = mixed[first : first + size * 9]
        asks = chance.random() < 0.9
        judged = pack.judge(make_columns(pack, part, first, asks=asks), memory)
        found += [(first + index, finding) for index, finding in judged]
    assert found == judge_slowly(pack, mixed)


def clean_talk(count: int, start: int = 0) -> list[Any]:
    """Return segments with which nothing is wrong."""
    return [
        {
            "Speaker": ("Ada", "Grace", "Alan")[number % 3],
            "Start": f"{number // 900:02}:{number // 15 % 60:02}:{number * 4 % 60:02}.{number % 1000:03}",
            "End": f"{number // 900:02}:{number // 15 % 60:02}:{number * 4 % 60 + 3:02}.25",
            "Text": f"And on day {number} we met again in the garden, as we had said.",
        }
        for number in range(start, start + count)
    ]


def test_a_clean_block_is_clean_and_few_of_it_are_looked_at() -> None:
    pack, talk = make_pack(), clean_talk(5000)
    columns = make_columns(pack, talk)
    assert pack.judge(columns, Memory()) == []
    assert not columns._turns  # noqa: SLF001 - no segment was read


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(TIMES, CLOCKS), max_size=30))
def test_times_are_read_together_as_they_are_one_by_one(values: list[Any]) -> None:
    times, is_exact = read_times(values)
    one_by_one = [read_time(value) for value in values]
    near = [None if time is None or abs(time) >= 1 << 61 else time for time in one_by_one]
    assert [None if time == NEVER else time for time in times.tolist()] == near
    assert is_exact == (near == one_by_one)


BAD = [rule for rule in RULES if not isinstance(rule.check, CorpusCheck)]


@pytest.mark.parametrize("rule", BAD, ids=[rule.id for rule in BAD])
def test_the_bad_example_of_a_rule_is_found_in_the_middle_of_a_clean_block(rule: Rule) -> None:
    pack = make_pack()
    talk = clean_talk(3000)
    [(_, example)] = rule.bad
    late = [shift(dict(segment), 40000) for segment in example]
    segments = [*talk[:1500], *late, *[shift(dict(each), 80000) for each in talk[1500:]]]
    only = RulePack({rule.id: rule.severity}, pack.limits, pack.properties)
    for each in (pack, only):
        columns = make_columns(each, segments)
        found = each.judge(columns, Memory())
        assert found == judge_slowly(each, segments)
        assert [finding.rule for _, finding in found if finding.rule == rule.id] == [rule.id]
        assert len(columns._turns) <= 70  # noqa: SLF001 - only few were looked at


def shift(segment: dict[str, Any], seconds: int) -> dict[str, Any]:
    """Move a segment, so that it comes after others; what is no time, or a negative one, stays."""
    for key in ("Start", "End"):
        time = read_time(segment[key])
        if time is not None and time >= 0:
            moved = time + seconds * 10**9
            if isinstance(segment[key], str):
                fraction = str(segment[key])[8:]
                segment[key] = clock(moved // 10**9 * 10**9) + fraction
            else:
                segment[key] += seconds
    return segment


def find_laughter(turn: Turn, _: Limits) -> Iterator[Flaw]:
    """Find a tag of laughter inside a sentence."""
    if turn.text and "[laughs]" in turn.text[1:-1]:
        yield Flaw("text", "the tag stands inside a sentence")


def ask_laughter(columns: Columns, _: Limits) -> Iterable[int]:
    return cast("Iterable[int]", columns.rows_with("["))


@pytest.mark.parametrize("check", [SegmentCheck(find_laughter), SegmentCheck(find_laughter, ask_laughter)])
def test_a_rule_is_one_value_with_or_without_a_question(check: SegmentCheck) -> None:
    rule = Rule(
        "text/laughter",
        Severity.NOTE,
        "a tag of laughter inside a sentence",
        "It is not said.",
        ("text",),
        check,
        bad=one(said("So I [laughs] went home.")),
        good=one(said("So I went home.")),
    )
    rules = (*RULES, rule)
    pack = RulePack(resolve_severities([], rules), resolve_limits(()), ALL, rules)
    segments = clean_talk(4000)
    segments[2345]["Text"] = "So I [laughs] went home, and so did all the others."
    [(index, found)] = pack.judge(make_columns(pack, segments), Memory())
    assert (index, found.key, found.rule) == (2345, "Text", "text/laughter")


def test_a_rule_about_recordings_is_found_without_a_question() -> None:
    def find_late(_turn: Turn, memory: Memory, _: Limits) -> Iterator[Flaw]:
        if memory.count == 2345 and memory.ends["Ada"]:
            yield Flaw("start", "late")

    rule = Rule(
        "time/late",
        Severity.NOTE,
        "x",
        "x",
        ("times",),
        RecordingCheck(find_late),
        bad=one(said("x")),
        good=one(said("x")),
    )
    rules = (*RULES, rule)
    pack = RulePack(resolve_severities([], rules), resolve_limits(()), ALL, rules)
    segments = clean_talk(4000)
    assert [index for index, _ in pack.judge(make_columns(pack, segments), Memory())] == [2345]


@settings(max_examples=300, deadline=None)
@given(st.lists(SEGMENT, max_size=10))
def test_segments_together_are_judged_as_one_by_one(segments: list[Any]) -> None:
    pack = make_pack()
    alone = [
        (index, found)
        for index, segment in enumerate(segments)
        for _, found in pack.judge(pack.read([segment]))
    ]
    assert pack.judge(make_columns(pack, segments)) == alone


@pytest.mark.parametrize(
    "text",
    [
        "Where were we?",
        "Ça va, à « demain » — naïve…",
        "日本語、「はい」",
        "Привет!",
        "línea\nuno",
        '"quoted"',
        "नमस्ते दुनिया",
        "👍🏽 family",
    ],
)
def test_ordinary_text_of_any_language_is_found_clean(text: str) -> None:
    pack, segments = make_pack(), clean_talk(100)
    for segment in segments:
        segment["Text"] = f"{text} {segment['Text'][:24].strip()}."
    assert pack.judge(make_columns(pack, segments), Memory()) == []


@pytest.mark.parametrize("asks", [True, False])
def test_the_memory_of_a_recording_is_bounded(asks: bool) -> None:  # noqa: FBT001
    pack, memory = make_pack(), Memory()
    segments: list[Any] = []
    for first in range(0, 4 * WINDOW, WINDOW // 3):
        segments = [
            {
                "Speaker": f"Guest of day {first + n}",
                "Start": float(first + n),
                "End": first + n + 1.0,
                "Text": f"Day {first + n}, and nobody came.",
            }
            for n in range(WINDOW // 3)
        ]
        assert pack.judge(make_columns(pack, segments, first, asks=asks), memory) == []
    assert sum(len(stretch.words) for stretch in memory._later) <= 3 * WINDOW  # noqa: SLF001
    assert memory.find_equal(read_turn(segments[-1], ALL)) == (first + WINDOW // 3 - 1,)
    assert WINDOW <= len(memory._seen) + len(memory._older) <= 2 * WINDOW  # noqa: SLF001
    assert len(memory.ends) <= 10_000


@pytest.mark.parametrize("size", [1, 100, 5000, 40000])
def test_a_copy_within_the_window_is_found_and_one_beyond_it_is_not(size: int) -> None:
    pack, memory = make_pack(), Memory()
    talk = clean_talk(3 * WINDOW)
    talk[WINDOW + 7] = talk[7]
    talk[2 * WINDOW + 50] = talk[60]
    found = []
    for first in range(0, len(talk), size):
        part = talk[first : first + size]
        columns = make_columns(pack, part, first, asks=size > 1)
        found += [(first + index, each) for index, each in pack.judge(columns, memory)]
    copies = [(index, each.other) for index, each in found if each.rule == "duplicate/segment"]
    assert copies == [(WINDOW + 7, (7,))]


def test_a_copy_names_the_other() -> None:
    pack, memory = make_pack(), Memory()
    talk = clean_talk(2000)
    assert pack.judge(make_columns(pack, talk), memory) == []
    found = pack.judge(pack.read([talk[7]], number=2000), memory)
    assert [finding.rule for _, finding in found] == ["time/unsorted", "duplicate/segment"]
    assert found[1][1].other == (7,)


def test_a_threshold_moves_the_edge() -> None:
    segment: Any = {"Start": 0, "End": 100, "Text": " ".join(map(str, range(36))), "Speaker": "Ada"}
    for pack, rule in (
        (make_pack(slowest_characters_per_second=2), "rate/too-slow"),
        (make_pack(longest_seconds=99), "time/implausible-length"),
    ):
        assert [found.rule for _, found in pack.judge(pack.read([segment]))] == [rule]


def test_rules_about_absent_properties_are_out() -> None:
    pack = make_pack(Properties(None, None, "Text", None))
    assert set(pack.severities) == {
        rule.id for rule in RULES if set(rule.needs) <= {"text"} and not rule.optional
    }
    assert "loop/phrase" in pack.severities
    assert "rate/too-fast" not in pack.severities


def test_a_time_is_shown_as_a_clock_shows_it() -> None:
    assert [clock(0), clock(3723500000000), clock(-1), clock(360000 * 10**9)] == [
        "00:00:00",
        "01:02:03.5",
        "-00:00:00.000000001",
        "100:00:00",
    ]
