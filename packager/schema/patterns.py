r"""Know the regular expressions of schemas: ECMA-262 with the `u` flag, matched exactly or not at all. Pure.

Two engines match. The exact one has the grammar and the answers of ECMA-262, Unicode 17, and a limit of time:
a match that exceeds it has no answer. The validator's own, which is Rust's `regex` crate, is faster and takes
the patterns that are *plain*: those that can be spelled for it with no other meaning. What is plain, and why:

* literal characters, `^`, `$`, `|`, groups (capturing or `(?:`), and `*`, `+`, `?`, `{n}`, `{n,}`, `{n,m}`,
  also lazy. Both engines have them, over code points, with none of the flags i, m and s: `^` is the start and
  `$` the end of the text. Whether there is a match is asked, never which one, and without back-references and
  look-around that is whether a word of a regular language is in the text; order and greed decide nothing.
* `.`, `\d`, `\w`, `\s`, their complements, and classes of them and of ranges. They are spelled as the ranges
  of ECMA-262, so that neither engine's tables are asked. A text has no lone surrogates: the reader of files
  refuses them, so what a class says of those decides nothing.
* the escapes of single characters, spelled as the character.

What is spelled is valid ECMA-262 too, and means the same there. A plain pattern has at most `_MOST_STEPS`
characters with its repetitions written out, so that the validator always takes it. All else is for the exact
engine: look-around, back-references, `\b`, `\p{…}` (whose tables differ from engine to engine), named groups,
`[]`, `[^]`, modifiers.
"""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final

import corvus_regex_ecma262 as ecma262

if TYPE_CHECKING:
    from collections.abc import Collection

SECONDS: Final = 5.0
"""How long a match may take: a thousand times what people's patterns need."""

_MOST_STEPS: Final = 500
_MOST_GROUPS: Final = 50
_MOST_DIGITS: Final = 9

_TOKEN: Final = re.compile(
    r"""
    (?P<open>\((?:\?:|(?!\?))) | (?P<close>\)) | (?P<mark>[|^$])
    | (?P<many>[*+?]\??) | \{(?P<least>[0-9]+)(?:,(?P<most>[0-9]*))?\}\??
    | \[(?P<not>\^?+)(?P<class>(?:[^\]\\]|\\.)+)\]
    | (?P<one>\.|\\u\{[0-9a-fA-F]+\}|\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|\\[^ux]|[^\\()\[\]{}*+?|^$.])
    """,
    re.VERBOSE | re.DOTALL,
)
_IN_CLASS: Final = re.compile(
    r"\\u\{[0-9a-fA-F]+\}|\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|\\[^ux]|[^\\]", re.DOTALL
)

_Ranges = tuple[tuple[int, int], ...]
"""First and last code point of each, in order."""

_LAST: Final = 0x10FFFF
_SURROGATES: Final = range(0xD800, 0xE000)
_DIGITS: Final = ((0x30, 0x39),)
_WORDS: Final = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
_SPACES: Final = (
    *((0x09, 0x0D), (0x20, 0x20), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029)),
    *((0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF)),
)
_LINE_ENDS: Final = ((0x0A, 0x0A), (0x0D, 0x0D), (0x2028, 0x2029))
_CONTROLS: Final = {"t": 0x09, "n": 0x0A, "v": 0x0B, "f": 0x0C, "r": 0x0D}
_SYNTAX: Final = frozenset("^$\\.*+?()[]{}|/")


class PatternError(Exception):
    """A text that is no pattern, or too large a one; the message says why."""


class UndecidedError(Exception):
    """A match that exceeded its limit, so that nobody knows whether there is one."""

    def __init__(self, pattern: str, text: str) -> None:
        super().__init__(pattern, text)
        self.pattern = pattern
        self.text = text


class Pattern:
    """A regular expression of a schema."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._undecided: set[str] = set()

    @cached_property
    def native(self) -> str | None:
        """The same for the validator's own engine; None if the pattern is not plain."""
        return _spell(self.source)

    @cached_property
    def _regex(self) -> ecma262.Regex:
        return ecma262.compile(self.source, "u", timeout=SECONDS)

    def test(self, text: str) -> bool:
        """Return whether it matches somewhere in a text.

        Raises:
            UndecidedError: that takes too long; asked again, at once.
        """
        if text not in self._undecided:
            try:
                return self._regex.test(text)
            except ecma262.MatchLimitError:
                self._undecided.add(text)
        raise UndecidedError(self.source, text)


@lru_cache(maxsize=1024)
def compile_pattern(source: str) -> Pattern:
    """Return a pattern ready to use.

    Raises:
        PatternError: it is none of ECMA-262 with the `u` flag, or larger than can be matched.
    """
    reason = find_fault(source)
    if reason:
        raise PatternError(reason)
    return Pattern(source)


