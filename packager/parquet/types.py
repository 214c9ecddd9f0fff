"""The types of columns in Arrow, and back."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from packager.columns import (
    BOOL,
    FLOAT64,
    INT64,
    STRING,
    TIMESTAMP,
    ColumnType,
    ListOf,
    Scalar,
    StructOf,
    hub_features,
    stored_type,
)

if TYPE_CHECKING:
    from packager.columns import Layout

_SCALARS: Final[dict[ColumnType, Any]] = {
    STRING: pa.string(),
    BOOL: pa.bool_(),
    INT64: pa.int64(),
    FLOAT64: pa.float64(),
    TIMESTAMP: pa.timestamp("us", tz="UTC"),
}
_NAMES: Final = {"double": "float64", "large_string": "string"}
"""What Arrow calls otherwise."""


@lru_cache(maxsize=16)
def arrow_schema(layout: Layout) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Return the Arrow schema of a layout, with the features that the `datasets` library reads."""
    features = {"info": {"features": hub_features(layout)}}
    return pa.schema(
        [pa.field(each.column.name, arrow_type(each.type)) for each in layout.columns],
        metadata={"huggingface": json.dumps(features, ensure_ascii=False)},
    )


def arrow_type(column: ColumnType) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Return the Arrow type as which a column is stored."""
    match stored_type(column):
        case ListOf(item):
            return pa.list_(arrow_type(item))
        case StructOf(fields):
            return pa.struct([pa.field(name, arrow_type(field)) for name, field in fields])
        case stored:
            return _SCALARS[stored]


def column_type(kind: Any) -> ColumnType:  # noqa: ANN401 - pyarrow has no types
    """Return the type that is stored as this Arrow type; what no column of ours is has Arrow's name."""
    if pa.types.is_dictionary(kind):
        return column_type(kind.value_type)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return ListOf(column_type(kind.value_type))
    if pa.types.is_struct(kind):
        return StructOf(tuple((field.name, column_type(field.type)) for field in kind))
    return Scalar(_NAMES.get(str(kind), str(kind)))
