"""Cut files of one object each into blocks: many small files are read as one text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packager.reading import stream
from packager.reading.block import Block, FilePlaces
from packager.reading.native import NATIVE
from packager.reading.stream import read_small

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from packager.model import SourceFile

    _Found = list[tuple[int, bytes]]


def cut_objects(numbered: Sequence[tuple[int, SourceFile]]) -> Iterator[Block]:
    """Yield those of these files, given with their numbers, that surely are one object each.

    Nothing is said of a file that does not come: it is to be read by itself.
    """
    found: _Found = []
    size = 0
    for number, source in numbered:
        if source.inside is not None or not source.place.lower().endswith(".json"):
            continue
        if (data := read_small(source.place)) is None:
            continue
        if not data.lstrip(b" \t\r\n").startswith(b"{"):
            continue
        found.append((number, data))
        size += len(data)
        if size >= stream.BLOCK_BYTES:
            yield from _load(found)
            found, size = [], 0
    yield from _load(found)


def _load(found: _Found) -> Iterator[Block]:
    """Yield these files as one block, or else what of their halves is one."""
    if not found:
        return
    texts = [data for _, data in found]
    joined = b"\n".join(texts)
    loaded = NATIVE.texts(texts, joined)
    if loaded is not None:
        places = FilePlaces(joined, list(map(len, texts)))
        sources = [number for number, _ in found]
        yield Block(0, loaded.values, places, sources=sources, written=loaded.written)
    elif len(found) > 1:
        yield from _load(found[: len(found) // 2])
        yield from _load(found[len(found) // 2 :])
