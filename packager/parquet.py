"""Write shards as Parquet: the same rows are the same bytes. Owner of Arrow.

Row groups are cut by the rows alone: after the segment at which a group's segments reach `GROUP_BYTES`. A
shard without rows has no row group, for `load_dataset` fails on a group of zero rows.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Self

import pyarrow as pa
import pyarrow.parquet as pq

from packager.schema.columns import ColumnType, ListOf, Scalar, StructOf, hub_features

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from packager.schema.columns import Layout

GROUP_BYTES: Final = 16 << 20
"""Length of the RFC 8785 forms of the segments of a row group, at least; the last one may be smaller."""

_BATCH_ROWS: Final = 1024  # rows that are Python objects at a time

_SCALARS: Final[dict[str, Any]] = {
    "string": pa.string(),
    "json": pa.string(),
    "bool": pa.bool_(),
    "int64": pa.int64(),
    "float64": pa.float64(),
}


class ShardWriter:
    """Writes one shard, row by row, in bounded memory. Use it as a context manager."""

    def __init__(self, path: Path, layout: Layout) -> None:
        self.rows = 0
        self.arrow_bytes = 0
        """Size of the rows in Arrow's memory layout: what the `datasets` library calls num_bytes."""
        self._schema = arrow_schema(layout)
        self._file = pq.ParquetWriter(
            path,
            self._schema,
            compression="zstd",
            compression_level=1,
            use_content_defined_chunking=True,
            write_page_index=True,
            write_page_checksum=True,
        )
        self._batches: list[Any] = []
        self._waiting: list[dict[str, object]] = []
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

    def add(self, row: dict[str, object], size: int) -> None:
        """Add a row; `size` is the length of its segment's RFC 8785 form."""
        self.rows += 1
        self._waiting.append(row)
        self._group_bytes += size
        if len(self._waiting) == _BATCH_ROWS:
            self._make_batch()
        if self._group_bytes >= GROUP_BYTES:
            self._write_group()

    def _make_batch(self) -> None:
        batch = pa.RecordBatch.from_pylist(self._waiting, schema=self._schema)
        self.arrow_bytes += batch.nbytes
        self._batches.append(batch)
        self._waiting = []

    def _write_group(self) -> None:
        if self._waiting:
            self._make_batch()
        if self._batches:
            table = pa.Table.from_batches(self._batches, schema=self._schema)
            self._file.write_table(table, row_group_size=table.num_rows)
        self._batches, self._group_bytes = [], 0


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
