"""Gather records of a corpus by their digests, within bounded memory.

A record is bytes of one length that begin with a digest of 16 bytes; what follows is a number of a source and
one of a segment in it. Up to 4 MiB of all are held; beyond that they go to 256 files, one for each first
byte, and are then read a file at a time: a corpus of a hundred million records needs about 100 MB. Without a
folder all are held. Many records are cut and sorted by numpy, which a check of few files does without.
"""

from __future__ import annotations

import sys
from itertools import groupby
from operator import itemgetter
from struct import iter_unpack
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DIGEST: Final = 16
_HELD: Final = 4 << 20  # bytes
_PARTS: Final = 256
_FEW: Final = 20_000  # records, which Python sorts sooner than numpy is loaded
_LEAST: Final = 200  # records, which it sorts sooner even so
_PLACE: Final = 24  # bytes of the digest and the two numbers

_digest_of: Final = itemgetter(slice(0, DIGEST))


class Pile:
    """Records of one source, which travel from a worker: bytes, or the file that holds what was too much."""

    __slots__ = ("_held", "file", "size")

    def __init__(self, size: int, file: Path | None) -> None:
        self.size = size
        """Of a record, in bytes."""
        self.file = file
        """Where to put what is too much; None: hold it."""
        self._held = bytearray()

    def add(self, records: bytes) -> None:
        """Take records."""
        self._held += records
        if self.file is not None and len(self._held) >= _HELD:
            with self.file.open("ab") as stream:
                stream.write(self._held)
            self._held = bytearray()

    def take(self) -> Iterator[bytes]:
        """Yield the records, many at a time; what was put into the file is gone afterwards."""
        if self.file is not None and self.file.exists():
            with self.file.open("rb") as stream:
                while data := stream.read(_HELD // self.size * self.size):
                    yield data
            self.file.unlink()
        yield bytes(self._held)


class Ledger:
    """All records of one kind."""

    def __init__(self, size: int, folder: Path | None) -> None:
        self.size = size
        self.folder = folder
        self._held = bytearray()
        self._spilled = False

    def add(self, pile: Pile) -> None:
        """Take the records of a source."""
        for records in pile.take():
            self._held += records
            if self.folder is not None and len(self._held) >= _HELD:
                self._spill(self.folder)

    def groups(self, *, least: int = 1) -> Iterator[bytes]:
        """Yield the records of each digest that has so many at least, sorted; in the order of the digests."""
        if not self._spilled or self.folder is None:
            yield from self._group(bytes(self._held), least)
            return
        self._spill(self.folder)
        for part in range(_PARTS):
            path = self.folder / f"{part:02x}"
            if path.exists():
                yield from self._group(path.read_bytes(), least)

    def _group(self, data: bytes, least: int) -> Iterator[bytes]:
        if len(data) // self.size > (_LEAST if "numpy" in sys.modules else _FEW):
            data = _sort_many(data, self.size, least)
            records = _cut(data, self.size)
        else:
            records = sorted(_cut(data, self.size))
        for _, group in groupby(records, _digest_of):
            if len(found := list(group)) >= least:
                yield b"".join(found)

    def _spill(self, folder: Path) -> None:
        import numpy as np  # noqa: PLC0415 - see above

        folder.mkdir(exist_ok=True)
        records = np.frombuffer(bytes(self._held), f"V{self.size}")
        firsts = np.frombuffer(self._held, "u1")[:: self.size].copy()
        records = records[np.argsort(firsts, kind="stable")]
        begin = 0
        for part, count in enumerate(np.bincount(firsts, minlength=_PARTS).tolist()):
            if count:
                with (folder / f"{part:02x}").open("ab") as stream:
                    stream.write(records[begin : begin + count].tobytes())
                begin += count
        self._held = bytearray()
        self._spilled = True


def _sort_many(data: bytes, size: int, least: int) -> bytes:
    """Return the records sorted; of those that are alone not all, if two are wanted at least."""
    import numpy as np  # noqa: PLC0415 - see above

    records: Any = np.frombuffer(data, f"V{size}")
    if least > 1:
        # Eight bytes of a digest seldom are equal where others differ.
        prefixes = np.ndarray(len(records), ">u8", data, strides=(size,)).astype("u8")
        order = np.sort(prefixes)
        repeated = np.unique(order[1:][order[1:] == order[:-1]])
        if not len(repeated):
            return b""
        at = np.minimum(np.searchsorted(repeated, prefixes), len(repeated) - 1)
        records = np.ascontiguousarray(records[repeated[at] == prefixes])
    # As bytes; the numbers that follow the digest are such that their order is that of the places.
    keys = np.ndarray(len(records), f"S{min(size, _PLACE)}", records.tobytes(), strides=(size,))
    sorted_: bytes = records[np.argsort(keys, kind="stable")].tobytes()
    return sorted_


def _cut(data: bytes, size: int) -> list[bytes]:
    return [record for (record,) in iter_unpack(f"{size}s", data)]
