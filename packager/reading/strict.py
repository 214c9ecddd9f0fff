"""Read JSON exactly as RFC 8259 defines it, and say where and how a text departs from it.

Pure. What it accepts is JSON, and every value comes out as Python's json module would give it. What it
refuses is explained by flaws: a rule whose id is for ever, a byte offset, a JSON Pointer and a sentence.
A flaw that leaves no doubt where the value goes on (a duplicate key, NaN, a lone surrogate) is noted and
reading goes on; a syntax error, a text that ends too early and too deep nesting end the value.
Work and memory are proportional to the text, whatever it holds.
"""

from __future__ import annotations

import math
import re
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from packager.errors import ConfigError
from packager.reading.flaws import BOM, Flaw, Rule, decode_at, find_mark, judge_unexpected, quote
from packager.reading.scan import find_place, match_end, skip_space, skip_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packager.model import JsonObject, JsonValue

MAX_DEPTH = 64
"""How many objects and arrays may stand inside one another, the segment itself included."""

MAX_FLAWS = 100
"""How many flaws of one value are told one by one; the last of them counts the rest."""


class Parsed(NamedTuple):
    """One value as it was read."""

    value: JsonValue
    """Sound if there are no flaws; with flaws a likeness of what is meant, None if there is none."""
    start: int
    end: int | None
    """Where it ends, in bytes, exclusive; None if a flaw ended the reading inside it."""
    flaws: tuple[Flaw, ...]
    """Sorted by offset."""

    @property
    def is_cut_off(self) -> bool:
        """Whether the text ended in the middle of the value."""
        return self.end is None and self.flaws[-1].rule is Rule.TRUNCATED


class Span(NamedTuple):
    """Where one item of an array lies in the text, in bytes."""

    start: int
    end: int | None
    """None: it is not closed, so it reaches to the end of the text."""


def parse_value(data: bytes) -> Parsed:
    """Read the first value of a text; what follows it is for `check_rest` to judge."""
    marks = find_mark(data)
    start = skip_space(data, len(BOM) if marks else 0)
    parser = _Parser(data, start)
    parser.flaws += marks
    try:
        value = parser.read_value(1)
    except _EndedError:
        return Parsed(None, start, None, parser.close())
    # What a flaw that is not told leaves of the value cannot be judged.
    return Parsed(None if parser.hidden else value, start, parser.at, parser.close())


def check_rest(data: bytes, end: int) -> Flaw | None:
    """Return what is wrong with the text behind a value that ends there, None if only white space follows."""
    at = skip_space(data, end)
    if at == len(data):
        return None
    found = skip_space(data, at + 1) if data[at] == _COMMA else at
    if found == len(data):
        return Flaw(Rule.TRAILING_COMMA, at, "nothing follows this comma: delete it")
    if data[found] in b"{[":
        return Flaw(
            Rule.TWO_VALUES,
            found,
            "a second value begins here: put each object on a line of its own in a .jsonl file, "
            "or all of them into one array in a .json file",
        )
    flaw = judge_unexpected(data, at, "nothing more")
    return flaw._replace(rule=Rule.TRAILING_DATA) if flaw.rule is Rule.SYNTAX else flaw


def demand_object(data: bytes, parsed: Parsed) -> Parsed:
    """Return a value with all that keeps the text from being one object; no end if the text goes on."""
    if parsed.end is None:
        return parsed
    if rest := check_rest(data, parsed.end):
        return parsed._replace(end=None, flaws=(*parsed.flaws, rest))
    if isinstance(parsed.value, dict) or (parsed.value is None and parsed.flaws):
        return parsed
    kind = _KINDS.get(type(parsed.value), "a number")
    message = f'This is {kind}, but it must be an object: write {{"name": value, …}}.'
    return parsed._replace(flaws=(Flaw(Rule.NOT_AN_OBJECT, parsed.start, message), *parsed.flaws))


