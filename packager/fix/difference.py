"""Show as a unified diff what a repair does. Pure.

A repair never adds or takes away a line, so the lines of both sides pair up.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

from packager.reports import make_printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from packager.fix.pieces import Piece


def write_diff(name: str, pieces: Iterable[Piece]) -> Iterator[bytes]:
    """Yield a unified diff of a file of this name, for `patch -p0`; nothing if there is no difference."""
    shown = make_printable(name)
    header = f"--- {shown}\n+++ {shown}\n".encode()
    for hunk in _cut_hunks(_pair_lines(pieces)):
        yield header
        yield from _write_hunk(hunk)
        header = b""


_CONTEXT: Final = 3
_NO_NEWLINE: Final = b"\n\\ No newline at end of file\n"

_Line = tuple[int, bytes, bytes]
"""Its number, from 1, before and after."""


def _pair_lines(pieces: Iterable[Piece]) -> Iterator[_Line]:
    pairs = (zip(_split(piece.before), _split(piece.after), strict=True) for piece in pieces)
    for number, (before, after) in enumerate(chain.from_iterable(pairs), 1):
        yield number, before, after


def _split(data: bytes) -> list[bytes]:
    lines = [line + b"\n" for line in data.split(b"\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _cut_hunks(lines: Iterable[_Line]) -> Iterator[list[_Line]]:
    """Yield the changed lines, each group with up to three unchanged ones on either side."""
    hunk: list[_Line] = []
    gap: list[_Line] = []
    for line in lines:
        if line[1] == line[2]:
            gap.append(line)
            if len(gap) > 2 * _CONTEXT and hunk:
                yield hunk + gap[:_CONTEXT]
                hunk = []
            gap = gap if hunk else gap[-_CONTEXT:]
        else:
            hunk += [*gap, line]
            gap = []
    if hunk:
        yield hunk + gap[:_CONTEXT]


def _write_hunk(hunk: list[_Line]) -> Iterator[bytes]:
    yield b"@@ -%d,%d +%d,%d @@\n" % (hunk[0][0], len(hunk), hunk[0][0], len(hunk))
    added: list[bytes] = []
    for _, before, after in hunk:
        if before == after:
            yield from added
            added = []
            yield _end_line(b" " + before)
        else:
            yield _end_line(b"-" + before)
            added.append(_end_line(b"+" + after))
    yield from added


def _end_line(line: bytes) -> bytes:
    return line if line.endswith(b"\n") else line + _NO_NEWLINE
