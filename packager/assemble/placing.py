"""Say where every recording goes: its pieces in order, its split, its shard. Nothing is read or written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from packager.assemble.shards import ShardTask
from packager.built import Split
from packager.errors import DataError
from packager.splits import count_shards, open_dealer, shard_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from packager.assemble.pieces import Piece
    from packager.config import Config


@dataclass(frozen=True, slots=True)
class Placed:
    """A recording and where it goes."""

    name: str
    split: str
    bucket: int
    pieces: tuple[Piece, ...]

    @property
    def kept(self) -> int:
        """How many segments it has."""
        return sum(piece.kept for piece in self.pieces)

    @property
    def size(self) -> int:
        """Length of their RFC 8785 forms."""
        return sum(piece.size for piece in self.pieces)


def place_recordings(
    pieces: Iterable[Piece], group_of: Callable[[str], bytes | None], config: Config
) -> list[Placed]:
    """Return every recording of which something is left, in the order of their names.

    Raises:
        DataError: nothing is left.
    """
    by_name: dict[str, list[Piece]] = {}
    for piece in pieces:
        by_name.setdefault(piece.recording, []).append(piece)
    placed = []
    dealer = open_dealer(config.deal)
    for name in sorted(by_name):
        own = _order(by_name[name], by_start=config.recording_property is None)
        if any(piece.kept for piece in own):
            placement = dealer.place(name, group_of(name))
            placed.append(Placed(name, placement.split, placement.bucket, own))
    if not placed:
        raise DataError(f"nothing was built: no segment of {config.root} is left")
    return placed


def _order(pieces: list[Piece], *, by_start: bool) -> tuple[Piece, ...]:
    """Return the pieces of a recording in order; sources are numbered in the order of their paths."""
    if len(pieces) > 1:
        pieces = [each for piece in pieces for each in piece.by_member()]
    ordered = sorted(pieces, key=lambda piece: piece.source)  # stable: those of one source are in order
    if by_start and all(len(piece.members) == 1 for piece in ordered):
        # Equal starts, and those without one, stay in the order of their paths.
        ordered.sort(key=lambda piece: (piece.members[0].start is None, piece.members[0].start or 0))
    return tuple(ordered)


def settle_splits(placed: Iterable[Placed], config: Config) -> list[Split]:
    """Return the splits that received a recording, in the order of the configuration."""
    rows = {split.name: 0 for split in config.splits}
    size = dict(rows)
    for recording in placed:
        rows[recording.split] += recording.kept
        size[recording.split] += recording.size
    return [Split(name, rows[name], count_shards(size[name]), size[name]) for name in rows if rows[name]]


def plan_shards(
    placed: Sequence[Placed], splits: Sequence[Split], new: Path
) -> dict[tuple[str, int], ShardTask]:
    """Return what is to be written, by split and number of the shard."""
    counts = {split.name: split.shards for split in splits}
    members: dict[tuple[str, int], list[Placed]] = {
        (split.name, shard): [] for split in splits for shard in range(split.shards)
    }
    for recording in placed:
        members[recording.split, recording.bucket % counts[recording.split]].append(recording)
    return {
        (split, shard): ShardTask(
            folder=new,
            path=shard_path(split, shard, counts[split]),
            recordings=tuple((each.name, each.pieces) for each in group),
        )
        for (split, shard), group in members.items()
    }
