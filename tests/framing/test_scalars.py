"""Numbers and truth values that are read many at once are what `json` and RFC 8785 make of each."""

from __future__ import annotations

import json
import math
import random
from itertools import product

import pytest

from packager.canonical import canonical_json
from packager.framing.scalars import Scalars, read_scalars

PLAIN = [
    "0",
    "7",
    "10",
    "12345678",
    "0.5",
    "0.1561",
    "3.25",
    "123.4567",
    "0.0",
    "1.50",
    "99999.99",
    "0.000001",
]
NO_JSON = [
    "01",
    "00",
    "1.",
    ".1",
    ".",
    "1..2",
    "1.2.3",
    "0x1",
    "1,",
    "--1",
    "+1",
    "1e",
    "tru",
    "nul",
]
NO_JSON += ["12.34.56", "0123.5", "a", "1:", "1/", "1;2", "9.9.", "٣"]
OTHER = ["-1", "1 ", " 1", "-0.5", "1e5", "1E-2", "null", "123456789", "0.12345678", "-0", "1.0e2"]
TRUTHS = ["true", "false"]


def read(texts: list[str], tail: bytes) -> Scalars | None:
    data, begins, ends = b"", [], []
    for text in texts:
        data += b'"k":'
        begins.append(len(data))
        data += text.encode()
        ends.append(len(data))
    import numpy as np  # noqa: PLC0415 - only here

    return read_scalars(data + tail, np.array(begins), np.array(ends))


def agrees(texts: list[str], tail: bytes = b"") -> None:
    found = read(texts, tail)
    assert found is not None
    values = found.values if isinstance(found.values, list) else found.values.tolist()
    assert values == [json.loads(text) for text in texts]
    forms = [canonical_json(json.loads(text)).decode() for text in texts]
    odd = set(found.odd.tolist())
    assert [
        row
        for row, (text, form) in enumerate(zip(texts, forms, strict=True))
        if text != form and row not in odd
    ] == []


@pytest.mark.parametrize("text", [*PLAIN, *OTHER, *TRUTHS])
@pytest.mark.parametrize("tail", [b"", b"}", b', "Text": "12.5"}\n'])
def test_each_value_is_what_json_says(text: str, tail: bytes) -> None:
    agrees([text], tail)
    agrees([text, text, text], tail)


@pytest.mark.parametrize("text", NO_JSON)
@pytest.mark.parametrize("beside", ["1", "0.5", "true", ""])
def test_what_is_no_json_is_refused(text: str, beside: str) -> None:
    for texts in ([text], [beside, text], [text, beside]):
        if all(texts):
            assert read(texts, b"}\n") is None


@pytest.mark.parametrize("pair", list(product(PLAIN, [*PLAIN, "-1", "null"])))
def test_values_beside_others_are_the_same(pair: tuple[str, str]) -> None:
    agrees(list(pair), b"\n")


def test_random_numbers_are_what_json_says() -> None:
    chance = random.Random(3)
    for _ in range(300):
        digits = [
            "".join(chance.choice("0123456789.e-") for _ in range(chance.randint(1, 9))) for _ in range(12)
        ]
        for text in digits:
            try:
                finite = math.isfinite(json.loads(text))
            except ValueError:
                finite = False
            if finite:
                agrees([text, "1"])
            else:
                assert read([text, "1"], b"") is None
