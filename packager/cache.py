"""The user's own folder for what is remembered between runs: the one place that no repository can ship.

What lets work be skipped, or a folder be moved, lies here and is believed; what lies in a project is not. A
folder that is not there, cannot be written, or can be written by others is no failure: nothing is remembered.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from pathlib import Path
from typing import Final

from packager.errors import UsageError

VARIABLE: Final = "PACKAGER_CACHE"
"""The environment variable that names the folder."""
_DEPTH: Final = 100  # folders that are made at most; no path is as long


def project_cache(project: Path, *, make: bool = False) -> Path | None:
    """Return the folder of one project, known by its resolved path; None if there is none to be trusted.

    With `make` it is made if it is absent, for nobody but the user.

    Raises:
        UsageError: the environment variable names no absolute path.
    """
    return _open(hashlib.sha256(os.fsencode(project.resolve())).hexdigest()[:32], make=make)


def shared_cache(name: str, *, make: bool = False) -> Path | None:
    """Return a folder for all projects; as `project_cache`."""
    return _open(name, make=make)


def _open(name: str, *, make: bool) -> Path | None:
    root = _find_root()
    if root is None:
        return None
    folder = root / name
    if make:
        try:
            _make(folder)
        except OSError:
            return None
    return folder if _is_ours(folder) else None


def _find_root() -> Path | None:
    if named := os.environ.get(VARIABLE):
        if not Path(named).is_absolute():
            raise UsageError(f"{VARIABLE} is {named!r}: it has to name a folder by its absolute path")
        return Path(named)
    # Path.home raises where nobody is at home; of an empty HOME expanduser makes the root folder.
    home = "" if os.environ.get("HOME") == "" else os.path.expanduser("~")  # noqa: PTH111
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "")
    elif sys.platform == "darwin":
        base = os.path.join(home, "Library", "Caches")  # noqa: PTH118 - text, as its neighbours
    else:
        base = os.environ.get("XDG_CACHE_HOME", "")
        if not Path(base).is_absolute():  # as the specification has it
            base = os.path.join(home, ".cache")  # noqa: PTH118 - likewise
    return Path(base, "packager") if Path(base).is_absolute() else None


def _make(folder: Path) -> None:
    """Make a folder and those above it, each for the user alone."""
    missing = []
    for each in (folder, *folder.parents)[:_DEPTH]:
        if each.is_dir():
            break
        missing.append(each)
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)


def _is_ours(folder: Path) -> bool:
    """Return whether a folder is there, no link, and written by nobody but this user."""
    try:
        found = folder.lstat()
    except (OSError, ValueError):
        return False
    if not stat.S_ISDIR(found.st_mode):
        return False
    return sys.platform == "win32" or (found.st_uid == os.geteuid() and found.st_mode & 0o722 == 0o700)
