"""Write one shard from the spool: Parquet, and the digest of each of its recordings."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from xxhash import xxh3_64_intdigest

from packager.assemble.pieces import Lines, Piece, Records
from packager.canonical import parse_canonicals
from packager.check.judge import Criteria, load_schema
from packager.columns.rows import holds_numbers, make_columns
from packager.errors import EnvironmentFailure
from packager.folders import hash_file
from packager.framing import frame_block
from packager.model import BuiltFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from packager.assemble.pieces import Block
    from packager.columns.layout import Layout
    from packager.framing import Frame, Shape
    from packager.parquet import ShardWriter
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
    # Arrow takes 0.1 s to import, which a worker that only judges need not pay.
    from packager.parquet import ShardWriter  # noqa: PLC0415

    _, layout = load_schema(criteria)
    target = task.folder / task.path
    digests = []
    with ShardWriter(target, layout, text=criteria.checks.text, speaker=criteria.checks.speaker) as writer:
        for name, pieces in task.recordings:
            recording = RecordingWriter(name, layout, writer)
            for content, group in groupby(pieces, key=_reader_of):
                content(recording, tuple(group))
            digests.append(recording.finish())
    file = BuiltFile(task.path, target.stat().st_size, hash_file(target), writer.rows)
    return WrittenShard(file, writer.arrow_bytes, writer.tally.finish(), tuple(digests))


class RecordingWriter:
    """A recording that is being written: its next number, and the digest of what was."""

    def __init__(self, name: str, layout: Layout, writer: ShardWriter) -> None:
        self.name = name
        self.layout = layout
        self.writer = writer
        self.next = 0
        self._digest = hashlib.sha256(b"[")
        self._separator = b""

    def hash(self, forms: bytes | memoryview, end: bytes = b"") -> None:
        """Take the forms of the next segments, with commas between them, and what ends the last one."""
        self._digest.update(self._separator)
        self._digest.update(forms)
        self._separator = end + b","

    def write(self, frame: Frame, forms: memoryview, sizes: NDArray[np.int64]) -> None:
        """Write the records of a frame; `forms` and `sizes` as `write_forms` gives them."""
        self.hash(forms, b"}")
        self.writer.add_frame(frame, self.name, self.next, forms, sizes)
        self.next += frame.rows

    def finish(self) -> str:
        """Return the digest of the recording."""
        self._digest.update(self._separator[:-1] + b"]")
        return self._digest.hexdigest()


def _reader_of(piece: Piece) -> Callable[[RecordingWriter, tuple[Piece, ...]], None]:
    return _write_lines if isinstance(piece.content, Lines) else _write_records


def _write_records(recording: RecordingWriter, pieces: tuple[Piece, ...]) -> None:
    from packager.parquet import write_forms  # noqa: PLC0415 - as above

    for piece in pieces:
        assert isinstance(piece.content, Records)  # noqa: S101 - as `_reader_of` says
        for frame in read_frames(piece.content):
            recording.write(frame, *write_forms(frame))


def _write_lines(recording: RecordingWriter, pieces: tuple[Piece, ...]) -> None:
    numbers_free = not holds_numbers(recording.layout)
    for numbers, texts in _read_lines(pieces, recording.next):
        recording.hash(b",".join(texts))
        segments = parse_canonicals(texts, numbers_free=numbers_free)
        recording.writer.add(make_columns(recording.layout, recording.name, numbers, segments), texts)
    recording.next += sum(piece.positions for piece in pieces)


def read_frames(content: Records) -> Iterator[Frame]:
    """Yield the frames of records that were judged earlier.

    Raises:
        EnvironmentFailure: a file has other bytes than when it was judged.
    """
    place, stream = None, None
    try:
        for block in content.blocks:
            if stream is None or block.place != place:
                if stream is not None:
                    stream.close()
                place, stream = block.place, _open(block.place)
            yield _frame(content.shape, _read_block(stream, block))
    finally:
        if stream is not None:
            stream.close()


def _open(place: str) -> BinaryIO:
    try:
        return Path(place).open("rb", buffering=0)
    except OSError as error:
        raise _changed(place) from error


def _read_block(stream: BinaryIO, block: Block) -> bytes:
    try:
        stream.seek(block.offset)
        data = stream.read(block.length)
    except OSError as error:
        raise _changed(block.place) from error
    if len(data) != block.length or block.digest not in {None, xxh3_64_intdigest(data)}:
        raise _changed(block.place)
    return data


def _changed(place: str) -> EnvironmentFailure:
    return EnvironmentFailure(f"{place} changed while it was being built: run the build again")


def _frame(shape: Shape, data: bytes) -> Frame:
    last = shape.gaps[-1]
    frame = frame_block(data if data.endswith(last) else data + last[-1:], shape, proven=True)
    assert frame is not None  # noqa: S101 - these bytes had a frame of this shape before
    return frame


def _read_lines(pieces: tuple[Piece, ...], base: int) -> Iterator[tuple[list[int], list[bytes]]]:
    """Yield numbers in the recording and RFC 8785 forms of the segments kept, many at a time."""
    # The pieces of a folder of one-object files are many, and mostly from one spool file.
    for place, together in groupby(pieces, key=lambda piece: _lines_of(piece).place):
        numbers: list[int] = []
        texts: list[bytes] = []
        held = 0
        with Path(place).open("rb") as stream:
            for piece in together:
                stream.seek(_lines_of(piece).offset)
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


def _lines_of(piece: Piece) -> Lines:
    assert isinstance(piece.content, Lines)  # noqa: S101 - as `_reader_of` says
    return piece.content
