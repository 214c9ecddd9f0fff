"""Where downloaded bytes go, and what the client draws meanwhile."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import huggingface_hub.utils
from huggingface_hub import constants

_utils: Any = huggingface_hub.utils  # its names are found when they are used, unseen by a type checker


class Digest(io.RawIOBase):
    """A file that keeps of its bytes only their number, their hash, and, if asked, the last of them.

    With `git_size`, the number of bytes that will come, it also has the id that git would give them.
    """

    def __init__(self, keep: int = 0, *, git_size: int | None = None) -> None:
        self._keep, self._git_size = keep, git_size
        self._end = bytearray()
        self._begin()

    def _begin(self) -> None:
        self._sha256, self._size = hashlib.sha256(), 0
        self._sha1 = hashlib.sha1(b"blob %d\0" % (self._git_size or 0), usedforsecurity=False)
        self._end.clear()

    def write(self, piece: Any, /) -> int:  # noqa: ANN401 - bytes or any buffer
        """Take bytes in and forget them."""
        self._sha256.update(piece)
        if self._git_size is not None:
            self._sha1.update(piece)
        self._size += len(piece)
        if self._keep:
            self._end += piece[-self._keep :]
            if len(self._end) > 2 * self._keep:
                del self._end[: -self._keep]
        return len(piece)

    def tell(self) -> int:
        """Return how many bytes were taken."""
        return self._size

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go back to the beginning; there is nowhere else to go."""
        if (offset, whence) != (0, os.SEEK_SET):
            raise io.UnsupportedOperation("only the beginning is kept")
        self._begin()
        return 0

    def truncate(self, size: int | None = None, /) -> int:
        """Do nothing: what lies behind the beginning is not kept."""
        return self._size if size is None else size

    def end(self) -> bytes:
        """Return the last bytes taken."""
        return bytes(self._end[-self._keep :]) if self._keep else b""

    def git_id(self) -> str:
        """Return the git object id of the bytes taken."""
        return self._sha1.hexdigest()

    def hexdigest(self) -> str:
        """Return the sha256 of the bytes taken."""
        return self._sha256.hexdigest()


@contextmanager
def without_bars(*, unless: bool = False) -> Iterator[None]:
    """Keep the client from drawing progress bars, unless the environment says what the user wants."""
    decided = constants.HF_HUB_DISABLE_PROGRESS_BARS is not None or _utils.are_progress_bars_disabled()
    if unless or decided:
        yield
        return
    _utils.disable_progress_bars()
    try:
        yield
    finally:
        _utils.enable_progress_bars()
