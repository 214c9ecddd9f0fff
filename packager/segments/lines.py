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
    """The lines of a file in order, without their LF: one at a time, or as many as a block brings."""

    __slots__ = ("_ahead", "_batches", "number")

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._batches = _split_lines(blocks)
        self._ahead: deque[bytes | LongLine] = deque()
        self.number = 0
        """Of the line that was taken last, from 1."""

    def take(self) -> bytes | LongLine | None:
        """Return the next line, None at the end of the file."""
        if not self._ahead and not self._fetch():
            return None
        self.number += 1
        return self._ahead.popleft()

    def take_batch(self) -> list[bytes]:
        """Return the lines that the next block brings; none if some are at hand, or at the end."""
        if self._ahead or not self._fetch() or isinstance(self._ahead[0], LongLine):
            return []
        batch = [line for line in self._ahead if isinstance(line, bytes)]
        self._ahead.clear()
        self.number += len(batch)
        return batch

    def give_back(self, batch: list[bytes]) -> None:
        """Put the lines back that `take_batch` has just returned."""
        self._ahead.extend(batch)
        self.number -= len(batch)

    def peek(self, count: int, limit: int) -> list[bytes]:
        """Return up to so many of the next lines, together at most `limit` bytes, and take none."""
        while len(self._ahead) < count and self._fetch():
            pass
        found: list[bytes] = []
        for line in islice(self._ahead, count):
            if isinstance(line, LongLine) or (limit := limit - len(line) - 1) < 0:
                break
            found.append(line)
        return found

    def skip(self, count: int) -> None:
        """Take so many lines that `peek` has shown."""
        for _ in range(count):
            self._ahead.popleft()
        self.number += count

    def _fetch(self) -> bool:
        batch = next(self._batches, None)
        if batch is None:
            return False
        self._ahead.extend(batch)
        return True


def _split_lines(blocks: Iterable[bytes]) -> Iterator[list[bytes] | list[LongLine]]:
    """Yield lines in lists, none of them empty; a line that is too long stands in a list of its own."""
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
                yield [LongLine(ended=False)]
                return
        if others:
            last = others.pop()
            if size <= MAX_VALUE_BYTES:
                yield [b"".join(begun), *others]
            else:
                yield [LongLine(ended=True)]
                if others:
                    yield others
            begun, size = [last], len(last)
    if size > MAX_VALUE_BYTES:
        yield [LongLine(ended=True)]
    elif size:
        yield [b"".join(begun)]
