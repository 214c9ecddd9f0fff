"""Hold a part of a text that comes in pieces, and know where that part is. Bounded by the largest value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packager.reading.flaws import BOM, TOO_LARGE, Rule
from packager.reading.places import Text
from packager.reading.runs import MAX_SKIPPED_BYTES, MAX_VALUE_BYTES
from packager.reading.scan import skip_space
from packager.reading.stream import CannotReadError

if TYPE_CHECKING:
    from collections.abc import Iterable


class Window:
    """What is held of a document, and where that is."""

    __slots__ = ("_pieces", "at", "data", "ended", "text")

    def __init__(self, pieces: Iterable[bytes], place: tuple[int, int] = (1, 1)) -> None:
        self._pieces = iter(pieces)
        self.data = b""
        self.text = Text(b"", *place)
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
            raise CannotReadError(Rule.SIZE, TOO_LARGE, self.text.place(self.at)[0])
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
