"""Write one shard from the spool: Parquet, and the digest of each of its recordings."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from packager.canonical import parse_canonical
from packager.check.judge import Criteria, load_schema
from packager.folders import hash_file
from packager.model import BuiltFile
from packager.schema.rows import make_row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from packager.build.spool import Piece


@dataclass(frozen=True, slots=True)
class ShardTask:
    """A unit of work: where to write, and the recordings in the order of their names."""

    folder: Path
    path: str
    recordings: tuple[tuple[str, tuple[Piece, ...]], ...]


@dataclass(frozen=True, slots=True)
class WrittenShard:
    """What was written."""

    file: BuiltFile
    arrow_bytes: int
    digests: tuple[str, ...]
    """Of the recordings, in the order of the task."""


def write_shard(task: ShardTask, criteria: Criteria) -> WrittenShard:
    """Write one shard and return its file and digests; memory holds one row group."""
    # Arrow takes 0.2 s to import, which a worker that only spools need not pay.
    from packager.parquet import ShardWriter  # noqa: PLC0415

    _, layout = load_schema(criteria)
    target = task.folder / task.path
    digests = []
    with ShardWriter(target, layout) as writer:
        for name, pieces in task.recordings:
            digest = hashlib.sha256(b"[")
            separator = b""
            for number, text in _read_recording(pieces):
                digest.update(separator + text)
                separator = b","
                segment = parse_canonical(text)
                assert isinstance(segment, dict)  # noqa: S101 - the spool holds objects
                writer.add(make_row(layout, name, number, segment), len(text))
            digest.update(b"]")
            digests.append(digest.hexdigest())
    file = BuiltFile(task.path, target.stat().st_size, hash_file(target), writer.rows)
    return WrittenShard(file, writer.arrow_bytes, tuple(digests))


def _read_recording(pieces: tuple[Piece, ...]) -> Iterator[tuple[int, bytes]]:
    """Yield the number in the recording and the RFC 8785 form of each segment kept."""
    base = 0
    # The pieces of a folder of one-object files are many, and mostly from one spool file.
    for spool, together in groupby(pieces, key=lambda piece: piece.spool):
        with spool.open("rb") as stream:
            for piece in together:
                stream.seek(piece.offset)
                for _ in range(piece.kept):
                    number, _, text = stream.readline().rstrip(b"\n").partition(b" ")
                    yield base + int(number), text
                base += piece.positions
