"""Know where the last segments of a source stand, for messages that name another one."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

from packager.check.rules.memory import WINDOW
from packager.reading import Empty, Unreadable, read_items

if TYPE_CHECKING:
    from packager.model import SourceFile
    from packager.reading import Block, Item

_HELD: Final = 32 << 20  # bytes of text


class _Seen(NamedTuple):
    """Some segments."""

    number: int
    block: Block
    """Without values: only their places."""
    segments: int


class Recent:
    """Where the last segments stand; those before them are looked for in the source."""

    def __init__(self) -> None:
        self._seen: deque[_Seen] = deque()
        self._items: dict[int, tuple[int, int]] = {}
        self._segments = self._bytes = 0

    def add(self, block: Block) -> None:
        """Remember the next block."""
        self._seen.append(_Seen(block.number, block.part(0, 0), block.count))
        self._segments += block.count
        self._bytes += len(block.data)
        while len(self._seen) > 1 and (self._segments > 3 * WINDOW or self._bytes > _HELD):
            first = self._seen.popleft()
            self._segments -= first.segments
            self._bytes -= len(first.block.data)

    def add_item(self, item: Item) -> None:
        """Remember the next value."""
        if len(self._items) > 3 * WINDOW:
            self._items.clear()
        self._items[item.number] = item.line, item.column

    def place(self, source: SourceFile, number: int) -> tuple[int, int]:
        """Return line and column of the segment of this number."""
        if number in self._items:
            return self._items[number]
        for first, block, count in self._seen:
            if first <= number < first + count:
                return block.text(number - first).place(0)
        for item in read_items(source):
            if not isinstance(item, Empty | Unreadable) and item.number == number:
                return item.line, item.column
        return 1, 1
