"""Cut a file of one object a line into blocks. A bad line never hides what is wrong with the next."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packager.reading.block import Block, LinePlaces
from packager.reading.flaws import TOO_LARGE, Flaw, Rule
from packager.reading.items import Item, make_item, parse_short, refuse_item
from packager.reading.native import NATIVE
from packager.reading.places import Text
from packager.reading.runs import LineReader, LongLine, count_lines
from packager.reading.stream import CannotReadError
from packager.reading.strict import demand_object, parse_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from packager.model import SourceFile
    from packager.reading.native import Loader
    from packager.reading.strict import Parsed

_LINES = re.compile(r"\.(?:jsonl|ndjson)(?:\.(?:gz|zst))?$", re.IGNORECASE)
_LOOKAHEAD_BYTES = 1 << 20  # how long a value over several lines may be and still be told as one
_PATIENCE_BYTES = 4 << 20  # what may be read in vain for that, before a file is taken line by line
_SPACE = b" \t\r"


def cut_lines(source: SourceFile, pieces: Iterable[bytes], loader: Loader = NATIVE) -> Iterator[Block | Item]:
    """Yield the values of a file's lines that are not blank.

    What the loader does not take as a whole is halved, until it is one line; that is read exactly.

    Raises:
        CannotReadError: The bytes cannot be read to the end.
    """
    lines = LineReader(pieces)
    joiner = Joiner(lines)
    number = 0
    while True:
        if (run := lines.take_run()) and (loaded := loader.lines(run)) is not None:
            if loaded.values:
                yield Block(number, loaded.values, LinePlaces(run, lines.number + 1), written=loaded.written)
            lines.pass_over(count_lines(run))
            number += len(loaded.values)
            continue
        if run and lines.put_back(run):
            continue
        line = lines.take()
        if line is None:
            break
        if not is_blank(line):
            yield read_line(source, number, line, joiner)
            number += 1


def holds_lines(source: SourceFile) -> bool:
    """Return whether a file's name says that it holds one object a line."""
    return _LINES.search(source.place) is not None


def is_blank(line: bytes | LongLine) -> bool:
    """Return whether nothing is on a line but white space."""
    return not isinstance(line, LongLine) and not line.strip(_SPACE)


def read_line(source: SourceFile, number: int, line: bytes | LongLine, joiner: Joiner) -> Item:
    """Return the value of a line that has just been taken, or what is wrong with it.

    Raises:
        CannotReadError: The line has no end within the limit.
    """
    place = joiner.lines.number
    if isinstance(line, LongLine):
        if not line.ended:
            raise CannotReadError(Rule.SIZE, TOO_LARGE, place)
        return refuse_item(source, number, "", place, 1)
    parsed = parse_short(line)
    if parsed.is_cut_off and (joined := joiner.join(line)):
        line, parsed = joined
        reach = line.count(b"\n") + 1
        message = f"this value stands on {reach} lines: write each object on one line, or name the file .json"
        flaws = (Flaw(Rule.MULTILINE, parsed.start, message), *parsed.flaws)
        return make_item(source, number, "", Text(line, place), parsed._replace(flaws=flaws))
    return make_item(source, number, "", Text(line, place), demand_object(line, parsed))


class Joiner:
    """Finds the end of a value that does not end on its line."""

    __slots__ = ("_patience", "lines")

    def __init__(self, lines: LineReader) -> None:
        self.lines = lines
        self._patience = _PATIENCE_BYTES

    def join(self, line: bytes) -> tuple[bytes, Parsed] | None:
        """Take the lines that complete the value; return it with them, None if it is not to be completed."""
        spent, count = 0, 1
        while spent <= self._patience:
            following = self.lines.peek(count, _LOOKAHEAD_BYTES)
            text = b"\n".join((line, *following))
            parsed = parse_value(text)
            if parsed.end is not None:
                taken = text.count(b"\n", 0, parsed.end)
                self.lines.skip(taken)
                return b"\n".join((line, *following[:taken])), parsed
            spent += len(text)
            if not parsed.is_cut_off or len(following) < count:
                break
            count *= 2
        self._patience -= spent
        return None
