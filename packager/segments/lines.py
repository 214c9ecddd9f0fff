"""Cut blocks of bytes into lines, with a look ahead and a limit on the length of one. Pure.

Only LF ends a line. A line beyond the limit is passed over, not kept.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_VALUE_BYTES = 64 << 20
"""The longest line of a .jsonl file, and the largest segment of a .json file."""

MAX_SKIPPED_BYTES = 256 << 20
"""How much of a line beyond MAX_VALUE_BYTES is read in search of its end."""


@dataclass(frozen=True, slots=True)
class LongLine:
    """A line beyond MAX_VALUE_BYTES."""

    ended: bool
    """False: it goes on beyond MAX_SKIPPED_BYTES; what follows it was not read."""


class LineReader:
    """The lines of a file in order, without their LF."""

    __slots__ = ("_ahead", "_lines", "number")

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._lines = _split_lines(blocks)
        self._ahead: deque[bytes | LongLine] = deque()
        self.number = 0
        """Of the line that was taken last, from 1."""

    def take(self) -> bytes | LongLine | None:
        """Return the next line, None at the end of the file."""
        line = self._ahead.popleft() if self._ahead else next(self._lines, None)
        if line is not None:
            self.number += 1
        return line

    def peek(self, count: int, limit: int) -> list[bytes]:
        """Return up to so many of the next lines, together at most `limit` bytes, and take none."""
        found: list[bytes] = []
        for line in self._look(count):
            if isinstance(line, LongLine) or (limit := limit - len(line) - 1) < 0:
                break
            found.append(line)
        return found

    def skip(self, count: int) -> None:
        """Take so many lines that `peek` has shown."""
        for _ in range(count):
            self._ahead.popleft()
        self.number += count

    def _look(self, count: int) -> Iterator[bytes | LongLine]:
        yield from islice(self._ahead, count)
        for line in islice(self._lines, count - min(count, len(self._ahead))):
            self._ahead.append(line)
            yield line


def _split_lines(blocks: Iterable[bytes]) -> Iterator[bytes | LongLine]:
    begun: list[bytes] = []  # a line is joined once, however many blocks it reaches over
    size = 0
    for block in blocks:
        first, *others = block.split(b"\n")
        size += len(first)
        if size <= MAX_VALUE_BYTES:
            begun.append(first)
        else:
            begun.clear()
            if size > MAX_VALUE_BYTES + MAX_SKIPPED_BYTES:
                yield LongLine(ended=False)
                return
        if others:
            yield b"".join(begun) if size <= MAX_VALUE_BYTES else LongLine(ended=True)
            *whole, last = others
            yield from whole
            begun, size = [last], len(last)
    if size > MAX_VALUE_BYTES:
        yield LongLine(ended=True)
    elif size:
        yield b"".join(begun)
