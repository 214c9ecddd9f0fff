"""Keep the large files of one repository, each under its sha256. Streams; never holds a whole file.

A file is received beside the store, compared with the size and the sha256 that its name promises, and only
then renamed into place: what is in the store is what its name says.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from packager.rehearsal.disk import place_file
from packager.rehearsal.refusal import RefusalError, bad_request, repository_not_found

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path
    from typing import BinaryIO, Protocol

    class _Digest(Protocol):
        def update(self, data: bytes | bytearray, /) -> None: ...


PIECE_BYTES = 1 << 20


class LfsStore:
    """The large files of one repository; `incoming` must be on the same file system as `folder`."""

    def __init__(self, folder: Path, incoming: Path) -> None:
        self._folder = folder
        self._incoming = incoming

    def path(self, oid: str) -> Path:
        """Return where a file is or will be. `oid` must have passed `check_object`."""
        return self._folder / oid[:2] / oid[2:4] / oid

    def size(self, oid: str) -> int | None:
        """Return the size of a file in bytes, or None if it is not in the store."""
        try:
            return self.path(oid).stat().st_size
        except FileNotFoundError:
            return None

    async def receive(self, oid: str, size: int, chunks: AsyncIterator[bytes]) -> None:
        """Take in a whole file.

        Raises:
            RefusalError: the bytes are not `size` many, or their sha256 is not `oid`.
        """
        partial = self._incoming / secrets.token_hex(16)
        digest = hashlib.sha256()
        try:
            with partial.open("xb") as file:
                await pour(chunks, file, size, digest)
            self._keep(partial, oid, digest.hexdigest())
        finally:
            partial.unlink(missing_ok=True)

    async def receive_part(self, upload: str, start: int, size: int, chunks: AsyncIterator[bytes]) -> None:
        """Take in the bytes from `start` of the upload called so; `upload` must be safe as a file name."""
        partial = self._incoming / upload
        partial.touch()
        with partial.open("r+b") as file:
            file.seek(start)
            await pour(chunks, file, size)

    def complete(self, upload: str, oid: str, size: int) -> None:
        """Check an upload that came in parts, and keep it. Completing what is kept already is no error.

        Raises:
            RefusalError: the parts together are not the file promised; they are thrown away.
        """
        if self.size(oid) == size:
            return
        partial = self._incoming / upload
        try:
            with partial.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
                if file.tell() != size:
                    raise _wrong_size(file.tell(), size)
            self._keep(partial, oid, found)
        except FileNotFoundError:
            raise bad_request("No part of this upload has arrived.") from None
        finally:
            partial.unlink(missing_ok=True)

    def _keep(self, partial: Path, oid: str, found: str) -> None:
        if found != oid:
            raise bad_request(f"The sha256 of the bytes received is {found}, not {oid}.")
        place = self.path(oid)
        try:
            # Not with parents: the store of a repository deleted meanwhile must not come back.
            place.parent.parent.mkdir(exist_ok=True)
            place.parent.mkdir(exist_ok=True)
            place_file(partial, place)
        except FileNotFoundError:
            raise repository_not_found(known=True) from None


async def pour(
    chunks: AsyncIterator[bytes],
    file: BinaryIO,
    size: int | None = None,
    digest: _Digest | None = None,
    *,
    most: int | None = None,
) -> None:
    """Write a request's body to a file, piece by piece, off the event loop.

    Raises:
        RefusalError: it is not `size` bytes long (None: any length will do), or longer than `most`.
    """
    received = 0
    piece = bytearray()

    def write() -> None:
        file.write(piece)
        if digest is not None:
            digest.update(piece)

    async for chunk in chunks:
        received += len(chunk)
        if size is not None and received > size:
            raise _wrong_size(received, size)
        if most is not None and received > most:
            raise RefusalError(413, f"The body is larger than {most} bytes.")
        piece += chunk
        if len(piece) >= PIECE_BYTES:
            await run_in_threadpool(write)
            piece.clear()
    await run_in_threadpool(write)
    if size is not None and received != size:
        raise _wrong_size(received, size)


def _wrong_size(received: int, promised: int) -> RefusalError:
    return bad_request(f"{received} bytes were received where {promised} were promised.")
