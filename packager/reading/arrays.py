"""Cut a .json file into blocks: one object, or the items of an array of any size, in bounded memory.

From a place where an item begins, as much is taken as ends before a comma at the same depth. That place is
guessed, by counting brackets, and then proven: what is cut off elsewhere cannot be read (see
`native.load_items`). What cannot be read is halved, until it is one item; that is read exactly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from packager.reading import stream
from packager.reading.block import Block, ItemPlaces
from packager.reading.flaws import BOM, TOO_LARGE, Flaw, Rule, find_mark
from packager.reading.items import (
    Item,
    Unreadable,
    add_problems,
    make_item,
    make_problems,
    parse_short,
    refuse_item,
    tell_empty,
)
from packager.reading.native import NATIVE
from packager.reading.places import Text
from packager.reading.runs import MAX_VALUE_BYTES
from packager.reading.scan import count_byte, skip_space, skip_value
from packager.reading.strict import ArrayEnd, Span, check_rest, demand_object, parse_value, step_to_item
from packager.reading.window import Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from packager.model import Problem, SourceFile
    from packager.reading.items import Read
    from packager.reading.native import Loaded, Loader

_SPACE = b" \t\r\n"
_CHARACTER = 4  # bytes at most: what stands behind an item is judged by the whole of it
_TRIES = 1000  # commas behind the last item that ends in a window that are looked at


def cut_document(
    source: SourceFile, pieces: Iterable[bytes], loader: Loader = NATIVE, size: int | None = None
) -> Iterator[Read]:
    """Yield the object, or the items of the array, or what is wrong with the file.

    `size` is that of the text in bytes, if it is known before it is read.

    Raises:
        CannotReadError: The bytes cannot be read to the end, or one value is too large.
    """
    window = Window(pieces)
    marks = find_mark(window.data)
    told = make_problems(source, Text(BOM), marks)
    if window.skip_space(len(BOM) if marks else 0) == b"[":
        yield from add_problems(told, tell_empty(source, Array(source, window, loader).cut()))
    elif size is not None and size > MAX_VALUE_BYTES:
        raise stream.CannotReadError(Rule.SIZE, TOO_LARGE)
    else:
        yield from add_problems(told, _read_object(source, window, loader))


def _read_object(source: SourceFile, window: Window, loader: Loader) -> Iterator[Item | Unreadable]:
    window.fill(MAX_VALUE_BYTES + 1)
    if not window.ended:
        raise stream.CannotReadError(Rule.SIZE, TOO_LARGE)
    text = Text(window.data[window.at :], *window.text.place(window.at))
    loaded = loader.texts((text.data,), text.data)
    if loaded is not None:
        yield Item(0, "", *text.place(0), loaded.values[0], (), text)
        return
    parsed = demand_object(text.data, parse_value(text.data))
    if parsed.end is None:
        yield Unreadable(make_problems(source, text, parsed.flaws))
    else:
        yield make_item(source, 0, "", text, parsed)


class Array:
    """An array that is being cut; the window is at its opening bracket, and then at an item."""

    def __init__(
        self, source: SourceFile, window: Window, loader: Loader, number: int = 0, pointer: str = ""
    ) -> None:
        """Take the array at this JSON Pointer; its first item is the value of this number of the source."""
        self.source, self.window, self.loader = source, window, loader
        self.number = number
        """Of the next value."""
        self.is_cut_short = False
        """Whether a flaw keeps what follows from being read; known at the end."""
        self._first, self._pointer = number, pointer

    def cut(self) -> Iterator[Read]:
        """Yield the items, and last what is wrong with the array or what follows it."""
        window = self.window
        window.skip_space(1)
        step = step_to_item(window.data, window.at, first=True)
        while isinstance(step, int):
            window.at = step
            window.fill(stream.BLOCK_BYTES)
            block = self._take_all()
            if block is not None:
                yield block
                if window.at == len(window.data):
                    return
                step = window.at
                continue
            spans, step = self._find_spans()
            for read in self._read(spans, 0, len(spans)):
                yield read
                if isinstance(read, Unreadable):
                    self.is_cut_short = True
                    return
        yield from self._end(step)

    def _take_all(self) -> Block | None:
        """Return all items that the window holds, and go on behind them; None if they are to be looked at.

        At the end of the array the window is at its end.
        """
        window = self.window
        data, begin = window.data, window.at
        if window.ended:
            end = len(data.rstrip(_SPACE)) - 1
            behind = len(data)
            if end < begin or data[end : end + 1] != b"]":
                return None
        else:
            found = _find_cut(data, begin)
            if found is None:
                return None
            end, behind = found
        items = data[begin:end]
        loaded = None if len(items) > MAX_VALUE_BYTES else self.loader.items(items)
        if loaded is None or not loaded.values:
            return None
        window.at, place = behind, window.text.place(begin)
        return self._make_block(loaded, items, place)

    def _find_spans(self) -> tuple[list[Span], int | ArrayEnd]:
        """Return the items that the window holds, one at least, and what comes behind them."""
        window = self.window
        spans: list[Span] = []
        step: int | ArrayEnd = window.at
        while isinstance(step, int):
            begin = step
            end = skip_value(window.data, begin)
            behind = len(window.data) if end is None else skip_space(window.data, end)
            if window.data[behind : behind + 1] == b",":
                behind = skip_space(window.data, behind + 1)
            if behind + _CHARACTER > len(window.data) and not window.ended:
                if spans:
                    return spans, begin
                window.more()
                step = window.at
                continue
            spans.append(Span(begin, end))
            if end is None:
                return spans, ArrayEnd(None, ())
            step = step_to_item(window.data, end, first=False)
        return spans, step

    def _read(self, spans: list[Span], first: int, stop: int) -> Iterator[Read]:
        """Yield these items: many at once if they can be taken so."""
        if first == stop:
            return
        begin, end = spans[first].start, spans[stop - 1].end
        items = self.window.data[begin:end]
        loaded = None if end is None or len(items) > MAX_VALUE_BYTES else self.loader.items(items)
        if loaded is not None:
            yield self._make_block(loaded, items, self.window.text.place(begin))
        elif stop - first == 1:
            yield self._read_item(spans[first])
        else:
            middle = (first + stop) // 2
            yield from self._read(spans, first, middle)
            yield from self._read(spans, middle, stop)

    def _make_block(self, loaded: Loaded, items: bytes, place: tuple[int, int]) -> Block:
        places = ItemPlaces(items, place, self._pointer, self._first)
        block = Block(self.number, loaded.values, places, written=loaded.written)
        self.number += block.count
        return block

    def _read_item(self, span: Span) -> Item | Unreadable:
        source, number = self.source, self.number
        pointer = self._point()
        data, start = self.window.data, span.start
        place = self.window.text.place(start)
        self.number += 1
        end = len(data) if span.end is None else span.end
        is_long = end - start > MAX_VALUE_BYTES
        if is_long and span.end is not None:
            return refuse_item(source, number, pointer, *place)
        text = Text(data[start : min(end, start + MAX_VALUE_BYTES)], *place)
        parsed = demand_object(text.data, parse_short(text.data))
        if parsed.end is not None:
            return make_item(source, number, pointer, text, parsed)
        flaws = parsed.flaws
        if is_long and parsed.is_cut_off:
            flaws = (*flaws[:-1], Flaw(Rule.SIZE, 0, TOO_LARGE))
        return Unreadable(make_problems(source, text, flaws))

    def _point(self) -> str:
        """Return the JSON Pointer of the next item."""
        return f"{self._pointer}/{self.number - self._first}"

    def _end(self, step: ArrayEnd) -> Iterator[Unreadable]:
        window = self.window
        problems = make_problems(self.source, window.text, step.flaws)
        self.is_cut_short = step.end is None
        if step.end is not None:
            window.at = step.end
            problems += self._check_rest()
        if problems:
            yield Unreadable(problems)

    def _check_rest(self) -> tuple[Problem, ...]:
        """Return what is wrong with what follows the array, however far the first of it is."""
        window = self.window
        comma = b"," if window.skip_space(0) == b"," else b""
        begin = Text(comma, *window.text.place(window.at))
        window.skip_space(len(comma))
        window.fill(_CHARACTER)
        behind = Text(window.data[window.at :], *window.text.place(window.at))
        rest = check_rest(comma + behind.data, 0)
        if rest is None:
            return ()
        text, offset = (begin, 0) if rest.offset < len(comma) else (behind, rest.offset - len(comma))
        return make_problems(self.source, text, [rest._replace(offset=offset)])


def _find_cut(data: bytes, begin: int) -> tuple[int, int] | None:
    """Return where a text of items may be cut that begins where one does, and where the next one begins.

    That is behind the last closing brace with a comma behind it, up to which as many brackets are closed as
    are opened.
    """
    at, depth = len(data), _count_open(data, begin, len(data))
    brace = at
    for _ in range(_TRIES):
        brace = data.rfind(b"}", begin, brace)
        if brace < 0:
            return None
        depth -= _count_open(data, brace + 1, at)
        at = brace + 1
        comma = skip_space(data, at)
        if depth == 0 and data[comma : comma + 1] == b",":
            behind = skip_space(data, comma + 1)
            if data[behind : behind + 1] not in {b"", b"]"}:  # what is wrong there is told exactly
                return at, behind
    return None


def _count_open(data: bytes, begin: int, end: int) -> int:
    text = data[begin:end]
    opened, closed = ([count_byte(text, each) for each in pair] for pair in ((b"{", b"["), (b"}", b"]")))
    return sum(opened) - sum(closed)
