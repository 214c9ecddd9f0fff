"""Turn the values of a segment into the values of its columns: nothing is coerced, nothing dropped. Pure.

What a column cannot hold exactly is a `Misfit`: an integer beyond 64 bits, or one that no float64 equals; an
instant that is no number of microseconds; a string that is none of the labels.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from packager.canonical import canonical_json
from packager.columns.layout import END_SECONDS, EXTRA, RECORDING, SEGMENT, START_SECONDS
from packager.columns.types import (
    BOOL,
    FLOAT64,
    INT64,
    STRING,
    TIMESTAMP,
    ColumnType,
    Labels,
    ListOf,
    Scalar,
    StructOf,
    is_text,
)
from packager.model import to_pointer
from packager.times import parse_instant, parse_time, to_seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from packager.columns.layout import Layout
    from packager.model import JsonObject, JsonValue

_INT64: Final = 2**63


class Misfit(Exception):  # noqa: N818 - not an error of the tool: build makes a problem of it
    """A value that its column cannot hold exactly."""

    def __init__(self, pointer: str, message: str, rule: str = "json/integer-range") -> None:
        super().__init__(message)
        self.pointer = pointer
        self.message = message
        self.rule = rule


def make_row(layout: Layout, recording: str, number: int, segment: JsonObject) -> dict[str, object]:
    """Return the row of a valid segment: the name of each column and its value, in the columns' order.

    Raises:
        Misfit: a column cannot hold its value exactly.
    """
    row: dict[str, object] = {RECORDING: recording, SEGMENT: number}
    for each in layout.properties:
        value = segment.get(each.name)
        row[each.name] = (
            value
            if type(value) is str and each.type is STRING
            else _fit(value, each.type, to_pointer([each.name]))
        )
    if layout.start is not None and layout.end is not None:
        row[START_SECONDS] = seconds_of(segment.get(layout.start))
        row[END_SECONDS] = seconds_of(segment.get(layout.end))
    if layout.extra:
        declared = declared_properties(layout)
        rest = {name: segment[name] for name in segment if name not in declared}
        row[EXTRA] = canonical_json(rest).decode() if rest else None
    return row


@lru_cache(maxsize=16)
def is_plain(layout: Layout) -> bool:
    """Return whether no segment can hold a number, or a key that is not ASCII."""
    texts = all(is_text(each.type) or each.type == BOOL for each in layout.properties)
    return texts and not layout.extra and all(each.name.isascii() for each in layout.properties)


@lru_cache(maxsize=16)
def number_labels(column: Labels) -> dict[str, int]:
    """Return the number that stands for each label."""
    return {name: number for number, name in enumerate(column.names)}


def seconds_of(value: JsonValue) -> float | None:
    """Return a time in seconds, as the float64 nearest to it; None if the value is not a time."""
    time = parse_time(value)
    return None if time is None else to_seconds(time)


@lru_cache(maxsize=16)
def declared_properties(layout: Layout) -> frozenset[str]:
    """Return the properties that do not go to `extra`."""
    own = {RECORDING} if layout.recording_property == RECORDING else set()
    return frozenset(own.union(each.name for each in layout.properties))


def holds_any(layout: Layout) -> bool:
    """Return whether every value that the schema allows fits its column, so that no row can be a misfit."""
    return not any(_may_refuse(each.type) for each in layout.properties)


def _may_refuse(column: ColumnType) -> bool:
    match column:
        case Scalar():
            return column in {INT64, FLOAT64, TIMESTAMP}
        case ListOf(item):
            return _may_refuse(item)
        case StructOf(fields):
            return any(_may_refuse(field) for _, field in fields)
        case Labels():
            return True


def _fit(value: JsonValue, column: ColumnType, pointer: str) -> object:
    if value is None:
        return None
    match column:
        case Scalar(name):
            return _FIT_SCALAR[name](value, pointer)
        case ListOf(item):
            assert isinstance(value, list)  # noqa: S101 - the schema said so
            return [_fit(each, item, f"{pointer}/{index}") for index, each in enumerate(value)]
        case StructOf(fields):
            assert isinstance(value, dict)  # noqa: S101 - likewise
            return {
                name: _fit(value.get(name), field, pointer + to_pointer([name])) for name, field in fields
            }
        case Labels():
            assert isinstance(value, str)  # noqa: S101 - likewise
            if (number := number_labels(column).get(value)) is None:
                raise Misfit(pointer, f"{_cut(value)} is none of the labels", "column/label")
            return number


def _keep(value: JsonValue, _: str) -> JsonValue:
    return value


def _fit_json(value: JsonValue, _: str) -> str:
    return canonical_json(value).decode()


def _fit_integer(value: JsonValue, pointer: str) -> int:
    assert isinstance(value, int | float)  # noqa: S101 - the schema said so
    number = int(value)
    if number != value or not -_INT64 <= number < _INT64:
        raise Misfit(pointer, f"the integer {_cut(value)} does not fit 64 bits")
    return number


def _fit_number(value: JsonValue, pointer: str) -> float:
    assert isinstance(value, int | float)  # noqa: S101 - the schema said so
    try:
        number = float(value)
    except OverflowError:
        number = float("inf")
    if number != value:
        raise Misfit(pointer, f"the integer {_cut(value)} has no exact float64, which a number column holds")
    return number


def _fit_instant(value: JsonValue, pointer: str) -> int:
    assert isinstance(value, str)  # noqa: S101 - the schema said so
    instant = parse_instant(value)
    if instant is None:
        message = f"{_cut(value)} is no instant that a timestamp of microseconds holds exactly"
        raise Misfit(pointer, message, "column/timestamp")
    return instant


_FIT_SCALAR: Final[dict[str, Callable[[JsonValue, str], object]]] = {
    "string": _keep,
    "json": _fit_json,
    "bool": _keep,
    "int64": _fit_integer,
    "float64": _fit_number,
    TIMESTAMP.name: _fit_instant,
}


def _cut(value: float | str) -> str:
    text = str(value) if not isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else text[:40] + "…"
