"""The types of columns: one grammar, with its inverse. Pure.

    string, bool, int64, float64          single values
    json                                  any JSON value, as text
    timestamp[us, tz=UTC]                 microseconds since 1970
    list<T>
    struct<name: T, "other name": T>      closed objects
    class_label<"a", "b">                 numbers that stand for strings, from 0

A further type is a `Scalar` here and in parquet/types.py; rows.py of both rooms makes its values.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Scalar:
    """A column of single values: `string`, `bool`, `int64`, `float64`, `json` or a timestamp."""

    name: str


@dataclass(frozen=True, slots=True)
class ListOf:
    """A column of lists."""

    item: ColumnType


@dataclass(frozen=True, slots=True)
class StructOf:
    """A column of closed objects."""

    fields: tuple[tuple[str, ColumnType], ...]


@dataclass(frozen=True, slots=True)
class Labels:
    """A column of numbers that stand for strings: the first is 0."""

    names: tuple[str, ...]
    """In the order of the schema."""


ColumnType: TypeAlias = "Scalar | ListOf | StructOf | Labels"

STRING: Final = Scalar("string")
BOOL: Final = Scalar("bool")
INT64: Final = Scalar("int64")
FLOAT64: Final = Scalar("float64")
JSON: Final = Scalar("json")
TIMESTAMP: Final = Scalar("timestamp[us, tz=UTC]")
"""Microseconds since 1970 in UTC, under the name that Arrow and `datasets` give it."""

_SCALAR: Final = re.compile(r"[a-z0-9]+(\[[^\]]*\])?")
_PLAIN_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_read_json: Final = json.JSONDecoder().raw_decode


def type_name(column: ColumnType) -> str:
    """Return the name of a type as the manifest writes it, such as `list<struct<word: string>>`."""
    match column:
        case Scalar(name):
            return name
        case ListOf(item):
            return f"list<{type_name(item)}>"
        case StructOf(fields):
            inside = ", ".join(f"{_write_name(name)}: {type_name(field)}" for name, field in fields)
            return f"struct<{inside}>"
        case Labels(names):
            return f"class_label<{', '.join(map(_quote, names))}>"


def parse_type(text: str) -> ColumnType:
    """Return the type of this name; the inverse of `type_name`.

    >>> parse_type("list<struct<word: string>>")
    ListOf(item=StructOf(fields=(('word', Scalar(name='string')),)))

    Raises:
        ValueError: no type has this name.
    """
    column, rest = _take_type(text)
    if rest or type_name(column) != text:
        raise ValueError(f"{text!r} is not the type of a column")
    return column


def stored_type(column: ColumnType) -> ColumnType:
    """Return the type as which Parquet holds a column: labels are numbers, and JSON is text."""
    return _replace(column, lambda leaf: INT64 if isinstance(leaf, Labels) else _as_text(leaf))


def feature_type(column: ColumnType) -> ColumnType:
    """Return the type that the `datasets` library knows: JSON is text."""
    return _replace(column, _as_text)


def is_text(column: ColumnType) -> bool:
    """Return whether the value in the segment is a string (or null), whatever the column makes of it."""
    return column in {STRING, TIMESTAMP} or isinstance(column, Labels)


def _as_text(leaf: Scalar | Labels) -> Scalar | Labels:
    return STRING if leaf == JSON else leaf


def _replace(column: ColumnType, change: Callable[[Scalar | Labels], Scalar | Labels]) -> ColumnType:
    match column:
        case ListOf(item):
            return ListOf(_replace(item, change))
        case StructOf(fields):
            return StructOf(tuple((name, _replace(field, change)) for name, field in fields))
        case Scalar() | Labels():
            return change(column)


def _write_name(name: str) -> str:
    return name if _PLAIN_NAME.fullmatch(name) else _quote(name)


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _take_type(text: str) -> tuple[ColumnType, str]:
    """Return the type that a text begins with, and what follows it."""
    if text.startswith("list<"):
        item, rest = _take_type(text.removeprefix("list<"))
        return ListOf(item), rest.removeprefix(">")
    if text.startswith("struct<"):
        fields, rest = _take_all(text.removeprefix("struct<"), _take_field)
        return StructOf(tuple(fields)), rest
    if text.startswith("class_label<"):
        names, rest = _take_all(text.removeprefix("class_label<"), _take_name)
        return Labels(tuple(names)), rest
    match = _SCALAR.match(text)
    if match is None:
        raise ValueError(f"{text!r} does not begin with the type of a column")
    return Scalar(match[0]), text[match.end() :]


def _take_all(text: str, take: Callable[[str], tuple[_Item, str]]) -> tuple[list[_Item], str]:
    """Return what stands before the next `>`, and what follows that."""
    items = []
    while not text.startswith(">"):
        item, text = take(text.removeprefix(", "))
        items.append(item)
    return items, text.removeprefix(">")


def _take_field(text: str) -> tuple[tuple[str, ColumnType], str]:
    name, rest = _take_name(text)
    column, rest = _take_type(rest.removeprefix(": "))
    return (name, column), rest


def _take_name(text: str) -> tuple[str, str]:
    """Return the name, a plain one or JSON text, that a text begins with, and what follows it."""
    if text.startswith('"'):
        name, end = _read_json(text)
        return str(name), text[end:]
    match = _PLAIN_NAME.match(text)
    if match is None:
        raise ValueError(f"{text!r} does not begin with a name")
    return match[0], text[match.end() :]
