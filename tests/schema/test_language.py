"""What people write must be accepted; what is not strict JSON, or not valid, must never be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from language_cases import BAD_BYTES, SEGMENTS, SEPARATORS, TIME, accepts, is_sound, layout_of, of
from packager.config import shipped_file
from packager.reading.strict import read_document
from packager.schema.validate import SegmentSchema, compile_schema

if TYPE_CHECKING:
    from pathlib import Path


def shipped() -> SegmentSchema:
    return compile_schema(shipped_file("segment.schema.json"), "s.json", None, read_document)


# --- what is accepted ----------------------------------------------------------------------------------


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("separators", SEPARATORS)
@pytest.mark.parametrize("end", ["\n", ""])
def test_ordinary_blocks_are_accepted(
    separators: tuple[str, str], end: str, tmp_path: Path, *, ascii_only: bool
) -> None:
    lines = [json.dumps(each, ensure_ascii=ascii_only, separators=separators) for each in SEGMENTS]
    language = shipped().language_of(layout_of(lines[0] + "\n"))
    block = ("\n".join(lines * 9) + end).encode()
    assert language is not None
    assert language(block)
    assert is_sound(block, shipped(), tmp_path / "x.jsonl")


@pytest.mark.parametrize(
    ("schema", "values"),
    [
        ({"type": "string"}, ['""', '"x"', r'"\"\\\/\b\f\n\r\t\u0000\uD7FF\ue000\ud83d\uDE00"', '"\x7f"']),
        ({"type": "string", "minLength": 2}, ['"ab"', '"é𝄞"', r'"\u00e9\ud834\udd1e"', '"abc"']),
        ({"type": "string", "minLength": 1, "pattern": r"\S"}, ['"a"', '" a "', r'" \u0416"', r'"\""']),
        ({"type": "string", "pattern": TIME}, ['"00:00:00"', '"100:59:59.000000001"', r'"0\u0030:00:00"']),
        ({"enum": ["a", "é", None, True]}, ['"a"', '"é"', r'"\u00e9"', r'"\u00E9"', "null", "true"]),
        ({"type": ["string", "null"], "enum": ["a", None]}, ['"a"', "null"]),
        ({"const": "a/b"}, ['"a/b"', r'"a\/b"']),
        ({"type": "integer"}, ["0", "7", "-7", "123456789012345"]),
        ({"type": "integer", "minimum": 0}, ["0", "7"]),
        ({"type": "number"}, ["0", "-0.5", "3", "1.25", "1e-05", "2E+10", "0.30000000000000004"[:17]]),
        ({"type": "number", "minimum": 0}, ["0", "0.5"]),
        ({"type": ["integer", "null"]}, ["1", "null"]),
        ({"type": "boolean"}, ["true", "false"]),
        ({"title": "anything"}, ['"x"', "1", "null", "true"]),
    ],
)
def test_what_people_write_is_accepted(schema: dict[str, Any], values: list[str]) -> None:
    for value in values:
        assert accepts(of(schema), f'{{"a": {value}}}\n'.encode()), value


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("^a|b$", "ax"),
        ("^a|b$", "xb"),
        ("(?:ab|c)+?d", "xxabcdxx"),
        (r"^[\w.+-]+@[\w-]+\.[a-z]{2,8}$", "ada.l@example.org"),
        (r"^[^\s,]+$", "é\u0000"),
        (r"^[A-ZÄÖÜ][a-zäöüß]*( [^0-9])*$", "Ärger é"),
        (r"^\$\{x\}\/[\]\-\\]$", r"${x}/\ "[:-1]),
        ("^.$", "𝄞"),
        ("^$", ""),
        ("", "x"),
    ],
)
def test_plain_patterns_find_what_they_find(pattern: str, text: str) -> None:
    block = json.dumps({"a": text}).encode()
    assert accepts(of({"type": "string", "pattern": pattern}), block)


def test_a_property_that_is_not_required_may_be_absent() -> None:
    a, b, c, d = ('"a": 1', '"b": 2', '"c": 3', '"d": 4')
    whole = f"{{{a}, {b}, {c}, {d}}}"
    numbers = {key: {"type": "integer"} for key in "abcd"}
    schema = {"properties": numbers, "required": ["b", "c"]}
    for line in (whole, f"{{{b}, {c}}}", f"{{{a}, {b}, {c}}}", f"{{{b}, {c}, {d}}}"):
        assert accepts(schema, line.encode(), whole), line
    for line in (f"{{{a}, {b}}}", f"{{{b}, {c}, {a}}}", f"{{, {b}, {c}}}", f"{{{b}, {c}, }}", "{}"):
        assert not accepts(schema, line.encode(), whole), line
    assert accepts({"properties": numbers}, f"{{{a}, {c}}}".encode(), whole)
    assert not accepts({"properties": numbers}, f"{{{a} {c}}}".encode(), whole)


# --- what is never accepted ----------------------------------------------------------------------------

BAD_VALUES: Final = [
    *("NaN", "Infinity", "1e400", "-", "01", "-01", "1.", ".5", "+1", "1e", "0x1", "99999999999999999999"),
    *("tru", "nul", "True", "", "[]", "{}", "1 ", " 1", "1,", '"', '"x', '"x" "y"', '"x""y"', "'x'"),
    *(r'"\ud800"', r'"\udc00\ud800"', r'"\ud800\u0041"', r'"\u12"', r'"\x41"', r'"\U0041"', '"\\"', '"\t"'),
    *('"\x00"', '"\x1f"', '"a\nb"', '1, "a": 2', '1}{"a": 2', '1}, {"a": 2', "1 /* x */", "1}\r", "1}}"),
]


@pytest.mark.parametrize(
    "value", [*(each.encode() for each in BAD_VALUES), *(b'"%b"' % b for b in BAD_BYTES)]
)
def test_what_is_no_strict_json_is_never_accepted(value: bytes) -> None:
    for schema in (
        {"type": ["string", "number", "boolean", "null"]},
        {"type": "string", "pattern": "^[^~]*$"},
    ):
        good = b'{"a": "x"}\n'
        assert accepts(of(schema), good * 2)
        assert not accepts(of(schema), good + b'{"a": %b}\n' % value + good)


@pytest.mark.parametrize(
    ("schema", "values"),
    [
        ({"type": "string"}, ["1", "null", "true"]),
        ({"type": "string", "minLength": 2}, ['"a"', '"𝄞"', r'"\ud834\udd1e"', r'"\n"']),
        ({"type": "string", "pattern": r"\S"}, ['""', '" \u00a0\u2028\ufeff"', r'"\n\u3000\ufeff"']),
        ({"type": "string", "pattern": "^a$"}, ['"a\\n"', '"ab"', '"A"', '"\\u0061\\u000a"', '"á"']),
        ({"type": "string", "pattern": "^.$"}, [r'"\n"', '"ab"', '""']),
        ({"type": "string", "pattern": r"^\d$"}, ['"\u0660"', '"a"']),
        ({"type": "string", "pattern": r"^\w$"}, ['"é"', '"-"']),
        ({"type": "string", "pattern": r"^[^a-c]$"}, ['"b"', r'"\u0062"']),
        ({"enum": ["a", None]}, ['"b"', "true", '"null"']),
        ({"type": "string", "enum": ["a", None]}, ["null"]),
        ({"type": ["integer", "null"], "enum": ["a", None]}, ['"a"']),
        ({"type": "integer"}, ["-0", "1.0", "1e2", "1.5", "1234567890123456", '"1"', "true"]),
        ({"type": "integer", "minimum": 0}, ["-1"]),
        ({"type": "number", "minimum": 0}, ["-0.5"]),
        ({"type": "boolean"}, ["0", '"true"', "null"]),
    ],
)
def test_what_is_not_valid_is_never_accepted(schema: dict[str, Any], values: list[str]) -> None:
    for value in values:
        assert not accepts(of(schema), f'{{"a": {value}}}\n'.encode()), value


@pytest.mark.parametrize(
    "block",
    [
        *(
            b"",
            b"\n",
            b'\xef\xbb\xbf{"a": 1}\n',
            b'{"a": 1}\r\n',
            b'{"a": 1}\n\n',
            b'\n{"a": 1}',
            b' {"a": 1}',
        ),
        *(b'{"a": 1} \n', b'{"a": 1}{"a": 1}\n', b'{"a": 1},\n{"a": 1}', b'{"a":\n1}', b'{"a": 1,}', b"{}"),
        *(b'{"a":1}', b'{"a" : 1}', b'{"b": 1}', b'{"a": 1, "b": 1}', b'{"A": 1}', b'{"a": 1}\x00', b"[1]"),
    ],
)
def test_a_block_is_whole_lines_of_one_object_each(block: bytes) -> None:
    assert not accepts(of({}), block)
