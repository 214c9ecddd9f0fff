"""Where the segments of recordings lie once they are judged, and what is known of them. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of a batch of a spool file."""

    place: str
    batch: int
    first: int
    rows: int


@dataclass(frozen=True, slots=True)
class Member:
    """A file of one object, of a piece that is made of such files."""

    source: int
    """Its number."""
    start: int | Fraction | None
    """When it starts, in nanoseconds; None without a valid start."""
    size: int
    """Length of its RFC 8785 form; 0 if it is not kept."""
    kept: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of segments of one recording."""

    source: int
    """The number of the source, or of the first of many."""
    recording: str
    parts: tuple[Part, ...]
    """Where they lie, in order; nowhere, if they are known from an earlier build."""
    positions: int
    """How many numbers it takes: the segments kept and those dropped."""
    kept: int
    size: int
    """Length of the RFC 8785 forms of the segments kept."""
    digest: str
    """sha256 of the RFC 8785 form of the array of the segments kept: the recording's, if that has no
    other piece. Of one file of many, that of all, a slash and its number among them."""
    members: tuple[Member, ...] = ()
    """The files that it is made of, in order, if each source is one object."""

    @property
    def is_hashed(self) -> bool:
        """Whether its digest is that of its segments, and not only a name for them."""
        return "/" not in self.digest

    def by_member(self) -> Iterator[Piece]:
        """Yield the piece that each file is; of a piece that is not made of files, the piece."""
        if len(self.members) <= 1:
            yield self
            return
        row = 0
        (part,) = self.parts or (Part("", 0, 0, 0),)
        for index, member in enumerate(self.members):
            own = (Part(part.place, part.batch, part.first + row, 1),) if member.kept else ()
            row += member.kept
            yield replace(
                self,
                source=member.source,
                parts=own,
                positions=1,
                kept=int(member.kept),
                size=member.size,
                digest=f"{self.digest}/{index}",
                members=(member,),
            )


def dump_piece(piece: Piece) -> dict[str, object]:
    """Return what is known of a piece as JSON can hold it, but for where it lies."""
    return {
        "recording": piece.recording,
        "counts": (piece.positions, piece.kept, piece.size),
        "digest": piece.digest,
        "start": _dump_time(piece.members[0].start) if piece.members else None,
    }


def load_piece(kept: Mapping[str, Any], source: int) -> Piece:
    """Return the piece of which `dump_piece` made this; `source` is the number that its source has now."""
    positions, count, size = kept["counts"]
    start = kept["start"]
    members = () if start is None else (Member(source, _load_time(start), size, kept=bool(count)),)
    return Piece(source, kept["recording"], (), positions, count, size, kept["digest"], members)


def _dump_time(time: int | Fraction | None) -> tuple[str, str]:
    return ("", "") if time is None else (str(Fraction(time).numerator), str(Fraction(time).denominator))


def _load_time(kept: tuple[str, str]) -> Fraction | None:
    return Fraction(int(kept[0]), int(kept[1])) if kept[0] else None
