"""Match paths against the patterns of dataset.toml, name by name. Pure.

A path is followed through a pattern as through a graph: each name is held against the parts that may come
next. So no pattern takes longer than its parts times the names of a path, and the search for files knows of a
folder whether anything below it can match.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from packager.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

State = frozenset[int]
"""The parts of a pattern that may come next; empty: nothing below can match."""

_ENDINGS: Final = re.compile(r"\.(?:json|jsonl|ndjson)(?:\.(?:gz|zst))?$")
"""Of a pattern; they match in any letter case."""
_WILDCARD: Final = re.compile(r"[*?\[]")
_PIECE: Final = re.compile(r"\*+|\?|\[!?\]?[^\]]*\]|.", re.DOTALL)
_LONGEST: Final = 4096
"""No path is longer."""
_VISIBLE: Final = r"(?!\.)"


class Pattern:
    """A pattern. `*`, `?` and `[…]` match inside one name, `**` any number of folders."""

    def __init__(self, text: str) -> None:
        """Read a pattern.

        Raises:
            ConfigError: it is none.
        """
        if len(text) > _LONGEST:
            raise ConfigError(f"{text[:40]!r}… is no pattern: it has over {_LONGEST:,} characters")
        *folders, name = text.split("/")
        wild = next((index for index, part in enumerate(folders) if _WILDCARD.search(part)), len(folders))
        self.text = text
        self.fixed = "/".join(folders[:wild])
        """The folders before the first wildcard."""
        ending = _ENDINGS.search(name)
        last = name[: ending.start()] if ending else name
        self._folders: list[Callable[[str], object] | None] = []
        """What a folder must match; None: any number of them."""
        try:
            for part in [*folders, "**"] if last == "**" else folders:
                if part != "**":
                    self._folders.append(_compile(_name_regex(part)))
                elif self._folders[-1:] != [None]:
                    self._folders.append(None)
            self._last = _compile(_name_regex("?*" if last == "**" else last, _ending_regex(ending)))
        except re.error as error:
            raise ConfigError(
                f"dataset.toml: dataset.segments: {text!r} is no pattern: {error.msg}"
            ) from error
        self.start = self._skip({0})

    def enter(self, state: State, folder: str) -> State:
        """Return the state inside of a folder of this name."""
        found = set[int]()
        for index in state:
            part = self._folders[index] if index < len(self._folders) else _matches_nothing
            if part is None:
                if folder and not folder.startswith("."):
                    found.add(index)
            elif part(folder):
                found.add(index + 1)
        return self._skip(found)

    def ending_at(self, state: State) -> Callable[[str], object] | None:
        """Return what tells whether a file's name matches here; None: none does."""
        return self._last if len(self._folders) in state else None

    def matches(self, path: str) -> bool:
        """Return whether a path, relative to the project, matches."""
        *folders, name = path.split("/")
        state = self.start
        for folder in folders:
            state = self.enter(state, folder)
            if not state:
                return False
        return len(self._folders) in state and bool(self._last(name))

    def _skip(self, found: set[int]) -> State:
        """Return the state, with what comes next where any number of folders may be none."""
        for index in sorted(found):
            if index < len(self._folders) and self._folders[index] is None:
                found.add(index + 1)  # two do not follow one another
        return frozenset(found)


def compile_pattern(text: str) -> Callable[[str], bool]:
    """Return what tells whether a path, relative to the project, matches a pattern.

    Raises:
        ConfigError: it is none.
    """
    return Pattern(text).matches


def _matches_nothing(_: str) -> None:
    return None


def _compile(regex: str) -> Callable[[str], object]:
    return re.compile(regex, re.DOTALL).fullmatch


def _ending_regex(ending: re.Match[str] | None) -> str:
    if ending is None:
        return ""
    compressed = "" if ending[0].endswith((".gz", ".zst")) else r"(?:\.(?:gz|zst))?"
    return f"(?i:{re.escape(ending[0])}{compressed})"


def _name_regex(part: str, ending: str = "") -> str:
    """Return the regular expression of one name.

    What stands between two stars is best found as early as it can be, and never looked for again; so a name
    is gone through once, where a regular expression by itself would try all ways to share it among the stars.
    """
    chunks = [""]
    for piece in _PIECE.findall(part):
        if piece[0] == "*":
            chunks.append("")
        else:
            chunks[-1] += _piece_regex(piece)
    lead = _VISIBLE if _WILDCARD.match(part) else ""
    if len(chunks) == 1:
        return lead + chunks[0] + ending
    between = "".join(f"(?>.*?{chunk})" for chunk in chunks[1:-1])
    return f"{lead}{chunks[0]}{between}.*{chunks[-1]}{ending}"


def _piece_regex(piece: str) -> str:
    if piece == "?":
        return "."
    if piece[0] != "[" or len(piece) == 1:
        return re.escape(piece)
    if "--" in piece:
        raise re.error("a range has one hyphen")
    inside = re.sub(r"([\\\[&~|])", r"\\\1", piece[1:-1])
    return f"[{'^' + inside[1:] if inside.startswith('!') else inside}]"
