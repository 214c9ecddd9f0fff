"""Cut blocks of bytes into lines, with a look ahead and a limit on the length of one. Pure.

Only LF ends a line. A line beyond the limit is passed over, not kept.
"""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from packager.reading.scan import count_byte

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_VALUE_BYTES = 64 << 20
"""The longest line of a .jsonl file, and the largest segment of a .json file."""

MAX_SKIPPED_BYTES = 256 << 20
"""How much of a line beyond MAX_VALUE_BYTES is read in search of its end."""


class LongLine(NamedTuple):
    """A line beyond MAX_VALUE_BYTES."""

    ended: bool
    """False: it goes on beyond MAX_SKIPPED_BYTES; what follows it was not read."""


class LineReader:
    """The lines of a file in order, without their LF: one at a time, or as many as a block brings."""

    __slots__ = ("_ahead", "_divided", "_runs", "number")

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._runs = _cut_runs(blocks)
        self._divided: deque[bytes] = deque()
        self._ahead: deque[bytes | LongLine] = deque()
        self.number = 0
        """Of the line that was taken last, from 1."""

    def take(self) -> bytes | LongLine | None:
        """Return the next line, None at the end of the file."""
        if not self._ahead and not self._fetch():
            return None
        self.number += 1
        return self._ahead.popleft()

    def take_run(self) -> bytes:
        """Return the whole lines that the next block brings, each with its LF but perhaps the last of all.

        Nothing if some lines are at hand, at the end, and in place of a line that is too long. Then comes
        `pass_over` or `put_back`.
        """
        if self._ahead or (run := self._next_run()) is None:
            return b""
        if isinstance(run, LongLine):
            self._ahead.append(run)
            return b""
        return run

    def pass_over(self, count: int) -> None:
        """Take the lines for good that `take_run` has just returned, which are so many."""
        self.number += count

    def put_back(self, run: bytes) -> bool:
        """Put the lines back that `take_run` has just returned, to come as two runs; False if it is one line.

        That one is what `take` brings next.
        """
        middle = len(run) // 2
        end = run.find(b"\n", middle) + 1
        if not 0 < end < len(run):
            end = run.rfind(b"\n", 0, middle) + 1
        if not end:
            self._ahead.append(run.removesuffix(b"\n"))
            return False
        self._divided.extendleft((run[end:], run[:end]))
        return True

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
            self.take()

    def _next_run(self) -> bytes | LongLine | None:
        return self._divided.popleft() if self._divided else next(self._runs, None)

    def _fetch(self) -> bool:
        run = self._next_run()
        if run is None:
            return False
        if isinstance(run, LongLine):
            self._ahead.append(run)
        else:
            self._ahead.extend(split_lines(run))
        return True


def count_lines(run: bytes) -> int:
    """Return how many lines these whole lines are; the last one may lack its LF."""
    return count_byte(run, b"\n") + (not run.endswith(b"\n"))


def split_lines(run: bytes) -> list[bytes]:
    """Return whole lines without their LF."""
    lines = run.split(b"\n")
    if not lines[-1]:
        lines.pop()
    return lines


def _cut_runs(blocks: Iterable[bytes]) -> Iterator[bytes | LongLine]:
    """Yield whole lines, as many as end in a block; a line that is too long stands alone."""
    begun: list[bytes] = []  # a line is joined once, however many blocks it reaches over
    size = 0
    for block in blocks:
        first = block.find(b"\n") + 1
        size += first or len(block)
        if size - bool(first) > MAX_VALUE_BYTES:
            begun.clear()
            if size > MAX_VALUE_BYTES + MAX_SKIPPED_BYTES:
                yield LongLine(ended=False)
                return
        elif not first:
            begun.append(block)
        if not first:
            continue
        last = block.rfind(b"\n") + 1
        if size - 1 > MAX_VALUE_BYTES:
            yield LongLine(ended=True)
            if last > first:
                yield block[first:last]
        else:
            begun.append(block[:last])
            yield b"".join(begun)
        begun, size = [block[last:]] if last < len(block) else [], len(block) - last
    if size > MAX_VALUE_BYTES:
        yield LongLine(ended=True)
    elif size:
        yield b"".join(begun)
