"""Keep the splits of recordings in `splits.lock`, so that a change that would move one is noticed.

A line for each recording, sorted by name: its split, a space, its name as a JSON string. Lines stay when
their recording goes, for it may come back. Whoever wants to accept a move deletes the line.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from packager.config import LOCK_NAME
from packager.errors import ConfigError, EnvironmentFailure
from packager.files import write_whole
from packager.model import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_HEAD: Final = (
    "# The split of every recording that was ever built; `packager build` adds to it, and moves none.\n"
)
_LINE: Final = re.compile(r'([\w.]+) (".*")', re.ASCII)


class Lock(NamedTuple):
    """What a lock file says."""

    splits: dict[str, str]
    """The split of each recording."""
    lines: dict[str, int]
    """Where it says so, from 1."""

    def find_moved(self, placed: Iterable[tuple[str, str]]) -> Iterator[Problem]:
        """Yield the problem of each of these recordings, and their splits, that has moved."""
        for name, split in sorted(placed):
            was = self.splits.get(name, split)
            if was != split:
                message = (
                    f"the recording {name!r} was placed in {was}, and would now be in {split}: undo "
                    "what moved it, pin it, or delete this line to accept it"
                )
                line = self.lines[name]
                yield Problem(LOCK_NAME, line, 1, "", "split/moved", Severity.ERROR, message)


def read_lock(project: Path) -> Lock:
    """Return the lock of a project; an empty one if there is none yet.

    Raises:
        ConfigError: the file is no lock, such as after a merge that was not resolved.
    """
    path = project / LOCK_NAME
    lock = Lock({}, {})
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return lock
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({error})") from error
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        split, name = _parse(line.removesuffix("\r"), f"{path}:{number}")
        if lock.splits.setdefault(name, split) != split:
            raise ConfigError(
                f"{path}:{number}: {name!r} is in {lock.splits[name]} by line {lock.lines[name]}: delete one"
            )
        lock.lines.setdefault(name, number)
    return lock


def write_lock(project: Path, placed: Iterable[tuple[str, str]]) -> None:
    """Add to the lock of a project the recordings that it does not hold yet; whole or not at all.

    Raises:
        EnvironmentFailure: the disk refuses.
    """
    known = read_lock(project).splits
    all_of_them = dict(placed) | known
    path = project / LOCK_NAME
    if len(all_of_them) == len(known) and path.exists():
        return
    lines = (
        f"{split} {json.dumps(name, ensure_ascii=False)}\n" for name, split in sorted(all_of_them.items())
    )
    try:
        write_whole(path, "".join([_HEAD, *lines]).encode())
    except OSError as error:
        raise EnvironmentFailure(
            f"the build stands, but {path} cannot be written ({error.strerror}): mend that, and build again"
        ) from error


def _parse(line: str, where: str) -> tuple[str, str]:
    match = _LINE.fullmatch(line)
    try:
        name = json.loads(match[2]) if match else None
    except ValueError:
        name = None
    if match is None or not isinstance(name, str):
        raise ConfigError(
            f'{where}: must be a split, a space and a recording in quotes, such as `test "ep1"`'
        )
    return match[1], name
