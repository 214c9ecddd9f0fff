"""Secrets are found wherever they stand, and never shown; a block that is passed over holds none."""

from __future__ import annotations

import json
import pickle
import random
import re
import string
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packager.check import check_segments
from packager.check.rules import RULES, Columns, Properties, RulePack, resolve_limits, resolve_severities
from packager.errors import UsageError
from packager.model import Problem, Severity
from packager.secrets import find_secrets, hide_secrets, may_hold_secret
from project import make_project, make_segment, write_json, write_lines

if TYPE_CHECKING:
    from pathlib import Path

    from packager.model import JsonObject

LETTERS = string.ascii_letters + string.digits


def make_tokens(seed: int) -> list[str]:
    """Return a token of every kind that is known, made up."""
    chance = random.Random(seed)

    def some(count: int, alphabet: str = LETTERS) -> str:
        return "".join(chance.choices(alphabet, k=count))

    return [
        f"hf_{some(34)}",
        f"hf_{some(40, '0123456789abcdef')}",
        f"api_org_{some(34)}",
        f"AKIA{some(16, string.ascii_uppercase + '234567')}",
        f"ASIA{some(16, string.ascii_uppercase + '234567')}",
        *(f"gh{kind}_{some(36)}" for kind in "pousr"),
        f"github_pat_{some(22)}_{some(59)}",
        f"glpat-{some(20, LETTERS + '_-')}",
        f"xoxb-{some(12, string.digits)}-{some(12, string.digits)}-{some(24)}",
        f"sk-{some(10)}7{some(37)}",
        f"sk-proj-{some(20)}7{some(40, LETTERS + '_-')}",
        f"sk-ant-api03-{some(90, LETTERS + '_-')}",
        f"AIza{some(35, LETTERS + '_-')}",
        f"sk_live_{some(24)}",
        f"npm_{some(36)}",
        f"pypi-AgEIcHlwaS5vcmc{some(60, LETTERS + '_-')}",
        f"-----BEGIN RSA PRIVATE KEY-----\n{some(64)}\n-----END RSA PRIVATE KEY-----",
        f"-----BEGIN PRIVATE KEY-----\n{some(64)}\n-----END PRIVATE KEY-----",
    ]


COUNT = len(make_tokens(0))


@pytest.mark.parametrize("number", range(COUNT))
def test_a_token_is_found_wherever_it_stands_and_is_not_shown(number: int) -> None:
    for seed in range(20):
        token = make_tokens(seed)[number]
        for before, after in (("", ""), ("the key is ", "."), ('("', '")'), ("=", "\n"), ("日本", "日本")):
            (secret,) = find_secrets(f"{before}{token}{after}")
            assert secret.start == len(before)
            assert secret.hint.startswith(f"{token[:4]}…, ")
            assert token[:5] not in repr(secret)


@pytest.mark.parametrize(
    "text",
    [
        "hf_hub_download took it, and hf_transfer did not.",
        "The id begins with AKIA, then sixteen more; AKIAIOSFODNN7EXAMPLES is too long.",
        "ask-for-a-very-long-and-hyphenated-word-of-7-parts",
        "A task-sk-learn-estimators-are-not-the-keys-that-you-look-for",
        "xoxo-hugs-and-kisses-to-all-of-you-out-there",
        "https://example.com/watch?v=dQw4w9WgXcQ&list=PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf",
        "d2c5a0a3a9f1b0d64f4b2f6a0b2f7c5de2b8b9a1f0d7b3c4a5e6f7081920a1b2",
        "-----BEGIN CERTIFICATE-----",
        "glpat-short",
        "shahf_" + "a" * 40,
    ],
)
def test_ordinary_text_holds_no_secret(text: str) -> None:
    assert list(find_secrets(text)) == []


def test_secrets_are_found_in_order() -> None:
    first, *_, last = make_tokens(1)
    found = list(find_secrets(f"{first} and {last}"))
    assert [secret.kind for secret in found] == ["a token of Hugging Face", "a private key"]


def test_secrets_are_hidden_and_nothing_else_is() -> None:
    token = make_tokens(2)[0]
    assert hide_secrets(f"no {token}, and hf_hub") == "no ***, and hf_hub"


# --- messages ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(COUNT))
def test_a_message_shows_no_secret_however_it_quotes_one(number: int) -> None:
    for seed in range(10):
        token = make_tokens(seed)[number]
        itself = token.splitlines()[1] if "\n" in token else token
        for before in ("", '"', "\\n", "\\u0007", "\\x1b", "%3D"):
            for message in (f"{before}{token}", f"{before}{json.dumps(token)[1:-1]}", f"{before}{token} é"):
                hidden = hide_secrets(message)
                assert hidden.startswith(f"{before}***")
                assert itself[:20] not in hidden
            for shown in () if "\n" in token else (20, 25, len(token) - 1):
                hidden = hide_secrets(f'{before}{token[:shown]}…" is not')
                assert hidden.replace("…", "") == f'{before}***" is not'


