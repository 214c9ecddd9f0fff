"""Know a file by what the file system says of it, as git does; this is the one definition of that.

A file that has its size, times, number and device is taken for unchanged, unless it was changed so shortly
before it was looked at that the clock could not tell a later change.
"""

from __future__ import annotations

import hashlib
import os
import sys
from struct import Struct
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from packager.model import SourceFile

_STAMP: Final = Struct("<qqqqq")
_TICK: Final = 2 * 10**9  # nanoseconds; no file system in use has a coarser clock (FAT has this one)


class Stamp(NamedTuple):
    """What the file system says of a file."""

    size: int
    changed: int
    """When its content was changed, in nanoseconds, as likewise its status."""
    status_changed: int
    number: int
    device: int


class Clock(NamedTuple):
    """The time of a file system, and its device."""

    now: int
    device: int

    def is_sure(self, newest: int, devices: frozenset[int]) -> bool:
        """Return whether files that were last changed then, on these devices, cannot change unseen."""
        return newest < self.now - _TICK and devices <= {self.device}


def read_stamp(place: str) -> Stamp | None:
    """Return what the file system says of a file; None if it is not there."""
    try:
        found = os.stat(place)  # noqa: PTH116 - of many files, and several times as fast
    except OSError:
        return None
    number = found.st_ino & sys.maxsize
    return Stamp(found.st_size, found.st_mtime_ns, found.st_ctime_ns, number, found.st_dev)


def read_clock(folder: Path) -> Clock | None:
    """Return the clock of the file system that a folder is on; None if nothing can be written there."""
    from tempfile import TemporaryFile  # noqa: PLC0415 - a check that keeps nothing does without

    try:
        with TemporaryFile(dir=folder) as file:
            file.write(b"\0")
            file.flush()
            status = os.fstat(file.fileno())
    except OSError:
        return None
    return Clock(status.st_mtime_ns, status.st_dev)


class Survey(NamedTuple):
    """What the file system says of all sources, before any is read."""

    stamps: tuple[Stamp | None, ...]
    """Of each; None if it is not there."""
    sizes: tuple[int, ...]
    """Of each, in bytes; 0 if it cannot be known."""
    shape: str
    """A digest of names and sizes."""
    stamp: str
    """A digest of names and stamps."""
    newest: int
    """When the last of them was changed, in nanoseconds; beyond all times if that cannot be known."""
    devices: frozenset[int]


def survey_sources(sources: Sequence[SourceFile]) -> Survey:
    """Ask the file system about all sources."""
    stamps = tuple(read_stamp(source.place) for source in sources)
    found = [stamp for stamp in stamps if stamp is not None]
    names = "\0".join([source.name for source in sources]).encode("utf-8", "surrogateescape")
    sizes = tuple(0 if stamp is None else stamp.size for stamp in stamps)
    # Whoever ships a corpus chooses names and sizes, and equality lets it pass unread.
    shape = hashlib.sha256(names + b"\0" + repr(list(sizes)).encode())
    stamp = hashlib.sha256(b"".join(_STAMP.pack(*each) for each in found))
    stamp.update(shape.digest())
    newest = max((max(each.changed, each.status_changed) for each in found), default=0)
    return Survey(
        stamps=stamps,
        sizes=sizes,
        shape=shape.hexdigest(),
        stamp=stamp.hexdigest(),
        newest=sys.maxsize if len(found) < len(stamps) else newest,
        devices=frozenset(each.device for each in found),
    )
