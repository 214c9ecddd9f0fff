"""Gather records of a corpus by their digests, within bounded memory.

A record is bytes of one length that begin with a digest of 16 bytes. Up to 4 MiB of them are held; beyond
that they go to 256 files by the first byte of the digest, and are then read a file at a time: a corpus of a
hundred million records needs about 100 MB. Without a folder all are held.
"""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DIGEST: Final = 16
_HELD: Final = 4 << 20  # bytes
_PARTS: Final = 256

_digest_of: Final = itemgetter(slice(0, DIGEST))


class Pile:
    """Records of one source, which travel from a worker: bytes, or the file that holds what was too much."""

    __slots__ = ("_held", "file")

    def __init__(self, file: Path | None) -> None:
        self._held = bytearray()
        self.file = file
        """Where to put what is too much; None: hold it."""

    def add(self, record: bytes) -> None:
        """Take a record."""
        self._held += record
        if self.file is not None and len(self._held) >= _HELD:
            with self.file.open("ab") as stream:
                stream.write(self._held)
            self._held = bytearray()

    def parts(self, size: int) -> Iterator[bytes]:
        """Yield the records of this size, many at a time; what was put into the file is gone afterwards."""
        if self.file is not None and self.file.exists():
            with self.file.open("rb") as stream:
                while part := stream.read(_HELD // size * size):
                    yield part
            self.file.unlink()
        yield bytes(self._held)

    def __getstate__(self) -> tuple[bytes, Path | None]:
        return bytes(self._held), self.file

    def __setstate__(self, state: tuple[bytes, Path | None]) -> None:
        held, self.file = state
        self._held = bytearray(held)


class Ledger:
    """All records of one kind."""

    def __init__(self, size: int, folder: Path | None) -> None:
        self.size = size
        self.folder = folder
        self._held = bytearray()
        self._spilled = False

    def add(self, pile: Pile) -> None:
        """Take the records of a source."""
        for part in pile.parts(self.size):
            self._held += part
            if self.folder is not None and len(self._held) >= _HELD:
                self._spill(self.folder)

    def groups(self) -> Iterator[list[bytes]]:
        """Yield the records of each digest, sorted; in the order of the digests."""
        if self._spilled and self.folder is not None:
            self._spill(self.folder)
            for part in range(_PARTS):
                path = self.folder / f"{part:02x}"
                if path.exists():
                    yield from self._group(path.read_bytes())
        else:
            yield from self._group(self._held)

    def _group(self, data: bytes | bytearray) -> Iterator[list[bytes]]:
        records = sorted(bytes(data[at : at + self.size]) for at in range(0, len(data), self.size))
        for _, group in groupby(records, _digest_of):
            yield list(group)

    def _spill(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        parts: list[list[bytes]] = [[] for _ in range(_PARTS)]
        for at in range(0, len(self._held), self.size):
            record = bytes(self._held[at : at + self.size])
            parts[record[0]].append(record)
        for number, records in enumerate(parts):
            if records:
                with (folder / f"{number:02x}").open("ab") as stream:
                    stream.writelines(records)
        self._held = bytearray()
        self._spilled = True
