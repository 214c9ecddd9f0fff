"""Keep the large files of one repository by their sha256, however they came: whole (LFS), or as chunks (Xet).

A file that came whole is received beside its place, compared with the size and the sha256 that its name
promises, and only then renamed: what is in the store is what its name says. One that came as chunks is kept
by all repositories together, so a repository remembers which are its own: REPOSITORY/xet/AB/SHA256 holds what
Xet calls the file, and its size. Streams; never holds a whole file.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from starlette.concurrency import run_in_threadpool

from packager.rehearsal.disk import place_file, write_file
from packager.rehearsal.refusal import RefusalError, bad_request, repository_not_found
from packager.rehearsal.xet.store import Recipe, XetStore

PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Link:
    """What a repository remembers about a file that came as chunks."""

    digest: str
    """What Xet calls the file."""
    size: int


class LargeFiles:
    """The large files of the repository in `folder`; `incoming` must be on the same file system.

    Every `oid` must have passed `check_object`, every name of an upload must be safe as a file's.
    """

    def __init__(self, folder: Path, incoming: Path, xet: XetStore) -> None:
        self._folder = folder
        self._incoming = incoming
        self._xet = xet

    def path(self, oid: str) -> Path:
        """Return where a file that came whole is or will be."""
        return self._folder / "lfs" / oid[:2] / oid[2:4] / oid

    def size(self, oid: str) -> int | None:
        """Return the size of a file in bytes, or None if the repository does not have it."""
        try:
            return self.path(oid).stat().st_size
        except FileNotFoundError:
            link = self.link(oid)
            return link.size if link else None

    def link(self, oid: str) -> Link | None:
        """Return what Xet calls a file; None if it did not come as chunks."""
        try:
            digest, size = self._link_path(oid).read_text(encoding="ascii").split()
        except FileNotFoundError:
            return None
        return Link(digest, int(size))

    def add(self, recipe: Recipe) -> None:
        """Remember a file whose recipe has been proven."""
        content = f"{recipe.digest} {recipe.size}".encode()
        with _made_folder(self._link_path(recipe.sha256)) as place:
            write_file(place, content, self._incoming / secrets.token_hex(16))

    def read(self, oid: str, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes of a file from `start` up to, but not including, `end`, in pieces."""
        path, link = self.path(oid), self.link(oid)
        recipe = self._xet.recipe(link.digest) if link else None
        if recipe is not None and not path.exists():
            yield from self._xet.read(recipe, start, end)
            return
        with path.open("rb") as file:
            file.seek(start)
            while start < end and (piece := file.read(min(PIECE_BYTES, end - start))):
                start += len(piece)
                yield piece

    async def receive(self, oid: str, size: int, chunks: AsyncIterator[bytes]) -> None:
        """Take in a whole file; 400 if the bytes are not `size` many, or their sha256 is not `oid`."""
        async with poured(chunks, self._incoming, size) as received:
            await run_in_threadpool(self._keep, received, oid, size)

    async def receive_part(self, upload: str, start: int, size: int, chunks: AsyncIterator[bytes]) -> None:
        """Take in the bytes from `start` of the upload called so."""
        partial = self._incoming / upload
        partial.touch()
        with partial.open("r+b") as file:
            file.seek(start)
            await pour(chunks, file, size)

    def complete(self, upload: str, oid: str, size: int) -> None:
        """Check an upload that came in parts, and keep it, or else throw it away (400).

        Completing what is kept already is no error.
        """
        partial = self._incoming / upload
        if self.path(oid).exists():
            return
        if not partial.exists():
            raise bad_request("No part of this upload has arrived.")
        try:
            self._keep(partial, oid, size)
        finally:
            partial.unlink(missing_ok=True)

    def _keep(self, received: Path, oid: str, size: int) -> None:
        with received.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
            if file.tell() != size:
                raise _wrong_size(file.tell(), size)
        if found != oid:
            raise bad_request(f"The sha256 of the bytes received is {found}, not {oid}.")
        with _made_folder(self.path(oid)) as place:
            place_file(received, place)

    def _link_path(self, oid: str) -> Path:
        return self._folder / "xet" / oid[:2] / oid


@contextmanager
def _made_folder(place: Path) -> Iterator[Path]:
    try:
        # Not with parents: the folder of a repository deleted meanwhile must not come back.
        place.parent.parent.mkdir(exist_ok=True)
        place.parent.mkdir(exist_ok=True)
        yield place
    except FileNotFoundError:
        raise repository_not_found(known=True) from None


@asynccontextmanager
async def poured(
    chunks: AsyncIterator[bytes], folder: Path, size: int | None = None, *, most: int | None = None
) -> AsyncIterator[Path]:
    """Write a request's body to a new file in a folder; it is gone afterwards unless it was moved."""
    received = folder / secrets.token_hex(16)
    try:
        with received.open("xb") as file:
            await pour(chunks, file, size, most=most)
        yield received
    finally:
        received.unlink(missing_ok=True)


async def pour(
    chunks: AsyncIterator[bytes], file: BinaryIO, size: int | None = None, *, most: int | None = None
) -> None:
    """Write a request's body to a file, piece by piece, off the event loop.

    Refuse one that is not `size` bytes long (None: any length will do), or longer than `most`.
    """
    received = 0
    piece = bytearray()
    async for chunk in chunks:
        received += len(chunk)
        if size is not None and received > size:
            raise _wrong_size(received, size)
        if most is not None and received > most:
            raise RefusalError(413, f"The body is larger than {most} bytes.")
        piece += chunk
        if len(piece) >= PIECE_BYTES:
            await run_in_threadpool(file.write, piece)
            piece.clear()
    await run_in_threadpool(file.write, piece)
    if size is not None and received != size:
        raise _wrong_size(received, size)


def _wrong_size(received: int, promised: int) -> RefusalError:
    return bad_request(f"{received} bytes were received where {promised} were promised.")
