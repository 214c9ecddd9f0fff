"""Secrets are found wherever they stand, and never shown; a block that is passed over holds none."""

from __future__ import annotations

import json
import random
import string
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packager.check.rules import RULES, Columns, Properties, RulePack, resolve_limits, resolve_severities
from packager.secrets import find_secrets, hide_secrets, may_hold_secret

if TYPE_CHECKING:
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
