"""Where a project is, and where its files may lie; what leads out of there by a link or a path is refused.

A repository may be anybody's: its links, patterns and references must not make the tool read, publish or
write a file of the person who checks it. Files are opened by the path that was judged, with no link in it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packager.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

FILE_NAME: Final = "dataset.toml"


@dataclass(frozen=True, slots=True)
class Bounds:
    """The folders that files may lie in, each without links; the first is the project's."""

    folders: tuple[str, ...] = ()

    def covers(self, place: str) -> bool:
        """Return whether a path without links lies in one of the folders."""
        return any(
            place == folder or place.startswith(folder.rstrip(os.sep) + os.sep) for folder in self.folders
        )

    def follow(self, path: str | Path, name: str) -> str:
        """Return where a path leads, with no link left in it; `name` is what messages call it.

        Raises:
            UsageError: it leads out of the folders.
        """
        try:
            place = os.path.realpath(path)
        except ValueError as error:  # a NUL
            raise UsageError(f"{name!r} can be no path: {error}") from error
        if not self.covers(place):
            folder = place if os.path.isdir(place) else os.path.dirname(place)  # noqa: PTH112, PTH120 - text
            where = f" ({_show(self.folders[0])})" if self.folders else ""
            raise UsageError(
                f"{_show(name)} leads to {_show(place)}, outside of the project{where}: move that into the "
                f"project, or allow it with --allow {_show(folder)}"
            )
        return place

    def follow_named(self, path: str | Path) -> str:
        """Return where a path leads that a person names: anywhere, unless it is a link of the project's.

        Raises:
            UsageError: it lies in the folders, and leads out of them.
        """
        written = os.path.abspath(path)  # noqa: PTH100 - what is written is asked, not where it leads
        return self.follow(path, str(path)) if self.covers(written) else os.path.realpath(path)

    def around(self, place: str) -> Bounds:
        """Return these bounds and those of the project that a file or folder without links lies in."""
        folder = Path(place)
        return Bounds((*self.folders, str(_find_top(folder if folder.is_dir() else folder.parent))))


def find_project(start: Path) -> Path | None:
    """Return the nearest folder, from `start` upwards, that holds a dataset.toml; None if there is none."""
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / FILE_NAME).is_file():
            return folder
    return None


def find_bounds(root: Path, allow: Iterable[str | Path] = ()) -> Bounds:
    """Return where the files of a project may lie: in its git repository, or else its folder, or `allow`.

    Raises:
        UsageError: there is no such folder to allow.
    """
    return Bounds((str(_find_top(Path(os.path.realpath(root)))), *find_allowed(allow)))


def find_allowed(allow: Iterable[str | Path]) -> tuple[str, ...]:
    """Return these folders without links.

    Raises:
        UsageError: one is none.
    """
    # The letters of one path would be folders, and the first one all that there is.
    folders = [allow] if isinstance(allow, str | Path) else list(allow)
    for folder in folders:
        if not os.path.isdir(folder):  # noqa: PTH112 - a Path of no text would be this folder
            raise UsageError(f"there is no folder {str(folder)!r} to allow")
    return tuple(map(os.path.realpath, folders))


def find_repository(folder: Path) -> Path | None:
    """Return the top of the git repository that a folder lies in; None if it lies in none."""
    return next((each for each in (folder, *folder.parents) if os.path.lexists(each / ".git")), None)


def _find_top(folder: Path) -> Path:
    return find_repository(folder) or find_project(folder) or folder


def _show(name: str) -> str:
    """Return a name as it is, or with escapes if a terminal could take it for a command."""
    return name if name.isprintable() else repr(name)
