"""A frame says of a block what reading each record says, or nothing."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packager.canonical import canonical_json
from packager.framing import Frame, find_shape, frame_block, measure_forms, read_clocks
from packager.parquet import write_forms
from packager.reading.strict import parse_value
from packager.times import parse_time

if TYPE_CHECKING:
    from packager.model import JsonObject

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    ['"', "\\", '\\"', "\n", "é", "\u2028", "😀", "", " ", "\x7f", "}", '{"a": "b"}', "\\\\", "\\u0041"]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
)
KEYS = st.lists(st.text("abäÄ🎈,:{}", min_size=1, max_size=3), min_size=1, max_size=4, unique=True)


@st.composite
def blocks(draw: st.DrawFn) -> bytes:
    """Return lines that are written alike, as a machine writes them."""
    keys = draw(KEYS)
    escapes = not "".join(keys).isascii()  # a key that JSON escapes has no frame
    kinds = [draw(st.booleans()) for _ in keys]
    rows = draw(st.integers(1, 6))
    ascii_only = draw(st.booleans()) and not escapes
    separators = draw(st.sampled_from([(", ", ": "), (",", ":")]))
    lines = [
        json.dumps(
            {key: draw(TEXTS if text else SCALARS) for key, text in zip(keys, kinds, strict=True)},
            ensure_ascii=ascii_only,
            separators=separators,
        )
        for _ in range(rows)
    ]
    return "".join(f"{line}\n" for line in lines).encode()


def frame_of(block: bytes) -> Frame | None:
    shape = find_shape(block[: block.find(b"\n") + 1])
    return None if shape is None else frame_block(block, shape)


def exact(block: bytes) -> list[JsonObject] | None:
    """Return the objects that the lines are by the exact reader; None if one is not sound."""
    found = []
    for line in block.removesuffix(b"\n").split(b"\n"):
        parsed = parse_value(line)
        if parsed.flaws or not isinstance(parsed.value, dict):
            return None
        found.append(parsed.value)
    return found


def values_of(frame: Frame) -> list[JsonObject]:
    """Return what a frame says of each record."""
    rows: list[JsonObject] = [{} for _ in range(frame.rows)]
    for number, key in enumerate(frame.shape.keys):
        for row in range(frame.rows):
            if number in frame.scalars:
                value = frame.scalars[number].values[row]
                rows[row][key] = value if isinstance(frame.scalars[number].values, list) else value.item()
            else:
                rows[row][key] = json.loads(b'"%b"' % frame.raw(number, row))
        if number in frame.escaped:
            for row, text in zip(frame.escaped[number][0].tolist(), frame.escaped[number][1], strict=True):
                assert rows[row][key] == text
    return rows


NUMBERS = st.one_of(
    st.from_regex(r"\A(0|[1-9][0-9]{0,7})(\.[0-9]{1,6})?\Z"),
    st.from_regex(r"\A[-0-9.eE+]{1,9}\Z"),
    st.sampled_from(
        ["true", "false", "null", "0.50", "1.0", "0.000001", "01", "1.", ".5", "-0", "1e3", "truE", "nul"]
    ),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(NUMBERS, min_size=1, max_size=5), st.sampled_from(['{{"A": {}}}', '{{"A": {}, "B": "b"}}']))
def test_values_that_are_no_strings_are_read_as_json_reads_them(texts: list[str], line: str) -> None:
    block = "".join(f"{line.format(text)}\n" for text in texts).encode()
    frame, expected = frame_of(block), exact(block)
    if expected is None:
        assert frame is None
        return
    assert frame is not None
    found = values_of(frame)
    for one, other in zip(found, expected, strict=True):
        assert one["A"] == other["A"]
    forms = [canonical_json(value) for value in expected]
    assert bytes(write_forms(frame)[0]) + b"}" == b",".join(forms)
    assert measure_forms(frame).tolist() == list(map(len, forms))


def is_same(one: list[JsonObject], other: list[JsonObject]) -> bool:
    """Return whether these are the same values; 1.0 is 1, as JSON Schema has it, and neither is true."""
    return list(map(canonical_json, one)) == list(map(canonical_json, other))


@settings(max_examples=80, deadline=None)
@given(blocks())
def test_sound_lines_that_are_written_alike_have_a_frame(block: bytes) -> None:
    frame = frame_of(block)
    expected = exact(block)
    assert expected is not None
    if frame is None:  # a number of which only the exact reader can tell
        assert any(
            isinstance(value, float) and abs(value) > 1e300 for row in expected for value in row.values()
        )
        return
    assert is_same(values_of(frame), expected)


@settings(max_examples=200, deadline=None)
@given(blocks(), st.data())
def test_what_has_a_frame_is_what_the_exact_reader_reads(block: bytes, data: st.DataObject) -> None:
    """Tampered blocks: a byte is changed, inserted, or taken out."""
    damaged = bytearray(block)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        piece = data.draw(
            st.sampled_from([b"", b'"', b"\\", b"\n", b",", b"}", b"{", b"\xff", b"\x00", b"1", b" "])
        )
        damaged[at : at + data.draw(st.integers(0, 1))] = piece
    tampered = bytes(damaged)
    frame = frame_of(tampered) if tampered.endswith(b"\n") else None
    if frame is not None:
        expected = exact(tampered)
        assert expected is not None
        assert is_same(values_of(frame), expected)


@settings(max_examples=80, deadline=None)
@given(blocks())
def test_forms_are_those_of_the_values(block: bytes) -> None:
    frame, values = frame_of(block), exact(block)
    assert values is not None
    if frame is None or not all(
        abs(value) < 2**53 for row in values for value in row.values() if isinstance(value, int | float)
    ):
        return
    forms = [canonical_json(value) for value in values]
    assert measure_forms(frame).tolist() == list(map(len, forms))
    written, sizes = write_forms(frame)
    assert bytes(written) + b"}" == b",".join(forms)
    assert sizes.tolist() == list(map(len, forms))


CLOCKS = st.one_of(
    st.from_regex(r"\A[0-9]{2,4}:[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?\Z"),
    st.sampled_from(
        ["24:60:00", "1:00:00", "00:00:60", "00:00:00.", "/0:00:00", "0::00:00", "00:00:0:", "100:00:00"]
    ),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(CLOCKS, min_size=1, max_size=5))
def test_clocks_are_the_times_that_they_say(texts: list[str]) -> None:
    frame = frame_of("".join(json.dumps({"Start": text}) + "\n" for text in texts).encode())
    assert frame is not None
    found, expected = read_clocks(frame, 0), [parse_time(text) for text in texts]
    if found is None:
        assert any(
            time is None or len(text) > 18 or text[4:5] not in "0123456789:" or time >= 2**53
            for time, text in zip(expected, texts, strict=True)
        )
    else:
        assert [Fraction(time) for time in found.tolist()] == expected


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text("ab", max_size=12), min_size=1, max_size=30))
def test_changes_are_where_a_value_differs_from_the_one_before(texts: list[str]) -> None:
    frame = frame_of("".join(json.dumps({"Episode": text}) + "\n" for text in texts).encode())
    assert frame is not None
    expected = [row for row in range(1, len(texts)) if texts[row] != texts[row - 1]]
    assert frame.changes(0) == expected
    assert frame.all_equal(0) == (not expected)


@pytest.mark.parametrize(
    "record",
    [
        b"[]\n",
        b"{}\n",
        b'{"a": []}\n',
        b'{"a": {"b": "c"}}\n',
        b'{"a": "b", "a": "c"}\n',
        b'{"a\\u0062": "c"}\n',
        b' {"a": "b"}\n',
        b'{"a": "b"},\n',
        b'{"a": "b"}x\n',
        b'{"a": "b", {"c": "d"}\n',
        b"\xef\xbb\xbf" + b'{"a": "b"}\n',
    ],
)
def test_what_is_no_flat_object_has_no_shape(record: bytes) -> None:
    assert find_shape(record) is None


def test_a_pretty_record_has_a_shape_too() -> None:
    record = json.dumps({"Speaker": "Ada", "Take": 3}, indent=2).encode() + b"\n"
    frame = frame_of(record * 3) or frame_block(record * 3, find_shape(record))  # type: ignore[arg-type]
    assert frame is not None
    assert frame.rows == 3
    assert list(frame.scalars[1].values) == [3, 3, 3]
    assert np.array_equal(frame.lengths(0), [3, 3, 3])
