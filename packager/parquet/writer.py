"""Write shards as Parquet: the same rows are the same bytes. Owner of Arrow.

Row groups are cut by the segments alone, so that a change disturbs the groups around it and no others: what
the Hub stores in chunks, it then has already. docs/rehearsal.md has the figures behind each setting. A shard
without rows has no row group, for `load_dataset` fails on a group of zero rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self

import pyarrow as pa
import pyarrow.parquet as pq

from packager.columns import (
    END_SECONDS,
    FLOAT64,
    INT64,
    RECORDING,
    SEGMENT,
    START_SECONDS,
    STRING,
    TIMESTAMP,
    Labels,
)
from packager.parquet.groups import find_ends
from packager.parquet.tally import TableTally
from packager.parquet.types import arrow_schema

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    import numpy as np
    from numpy.typing import NDArray

    from packager.columns import Layout

_NUMBERS: Final = (INT64, FLOAT64, TIMESTAMP)


class ShardWriter:
    """Writes one shard in bounded memory. Use it as a context manager."""

    def __init__(self, path: Path, layout: Layout, *, text: str, speaker: str) -> None:
        self.rows = 0
        self.arrow_bytes = 0
        """Size of the rows in Arrow's memory layout: what the `datasets` library calls num_bytes."""
        self._schema = arrow_schema(layout)
        types = {each.column.name: each.type for each in layout.columns}
        labels = {name: type_.names for name, type_ in types.items() if isinstance(type_, Labels)}
        self.tally = TableTally(text, speaker, labels)
        self._file = pq.ParquetWriter(
            path,
            self._schema,
            compression="zstd",
            compression_level=1,
            # A dictionary pays where few values return all the time. Elsewhere one new value renumbers those
            # after it, and a whole column of the group is new to the Hub.
            use_dictionary=[
                name
                for name, type_ in types.items()
                if isinstance(type_, Labels) or (type_ == STRING and name in {RECORDING, speaker})
            ],
            # Readers filter by these. The least and the greatest of free text tell nothing, and may be long.
            write_statistics=[
                name for name, type_ in types.items() if name == RECORDING or type_ in _NUMBERS
            ],
            # Numbers that ascend are small as differences, and doubles compress better byte by byte.
            column_encoding={SEGMENT: "DELTA_BINARY_PACKED"}
            | {name: "BYTE_STREAM_SPLIT" for name in (START_SECONDS, END_SECONDS) if name in types},
            write_page_index=True,
            write_page_checksum=True,
        )
        self._batches: list[Any] = []
        self._group_bytes = 0

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write what waits, and the footer."""
        if kind is None:
            self._write_group()
        self._file.close()

    def add(self, batch: Any, sizes: NDArray[np.int64], chosen: NDArray[np.bool_]) -> None:  # noqa: ANN401 - pyarrow has no types
        """Add rows.

        Args:
            batch: what `make_batch` makes of their segments.
            sizes: the lengths of the RFC 8785 forms of the segments.
            chosen: what `choose_ends` says of these forms.
        """
        self.rows += batch.num_rows
        begin = 0
        for end, _ in find_ends(chosen, sizes, self._group_bytes):
            self._batches.append(batch.slice(begin, end - begin))
            self._write_group()
            begin, self._group_bytes = end, 0
        if begin < batch.num_rows:
            self._batches.append(batch.slice(begin))
            self._group_bytes += int(sizes[begin:].sum())

    def _write_group(self) -> None:
        if self._batches:
            # In one piece, for the borders of the pieces would be seen in the pages.
            table = pa.Table.from_batches(self._batches, schema=self._schema).combine_chunks()
            self.arrow_bytes += sum(_measure(chunk) for column in table.columns for chunk in column.chunks)
            self.tally.add(table)
            self._file.write_table(table, row_group_size=table.num_rows)
        self._batches = []


def _measure(array: Any) -> int:  # noqa: ANN401 - pyarrow has no types
    """Return the size of an array's buffers, had it been made by itself.

    `nbytes` also counts what is left of how it was made: a bitmap without a null, bits beside a slice.
    """
    count, kind = len(array), array.type
    size: int = (count + 7) // 8 if array.null_count else 0
    if pa.types.is_struct(kind):
        return size + sum(_measure(array.field(index)) for index in range(kind.num_fields))
    if pa.types.is_boolean(kind):
        return size + (count + 7) // 8
    if not (pa.types.is_string(kind) or pa.types.is_list(kind)):
        return size + count * int(kind.bit_width) // 8
    if not count:
        return size
    size += 4 * (count + 1)
    offsets = array.buffers()[1]
    first, last = (
        int.from_bytes(offsets[4 * at : 4 * at + 4], "little") for at in (array.offset, array.offset + count)
    )
    return size + (last - first if pa.types.is_string(kind) else _measure(array.values[first:last]))
