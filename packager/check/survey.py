"""Ask the file system about all sources, once, before any is read."""

from __future__ import annotations

import os
import sys
from struct import Struct
from typing import TYPE_CHECKING, Final, NamedTuple

from xxhash import xxh3_128

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packager.model import SourceFile

_STATUS: Final = Struct("<qqqqq")


class Survey(NamedTuple):
    """What the file system says of the sources, before any is read."""

    sizes: tuple[int, ...]
    """Of each, in bytes; 0 if it cannot be known."""
    shape: str
    """A digest of names and sizes."""
    stamp: str
    """A digest of names, sizes, times and numbers."""
    newest: int
    """When the last of them was changed, in nanoseconds; beyond all times if that cannot be known."""
    devices: frozenset[int]


def survey_sources(sources: Sequence[SourceFile]) -> Survey:
    """Ask the file system about all sources."""
    sizes: list[int] = []
    shape, stamp = xxh3_128(), xxh3_128()
    newest, devices = 0, set[int]()
    for source in sources:
        try:
            status = os.stat(source.place)  # noqa: PTH116 - of many files, and much faster
        except OSError:
            sizes.append(0)
            newest = sys.maxsize
            continue
        sizes.append(status.st_size)
        changed, created = status.st_mtime_ns, status.st_ctime_ns
        newest = max(newest, changed, created)
        devices.add(status.st_dev)
        stamp.update(
            _STATUS.pack(status.st_size, changed, created, status.st_ino & sys.maxsize, status.st_dev)
        )
    names = "\0".join([source.name for source in sources]).encode("utf-8", "surrogateescape")
    shape.update(names + b"\0" + repr(sizes).encode())
    stamp.update(shape.digest())
    return Survey(tuple(sizes), shape.hexdigest(), stamp.hexdigest(), newest, frozenset(devices))
