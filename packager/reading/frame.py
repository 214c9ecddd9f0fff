"""Find an array inside a document of any size, and hold what is around it.

Judges nothing: brackets are counted, strings are passed over. What is around the array is parsed by itself,
with no item between its brackets, so that all flaws of it are told where they are. An array that is not sound
may seem to end elsewhere, but never before its first flaw.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from packager.reading.flaws import BOM, Flaw, Rule
from packager.reading.places import NUMBER, Text, read_pointer
from packager.reading.runs import MAX_VALUE_BYTES
from packager.reading.scan import close_brackets, skip_space, skip_value
from packager.reading.stream import CannotReadError
from packager.reading.strict import Parsed, check_rest, parse_value, read_string
from packager.reading.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from packager.reading.native import Loader

MAX_AROUND_BYTES: Final = MAX_VALUE_BYTES
"""How much of a document may be around the array; that is held."""

_TOO_LARGE: Final = (
    "around its segments a document may have 64 MiB, this one has more: "
    "see that its segments are in the array that is named, and take away what is not needed"
)


class Around(Text):
    """A document without the items of its array."""

    __slots__ = ("head", "tail")

    def __init__(self, head: Text, tail: Text) -> None:
        super().__init__(head.data + tail.data)
        self.head = head
        """Up to the opening bracket."""
        self.tail = tail
        """From the closing bracket on; empty if there is no array, or no end of it."""

    def place(self, offset: int) -> tuple[int, int]:
        """Return line and column in the document of the character that begins at this byte."""
        size = len(self.head.data)
        return (
            self.tail.place(offset - size) if self.tail.data and offset >= size else self.head.place(offset)
        )


class Span(NamedTuple):
    """Where the array is in the document."""

    begin: int
    """Its opening bracket, in bytes."""
    end: int
    """Behind its closing bracket, in bytes; the end of the document if it has none."""
    place: tuple[int, int]
    """Line and column of the opening bracket."""


class Frame(NamedTuple):
    """What is around the array of a document."""

    text: Around
    parsed: Parsed
    """The document without the items; no end if a flaw that is outside of the array ended the reading."""
    pointer: str | None
    """What leads to the array, or to what is there in place of one; None if nothing is."""
    array: Span | None
    """None: there is no array."""

    @property
    def ends_early(self) -> bool:
        """Whether nothing can be read from the array on."""
        parsed = self.parsed
        return parsed.end is None and (self.array is None or not self.is_behind(parsed.flaws[-1]))

    def is_behind(self, flaw: Flaw) -> bool:
        """Return whether a flaw is behind the array."""
        return flaw.offset >= len(self.text.head.data)


def find_frame(
    read: Callable[[], Iterable[bytes]],
    pointers: Sequence[str],
    place: tuple[int, int],
    loader: Loader,
) -> Frame:
    """Return what is around the array at the first of these JSON Pointers that leads somewhere.

    `read` gives the pieces of the document, and is called once for each pointer that is tried; the document
    begins at this place.

    Raises:
        CannotReadError: The bytes cannot be read to the end, or there is too much around the array.
    """
    for pointer in pointers:
        walk = _Walk(read(), place)
        if walk.find(pointer):
            return walk.finish(pointer, loader)
    return walk.finish(None, loader)


class _Walk:
    """A way through a document; what is passed is kept."""

    def __init__(self, pieces: Iterable[bytes], place: tuple[int, int]) -> None:
        self.window = Window(pieces, place)
        self.offset = 0
        """Of the window's place in the document, in bytes."""
        self._place = place
        self._kept: list[bytes] | None = []
        """None: nothing is kept."""
        self._size = 0
        self._beyond: int | None = None
        """The line where it became too much."""
        if self.window.data.startswith(BOM):
            self._pass(len(BOM))

    def find(self, pointer: str) -> bool:
        """Go to the value at this JSON Pointer, if there is one, and return whether there is."""
        return all(self._enter(token) for token in read_pointer(pointer)) and self._skip_space() != b""

    def finish(self, pointer: str | None, loader: Loader) -> Frame:
        """Go on to the end from the value at this JSON Pointer, None if it was not found."""
        window = self.window
        array, tail = None, Text(b"")
        if pointer is None or window.data[window.at : window.at + 1] != b"[":
            self._pass_rest()
            head = Text(self._take(), *self._place)
        else:
            begin, place = self.offset, window.text.place(window.at)
            self._pass(window.at + 1)
            head = Text(self._take(), *self._place)
            self._kept = None
            closed = self._leave()
            self._kept = []
            tail_place = window.text.place(window.at)
            array = Span(begin, self.offset + closed, place)
            self._pass_rest()
            tail = Text(self._take(), *tail_place)
        text = Around(head, tail)
        parsed = _parse(text.data, loader)
        if array is not None and not tail.data and parsed.is_cut_off:  # who reads the array tells more
            parsed = parsed._replace(end=len(head.data), flaws=parsed.flaws[:-1])
        return Frame(text, parsed, pointer, array)

    def _enter(self, token: str) -> bool:
        """Go to the member of this name or number of the value that begins here, if it is there."""
        opening = self._skip_space()
        if opening == b"{":
            return self._enter_object(token)
        return opening == b"[" and NUMBER.fullmatch(token) is not None and self._enter_array(int(token))

    def _enter_object(self, name: str) -> bool:
        while self._step() == b'"':
            window = self.window
            while (end := skip_value(window.data, window.at)) is None:
                if not window.more():
                    return False
            found, _ = read_string(window.data[window.at : end], 0)
            self._pass(end)
            if self._skip_space() != b":":
                return False
            if self._step() and found == name:
                return True
            if not self._skip_value() or self._skip_space() != b",":
                return False
        return False

    def _enter_array(self, number: int) -> bool:
        following = self._step()
        for _ in range(number):
            if not self._skip_value() or self._skip_space() != b",":
                return False
            following = self._step()
        return following not in {b"", b"]"}

    def _step(self) -> bytes:
        """Go on by a byte and over white space; return the byte there."""
        self._pass(self.window.at + 1)
        return self._skip_space()

    def _skip_space(self) -> bytes:
        window = self.window
        while True:
            self._pass(skip_space(window.data, window.at))
            if window.at < len(window.data) or not window.more():
                return window.data[window.at : window.at + 1]

    def _skip_value(self) -> bool:
        """Go behind the value that begins here; return whether it has an end."""
        window = self.window
        first = window.data[window.at : window.at + 1]
        if first in {b"{", b"["}:
            self._pass(window.at + 1)
            if not self._leave():
                return False
            self._pass(window.at + 1)
            return True
        while True:
            end = skip_value(window.data, window.at)
            if end is None and first != b'"':
                return False
            if (end is None or end == len(window.data)) and window.more():
                continue
            self._pass(len(window.data) if end is None else end)
            return end is not None

    def _leave(self) -> bool:
        """Go to the bracket that closes the one that was passed last; return whether it is there."""
        window, depth = self.window, 1
        while True:
            at, depth = close_brackets(window.data, window.at, depth)
            if not depth:
                self._pass(at - 1)
                return True
            self._pass(at)
            if not window.more():
                self._pass(len(window.data))  # a string that has no end
                return False

    def _pass_rest(self) -> None:
        while True:
            self._pass(len(self.window.data))
            if not self.window.more():
                return

    def _pass(self, to: int) -> None:
        window = self.window
        if self._kept is not None:
            self._kept.append(window.data[window.at : to])
            self._size += to - window.at
            if self._size > MAX_AROUND_BYTES:
                self._beyond = self._beyond or window.text.place(window.at)[0]
                self._kept.clear()
        self.offset += to - window.at
        window.at = to

    def _take(self) -> bytes:
        """Return what was kept."""
        if self._beyond is not None:
            raise CannotReadError(Rule.SIZE, _TOO_LARGE, self._beyond)
        return b"".join(self._kept or ())


def cut_range(pieces: Iterable[bytes], begin: int, end: int) -> Iterator[bytes]:
    """Yield the bytes from one to another; what follows them is read too."""
    at = 0
    for piece in pieces:
        if part := piece[max(begin - at, 0) : max(end - at, 0)]:
            yield part
        at += len(piece)


def _parse(data: bytes, loader: Loader) -> Parsed:
    if (loaded := loader.texts((data,), data)) is not None:
        return Parsed(loaded.values[0], skip_space(data, 0), len(data), ())
    parsed = parse_value(data)
    rest = None if parsed.end is None else check_rest(data, parsed.end)
    return parsed if rest is None else parsed._replace(end=None, flaws=(*parsed.flaws, rest))
