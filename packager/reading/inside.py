"""Cut files whose segments are inside of documents into blocks, with what the documents give to them.

A document is gone through once to find the array, which is then read as any other one. One that has a flaw
around its array is one bad value: whatever its segments receive would be in doubt.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from packager.reading.arrays import Array
from packager.reading.block import Block
from packager.reading.carry import carry_values, find_carried
from packager.reading.flaws import BOM, Flaw, Rule, find_mark, quote
from packager.reading.frame import cut_range, find_frame
from packager.reading.items import CERTAIN, Item, Unreadable, add_problems, make_problems, tell_empty
from packager.reading.lines import Joiner, is_blank, read_line
from packager.reading.places import Text
from packager.reading.runs import MAX_VALUE_BYTES, LineReader, LongLine
from packager.reading.stream import find_first, read_pieces
from packager.reading.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from packager.model import Inside, Problem, SourceFile
    from packager.reading.frame import Frame
    from packager.reading.items import Read
    from packager.reading.native import Loader
    from packager.reading.stream import Tap
    from packager.reading.strict import Span

    _Pieces = Callable[[], Iterable[bytes]]


class _Document(NamedTuple):
    """A document, and where it is in its file."""

    skim: _Pieces
    """Gives its pieces."""
    read: _Pieces
    """Gives them once more, while the file's tap sees them."""
    number: int
    """Of its first segment in the file."""
    place: tuple[int, int] = (1, 1)
    pointer: str = ""


def cut_documents(source: SourceFile, inside: Inside, tap: Tap | None, loader: Loader) -> Iterator[Read]:
    """Yield the segments of a .json file, which is a document or an array of them.

    Raises:
        CannotReadError: The bytes cannot be read to the end, or one value is too large.
    """
    told: tuple[Problem, ...] = ()
    if "" not in inside.items and find_first(source.place) == b"[":
        window = Window(read_pieces(source.place, tap=tap))
        marks = find_mark(window.data)
        told = make_problems(source, Text(BOM), marks)
        window.skip_space(len(BOM) if marks else 0)
        reads: Iterator[Read] = _Documents(source, inside, window, loader).cut()
    else:
        skim, read = partial(read_pieces, source.place), partial(read_pieces, source.place, tap=tap)
        reads = _cut(source, inside, _Document(skim, read, 0), loader)
    yield from add_problems(told, tell_empty(source, reads))


def cut_document_lines(
    source: SourceFile, inside: Inside, pieces: Iterable[bytes], loader: Loader
) -> Iterator[Read]:
    """Yield the segments of a file whose lines are documents.

    Raises:
        CannotReadError: The bytes cannot be read to the end.
    """
    lines = LineReader(pieces)
    joiner = Joiner(lines)
    number = 0
    while (line := lines.take()) is not None:
        if is_blank(line):
            continue
        reads: list[Read] = []
        if not isinstance(line, LongLine):
            document = _hold(line, number, (lines.number, 1))
            reads = list(_cut(source, inside, document, loader))
        if isinstance(line, LongLine) or (reads and isinstance(reads[-1], Unreadable)):
            reads = [replace(read_line(source, number, line, joiner), value=None)]
        for read in reads:
            yield read
            number += _count(read)


class _Documents(Array):
    """An array of documents."""

    def __init__(self, source: SourceFile, inside: Inside, window: Window, loader: Loader) -> None:
        super().__init__(source, window, loader)
        self._inside = inside
        self._index = 0
        """Of the next document."""

    def _take_all(self) -> None:
        """Leave each document to be read by itself."""

    def _read(self, spans: list[Span], first: int, stop: int) -> Iterator[Read]:
        for span in spans[first:stop]:
            start, end = span
            if end is None or end - start > MAX_VALUE_BYTES:
                yield self._read_item(span)
            else:
                place = self.window.text.place(start)
                document = _hold(self.window.data[start:end], self.number, place, self._point())
                for read in _cut(self.source, self._inside, document, self.loader):
                    yield read
                    self.number += _count(read)
            self._index += 1

    def _point(self) -> str:
        return f"/{self._index}"


def _hold(data: bytes, number: int, place: tuple[int, int], pointer: str = "") -> _Document:
    pieces = partial(iter, (data,))
    return _Document(pieces, pieces, number, place, pointer)


def _count(read: Read) -> int:
    return read.count if isinstance(read, Block) else 1


def _cut(source: SourceFile, inside: Inside, document: _Document, loader: Loader) -> Iterator[Read]:
    """Yield the segments of a document."""
    frame = find_frame(document.skim, inside.items, document.place, loader)
    parsed = frame.parsed
    told = make_problems(source, frame.text, parsed.flaws)
    if frame.ends_early:
        yield Unreadable(told)
        return
    at = frame.text.place(parsed.start)
    bad = Item(document.number, document.pointer, *at, None, told, frame.text)
    if frame.array is None:
        for _ in document.read():
            pass
        lack = make_problems(source, frame.text, [_find_lack(inside, frame)])
        yield replace(bad, problems=(*told, *lack))
        return
    begin, end, place = frame.array
    window = Window(cut_range(document.read(), begin, end), place)
    pointer = f"{document.pointer}{frame.pointer}"
    array = Array(source, window, loader, document.number, pointer)
    certain = all(flaw.rule in CERTAIN and not frame.is_behind(flaw) for flaw in parsed.flaws)
    if certain and (parsed.value is not None or not inside.carry):
        carried = find_carried(inside.carry, frame)
        yield from _add_problems(bad, carry_values(source, carried, array.cut()))
    else:
        yield _gather(frame, bad, array)


def _add_problems(bad: Item, reads: Iterator[Read]) -> Iterator[Read]:
    read = None
    for read in add_problems(bad.problems, reads):
        yield read
    if read is None and bad.problems:
        yield bad


def _gather(frame: Frame, bad: Item, array: Array) -> Item | Unreadable:
    """Return all that is wrong with the text of a document that has flaws around its array."""
    problems: list[Problem] = []
    unreadable = frame.parsed.end is None
    for read in array.cut():
        if isinstance(read, Item | Unreadable):
            problems += read.problems
        unreadable |= isinstance(read, Unreadable)
    before = sum(not frame.is_behind(flaw) for flaw in frame.parsed.flaws)
    around = bad.problems[:before] if array.is_cut_short else bad.problems
    told = (*around, *problems)
    return Unreadable(told) if unreadable else replace(bad, problems=told)


def _find_lack(inside: Inside, frame: Frame) -> Flaw:
    """Say that a document has no array of segments."""
    if frame.pointer is not None:
        message = f"{quote(frame.pointer)} leads to something else than an array: put the segments into one"
    else:
        sought = " or ".join(map(quote, inside.items))
        message = f"this document has nothing at {sought}, where the array of its segments is expected"
    return Flaw(Rule.NO_ITEMS, frame.parsed.start, message)
