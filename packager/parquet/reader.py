"""Read the rows of some recordings of a shard, a row group at a time, or its first ones; no other groups."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from packager.columns import RECORDING, SEGMENT
from packager.errors import DataError
from packager.parquet.arrays import make_texts


def read_rows(
    path: Path, recordings: Collection[str], columns: Sequence[str]
) -> Iterator[tuple[str, int, tuple[Any, ...]]]:
    """Yield recording, number and the values of `columns` of every row of these recordings, in order.

    Raises:
        DataError: the file is not there, damaged, or has not these columns.
    """
    from pyarrow import compute  # noqa: PLC0415 - makes a wrapper of each of its functions

    try:
        wanted = make_texts(sorted(recordings))
        asked = dict.fromkeys((RECORDING, SEGMENT, *columns))
        with pq.ParquetFile(path) as file:
            at = file.schema_arrow.names.index(RECORDING)
            for group in range(file.num_row_groups):
                if not _may_hold(file.metadata.row_group(group).column(at).statistics, recordings):
                    continue
                table = file.read_row_group(group, columns=list(asked), use_threads=False)
                table = table.filter(compute.is_in(table[RECORDING], value_set=wanted))
                values = [table[name].to_pylist() for name in columns]
                numbers = zip(table[RECORDING].to_pylist(), table[SEGMENT].to_pylist(), strict=True)
                for row, (recording, number) in enumerate(numbers):
                    yield recording, number, tuple(column[row] for column in values)
    except (pa.ArrowException, OSError, KeyError) as error:
        raise DataError(f"{path} cannot be read as a shard ({error}): run `packager build` again") from error


def read_first_rows(path: Path, count: int) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """Return the names of the columns, and the values of the first rows in their order."""
    with pq.ParquetFile(path) as file:
        names = tuple(file.schema_arrow.names)
        batch = next(file.iter_batches(batch_size=count), None)
        columns = [] if batch is None else [column.to_pylist() for column in batch.columns]
        return names, list(zip(*columns, strict=True))


def _may_hold(statistics: Any, recordings: Collection[str]) -> bool:  # noqa: ANN401 - pyarrow has no types
    if statistics is None or not statistics.has_min_max:
        return True
    # Parquet orders texts by their bytes in UTF-8, which is the order of their code points.
    return any(statistics.min <= name <= statistics.max for name in recordings)
