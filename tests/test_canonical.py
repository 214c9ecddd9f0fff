from __future__ import annotations

import json
import random
import struct
from typing import TYPE_CHECKING

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from packager.canonical import canonical_forms, canonical_json, parse_canonical

if TYPE_CHECKING:
    from packager.model import JsonValue

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: not 2**53 <= abs(x) < 1e21)
    | st.text()
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
)


@given(VALUES)
def test_the_form_is_the_one_that_another_implementation_writes(value: JsonValue) -> None:
    assert canonical_json(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (1.0, b"1"),
        (-0.0, b"0"),
        (1e21, b"1e+21"),
        (1e20, b"100000000000000000000"),
        (0.000001, b"0.000001"),
        (1e-7, b"1e-7"),
        (5e-324, b"5e-324"),
        (10**21, b"1e+21"),
        (10**21 + 1, b"1000000000000000000001"),
        (2**53 + 1, b"9007199254740993"),
        (2**60, b"1152921504606846976"),
        (2.0**60, b"1152921504606846976"),
        (1152921504606847000, b"1152921504606847000"),
        (-(2**63), b"-9223372036854775808"),
        (1.2345678901234567e20, b"123456789012345667584"),
        ({"\ue000": 1, "\U00010000": 2}, '{"\U00010000":2,"\ue000":1}'.encode()),
        ({"b": "\x1b\x7f\u2028", "a": True}, b'{"a":true,"b":"\\u001b\x7f\xe2\x80\xa8"}'),
        ({}, b"{}"),
        ([[], {}], b"[[],{}]"),
    ],
)
def test_a_value_has_this_form(value: JsonValue, form: bytes) -> None:
    assert canonical_json(value) == form


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**70), 2**70))
def test_the_form_of_a_number_says_exactly_its_value(value: float) -> None:
    assert parse_canonical(canonical_json(value)) == value


def test_the_order_and_space_of_a_source_do_not_show() -> None:
    one = json.loads('{"b": 1.50, "a": "\\u00e9"}')
    other = json.loads('{"a":"é","b":15e-1}')
    assert canonical_json(one) == canonical_json(other)


# What could be taken for a number, a break, a quote or a key.
PIECES = [
    *("a", "e", "1e5", "1e-6", ".0", ".0,", ".0}", "3.0,", "-0.0}", "2e16]", '"a":1.0,', '"', "\\", '\\"'),
    *("\x7f", "\n", "\x1f", "é", "你", "\ue000", "\uff0c", "\ufb01", "😀", ":", "{", "}", "[", "]"),
]
NAMES = (*"abcdef", "", "\ue000", "\uff0c", "😀", "\U00010000", ".0", "1e5", '"', '\\"')
NUMBERS: list[float] = [
    *(
        0,
        -1,
        2**53 + 1,
        -(2**63),
        2**64 - 1,
        10**18,
        0.0,
        -0.0,
        1.0,
        0.1,
        -10.0,
        -100.0,
        1e15,
        1e16,
        -1e20,
        1e21,
    ),
    *(
        1e22,
        1e-4,
        1e-5,
        1.5e-5,
        -1e-6,
        9.99e-7,
        1e-7,
        5e-324,
        1.7976931348623157e308,
        -2.2250738585072014e-308,
    ),
    *(-1.2345678901234567e16, -1.2345678901234567e-6),
]
LARGE = (2**64, -(2**63) - 1, 10**21, 10**21 + 1)


def make_value(chance: random.Random, depth: int) -> JsonValue:  # noqa: PLR0911 - one a kind
    match chance.randrange(9 if depth else 6):
        case 0:
            return chance.choice(LARGE if chance.random() < 0.002 else NUMBERS)
        case 1:
            [number] = struct.unpack("<d", chance.randbytes(8))
            return number if abs(number) < float("inf") else 0.5
        case 2:
            return float(chance.randrange(-20, 200))
        case 3 | 4:
            return "".join(chance.choices(PIECES, k=chance.randrange(6)))
        case 5:
            return chance.choice((None, True, False))
        case 6 | 7:
            return [make_value(chance, depth - 1) for _ in range(chance.randrange(4))]
        case _:
            names = NAMES if chance.random() < 0.1 else NAMES[:6]
            return {chance.choice(names): make_value(chance, depth - 1) for _ in range(chance.randrange(5))}


def check_forms(values: list[JsonValue], *, plain: bool = False) -> None:
    alone = list(map(canonical_json, values))
    forms, sizes = canonical_forms(values, plain=plain)
    assert forms == b",".join(alone)
    assert sizes.tolist() == list(map(len, alone))


@pytest.mark.parametrize("seed", range(20))
def test_many_values_have_the_forms_that_they_have_alone(seed: int) -> None:
    chance = random.Random(seed)
    check_forms([make_value(chance, 3) for _ in range(1500)])
    names = NAMES if seed % 4 == 0 else NAMES[:6]
    check_forms([{"A": 1, chance.choice(names): make_value(chance, 2)} for _ in range(1500)])
    check_forms([{chance.choice(names): make_value(chance, 1)} for _ in range(1500)])


@given(st.lists(VALUES))
def test_values_have_the_forms_that_they_have_alone(values: list[JsonValue]) -> None:
    check_forms(values)
    check_forms([{"a": value} for value in values])
    check_forms([{"A": "x", "b": [{"A": value}, {"A": "},{"}]} for value in values])


@pytest.mark.parametrize(
    "values",
    [
        [{"a": "},{"}, {"b": "x"}, {"a": '},{"'}],
        [{"a": [{"b": 1}, {"b": 2}]}, {}, {"a": 2}],  # an end that is not seen, and one that is none
        [{"a": [{"a": 1}, {"b": 2}]}, {"b": 1}, {"a": 2}],
        [{"b": [{"a": 1}]}, {"a": [{"a": 1}, {"a": 2}]}, {"b": 2}],
        [{"a": "\x7f"}, ["\x7f"], "\x7f", "\x7f"],
        [{"a": [{}, {}]}, {"a": "\x7f"}, {"b": 0.0}],
        [1.0, -0.0, 1e-7, 2.0],
    ],
)
def test_no_text_hides_where_a_value_ends(values: list[JsonValue]) -> None:
    check_forms(values)


def test_values_that_the_fast_writer_refuses_are_written_alone() -> None:
    deep: JsonValue = 1.0
    for _ in range(300):
        deep = [deep]
    values: list[JsonValue] = [{"a": "x" * 100, "b": 1.0}] * 300
    values[7], values[200] = {"a": 2**64}, deep
    check_forms(values)
