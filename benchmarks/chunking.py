"""Compare ways to write the same shards by what a change costs: `python -m benchmarks.chunking [MEGABYTES]`.

Builds a corpus, changes it in the ways of benchmarks/dedup.py, writes the rows of every shard with each
setting, and counts the bytes in chunks that the first release did not have. Chunks are cut by a model of
Xet's (a gear hash over 64 bytes; 8 to 128 KiB, 64 on average); its table is by chance, so figures are near
the Hub's, not equal to them. Prints Markdown, in KB.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.corpora import make_short
from benchmarks.dedup import CHANGES, packager

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_SHORTEST, _LONGEST = 8 << 10, 128 << 10
_BITS = 16  # of the hash that are zero where a chunk may end
_GEAR = np.random.default_rng(7).integers(0, 2**64, 256, dtype=np.uint64)
_FEW: Final = ["recording", "Speaker"]


@dataclass(frozen=True, slots=True)
class Setting:
    """How shards are written."""

    rows: int | None = None
    """In a row group; None: the row groups of the build, which end by content."""
    arrow: tuple[int, int] | None = None
    """Least and greatest length, in KiB, of the chunks of Arrow's content-defined chunking; None: without."""
    dictionaries: list[str] | bool = field(default_factory=lambda: list(_FEW))
    page: int = 1 << 20
    norm: int = 0


SETTINGS: dict[str, Setting] = {
    "**groups by content, as built**": Setting(),
    "the same, Arrow's chunking 256 to 1024 KiB": Setting(arrow=(256, 1024)),
    "the same, 64 to 256": Setting(arrow=(64, 256)),
    "the same, 64 to 256, norm_level 2": Setting(arrow=(64, 256), norm=2),
    "the same, 16 to 64": Setting(arrow=(16, 64)),
    "the same, 4 to 16": Setting(arrow=(4, 16)),
    "groups by content, pages of 64 KiB, no chunking": Setting(page=64 << 10),
    "groups by content, pages of 64 KiB, chunking 16 to 64": Setting(page=64 << 10, arrow=(16, 64)),
    "one group a shard, chunking 256 to 1024, all dictionaries (`to_parquet`)": Setting(
        rows=1 << 20, arrow=(256, 1024), dictionaries=True
    ),
    "one group a shard, chunking 256 to 1024": Setting(rows=1 << 20, arrow=(256, 1024)),
    "one group a shard, chunking 64 to 256": Setting(rows=1 << 20, arrow=(64, 256)),
    "one group a shard, chunking 16 to 64": Setting(rows=1 << 20, arrow=(16, 64)),
    "one group a shard, no chunking": Setting(rows=1 << 20),
    "groups of 20,000 rows, chunking 64 to 256": Setting(rows=20_000, arrow=(64, 256)),
}


def main(megabytes: int) -> None:
    """Print a row for each setting and a column for each change."""
    changes = {what: change for what, change in CHANGES.items() if "card" not in what}
    with tempfile.TemporaryDirectory() as name:
        project = make_short(Path(name, "project"), megabytes)
        more = make_short(Path(name, "new"), 4)
        texts = [_text(line) for path in sorted((more / "segments").iterdir()) for line in path.open("rb")]
        packager("build", "--project", project)
        known = {
            what: {digest for digest, _ in _write_all(project, setting)} for what, setting in SETTINGS.items()
        }
        print(f"| written | {' | '.join(changes)} |\n|{'---|' * (len(changes) + 1)}", flush=True)
        cells: dict[str, list[str]] = {what: [] for what in SETTINGS}
        for change in changes.values():
            place = Path(name, "changed")
            shutil.copytree(project, place)
            change(place, iter(texts))
            packager("build", "--project", place)
            for what, setting in SETTINGS.items():
                new = {
                    digest: size for digest, size in _write_all(place, setting) if digest not in known[what]
                }
                cells[what].append(f"{sum(new.values()) / 1000:.0f}")
            shutil.rmtree(place)
    for what, row in cells.items():
        print(f"| {what} | {' | '.join(row)} |")


def _text(line: bytes) -> str:
    return line.decode().split('"Text": "')[1].removesuffix('"}\n')


def _write_all(project: Path, setting: Setting, before: Path | None = None) -> Iterator[tuple[bytes, int]]:
    """Yield digest and length of the chunks of the shards that are not those of `before`."""
    for path in sorted(project.glob("build/data/*.parquet")):
        old = before and before / path.relative_to(project)
        if old is None or not old.exists() or old.read_bytes() != path.read_bytes():
            yield from cut(_rewrite(path, setting))


def _rewrite(path: Path, setting: Setting) -> bytes:
    source, sink = pq.ParquetFile(path), pa.BufferOutputStream()
    chunking: dict[str, int] | bool = False
    if setting.arrow:
        least, greatest = setting.arrow
        chunking = {
            "min_chunk_size": least << 10,
            "max_chunk_size": greatest << 10,
            "norm_level": setting.norm,
        }
    numbers = ["recording", "segment", "start_seconds", "end_seconds"]
    with pq.ParquetWriter(
        sink,
        source.schema_arrow,
        compression="zstd",
        compression_level=1,
        use_dictionary=setting.dictionaries,
        write_statistics=numbers,
        write_page_index=True,
        write_page_checksum=True,
        data_page_size=setting.page,
        use_content_defined_chunking=chunking,
    ) as writer:
        for table in _groups(source, setting.rows):
            writer.write_table(table.combine_chunks(), row_group_size=table.num_rows)
    written: bytes = sink.getvalue().to_pybytes()
    return written


def _groups(source: Any, rows: int | None) -> Iterator[Any]:  # noqa: ANN401 - pyarrow has no types
    if rows is None:
        yield from (source.read_row_group(number) for number in range(source.num_row_groups))
        return
    table = source.read()
    yield from (table.slice(begin, rows) for begin in range(0, table.num_rows, rows))


def cut(content: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield digest and length of each chunk."""
    begin = 0
    ends = np.flatnonzero(_hash(content) >> np.uint64(64 - _BITS) == 0) + 1
    while begin < len(content):
        place = int(np.searchsorted(ends, begin + _SHORTEST))
        end = int(ends[place]) if place < len(ends) else len(content)
        end = min(end, begin + _LONGEST, len(content))
        yield hashlib.blake2b(content[begin:end], digest_size=16).digest(), end - begin
        begin = end


def _hash(content: bytes) -> NDArray[np.uint64]:
    """Return the gear hash at every byte: of the 64 bytes up to it, those before weigh twice as much."""
    rolled = _GEAR[np.frombuffer(content, np.uint8)]
    for step in (1, 2, 4, 8, 16, 32):
        rolled[step:] = rolled[step:] + (rolled[:-step] << np.uint64(step))
    return rolled


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 100)
