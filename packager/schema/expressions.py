"""Say what a string may be, and write it as an expression of the bytes that may stand for it in JSON. Pure.

It is exact: a character stands as UTF-8 or in any escape that JSON has for it, never as half a surrogate
pair, in an overlong form or as a bare control character.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Ranges: TypeAlias = "tuple[tuple[int, int], ...]"
"""First and last code points, ascending; none of them is a surrogate."""


@dataclass(frozen=True, slots=True)
class Chars:
    """One character of these."""

    ranges: Ranges


@dataclass(frozen=True, slots=True)
class Chain:
    """One after another."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of these."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """The same at least and at most so often; None: as often as you like."""

    part: Node
    least: int
    most: int | None


Node: TypeAlias = "Chars | Chain | Choice | Repeat"

_ALL: Final[Ranges] = ((0, 0xD7FF), (0xE000, 0x10FFFF))
CHARACTER: Final = Chars(_ALL)
"""Any one."""
ANY: Final = Repeat(CHARACTER, 0, None)
"""Any string at all."""


def spell(text: str) -> Node:
    """Return what only this string is."""
    return Chain(tuple(Chars(((ord(char), ord(char)),)) for char in text))


def shortest(node: Node) -> int:
    """Return the number of characters that such strings have at least."""
    match node:
        case Chars():
            return 1
        case Chain(parts):
            return sum(map(shortest, parts))
        case Choice(parts):
            return min(map(shortest, parts))
        case Repeat(part, least):
            return least * shortest(part)


def find_characters(node: Node) -> frozenset[Ranges]:
    """Return all sets of characters of which an expression asks whether one is in them."""
    match node:
        case Chars(ranges):
            return frozenset({ranges})
        case Chain(parts) | Choice(parts):
            return frozenset().union(*map(find_characters, parts))
        case Repeat(part):
            return find_characters(part)


def write(node: Node) -> str:
    """Return an expression, in the syntax of RE2 over bytes, of what may stand between the quotes in JSON."""
    match node:
        case Chars(ranges):
            return _write_character(ranges)
        case Chain(parts):
            return "".join(map(write, parts))
        case Choice(parts):
            return f"(?:{'|'.join(map(write, parts))})"
        case Repeat(part, least, most):
            return f"(?:{write(part)}){{{least},{'' if most is None else most}}}"


# --- characters in JSON --------------------------------------------------------------------------------

_BARE: Final[Ranges] = ((0x20, 0x21), (0x23, 0x5B), (0x5D, 0xD7FF), (0xE000, 0x10FFFF))
_LETTERS: Final = {'"': 0x22, "\\": 0x5C, "/": 0x2F, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9}
_LENGTHS: Final[Ranges] = ((0, 0x7F), (0x80, 0x7FF), (0x800, 0xFFFF), (0x10000, 0x10FFFF))  # of UTF-8
_HEX: Final = "0123456789abcdef"


@lru_cache(maxsize=64)
def _write_character(ranges: Ranges) -> str:
    """Return the expression of one character of these: bare, or in any of its escapes."""
    ways = []
    for length in _LENGTHS:
        for low, high in intersect(intersect(ranges, _BARE), (length,)):
            first, last = chr(low).encode(), chr(high).encode()
            for run in _split(first, last, (0x80,) * len(first), (0xBF,) * len(first)):
                ways += ["".join(f"[\\x{a:02x}-\\x{b:02x}]" for a, b in run)]
    letters = "".join(f"\\x{ord(key):02x}" for key, code in _LETTERS.items() if holds(ranges, code))
    ways += [rf"\\[{letters}]"] if letters else []
    for low, high in intersect(ranges, ((0, 0xFFFF),)):
        for run in _split(_digits(low), _digits(high), (0,) * 4, (15,) * 4):
            ways.append(rf"\\u{_write_digits(run)}")
    for low, high in intersect(ranges, ((0x10000, 0x10FFFF),)):
        # The two halves of a pair, written one behind the other, ascend as their code points do.
        least, most = (*_digits(0xD800), *_digits(0xDC00)), (*_digits(0xDBFF), *_digits(0xDFFF))
        for run in _split(_pair(low), _pair(high), least, most):
            ways.append(rf"\\u{_write_digits(run[:4])}\\u{_write_digits(run[4:])}")
    return f"(?:{'|'.join(ways)})"


def _split(
    low: Sequence[int], high: Sequence[int], least: Sequence[int], most: Sequence[int]
) -> Iterator[tuple[tuple[int, int], ...]]:
    """Yield rows of ranges, a range for each digit, that together are all numbers from low to high.

    `least` and `most` are the bounds of each digit but the first.
    """
    head, last = low[0], high[0]
    if len(low) == 1:
        yield ((head, last),)
        return
    rest = (least[1:], most[1:])
    if head == last:
        for row in _split(low[1:], high[1:], *rest):
            yield ((head, head), *row)
        return
    if tuple(low[1:]) != tuple(least[1:]):
        for row in _split(low[1:], most[1:], *rest):
            yield ((head, head), *row)
        head += 1
    ends = tuple(high[1:]) == tuple(most[1:])
    if head <= last - (not ends):
        yield ((head, last - (not ends)), *zip(*rest, strict=True))
    if not ends:
        for row in _split(least[1:], high[1:], *rest):
            yield ((last, last), *row)


def _digits(unit: int) -> tuple[int, ...]:
    return tuple(int(digit, 16) for digit in f"{unit:04x}")


def _pair(code: int) -> tuple[int, ...]:
    high, low = divmod(code - 0x10000, 0x400)
    return (*_digits(0xD800 + high), *_digits(0xDC00 + low))


def _write_digits(run: Sequence[tuple[int, int]]) -> str:
    written = (_HEX[low : high + 1] + _HEX[max(low, 10) : high + 1].upper() for low, high in run)
    return "".join(digits if len(digits) == 1 else f"[{digits}]" for digits in written)


# --- sets of characters --------------------------------------------------------------------------------


def unite(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """Return the characters of all these ranges, in any order; surrogates are none."""
    found: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        else:
            found.append((low, high))
    return intersect(tuple(found), _ALL)


def intersect(one: Ranges, other: Ranges) -> Ranges:
    """Return the characters that are in both."""
    pairs = ((max(a, c), min(b, d)) for a, b in one for c, d in other)
    return tuple((low, high) for low, high in pairs if low <= high)


def invert(ranges: Ranges) -> Ranges:
    """Return all other characters."""
    edges = [-1, *(edge for low, high in ranges for edge in (low, high)), 0x110000]
    gaps = ((edges[at] + 1, edges[at + 1] - 1) for at in range(0, len(edges), 2))
    return intersect(tuple((low, high) for low, high in gaps if low <= high), _ALL)


def holds(ranges: Ranges, code: int) -> bool:
    """Return whether a character is one of these."""
    return any(low <= code <= high for low, high in ranges)
