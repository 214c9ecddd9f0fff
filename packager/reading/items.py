"""What reading a segment file yields, and how flaws of its text become problems. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import TYPE_CHECKING, overload

from packager.model import JsonObject, Problem, Severity, SourceFile
from packager.reading.flaws import Flaw, Rule
from packager.reading.lines import split_lines
from packager.reading.places import Text
from packager.reading.quick import load_proven
from packager.reading.scan import skip_space
from packager.reading.strict import Parsed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_CERTAIN = frozenset({Rule.BOM, Rule.CONTROL_CHARACTER, Rule.MULTILINE, Rule.TRAILING_COMMA})
"""Flaws that leave no doubt what value is meant, so that its other problems can be told too."""

TOO_LARGE = (
    "one segment may have 64 MiB, this one is larger: divide it, with each object on a line of its own"
)


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


class Batch:
    """The values of consecutive lines, all of them sound: what items are made of when they are asked for."""

    __slots__ = ("_values", "count", "data", "flush", "line", "number", "offset", "proof")

    def __init__(  # noqa: PLR0913 - as many as a data class has
        self,
        number: int,
        line: int,
        count: int,
        data: bytes,
        values: list[JsonObject] | None,
        *,
        flush: bool,
        proof: object = None,
        offset: int | None = None,
    ) -> None:
        self.number = number
        """Of the first value, as Item.number."""
        self.line = line
        """Of the first value, from 1."""
        self.count = count
        self.data = data
        """The lines, one a value, each with its LF; the last one may lack it."""
        self.flush = flush
        """Whether no line begins with a space."""
        self._values = values
        self.proof = proof
        """What proves the lines sound without their being read (see `read_batches`); None: nothing does."""
        self.offset = offset
        """Where the lines begin in the file, in bytes; None if that is not known."""

    @property
    def values(self) -> list[JsonObject]:
        """The values; of lines that were proven, read when they are asked for."""
        return load_proven(self.data) if self._values is None else self._values

    def places(self) -> Sequence[tuple[int, int]]:
        """Return line and column of each value."""
        if self.flush:
            return Places(self.line, self.count)
        return [
            (self.line + index, skip_space(data, 0) + 1) for index, data in enumerate(split_lines(self.data))
        ]

    def cut(self, indices: Sequence[int]) -> Iterator[Batch | Item]:
        """Yield the values at these indices, which ascend, as items, and those between them as batches."""
        values, lines, places = self.values, split_lines(self.data), self.places()
        begin = 0
        for index in (*indices, self.count):
            if begin < index:
                data = b"\n".join(lines[begin:index])
                number, line = self.number + begin, self.line + begin
                yield Batch(number, line, index - begin, data, values[begin:index], flush=self.flush)
            if index < self.count:
                line, column = places[index]
                yield Item(self.number + index, "", line, column, values[index], (), Text(lines[index], line))
            begin = index + 1

    def items(self) -> Iterator[Item]:
        """Yield the items that these values are."""
        texts = zip(self.values, split_lines(self.data), self.places(), strict=True)
        for number, (value, data, (line, column)) in enumerate(texts, self.number):
            yield Item(number, "", line, column, value, (), Text(data, line))


class Places(Sequence[tuple[int, int]]):
    """Line and column of values that begin consecutive lines; made when they are asked for."""

    __slots__ = ("_lines",)

    def __init__(self, line: int, count: int) -> None:
        self._lines = range(line, line + count)

    def __len__(self) -> int:
        return len(self._lines)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self._lines, repeat(1))

    @overload
    def __getitem__(self, index: int) -> tuple[int, int]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[tuple[int, int]]: ...
    def __getitem__(self, index: int | slice) -> tuple[int, int] | Sequence[tuple[int, int]]:
        if isinstance(index, slice):
            return [(line, 1) for line in self._lines[index]]
        return self._lines[index], 1


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


def make_item(source: SourceFile, number: int, pointer: str, text: Text, parsed: Parsed) -> Item:
    """Return the item that was read from this text, its flaws as problems."""
    line, column = text.place(parsed.start)
    certain = all(flaw.rule in _CERTAIN for flaw in parsed.flaws)
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


def find_empty(source: SourceFile) -> Empty:
    """Return what comes of a file without a segment."""
    message = "the file holds no segment: put segments in, or delete it"
    return Empty((make_problem(source, Rule.EMPTY, message, (1, 1)),))
