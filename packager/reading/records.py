"""Read a file of one object a line. A bad line never hides what is wrong with the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from packager.reading.blocks import BLOCK_BYTES, CannotReadError, read_blocks
from packager.reading.flaws import Flaw, Rule
from packager.reading.items import TOO_LARGE, Batch, Empty, Item, find_empty, make_item, refuse_item
from packager.reading.lines import LineReader, LongLine, count_lines, split_lines
from packager.reading.places import Text
from packager.reading.quick import load_flat, load_lines, load_object
from packager.reading.scan import skip_space
from packager.reading.strict import Parsed, demand_object, parse_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packager.model import SourceFile
    from packager.reading.blocks import Tap


class Prover(Protocol):
    """Proves whole lines sound, one flat object each with nothing around it; None if in doubt."""

    def frame(self, run: bytes) -> tuple[object, int] | None:
        """Return the proof of many lines that are all written alike, and their number."""

    def spell(self, run: bytes) -> object | None:
        """Return the proof of some lines."""


_WIDE_BYTES = 1 << 20  # of the blocks that are framed: then what is done once a block is next to nothing
_LONG_LINE = 1000  # bytes from which on lines are read faster one by one than as one array
_LOOKAHEAD_BYTES = 1 << 20  # how long a value over several lines may be and still be told as one
_PATIENCE_BYTES = 4 << 20  # what may be read in vain for that, before a file is taken line by line


def read_records(
    source: SourceFile, tap: Tap | None = None, prover: Prover | None = None
) -> Iterator[Batch | Item | Empty]:
    """Yield the value of each line that is not blank, or `Empty` if there is none; see `read_batches`.

    Raises:
        CannotReadError: The bytes cannot be read to the end.
    """
    block_bytes = BLOCK_BYTES if prover is None else _WIDE_BYTES
    lines = LineReader(read_blocks(source.place, block_bytes=block_bytes, tap=tap))
    joiner = _Joiner(lines)
    number = 0
    while True:
        if run := lines.take_run():
            batch = _frame_run(run, number, lines, prover)
            if batch is None and len(run) >= 2 * BLOCK_BYTES and lines.divide(run, BLOCK_BYTES):
                continue
            batch = batch or _read_run(run, number, lines, prover)
            if batch:
                lines.pass_over(run, batch.count)
                yield batch
                number += batch.count
                continue
            lines.give_back(run)
        line = lines.take()
        if line is None:
            break
        if isinstance(line, LongLine):
            if not line.ended:
                raise CannotReadError(Rule.SIZE, TOO_LARGE, lines.number)
            yield refuse_item(source, number, "", lines.number, 1)
        elif line.strip(b" \t\r"):
            yield _read_line(source, number, line, joiner)
        else:
            continue
        number += 1
    if not number:
        yield find_empty(source)


def _frame_run(run: bytes, number: int, lines: LineReader, prover: Prover | None) -> Batch | None:
    """Return whole lines that come next with their frame, if they have one."""
    if prover is None or (framed := prover.frame(run)) is None:
        return None
    frame, count = framed
    return Batch(number, lines.number + 1, count, run, None, flush=True, proof=frame, offset=lines.offset)


def _read_run(run: bytes, number: int, lines: LineReader, prover: Prover | None) -> Batch | None:
    """Return the values of whole lines that come next; None if they are to be read one by one."""
    first, count = lines.number + 1, count_lines(run)
    if prover is not None and (proof := prover.spell(run)) is not None:
        return Batch(number, first, count, run, None, flush=True, proof=proof)
    flush, values = True, load_flat(run) if len(run) < _LONG_LINE * count else None
    if not values:
        each = split_lines(run)
        flush, values = all(line.startswith(b"{") for line in each), load_lines(run, each)
    return Batch(number, first, count, run, values, flush=flush) if values else None


def _read_line(source: SourceFile, number: int, line: bytes, joiner: _Joiner) -> Item:
    place = joiner.lines.number
    start = skip_space(line, 0)
    value = load_object(line[start:])
    if value is not None:
        return Item(number, "", place, start + 1, value, (), Text(line, place))
    parsed = parse_value(line)
    if parsed.is_cut_off and (joined := joiner.join(line)):
        line, parsed = joined
        reach = line.count(b"\n") + 1
        message = f"this value stands on {reach} lines: write each object on one line, or name the file .json"
        flaws = (Flaw(Rule.MULTILINE, parsed.start, message), *parsed.flaws)
        return make_item(source, number, "", Text(line, place), parsed._replace(flaws=flaws))
    return make_item(source, number, "", Text(line, place), demand_object(line, parsed))


class _Joiner:
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
