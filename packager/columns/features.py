"""Say the types of columns as the `datasets` library does, in the footer of a shard and in a card. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from packager.columns.types import ColumnType, Labels, ListOf, Scalar, StructOf, feature_type

if TYPE_CHECKING:
    from packager.columns.layout import Layout


def hub_features(layout: Layout) -> dict[str, object]:
    """Return the features as the `datasets` library stores them in the footer of a Parquet file."""
    return {each.column.name: _feature(feature_type(each.type)) for each in layout.columns}


def card_features(layout: Layout) -> list[dict[str, object]]:
    """Return the features as the `datasets` library writes them into a dataset card."""
    return [_card_feature(each.column.name, feature_type(each.type)) for each in layout.columns]


def parse_feature(feature: Any) -> ColumnType:  # noqa: ANN401 - any JSON
    """Return the type that a feature in the footer of a file tells.

    Raises:
        AttributeError, KeyError, TypeError, IndexError: it is none that `hub_features` could have written.
    """
    if isinstance(feature, list):
        return ListOf(parse_feature(feature[0]))
    match feature.get("_type"):
        case "Value":
            return Scalar(str(feature["dtype"]))
        case "ClassLabel":
            return Labels(tuple(feature["names"]))
        case _:
            return StructOf(tuple((name, parse_feature(field)) for name, field in feature.items()))


def _feature(column: ColumnType) -> object:
    # A list in brackets is read by every version of `datasets`; `List` and `Sequence` are not.
    match column:
        case Scalar(dtype):
            return {"dtype": dtype, "_type": "Value"}
        case ListOf(item):
            return [_feature(item)]
        case StructOf(fields):
            return {name: _feature(field) for name, field in fields}
        case Labels(names):
            return {"names": list(names), "_type": "ClassLabel"}


def _card_feature(name: str, column: ColumnType) -> dict[str, object]:
    match column:
        case Scalar(dtype):
            return {"name": name, "dtype": dtype}
        case StructOf(fields):
            return {"name": name, "struct": _card_fields(fields)}
        case ListOf(Scalar(dtype)):
            return {"name": name, "list": dtype}
        case ListOf(StructOf(fields)):
            return {"name": name, "list": _card_fields(fields)}
        case ListOf(item):
            return {"name": name, "list": {"list": _card_feature("", item)["list"]}}
        case Labels(names):
            numbered = {str(number): label for number, label in enumerate(names)}
            return {"name": name, "dtype": {"class_label": {"names": numbered}}}


def _card_fields(fields: tuple[tuple[str, ColumnType], ...]) -> list[dict[str, object]]:
    return [_card_feature(name, field) for name, field in fields]
