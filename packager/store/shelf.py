"""A folder of small files that are remembered between runs; each may be deleted at any time.

It lies in the user's cache, since what it holds lets work be skipped: no repository must be able to ship it.
A file is written whole or not at all, and read only if it is as it was written. It belongs to the code that
wrote it: another version of the tool, if only by an edit, has other files.
"""

from __future__ import annotations

import hashlib
import os
import sys
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from packager.cache import project_cache
from packager.schema import find_engines
from packager.store.stamps import Clock, read_clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Shelf:
    """What was remembered by one project, under one name, for one set of circumstances."""

    def __init__(self, project: Path, name: str, depends: Iterable[object], *, most: int) -> None:
        """Open it; nothing is read or written yet.

        Args:
            project: the folder of the project.
            name: of the folder in the project's cache.
            depends: all that what is remembered depends on, told apart by what repr says.
            most: how many files are kept, of other circumstances too.
        """
        circumstances = repr((tuple(describe_tool()), tuple(depends)))
        digest = hashlib.sha256(circumstances.encode("utf-8", "backslashreplace"))
        self.project = project
        cache = project_cache(project)
        self.folder = None if cache is None else cache / name
        self._name = name
        self._file = f"{digest.hexdigest()}.json"
        self._most = most

    def open_clock(self) -> Clock | None:
        """Return the clock by which what is remembered is judged, before any source is read.

        That of the file system of the project, if it can be written; nothing, if the cache cannot be.
        """
        cache = project_cache(self.project, make=True)
        if cache is None:
            return None
        self.folder = cache / self._name
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
        except OSError:
            return None
        here = read_clock(self.folder)
        return here and (read_clock(self.project) or here)

    def read(self) -> Any | None:  # noqa: ANN401 - any JSON
        """Return what was kept; None if nothing was, or it was cut off by a crash, or edited."""
        if self.folder is None:
            return None
        try:
            digest, _, data = (self.folder / self._file).read_bytes().partition(b"\n")
        except OSError:
            return None
        return orjson.loads(data) if hashlib.sha256(data).hexdigest().encode() == digest else None

    def keep(self, value: object) -> None:
        """Keep a value; a disk that refuses costs nothing but time."""
        if self.folder is None:
            return
        from tempfile import NamedTemporaryFile  # noqa: PLC0415 - as in `read_clock`

        try:
            data = orjson.dumps(value)
            with NamedTemporaryFile(dir=self.folder, delete=False) as file:
                file.write(hashlib.sha256(data).hexdigest().encode() + b"\n" + data)
            os.replace(file.name, self.folder / self._file)  # noqa: PTH105 - the name is text
            kept = sorted(self.folder.iterdir(), key=lambda path: path.stat().st_mtime_ns, reverse=True)
            for path in kept[self._most :]:
                path.unlink(missing_ok=True)
        except OSError:
            return


def describe_tool() -> Iterator[tuple[str, int, int]]:
    """Yield what tells one version of the code from another one, if only by an edit."""
    yield sys.version + sys.executable, 0, 0
    pending = [str(Path(__file__).parent.parent), *(str(Path(each).parent) for each in find_engines())]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in sorted(entries, key=attrgetter("name")):
                if entry.is_dir() and entry.name != "__pycache__":
                    pending.append(entry.path)
                elif entry.name.endswith((".py", ".so", ".pyd", ".json")):
                    status = entry.stat()
                    yield entry.name, status.st_size, status.st_mtime_ns
