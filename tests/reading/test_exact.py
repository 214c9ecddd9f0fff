from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, NoReturn

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from packager.reading.native import load_object
from packager.reading.strict import MAX_DEPTH, Parsed, check_rest, parse_value

if TYPE_CHECKING:
    from packager.model import JsonValue

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=-(2**70), max_value=2**70)
    | st.sampled_from([2**53, 2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 10**300])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(['":', '" :', "\\", "\u2028", "\x7f", "\ufeff", "\U0001f600", "a\r\nb"])
)
KEYS = st.sampled_from(["a", "b", "c", '":', "é", ""]) | st.text(max_size=4)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=5)
LAYOUTS = st.sampled_from(
    [
        {},
        {"ensure_ascii": False},
        {"separators": (",", ":")},
        {"indent": 2, "ensure_ascii": False},
        {"separators": (" ,\r\n", "\t : ")},
    ]
)


def write_json(value: object, layout: dict[str, object]) -> bytes:
    return json.dumps(value, **layout).encode("utf-8")  # type: ignore[arg-type]  # options by name


def judge(data: bytes) -> Parsed:
    """Read a whole text with the exact parser."""
    parsed = parse_value(data)
    rest = None if parsed.end is None else check_rest(data, parsed.end)
    return Parsed(parsed.value, parsed.start, parsed.end, (*parsed.flaws, *([rest] if rest else [])))


def read_by_the_standard_library(data: bytes) -> JsonValue:
    """Read the same language with Python's json module; a ValueError refuses."""

    def make_object(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
        made = dict(pairs)
        if len(made) < len(pairs):
            raise ValueError("a key twice")
        return made

    def make_float(text: str) -> float:
        number = float(text)
        if not math.isfinite(number) or (
            number == 0 and any(each in "123456789" for each in text.lower().split("e")[0])
        ):
            raise ValueError("too large or too small")
        return number

    def make_integer(text: str) -> int:
        make_float(text)
        return int(text)

    def refuse(text: str) -> NoReturn:
        raise ValueError(text)

    value: JsonValue = json.loads(
        data.decode("utf-8"),
        object_pairs_hook=make_object,
        parse_float=make_float,
        parse_int=make_integer,
        parse_constant=refuse,
    )
    json.dumps(value, ensure_ascii=False).encode("utf-8")  # a lone surrogate is a UnicodeEncodeError
    if measure_depth(value) > MAX_DEPTH:
        raise ValueError("too deep")
    return value


def measure_depth(value: JsonValue) -> int:
    if isinstance(value, dict):
        return 1 + max(map(measure_depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(measure_depth, value), default=0)
    return 0


def assert_same_verdict(data: bytes) -> None:
    """Hold the exact parser against the standard library, and the quick one against the exact one."""
    exact = judge(data)
    try:
        reference = read_by_the_standard_library(data)
    except ValueError:
        assert exact.flaws
    else:
        assert exact.flaws == ()
        assert repr(exact.value) == repr(reference)  # kinds, order and -0.0 too
    quick = load_object(data)
    if quick is not None:
        assert exact.flaws == ()
        assert repr(quick) == repr(exact.value)


@given(VALUES, LAYOUTS)
def test_what_json_writes_is_read_back_equal_with_equal_types(
    value: JsonValue, layout: dict[str, object]
) -> None:
    data = write_json(value, layout)
    parsed = judge(data)
    assert parsed.flaws == ()
    assert parsed.end == len(data)
    assert repr(parsed.value) == repr(value)


@given(OBJECTS, LAYOUTS)
def test_the_quick_reader_gives_what_was_written_or_leaves_it_to_the_exact_one(
    value: dict[str, JsonValue], layout: dict[str, object]
) -> None:
    quick = load_object(write_json(value, layout))
    assert quick is None or repr(quick) == repr(value)


@pytest.mark.parametrize(
    "data",
    [
        b'{"Speaker":"A","Start":"00:00:01","End":"00:00:02","Text":"Hello: \\u00e9"}\r',
        b'{"a" : [1, 2.5, -0.0, null, true, {"b": "\xf0\x9f\x98\x80"}],\n\t"c"\n: {}}\n',
        b'{"a":' + b"[" * 63 + b"]" * 63 + b"}",
        b"{}",
    ],
)
def test_an_ordinary_object_is_read_quickly(data: bytes) -> None:
    assert repr(load_object(data)) == repr(json.loads(data))


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":1,"a":2}',
        b'{"a" :1,"a":"\\":"}',
        b'{"x":{"a":1,"a":2},"b":"\\":"}',
        b'{"a":18446744073709551616}',
        b'{"a":[-9223372036854775809]}',
        b'{"a":' + b"[" * 64 + b"]" * 64 + b"}",
        b'\xef\xbb\xbf{"a":1}',
        b'{"a":1}\xef\xbb\xbf',
        b'{"a":1e400}',
        b'{"a":"\\ud800"}',
        b"[1]",
        b"",
    ],
)
def test_what_the_quick_reader_cannot_prove_it_leaves(data: bytes) -> None:
    assert load_object(data) is None


CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["put", "replace", "delete", "repeat"]),
        st.integers(min_value=0, max_value=200),
        st.sampled_from(
            [bytes([byte]) for byte in b'"\\{}[],: \t\r\n\x00\x0b\x1f\x7f\xc0\x80\xed\xa0\xff+-.0179eEuda/N']
        )
        | st.sampled_from(
            [
                b"\\u",
                b"\\ud83d",
                b"\\ude00",
                b"\\u0000",
                b"null",
                b"NaN",
                b"-Infinity",
                b"1e999",
                b'"a":1,',
                b'" :',
                b"\xef\xbb\xbf",
                b"\xf0\x9f\x98\x80",
                b"\xe2\x80\xa8",
                b"18446744073709551616",
                b"-0",
                b"0.1e-7",
            ]
        )
        | st.binary(min_size=1, max_size=3),
    ),
    min_size=1,
    max_size=4,
)


def change(data: bytes, changes: list[tuple[str, int, bytes]]) -> bytes:
    for kind, place, text in changes:
        at = place % (len(data) + 1)
        match kind:
            case "put":
                data = data[:at] + text + data[at:]
            case "replace":
                data = data[:at] + text + data[at + len(text) :]
            case "delete":
                data = data[:at] + data[at + 1 :]
            case _:
                data = data[: at + len(text)] + data[at:]
    return data


@given(OBJECTS | VALUES, LAYOUTS, CHANGES)
@settings(max_examples=1500)
def test_changed_texts_get_the_verdict_of_the_standard_library(
    value: JsonValue, layout: dict[str, object], changes: list[tuple[str, int, bytes]]
) -> None:
    assert_same_verdict(change(write_json(value, layout), changes))


@given(st.binary(max_size=30))
@example(b"\\")
@example(b'"\\u')
def test_any_bytes_get_the_verdict_of_the_standard_library(data: bytes) -> None:
    assert_same_verdict(data)


@given(
    st.lists(
        st.sampled_from(
            [
                b"{",
                b"}",
                b"[",
                b"]",
                b",",
                b":",
                b'"',
                b'"a"',
                b'"b"',
                b"1",
                b"-",
                b"1.5",
                b"true",
                b"nul",
                b" ",
                b"\n",
                b"\\",
                b"\\u12",
                b"\xff",
                b"\x01",
            ]
        ),
        max_size=14,
    )
)
@settings(max_examples=1500)
def test_random_tokens_get_the_verdict_of_the_standard_library(tokens: list[bytes]) -> None:
    assert_same_verdict(b"".join(tokens))


@given(OBJECTS, LAYOUTS, CHANGES)
def test_flaws_lie_inside_the_text_in_order(
    value: JsonValue, layout: dict[str, object], changes: list[tuple[str, int, bytes]]
) -> None:
    data = change(write_json(value, layout), changes)
    offsets = [flaw.offset for flaw in judge(data).flaws]
    assert offsets == sorted(offsets)
    assert all(0 <= offset <= len(data) for offset in offsets)
