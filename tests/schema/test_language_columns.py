"""How the lines of a block are written, and the columns that are taken out of them."""

from __future__ import annotations

import json

import pytest

from language_cases import SEGMENTS, SEPARATORS, layout_of
from packager.schema.language import Line, find_layout, make_columns


@pytest.mark.parametrize(
    ("line", "layout"),
    [
        ('{"a": "x", "é": -1.5e3}\n', Line(("a", "é"), b": ", b", ")),
        ('{"a":"\\"}","b":null}', Line(("a", "b"), b":", b",")),
        ('{"a": 1}', Line(("a",), b": ", b", ")),
        ('{"": 1,"b": 1}', Line(("", "b"), b": ", b",")),
        *(
            (line, None)
            for line in ("", "{}", "[1]", '{"a": []}', '{"a": {}}', '{ "a": 1}', '{"a": 1 }', '"a"')
        ),
        *((line, None) for line in ('{"a": 1,"b":2}', '{"a":1,"b":2, "c":3}', '{"a":  1}', '{"a" :1}', "\n")),
        *(
            (line, None)
            for line in ('{"a":1,"a":2}', '{"\\u0061":1}', '{"a":1}{"a":1}', '{"a":1}\r\n', '{"a":1')
        ),
        *(
            (line, None)
            for line in ('{"a":1,}', '{"a":"x}', '{"a":1}\n\n', 'x"a":1}', '{"a":1\n}', '{"a\n":1}')
        ),
    ],
)
def test_the_first_line_tells_how_a_block_is_written(line: str, layout: Line | None) -> None:
    assert find_layout(line.encode()) == layout


def test_a_key_that_is_no_utf_8_has_no_layout() -> None:
    assert find_layout(b'{"\xff": 1}') is None


@pytest.mark.parametrize("separators", SEPARATORS)
@pytest.mark.parametrize("keys", [["Start", "End"], ["Speaker"], ["Text", "Start"], ["Speaker", "Start"]])
def test_columns_are_the_bytes_between_the_quotes(separators: tuple[str, str], keys: list[str]) -> None:
    rows = [each | {"Text": f'x, {key}": "'} for each in SEGMENTS for key in ("Start", ', "Start')]
    rows = [row if "Text" not in keys else row | {"Text": "Ж"} for row in rows]
    lines = [json.dumps(each, ensure_ascii=False, separators=separators) for each in rows]
    find = make_columns(layout_of(lines[0]), keys)
    for end in ("\n", ""):
        found = find(("\n".join(lines) + end).encode())
        assert found == [tuple(row[key].encode() for key in keys) for row in rows]


@pytest.mark.parametrize(
    "second",
    [
        '{"a": "x\\n", "b": "y"}',
        '{"a": "x", "b": "\\""}',
        '{"a": "x", "b": null}',
        '{"a": "x"}',
        '{"b": "y"}',
    ],
)
def test_columns_that_are_not_plain_strings_are_left_to_others(second: str) -> None:
    first = '{"a": "x", "b": "y"}'
    find = make_columns(layout_of(first), ["a", "b"])
    assert find(f"{first}\n{first}\n".encode()) == [(b"x", b"y")] * 2
    assert find(f"{first}\n{second}\n".encode()) is None


def test_columns_of_keys_that_could_stand_behind_a_string_are_left_to_others() -> None:
    line = '{"x": "a, ", ", ": "b"}'
    assert make_columns(layout_of(line), [", "])(line.encode()) is None
    assert make_columns(layout_of(line), ["x"])(line.encode()) == [(b"a, ",)]
    assert make_columns(layout_of(line), ["y"])(line.encode()) is None
