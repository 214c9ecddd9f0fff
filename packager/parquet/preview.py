"""Read the first rows of a shard, and no more of it than they need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

if TYPE_CHECKING:
    from pathlib import Path


def read_first_rows(path: Path, count: int) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """Return the names of the columns, and the values of the first rows in their order."""
    with pq.ParquetFile(path) as file:
        names = tuple(file.schema_arrow.names)
        batch = next(file.iter_batches(batch_size=count), None)
        columns = [] if batch is None else [column.to_pylist() for column in batch.columns]
        return names, list(zip(*columns, strict=True))