def test_words_that_are_cut_off_are_shown() -> None:
    for text in (
        "a long text that ends in the mid…",
        "for_the_task-force-of-2026…",
        "ask-me-…",
        "AKIA…, 20 characters",
        "…",
    ):
        assert hide_secrets(text) == text


def test_a_problem_and_an_error_show_no_secret() -> None:
    token = make_tokens(4)[0]
    found = f"/{token}", f'"{token}" is not one of "a", "b"'
    problem = Problem("a.jsonl", 1, 1, found[0], "schema/enum", Severity.ERROR, found[1])
    assert (problem.pointer, problem.message) == ("/***", '"***" is not one of "a", "b"')
    assert problem.fingerprint == replace(problem, line=2).fingerprint == found
    assert token not in repr(problem)
    assert str(UsageError(f"there is no split {token}")) == "there is no split ***"
    assert pickle.loads(pickle.dumps(problem)).fingerprint == found  # noqa: S301 - our own


HARD = {
    "stems": "sk-" * 50_000,
    "stems of Slack": "xoxb-" * 30_000,
    "stems in words": "xoxb-a_sk-" * 20_000,
    "a stem, then others": "sk-" + "a" * 100_000 + "xoxb-" * 20_000,
    "keys without an end": "-----BEGIN A " * 20_000,
    "keys of long words": ("-----BEGIN " + "A" * 50_000) * 3,
    "dashes": "-" * 200_000,
    "almost runs": ("a" * 19 + " ") * 10_000,
    "cut off": "sk-" * 50_000 + "…",
    "keys in keys": "-----BEGIN PRIVATE KEY" * 10_000,
    "prefixes": "hf_ghp_AKIA" * 20_000,
}


def test_a_long_text_without_secrets_takes_no_longer_than_its_length() -> None:
    """Minutes would pass otherwise, for each; the limit is generous, for slow machines."""
    code = (
        "import json, sys; from packager.secrets import find_secrets, hide_secrets\n"
        "for text in json.load(sys.stdin): list(find_secrets(text)); hide_secrets(text)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps([*HARD.values()]).encode(), timeout=120, check=False
    )
    assert done.returncode == 0


# --- blocks --------------------------------------------------------------------------------------------


def escape(text: str, chance: random.Random) -> str:
    """Return a text as JSON, with some of its characters as escapes although they need none."""
    plain = json.dumps(text, ensure_ascii=chance.random() < 0.5)[1:-1]
    if chance.random() < 0.5:
        return plain
    at = chance.randrange(len(text))
    return (
        json.dumps(text[:at])[1:-1]
        + chance.choice(["\\u{:04x}", "\\u{:04X}"]).format(ord(text[at]))
        + json.dumps(text[at + 1 :])[1:-1]
    )


def filler(chance: random.Random, size: int) -> str:
    words = ["the", "of", "speaker_id", "a-b", "um", "bitcoin-explained_core-v25", "don't", "café", "7", "--"]
    text = ""
    while len(text) < size:
        text += " ".join(chance.choices(words, k=200)) + " "
    return text[:size]


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, 10**6),
    st.integers(0, COUNT - 1),
    st.sampled_from([0, 5, 300, (1 << 18) - 70, (1 << 18) - 10, (1 << 18) + 3, 700_000]),
    st.integers(0, 90),
    st.sampled_from([0, 3, 400_000]),
)
def test_a_block_with_a_secret_is_never_passed_over(
    seed: int, number: int, before: int, shift: int, after: int
) -> None:
    chance = random.Random(seed)
    token = make_tokens(seed)[number]
    text = f"{filler(chance, before + shift)} {escape(token, chance)} {filler(chance, after)}"
    assert may_hold_secret(text.encode())


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.text(max_size=40), st.sampled_from(make_tokens(3))), max_size=6), st.booleans())
def test_no_string_of_a_block_that_is_passed_over_holds_one(texts: list[str], ascii_only: bool) -> None:  # noqa: FBT001
    block = "\n".join(json.dumps({"Text": text}, ensure_ascii=ascii_only) for text in texts)
    data = block.encode("utf-8", "surrogatepass")
    for size in (0, 1 << 18):
        if not may_hold_secret(data + b" " * size):
            assert not [secret for text in texts for secret in find_secrets(text)]


