"""The door of the room: a source goes in, blocks of its values come out.

Exact: what comes without problems is JSON as RFC 8259 defines it (see `strict`); what `native` can prove to
be the same, it reads many times as fast. Bounded: a block and one value are held, whatever a file's size.
Wrong input is a value that tells its problems, never an exception.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from packager.model import to_pointer
from packager.reading.arrays import cut_document
from packager.reading.block import Block
from packager.reading.inside import cut_document_lines, cut_documents
from packager.reading.items import Empty, Item, Unreadable, make_problem, tell_empty
from packager.reading.lines import cut_lines, holds_lines
from packager.reading.native import EXACT, NATIVE, Loader
from packager.reading.stream import CannotReadError, find_first, find_size, read_pieces

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packager.model import SourceFile
    from packager.reading.items import Read
    from packager.reading.stream import Tap


class Form(StrEnum):
    """How a segment file holds its segments."""

    LINES = "lines"
    """One object a line."""
    OBJECT = "object"
    """One object."""
    ARRAY = "array"
    """One array of objects, or such an array inside of a document."""


def read_blocks(source: SourceFile, tap: Tap | None = None, loader: Loader = NATIVE) -> Iterator[Read]:
    """Yield what a file holds, in order: blocks of sound values, and items that need a look.

    An `Unreadable` comes last, an `Empty` alone. `tap` is called with all bytes of the file in order,
    decompressed, as they are read.
    """
    pieces, inside = read_pieces(source.place, tap=tap), source.inside
    try:
        if holds_lines(source):
            lines: Iterator[Read] = (
                cut_lines(source, pieces, loader)
                if inside is None
                else cut_document_lines(source, inside, pieces, loader)
            )
            yield from tell_empty(source, lines)
        elif inside is not None:
            yield from cut_documents(source, inside, tap, loader)
        else:
            yield from cut_document(source, pieces, loader, find_size(source.place))
    except CannotReadError as failure:
        yield Unreadable((make_problem(source, failure.rule, failure.message, (failure.line, 1)),))


def read_items(source: SourceFile) -> Iterator[Item | Empty | Unreadable]:
    """Yield the values of a file one by one."""
    return _expand(read_blocks(source))


def read_exactly(source: SourceFile) -> Iterator[Item | Empty | Unreadable]:
    """Yield the same, read by the exact parser alone: what all else is compared with."""
    return _expand(read_blocks(source, loader=EXACT))


def find_form(source: SourceFile) -> Form:
    """Tell from its name, and for .json from its first character, how a file holds its segments.

    A .json file that cannot be read, or holds neither object nor array, counts as an object.
    """
    if holds_lines(source):
        return Form.LINES
    if source.inside is not None:
        return Form.ARRAY
    try:
        return Form.ARRAY if find_first(source.place) == b"[" else Form.OBJECT
    except CannotReadError:
        return Form.OBJECT


def locate(_source: SourceFile, item: Item, pointer: str) -> tuple[int, int]:
    """Return line and column of the value at this JSON Pointer inside the item of this file.

    Of a pointer that leads nowhere, those of the nearest value around it.
    """
    if item.value is None:
        return item.line, item.column
    text, origin = item.find_text(pointer)
    return text.place(text.find_value(origin))


def locate_key(_source: SourceFile, item: Item, pointer: str, key: str) -> tuple[int, int]:
    """Return line and column of a property's name in the object at this JSON Pointer inside the item.

    Of a property that is not there, those of the nearest name or value around it.
    """
    if item.value is None:
        return item.line, item.column
    text, origin = item.find_text(pointer + to_pointer([key]))
    return text.place(text.find_name(origin))


def _expand(read: Iterator[Read]) -> Iterator[Item | Empty | Unreadable]:
    for each in read:
        if isinstance(each, Block):
            yield from each.items()
        else:
            yield each
