"""The columns of a dataset: one grammar of their types, and the values of a segment in them.

types.py         the grammar, and its inverse
demands.py       what a schema demands of each property, and what the card says of that
layout.py        schema -> columns
features.py      columns -> what the `datasets` library reads, and back
rows.py          segment -> the values of its columns
"""

from packager.columns.demands import Demands, describe_constraints
from packager.columns.features import card_features, hub_features, parse_feature
from packager.columns.layout import (
    END_SECONDS,
    EXTRA,
    RECORDING,
    SEGMENT,
    START_SECONDS,
    BuiltColumn,
    Layout,
    Property,
    plan_layout,
)
from packager.columns.rows import (
    Misfit,
    declared_properties,
    holds_any,
    is_plain,
    make_row,
    number_labels,
    seconds_of,
)
from packager.columns.types import (
    BOOL,
    FLOAT64,
    INT64,
    JSON,
    STRING,
    TIMESTAMP,
    ColumnType,
    Labels,
    ListOf,
    Scalar,
    StructOf,
    feature_type,
    is_text,
    parse_type,
    stored_type,
    type_name,
)

__all__ = [
    "BOOL",
    "END_SECONDS",
    "EXTRA",
    "FLOAT64",
    "INT64",
    "JSON",
    "RECORDING",
    "SEGMENT",
    "START_SECONDS",
    "STRING",
    "TIMESTAMP",
    "BuiltColumn",
    "ColumnType",
    "Demands",
    "Labels",
    "Layout",
    "ListOf",
    "Misfit",
    "Property",
    "Scalar",
    "StructOf",
    "card_features",
    "declared_properties",
    "describe_constraints",
    "feature_type",
    "holds_any",
    "hub_features",
    "is_plain",
    "is_text",
    "make_row",
    "number_labels",
    "parse_feature",
    "parse_type",
    "plan_layout",
    "seconds_of",
    "stored_type",
    "type_name",
]
