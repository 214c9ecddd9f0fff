"""Hold the language of a block against the exact path, and its patterns against the validator."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any, Final

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from language_cases import BAD_BYTES, SEPARATORS, TIME, compiled, is_sound, layout_of, of
from packager.schema.language import make_language
from packager.schema.patterns import read_pattern

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PATTERNS: Final = (r"\S", r"^\S", r"\s$", r"^[^\s]*$", r"^\w+(-\w+)*$", "^.{0,3}$", "a|^é|𝄞$", TIME)
ODD_TEXT: Final = st.text(
    st.sampled_from('ab0- _\n\r\x0b\x85\xa0\u1680\u180e\u2028\ufeff\uffffé𝄞"\\/,:{}'), max_size=6
)
PROPERTIES: Final = st.one_of(
    st.sampled_from(PATTERNS).map(lambda pattern: {"type": "string", "pattern": pattern}),
    st.integers(0, 3).map(lambda least: {"type": ["string", "null"], "minLength": least}),
    st.lists(
        st.sampled_from(["string", "integer", "number", "boolean", "null"]), min_size=1, unique=True
    ).map(lambda types: {"type": types}),
    st.lists(st.one_of(ODD_TEXT, st.none(), st.booleans()), min_size=1, unique_by=repr).map(
        lambda values: {"enum": values}
    ),
    st.just({"type": "number", "minimum": 0}),
)
PIECES: Final = [
    *(b"NaN", b"1e400", b"-0", b"01", b"9" * 20, b"1.", b"\r", b"\n", b"\n\n", b" ", b"\t", b"\x00", b"\x1f"),
    *(b'"', b"\\", b'\\"', b",", b", ", b":", b"}", b"{", b"}{", b"},\n{", b'"a": 1, ', b'"a":1,', b"null"),
    *(rb"\ud800", rb"\udc00", rb"\ud834\udd1e", rb"\u00", b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"\xc2\xa0"),
    *BAD_BYTES,
]


def tamper(block: bytes, chance: random.Random) -> bytes:
    at, end = sorted(chance.choices(range(len(block) + 1), k=2))
    match chance.randrange(6):
        case 0:
            return block[:at] + chance.choice(PIECES) + block[at:]
        case 1:
            return block[:at] + chance.choice(PIECES) + block[at + 1 :]
        case 2:
            return block[:at] + bytes([chance.randrange(256)]) + block[at + 1 :]
        case 3:
            return block[:at] + block[at + chance.randint(1, 3) :]
        case 4:  # a piece once more: keys twice, two objects on a line
            return block[:end] + block[at:]
        case _:
            parts = block.split(b",")
            chance.shuffle(parts)
            return b",".join(parts)


def make_block(schema: dict[str, Any], draw: Callable[..., Any], *, comma: str, colon: str) -> list[str]:
    lines = []
    for number in range(draw(st.integers(1, 3))):
        members: dict[str, object] = {}
        for key, inside in schema["properties"].items():
            if number and members and key not in schema["required"] and draw(st.booleans()):
                continue
            value = st.one_of(ODD_TEXT, st.integers(-9, 10**16), st.floats(-9, 9), st.booleans(), st.none())
            members[key] = draw(st.one_of(value, st.sampled_from(inside.get("enum", ["a", "é", "00:00:00"]))))
        lines.append(json.dumps(members, ensure_ascii=draw(st.booleans()), separators=(comma, colon)))
    return lines


def has_long_number(line: str) -> bool:
    """Return whether a line has numbers that may be valid but are not worth the pains: 3.0, 16 digits."""
    values = json.loads(line).values()
    return any(
        isinstance(each, float) or (each and type(each) is int and abs(each) >= 10**15) for each in values
    )


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_accepted_passes_the_exact_path(tmp_path: Path, data: st.DataObject) -> None:
    draw = data.draw
    names = draw(
        st.lists(st.sampled_from(["a", "b", "k k", ":", "}", ""]), min_size=1, max_size=3, unique=True)
    )
    document = {
        "properties": {name: draw(PROPERTIES) for name in names},
        "required": [name for name in names if draw(st.booleans())],
    }
    schema = compiled(document)
    comma, colon = draw(st.sampled_from(SEPARATORS))
    lines = make_block(document, draw, comma=comma, colon=colon)
    language = schema.language_of(layout_of(lines[0]))
    assert language is not None
    block = ("\n".join(lines) + draw(st.sampled_from(["\n", ""]))).encode()
    if is_sound(block, schema, tmp_path / "x.jsonl") and not any(map(has_long_number, lines)):
        assert language(block), block
    chance = random.Random(draw(st.integers(0, 2**32)))
    for each in (block, *(tamper(block, chance) for _ in range(20))):
        if each and language(each):
            assert is_sound(each, schema, tmp_path / "x.jsonl"), each


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                *(
                    "a",
                    "0",
                    "é",
                    "𝄞",
                    " ",
                    "_",
                    ".",
                    r"\.",
                    r"\d",
                    r"\w",
                    r"\s",
                    r"\S",
                    r"\D",
                    r"\W",
                    "[a-f]",
                    "[^a]",
                ),
                *(
                    "[^\\s0-9]",
                    r"[\w-]",
                    "(",
                    "(?:",
                    ")",
                    "|",
                    "?",
                    "*",
                    "+",
                    "{2}",
                    "{1,}",
                    "{0,2}",
                    "^",
                    "$",
                    "*?",
                ),
            ]
        ),
        max_size=8,
    ).map("".join),
    st.lists(ODD_TEXT, min_size=1, max_size=8),
)
def test_a_pattern_finds_no_more_than_the_validator(pattern: str, texts: list[str]) -> None:
    if read_pattern(pattern) is None:
        return
    try:
        validator = jsonschema_rs.Draft202012Validator({"pattern": pattern})
    except jsonschema_rs.ValidationError:
        return  # it refuses some that mean nothing, such as `(?:)+`
    schema = of({"type": "string", "pattern": pattern})
    language = make_language(schema, {}, layout_of('{"a": 0}'), formats=True)
    assert language is not None
    for text in texts:
        for ascii_only in (True, False):
            if language(json.dumps({"a": text}, ensure_ascii=ascii_only).encode()):
                assert validator.is_valid(text), text


@pytest.mark.parametrize("name", ["d", "D", "w", "W", "s", "S"])
def test_classes_hold_the_characters_that_the_validator_sees_in_them(name: str) -> None:
    pattern = rf"^\{name}$"
    validator = jsonschema_rs.Draft202012Validator({"pattern": pattern})
    schema = of({"type": "string", "pattern": pattern})
    language = make_language(schema, {}, layout_of('{"a": 0}'), formats=True)
    assert language is not None
    codes = [
        *range(0x250),
        *range(0x600, 0x700),
        *range(0x1680, 0x1810),
        *range(0x1FF0, 0x2070),
        0x3000,
        0xFEFF,
    ]
    for text in map(chr, [*codes, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x1D7D8, 0x10FFFF]):
        for ascii_only in (True, False):
            block = json.dumps({"a": text}, ensure_ascii=ascii_only).encode()
            assert language(block) == validator.is_valid(text), text
