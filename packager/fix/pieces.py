"""Repair the text of a segment file, piece by piece; every byte outside the repaired values stays.

Nothing is written. Bounded as reading is: of a .jsonl file one line is held, of a .json file its text.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packager.fix.values import Properties, Repair, Repaired, repairs_of
from packager.model import to_pointer
from packager.reading import (
    BOM,
    MAX_VALUE_BYTES,
    CannotReadError,
    Flaw,
    Rule,
    Text,
    demand_object,
    holds_lines,
    load_object,
    parse_value,
    read_pieces,
    read_string,
    skip_space,
    split_array,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from packager.model import JsonObject, SourceFile


_MAX_FILE_BYTES: Final = 256 << 20
"""The largest .json file that is repaired: its text is held."""


class UnsoundError(Exception):
    """The file has a flaw of JSON other than a byte order mark, or cannot be read."""


@dataclass(frozen=True, slots=True)
class _Edit:
    start: int
    end: int
    new: bytes
    repairs: tuple[Repair, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A line of a file, or all of it."""

    before: bytes
    after: bytes
    repairs: tuple[Repair, ...]


def repair_pieces(source: SourceFile, properties: Properties) -> Iterator[Piece]:
    """Yield the pieces of a file in order, repaired.

    Raises:
        UnsoundError: the file is not to be repaired; pieces that came before are not to be used.
        OSError: it cannot be opened.
    """
    repairs = repairs_of(properties)
    if holds_lines(source):
        for line in _read_lines(source.place):
            edits = _edit_object(line, repairs) if line.strip(b" \t\r\n") else ()
            yield _apply(line, edits)
        return
    try:
        data = b"".join(read_pieces(source.place, max_bytes=_MAX_FILE_BYTES))
    except CannotReadError as error:
        raise UnsoundError from error
    yield _apply(data, _edit_document(data, repairs))


def _read_lines(place: str) -> Iterator[bytes]:
    """Yield the lines of a file with their ends, each of at most MAX_VALUE_BYTES."""
    with Path(place).open("rb") as file:
        while line := file.readline(MAX_VALUE_BYTES + 2):
            if len(line) > MAX_VALUE_BYTES + 1:
                raise UnsoundError
            yield line


def _edit_document(data: bytes, repairs: Mapping[str, Callable[[str], Repaired]]) -> Iterator[_Edit]:
    """Yield the edits of a .json file, in order."""
    mark = len(BOM) if data.startswith(BOM) else 0
    opening = skip_space(data, mark)
    if data[opening : opening + 1] != b"[":
        if len(data) > MAX_VALUE_BYTES:
            raise UnsoundError
        yield from _edit_object(data, repairs)
        return
    if mark:
        yield _Edit(0, mark, b"", (Repair.MARK,))
    for span in split_array(data, opening):
        if isinstance(span, Flaw) or span.end is None or span.end - span.start > MAX_VALUE_BYTES:
            raise UnsoundError
        for edit in _edit_object(data[span.start : span.end], repairs):
            yield _Edit(span.start + edit.start, span.start + edit.end, edit.new, edit.repairs)


def _edit_object(data: bytes, repairs: Mapping[str, Callable[[str], Repaired]]) -> list[_Edit]:
    """Return the edits of a text that is one object, in order."""
    value = _read_object(data)
    edits = [_Edit(0, len(BOM), b"", (Repair.MARK,))] if data.startswith(BOM) else []
    text: Text | None = None
    for name, repair in repairs.items():
        old = value.get(name)
        new, done = repair(old) if isinstance(old, str) else ("", ())
        if done:
            text = text or Text(data)
            start = text.find_value(to_pointer([name]))
            _, end = read_string(data, start)
            edits.append(_Edit(start, end, _write_string(new, data[start:end]), done))
    return sorted(edits, key=lambda edit: edit.start)


def _read_object(data: bytes) -> JsonObject:
    value = load_object(data[skip_space(data, 0) :])
    if value is not None:
        return value
    parsed = demand_object(data, parse_value(data))
    only_mark = parsed.end is not None and all(flaw.rule is Rule.BOM for flaw in parsed.flaws)
    if not only_mark or not isinstance(parsed.value, dict):
        raise UnsoundError
    return parsed.value


def _apply(data: bytes, edits: Iterable[_Edit]) -> Piece:
    parts, at, repairs = list[bytes](), 0, list[Repair]()
    for edit in edits:
        parts += (data[at : edit.start], edit.new)
        at = edit.end
        repairs += edit.repairs
    return Piece(data, b"".join((*parts, data[at:])) if parts else data, tuple(repairs))


# --- the spelling of a string --------------------------------------------------------------------------

_ESCAPE: Final = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\."
)
_MUST_ESCAPE: Final = {ord(each): json.dumps(each)[1:-1] for each in ('"', "\\", *map(chr, range(32)))}
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]")


def _write_string(text: str, old: bytes) -> bytes:
    """Return a string as JSON, its characters spelled as in the `old` literal."""
    spelled = {json.loads(f'"{escape}"'): escape for escape in _ESCAPE.findall(old.decode())}
    written = text.translate(_MUST_ESCAPE | {ord(character): escape for character, escape in spelled.items()})
    # What the old literal does not have is escaped if that escapes what is not ASCII.
    if not all(map(str.isascii, spelled)):
        written = _NOT_ASCII.sub(lambda match: json.dumps(match[0])[1:-1], written)
    return f'"{written}"'.encode()
