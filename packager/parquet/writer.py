"""Write shards as Parquet: the same rows are the same bytes. Owner of Arrow.

Row groups are cut by the segments alone, so that a change disturbs the groups around it and no others: what
the Hub stores in chunks, it then has already. docs/rehearsal.md has the figures behind each setting. A shard
without rows has no row group, for `load_dataset` fails on a group of zero rows.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from packager.columns.features import hub_features
from packager.columns.layout import (
    END_SECONDS,
    RECORDING,
    SEGMENT,
    START_SECONDS,
    STRING,
    TIMESTAMP,
    ColumnType,
    Labels,
    ListOf,
    Scalar,
    StructOf,
)
from packager.parquet.arrays import make_array
from packager.parquet.groups import choose_ends, find_ends
from packager.parquet.records import make_batch
from packager.parquet.tally import TableTally

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from numpy.typing import NDArray

    from packager.columns.layout import Layout
    from packager.framing import Frame

_NUMBERS: Final = (Scalar("int64"), Scalar("float64"), TIMESTAMP)

_SCALARS: Final[dict[str, Any]] = {
    "string": pa.string(),
    "json": pa.string(),
    "bool": pa.bool_(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    TIMESTAMP.name: pa.timestamp("us", tz="UTC"),
}


class ShardWriter:
    """Writes one shard in bounded memory. Use it as a context manager."""

    def __init__(self, path: Path, layout: Layout, *, text: str, speaker: str) -> None:
        self.rows = 0
        self.arrow_bytes = 0
        """Size of the rows in Arrow's memory layout: what the `datasets` library calls num_bytes."""
        self._layout = layout
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

    def add(self, columns: Mapping[str, Sequence[object]], segments: Sequence[bytes]) -> None:
        """Add rows, given by column; `segments` are the RFC 8785 forms of their segments."""
        arrays = [make_array(columns[field.name], field.type) for field in self._schema]
        batch = pa.RecordBatch.from_arrays(arrays, schema=self._schema)
        sizes = np.fromiter(map(len, segments), np.int64, len(segments))
        self._add(batch, b",".join(segments), sizes)

    def add_frame(
        self, frame: Frame, recording: str, first: int, forms: memoryview, sizes: NDArray[np.int64]
    ) -> None:
        """Add the records of a frame, of one recording; `forms` and `sizes` as `write_forms` gives them."""
        self._add(make_batch(frame, self._layout, self._schema, recording, first), forms, sizes)

    def _add(self, batch: Any, forms: bytes | memoryview, sizes: NDArray[np.int64]) -> None:  # noqa: ANN401 - pyarrow has no types
        self.rows += batch.num_rows
        begin = 0
        for end, _ in find_ends(choose_ends(forms, sizes), sizes, self._group_bytes):
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


def arrow_schema(layout: Layout) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Return the Arrow schema of a layout, with the features that the `datasets` library reads."""
    features = {"info": {"features": hub_features(layout)}}
    return pa.schema(
        [pa.field(each.column.name, _arrow_type(each.type)) for each in layout.columns],
        metadata={"huggingface": json.dumps(features, ensure_ascii=False)},
    )


def _arrow_type(column: ColumnType) -> Any:  # noqa: ANN401 - pyarrow has no types
    match column:
        case Scalar(name):
            return _SCALARS[name]
        case ListOf(item):
            return pa.list_(_arrow_type(item))
        case StructOf(fields):
            return pa.struct([pa.field(name, _arrow_type(field)) for name, field in fields])
        case Labels():
            return pa.int64()
