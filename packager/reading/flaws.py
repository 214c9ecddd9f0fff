"""Name what can be wrong with the text of a segment file, for people who curate such files. Pure.

The ids of the rules are for ever. A message says what is wrong and what to do.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

BOM = b"\xef\xbb\xbf"

TOO_LARGE = (
    "one segment may have 64 MiB, this one is larger: divide it, with each object on a line of its own"
)

_SHOWN = 40
_HINTS = {
    "True": ": write true",
    "False": ": write false",
    "None": ": write null",
    "undefined": ": write null, or leave the property out",
    "'": ": write strings and property names in double quotes",
    "“": ": write straight double quotes",
    "”": ": write straight double quotes",
    "/": ": JSON has no comments, delete it",
    "#": ": JSON has no comments, delete it",
}


class Rule(StrEnum):
    """The rules that a file breaks before its segments can be looked at."""

    BOM = "json/bom"
    CARRY_CLASH = "json/carry-clash"
    COMPRESSION = "json/compression"
    CONTROL_CHARACTER = "json/control-character"
    DEPTH = "json/depth"
    DUPLICATE_KEY = "json/duplicate-key"
    EMPTY = "json/empty"
    ENCODING = "json/encoding"
    ESCAPE = "json/escape"
    MULTILINE = "json/multiline"
    NAN = "json/nan"
    NO_ITEMS = "json/no-items"
    NOT_AN_OBJECT = "json/not-an-object"
    NUMBER = "json/number"
    NUMBER_RANGE = "json/number-range"
    SIZE = "json/size"
    SURROGATE = "json/surrogate"
    SYNTAX = "json/syntax"
    TRAILING_COMMA = "json/trailing-comma"
    TRAILING_DATA = "json/trailing-data"
    TRUNCATED = "json/truncated"
    TWO_VALUES = "json/two-values"
    UNREADABLE = "json/unreadable"


class Flaw(NamedTuple):
    """One departure of a text from JSON."""

    rule: Rule
    offset: int
    """In bytes, from the beginning of the text."""
    message: str
    pointer: str = ""
    """To the value that has the flaw, or to the nearest one around it that can be named shortly."""


def find_mark(data: bytes) -> tuple[Flaw, ...]:
    """Return the flaw of a text that begins with a byte order mark, none of one that does not."""
    return (judge_unexpected(data, 0, "a value"),) if data.startswith(BOM) else ()


def judge_unexpected(data: bytes, at: int, wanted: str, found: bytes = b"") -> Flaw:
    """Say what is wrong with the character that stands where something else is wanted."""
    if at >= len(data):
        message = f"the text ends too early, {wanted} is missing: complete it, or get the whole file again"
        return Flaw(Rule.TRUNCATED, at, message)
    if data.startswith(BOM, at):
        message = "a byte order mark stands here: save the file as UTF-8 without it"
        return Flaw(Rule.BOM, at, message)
    if (char := decode_at(data, at)) is None:
        message = f"the byte 0x{data[at]:02X} is no UTF-8 here: save the file as UTF-8"
        return Flaw(Rule.ENCODING, at, message)
    shown = found.decode() or char
    return Flaw(Rule.SYNTAX, at, f"expected {wanted}, found {quote(shown)}{_HINTS.get(shown, '')}")


def decode_at(data: bytes, at: int) -> str | None:
    """Return the character that begins there, None if these bytes are not UTF-8."""
    for length in range(1, 5):
        try:
            return data[at : at + length].decode()
        except UnicodeDecodeError:
            continue
    return None


def quote(text: str) -> str:
    """Return a text for a message: in quotes, on one line, not long, no character unseen."""
    shown = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    mark = "'" if '"' in shown else '"'
    return mark + "".join(char if char.isprintable() else f"U+{ord(char):04X}" for char in shown) + mark
