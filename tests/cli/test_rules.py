from __future__ import annotations

import json

import pytest

from packager.card_rules import CARD_RULES
from packager.check.rules import RULES
from packager.check.rules.page import render_page
from packager.cli import main


def test_rules_lists_each_rule_on_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [rule.id for rule in (*RULES, *CARD_RULES)]
    assert lines[0] == (
        "time/not-a-time             error    "
        "a start or an end that is neither a clock time nor a number of seconds"
    )


def test_one_rule_is_shown_with_thresholds_and_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "text/replacement-character"]) == 0
    assert capsys.readouterr().out == (
        "text/replacement-character (warning): U+FFFD, which stands where a character was lost\n"
        "\n"
        "A program could not decode the text, and went on. What was there can only be had from the source.\n"
        "\n"
        "bad:\n"
        '  {"Speaker": "Ada", "Start": "00:00:00", "End": "00:00:04", "Text": "The caf\\ufffd is closed."}\n'
        "\n"
        "good:\n"
        '  {"Speaker": "Ada", "Start": "00:00:00", "End": "00:00:04", "Text": "The café is closed."}\n'
    )
    assert main(["rules", "loop/segments"]) == 0
    assert "  loop_segments = 6 segments: " in capsys.readouterr().out


def test_a_family_of_rules_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("loop", "loop/*"):
        assert main(["rules", name]) == 0
        assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [
            *("loop/phrase", "loop/segments"),
        ]


def test_a_rule_of_the_card_is_shown_with_two_cards(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "card/norway"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(
        "card/norway (error, always): a language that YAML reads as true or false\n\nTo YAML"
    )
    assert "bad:\n  ---\n  license: mit\n  language:\n  - no\n  ---\n" in out
    assert main(["rules", "card", "--format", "json"]) == 0
    rules = json.loads(capsys.readouterr().out)["rules"]
    assert {rule["id"]: rule["bad"]["dataset_card.md"][:2] for rule in rules}["card/task"] == [
        "---",
        "license: mit",
    ]


def test_rules_are_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "split/leakage", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    [rule] = document["rules"]
    assert document["version"] == 1
    assert (rule["id"], rule["severity"], rule["needs"]) == ("split/leakage", "warning", ["text"])
    assert rule["thresholds"][0]["default"] == 100
    assert sorted(rule["bad"]) == ["a.jsonl", "b.jsonl"]


def test_the_page_can_be_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "--format", "markdown"]) == 0
    assert capsys.readouterr().out == render_page()


@pytest.mark.parametrize("name", ["text/emty", "schema/type", "*"])
def test_an_unknown_rule_is_wrong_usage(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", name]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"there is no rule '{name}'" in captured.err
