"""Find the large files of one repository, however they came: whole (LFS), or as chunks (Xet).

A file that came as chunks is kept by all repositories together, so a repository remembers which are its own:
REPOSITORY/xet/AB/SHA256 holds what Xet calls the file, and its size.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packager.rehearsal.disk import write_file
from packager.rehearsal.lfs_store import PIECE_BYTES
from packager.rehearsal.refusal import repository_not_found

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from packager.rehearsal.lfs_store import LfsStore
    from packager.rehearsal.xet.store import Recipe, XetStore


@dataclass(frozen=True, slots=True)
class Link:
    """What a repository remembers about a file that came as chunks."""

    digest: str
    """What Xet calls the file."""
    size: int


class LargeFiles:
    """The large files of one repository, by their sha256. `folder` is the repository's own."""

    def __init__(self, folder: Path, incoming: Path, lfs: LfsStore, xet: XetStore) -> None:
        self._folder = folder
        self._incoming = incoming
        self._lfs = lfs
        self._xet = xet

    def size(self, oid: str) -> int | None:
        """Return the size of a file in bytes, or None if the repository does not have it."""
        size = self._lfs.size(oid)
        if size is None and (link := self.link(oid)):
            return link.size
        return size

    def link(self, oid: str) -> Link | None:
        """Return what Xet calls a file; None if it did not come as chunks."""
        try:
            digest, size = self._path(oid).read_text(encoding="ascii").split()
        except FileNotFoundError:
            return None
        return Link(digest, int(size))

    def add(self, recipe: Recipe) -> None:
        """Remember a file whose recipe has been proven."""
        place = self._path(recipe.sha256)
        try:
            # Not with parents: a repository deleted meanwhile must not come back.
            place.parent.parent.mkdir(exist_ok=True)
            place.parent.mkdir(exist_ok=True)
        except FileNotFoundError:
            raise repository_not_found(known=True) from None
        content = f"{recipe.digest} {recipe.size}".encode()
        write_file(place, content, self._incoming / secrets.token_hex(16))

    def read(self, oid: str, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes of a file from `start` up to, but not including, `end`, in pieces."""
        path, link = self._lfs.path(oid), self.link(oid)
        recipe = self._xet.recipe(link.digest) if link else None
        if recipe is not None and not path.exists():
            yield from self._xet.read(recipe, start, end)
            return
        with path.open("rb") as file:
            file.seek(start)
            while start < end and (piece := file.read(min(PIECE_BYTES, end - start))):
                start += len(piece)
                yield piece

    def _path(self, oid: str) -> Path:
        return self._folder / "xet" / oid[:2] / oid
