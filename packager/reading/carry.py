"""Give segments what their document says around them, and know where that is. Pure."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from packager.model import to_pointer
from packager.reading.block import Block
from packager.reading.flaws import Rule, quote
from packager.reading.items import Item, make_problem
from packager.reading.places import NUMBER, read_pointer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from packager.model import JsonObject, JsonValue, Problem, SourceFile
    from packager.reading.frame import Frame
    from packager.reading.items import Read
    from packager.reading.places import Text


class Carried(NamedTuple):
    """What segments receive of their document."""

    values: JsonObject
    """By the names that they have in a segment."""
    origins: Mapping[str, str]
    """The JSON Pointer of each in a segment, and the one in the document."""
    text: Text
    """Of the document, but for its segments."""


def find_carried(carry: Sequence[tuple[str, str]], frame: Frame) -> Carried:
    """Return those of these properties, each with a JSON Pointer, that a document has around its array."""
    carried = Carried({}, origins := {}, frame.text)
    for name, pointer in carry:
        if not f"{frame.pointer}/".startswith(f"{pointer}/"):  # what holds the array is not around it
            with suppress(LookupError):
                carried.values[name] = _resolve(frame.parsed.value, pointer)
                origins[to_pointer([name])] = pointer
    return carried


def carry_values(source: SourceFile, carried: Carried, reads: Iterable[Read]) -> Iterator[Read]:
    """Yield what was read, with what is carried; a segment that has such a property itself has an error."""
    names = carried.values.keys()
    for read in reads:
        if not names:
            yield read
        elif isinstance(read, Item) and read.value is not None:
            yield _carry_to_item(source, carried, read, read.value)
        elif isinstance(read, Block):
            clashing = [index for index, value in enumerate(read.values) if not names.isdisjoint(value)]
            for part in read.cut(clashing):
                if isinstance(part, Item):
                    yield _carry_to_item(source, carried, part, part.value or {})
                else:
                    for value in part.values:
                        value.update(carried.values)
                    part.carried, part.written = carried, None
                    yield part
        else:
            yield read


def _carry_to_item(source: SourceFile, carried: Carried, item: Item, value: JsonObject) -> Item:
    clashes: list[Problem] = []
    origins = dict(carried.origins)
    for name in carried.values.keys() & value.keys():
        pointer = to_pointer([name])
        message = f"the segment has this property, and the document gives it {quote(origins.pop(pointer))}"
        place = item.text.place(item.text.find_name(pointer))
        told = f"{message}: keep one of them"
        clashes.append(make_problem(source, Rule.CARRY_CLASH, told, place, pointer))
    return replace(
        item,
        value={**value, **{name: each for name, each in carried.values.items() if name not in value}},
        problems=(*item.problems, *sorted(clashes)),
        carried=carried._replace(origins=origins),
    )


def _resolve(value: JsonValue, pointer: str) -> JsonValue:
    for token in read_pointer(pointer):
        if isinstance(value, dict):
            value = value[token]
        elif isinstance(value, list) and NUMBER.fullmatch(token):
            value = value[int(token)]
        else:
            raise LookupError
    return value
