"""Where the segments of recordings lie, once they are judged. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fractions import Fraction

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
    digest: int
    """xxh3_64 of the bytes: what is read later must have the same."""


@dataclass(frozen=True, slots=True)
class Records:
    """Blocks of records of one shape, one behind the other."""

    shape: Shape
    blocks: tuple[Block, ...]


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
    """The source is one object, and this is it."""
