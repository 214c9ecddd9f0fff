"""Write one shard from the spool: Parquet, and the digest of each of its recordings."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import groupby, islice
from typing import TYPE_CHECKING, Final

from packager.canonical import parse_canonicals
from packager.check.judge import Criteria, load_schema
from packager.folders import hash_file
from packager.model import BuiltFile
from packager.schema.rows import holds_numbers, make_columns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from packager.build.spool import Piece
    from packager.statistics import Tally


_BATCH_ROWS: Final = 1024  # rows that are Python objects at a time
_BATCH_BYTES: Final = 8 << 20  # of their texts, after which fewer will do


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
    tally: Tally
    """What its rows hold."""
    digests: tuple[str, ...]
    """Of the recordings, in the order of the task."""


def write_shard(task: ShardTask, criteria: Criteria) -> WrittenShard:
    """Write one shard and return its file and digests; memory holds one row group."""
    # Arrow takes 0.2 s to import, which a worker that only spools need not pay.
    from packager.parquet import ShardWriter  # noqa: PLC0415

    _, layout = load_schema(criteria)
    numbers_free = not holds_numbers(layout)
    target = task.folder / task.path
    digests = []
    with ShardWriter(target, layout, text=criteria.checks.text, speaker=criteria.checks.speaker) as writer:
        for name, pieces in task.recordings:
            digest = hashlib.sha256(b"[")
            separator = b""
            for numbers, texts in _read_recording(pieces):
                digest.update(separator + b",".join(texts))
                separator = b","
                segments = parse_canonicals(texts, numbers_free=numbers_free)
                writer.add(make_columns(layout, name, numbers, segments), texts)
            digest.update(b"]")
            digests.append(digest.hexdigest())
    file = BuiltFile(task.path, target.stat().st_size, hash_file(target), writer.rows)
    return WrittenShard(file, writer.arrow_bytes, writer.tally.finish(), tuple(digests))


def _read_recording(pieces: tuple[Piece, ...]) -> Iterator[tuple[list[int], list[bytes]]]:
    """Yield numbers in the recording and RFC 8785 forms of the segments kept, many at a time."""
    base = 0
    # The pieces of a folder of one-object files are many, and mostly from one spool file.
    for spool, together in groupby(pieces, key=lambda piece: piece.spool):
        numbers: list[int] = []
        texts: list[bytes] = []
        held = 0
        with spool.open("rb") as stream:
            for piece in together:
                stream.seek(piece.offset)
                left = piece.kept
                while left:
                    lines = list(islice(stream, min(left, _BATCH_ROWS)))
                    left -= len(lines)
                    pairs = [line.rstrip(b"\n").split(b" ", 1) for line in lines]
                    numbers += [base + int(number) for number, _ in pairs]
                    texts += [text for _, text in pairs]
                    held += sum(map(len, lines))
                    if len(texts) >= _BATCH_ROWS or held >= _BATCH_BYTES:
                        yield numbers, texts
                        numbers, texts, held = [], [], 0
                base += piece.positions
        if texts:
            yield numbers, texts