def read_document(data: bytes, name: str) -> JsonObject:
    """Return the object that is the whole text of a configuration file, such as a schema.

    Raises:
        ConfigError: It is anything else; each flaw on a line `name:line:column: message [rule]`.
    """
    parsed = demand_object(data, parse_value(data))
    if isinstance(parsed.value, dict) and not parsed.flaws:
        return parsed.value
    lines = []
    for flaw in parsed.flaws:
        line, column = find_place(data, flaw.offset)
        lines.append(f"{name}:{line}:{column}: {flaw.message} [{flaw.rule}]")
    raise ConfigError("\n".join(lines))


class ArrayEnd(NamedTuple):
    """Where an array ends, or what stands in its way."""

    end: int | None
    """Behind its closing bracket; None if a flaw ended the reading before."""
    flaws: tuple[Flaw, ...]


def step_to_item(data: bytes, at: int, *, first: bool) -> int | ArrayEnd:
    """Return where the next item of an array begins, from behind its opening bracket or behind an item."""
    parser = _Parser(data, at)
    try:
        more = not parser.step_over_end(b"]") if first else parser.step_over_comma(b"]")
    except _EndedError:
        return ArrayEnd(None, parser.close())
    return parser.at if more else ArrayEnd(parser.at, parser.close())


def split_array(data: bytes, opening: int) -> Iterator[Span | Flaw]:
    """Yield the place of each item of the array that opens there, without judging the item itself.

    An item that is not closed is the last span. Flaws of the array and of what follows it come last.
    """
    step = step_to_item(data, opening + 1, first=True)
    while isinstance(step, int):
        span = Span(step, skip_value(data, step))
        yield span
        if span.end is None:
            return
        step = step_to_item(data, span.end, first=False)
    yield from step.flaws
    if step.end is not None and (rest := check_rest(data, step.end)):
        yield rest


def read_string(data: bytes, at: int) -> tuple[str, int]:
    """Return the string whose opening quote stands there and where it ends; the text must be sound there."""
    parser = _Parser(data, at)
    return parser.read_string(), parser.at


# --- the parser ----------------------------------------------------------------------------------------

_MAX_POINTER = 1000  # a longer one helps nobody, and keys of megabytes must not be multiplied by their flaws
_SURELY_FINITE = 300  # characters: a double holds any integer that short
_COMMA = ord(",")

