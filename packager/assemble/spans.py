"""Judge a part of a large file of lines: where all lines have frames, a file can be shared by many workers.

What is in any doubt is left: then the file is judged as a whole.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from packager.check.judge import find_pack, load_schema
from packager.check.proof import Proof
from packager.reading.items import Batch
from packager.reading.lines import LineReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packager.check.judge import Criteria
    from packager.model import SourceFile

SPAN_BYTES: Final = 8 << 20
_BLOCK_BYTES: Final = 1 << 20
_DIVIDED_BYTES: Final = 1 << 17


def may_be_divided(source: SourceFile, size: int) -> bool:
    """Return whether a file has parts that can be judged alone, by its name and size."""
    return size >= 2 * SPAN_BYTES and source.place.endswith((".jsonl", ".ndjson"))


def cut_spans(size: int) -> list[tuple[int, int]]:
    """Return the spans of a file of this size, in bytes. A line belongs to the span in which it begins."""
    return [(begin, min(begin + SPAN_BYTES, size)) for begin in range(0, size, SPAN_BYTES)]


def judge_span(source: SourceFile, span: tuple[int, int], criteria: Criteria) -> list[Batch] | None:
    """Return the lines that begin in a span as batches with frames; None if some are in doubt.

    The number of their first line is counted from the begin of the span.
    """
    schema, layout = load_schema(criteria)
    # The last lines before the end may be few, and are no reason to judge the whole file once more.
    pack, proof = find_pack(criteria, source.name), Proof(schema, layout, least=1)
    batches: list[Batch] = []
    count = 0
    try:
        with Path(source.place).open("rb", buffering=0) as stream:
            begin, end = (_find_line(stream, place) for place in span)
            stream.seek(begin)
            lines = LineReader(_read_to(stream, end))
            while run := lines.take_run():
                framed = proof.frame(run)
                if framed is None:
                    if len(run) >= 2 * _DIVIDED_BYTES and lines.divide(run, _DIVIDED_BYTES):
                        continue
                    return None
                frame, rows = framed
                if lines.offset is None or not proof.clears(frame, pack):
                    return None
                offset = begin + lines.offset
                lines.pass_over(run, rows)
                batches.append(
                    Batch(count, count + 1, rows, run, None, flush=True, proof=frame, offset=offset)
                )
                count += rows
            return None if lines.take() is not None else batches
    except OSError:
        return None


def _find_line(stream: BinaryIO, place: int) -> int:
    """Return where the first line begins that begins at or behind a place."""
    if place == 0:
        return 0
    at = place - 1
    stream.seek(at)
    while block := stream.read(_DIVIDED_BYTES):
        if (found := block.find(b"\n")) >= 0:
            return at + found + 1
        at += len(block)
    return at


def _read_to(stream: BinaryIO, end: int) -> Iterator[bytes]:
    left = end - stream.tell()
    while left and (block := stream.read(min(left, _BLOCK_BYTES))):
        left -= len(block)
        yield block
