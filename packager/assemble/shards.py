"""Write one shard from the spool: Parquet, and the digest of each of its recordings.

Paths in, small values out: this can run anywhere that sees the files.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from packager.built import BuiltFile
from packager.check import Criteria, load_schema
from packager.files import hash_file
from packager.parquet import ShardWriter, SpoolReader, join_rows, numbers_of, renumber
from packager.statistics import dump_tally, load_tally

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import Any

    from packager.assemble.pieces import Piece
    from packager.parquet import Rows
    from packager.statistics import Tally

_ROWS: Final = 8192  # that are brought together from many places at a time
_BYTES: Final = 4 << 20  # of their forms, after which fewer will do


@dataclass(frozen=True, slots=True)
class ShardTask:
    """A unit of work: where to write, and the recordings in the order of their names."""

    folder: Path
    path: str
    recordings: tuple[tuple[str, tuple[Piece, ...]], ...]

    @property
    def size(self) -> int:
        """Length of the RFC 8785 forms of the segments."""
        return sum(piece.size for _, pieces in self.recordings for piece in pieces)

    @property
    def content(self) -> str:
        """A name that tells all that goes into the shard, wherever it lies."""
        digest = hashlib.sha256()
        for name, pieces in self.recordings:
            each = [part for piece in pieces for part in piece.by_member()]
            told = [(piece.positions, piece.kept, piece.digest) for piece in each]
            digest.update(repr((name, told)).encode("utf-8", "backslashreplace"))
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class WrittenShard:
    """What was written."""

    file: BuiltFile
    arrow_bytes: int
    tally: Tally
    """What its rows hold."""
    digests: tuple[str, ...]
    """Of the recordings, in the order of the task."""


def write(task: ShardTask, criteria: Criteria) -> WrittenShard:
    """Write one shard and return its file and digests; memory holds one row group."""
    _, layout = load_schema(criteria)
    target = task.folder / task.path
    digests = []
    spool = _Spool()
    with ShardWriter(target, layout, text=criteria.checks.text, speaker=criteria.checks.speaker) as writer:
        for _, pieces in task.recordings:
            digest = None if len(pieces) == 1 and pieces[0].is_hashed else hashlib.sha256(b"[")
            separator = b""
            for rows in _gather(spool.read(pieces)):
                writer.add(rows.batch, rows.sizes, rows.chosen)
                if digest is not None:
                    digest.update(separator + rows.forms[:-1])
                    separator = b","
            if digest is not None:
                digest.update(b"]")
            digests.append(pieces[0].digest if digest is None else digest.hexdigest())
    file = BuiltFile(task.path, target.stat().st_size, hash_file(target), writer.rows)
    return WrittenShard(file, writer.arrow_bytes, writer.tally.finish(), tuple(digests))


class _Spool:
    """The spool files, of which the one read last stays open."""

    def __init__(self) -> None:
        self._reader: SpoolReader | None = None

    def read(self, pieces: tuple[Piece, ...]) -> Iterator[Rows]:
        """Yield the rows of a recording, numbered through."""
        base = 0
        for piece in pieces:
            for part in piece.parts:
                if self._reader is None or self._reader.place != part.place:
                    self._reader = SpoolReader(part.place)
                rows = self._reader.read(part.batch, part.first, part.rows)
                own = len(piece.members) == 1
                numbers = np.zeros(1, np.int64) if own else numbers_of(rows)
                yield renumber(rows, numbers + base) if base or own else rows
            base += piece.positions


def _gather(many: Iterator[Rows]) -> Iterator[Rows]:
    """Yield the same rows, few of them together: a recording of many files lies in as many places."""
    held: list[Rows] = []
    count = size = 0
    for rows in many:
        held.append(rows)
        count += rows.count
        size += int(rows.sizes.sum())
        if count >= _ROWS or size >= _BYTES:
            yield join_rows(held)
            held, count, size = [], 0, 0
    if held:
        yield join_rows(held)


def dump_shard(shard: WrittenShard) -> dict[str, object]:
    """Return what is known of a shard, but for its path, as JSON can hold it."""
    return {
        "rows": shard.file.rows,
        "size": shard.file.size,
        "sha256": shard.file.sha256,
        "arrow_bytes": shard.arrow_bytes,
        "tally": dump_tally(shard.tally),
        "digests": list(shard.digests),
    }


def load_shard(kept: Mapping[str, Any], path: str) -> WrittenShard:
    """Return the shard of which `dump_shard` made this, which now has this path."""
    file = BuiltFile(path, kept["size"], kept["sha256"], kept["rows"])
    return WrittenShard(file, kept["arrow_bytes"], load_tally(kept["tally"]), tuple(kept["digests"]))
