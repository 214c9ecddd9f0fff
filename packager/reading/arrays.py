"""Cut a .json file into blocks: one object, or the items of an array of any size, in bounded memory.

From a place where an item begins, as much is taken as ends before a comma at the same depth. That place is
guessed, by counting brackets, and then proven: what is cut off elsewhere cannot be read (see
`native.load_items`). What cannot be read is halved, until it is one item; that is read exactly.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from packager.reading import stream
from packager.reading.block import Block, ItemPlaces
from packager.reading.flaws import BOM, TOO_LARGE, Flaw, Rule, find_mark
from packager.reading.items import Empty, Item, Unreadable, find_empty, make_item, make_problems, refuse_item
from packager.reading.native import NATIVE
from packager.reading.places import Text
from packager.reading.runs import MAX_SKIPPED_BYTES, MAX_VALUE_BYTES
from packager.reading.scan import count_byte, skip_space, skip_value
from packager.reading.strict import ArrayEnd, Span, check_rest, demand_object, parse_value, step_to_item

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from packager.model import Problem, SourceFile
    from packager.reading.native import Loaded, Loader

    _Read = Block | Item | Empty | Unreadable

_SPACE = b" \t\r\n"
_CHARACTER = 4  # bytes at most: what stands behind an item is judged by the whole of it
_TRIES = 1000  # commas behind the last item that ends in a window that are looked at


def cut_document(
    source: SourceFile, pieces: Iterable[bytes], loader: Loader = NATIVE, size: int | None = None
) -> Iterator[_Read]:
    """Yield the object, or the items of the array, or what is wrong with the file.

    `size` is that of the text in bytes, if it is known before it is read.

    Raises:
        CannotReadError: The bytes cannot be read to the end, or one value is too large.
    """
    window = _Window(iter(pieces))
    marks = find_mark(window.data)
    if window.skip_space(len(BOM) if marks else 0) == b"[":
        yield from _Array(source, window, loader).cut(make_problems(source, Text(window.data), marks))
    elif size is not None and size > MAX_VALUE_BYTES:
        raise stream.CannotReadError(Rule.SIZE, TOO_LARGE)
    else:
        yield _read_object(source, window, marks, loader)


class _Window:
    """What is held of a document, and where that is."""

    __slots__ = ("_pieces", "at", "data", "ended", "text")

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self.data = b""
        self.text = Text(b"")
        """The same bytes, with their lines and columns."""
        self.at = 0
        """What stands before is done with."""
        self.ended = False
        self.fill(len(BOM))

    def fill(self, size: int) -> bool:
        """Hold so many bytes from here on, if there are as many; return whether some were read."""
        wanted = self.at + size - len(self.data)
        if self.ended or wanted <= 0:
            return False
        if size > MAX_VALUE_BYTES + MAX_SKIPPED_BYTES:
            raise stream.CannotReadError(Rule.SIZE, TOO_LARGE, self.text.place(self.at)[0])
        read = [self.data[self.at :]]
        while wanted > 0 and (piece := next(self._pieces, None)) is not None:
            read.append(piece)
            wanted -= len(piece)
        self.ended = wanted > 0
        place = self.text.place(self.at)
        self.data, self.at = b"".join(read), 0
        self.text = Text(self.data, *place)
        return len(read) > 1

    def more(self) -> bool:
        """Hold twice as much from here on; return whether some bytes were read."""
        return self.fill(2 * (len(self.data) - self.at) or 1)

    def skip_space(self, count: int) -> bytes:
        """Go on by so many bytes and over white space; return the byte that stands there."""
        self.at += count
        while True:
            self.at = skip_space(self.data, self.at)
            if self.at < len(self.data) or not self.fill(1):
                return self.data[self.at : self.at + 1]


def _read_object(
    source: SourceFile, window: _Window, marks: tuple[Flaw, ...], loader: Loader
) -> Item | Unreadable:
    window.fill(MAX_VALUE_BYTES + 1)
    if not window.ended:
        raise stream.CannotReadError(Rule.SIZE, TOO_LARGE)
    text = Text(window.data[window.at :], *window.text.place(window.at))
    loaded = None if marks else loader.texts((text.data,), text.data)
    if loaded is not None:
        return Item(0, "", *text.place(0), loaded.values[0], (), text)
    told = make_problems(source, Text(BOM), marks)
    parsed = demand_object(text.data, parse_value(text.data))
    if parsed.end is None:
        return Unreadable((*told, *make_problems(source, text, parsed.flaws)))
    item = make_item(source, 0, "", text, parsed)
    return replace(item, problems=(*told, *item.problems)) if told else item


class _Array:
    """An array that is being cut; the window is at its opening bracket, and then at an item."""

    def __init__(self, source: SourceFile, window: _Window, loader: Loader) -> None:
        self.source, self.window, self.loader = source, window, loader
        self.number = 0

    def cut(self, marks: tuple[Problem, ...]) -> Iterator[_Read]:
        """Yield the items; `marks` is what is wrong with the beginning of the file."""
        window = self.window
        window.skip_space(1)
        step = step_to_item(window.data, window.at, first=True)
        while isinstance(step, int):
            window.at = step
            window.fill(stream.BLOCK_BYTES)
            block = None if marks else self._take_all()
            if block is not None:
                yield block
                if window.at == len(window.data):
                    return
                step = window.at
                continue
            spans, step = self._find_spans()
            first = 0
            if marks:
                item = self._read_item(spans[0])
                yield replace(item, problems=(*marks, *item.problems))
                first, marks = 1, ()
            for read in self._read(spans, first, len(spans)):
                yield read
                if isinstance(read, Unreadable):
                    return
        yield from self._end(step, marks)

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
        block = self._make_block(loaded, items, begin)
        window.at = behind
        return block

    def _make_block(self, loaded: Loaded, items: bytes, begin: int) -> Block:
        places = ItemPlaces(items, self.window.text.place(begin))
        block = Block(self.number, loaded.values, places, written=loaded.written)
        self.number += block.count
        return block

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

    def _read(self, spans: list[Span], first: int, stop: int) -> Iterator[Block | Item | Unreadable]:
        """Yield these items: many at once if they can be taken so."""
        if first == stop:
            return
        begin, end = spans[first].start, spans[stop - 1].end
        items = self.window.data[begin:end]
        loaded = None if end is None or len(items) > MAX_VALUE_BYTES else self.loader.items(items)
        if loaded is not None:
            yield self._make_block(loaded, items, begin)
        elif stop - first == 1:
            yield self._read_item(spans[first])
        else:
            middle = (first + stop) // 2
            yield from self._read(spans, first, middle)
            yield from self._read(spans, middle, stop)

    def _read_item(self, span: Span) -> Item | Unreadable:
        source, number, pointer = self.source, self.number, f"/{self.number}"
        data, start = self.window.data, span.start
        place = self.window.text.place(start)
        self.number += 1
        end = len(data) if span.end is None else span.end
        is_long = end - start > MAX_VALUE_BYTES
        if is_long and span.end is not None:
            return refuse_item(source, number, pointer, *place)
        text = Text(data[start : min(end, start + MAX_VALUE_BYTES)], *place)
        parsed = demand_object(text.data, parse_value(text.data))
        if parsed.end is not None:
            return make_item(source, number, pointer, text, parsed)
        flaws = parsed.flaws
        if is_long and parsed.is_cut_off:
            flaws = (*flaws[:-1], Flaw(Rule.SIZE, 0, TOO_LARGE))
        return Unreadable(make_problems(source, text, flaws))

    def _end(self, step: ArrayEnd, marks: tuple[Problem, ...]) -> Iterator[Empty | Unreadable]:
        window = self.window
        problems = (*marks, *make_problems(self.source, window.text, step.flaws))
        if step.end is not None:
            window.at = step.end
            if window.skip_space(0):
                window.fill(stream.BLOCK_BYTES)
                rest = check_rest(window.data, window.at)
                problems += make_problems(self.source, window.text, [rest] if rest else [])
        if problems:
            yield Unreadable(problems)
        elif not self.number:
            yield find_empty(self.source)


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
