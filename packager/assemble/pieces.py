"""Where the segments of recordings lie, once they are judged. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packager.framing import Shape


@dataclass(frozen=True, slots=True)
class Lines:
    """A run of lines of a spool file: a number, a space, and the RFC 8785 form of a segment."""

    place: str
    offset: int
    length: int
    digest: int
    """xxh3_64 of the lines."""


@dataclass(frozen=True, slots=True)
class Block:
    """Where records of one shape lie, with nothing between them, and what their bytes were."""

    place: str
    """The source, or a spool file."""
    offset: int
    length: int
    digest: int | None
    """xxh3_64 of the bytes: what is read later must have the same. None: they lie in our own spool."""


@dataclass(frozen=True, slots=True)
class Records:
    """Blocks of records of one shape, one behind the other."""

    shape: Shape
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Starts:
    """Of each record of a piece that is made of files of one object each, in its order."""

    numbers: tuple[int, ...]
    """Of the sources."""
    lengths: tuple[int, ...]
    """In bytes, as they are written."""
    sizes: tuple[int, ...]
    """Of their RFC 8785 forms."""
    times: tuple[int | float, ...] | None
    """When each starts: nanoseconds, or seconds if the sources have numbers; None if none says."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of segments of one recording."""

    recording: str
    content: Lines | Records
    positions: int
    """How many numbers it takes: the segments kept and those dropped."""
    kept: int
    size: int
    """Length of the RFC 8785 forms of the segments kept."""
    start: int | Fraction | None
    """When its first segment starts, in nanoseconds; None without a valid start."""
    single: bool
    """The source is one object, and this is it; with `starts`, so it is with each of many sources."""
    starts: Starts | None = None

    def divide(self) -> Iterator[tuple[int, Piece]]:
        """Yield the number of each of many sources, and the piece that it is: the same, record by record."""
        starts, content = self.starts, self.content
        assert starts is not None  # noqa: S101 - that is what can be divided
        assert isinstance(content, Records)  # noqa: S101 - likewise
        blocks = iter(content.blocks)
        block, at = next(blocks), 0
        for index, (number, length, size) in enumerate(
            zip(starts.numbers, starts.lengths, starts.sizes, strict=True)
        ):
            if at == block.length:
                block, at = next(blocks), 0
            own = Block(block.place, block.offset + at, length, None)
            at += length
            time = None if starts.times is None else starts.times[index]
            start = Fraction(time) * 10**9 if isinstance(time, float) else time
            yield (
                number,
                Piece(self.recording, Records(content.shape, (own,)), 1, 1, size, start, single=True),
            )
