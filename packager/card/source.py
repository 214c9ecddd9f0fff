"""Take the source of a card apart: its front matter, its body, and the places of its parts. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from packager.card.fault import Fault
from packager.card.front import read_front
from packager.card.markers import Part, find_parts
from packager.card.parts import NAMES

# One line with its break, as Markdown, YAML and the Hub count lines (str.splitlines knows more breaks).
LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
# What is meant as front matter, but not by all readers taken for it.
_LATE_FRONT: Final = re.compile(
    r"(?!---[\r\n])\s*---[ \t]*(?:\r\n|\r|\n)[\S\s]*?(?:\r\n|\r|\n)---[ \t]*(?:\r\n|\n|\Z)"
)


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
