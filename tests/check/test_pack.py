"""The fast way and the rules themselves are one: what is called clean is clean."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from packager.check.rules import RULES, Finding, Properties, RulePack, resolve_limits, resolve_severities
from packager.check.rules.memory import WINDOW, Memory
from packager.check.rules.turn import clock, read_turn

ALL = Properties("Start", "End", "Text", "Speaker")
CHARACTERS = {
    f"text/{name}" for name in ("control-character", "replacement-character", "mojibake", "entity", "not-nfc")
}


def make_pack(properties: Properties = ALL, **limits: float) -> RulePack:
    return RulePack(resolve_severities([]), resolve_limits(tuple(limits.items())), properties)


def judge_slowly(pack: RulePack, segments: list[Any]) -> list[tuple[int, Finding]]:
    """Ask every rule about every segment."""
    memory = Memory()
    found = []
    for index, segment in enumerate(segments):
        turn = read_turn(segment, pack.properties)
        findings = [*pack.judge_alone(turn), *pack.judge_after(turn, memory)]
        found += [(index, finding) for finding in findings]
        memory.add(turn, (index, 1))
    return found


TIMES: st.SearchStrategy[object] = st.one_of(
    st.integers(-2, 40),
    st.floats(-1, 4000, allow_nan=False),
    st.integers(0, 4000).map(lambda second: f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"),
    st.integers(0, 90).map(lambda second: f"00:{second // 60:02}:{second % 60:02}.5"),
    st.sampled_from([None, True, "soon", "1:00", 10**400, 1e300, [], {}]),
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


@settings(max_examples=300, deadline=None)
@given(st.lists(SEGMENT, max_size=30), PROPERTIES, st.integers(1, 30))
def test_a_sweep_finds_what_every_rule_finds_in_every_segment(
    segments: list[Any], properties: Properties, batch: int
) -> None:
    pack = make_pack(properties)
    watch = pack.watch_recording()
    found = []
    for first in range(0, len(segments), batch):
        part = segments[first : first + batch]
        places = [(first + index, 1) for index in range(len(part))]
        found += [(first + index, finding) for index, finding in watch.sweep(part, places)]
    assert found == judge_slowly(pack, segments)


@settings(max_examples=300, deadline=None)
@given(st.lists(SEGMENT, max_size=10))
def test_segments_together_are_judged_as_one_by_one(segments: list[Any]) -> None:
    pack = make_pack()
    alone = [
        (index, found) for index, segment in enumerate(segments) for found in pack.check_segment(segment)
    ]
    assert pack.check_segments(segments) == alone


@settings(max_examples=500, deadline=None)
@given(st.lists(st.one_of(WORDS, st.text(max_size=8)), max_size=5), st.booleans())
def test_a_clean_block_has_no_odd_character_in_it(texts: list[Any], ascii_only: bool) -> None:  # noqa: FBT001
    data = "\n".join(json.dumps({"Text": text}, ensure_ascii=ascii_only) for text in texts)
    pack = make_pack()
    if not pack.is_clean_block(data.encode("utf-8", "surrogatepass")):
        return
    segments: list[Any] = [{"Text": text} for text in texts]
    assert not {finding.rule for _, finding in judge_slowly(pack, segments)} & CHARACTERS
    places = [(index, 1) for index in range(len(segments))]
    clean = pack.watch_recording().sweep(segments, places, clean=True)
    assert clean == judge_slowly(pack, segments)


def test_ordinary_text_of_any_language_is_a_clean_block() -> None:
    texts = [
        "Where were we?",
        "Ça va, à « demain » — naïve…",
        "日本語、「はい」",
        "Привет!",
        "línea\nuno",
        '"quoted"',
    ]
    for text in texts:
        assert RulePack.is_clean_block(json.dumps({"Text": text}, ensure_ascii=False).encode()), text


def test_the_memory_of_a_recording_is_bounded() -> None:
    watch = make_pack().watch_recording()
    for first in range(0, 4 * WINDOW, WINDOW):
        segments: list[Any] = [
            {
                "Speaker": f"Guest of day {first + n}",
                "Start": float(first + n),
                "End": first + n + 1.0,
                "Text": f"Day {first + n}, and nobody came.",
            }
            for n in range(WINDOW)
        ]
        assert watch.sweep(segments, [(first + n, 1) for n in range(WINDOW)]) == []
    memory = watch.memory
    assert WINDOW <= len(memory.seen) + len(memory.older) <= 2 * WINDOW + 1
    assert len(memory.ends) <= 10_000


def test_a_copy_within_the_window_is_found_and_names_the_other() -> None:
    watch = make_pack().watch_recording()
    talk: list[Any] = [
        {"Speaker": "Ada", "Start": n, "End": n + 1, "Text": f"And this is what I say on day {n}."}
        for n in range(2000)
    ]
    watch.sweep(talk, [(n + 1, 1) for n in range(2000)])
    found = watch.add(talk[7], (2001, 1))
    assert [finding.rule for finding in found] == ["time/unsorted", "duplicate/segment"]
    assert found[1].other == (8, 1)


def test_a_threshold_moves_the_edge() -> None:
    segment: Any = {"Start": 0, "End": 100, "Text": " ".join(map(str, range(36))), "Speaker": "Ada"}
    rules = [found.rule for found in make_pack(slowest_characters_per_second=2).check_segment(segment)]
    assert rules == ["rate/too-slow"]
    rules = [found.rule for found in make_pack(longest_seconds=99).check_segment(segment)]
    assert rules == ["time/implausible-length"]


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
