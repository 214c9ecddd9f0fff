"""Learn from the first record of a block how all are written: its keys, and every byte between the values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_SPACE: Final = rb"[ \t\r\n]*+"
# Possessive throughout: no backtracking, so time stays linear whatever the text.
_MEMBER: Final = re.compile(
    rb"(?P<gap>[{,]" + _SPACE + rb'"(?P<key>[^"\\\x00-\x1f]*+)"' + _SPACE + rb":" + _SPACE + rb")"
    rb'(?:(?P<string>"[^"\\]*+(?:\\.[^"\\]*+)*+")|(?P<scalar>[-+.0-9A-Za-z]++))'
    rb"(?P<space>" + _SPACE + rb")(?=[,}])",
    re.DOTALL,
)
_END: Final = re.compile(rb"\}" + _SPACE)


class Kind(StrEnum):
    """What a value looks like."""

    STRING = "string"
    SCALAR = "scalar"
    """A number, true, false or null."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How records are written. Every record is gap, value, gap, value, …, gap, and no byte else."""

    keys: tuple[str, ...]
    """In their order, each once; none holds what JSON escapes."""
    kinds: tuple[Kind, ...]
    gaps: tuple[bytes, ...]
    """One more than the keys; the quotes of a string belong to the gaps around it."""

    def __hash__(self) -> int:
        return hash(self.gaps)


def find_shape(record: bytes) -> Shape | None:
    """Return how a record is written; None if it is not one flat object from its first byte to its last.

    White space may stand wherever JSON allows it, behind the object too (the LF of a line), not before it.
    """
    keys: list[str] = []
    kinds: list[Kind] = []
    gaps: list[bytes] = []
    at, behind = 0, b""
    while found := _MEMBER.match(record, at):
        if not keys and not record.startswith(b"{"):
            return None
        try:
            keys.append(found["key"].decode())
        except UnicodeDecodeError:
            return None
        is_string = found["string"] is not None
        quote = b'"' if is_string else b""
        gaps.append(behind + found["gap"] + quote)
        behind = quote + found["space"]
        kinds.append(Kind.STRING if is_string else Kind.SCALAR)
        at = found.end()
        if record[at : at + 1] == b"}":
            break
    end = _END.fullmatch(record, at)
    if not keys or end is None or len({*keys}) < len(keys) or any(gap[:1] == b"{" for gap in gaps[1:]):
        return None
    return Shape(tuple(keys), tuple(kinds), (*gaps, behind + end[0]))
