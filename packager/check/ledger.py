"""Gather records of a corpus by their digests, within bounded memory.

A record is bytes of one length that begin with a digest of 16 bytes. Each source sorts its records and cuts
them by the first byte of the digest (in a worker, so that many do it at once). Up to 4 MiB of all are held;
beyond that they go to 256 files, one for each first byte, and are then read a file at a time: a corpus of a
hundred million records needs about 100 MB. Without a folder all are held.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby
from operator import itemgetter
from struct import iter_unpack
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DIGEST: Final = 16
_HELD: Final = 4 << 20  # bytes
_PARTS: Final = 256

_digest_of: Final = itemgetter(slice(0, DIGEST))


Parts = tuple[tuple[int, bytes], ...]
"""Records by the first byte of their digests."""


class Pile:
    """Records of one source, which travel from a worker: bytes, or the file that holds what was too much."""

    __slots__ = ("_held", "_parts", "file", "size")

    def __init__(self, size: int, file: Path | None) -> None:
        self.size = size
        """Of a record, in bytes."""
        self.file = file
        """Where to put what is too much; None: hold it."""
        self._held = bytearray()
        self._parts: Parts = ()

    def add(self, records: bytes) -> None:
        """Take records."""
        self._held += records
        if self.file is not None and len(self._held) >= _HELD:
            with self.file.open("ab") as stream:
                stream.write(self._held)
            self._held = bytearray()

    def parts(self) -> Iterator[tuple[int, bytes]]:
        """Yield the records by first byte, many at a time; what was put into the file is gone afterwards."""
        if self.file is not None and self.file.exists():
            with self.file.open("rb") as stream:
                while data := stream.read(_HELD // self.size * self.size):
                    yield from _part(data, self.size)
            self.file.unlink()
        yield from self._parts
        yield from _part(bytes(self._held), self.size)

    def __getstate__(self) -> tuple[int, Path | None, Parts]:
        return self.size, self.file, self._parts + _part(bytes(self._held), self.size)

    def __setstate__(self, state: tuple[int, Path | None, Parts]) -> None:
        self.size, self.file, self._parts = state
        self._held = bytearray()


class Ledger:
    """All records of one kind."""

    def __init__(self, size: int, folder: Path | None) -> None:
        self.size = size
        self.folder = folder
        self._held: defaultdict[int, bytearray] = defaultdict(bytearray)
        self._weight = 0
        self._spilled = False

    def add(self, pile: Pile) -> None:
        """Take the records of a source."""
        for part, records in pile.parts():
            self._held[part] += records
            self._weight += len(records)
            if self.folder is not None and self._weight >= _HELD:
                self._spill(self.folder)

    def groups(self, *, least: int = 1) -> Iterator[list[bytes]]:
        """Yield the records of each digest that has so many at least, sorted; in the order of the digests."""
        if self._spilled and self.folder is not None:
            self._spill(self.folder)
        for part in range(_PARTS):
            path = None if self.folder is None else self.folder / f"{part:02x}"
            if self._spilled and path is not None and path.exists():
                yield from self._group(path.read_bytes(), least)
            elif part in self._held:
                yield from self._group(bytes(self._held[part]), least)

    def _group(self, data: bytes, least: int) -> Iterator[list[bytes]]:
        records = _cut(data, self.size)
        if least > 1:
            digests = list(map(_digest_of, records))
            if len(set(digests)) == len(digests):
                return
        records.sort()
        for _, group in groupby(records, _digest_of):
            if len(found := list(group)) >= least:
                yield found

    def _spill(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        for part, records in self._held.items():
            with (folder / f"{part:02x}").open("ab") as stream:
                stream.write(records)
        self._held.clear()
        self._weight = 0
        self._spilled = True


def _cut(data: bytes, size: int) -> list[bytes]:
    return [record for (record,) in iter_unpack(f"{size}s", data)]


def _part(data: bytes, size: int) -> Parts:
    records = sorted(_cut(data, size))
    return tuple((first, b"".join(part)) for first, part in groupby(records, itemgetter(0)))