# Possessive throughout: no backtracking, so time and memory stay linear whatever the text.
_WORD = re.compile(rb"[-+.\w$]++")
_PLAIN = re.compile(rb'[^"\\\x00-\x1f]*+')
_CONTROL = re.compile(rb"[\x00-\x1f]++")
_INTEGER = re.compile(rb"-?(?:0|[1-9][0-9]*+)")
_FLOAT = re.compile(rb"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][-+]?[0-9]++)?")
_DIGIT = re.compile(rb"[1-9]")
_NOT_A_NUMBER = re.compile(rb"[-+]?(?:nan|inf|infinity)", re.IGNORECASE)
_PAIR = re.compile(rb"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_UNIT = re.compile(rb"\\u([0-9a-fA-F]{4})")
_CUT_ESCAPE = re.compile(rb"\\(?:u[0-9a-fA-F]{0,3})?\Z")
_LETTERS = {
    b'"': '"',
    b"\\": "\\",
    b"/": "/",
    b"b": "\b",
    b"f": "\f",
    b"n": "\n",
    b"r": "\r",
    b"t": "\t",
}
_SHORT = {ord(char): letter.decode() for letter, char in _LETTERS.items()}
_KINDS = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
_WORDS: dict[bytes, JsonValue] = {b"true": True, b"false": False, b"null": None}


class _EndedError(Exception):
    """A flaw has ended the value; it stands last in the parser's flaws."""


class _Parser:
    """A place in a text, and what was wrong up to there."""

    __slots__ = ("at", "data", "flaws", "hidden", "path")

    def __init__(self, data: bytes, at: int) -> None:
        self.data = data
        self.at = at
        self.flaws: list[Flaw] = []
        self.hidden = 0
        self.path: list[str | int] = []

    def close(self) -> tuple[Flaw, ...]:
        """Return what was found; the last flaw tells how many were too many to tell."""
        if self.hidden:
            last = self.flaws[-1]
            message = f"{last.message} ({self.hidden} more flaws of this value are not shown)"
            self.flaws[-1] = last._replace(message=message)
        return tuple(sorted(self.flaws, key=attrgetter("offset")))

    def skip_space(self) -> None:
        self.at = skip_space(self.data, self.at)

    def read_value(self, depth: int) -> JsonValue:
        """Read the value that begins here and stop behind it; `depth` is that of a container here."""
        mark = self.data[self.at : self.at + 1]
        if mark == b'"':
            return self.read_string()
        if mark in {b"{", b"["}:
            if depth > MAX_DEPTH:
                message = f"nested more than {MAX_DEPTH} deep: make it flatter"
                self.flaws.append(Flaw(Rule.DEPTH, self.at, message, _point(self.path)))
                raise _EndedError
            return self._read_object(depth) if mark == b"{" else self._read_array(depth)
        return self._read_word()

    def read_string(self) -> str:
        """Read the string whose opening quote stands here and stop behind it."""
        begin = self.at + 1
        end = match_end(_PLAIN, self.data, begin)
        if self.data[end : end + 1] == b'"':
            self.at = end + 1
            return self._decode(begin, end)
        return self._read_pieces(begin)

    def step_over_comma(self, closing: bytes) -> bool:
        """Step to the next element and return True, or over the closing bracket and return False."""
        if self.step_over_end(closing):
            return False
        comma = self.at
        if self.data[comma : comma + 1] != b",":
            raise self._end(f'a comma or "{closing.decode()}"')
        self.at += 1
        if not self.step_over_end(closing):
            return True
        self._note(Rule.TRAILING_COMMA, comma, "nothing follows this comma: delete it")
        return False

    def step_over_end(self, closing: bytes) -> bool:
        """Step over white space and, if it is there, the closing bracket."""
        self.skip_space()
        if self.data[self.at : self.at + 1] != closing:
            return False
        self.at += 1
        return True

    def _read_object(self, depth: int) -> JsonObject:
        members: JsonObject = {}
        self.at += 1
        more = not self.step_over_end(b"}")
        while more:
            begin = self.at
            name = self._read_name()
            self.path.append(name)
            if name in members:
                message = f"the property {quote(name)} stands here once more: keep one of them"
                self._note(Rule.DUPLICATE_KEY, begin, message)
            members[name] = self.read_value(depth + 1)
            self.path.pop()
            more = self.step_over_comma(b"}")
        return members

    def _read_name(self) -> str:
        if self.data[self.at : self.at + 1] != b'"':
            raise self._end("a property name in double quotes")
        name = self.read_string()
        self.skip_space()
        if self.data[self.at : self.at + 1] != b":":
            raise self._end("a colon")
        self.at += 1
        self.skip_space()
        return name

    def _read_array(self, depth: int) -> list[JsonValue]:
        items: list[JsonValue] = []
        self.at += 1
        more = not self.step_over_end(b"]")
        while more:
            self.path.append(len(items))
            items.append(self.read_value(depth + 1))
            self.path.pop()
            more = self.step_over_comma(b"]")
        return items

    def _read_word(self) -> JsonValue:
        match = _WORD.match(self.data, self.at)
        if match is None:
            raise self._end("a value")
        word = match.group()
        if word in _WORDS:
            self.at = match.end()
            return _WORDS[word]
        if word[:1] in b"+-.0123456789" or _NOT_A_NUMBER.fullmatch(word):
            value = self._read_number(word)
            self.at = match.end()
            return value
        if match.end() == len(self.data) and any(known.startswith(word) for known in _WORDS):
            self.at = match.end()
        raise self._end("a value", found=word)

    def _read_number(self, word: bytes) -> JsonValue:
        whole = _INTEGER.fullmatch(word) is not None
        if whole and len(word) < _SURELY_FINITE:
            return int(word)
        if whole or _FLOAT.fullmatch(word):
            number = float(word)
            if number == 0 and _DIGIT.search(word.lower().partition(b"e")[0]):
                rule, why = Rule.NUMBER_RANGE, "is too small for a double: write 0, or a string."
            elif math.isfinite(number):
                return int(word) if whole else number
            else:
                rule, why = (
                    Rule.NUMBER_RANGE,
                    "is too large for a double: write a smaller number, or a string.",
                )
        elif _NOT_A_NUMBER.fullmatch(word):
            rule, why = Rule.NAN, "is no number of JSON: write a number, or leave the property out."
        else:
            rule, why = Rule.NUMBER, "is no number as JSON writes them, such as 0.5, -1 or 1e3."
        self._note(rule, self.at, f"{quote(word.decode())} {why}")
        return None

    def _read_pieces(self, at: int) -> str:
        """Read on in a string that is more than plain characters."""
        pieces: list[str] = []
        while True:
            end = match_end(_PLAIN, self.data, at)
            if end > at:
                pieces.append(self._decode(at, end))
            mark = self.data[end : end + 1]
            self.at = end
            if mark == b'"':
                self.at += 1
                return "".join(pieces)
            if not mark:
                raise self._end("the closing quote of a string")
            piece, at = self._read_escape(end) if mark == b"\\" else self._read_control(end)
            pieces.append(piece)

    def _read_escape(self, at: int) -> tuple[str, int]:
        letter = _LETTERS.get(self.data[at + 1 : at + 2])
        if letter is not None:
            return letter, at + 2
        if pair := _PAIR.match(self.data, at):
            high, low = int(pair[1], 16), int(pair[2], 16)
            return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)), pair.end()
        if unit := _UNIT.match(self.data, at):
            code = int(unit[1], 16)
            if 0xD800 <= code <= 0xDFFF:
                message = (
                    f"\\u{unit[1].decode()} is only half of a character: "
                    "write both halves, or the character itself."
                )
                self._note(Rule.SURROGATE, at, message)
            return chr(code), unit.end()
        if _CUT_ESCAPE.match(self.data, at):
            self.at = len(self.data)
            raise self._end("the rest of an escape")
        shown = "\\" + (decode_at(self.data, at + 1) or "")
        message = f"{quote(shown)} is no escape of JSON: write \\\\ where a backslash is meant."
        self._note(Rule.ESCAPE, at, message)
        return "\\", at + 1

    def _read_control(self, at: int) -> tuple[str, int]:
        end = match_end(_CONTROL, self.data, at)
        code = self.data[at]
        more = f" (and {end - at - 1} more)" if end - at > 1 else ""
        short = _SHORT.get(code, f"u{code:04x}")
        message = f"the control character U+{code:04X}{more} stands in a string: write it as \\{short}"
        self._note(Rule.CONTROL_CHARACTER, at, message)
        return self.data[at:end].decode(), end

    def _decode(self, start: int, end: int) -> str:
        raw = self.data[start:end]
        try:
            return raw.decode()
        except UnicodeDecodeError as error:
            flaw = judge_unexpected(self.data, start + error.start, "UTF-8")
            self._note(flaw.rule, flaw.offset, flaw.message)
            # Distinct bytes stay distinct characters, so that no two keys fall together.
            return raw.decode(errors="surrogateescape")

    def _end(self, wanted: str, found: bytes = b"") -> _EndedError:
        """Note what stands here instead of what is wanted; the caller raises what comes back."""
        self.skip_space()
        flaw = judge_unexpected(self.data, self.at, wanted, found)
        self.flaws.append(flaw._replace(pointer=_point(self.path)))
        return _EndedError()

    def _note(self, rule: Rule, offset: int, message: str) -> None:
        if len(self.flaws) < MAX_FLAWS:
            self.flaws.append(Flaw(rule, offset, message, _point(self.path)))
        else:
            self.hidden += 1


def _point(path: list[str | int]) -> str:
    pointer = ""
    for step in path:
        longer = f"{pointer}/{str(step).replace('~', '~0').replace('/', '~1')}"
        if len(longer) > _MAX_POINTER:
            break
        pointer = longer
    return pointer.encode(errors="replace").decode()
