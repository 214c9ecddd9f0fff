"""Judge many small files of one object each at once, as one block: as one by one, and many times as fast.

Taken are files of which all is provably right; every other one is left to be judged alone.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

import numpy as np
import orjson
from xxhash import xxh3_64_intdigest

from packager.assemble.pieces import Block, Piece, Records, Starts
from packager.check.frames import is_valid_frame, read_starts
from packager.check.judge import find_pack, load_schema
from packager.check.proof import Proof
from packager.framing import find_shape, frame_block, measure_forms
from packager.reading.read import read_small
from packager.recordings import claim_recording

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from packager.check.engine import Gathering
    from packager.check.judge import Criteria
    from packager.check.roster import Roll, RollCall
    from packager.framing import Frame
    from packager.model import SourceFile
    from packager.recordings import NumberedClaim

_FEWEST: Final = 16
"""Files that are worth being taken together."""
_BLOCK_BYTES: Final = 1 << 20


class _Read(NamedTuple):
    """A small file."""

    number: int
    source: SourceFile
    data: bytes


class Singles(NamedTuple):
    """Files of one object each with which nothing is wrong."""

    numbers: frozenset[int]
    pieces: tuple[Piece, ...]
    """One for each recording."""
    claims: tuple[NumberedClaim, ...]
    """One for each recording, with its first file."""
    roll: RollCall


def spool_singles(
    numbered: Sequence[tuple[int, SourceFile]],
    gathering: Gathering,
    stream: BinaryIO,
) -> Iterator[Singles]:
    """Yield those of these sources that could be judged together; their objects are copied into the spool.

    They are copied in the order of the segments of their recordings: by start, then by path.
    """
    criteria = gathering.criteria
    if criteria.recording_property is not None or criteria.recording == "file" or criteria.checks.paths:
        return
    small = [(number, source) for number, source in numbered if source.place.endswith(".json")]
    if len(small) < _FEWEST:
        return
    read = [_Read(number, source, data) for number, source in small if (data := read_small(source.place))]
    writer = _Writer(gathering, stream)
    for group in _frame_all(read, criteria):
        if (singles := writer.write(*group)) is not None:
            yield singles


def _frame_all(read: list[_Read], criteria: Criteria) -> Iterator[tuple[list[_Read], Frame]]:
    """Yield files with their common frame; halves of files that have none are tried too."""
    if len(read) < _FEWEST:
        return
    frame = _frame(read, criteria)
    if frame is not None:
        yield read, frame
        return
    middle = len(read) // 2
    yield from _frame_all(read[:middle], criteria)
    yield from _frame_all(read[middle:], criteria)


def _frame(read: list[_Read], criteria: Criteria) -> Frame | None:
    shape = find_shape(read[0].data)
    if shape is None:
        return None
    frame = frame_block(b"".join([each.data for each in read]), shape)
    if frame is None or frame.rows != len(read):
        return None
    ends = np.cumsum(np.fromiter((len(each.data) for each in read), np.int64, len(read)))
    if not np.array_equal(frame.record_ends(), ends):
        return None  # an object that two files are together is none
    schema, layout = load_schema(criteria)
    if not is_valid_frame(frame, schema, layout):
        return None
    pack = find_pack(criteria, read[0].source.name)
    return frame if Proof(schema, layout).clears(frame, pack) else None


class _Writer:
    """Copies objects into the spool, recording by recording."""

    def __init__(self, gathering: Gathering, stream: BinaryIO) -> None:
        self.gathering = gathering
        self.criteria = gathering.criteria
        self.stream = stream
        self.roll: Roll | None = None

    def write(self, read: list[_Read], frame: Frame) -> Singles | None:
        """Copy files; None if they are to be judged alone."""
        starts = read_starts(frame, self.criteria.start)
        keys = frame.shape.keys
        if starts is None and self.criteria.start in keys:
            return None
        sizes = measure_forms(frame)
        folders = [
            (name, [row for row, _ in rows])
            for name, rows in groupby(enumerate(read), key=lambda pair: pair[1].source.folder)
        ]
        grouping = [keys.index(key) for key in self.criteria.group_by if key in keys]
        for _, rows in folders:
            if not all(frame.all_equal(key, slice(rows[0], rows[-1] + 1)) for key in grouping):
                return None
        self.roll = self.gathering.open_roll()
        pieces = [self._write_folder(name, rows, read, frame, starts, sizes) for name, rows in folders]
        claims = [
            (
                read[rows[0]].number,
                claim_recording(read[rows[0]].source, self.criteria.recording, single=True),
                read[rows[0]].source.name,
            )
            for _, rows in folders
        ]
        heard = () if self.roll is None else self.roll.finish()
        return Singles(frozenset(each.number for each in read), tuple(pieces), tuple(claims), heard)

    def _write_folder(  # noqa: PLR0913, PLR0917 - what is known of the files
        self,
        name: str,
        rows: list[int],
        read: list[_Read],
        frame: Frame,
        starts: NDArray[np.int64] | NDArray[np.float64] | None,
        sizes: NDArray[np.int64],
    ) -> Piece:
        if self.roll is not None:
            first = read[rows[0]]
            self.roll.hear(name, orjson.loads(first.data), (first.number, 1, 1))
        own = None if starts is None else starts[rows[0] : rows[-1] + 1]
        order = range(len(rows)) if own is None else np.argsort(own, kind="stable").tolist()
        data = [read[rows[place]].data for place in order]
        return Piece(
            recording=name,
            content=Records(frame.shape, tuple(self._copy(data))),
            positions=len(rows),
            kept=len(rows),
            size=int(sizes[rows[0] : rows[-1] + 1].sum()),
            start=None,
            single=True,
            starts=Starts(
                numbers=tuple(read[rows[place]].number for place in order),
                lengths=tuple(map(len, data)),
                sizes=tuple(sizes[rows[0] : rows[-1] + 1][list(order)].tolist()),
                times=None if own is None else tuple(own[list(order)].tolist()),
            ),
        )

    def _copy(self, data: list[bytes]) -> Iterator[Block]:
        held: list[bytes] = []
        size = 0
        for index, each in enumerate(data):
            held.append(each)
            size += len(each)
            if size >= _BLOCK_BYTES or index + 1 == len(data):
                joined = b"".join(held)
                offset = self.stream.tell()
                self.stream.write(joined)
                yield Block(self.stream.name, offset, len(joined), xxh3_64_intdigest(joined))
                held, size = [], 0
