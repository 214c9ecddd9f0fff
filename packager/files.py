"""Files and folders of our own: written whole or not at all, and never through a link that others shipped."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import Final

from packager.errors import UsageError

STATE: Final = ".packager"
"""The folder of a project for what is not to be published or committed."""


_PIECE: Final = 1 << 20  # bytes hashed at a time


_JUNCTION: Final = 0xA0000003  # IO_REPARSE_TAG_MOUNT_POINT


def state_folder(project: Path, *below: str) -> Path:
    """Return the project's folder for what is not to be published or committed, or one below it.

    It is made if it is absent. What is written there is written with `write_whole`, which replaces a link.

    Raises:
        UsageError: one of these folders is a link, by which others have us write or delete what they like.
    """
    folder = project / STATE
    _make_folder(folder)
    ignore = folder / ".gitignore"
    if not os.path.lexists(ignore):
        write_whole(ignore, b"*\n")
    for name in below:
        folder /= name
        _make_folder(folder)
    return folder


def default_build(project: Path) -> Path:
    """Return the folder that a project is built into unless another one is named.

    Raises:
        UsageError: it is a link, which a repository can ship to have another build replaced or published.
    """
    build = project / "build"
    if os.path.lexists(build) and is_link(build.lstat()):
        raise UsageError(
            f"{build} is a link to {build.resolve()}: remove it, or name that folder (--out, or --build of "
            "publish)"
        )
    return build


def refuse_links(folder: Path) -> None:
    """Go through a folder of the project's state that others may have shipped, before it is worked in.

    Raises:
        UsageError: it holds what is neither a file nor a folder, such as a link.
    """
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            found = entry.stat(follow_symlinks=False)
            if is_link(found) or not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
                raise UsageError(
                    f"{entry.path} is a link or no file, and packager did not make it: remove it"
                )
            if stat.S_ISDIR(found.st_mode):
                refuse_links(Path(entry.path))


def read_own(path: Path) -> bytes | None:
    """Return the bytes of a file that we wrote; None if there is something else, such as a link."""
    try:
        regular = stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:
        return None
    return path.read_bytes() if regular else None


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is seen whole or not at all. A link at its place is replaced, not followed."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    beside.unlink(missing_ok=True)
    try:
        with beside.open("xb") as file:  # which follows no link
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def hash_file(path: Path) -> str:
    """Return the sha256 of a file's bytes, reading a piece at a time."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _make_folder(folder: Path) -> None:
    if os.path.lexists(folder) and is_link(folder.lstat()):
        raise UsageError(f"{folder} is a link, and what packager keeps there stays in the project: remove it")
    folder.mkdir(exist_ok=True)


def is_link(found: os.stat_result) -> bool:
    """Return whether it is a link, or on Windows a junction, which leads elsewhere just so."""
    return stat.S_ISLNK(found.st_mode) or getattr(found, "st_reparse_tag", 0) == _JUNCTION
