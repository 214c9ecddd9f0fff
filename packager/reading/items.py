"""What reading a segment file yields, and how flaws of its text become problems. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from packager.model import JsonObject, Problem, Severity, SourceFile
from packager.reading.flaws import TOO_LARGE, Flaw, Rule
from packager.reading.places import Text
from packager.reading.strict import Parsed, parse_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from packager.reading.block import Block
    from packager.reading.carry import Carried

    Read: TypeAlias = "Block | Item | Empty | Unreadable"

CERTAIN = frozenset({Rule.BOM, Rule.CONTROL_CHARACTER, Rule.MULTILINE, Rule.TRAILING_COMMA})
"""Flaws that leave no doubt what value is meant, so that its other problems can be told too."""

_SHORT = 64  # bytes
_MOST = 1000
_PARSED: dict[bytes, Parsed] = {}


@dataclass(frozen=True, slots=True)
class Item:
    """One value of a source file and where it stands."""

    number: int
    """Its position in the file, from 0. Blank lines do not count, bad values do."""
    pointer: str
    """`/7` is the eighth item of an array; the empty string is a whole line or file."""
    line: int
    column: int
    """Of its first character, from 1; columns in code points."""
    value: JsonObject | None
    """None if it is no object, or if its problems leave a doubt what is meant."""
    problems: tuple[Problem, ...]
    """Errors with rules `json/…`. An item that has any is bad, even if it has a value."""
    text: Text = field(repr=False, compare=False)
    """Its bytes, in which `locate` looks."""
    carried: Carried | None = field(default=None, repr=False, compare=False)
    """What it has received of its document."""

    def find_text(self, pointer: str) -> tuple[Text, str]:
        """Return the text in which what is at this JSON Pointer stands, and what leads to it there."""
        begin, slash, rest = pointer[1:].partition("/")
        if self.carried is not None and (origin := self.carried.origins.get(f"/{begin}")) is not None:
            return self.carried.text, f"{origin}{slash}{rest}"
        return self.text, pointer


@dataclass(frozen=True, slots=True)
class Empty:
    """The file is sound but holds no segment. Nothing else comes of such a file."""

    problems: tuple[Problem, ...]
    """One warning."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The file cannot be read to the end: nothing of it can be used, whatever came of it before."""

    problems: tuple[Problem, ...]
    """Errors; never empty."""


def parse_short(text: bytes) -> Parsed:
    """Return what `parse_value` does; of a short text that is no object or array it is remembered.

    A hostile file has the same one by the million.
    """
    parsed = _PARSED.get(text)
    if parsed is None:
        parsed = parse_value(text)
        if len(text) <= _SHORT and not isinstance(parsed.value, dict | list):
            if len(_PARSED) >= _MOST:
                _PARSED.clear()
            _PARSED[text] = parsed
    return parsed


def make_item(source: SourceFile, number: int, pointer: str, text: Text, parsed: Parsed) -> Item:
    """Return the item that was read from this text, its flaws as problems."""
    line, column = text.place(parsed.start)
    certain = all(flaw.rule in CERTAIN for flaw in parsed.flaws)
    value = parsed.value if certain and isinstance(parsed.value, dict) else None
    return Item(number, pointer, line, column, value, make_problems(source, text, parsed.flaws), text)


def refuse_item(source: SourceFile, number: int, pointer: str, line: int, column: int) -> Item:
    """Return the item for a value beyond MAX_VALUE_BYTES, which was not read."""
    parsed = Parsed(None, 0, None, (Flaw(Rule.SIZE, 0, TOO_LARGE),))
    return make_item(source, number, pointer, Text(b"", line, column), parsed)


def make_problems(source: SourceFile, text: Text, flaws: Iterable[Flaw]) -> tuple[Problem, ...]:
    """Return the flaws of a text as errors of its file."""
    return tuple(
        make_problem(source, flaw.rule, flaw.message, text.place(flaw.offset), flaw.pointer) for flaw in flaws
    )


def make_problem(
    source: SourceFile, rule: Rule, message: str, place: tuple[int, int], pointer: str = ""
) -> Problem:
    """Return one problem of a file: an error, or a warning that it is empty."""
    severity = Severity.WARNING if rule is Rule.EMPTY else Severity.ERROR
    return Problem(source.name, *place, pointer, rule.value, severity, message)


def tell_empty(source: SourceFile, reads: Iterable[Read]) -> Iterator[Read]:
    """Yield what was read, or that the file is empty if that is nothing."""
    read = None
    for read in reads:
        yield read
    if read is None:
        message = "the file holds no segment: put segments in, or delete it"
        yield Empty((make_problem(source, Rule.EMPTY, message, (1, 1)),))


def add_problems(problems: tuple[Problem, ...], reads: Iterable[Read]) -> Iterator[Read]:
    """Yield what was read, with these problems at the first value; at the file if it holds none."""
    for read in reads:
        if not problems:
            yield read
        elif isinstance(read, Item):
            yield replace(read, problems=(*problems, *read.problems))
        elif isinstance(read, Empty | Unreadable):
            yield Unreadable((*problems, *(() if isinstance(read, Empty) else read.problems)))
        else:
            yield replace(read.item(0), problems=problems)
            if read.count > 1:
                yield read.part(1, read.count)
        problems = ()
