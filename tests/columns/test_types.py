"""The grammar of column types has an inverse, in names, in Arrow and in features."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.columns import (
    BOOL,
    FLOAT64,
    INT64,
    JSON,
    STRING,
    TIMESTAMP,
    Labels,
    Layout,
    ListOf,
    Property,
    Scalar,
    StructOf,
    feature_type,
    hub_features,
    parse_feature,
    parse_type,
    stored_type,
    type_name,
)
from packager.parquet.types import arrow_type, column_type

if TYPE_CHECKING:
    from packager.columns import ColumnType

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.sampled_from(
    ["a", "_b1", "json", "é", 'a "b"', "\\", ">", ", ", ": ", "list<string>", "_type"]
)
SCALARS: st.SearchStrategy[ColumnType] = st.sampled_from([STRING, BOOL, INT64, FLOAT64, JSON, TIMESTAMP])
LABELS = st.lists(NAMES, unique=True, max_size=4).map(lambda names: Labels(tuple(names)))


def structs_of(inner: st.SearchStrategy[ColumnType]) -> st.SearchStrategy[ColumnType]:
    fields = st.dictionaries(NAMES, inner, min_size=1, max_size=4)
    return fields.map(lambda named: StructOf(tuple(named.items())))


TYPES = st.recursive(SCALARS | LABELS, lambda inner: inner.map(ListOf) | structs_of(inner), max_leaves=8)


@given(TYPES)
def test_a_name_is_read_as_its_type(column: ColumnType) -> None:
    assert parse_type(type_name(column)) == column


@given(TYPES)
def test_what_arrow_holds_is_the_stored_type(column: ColumnType) -> None:
    assert column_type(arrow_type(column)) == stored_type(column)


@given(TYPES)
def test_a_feature_is_read_as_its_type(column: ColumnType) -> None:
    layout = Layout((Property("p", column, True, ""),), None, None, False, None)
    features = json.loads(json.dumps(hub_features(layout)))
    assert parse_feature(features["p"]) == feature_type(column)


@given(st.text('list<>struc:,"a_b [us]json 0', max_size=40))
def test_no_other_text_is_the_name_of_a_type(text: str) -> None:
    try:
        column = parse_type(text)
    except ValueError:
        return
    assert type_name(column) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", "list<", "list<string", "list<string>>", "struct<a: string", "struct<a string>", "struct<a>"),
        *('struct<"a": string>', "struct<a:string>", "struct<a: string,b: string>", "struct<, a: string>"),
        *("class_label<", "class_label<a>", 'class_label<"a",>', 'class_label<"a"', 'struct<"é: string>'),
        *("String", "string "),
    ],
)
def test_what_is_no_name_of_a_type_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"type of a column|name|Unterminated"):
        parse_type(text)


@pytest.mark.parametrize(
    ("column", "name"),
    [
        (ListOf(StructOf((("word", STRING), ("at", FLOAT64)))), "list<struct<word: string, at: float64>>"),
        (StructOf((("a b", JSON), ("é", BOOL))), 'struct<"a b": json, "é": bool>'),
        (Labels(("a", 'b "c"', "é")), 'class_label<"a", "b \\"c\\"", "é">'),
        (ListOf(TIMESTAMP), "list<timestamp[us, tz=UTC]>"),
        (Scalar("uint8"), "uint8"),
    ],
)
def test_a_type_has_this_name(column: ColumnType, name: str) -> None:
    assert type_name(column) == name
    assert parse_type(name) == column
