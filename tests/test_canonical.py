from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from packager.canonical import canonical_json, parse_canonical

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
