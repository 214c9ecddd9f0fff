"""Read the bytes of a segment file piece by piece, decompressed on the way.

Bounded: a block has at most a stated number of bytes, whatever a compressed file would grow to. All members
of a .gz and all frames of a .zst are read. What cannot be read to the end raises CannotReadError.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeAlias, cast

from packager.reading.flaws import BOM, TOO_LARGE, Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Tap: TypeAlias = "Callable[[bytes], object]"
"""Sees the bytes of a file as they are read."""

BLOCK_BYTES = 1 << 20
"""Of a block: so many that what is done once a block is next to nothing."""

SMALL_BYTES = 1 << 15
_READ_ONLY = (
    os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
)
"""Without waiting: nobody may ever write into a pipe."""

_Damage: TypeAlias = tuple[type[Exception], ...]


class CannotReadError(Exception):
    """The file cannot be read to the end; the rule and the message say why."""

    def __init__(self, rule: Rule, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message
        self.line = line


def read_small(place: str) -> bytes | None:
    """Return the bytes of a file that is not compressed; None if it has more than 32 KiB, or anything is odd.

    Much faster than `read_pieces`, for many files of one segment each.
    """
    try:
        file = os.open(place, _READ_ONLY)
    except (OSError, ValueError):
        return None
    try:
        data = os.read(file, SMALL_BYTES + 1)
        return data if len(data) <= SMALL_BYTES and not os.read(file, 1) else None
    except OSError:
        return None
    finally:
        os.close(file)


def find_size(place: str) -> int | None:
    """Return how many bytes `read_pieces` will give; None if that is not known before they are read."""
    try:
        return None if Path(place).suffix.lower() in {".gz", ".zst"} else os.stat(place).st_size  # noqa: PTH116
    except (OSError, ValueError):
        return None


def find_first(place: str) -> bytes:
    """Return the first character of a JSON text that is not white space.

    Raises:
        CannotReadError: as `read_pieces`.
    """
    mark = BOM
    for piece in read_pieces(place, block_bytes=4096):
        if text := piece.removeprefix(mark).lstrip(b" \t\n\r"):
            return text[:1]
        mark = b""
    return b""


def read_pieces(
    place: str, *, block_bytes: int | None = None, max_bytes: int | None = None, tap: Tap | None = None
) -> Iterator[bytes]:
    """Yield the file's bytes in blocks, none of them empty; `tap` is called with each before.

    Raises:
        CannotReadError: The operating system refuses, the compressed data is damaged or cut off, the text is
            UTF-16, or there are more than `max_bytes` (of a file that is not compressed, before reading any).
    """
    block_bytes = BLOCK_BYTES if block_bytes is None else block_bytes
    damage: _Damage = ()
    try:
        file, damage, size = _open(Path(place))
        with file:
            _refuse_beyond(max_bytes, size)
            block = file.read(block_bytes)
            if block.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise CannotReadError(Rule.ENCODING, "the text is UTF-16: save the file as UTF-8")
            size = 0
            while block:
                _refuse_beyond(max_bytes, size := size + len(block))
                if tap is not None:
                    tap(block)
                yield block
                block = file.read(block_bytes)
    except EOFError as error:
        message = "the compressed data is cut off: compress the file again, or get the whole of it"
        raise CannotReadError(Rule.COMPRESSION, message) from error
    except damage as error:
        message = f"the compressed data cannot be read ({error}): compress the file again"
        raise CannotReadError(Rule.COMPRESSION, message) from error
    except OSError as error:
        message = f"the file cannot be read ({error.strerror or error}): see that it is there and may be read"
        raise CannotReadError(Rule.UNREADABLE, message) from error


def _refuse_beyond(max_bytes: int | None, size: int) -> None:
    if max_bytes is not None and size > max_bytes:
        raise CannotReadError(Rule.SIZE, TOO_LARGE)


def _open(path: Path) -> tuple[BinaryIO, _Damage, int]:
    """Open a file; name the exceptions that mean damaged data, and the size if it is known beforehand."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):  # a pipe could wait for ever, a device could never end
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "not a regular file"
        raise CannotReadError(Rule.UNREADABLE, f"this is {kind}: name a file with segments")
    match path.suffix.lower():
        case ".gz":
            return (*_open_gzip(path, status.st_size), 0)
        case ".zst":
            return (*_open_zstd(path), 0)
        case _:
            return path.open("rb", buffering=0), (), status.st_size


# Most projects have no compressed files, and a check of one small file should not wait for the libraries.


def _open_gzip(path: Path, size: int) -> tuple[BinaryIO, _Damage]:
    import gzip  # noqa: PLC0415 - see above
    import zlib  # noqa: PLC0415 - see above

    if not size:  # gzip takes it for a file of no members
        raise EOFError
    return cast("BinaryIO", gzip.open(path)), (gzip.BadGzipFile, zlib.error)


def _open_zstd(path: Path) -> tuple[BinaryIO, _Damage]:
    if sys.version_info >= (3, 14):
        from compression import zstd  # noqa: PLC0415 - see above
    else:
        from backports import zstd  # noqa: PLC0415 - see above

    return cast("BinaryIO", zstd.open(path)), (zstd.ZstdError,)