def test_ordinary_blocks_are_passed_over_small_or_large() -> None:
    lines = [
        json.dumps(
            {"Speaker": f"SPEAKER_{n % 7:02}", "Start": "00:00:01", "Text": f'Turn {n}, "é"\nyes -- no.'}
        )
        for n in range(9000)
    ]
    data = "\n".join(lines).encode()
    assert len(data) > 1 << 18
    assert not may_hold_secret(data)
    assert not may_hold_secret(data[:50_000])
    assert not may_hold_secret(b"")
    assert not may_hold_secret("日本語".encode() * 50_000)


# --- the rule ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(COUNT))
def test_the_check_finds_a_secret_in_a_text_and_does_not_repeat_it(number: int) -> None:
    token = make_tokens(7)[number]
    pack = RulePack(resolve_severities([]), resolve_limits(()), Properties("Start", "End", "Text", "Speaker"))
    segment: JsonObject = {"Speaker": "Ada", "Start": 1.0, "End": 20.0, "Text": f"It is {token} I think."}
    data = json.dumps(segment).encode()
    found = [finding for _, finding in pack.judge(Columns([segment], pack.properties, data))]
    (finding,) = [each for each in found if each.rule == "text/secret"]
    assert finding.severity == "error"
    assert token[:5] not in finding.message
    assert token[:4] in finding.message


def test_the_rule_stands_in_the_catalogue() -> None:
    assert "text/secret" in {rule.id for rule in RULES}


@pytest.mark.parametrize("many", [0, 5000])
@pytest.mark.parametrize("form", ["lines", "array"])
def test_every_string_and_every_name_is_searched(tmp_path: Path, many: int, form: str) -> None:
    token = make_tokens(8)[0]
    odd = {"notes": [{"deep": ["", {"x": token}]}], token: 1, "more": {f"a {token}": {token: token}}}
    segments = [make_segment(f"Turn {number}.", 3 * number) for number in range(many)]
    segments.append({**make_segment("The last.", 3 * many), **odd})
    project = make_project(tmp_path)
    write_json(project / "schema" / "segment.schema.json", {"properties": {"Text": {"type": "string"}}})
    if form == "lines":
        write_lines(project / "segments" / "talk.jsonl", segments)
    else:
        write_json(project / "segments" / "talk.json", segments)
    problems = [each for each in check_segments(project).problems if each.rule == "text/secret"]
    assert [each.pointer for each in problems] == [
        "/notes/0/deep/1/x",
        "/***",
        "/more/a ***",
        "/more/a ***/***",
        "/more/a ***/***",
    ]
    assert len({(each.line, each.column) for each in problems}) == 5
    assert not any(token in repr(each) for each in problems)


def test_a_secret_in_what_the_schema_refuses_is_told_too_and_no_message_shows_it(tmp_path: Path) -> None:
    token = make_tokens(9)[0]
    project = make_project(tmp_path)
    schema = {"properties": {"Text": {"type": "string"}, "Kind": {"enum": ["a"]}}}
    write_json(project / "schema" / "segment.schema.json", schema)
    write_lines(project / "segments" / "talk.jsonl", [{**make_segment("Yes."), "Kind": token}])
    problems = check_segments(project).problems
    assert [(each.rule, each.pointer) for each in problems] == [
        ("schema/enum", "/Kind"),
        ("text/secret", "/Kind"),
    ]
    assert problems[0].message == '"***" is not "a"'


def test_new_ways_find_what_one_pattern_found() -> None:
    """One pattern for all, with lookahead, is how secrets were found first; its time was quadratic."""
    shapes = (
        r"(?:hf|api_org)_[A-Za-z0-9]{30,}",
        r"gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,}",
        r"glpat-[A-Za-z0-9_-]{20,}",
        r"xox[abeoprs]-(?=[A-Za-z-]*[0-9])[A-Za-z0-9-]{20,}",
        r"sk-(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{30,}",
        r"(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9])",
    )
    pattern = re.compile(
        rf"(?<![A-Za-z0-9])(?:{'|'.join(shapes)})|-----BEGIN (?:[A-Z0-9]+ ){{0,3}}PRIVATE KEY"
    )
    stems = ["hf_", "ghp_", "github_pat_", "glpat-", "xoxb-", "sk-", "AKIA", "-----BEGIN ", "PRIVATE KEY"]
    alphabets = [string.ascii_letters, LETTERS, LETTERS + "_-", string.ascii_uppercase + "234567", "a", "A "]
    chance = random.Random(0)
    for _ in range(4000):
        text = "".join(
            chance.choice([*stems, " ", "-", "_", "7"])
            if chance.random() < 0.5
            else "".join(chance.choices(chance.choice(alphabets), k=chance.choice([1, 16, 20, 30, 36, 40])))
            for _ in range(chance.randrange(1, 14))
        )
        found = [(each.start, each.length) for each in find_secrets(text)]
        assert found == [(each.start(), len(each[0])) for each in pattern.finditer(text)], text
