"""Say where a value of a JSON text stands: as byte offset, as line and column. Pure.

Lines end with LF alone; lines and columns count from 1, columns in code points. What is asked is found
without reading the text twice: lines are counted once, and of each object and array that a pointer passes
through the places of its members are kept.
"""

from __future__ import annotations

import re
import sys
from array import array
from bisect import bisect_right

from packager.reading.flaws import BOM
from packager.reading.scan import find_place, skip_space, skip_value
from packager.reading.strict import read_string

NUMBER = re.compile("0|[1-9][0-9]{0,9}")
"""Of an item, in a JSON Pointer."""

_STRIDE = 1 << 14  # bytes between two places that are kept


class Text:
    """A JSON text, such as one line of a file, and where it begins in its file."""

    __slots__ = ("_arrays", "_marks", "_objects", "data")

    def __init__(self, data: bytes, line: int = 1, column: int = 1) -> None:
        self.data = data
        self._marks = [(0, line, column)]
        self._objects: dict[int, dict[str, tuple[int, int]]] = {}
        self._arrays: dict[int, array[int]] = {}

    def place(self, offset: int) -> tuple[int, int]:
        """Return line and column of the character that begins at this byte."""
        marks = self._marks
        while (last := marks[-1])[0] + _STRIDE < offset:
            boundary = _find_boundary(self.data, last[0] + _STRIDE)
            marks.append((boundary, *find_place(self.data, boundary, *last)))
        return find_place(self.data, offset, *marks[bisect_right(marks, (offset, sys.maxsize, 0)) - 1])

    def find_value(self, pointer: str) -> int:
        """Return where the value at this JSON Pointer begins, in bytes.

        Of a pointer that leads nowhere, the nearest value around it. The text must be one sound value.
        """
        return self._walk(pointer)[1]

    def find_name(self, pointer: str) -> int:
        """Return where the name of the property at this JSON Pointer begins, in bytes.

        Of a property that is not there, the name of the nearest one around it.
        """
        return self._walk(pointer)[0]

    def _walk(self, pointer: str) -> tuple[int, int]:
        at = skip_space(self.data, len(BOM) if self.data.startswith(BOM) else 0)
        found = at, at
        for token in read_pointer(pointer):
            member = self._find_member(found[1], token)
            if member is None:
                break
            found = member
        return found

    def _find_member(self, at: int, token: str) -> tuple[int, int] | None:
        opening = self.data[at : at + 1]
        if opening == b"{":
            if at not in self._objects:
                self._objects[at] = _index_object(self.data, at)
            return self._objects[at].get(token)
        if opening == b"[" and NUMBER.fullmatch(token):
            if at not in self._arrays:
                self._arrays[at] = _index_array(self.data, at)
            items = self._arrays[at]
            number = int(token)
            return (items[number], items[number]) if number < len(items) else None
        return None


def read_pointer(pointer: str) -> list[str]:
    """Return the names and numbers of a JSON Pointer."""
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def _index_object(data: bytes, at: int) -> dict[str, tuple[int, int]]:
    """Return where each name of an object and its value begin."""
    members = {}
    at = skip_space(data, at + 1)
    while data[at : at + 1] == b'"':
        name_at = at
        name, at = read_string(data, at)
        at = skip_space(data, skip_space(data, at) + 1)
        members[name] = name_at, at
        at = _skip_member(data, at)
    return members


def _index_array(data: bytes, at: int) -> array[int]:
    """Return where each item of an array begins."""
    items = array("Q")
    at = skip_space(data, at + 1)
    while data[at : at + 1] not in {b"]", b""}:
        items.append(at)
        at = _skip_member(data, at)
    return items


def _skip_member(data: bytes, at: int) -> int:
    """Return where the next member begins, or the closing bracket stands."""
    end = skip_value(data, at)
    at = skip_space(data, len(data) if end is None else end)
    return skip_space(data, at + 1) if data[at : at + 1] == b"," else at


def _find_boundary(data: bytes, offset: int) -> int:
    """Return the offset or one up to 3 bytes before it, so that no character of UTF-8 is cut there."""
    for start in range(offset, offset - 4, -1):
        if data[start] & 0xC0 != 0x80:
            return start
    return offset
