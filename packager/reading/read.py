"""Read a segment file: every value of it and where it stands, or why it cannot be read.

Exact: what comes without problems is JSON as RFC 8259 and I-JSON define it (see `strict`); what `quick` can
prove to be the same, it reads faster. Bounded: of a .jsonl file one line is held, of a .json file its text
and one item, and nothing beyond the limits below is read. Wrong input is a value that tells its problems,
never an exception.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from packager.reading.blocks import CannotReadError, read_blocks, read_small
from packager.reading.document import MAX_JSON_FILE_BYTES, read_json
from packager.reading.flaws import BOM
from packager.reading.items import Batch, Empty, Item, Unreadable, make_problem
from packager.reading.lines import MAX_VALUE_BYTES
from packager.reading.quick import load_object
from packager.reading.records import read_records
from packager.reading.strict import MAX_DEPTH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packager.model import JsonObject, SourceFile
    from packager.reading.blocks import Tap
    from packager.reading.records import Prover

__all__ = [
    "MAX_DEPTH",
    "MAX_JSON_FILE_BYTES",
    "MAX_VALUE_BYTES",
    "Batch",
    "Empty",
    "Form",
    "Item",
    "Unreadable",
    "find_form",
    "is_compressed",
    "locate",
    "locate_key",
    "read_batches",
    "read_items",
    "read_object",
    "read_small",
]


class Form(StrEnum):
    """How a segment file holds its segments."""

    LINES = "lines"
    """One object a line."""
    OBJECT = "object"
    """One object."""
    ARRAY = "array"
    """One array of objects."""


def read_items(source: SourceFile) -> Iterator[Item | Empty | Unreadable]:
    """Yield the values of a file in order; an `Unreadable` comes last, an `Empty` alone."""
    for read in read_batches(source):
        if isinstance(read, Batch):
            yield from read.items()
        else:
            yield read


def read_batches(
    source: SourceFile, tap: Tap | None = None, prover: Prover | None = None
) -> Iterator[Batch | Item | Empty | Unreadable]:
    """Yield what `read_items` yields; sound values of many lines come together, which is much faster.

    `tap` is called with all bytes of the file in order, decompressed, as they are read. `prover` may know
    that whole lines are sound, one flat object each with nothing around; these are parsed when asked for.
    """
    read = read_records if _holds_lines(source) else read_json
    try:
        yield from read(source, tap, prover)
    except CannotReadError as failure:
        yield Unreadable((make_problem(source, failure.rule, failure.message, (failure.line, 1)),))


def read_object(source: SourceFile) -> tuple[JsonObject, bytes] | None:
    """Return the object that a small .json file is, from its first character on, and the bytes of the file.

    None says nothing of the file: `read_batches` does. It is for many files of one segment each.
    """
    if not source.place.endswith(".json") or (data := read_small(source.place)) is None:
        return None
    value = load_object(data)
    return None if value is None else (value, data)


def find_form(source: SourceFile) -> Form:
    """Tell from its name, and for .json from its first character, how a file holds its segments.

    A .json file that cannot be read, or holds neither object nor array, counts as an object.
    """
    if _holds_lines(source):
        return Form.LINES
    try:
        return Form.ARRAY if _find_first(source) == b"[" else Form.OBJECT
    except CannotReadError:
        return Form.OBJECT


def is_compressed(place: str) -> bool:
    """Return whether a file's name says that it is compressed."""
    return place.endswith((".gz", ".zst"))


def locate(_source: SourceFile, item: Item, pointer: str) -> tuple[int, int]:
    """Return line and column of the value at this JSON Pointer inside the item of this file.

    Of a pointer that leads nowhere, those of the nearest value around it.
    """
    if item.value is None:
        return item.line, item.column
    return item.text.place(item.text.find_value(pointer))


def locate_key(_source: SourceFile, item: Item, pointer: str, key: str) -> tuple[int, int]:
    """Return line and column of a property's name in the object at this JSON Pointer inside the item.

    Of a property that is not there, those of the nearest name or value around it.
    """
    if item.value is None:
        return item.line, item.column
    return item.text.place(item.text.find_key(pointer, key))


def _holds_lines(source: SourceFile) -> bool:
    name = source.place.removesuffix(".gz").removesuffix(".zst")
    return name.endswith((".jsonl", ".ndjson"))


def _find_first(source: SourceFile) -> bytes:
    """Return the first character of a .json file that is not white space."""
    mark = BOM
    for block in read_blocks(source.place, block_bytes=4096, max_bytes=MAX_JSON_FILE_BYTES):
        if text := block.removeprefix(mark).lstrip(b" \t\n\r"):
            return text[:1]
        mark = b""
    return b""
