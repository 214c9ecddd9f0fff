"""Find the segment files of a project, or below the paths that a user names, and what recording each names.

Always in one order: by name in Unicode NFC, code point by code point, whatever the file system lists.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packager.config import PATTERNS, Bounds
from packager.errors import ConfigError, UsageError
from packager.model import SourceFile
from packager.reading.patterns import Pattern
from packager.reading.walk import Met, Walk

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

_SEGMENT_FILE: Final = re.compile(r"\.(?:json|jsonl|ndjson)(?:\.(?:gz|zst))?$", re.IGNORECASE)
_ENDING: Final = re.compile(r"\.[A-Za-z0-9]{1,16}$")
"""Of any file, where it is counted; what else a name ends in is not shown, for it could be anything."""


@dataclass(frozen=True, slots=True)
class Found:
    """The segment files that were looked for, and what else lies among them."""

    sources: tuple[SourceFile, ...]
    """Each once, in order."""
    not_read: tuple[tuple[str, int], ...] = ()
    """How many other files there are, by their ending in small letters; most first."""
    left_out: tuple[str, ...] = ()
    """Folders that were met and not entered: those of builds."""


def find_sources(  # noqa: PLR0913 - what varies is a parameter
    root: Path,
    patterns: Sequence[str],
    top: str,
    without: Path | None = None,
    *,
    bounds: Bounds,
    builds: Collection[Path] = (),
    apart: Collection[Path] = (),
) -> Found:
    """Return the segment files below `root` that the patterns match.

    Wildcards are the shell's and `**` (any number of folders); they match no name that begins with a dot. A
    pattern that ends in `.json`, `.jsonl` or `.ndjson` finds such files in any letter case, and compressed
    (`.gz`, `.zst`) too. `top`
    names the recording of objects that lie in `root` itself. The file `without` is not found, nor are
    it and those that stand `apart` counted; the folders of `builds` are left out.

    Raises:
        ConfigError: a pattern is no pattern, or matches a file that is no segment file.
        UsageError: no file matches, or a link leads out of the bounds.
    """
    compiled = [Pattern(pattern) for pattern in patterns]
    walk = Walk(bounds, frozenset(map(_without_last_link, builds)))
    schema = without and os.path.realpath(without)
    others = dict[str, Met]()
    found: dict[str, tuple[int, SourceFile]] = {}
    for fixed in dict.fromkeys(pattern.fixed for pattern in compiled):
        numbers = [number for number, pattern in enumerate(compiled) if pattern.fixed == fixed]
        place = _enter_fixed(root, fixed, walk)
        for met in walk.through(place, fixed, [compiled[number] for number in numbers]) if place else ():
            if met.match is None:
                others[met.name] = met
                continue
            number = numbers[met.match]
            if met.name in found and found[met.name][0] < number:
                continue
            place = _settle(met, bounds) if met.is_link else met.place
            if place == schema:
                continue
            if not _SEGMENT_FILE.search(met.name):
                raise ConfigError(
                    f"dataset.toml: dataset.segments: {patterns[number]!r} matches {met.name}, which is no "
                    "segment file (.json, .jsonl or .ndjson, also with .gz or .zst)"
                )
            found[met.name] = number, _describe(place, met.name, fixed, top)
    known = {schema, *map(os.path.realpath, apart)}
    not_read = _count(met for name, met in others.items() if name not in found and met.place not in known)
    if not found:
        raise UsageError(
            f"no file in {root} matches {', '.join(patterns)}: put segment files there, or change `segments` "
            f"in dataset.toml{_tell_others(not_read, walk.left_out)}"
        )
    return Found(_sort(source for _, source in found.values()), not_read, tuple(sorted(set(walk.left_out))))


def find_below(
    paths: Sequence[Path], root: Path | None, *, bounds: Bounds, builds: Collection[Path] = ()
) -> Found:
    """Return the segment files that these paths are, or that lie below them.

    Their names are relative to `root` (the project) if they lie in it, else as the user gave them.

    Raises:
        UsageError: a path is absent or is no segment file, or no segment file lies below the paths; or it
            leads out of the bounds by a link.
    """
    found: dict[str, SourceFile] = {}
    others: dict[str, Met] = {}
    left_out: set[str] = set()
    for given in paths:
        if not os.path.lexists(given):
            raise UsageError(f"{given} does not exist")
        place = bounds.follow_named(given)
        if not given.is_dir():
            if given.is_file() and not _SEGMENT_FILE.search(given.name):
                raise UsageError(
                    f"{given} is no segment file (.json, .jsonl or .ndjson, also with .gz or .zst)"
                )
            met = Met(given.name, _without_last_link(given), given.is_symlink(), 0)
            folder, walked, inside = given.parent, [met], bounds.around(place)
        else:
            folder, inside = given, bounds.around(place)
            walk = Walk(inside, frozenset(map(_without_last_link, builds)))
            walked = list(walk.through(place, "", _ANY_SEGMENT_FILE))
            left_out |= {_reported_name(given / name, root) for name in walk.left_out}
        fixed = _reported_name(folder, root)
        for met in walked:
            path = folder / met.name
            if met.match is None:
                others[_without_dots(path)] = met
                continue
            place = _settle(met, inside) if met.is_link else met.place
            described = _describe(place, _reported_name(path, root), fixed, folder.resolve().name)
            found.setdefault(_without_dots(path), described)
    not_read = _count(met for name, met in others.items() if name not in found)
    if not found:
        told = _tell_others(not_read, left_out)
        raise UsageError(f"no segment file (.json, .jsonl, .ndjson) below {', '.join(map(str, paths))}{told}")
    return Found(_sort(found.values()), not_read, tuple(sorted(left_out)))


_ANY_SEGMENT_FILE: Final = [Pattern(pattern.partition("/")[2]) for pattern in PATTERNS]


def describe_not_read(not_read: Sequence[tuple[str, int]]) -> str:
    """Say how many files are not read, by their endings; the empty string for none."""
    if not not_read:
        return ""
    total = sum(count for _, count in not_read)
    kinds = [f"{ending or 'without an ending'} {count:,}" for ending, count in not_read[:_SHOWN]]
    kinds += ["others"] * (len(not_read) > _SHOWN)
    return f"{total:,} {'files are' if total > 1 else 'file is'} not read: {', '.join(kinds)}"


_SHOWN: Final = 12


def _tell_others(not_read: Sequence[tuple[str, int]], left_out: Iterable[str]) -> str:
    told = [describe_not_read(not_read)] if not_read else []
    told += [f"{name}/ is left out: a build is written there" for name in sorted(set(left_out))]
    return "".join(f"; {each}" for each in told)


def _count(others: Iterable[Met]) -> tuple[tuple[str, int], ...]:
    """Count files by their endings."""
    endings: Counter[str] = Counter()
    for met in others:
        ending = _ENDING.search(met.name)
        endings[ending[0].lower() if ending else ""] += 1
    return tuple(sorted(endings.items(), key=lambda entry: (-entry[1], entry[0])))


def _enter_fixed(root: Path, fixed: str, walk: Walk) -> str | None:
    """Return where the fixed part of a pattern leads; None if there is no folder, or one of a build."""
    place = os.path.realpath(root)
    for part in fixed.split("/") if fixed else ():
        entered = f"{place.rstrip(os.sep)}{os.sep}{part}"
        if entered in walk.leave_out:
            walk.left_out.append(os.path.relpath(entered, os.path.realpath(root)))
            return None
        place = os.path.realpath(entered)
    return walk.bounds.follow(place, fixed or ".") if os.path.lexists(root / fixed) else None


def _settle(met: Met, bounds: Bounds) -> str:
    """Return where to open what a link leads to; it is followed at once, if that is read in the same way."""
    place = bounds.follow(met.place, met.name)
    return place if _form(place) == _form(met.name) else met.place


def _form(name: str) -> str:
    found = _SEGMENT_FILE.search(name)
    return found[0].lower() if found else ""


def _describe(place: str, name: str, fixed: str, top: str) -> SourceFile:
    below = name if fixed in {"", "."} else name.removeprefix(fixed).lstrip("/")
    folder = below.rpartition("/")[0] or fixed.rpartition("/")[2] or top
    recording = _SEGMENT_FILE.sub("", below)
    if name.isascii() and folder.isascii():
        return SourceFile(place, name, recording, folder)
    return SourceFile(
        place,
        name=_as_text(name),
        recording=_as_text(unicodedata.normalize("NFC", recording)),
        folder=_as_text(unicodedata.normalize("NFC", folder)),
        is_named_in_utf8=_as_text(name) == name,
    )


def _as_text(name: str) -> str:
    """Return a name in which bytes that are not UTF-8 are written as escapes."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _sort(sources: Iterable[SourceFile]) -> tuple[SourceFile, ...]:
    found = list(sources)
    if all(source.name.isascii() for source in found):
        return tuple(sorted(found, key=attrgetter("name")))
    return tuple(sorted(found, key=lambda source: (unicodedata.normalize("NFC", source.name), source.name)))


def _reported_name(path: Path, root: Path | None) -> str:
    if root is not None:
        absolute = Path(_without_dots(path))
        if absolute.is_relative_to(root):
            return absolute.relative_to(root).as_posix()
    return path.as_posix()


def _without_dots(path: Path) -> str:
    return os.path.abspath(path)  # noqa: PTH100 - resolve() would follow links, and lose the name


def _without_last_link(path: Path) -> str:
    """Return a path with all links followed but the last name."""
    folder, name = os.path.split(_without_dots(path))
    return os.path.join(os.path.realpath(folder), name)  # noqa: PTH118 - text, as the walk compares it
