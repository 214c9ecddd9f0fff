"""Repair segment files where they lie, whole or not at all, with their permissions."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from packager.fix.difference import write_diff
from packager.fix.pieces import UnsoundError, repair_pieces

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from packager.fix.values import Properties, Repair
    from packager.model import SourceFile


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was, or would be, repaired in a file."""

    name: str
    repairs: Mapping[Repair, int]
    """How many values, by kind; a value can count for several."""
    left: str = ""
    """Why the file was left as it is, and what to do; empty if it was not."""


def survey_file(source: SourceFile, properties: Properties) -> Outcome:
    """Return what `fix_file` would do, and write nothing."""
    if Path(source.place).suffix in {".gz", ".zst"}:
        return Outcome(source.name, {}, "it is compressed: unpack it first")
    if os.path.realpath(source.place) != source.place:
        return Outcome(source.name, {}, "it is a link: repair what it leads to")
    if not Path(source.place).is_file():  # a pipe could wait for ever
        return Outcome(source.name, {}, "it is no regular file")
    repairs: Counter[Repair] = Counter()
    try:
        for piece in repair_pieces(source, properties):
            repairs.update(piece.repairs)
    except UnsoundError:
        return Outcome(source.name, {}, "it has flaws that stop a repair: mend the errors json/… first")
    except OSError as error:
        return Outcome(source.name, {}, f"it cannot be read ({error.strerror or error}): allow reading first")
    return Outcome(source.name, repairs)


def fix_file(source: SourceFile, properties: Properties) -> Outcome:
    """Repair a file.

    Raises:
        OSError: the disk refuses; the file is as it was.
    """
    before = _describe(Path(source.place)) if Path(source.place).is_file() else None
    outcome = survey_file(source, properties)
    if before is None or not outcome.repairs:
        return outcome
    if not os.access(Path(source.place), os.W_OK):
        return Outcome(source.name, {}, "it is read-only: allow writing first")
    try:
        with _replace(Path(source.place), before) as out:
            for piece in repair_pieces(source, properties):
                out.write(piece.after)
    except (_ChangedError, UnsoundError):
        return Outcome(source.name, {}, "it changed meanwhile: run the command again")
    return outcome


def diff_file(source: SourceFile, properties: Properties) -> Iterator[bytes]:
    """Yield a unified diff of what `fix_file` does to a file for which `survey_file` finds repairs."""
    return write_diff(source.name, repair_pieces(source, properties))


class _ChangedError(Exception):
    """Another program wrote the file while it was being repaired."""


def _describe(path: Path) -> tuple[int, int, int, int]:
    """Return what tells whether another program writes a file."""
    status = path.stat()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


@contextmanager
def _replace(path: Path, before: tuple[int, int, int, int]) -> Iterator[BinaryIO]:
    """Yield a file beside this one that takes its place at the end."""
    status = path.stat()
    handle, name = tempfile.mkstemp(prefix=".packager-", dir=path.parent)
    try:
        with open(handle, "wb") as out:  # noqa: PTH123 - a handle has no path to open
            yield out
            out.flush()
            os.fsync(handle)
        with suppress(OSError, AttributeError):  # only the superuser may, and Windows cannot
            os.chown(name, status.st_uid, status.st_gid)
        Path(name).chmod(status.st_mode & 0o7777)
        if _describe(path) != before or os.path.realpath(path) != str(path):
            raise _ChangedError
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
