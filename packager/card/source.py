"""Take the source of a card apart: its front matter, its body, and the places of its parts. Pure.

A marker is an HTML comment of the document itself, as Markdown has it: not in code, not inside other HTML.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from markdown_it import MarkdownIt

from packager.card.front import Fault, read_front
from packager.card.parts import NAMES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

# One line with its break, as Markdown, YAML and the Hub count lines (str.splitlines knows more breaks).
LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
# What is meant as front matter, but not by all readers taken for it.
_LATE_FRONT: Final = re.compile(
    r"(?!---[\r\n])\s*---[ \t]*(?:\r\n|\r|\n)[\S\s]*?(?:\r\n|\r|\n)---[ \t]*(?:\r\n|\n|\Z)"
)


_MARKER: Final = re.compile(r"<!-- (?P<slash>/?)packager:(?P<name>[\w-]+) -->[ \t]*")
_NEARLY_A_MARKER: Final = re.compile(r"<!--\s*/?\s*packager\s*:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """A generated part: the indices, in the body's lines, of its two markers."""

    name: str
    opening: int
    closing: int


@dataclass(frozen=True, slots=True)
class Card:
    """A source taken apart. With faults, the rest has no meaning."""

    faults: tuple[Fault, ...]
    newline: str = "\n"
    opening: str = ""
    front: tuple[str, ...] = ()
    """The lines of the front matter, without those of the owned keys."""
    owned: tuple[str, ...] = ()
    """The lines of the owned keys."""
    whole_front: tuple[str, ...] = ()
    """Both, as they stand; `read_entries` tells what they say."""
    indent: int = 0
    """Where the keys of the front matter begin."""
    closing: str = ""
    lines_before: int = 0
    """How many lines of the source stand before the body."""
    body: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    """In the order of the body."""

    def has(self, name: str) -> bool:
        """Tell whether a part has a place."""
        return any(part.name == name for part in self.parts)


def read_card(source: bytes) -> Card:
    """Take a source apart."""
    if source.startswith(b"\xef\xbb\xbf"):
        return Card((Fault(1, 1, "card/bom", "a byte order mark hides the front matter; remove it"),))
    try:
        text = source.decode()
    except UnicodeDecodeError as error:
        return Card((_encoding_fault(source, error.start),))
    if _LATE_FRONT.match(text):
        message = "the front matter must begin on the first line, and that line must be exactly `---`"
        return Card((Fault(1, 1, "card/yaml", message),))
    lines = tuple(LINE.findall(text))
    newline = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    if lines and lines[0] in {"---\n", "---\r\n", "---\r"}:
        return _read_with_front(lines, newline)
    parts, faults = find_parts(lines, 0, NAMES)
    fence = f"---{newline}"
    return Card(faults, newline, opening=fence, closing=fence, body=lines, parts=parts)


def _read_with_front(lines: tuple[str, ...], newline: str) -> Card:
    end = next((index for index in range(1, len(lines)) if _closes(lines[index])), None)
    if end is None:
        message = "the front matter is opened here and never closed by a line `---`"
        return Card((Fault(1, 1, "card/yaml", message),))
    front, body = read_front(lines[1:end]), lines[end + 1 :]
    parts, faults = find_parts(body, end + 1, NAMES)
    return Card(
        faults=front.faults + faults,
        newline=newline,
        opening=lines[0],
        front=front.kept,
        owned=front.owned,
        whole_front=lines[1:end],
        indent=front.indent,
        closing=lines[end],
        lines_before=end + 1,
        body=body,
        parts=parts,
    )


def _closes(line: str) -> bool:
    return line.rstrip("\r\n").rstrip(" \t") == "---" and not line.endswith("\r")


def _encoding_fault(source: bytes, offset: int) -> Fault:
    before = LINE.findall(f"{source[:offset].decode()}?")
    message = f"byte {source[offset]:#04x} is not UTF-8; save the card as UTF-8"
    return Fault(len(before), len(before[-1]), "card/encoding", message)


@dataclass(frozen=True, slots=True)
class _Marker:
    name: str
    closes: bool
    line: int
    """Index in the body's lines."""


def find_parts(
    body: tuple[str, ...], lines_before: int, names: Collection[str]
) -> tuple[tuple[Part, ...], tuple[Fault, ...]]:
    """Return the parts of these names in the body, and what is wrong with their markers."""
    markers, faults = _find_markers(body, names)
    parts, unpaired = _pair_markers(markers)
    found = sorted((*faults, *unpaired))
    return parts, tuple(Fault(lines_before + line + 1, 1, "card/marker", message) for line, message in found)


def _find_markers(
    body: tuple[str, ...], names: Collection[str]
) -> tuple[list[_Marker], list[tuple[int, str]]]:
    """Return the markers that are HTML comments of the document: not in code, not inside other HTML."""
    markers: list[_Marker] = []
    faults: list[tuple[int, str]] = []
    for line, begins_block in _html_lines(body):
        match = _MARKER.fullmatch(body[line].rstrip("\r\n"))
        if match and begins_block and match["name"] in names:
            markers.append(_Marker(match["name"], bool(match["slash"]), line))
        elif match and begins_block:
            faults.append((line, f"no part is called `{match['name']}`; there are {', '.join(names)}"))
        elif _NEARLY_A_MARKER.search(body[line]):
            message = (
                "a marker is `<!-- packager:NAME -->` alone on its line, outside of lists and other HTML"
            )
            faults.append((line, message))
    return markers, faults


def _html_lines(body: tuple[str, ...]) -> Iterator[tuple[int, bool]]:
    """Yield the index of each line that holds HTML, and whether a block of HTML begins with it."""
    for token in MarkdownIt("commonmark").parse("".join(body)):
        first, end = token.map or (0, 0)
        if token.type == "html_block":
            yield from ((line, line == first) for line in range(first, end))
        for child in token.children or ():
            if child.type == "html_inline" and _NEARLY_A_MARKER.match(child.content):
                tag = child.content.partition("\n")[0]
                yield next((line for line in range(first, end) if tag in body[line]), first), False


def _pair_markers(markers: Iterable[_Marker]) -> tuple[tuple[Part, ...], list[tuple[int, str]]]:
    """Return the pairs, and every marker that has no partner, is nested or comes a second time."""
    parts: list[Part] = []
    faults: list[tuple[int, str]] = []
    waiting: list[_Marker] = []
    for marker in markers:
        if not marker.closes:
            if waiting:
                faults.append((marker.line, f"`{marker.name}` begins inside `{waiting[-1].name}`"))
            elif any(part.name == marker.name for part in parts):
                faults.append((marker.line, f"`{marker.name}` has a place already; a part stands once"))
            waiting.append(marker)
        elif any(opening.name == marker.name for opening in waiting):
            while (opening := waiting.pop()).name != marker.name:
                faults.append((opening.line, _never_closed(opening)))
            parts.append(Part(marker.name, opening.line, marker.line))
        else:
            faults.append((marker.line, f"`/{marker.name}` closes what was not opened"))
    return tuple(parts), faults + [(opening.line, _never_closed(opening)) for opening in waiting]


def _never_closed(opening: _Marker) -> str:
    return f"`{opening.name}` is never closed; end it with a line `<!-- /packager:{opening.name} -->`"
