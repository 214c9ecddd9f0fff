"""Read a .json file: one object, or an array of objects whose items are made one by one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from packager.reading.blocks import CannotReadError, read_blocks
from packager.reading.flaws import BOM, Flaw, Rule, find_mark
from packager.reading.items import (
    TOO_LARGE,
    Empty,
    Item,
    Unreadable,
    find_empty,
    make_item,
    make_problems,
    refuse_item,
)
from packager.reading.lines import MAX_VALUE_BYTES
from packager.reading.places import Text
from packager.reading.quick import load_object
from packager.reading.scan import find_place, skip_space
from packager.reading.strict import Span, demand_object, parse_value, split_array

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packager.model import Problem, SourceFile
    from packager.reading.blocks import Tap
    from packager.reading.records import Prover

MAX_JSON_FILE_BYTES = 256 << 20
"""The largest .json file, decompressed. One segment of it may have MAX_VALUE_BYTES, like a line."""


def read_json(
    source: SourceFile, tap: Tap | None = None, _: Prover | None = None
) -> Iterator[Item | Empty | Unreadable]:
    """Yield the object, or each item of the array, or what is wrong with the file.

    Raises:
        CannotReadError: The bytes cannot be read to the end, or are too many.
    """
    text = Text(b"".join(read_blocks(source.place, max_bytes=MAX_JSON_FILE_BYTES, tap=tap)))
    marks = find_mark(text.data)
    start = skip_space(text.data, len(BOM) if marks else 0)
    if text.data[start : start + 1] == b"[":
        yield from _read_array(source, text, start, make_problems(source, text, marks))
    elif len(text.data) > MAX_VALUE_BYTES:
        raise CannotReadError(Rule.SIZE, TOO_LARGE)
    else:
        yield _read_object(source, text, start, make_problems(source, text, marks))


def _read_object(source: SourceFile, text: Text, start: int, marks: tuple[Problem, ...]) -> Item | Unreadable:
    value = load_object(text.data[start:])
    if value is not None:
        return Item(0, "", *text.place(start), value, marks, text)
    parsed = demand_object(text.data, parse_value(text.data))
    if parsed.end is None:
        return Unreadable(make_problems(source, text, parsed.flaws))
    return make_item(source, 0, "", text, parsed)


def _read_array(
    source: SourceFile, text: Text, opening: int, marks: tuple[Problem, ...]
) -> Iterator[Item | Empty | Unreadable]:
    number = 0
    place = 0, 1, 1
    flaws: list[Flaw] = []
    for piece in split_array(text.data, opening):
        if isinstance(piece, Flaw):
            flaws.append(piece)
            continue
        place = piece.start, *find_place(text.data, piece.start, *place)
        item = _read_item(source, number, text.data, piece, place[1:])
        yield replace(item, problems=(*marks, *item.problems)) if marks else item
        if isinstance(item, Unreadable):
            return
        number += 1
        marks = ()  # the first item has taken it
    problems = (*marks, *make_problems(source, text, flaws))
    if problems:
        yield Unreadable(problems)
    elif not number:
        yield find_empty(source)


def _read_item(
    source: SourceFile, number: int, data: bytes, span: Span, place: tuple[int, int]
) -> Item | Unreadable:
    line, column = place
    end = len(data) if span.end is None else span.end
    is_long = end - span.start > MAX_VALUE_BYTES
    if is_long and span.end is not None:
        return refuse_item(source, number, f"/{number}", line, column)
    text = Text(data[span.start : min(end, span.start + MAX_VALUE_BYTES)], line, column)
    value = load_object(text.data)
    if value is not None:
        return Item(number, f"/{number}", line, column, value, (), text)
    parsed = demand_object(text.data, parse_value(text.data))
    if parsed.end is not None:
        return make_item(source, number, f"/{number}", text, parsed)
    flaws = parsed.flaws
    if is_long and parsed.is_cut_off:
        flaws = (*flaws[:-1], Flaw(Rule.SIZE, 0, TOO_LARGE))
    return Unreadable(make_problems(source, text, flaws))
