"""Keep rows on disk between the reading of the sources and the writing of the shards, as Arrow has them.

Beside the columns of the dataset stand, of each segment, the length of its RFC 8785 form, whether a row group
may end behind it, and, where its recording lies in more than one place, the form with a comma behind it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
import pyarrow as pa
from pyarrow import ipc

from packager.canonical import canonical_forms
from packager.columns import SEGMENT, is_plain
from packager.parquet.arrays import view_numbers, wrap_numbers
from packager.parquet.groups import choose_ends
from packager.parquet.rows import make_batch
from packager.parquet.types import arrow_schema

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from numpy.typing import NDArray

    from packager.columns import Layout
    from packager.model import JsonObject

_SIZE: Final = "\0size"
_CHOSEN: Final = "\0chosen"
_FORM: Final = "\0form"
"""No property has such a name."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Segments as rows."""

    batch: Any
    """Of Arrow: the columns of the data set."""
    sizes: NDArray[np.int64]
    """Of the RFC 8785 forms."""
    chosen: NDArray[np.bool_]
    """Whether a row group may end behind each."""
    forms: bytes
    """The RFC 8785 forms, a comma behind each."""

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.sizes)


def make_rows(
    layout: Layout,
    values: Sequence[JsonObject],
    recording: str | Sequence[str],
    numbers: NDArray[np.int64],
    written: bytes | None = None,
) -> Rows:
    """Return valid segments as rows.

    Args:
        layout: the columns.
        values: the segments.
        recording: that of all, or of each.
        numbers: of each in its recording.
        written: the segments as `canonical_forms` takes them.

    Raises:
        Misfit: a column cannot hold a value exactly.
    """
    forms, sizes = canonical_forms(values, plain=is_plain(layout), written=written)
    batch = make_batch(layout, values, recording, numbers, forms)
    return Rows(batch, sizes, choose_ends(forms, sizes), forms + b",")


def join_rows(many: Sequence[Rows], order: NDArray[np.int64] | None = None) -> Rows:
    """Return rows one behind the other, or then in another order."""
    if len(many) == 1 and order is None:
        return many[0]
    batch = pa.Table.from_batches([rows.batch for rows in many]).combine_chunks()
    sizes = np.concatenate([rows.sizes for rows in many])
    chosen = np.concatenate([rows.chosen for rows in many])
    forms = b"".join([rows.forms for rows in many])
    if order is None:
        return Rows(batch.to_batches()[0], sizes, chosen, forms)
    batch = batch.take(wrap_numbers(order)).combine_chunks()
    forms_taken = _as_array(forms, sizes).take(wrap_numbers(order))
    return Rows(batch.to_batches()[0], sizes[order], chosen[order], _bytes_of(forms_taken))


class SpoolWriter:
    """Writes one spool file. Use it as a context manager."""

    def __init__(self, place: str, layout: Layout) -> None:
        self.place = place
        fields = [*arrow_schema(layout), pa.field(_SIZE, pa.int64()), pa.field(_CHOSEN, pa.bool_())]
        self._schema = pa.schema([*fields, pa.field(_FORM, pa.large_binary())])
        self._stream = pa.OSFile(place, "wb")
        self._file = ipc.new_file(self._stream, self._schema)
        self._count = 0

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write the end of the file."""
        self._file.close()
        self._stream.close()

    def write(self, rows: Rows, *, with_forms: bool) -> int:
        """Write rows; return the number of their batch."""
        forms = _as_array(rows.forms, rows.sizes) if with_forms else pa.nulls(rows.count, pa.large_binary())
        columns = [*rows.batch.columns, wrap_numbers(rows.sizes), wrap_numbers(rows.chosen), forms]
        self._file.write_batch(pa.RecordBatch.from_arrays(columns, schema=self._schema))
        self._count += 1
        return self._count - 1


class SpoolReader:
    """Reads one spool file."""

    def __init__(self, place: str) -> None:
        self.place = place
        self._file = ipc.open_file(pa.OSFile(place))
        self._batch: tuple[int, Any] | None = None

    def read(self, number: int, first: int, count: int) -> Rows:
        """Return some rows of a batch; without forms if none were written."""
        if self._batch is None or self._batch[0] != number:
            self._batch = number, self._file.get_batch(number)
        batch = self._batch[1].slice(first, count)
        *columns, sizes, chosen, forms = batch.columns
        fields = list(batch.schema)[:-3]
        return Rows(
            pa.RecordBatch.from_arrays(columns, schema=pa.schema(fields)),
            view_numbers(sizes),
            view_numbers(chosen),
            b"" if forms.null_count else _bytes_of(forms),
        )


def renumber(rows: Rows, numbers: NDArray[np.int64]) -> Rows:
    """Return rows with other numbers in their recordings."""
    at = rows.batch.schema.get_field_index(SEGMENT)
    column = wrap_numbers(numbers)
    return replace(rows, batch=rows.batch.set_column(at, rows.batch.schema.field(at), column))


def numbers_of(rows: Rows) -> NDArray[np.int64]:
    """Return the numbers of rows in their recordings."""
    return view_numbers(rows.batch.column(SEGMENT))


def _as_array(forms: bytes, sizes: NDArray[np.int64]) -> Any:  # noqa: ANN401 - pyarrow has no types
    offsets = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(sizes + 1, out=offsets[1:])
    return pa.Array.from_buffers(
        pa.large_binary(), len(sizes), [None, pa.py_buffer(offsets), pa.py_buffer(forms)]
    )


def _bytes_of(forms: Any) -> bytes:  # noqa: ANN401 - pyarrow has no types
    _, offsets, data = forms.buffers()
    ends = np.frombuffer(offsets, np.int64)[forms.offset : forms.offset + len(forms) + 1]
    return bytes(memoryview(data)[int(ends[0]) : int(ends[-1])]) if len(forms) else b""
