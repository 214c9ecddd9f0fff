from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from packager.columns import describe_constraints

if TYPE_CHECKING:
    from packager.model import JsonObject

CASES: list[tuple[JsonObject, str | None]] = [
    ({"type": "string"}, None),
    ({"pattern": r"\S"}, r"matches \S"),
    ({"enum": ["a", None, 1]}, 'one of "a", null, 1'),
    ({"enum": list(range(10))}, "one of 0, 1, 2, 3, 4, 5, 6, 7, 2 more"),
    ({"const": "x"}, 'always "x"'),
    ({"minimum": 0, "maximum": 1.5}, "at least 0; at most 1.5"),
    ({"minLength": 1, "format": "date"}, "at least 1 characters; format date"),
    ({"allOf": [{"exclusiveMinimum": 0}, {"multipleOf": 2}]}, "more than 0; a multiple of 2"),
]


@pytest.mark.parametrize(("schema", "said"), CASES)
def test_a_constraint_is_said_in_words(schema: JsonObject, said: str | None) -> None:
    assert describe_constraints({"properties": {"a": schema}}, {}).get("a") == said


def test_what_a_reference_leads_to_counts_and_a_circle_ends() -> None:
    referring: JsonObject = {"$ref": "#/$defs/time"}
    time: JsonObject = {"pattern": "x", "allOf": [referring]}
    document: JsonObject = {"properties": {"Start": referring}}
    assert describe_constraints(document, {id(referring): time}) == {"Start": "matches x"}


@pytest.mark.parametrize(
    ("draft", "said"),
    [
        ("http://json-schema.org/draft-04/schema#", "matches x"),
        ("http://json-schema.org/draft-06/schema#", "matches x"),
        ("http://json-schema.org/draft-07/schema#", "matches x"),
        ("https://json-schema.org/draft/2019-09/schema", "at least 5 characters; more than 0; matches x"),
        ("https://json-schema.org/draft/2020-12/schema", "at least 5 characters; more than 0; matches x"),
    ],
)
def test_what_stands_beside_a_reference_has_no_force_up_to_draft_7(draft: str, said: str) -> None:
    referring: JsonObject = {"$ref": "#/$defs/a", "minLength": 5, "allOf": [{"exclusiveMinimum": 0}]}
    document: JsonObject = {"$schema": draft, "properties": {"a": referring}}
    found = describe_constraints(document, {id(referring): {"pattern": "x"}})["a"]
    assert sorted(found.split("; ")) == sorted(said.split("; "))


def test_properties_beside_a_reference_have_no_force_either() -> None:
    document: JsonObject = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$ref": "#/definitions/segment",
        "properties": {"a": {"minimum": 1}},
    }
    segment: JsonObject = {"properties": {"b": {"minimum": 2}}}
    assert describe_constraints(document, {id(document): segment}) == {"b": "at least 2"}


def test_an_enum_without_values_says_nothing() -> None:
    assert describe_constraints({"properties": {"a": {"enum": []}}}, {}) == {}
