"""Read a pattern of ECMA-262 that is regular and plain, as the strings in which it finds something. Pure.

Plain are characters, classes, groups, alternatives, counts, and anchors at the very ends. None is no verdict:
a pattern that is anything else, that dialects read in different ways, or that would slow a matcher down.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from packager.schema.expressions import ANY, Chain, Chars, Choice, Node, Ranges, Repeat, holds, invert, unite

if TYPE_CHECKING:
    from collections.abc import Iterable

_MAX_PATTERN = 500  # characters; nobody writes a longer one by hand
_MAX_COUNT = 64
_MAX_GROUPS = 20  # groups inside one another
_MAX_CHARACTERS = 200  # that a pattern has with its counts written out
_MAX_STATES = 200  # of its automaton: a matcher with few of them never slows down


def read_pattern(pattern: str) -> Node | None:
    """Return the strings in which a pattern of ECMA-262 (Unicode) finds something; None if in doubt."""
    try:
        found = _Reader(pattern).read()
        _Automaton(found).demand_few_states()
    except _DoubtError:
        return None
    return found


class _DoubtError(Exception):
    """What this means is not certain, or not worth knowing."""


_DIGIT: Final[Ranges] = ((0x30, 0x39),)
_WORD: Final[Ranges] = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
# WhiteSpace and LineTerminator of ECMA-262: with the byte order mark, without U+0085 and U+180E.
_SPACE: Final = unite(
    (
        *((9, 13), (0x20, 0x20), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029)),
        *((0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF)),
    )
)
_DOT: Final = invert(((10, 10), (13, 13), (0x2028, 0x2029)))
_CLASSES: Final = {
    "d": _DIGIT,
    "w": _WORD,
    "s": _SPACE,
    "D": invert(_DIGIT),
    "W": invert(_WORD),
    "S": invert(_SPACE),
}
_CONTROLS: Final = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13}
_SYNTAX: Final = frozenset("^$\\.*+?()[]{}|/")
_COUNT: Final = re.compile(r"(?:([*+?])|\{([0-9]{1,3})(?:(,)([0-9]{1,3})?)?\})\??")
_COUNTS: Final[dict[str, tuple[int, int | None]]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}


class _Reader:
    """A place in a pattern."""

    def __init__(self, pattern: str) -> None:
        if len(pattern) > _MAX_PATTERN:
            raise _DoubtError
        self.text = pattern
        self.at = 0

    def read(self) -> Node:
        """Read all of it. Each alternative has anchors of its own: `^a|b$` is `^a` or `b$`."""
        ways: list[Node] = []
        while True:
            opened = self._take("^")
            body = self._read_chain(0)
            closed = self._take("$")
            ways.append(Chain((*(() if opened else (ANY,)), body, *(() if closed else (ANY,)))))
            if not self._take("|"):
                break
        if self.at < len(self.text):
            raise _DoubtError
        return Choice(tuple(ways))

    def _take(self, sign: str) -> bool:
        found = self.text.startswith(sign, self.at)
        self.at += len(sign) * found
        return found

    def _next(self) -> str:
        if self.at == len(self.text):
            raise _DoubtError
        self.at += 1
        return self.text[self.at - 1]

    def _read_chain(self, depth: int) -> Node:
        parts: list[Node] = []
        while self.at < len(self.text) and self.text[self.at] not in "|)$":
            parts.append(self._read_count(self._read_atom(depth)))
        return Chain(tuple(parts))

    def _read_atom(self, depth: int) -> Node:
        match char := self._next():
            case "(":
                return self._read_group(depth + 1)
            case "[":
                return self._read_class()
            case ".":
                return Chars(_DOT)
            case "\\":
                return Chars(self._read_escape(_SYNTAX))
            case _ if char in _SYNTAX and char != "/":
                raise _DoubtError  # an anchor in the middle, or a count of nothing
        return Chars(_some(((ord(char), ord(char)),)))

    def _read_group(self, depth: int) -> Node:
        self._take("?:")
        if depth > _MAX_GROUPS:
            raise _DoubtError
        ways = [self._read_chain(depth)]
        while self._take("|"):
            ways.append(self._read_chain(depth))
        if self._next() != ")":
            raise _DoubtError
        return Choice(tuple(ways))

    def _read_count(self, part: Node) -> Node:
        count = _COUNT.match(self.text, self.at)
        if count is None:
            return part
        self.at = count.end()
        if count[1]:
            return Repeat(part, *_COUNTS[count[1]])
        least = int(count[2])
        most = (int(count[4]) if count[4] else None) if count[3] else least
        if max(least, most or 0) > _MAX_COUNT or (most is not None and most < least):
            raise _DoubtError
        return Repeat(part, least, most)

    def _read_escape(self, literal: frozenset[str]) -> Ranges:
        char = self._next()
        if char in _CLASSES:
            return _CLASSES[char]
        if char in _CONTROLS:
            return ((_CONTROLS[char], _CONTROLS[char]),)
        if char not in literal:
            raise _DoubtError
        return ((ord(char), ord(char)),)

    def _read_class(self) -> Node:
        inverted = self._take("^")
        found: list[tuple[int, int]] = []
        first = True
        while not self._take("]"):
            found += self._read_member(first=first)
            first = False
        ranges = _some(found)
        return Chars(_some(invert(ranges)) if inverted else ranges)

    def _read_member(self, *, first: bool) -> Ranges:
        """Read a character, a class or a range. A bare hyphen stands for itself at either end alone."""
        bare = self.text[self.at : self.at + 1]
        low = self._read_part()
        if bare == "-" and (self.text.startswith("-", self.at) or not (first or self._ends_class())):
            raise _DoubtError
        if not self.text.startswith("-", self.at) or self.text.startswith("-]", self.at):
            return low
        self.at += 1
        bare = self.text[self.at : self.at + 1]
        high = self._read_part()
        start, end = low[0][0], high[-1][1]
        if bare == "-" or start != low[-1][1] or end != high[0][0] or end < start:
            raise _DoubtError
        return ((start, end),)

    def _ends_class(self) -> bool:
        return self.text.startswith("]", self.at)

    def _read_part(self) -> Ranges:
        char = self._next()
        if char == "\\":
            return self._read_escape(_SYNTAX | {"-"})
        # Some dialects read a class inside a class, or `&&` and `~~` between two of them.
        if char == "[" or (char in "&~" and self.text.startswith(char, self.at)):
            raise _DoubtError
        return ((ord(char), ord(char)),)


def _some(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """Return these in order; a class without characters, or a bare half of a pair, is in doubt."""
    found = unite(ranges)
    if not found:
        raise _DoubtError
    return found


class _Automaton:
    """Which characters of an expression may follow which, its counts written out."""

    def __init__(self, node: Node) -> None:
        self._kinds: list[Ranges] = []
        self._follow: list[set[int]] = []
        self._first = self._add(node)[1]

    def demand_few_states(self) -> None:
        """Make the sets of places in which a reader can be at once, as a matcher does; doubt if many."""
        edges = sorted({edge for kind in self._kinds for low, high in kind for edge in (low, high + 1)})
        places = ({at for at, kind in enumerate(self._kinds) if holds(kind, edge)} for edge in edges)
        readers = {frozenset(each) for each in places}
        seen = {frozenset(self._first)}
        waiting = [*seen]
        while waiting:
            here = waiting.pop()
            for reader in readers:
                there = frozenset[int]().union(*(self._follow[at] for at in here & reader))
                if there not in seen:
                    seen.add(there)
                    waiting.append(there)
            if len(seen) > _MAX_STATES:
                raise _DoubtError

    def _add(self, node: Node) -> tuple[bool, set[int], set[int]]:
        """Return whether it may be empty, and the places at which it may begin and end."""
        match node:
            case Chars(ranges):
                place = len(self._kinds)
                if place == _MAX_CHARACTERS:
                    raise _DoubtError
                self._kinds.append(ranges)
                self._follow.append(set())
                return False, {place}, {place}
            case Chain(parts):
                return self._chain(map(self._add, parts))
            case Choice(parts):
                empty, first, last = zip(*map(self._add, parts), strict=True)
                return any(empty), set[int]().union(*first), set[int]().union(*last)
            case Repeat(part, least, most):
                optional = range(1 if most is None else most - least)
                copies = [self._add(part) for _ in range(least)]
                return self._chain([*copies, *(self._optional(part, loop=most is None) for _ in optional)])

    def _optional(self, part: Node, *, loop: bool) -> tuple[bool, set[int], set[int]]:
        _, first, last = self._add(part)
        for at in last if loop else ():
            self._follow[at] |= first
        return True, first, last

    def _chain(self, parts: Iterable[tuple[bool, set[int], set[int]]]) -> tuple[bool, set[int], set[int]]:
        empty, first, last = True, set[int](), set[int]()
        for may_be_empty, begin, end in parts:
            for at in last:
                self._follow[at] |= begin
            first = first | begin if empty else first
            last = end | last if may_be_empty else end
            empty = empty and may_be_empty
        return empty, first, last
