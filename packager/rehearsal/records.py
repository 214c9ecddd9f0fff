"""The values that travel between the store of a repository and the answers about it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from dulwich.lfs import LFSPointer
from dulwich.objects import Commit

FILE_MODE = 0o100644
_LARGEST_POINTER = 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder at a revision."""

    path: str
    oid: str
    """The git id: of the blob (for a large file that of its pointer), or of the folder's tree."""
    size: int
    """In bytes, of the whole content; 0 for a folder."""
    sha256: str | None = None
    """Set for a large file."""
    pointer_size: int = 0
    """In bytes, of a large file's pointer."""
    is_folder: bool = False


@dataclass(frozen=True, slots=True)
class CommitRecord:
    """One commit, as the Hub lists it."""

    oid: str
    title: str
    message: str
    """What follows the title."""
    date: datetime
    parent: str | None
    """The first one; None: it begins a history."""


@dataclass(frozen=True, slots=True)
class Put:
    """Add a file or replace it."""

    path: str
    blob: str
    """The git id of a blob that is stored already."""


@dataclass(frozen=True, slots=True)
class Remove:
    """Remove a file, or a folder with all that is below it."""

    path: str
    is_folder: bool


def read_pointer(content: bytes) -> LFSPointer | None:
    """Return the pointer if these bytes stand for a large file, else None."""
    pointer = LFSPointer.from_bytes(content) if len(content) <= _LARGEST_POINTER else None
    return pointer if pointer is not None and re.fullmatch("[0-9a-f]{64}", pointer.oid) else None


def record_of(commit: Commit) -> CommitRecord:
    """Return what the Hub lists of a git commit."""
    title, _, message = commit.message.decode("utf-8", "replace").partition("\n")
    date = datetime.fromtimestamp(commit.commit_time, UTC)
    parent = commit.parents[0].decode() if commit.parents else None
    return CommitRecord(commit.id.decode(), title, message.strip(), date, parent)
