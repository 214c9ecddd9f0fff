"""Find the segment files of a project, or below the paths that a user names, and what recording each names.

Always in one order: by name in Unicode NFC, code point by code point, whatever the file system lists.
"""

from __future__ import annotations

import os
import re
import unicodedata
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packager.errors import ConfigError, EnvironmentFailure, UsageError
from packager.manifest import is_build
from packager.model import SourceFile

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

_SEGMENT_FILE: Final = re.compile(r"\.(?:json|jsonl|ndjson)(?:\.(?:gz|zst))?$", re.IGNORECASE)
_ENDINGS: Final = re.compile(r"\.(?:json|jsonl|ndjson)(?:\.(?:gz|zst))?$")
"""Of a pattern; they match in any letter case."""
_WILDCARD: Final = re.compile(r"[*?\[]")
_PIECE: Final = re.compile(r"\*+|\?|\[!?\]?[^\]]*\]|.", re.DOTALL)


def find_sources(
    root: Path, patterns: Sequence[str], top: str, without: Collection[Path] = ()
) -> tuple[SourceFile, ...]:
    """Return the segment files below `root` that the patterns match, each once, in order.

    Wildcards are the shell's and `**` (any number of folders); they match no name that begins with a dot. A
    pattern that ends in `.json`, `.jsonl` or `.ndjson` finds such files in any letter case, and compressed
    (`.gz`, `.zst`) too. `top`
    names the recording of objects that lie in `root` itself. Files `without`, and folders that are builds,
    are passed over.

    Raises:
        ConfigError: a pattern is no pattern, or matches a file that is no segment file.
        UsageError: no file matches.
    """
    found: dict[str, SourceFile] = {}
    walked: dict[str, list[str]] = {}  # most patterns begin in the same folder
    base, passed_over = f"{root}{os.sep}", set(map(str, without))
    for pattern in patterns:
        fixed, matches = _compile(pattern)
        if fixed not in walked:
            walked[fixed] = list(_walk(root, fixed))
        for relative in walked[fixed]:
            if relative not in found and matches(relative) and base + relative not in passed_over:
                if not _SEGMENT_FILE.search(relative):
                    raise ConfigError(
                        f"dataset.toml: dataset.segments: {pattern!r} matches {relative}, which is no "
                        "segment file (.json, .jsonl or .ndjson, also with .gz or .zst)"
                    )
                found[relative] = _describe(base + relative, relative, fixed, top)
    if not found:
        raise UsageError(
            f"no file in {root} matches {', '.join(patterns)}: put segment files there, or change `segments` "
            "in dataset.toml"
        )
    return _sort(found.values())


def find_below(paths: Sequence[Path], root: Path | None) -> tuple[SourceFile, ...]:
    """Return the segment files that these paths are, or that lie below them, each once, in order.

    Their names are relative to `root` (the project) if they lie in it, else as the user gave them.

    Raises:
        UsageError: a path is absent or is no segment file, or no segment file lies below the paths.
    """
    found: dict[Path, SourceFile] = {}
    for given in paths:
        folder = given if given.is_dir() else given.parent
        names = (
            [name for name in _walk(given, "") if _SEGMENT_FILE.search(name)]
            if given.is_dir()
            else [given.name]
        )
        if given.is_file() and not _SEGMENT_FILE.search(given.name):
            raise UsageError(f"{given} is no segment file (.json, .jsonl or .ndjson, also with .gz or .zst)")
        if not os.path.lexists(given):
            raise UsageError(f"{given} does not exist")
        for name in names:
            path = folder / name
            reported = _reported_name(path, root)
            fixed = _reported_name(folder, root)
            found.setdefault(
                _without_dots(path), _describe(str(path), reported, fixed, folder.resolve().name)
            )
    if not found:
        raise UsageError(f"no segment file (.json, .jsonl, .ndjson) below {', '.join(map(str, paths))}")
    return _sort(found.values())


def compile_pattern(pattern: str) -> Callable[[str], object]:
    """Return what tells whether a path, relative to the project, matches a pattern."""
    return _compile(pattern)[1]


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
        absolute = _without_dots(path)
        if absolute.is_relative_to(root):
            return absolute.relative_to(root).as_posix()
    return path.as_posix()


def _without_dots(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links, and lose the name


def _compile(pattern: str) -> tuple[str, Callable[[str], object]]:
    """Return the folders before the first wildcard, and what a relative path must match."""
    *folders, _ = parts = pattern.split("/")
    wild = next((index for index, part in enumerate(folders) if _WILDCARD.search(part)), len(folders))
    ending = _ENDINGS.search(parts[-1])
    last = parts[-1][: ending.start()] if ending else parts[-1]
    try:
        regex = "".join(_folder_regex(part) for part in folders) + (_last_regex(last) if last else "")
        if ending:
            compressed = "" if ending[0].endswith((".gz", ".zst")) else r"(?:\.(?:gz|zst))?"
            regex += f"(?i:{re.escape(ending[0])}{compressed})"
        return "/".join(folders[:wild]), re.compile(regex, re.DOTALL).fullmatch
    except re.error as error:
        raise ConfigError(
            f"dataset.toml: dataset.segments: {pattern!r} is no pattern: {error.msg}"
        ) from error


def _folder_regex(part: str) -> str:
    return r"(?:(?!\.)[^/]+/)*" if part == "**" else _part_regex(part) + "/"


def _last_regex(part: str) -> str:
    return _folder_regex(part) + r"(?!\.)[^/]+" if part == "**" else _part_regex(part)


def _part_regex(part: str) -> str:
    pieces = [r"(?!\.)" if _WILDCARD.match(part) else ""]
    for piece in _PIECE.findall(part):
        if piece[0] == "*":
            pieces.append("[^/]*")
        elif piece == "?":
            pieces.append("[^/]")
        elif piece[0] == "[" and len(piece) > 1:
            if "--" in piece:
                raise re.error("a range has one hyphen")
            inside = re.sub(r"([\\\[&~|])", r"\\\1", piece[1:-1])
            pieces.append(f"(?!/)[{'^' + inside[1:] if inside.startswith('!') else inside}]")
        else:
            pieces.append(re.escape(piece))
    return "".join(pieces)


def _walk(root: Path, fixed: str) -> Iterator[str]:
    """Yield the paths, relative to `root`, of all that is no folder below `fixed`.

    Links are followed, but never into a folder above them. Names that begin with a dot are left out.
    """
    pending = [(fixed, frozenset[tuple[int, int]]())]
    while pending:
        folder, above = pending.pop()
        here = root / folder
        try:
            status = here.stat()
            entries = list(os.scandir(here))
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise EnvironmentFailure(f"{here} cannot be listed: {error.strerror}") from error
        place = (status.st_dev, status.st_ino)
        if place in above or is_build(entry.name for entry in entries):
            continue
        for entry in entries:
            if entry.name.startswith("."):
                continue
            relative = f"{folder}/{entry.name}" if folder else entry.name
            if entry.is_dir():
                pending.append((relative, above | {place}))
            else:
                yield relative
