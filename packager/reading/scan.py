"""Find the way in a JSON text: over white space and values, to lines and columns. Pure; judges nothing."""

from __future__ import annotations

import re

# Possessive throughout: no backtracking, so time and memory stay linear whatever the text.
_SPACE = re.compile(rb"[ \t\n\r]*+")
_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_SCALAR = re.compile(rb"[-+.\w$]++|" + _STRING, re.DOTALL)
_FLAT = rb'[^"{}\[\]]*+(?:' + _STRING + rb'[^"{}\[\]]*+)*+'
_TO_BRACKET = re.compile(
    _FLAT + rb"(?:(?:\{" + _FLAT + rb"\}|\[" + _FLAT + rb"\])" + _FLAT + rb")*+", re.DOTALL
)
"""Over strings, numbers, and pairs of brackets with none inside."""

_OPENINGS = re.compile(rb"[\[{]*+")
"""Many brackets in a row are gone through at once: a hostile text may have millions."""

_DEPTH = {b"{": 1, b"[": 1, b"}": -1, b"]": -1}
_LARGE = 1 << 16  # bytes from which on numpy counts faster, although it has to be loaded

FLAT_ITEM = re.compile(rb"(\{" + _FLAT + rb"\})[ \t\n\r]*+,?[ \t\n\r]*+", re.DOTALL)
"""An object that holds no other one and no array, and the comma behind it."""


def skip_space(data: bytes, at: int) -> int:
    """Return where the white space that begins there ends."""
    return match_end(_SPACE, data, at)


def match_end(pattern: re.Pattern[bytes], data: bytes, at: int) -> int:
    """Return where what the pattern finds there ends, `at` itself if it finds nothing."""
    found = pattern.match(data, at)
    return found.end() if found else at


def skip_value(data: bytes, at: int) -> int | None:
    """Return where the value that begins there ends, exclusive, None if it does not end.

    Judges nothing: of a text that is no JSON, any end may come out. Where `parse_value` finds an end,
    this is the same one.
    """
    if data[at : at + 1] not in {b"{", b"["}:
        scalar = _SCALAR.match(data, at)
        return scalar.end() if scalar else None
    end, depth = close_brackets(data, at + 1, 1)
    return None if depth else end


def close_brackets(data: bytes, at: int, depth: int) -> tuple[int, int]:
    """Go on until so many brackets that are open are closed, or no further one is found.

    Return where that is, behind the closing bracket, and how many are open there.
    """
    while True:
        begin = match_end(_TO_BRACKET, data, at)
        at = match_end(_OPENINGS, data, begin)
        if at > begin:
            depth += at - begin
            continue
        change = _DEPTH.get(data[at : at + 1], 0)
        at += abs(change)
        depth += change
        if not change or not depth:  # the end of the text, or a string that is not closed
            return at, depth


def count_byte(data: bytes, byte: bytes) -> int:
    """Return how often a byte stands in a text."""
    if len(data) < _LARGE:
        return data.count(byte)
    import numpy as np  # noqa: PLC0415 - a check of few segments does without

    return int(np.count_nonzero(np.frombuffer(data, np.uint8) == ord(byte)))


def find_place(data: bytes, offset: int, start: int = 0, line: int = 1, column: int = 1) -> tuple[int, int]:
    """Return line and column of the character that begins at this byte, given those of the one at `start`.

    Only LF ends a line; both count from 1, columns in code points (of bytes that are not UTF-8, as many as a
    decoder replaces by U+FFFD).
    """
    if lines := data.count(b"\n", start, offset):
        start, line, column = data.rfind(b"\n", start, offset) + 1, line + lines, 1
    return line, column + len(data[start:offset].decode(errors="replace"))
