"""Take the source of a card apart: its front matter, its body, and the places of its parts. Pure.

A marker is an HTML comment of the document itself, as Markdown has it: not in code, not inside other HTML.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from markdown_it import MarkdownIt

from packager.card.front import Fault, read_front
from packager.card.parts import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

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


@lru_cache(maxsize=4)
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
    parts, faults = _find_parts(lines, 0)
    fence = f"---{newline}"
    return Card(faults, newline, opening=fence, closing=fence, body=lines, parts=parts)


def _read_with_front(lines: tuple[str, ...], newline: str) -> Card:
    end = next((index for index in range(1, len(lines)) if _closes(lines[index])), None)
    if end is None:
        message = "the front matter is opened here and never closed by a line `---`"
        return Card((Fault(1, 1, "card/yaml", message),))
    front, body = read_front(lines[1:end]), lines[end + 1 :]
    parts, faults = _find_parts(body, end + 1)
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


def _find_parts(body: tuple[str, ...], lines_before: int) -> tuple[tuple[Part, ...], tuple[Fault, ...]]:
    """Return the parts in the body, and what is wrong with their markers."""
    parts: list[Part] = []
    faults: list[tuple[int, str]] = []
    waiting: list[tuple[str, int]] = []
    for line, begins_block in _html_lines(body):
        match = _MARKER.fullmatch(body[line].rstrip("\r\n")) if begins_block else None
        if match is None:
            if _NEARLY_A_MARKER.search(body[line]):
                rule = "alone on its line, outside of lists and other HTML"
                faults.append((line, f"a marker is `<!-- packager:NAME -->` {rule}"))
        elif (name := match["name"]) not in NAMES:
            faults.append((line, f"no part is called `{name}`; there are {', '.join(NAMES)}"))
        elif not match["slash"]:
            if waiting:
                faults.append((line, f"`{name}` begins inside `{waiting[-1][0]}`"))
            elif any(part.name == name for part in parts):
                faults.append((line, f"`{name}` has a place already; a part stands once"))
            waiting.append((name, line))
        elif any(opened == name for opened, _ in waiting):
            while (opening := waiting.pop())[0] != name:
                faults.append(_never_closed(*opening))
            parts.append(Part(name, opening[1], line))
        else:
            faults.append((line, f"`/{name}` closes what was not opened"))
    faults += [_never_closed(*opening) for opening in waiting]
    found = (Fault(lines_before + line + 1, 1, "card/marker", message) for line, message in sorted(faults))
    return tuple(parts), tuple(found)


def _never_closed(name: str, line: int) -> tuple[int, str]:
    return line, f"`{name}` is never closed; end it with a line `<!-- /packager:{name} -->`"


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