def find_fault(source: str) -> str:
    r"""Return why a text is no regular expression of ECMA-262 with the `u` flag; an empty text if it is one.

    >>> find_fault(r"a\-b")
    'invalid escape near character 3'
    """
    try:
        ecma262.compile(source, "u", timeout=SECONDS)
    except ecma262.error as error:
        told = str(error).removeprefix("ecmaregex: ")
        reason, found, rest = told.partition(" at offset ")
        place = re.match("[0-9]+", rest)
        return f"{reason} near character {place[0]}" if found and place else told
    return ""


def is_pattern(source: str) -> bool:
    """Return whether a text is what the format `regex` asks for."""
    return not find_fault(source)


def find_exact_engine() -> str:
    """Return where the library of the exact engine lies."""
    return str(ecma262.__file__)


# --- spelling a pattern for the validator ------------------------------------------------------------------


def spell_names(names: Collection[str]) -> str:
    """Return what matches just these texts."""
    spelled = "|".join("".join(_spell_char(ord(char)) for char in name) for name in names)
    return f"^(?:{spelled})$" if names else "$-"


def _spell(source: str) -> str | None:
    """Return a pattern that is known to be valid for the `regex` crate; None if it is not plain."""
    spelled: list[str] = []
    sizes, last = [0], 0  # of the groups around, and of what a quantifier repeats
    at = 0
    while at < len(source):
        token = _TOKEN.match(source, at)
        if token is None or len(sizes) > _MOST_GROUPS:
            return None
        at = token.end()
        text: str | None = token[0]
        if token["open"]:
            sizes.append(0)
        elif token["close"]:
            last = sizes.pop()
            sizes[-1] += last
        elif token["many"] or token["least"]:
            bounds = [bound for bound in token.group("least", "most") if bound]
            if any(len(bound) > _MOST_DIGITS for bound in bounds):
                return None
            sizes[-1] += max(last, 1) * max([0, *(int(bound) - 1 for bound in bounds)])
        elif not token["mark"]:
            last = 1
            sizes[-1] += 1
            text = _spell_class(token["class"], token["not"]) if token["class"] else _spell_one(token[0])
        if text is None or sum(sizes) > _MOST_STEPS:
            return None
        spelled.append(text)
    return "".join(spelled)


def _spell_one(text: str) -> str | None:
    if text == ".":
        return _spell_ranges(_LINE_ENDS, "^")
    ranges = _ranges_of(text)
    if ranges is None:
        return None
    (first, last), *others = ranges
    return _spell_ranges(ranges) if others or first != last else _spell_char(first)


def _spell_class(inside: str, negated: str) -> str | None:
    items = _IN_CLASS.findall(inside)
    if "".join(items) != inside:
        return None
    found: list[tuple[int, int]] = []
    at = 0
    while at < len(items):
        ranges = _ranges_of(items[at], in_class=True)
        if ranges is None:
            return None
        if items[at + 1 : at + 2] == ["-"] and at + 2 < len(items):
            end = _ranges_of(items[at + 2], in_class=True)
            if end is None:
                return None
            ranges = ((ranges[0][0], end[0][1]),)
            at += 2
        found += ranges
        at += 1
    return _spell_ranges(tuple(found), negated)


def _ranges_of(text: str, *, in_class: bool = False) -> _Ranges | None:
    r"""Return what a character, or an escape such as `\d`, stands for; None if that is not plain."""
    if text[0] != "\\":
        ranges: _Ranges | None = ((ord(text), ord(text)),)
    elif text[1] in "ux":
        code = int(text[2:].strip("{}"), 16)
        ranges = ((code, code),)
    elif text[1] in _CONTROLS:
        ranges = ((_CONTROLS[text[1]], _CONTROLS[text[1]]),)
    elif text[1] in _SYNTAX or (in_class and text[1] == "-"):
        ranges = ((ord(text[1]), ord(text[1])),)
    else:
        ranges = _CLASSES.get(text[1])
    if ranges is not None and any(end in _SURROGATES for pair in ranges for end in pair):
        return None
    return ranges


def _complement(ranges: _Ranges) -> _Ranges:
    starts = [0, *(last + 1 for _, last in ranges)]
    ends = [*(first - 1 for first, _ in ranges), _LAST]
    return tuple((first, last) for first, last in zip(starts, ends, strict=True) if first <= last)


_CLASSES: Final = {
    "d": _DIGITS,
    "D": _complement(_DIGITS),
    "w": _WORDS,
    "W": _complement(_WORDS),
    "s": _SPACES,
    "S": _complement(_SPACES),
}


def _spell_ranges(ranges: _Ranges, negated: str = "") -> str:
    pairs = (_spell_char(first) + (f"-{_spell_char(last)}" if last > first else "") for first, last in ranges)
    return f"[{negated}{''.join(pairs)}]"


def _spell_char(code: int) -> str:
    char = chr(code)
    return char if char.isascii() and char.isalnum() else f"\\u{{{code:x}}}"
