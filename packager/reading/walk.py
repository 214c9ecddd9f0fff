"""Walk through the folders below the fixed part of patterns, once, and never out of a project.

Links are followed, but a folder is walked by one way alone: that ends loops, and no file is read under two
names of a folder.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from packager.errors import EnvironmentFailure, UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from packager.config import Bounds
    from packager.reading.patterns import Pattern, State


class Met(NamedTuple):
    """What is no folder, or a link to one below which nothing can match."""

    name: str
    """Relative to where the walk began."""
    place: str
    """Where it lies; there is no link in it but perhaps the last name."""
    is_link: bool
    match: int | None
    """The number of the first pattern that it matches."""


class _Folder(NamedTuple):
    name: str
    place: str
    """Without links."""
    states: tuple[State, ...]


class Walk:
    """One walk; names that begin with a dot are left out."""

    def __init__(self, bounds: Bounds, leave_out: Collection[str] = ()) -> None:
        """Begin one; `leave_out` are folders, by paths whose last name alone may be a link."""
        self.bounds, self.leave_out = bounds, leave_out
        self.left_out: list[str] = []
        """The names of the folders that were met and left out."""
        self._walked: dict[str, str] = {}
        """The names of the folders that can hold matches, by their places."""

    def through(self, place: str, fixed: str, patterns: Sequence[Pattern]) -> Iterator[Met]:
        """Yield all that is no folder below a place without links; `fixed` begins every name.

        Raises:
            UsageError: a link leads out of the bounds, or to a folder that is walked anyway.
            EnvironmentFailure: a folder cannot be listed.
        """
        states = []
        for pattern in patterns:
            state = pattern.start
            for part in fixed.split("/") if fixed else ():
                state = pattern.enter(state, part)
            states.append(state)
        self._walked = {}
        pending = [_Folder(fixed, place, tuple(states))]
        while pending:
            folder = pending.pop()
            below: list[_Folder] = []
            yield from self._list(folder, patterns, below)
            # In one order, whatever the file system lists: which of two ways is told depends on it.
            pending += sorted(below, reverse=True)

    def _list(self, folder: _Folder, patterns: Sequence[Pattern], below: list[_Folder]) -> Iterator[Met]:
        """Yield what is no folder, and note what is one."""
        self._note(folder)
        ends = [
            (number, end)
            for number, (pattern, state) in enumerate(zip(patterns, folder.states, strict=True))
            if (end := pattern.ending_at(state)) is not None
        ]
        prefix, inside = folder.name and f"{folder.name}/", folder.place.rstrip(os.sep) + os.sep
        for entry in _scan(folder.place):
            name = entry.name
            if name[0] == ".":
                continue
            relative, place = prefix + name, inside + name
            is_link = entry.is_symlink()
            if _is_folder(entry):
                if place in self.leave_out:
                    self.left_out.append(relative)
                    continue
                states = tuple(map(_enter, patterns, folder.states, [name] * len(patterns)))
                if not is_link:
                    below.append(_Folder(relative, place, states))
                    continue
                if any(states):
                    below.append(_Folder(relative, self.bounds.follow(place, relative), states))
                    continue
            match = None
            for number, end in ends:
                if end(name):
                    match = number
                    break
            yield Met(relative, place, is_link, match)

    def _note(self, folder: _Folder) -> None:
        if not any(folder.states):
            return  # nothing is read there, and no link was followed
        first = self._walked.setdefault(folder.place, folder.name)
        if first != folder.name:
            one, other = sorted((first or ".", folder.name or "."))
            raise UsageError(
                f"{one!r} and {other!r} are one folder, by a link: its files would be read twice, or for "
                "ever; remove the link"
            )


def _enter(pattern: Pattern, state: State, name: str) -> State:
    return pattern.enter(state, name) if state else state


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _scan(place: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(place) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise EnvironmentFailure(f"{place} cannot be listed: {error.strerror}") from error
