"""Every rule by its own examples, and the edges at which it begins."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from packager.check import check_segments
from packager.check.rules import RULES, Memory, Properties, RulePack, resolve_limits, resolve_severities
from packager.check.rules.loops import find_run
from packager.check.rules.page import render_page
from packager.check.rules.speakers import is_one_letter_off, is_placeholder
from packager.check.rules.texts import is_non_speech
from packager.model import Severity
from project import make_project, write_json, write_lines

if TYPE_CHECKING:
    from packager.check.rules.rule import Example, Rule

ROOT = Path(__file__).resolve().parent.parent.parent
PROPERTIES = Properties("Start", "End", "Text", "Speaker")
LENIENT = {
    "properties": {
        "Speaker": {"type": ["string", "null"]},
        "Start": {"type": ["string", "number"]},
        "End": {"type": ["string", "number"]},
        "Text": {"type": "string"},
    }
}
"""Allows what the shipped schema refuses, so that the rules can be seen to find it."""


def check_example(folder: Path, example: Example, *asked_for: Rule) -> list[tuple[str, Severity]]:
    asked = "".join(f'"{each.id}" = "{each.severity.value}"\n' for each in asked_for)
    project = make_project(folder, f"[splits]\ntrain = 0.5\ntest = 0.5\n[check.severity]\n{asked}")
    write_json(project / "schema" / "segment.schema.json", LENIENT)
    for name, segments in example:
        write_lines(project / "segments" / name, segments)
    return [(problem.rule, problem.severity) for problem in check_segments(project).problems]


def find(
    text: object = "Hello there.", start: object = 1, end: object = 2.5, who: object = "Ada"
) -> list[str]:
    """Return the rules that one segment breaks."""
    pack = RulePack(resolve_severities([]), resolve_limits(()), PROPERTIES)
    segment: Any = {"Speaker": who, "Start": start, "End": end, "Text": text}
    return [finding.rule for _, finding in pack.judge(pack.read([segment]), Memory())]


@pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
def test_the_bad_example_breaks_its_rule_and_nothing_else(rule: Any, tmp_path: Path) -> None:  # noqa: ANN401
    assert check_example(tmp_path, rule.bad, *[rule] * rule.optional) == [(rule.id, rule.severity)]


@pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
def test_the_good_example_breaks_no_rule(rule: Any, tmp_path: Path) -> None:  # noqa: ANN401
    assert check_example(tmp_path, rule.good, *[rule] * rule.optional) == []


def test_only_times_that_are_none_or_run_backwards_and_secrets_are_errors_by_default() -> None:
    errors = [rule.id for rule in RULES if rule.severity is Severity.ERROR]
    assert errors == ["time/not-a-time", "time/end-before-start", "text/secret"]


def test_the_page_of_the_rules_is_what_the_rules_say() -> None:
    assert (ROOT / "docs" / "rules.md").read_text(encoding="utf-8") == render_page()


def test_the_examples_of_the_page_are_json() -> None:
    lines = [line for line in render_page().splitlines() if line.startswith("{")]
    assert len(lines) > 2 * len(RULES) - 1
    assert all(isinstance(json.loads(line), dict) for line in lines)


def test_no_rule_gives_a_limit_of_another_one_a_different_meaning() -> None:
    limits: dict[str, object] = {}
    for rule in RULES:
        for limit in rule.limits:
            assert limits.setdefault(limit.name, limit) == limit


@pytest.mark.parametrize(
    ("start", "end", "rules"),
    [
        ("00:00:01", "00:00:01", []),
        ("00:00:01.0", "00:00:01.0", ["time/zero-length"]),
        (1.0, 1.0, ["time/zero-length"]),
        (1, 1, []),
        (2.5, 2.4999999999, ["time/end-before-start"]),
        (1e300, 1e301, []),
        (-2, -1, ["time/negative"]),
        (-3, 0, ["time/negative"]),
        ("00:00:00", True, ["time/not-a-time"]),
        ("00:00:00", "1:00", ["time/not-a-time"]),
        (None, None, []),
        (0, 1800, []),
    ],
)
def test_times_at_their_edges(start: object, end: object, rules: list[str]) -> None:
    text = "Hello there." if end != 1800 else " ".join(map(str, range(500)))
    assert find(text, start, end) == rules


def test_whole_seconds_have_the_benefit_of_the_doubt() -> None:
    assert find("x" * 60, "00:00:00", "00:00:01") == []
    assert find("x" * 61, "00:00:00", "00:00:01") == ["rate/too-fast"]
    assert find("x" * 31, "00:00:00.0", "00:00:01") == ["rate/too-fast"]
    assert find("x" * 31, 1, 1) == ["time/zero-length"]


def test_web_addresses_are_not_spoken() -> None:
    assert find(f"See https://example.org/{'/'.join(map(str, range(90)))} there.", 0, 1.5) == []


def test_a_long_silence_with_a_tag_is_not_slow() -> None:
    assert find("[applause]", 0, 600) == ["text/non-speech"]
    assert find("Yes.", 0, 600) == ["rate/too-slow"]
    assert find("Yes.", 0, 29) == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("a\x00b", "control-character"),
        ("a\x7fb", "control-character"),
        ("a\x85b", "control-character"),
        ("a\ufffdb", "replacement-character"),
        ("SÃ£o Paulo", "mojibake"),
        ("donâ€™t", "mojibake"),
        ("ðŸ˜€", "mojibake"),
        ("Ð¿Ñ€Ð¸Ð²ÐµÑ‚", "mojibake"),
        ("caf&eacute;", "entity"),
        ("&#39;tis", "entity"),
        ("&#x27;tis", "entity"),
        ("e\u0301t\u0301", "not-nfc"),
        (" a", "whitespace"),
        ("a\n", "whitespace"),
        ("a\u00a0", "whitespace"),
        ("", "empty"),
        (" \u200b\ufeff ", "empty"),
        ("[laughter] (applause)", "non-speech"),
        ("♪♪", "non-speech"),
    ],
)
def test_a_text_that_breaks_one_rule(text: str, rule: str) -> None:
    assert find(text) == [f"text/{rule}"]


@pytest.mark.parametrize(
    "text",
    [
        "Ça va, à « demain » ; l'œuvre — naïve…",
        "dit-il à\u00a0«\u00a0Paul\u00a0»",
        "CAFÉ» und »STRASSE« ß«",
        "Ångström, Łódź, Ñandú, IRMÃ, Âge",
        "日本語のテキスト、「はい」",
        "नमस्ते दुनिया",
        "AT&T; R&D & co;",
        "Line one.\nLine two.\tTab.",
        "(I think so.)",
        "[laughs] Well.",
        "*really*?",
        "x < y > z",
        "👍🏽 family: 👨‍👩‍👧",
    ],
)
def test_a_text_that_is_right_breaks_nothing(text: str) -> None:
    assert find(text, 0, 5) == []


@pytest.mark.parametrize("text", ["[x]", "(laughs)", "[a] [b].", "♪", "<noise>", "*sighs*"])
def test_a_tag_is_no_speech(text: str) -> None:
    assert is_non_speech(text)


@pytest.mark.parametrize("text", ["", "(yes)", "*no*", "[a] b", f"[{'x' * 41}]", "[", "♪ la la ♪"])
def test_what_only_looks_like_a_tag_is_speech(text: str) -> None:
    assert not is_non_speech(text)


@pytest.mark.parametrize(
    "phrase", ["x", "no ", "you know, ", "Thank you for watching. ", "y" * 50 + "z" * 49]
)
@pytest.mark.parametrize("before", [0, 1, 37, 71, 72, 1000])
def test_a_phrase_five_times_in_a_row_is_found_wherever_it_begins(phrase: str, before: int) -> None:
    times = max(5, 101 // len(phrase) + 1)
    lead = "".join(chr(0x4E00 + number) for number in range(before))
    found = find_run(lead + (phrase * times).rstrip() + lead[::-1], 5, 100)
    assert found is not None
    assert found[2] % len(phrase) == 0


def test_a_phrase_four_times_in_a_row_is_none() -> None:
    assert find_run("Thank you for watching this film. " * 4 + "Bye.", 5, 100) is None
    assert find_run("no " * 20, 5, 100) is None


def test_a_hostile_text_is_searched_in_reasonable_steps() -> None:
    text = ("a" * 99 + "b" + "a" * 98 + "c") * 500
    assert find_run(text, 600, 100) is None


@pytest.mark.parametrize(
    "name",
    ["SPEAKER_00", "Speaker 1", "speaker", "Unknown", "unknown speaker 2", "locuteur_3", "Spk A", "?", "N/A"],
)
def test_a_placeholder_is_no_name(name: str) -> None:
    assert is_placeholder(name)


@pytest.mark.parametrize(
    "name",
    ["Ada", "A", "7", "V", "Interviewer 2", "Audience 1", "Host", "Voicu", "Speaker Pelosi", "Nan", "Ann"],
)
def test_a_name_is_no_placeholder(name: str) -> None:
    assert not is_placeholder(name)


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("Adam Ficsor", "Adam Fiscor", True),
        ("John Newbery", "John Newberry", True),
        ("Justing Moon", "Justin Moon", True),
        ("Locuteur1", "Locuteu1", True),
        ("Guest 10", "Guest 1", False),
        ("Guest10", "Guest1", False),
        ("Speaker A", "Speaker B", False),
        ("Jan Novak", "Jon Novak", False),
        ("Ada Lovelace", "Ada Lovelace King", False),
        ("Grace Hopper", "Grace Hooper Ng", False),
    ],
)
def test_one_letter_makes_two_spellings_of_a_long_word(one: str, other: str, near: bool) -> None:  # noqa: FBT001
    assert is_one_letter_off(one, other) is near
    assert is_one_letter_off(other, one) is near
