"""Make Arrow columns of the values of segments: column by column, never row by row."""

from __future__ import annotations

from array import array
from itertools import chain
from operator import itemgetter, ne
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from packager.canonical import canonical_forms
from packager.clocks import read_clocks
from packager.columns import (
    BOOL,
    END_SECONDS,
    EXTRA,
    FLOAT64,
    INT64,
    JSON,
    RECORDING,
    SEGMENT,
    START_SECONDS,
    STRING,
    TIMESTAMP,
    ColumnType,
    Labels,
    ListOf,
    Misfit,
    Scalar,
    StructOf,
    declared_properties,
    is_plain,
    number_labels,
    seconds_of,
)
from packager.parquet.arrays import (
    hold_all,
    make_texts,
    repeat_text,
    split_texts,
    view_numbers,
    wrap_lists,
    wrap_numbers,
    wrap_structs,
)
from packager.parquet.cells import cut_texts
from packager.parquet.types import arrow_schema
from packager.times import parse_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from packager.columns import Layout
    from packager.model import JsonObject, JsonValue

_EXACT: Final = float(2**53)  # below it every integer is a float64


def make_batch(
    layout: Layout,
    values: Sequence[JsonObject],
    recording: str | Sequence[str],
    numbers: NDArray[np.int64],
    forms: bytes | None = None,
) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Return the rows of valid segments; the columns of `make_row` of each.

    Args:
        layout: the columns.
        values: the segments.
        recording: the recording of all of them, or of each.
        numbers: the number of each in its recording.
        forms: the RFC 8785 forms of the segments, with a comma between each two, if they are at hand.

    Raises:
        Misfit: a column cannot hold a value exactly; `make_row` of it tells which.
    """
    schema = arrow_schema(layout)
    columns: dict[str, Any] = {
        RECORDING: repeat_text(recording, len(values))
        if isinstance(recording, str)
        else make_texts(recording),
        SEGMENT: wrap_numbers(np.ascontiguousarray(numbers, np.int64)),
    }
    names = [each.name for each in layout.properties]
    if forms is not None and is_plain(layout) and all(each.type == STRING for each in layout.properties):
        columns |= cut_texts(forms, len(values), names) or {}
    for each in layout.properties:
        if each.name not in columns:
            columns[each.name] = _make(_pick(values, each.name), each.type)
    if layout.start is not None and layout.end is not None:
        types = {each.name: each.type for each in layout.properties}
        for name, source in ((START_SECONDS, layout.start), (END_SECONDS, layout.end)):
            columns[name] = _make_seconds(values, source, types.get(source), columns.get(source))
    if layout.extra:
        declared = declared_properties(layout)
        rest = [{name: value[name] for name in value if name not in declared} for value in values]
        columns[EXTRA] = _make_json([value or None for value in rest])
    return pa.RecordBatch.from_arrays([columns[field.name] for field in schema], schema=schema)


def _pick(values: Sequence[JsonObject], name: str) -> list[JsonValue]:
    try:
        return list(map(itemgetter(name), values))
    except KeyError:
        return [value.get(name) for value in values]


def _make(values: Sequence[Any], column: ColumnType) -> Any:  # noqa: ANN401 - as above
    """Return the array of some values, of which any may be None."""
    match column:
        case Scalar():
            return _MAKERS[column](values)
        case ListOf(item):
            values, held = hold_all(values, ())
            items = list(chain.from_iterable(values))
            return wrap_lists(_make(items, item), np.fromiter(map(len, values), np.int64, len(values)), held)
        case StructOf(fields):
            values, held = hold_all(values, {})
            arrays = {name: _make(_pick(values, name), field) for name, field in fields}
            return wrap_structs(arrays, len(values), held)
        case Labels():
            numbers = list(map(number_labels(column).get, values))
            if numbers.count(None) != values.count(None):
                raise Misfit("", "a string is none of the labels", "column/label")
            return _make_integers(numbers)


def _make_truths(values: Sequence[Any]) -> Any:  # noqa: ANN401
    values, held = hold_all(values, False)
    return wrap_numbers(np.array(values, np.bool_), held)


def _make_integers(values: Sequence[Any]) -> Any:  # noqa: ANN401
    values, held = hold_all(values, 0)
    if float in set(map(type, values)):
        whole = list(map(int, values))
        if any(map(ne, whole, values)):
            raise Misfit("", "a number is no integer")
        values = whole
    try:
        numbers = np.frombuffer(array("q", values), np.int64)
    except OverflowError:
        raise Misfit("", "an integer does not fit 64 bits") from None
    return wrap_numbers(numbers, held)


def _make_floats(values: Sequence[Any]) -> Any:  # noqa: ANN401
    held = None
    try:
        numbers = _read_floats(values)
    except TypeError:  # None is no number
        values, held = hold_all(values, 0.0)
        numbers = _read_floats(values)
    if numbers.size and np.abs(numbers).max() >= _EXACT and any(map(ne, numbers.tolist(), values)):
        raise Misfit("", "an integer has no exact float64")
    return wrap_numbers(numbers + 0.0, held)  # the form of RFC 8785, which says what is built, has no -0


def _read_floats(values: Sequence[float]) -> NDArray[np.float64]:
    try:
        return np.frombuffer(array("d", values), np.float64)
    except OverflowError:
        raise Misfit("", "an integer has no float64") from None


def _make_instants(values: Sequence[Any]) -> Any:  # noqa: ANN401
    instants = [None if value is None else parse_instant(value) for value in values]
    if instants.count(None) != values.count(None):
        raise Misfit("", "a string is no instant that a timestamp holds exactly", "column/timestamp")
    return _make_integers(instants).view(pa.timestamp("us", tz="UTC"))


def _make_json(values: Sequence[JsonValue]) -> Any:  # noqa: ANN401
    """Return the RFC 8785 forms of the values that are not null."""
    said, held = hold_all(values, None)
    if held is not None:
        said = [value for value in values if value is not None]
    forms, sizes = canonical_forms(said)
    data = np.delete(np.frombuffer(forms, np.uint8), np.cumsum(sizes + 1)[:-1] - 1)
    lengths = sizes
    if held is not None:
        lengths = np.zeros(len(values), np.int64)
        lengths[held] = sizes
    return split_texts(data.tobytes(), lengths, held)


_MAKERS: Final[dict[ColumnType, Callable[[Sequence[Any]], Any]]] = {
    STRING: make_texts,
    JSON: _make_json,
    BOOL: _make_truths,
    INT64: _make_integers,
    FLOAT64: _make_floats,
    TIMESTAMP: _make_instants,
}


def _make_seconds(values: Sequence[JsonObject], name: str, column: ColumnType | None, made: Any) -> Any:  # noqa: ANN401
    """Return times as seconds, given the column that was made of them, if one was."""
    if column in {INT64, FLOAT64}:
        seconds = view_numbers(made, np.nan) if column == FLOAT64 else _as_floats(made)
    elif column == STRING:
        seconds = _read_seconds(made)
        for row in np.flatnonzero(np.isnan(seconds)).tolist():
            seconds[row] = _seconds_of(values[row].get(name))
    else:
        seconds = np.fromiter(map(_seconds_of, _pick(values, name)), np.float64, len(values))
    held = ~np.isnan(seconds)
    return wrap_numbers(np.where(held, seconds, 0.0), None if held.all() else held)


def _read_seconds(texts: Any) -> NDArray[np.float64]:  # noqa: ANN401
    """Return the seconds of each text that `read_clocks` reads, and NaN for the others and for nulls."""
    if not len(texts):
        return np.zeros(0)
    offsets = np.frombuffer(texts.buffers()[1], np.int32)
    data = np.frombuffer(texts.buffers()[2], np.uint8)
    times, good = read_clocks(data, offsets[:-1], np.diff(offsets))
    # Both are exact, so that what IEEE 754 gives is the float64 nearest to the quotient.
    return np.where(good, times / 1e9, np.nan)


def _as_floats(numbers: Any) -> NDArray[np.float64]:  # noqa: ANN401
    seconds = view_numbers(numbers).astype(np.float64)
    if numbers.null_count:
        seconds[view_numbers(numbers.is_null())] = np.nan
    return seconds


def _seconds_of(value: JsonValue) -> float:
    seconds = seconds_of(value)
    return np.nan if seconds is None else seconds
