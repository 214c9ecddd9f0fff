"""A folder of small files that are remembered between runs; each may be deleted at any time.

A file is written whole or not at all, and read only if it is as it was written. It belongs to the code that
wrote it: another version of the tool, if only by an edit, has other files.
"""

from __future__ import annotations

import os
import sys
import tempfile
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from xxhash import xxh3_128

from packager.folders import STATE, state_folder
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
            name: of the folder in its state.
            depends: all that what is remembered depends on, told apart by what repr says.
            most: how many files are kept, of other circumstances too.
        """
        circumstances = repr((tuple(describe_tool()), tuple(depends)))
        digest = xxh3_128(circumstances.encode("utf-8", "backslashreplace"))
        self.project = project
        self.folder = project / STATE / name
        self.path = self.folder / f"{digest.hexdigest()}.json"
        self._most = most

    def open_clock(self) -> Clock | None:
        """Return the clock by which what is remembered is judged, before any source is read.

        Nothing, if nothing can be written.
        """
        try:
            state_folder(self.project)
            self.folder.mkdir(exist_ok=True)
        except OSError:
            return None
        return read_clock(self.folder)

    def read(self) -> Any | None:  # noqa: ANN401 - any JSON
        """Return what was kept; None if nothing was, or it was cut off by a crash, or edited."""
        try:
            digest, _, data = self.path.read_bytes().partition(b"\n")
        except OSError:
            return None
        return orjson.loads(data) if xxh3_128(data).hexdigest().encode() == digest else None

    def keep(self, value: object) -> None:
        """Keep a value; a disk that refuses costs nothing but time."""
        try:
            data = orjson.dumps(value)
            with tempfile.NamedTemporaryFile(dir=self.folder, delete=False) as file:
                file.write(xxh3_128(data).hexdigest().encode() + b"\n" + data)
            os.replace(file.name, self.path)  # noqa: PTH105 - the name is text
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
