"""A block: sound values that follow one another, with the text in which they stand. Pure.

Lines and columns are found when they are asked for, and of no value of which nobody asks.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from packager.reading.items import Item
from packager.reading.places import Text
from packager.reading.runs import split_lines
from packager.reading.scan import FLAT_ITEM, find_place, skip_space, skip_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from packager.model import JsonObject
    from packager.reading.carry import Carried

    Span = tuple[int, int]
    """Begin and end in bytes; white space may stand at the end."""


class Places(ABC):
    """A text that holds values, and where each stands."""

    __slots__ = ("_spans", "_texts", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._spans: list[Span] | None = None
        self._texts: dict[int, Text] = {}

    def text(self, index: int) -> Text:
        """Return the text of a value, which knows its line and column."""
        if index not in self._texts:
            begin, end = self.spans()[index]
            self._texts[index] = Text(self.data[begin:end], *self._place(index, begin))
        return self._texts[index]

    def spans(self) -> list[Span]:
        """Return where each value stands in the text."""
        if self._spans is None:
            self._spans = list(self._find_spans())
        return self._spans

    def pointer(self, _number: int) -> str:
        """Return the JSON Pointer of the value of this number in its file."""
        return ""

    @abstractmethod
    def _find_spans(self) -> Iterator[Span]: ...

    @abstractmethod
    def _place(self, index: int, offset: int) -> tuple[int, int]:
        """Return line and column of the value of this index, which begins at this byte."""


class LinePlaces(Places):
    """Whole lines, one value on each that is not blank."""

    __slots__ = ("_line", "_lines")

    def __init__(self, data: bytes, line: int) -> None:
        super().__init__(data)
        self._line = line
        """Of the first byte."""
        self._lines: list[int] = []

    def _find_spans(self) -> Iterator[Span]:
        at = 0
        for number, line in enumerate(split_lines(self.data), self._line):
            begin = skip_space(line, 0)
            if begin < len(line):
                self._lines.append(number)
                yield at + begin, at + len(line)
            at += len(line) + 1

    def _place(self, index: int, offset: int) -> tuple[int, int]:
        # Before a value stands white space at most: as many columns as bytes.
        return self._lines[index], offset - self.data.rfind(b"\n", 0, offset)


class ItemPlaces(Places):
    """Items of an array, with the commas between them."""

    __slots__ = ("_array", "_begin", "_first", "_last")

    def __init__(self, data: bytes, place: tuple[int, int], array: str = "", begin: int = 0) -> None:
        super().__init__(data)
        self._array, self._begin = array, begin
        """The JSON Pointer of the array, and the number of its first item in the file."""
        self._first = self._last = 0, *place
        """A byte, its line and column: of the first value, and of the one that was asked for last."""

    def pointer(self, number: int) -> str:
        """Return `/7` for the eighth item."""
        return f"{self._array}/{number - self._begin}"

    def _find_spans(self) -> Iterator[Span]:
        at = 0
        while at < len(self.data):
            scanner: Any = FLAT_ITEM.scanner(self.data, at)  # type: ignore[attr-defined]
            for found in iter(scanner.match, None):
                yield found.span(1)
                at = found.end()
            if at == len(self.data):
                return
            end = skip_value(self.data, at)
            assert end is not None  # noqa: S101 - the text is sound
            yield at, end
            at = skip_space(self.data, skip_space(self.data, end) + 1)

    def _place(self, _: int, offset: int) -> tuple[int, int]:
        known = self._last if self._last[0] <= offset else self._first
        self._last = offset, *find_place(self.data, offset, *known)
        return self._last[1:]


class FilePlaces(Places):
    """Whole files of one value each, with one byte between them."""

    __slots__ = ("_ends", "_sizes")

    def __init__(self, data: bytes, sizes: Sequence[int]) -> None:
        super().__init__(data)
        self._sizes = sizes
        self._ends = list(accumulate(size + 1 for size in sizes))

    def whole(self, index: int) -> bytes:
        """Return the bytes of a file, white space included."""
        end = self._ends[index] - 1
        return self.data[end - self._sizes[index] : end]

    def _find_spans(self) -> Iterator[Span]:
        for size, end in zip(self._sizes, self._ends, strict=True):
            yield skip_space(self.data, end - 1 - size), end - 1

    def _place(self, index: int, offset: int) -> tuple[int, int]:
        return find_place(self.data, offset, self._ends[index] - 1 - self._sizes[index])


class Block:
    """Sound values, of one source or each the whole of its own."""

    __slots__ = ("_first", "carried", "number", "places", "sources", "values", "written")

    def __init__(  # noqa: PLR0913 - what a block is made of
        self,
        number: int,
        values: list[JsonObject],
        places: Places,
        *,
        first: int = 0,
        sources: Sequence[int] | None = None,
        written: bytes | None = None,
    ) -> None:
        self.number = number
        """Of the first value, as Item.number."""
        self.values = values
        self.places = places
        self.sources = sources
        """The number of the source of each value, if it is the whole of it; None: all are of one source."""
        self.written = written
        """The values as orjson writes them, with sorted keys and a comma between each two; None: not yet."""
        self.carried: Carried | None = None
        """What all values have received of their document."""
        self._first = first
        """Which value of the text is the first of the block."""

    @property
    def count(self) -> int:
        """How many values there are."""
        return len(self.values)

    @property
    def data(self) -> bytes:
        """The text in which they stand, perhaps among others, but for what is carried."""
        return self.places.data

    def text(self, index: int) -> Text:
        """Return the text of a value, which knows its line and column."""
        return self.places.text(self._first + index)

    def item(self, index: int) -> Item:
        """Return a value with its place."""
        number = 0 if self.sources is not None else self.number + index
        text = self.text(index)
        pointer = self.places.pointer(number)
        return Item(number, pointer, *text.place(0), self.values[index], (), text, self.carried)

    def items(self) -> Iterator[Item]:
        """Yield all values with their places."""
        return map(self.item, range(self.count))

    def cut(self, indices: Sequence[int]) -> Iterator[Block | Item]:
        """Yield the values at these indices, which ascend, as items, and those between them as blocks."""
        begin = 0
        for index in (*indices, self.count):
            if begin < index:
                yield self.part(begin, index)
            if index < self.count:
                yield self.item(index)
            begin = index + 1

    def part(self, begin: int, end: int) -> Block:
        """Return some of the values as a block of their own."""
        part = Block(
            self.number + begin,
            self.values[begin:end],
            self.places,
            first=self._first + begin,
            sources=None if self.sources is None else self.sources[begin:end],
        )
        part.carried = self.carried
        return part
