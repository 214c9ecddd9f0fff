"""What a curator reads: one literal message for every keyword of the five drafts, at the right place."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from packager.reading.strict import read_document
from packager.schema.validate import DRAFTS, SegmentSchema, compile_schema

D4, D6, D7, D2019, D2020 = DRAFTS
LONG: Final = "x" * 100_000
TURN: Final[dict[str, Any]] = {
    "oneOf": [
        {
            "properties": {"kind": {"const": "speech"}, "Text": {"type": "string"}},
            "required": ["kind", "Text"],
        },
        {
            "properties": {"kind": {"const": "music"}, "Title": {"type": "string"}},
            "required": ["kind", "Title"],
        },
    ]
}
WHEN: Final[dict[str, Any]] = {
    "if": {"properties": {"kind": {"const": "b"}}, "required": ["kind"]},
    "then": {"required": ["x"]},
    "else": {"properties": {"y": {"type": "string"}}},
}


def compiled(schema: dict[str, Any], draft: str) -> SegmentSchema:
    data = json.dumps({"$schema": draft, **schema}).encode()
    return compile_schema(data, "s.json", None, read_document)


def explained(schema: dict[str, Any], value: object, draft: str = D2020) -> list[tuple[str, str, str]]:
    """Return pointer, keyword and message of every finding; `@` before a pointer: the name, not the value."""
    judge = compiled(schema, draft)
    found = [
        (each.pointer if each.key is None else f"@{each.pointer}/{each.key}", each.keyword, each.message)
        for each in judge.explain(value)  # type: ignore[arg-type]
    ]
    assert not judge.is_valid(value)  # type: ignore[arg-type]
    return found


CASES: Final[list[tuple[str, dict[str, Any], object, str, str, str]]] = [
    # draft, schema of the property `a`, its value, then pointer, keyword and message
    (D2020, {"type": "string"}, None, "/a", "type", "null stands where a string belongs"),
    (D2020, {"type": "integer"}, 3.5, "/a", "type", "3.5 is a number, not an integer"),
    (D4, {"type": ["null", "string"]}, True, "/a", "type", "true is a boolean, not one of a string, null"),
    (D2020, {"enum": ["x", 1]}, "y", "/a", "enum", '"y" is not one of "x", 1'),
    (D2020, {"const": {"b": [1]}}, 3, "/a", "const", '3 is not {"b": [1]}'),
    (D2020, {"pattern": "^a"}, "b", "/a", "pattern", '"b" does not match the pattern ^a'),
    (D2020, {"pattern": r"\S"}, "\u00a0 ", "/a", "pattern", r'"\u00a0 " holds nothing but white space'),
    (D2020, {"minLength": 3}, "é", "/a", "minLength", '"é" is too short (1 character): at least 3'),
    (D2020, {"maxLength": 1}, "ab", "/a", "maxLength", '"ab" is too long (2 characters): at most 1'),
    (D2020, {"minimum": 3}, 1, "/a", "minimum", "1 is too small: at least 3"),
    (D2020, {"maximum": 3}, 4.5, "/a", "maximum", "4.5 is too large: at most 3"),
    (D2020, {"exclusiveMinimum": 3}, 3, "/a", "exclusiveMinimum", "3 is too small: more than 3"),
    (D2020, {"exclusiveMaximum": 3}, 3, "/a", "exclusiveMaximum", "3 is too large: less than 3"),
    (
        *(D4, {"minimum": 3, "exclusiveMinimum": True}, 3),
        *("/a", "exclusiveMinimum", "3 is too small: more than 3"),
    ),
    (
        *(D4, {"maximum": 3, "exclusiveMaximum": True}, 3),
        *("/a", "exclusiveMaximum", "3 is too large: less than 3"),
    ),
    (D2020, {"multipleOf": 0.01}, 0.075, "/a", "multipleOf", "0.075 is not a multiple of 0.01"),
    (D2020, {"minItems": 2}, [1], "/a", "minItems", "1 item is too few: at least 2"),
    (D2020, {"maxItems": 1}, [1, 2], "/a", "maxItems", "2 items are too many: at most 1"),
    (D2020, {"minProperties": 2}, {"b": 1}, "/a", "minProperties", "1 property is too few: at least 2"),
    (D2020, {"maxProperties": 0}, {"b": 1}, "/a", "maxProperties", "1 property is too many: at most 0"),
    (
        *(D2020, {"uniqueItems": True}, [{"x": 1, "y": True}, 2, {"y": True, "x": 1.0}]),
        *("/a", "uniqueItems", 'the items 0 and 2 are the same: {"y": true, "x": 1.0}'),
    ),
    (
        *(D2020, {"contains": {"type": "string"}}, [1, 2]),
        *("/a", "contains", "no item fits, at least 1 must: it is a string"),
    ),
    (
        *(D2020, {"contains": {"$ref": "#/$defs/name"}, "maxContains": 1}, [1, 2]),
        *("/a", "contains", "no item fits, at least 1 must: it is as the schema's `contains` wants it"),
    ),
    (
        *(D2020, {"contains": {"const": 1}, "minContains": 2}, [1, 2]),
        *("/a", "minContains", "1 of the 2 items fits, at least 2 must: it is 1"),
    ),
    (
        *(D2019, {"contains": {"allOf": [{}]}, "maxContains": 1}, [1, 1]),
        *("/a", "maxContains"),
        "2 of the 2 items fit, at most 1 may: it is as the schema's `contains` wants it",
    ),
    (D2020, {"items": {"type": "string"}}, ["", 3], "/a/1", "type", "3 is an integer, not a string"),
    (D2020, {"items": False}, [1], "/a/0", "items", "the schema allows no item here"),
    (D6, {"items": [{}, False]}, [1, 2], "/a/1", "items", "the schema allows no item here"),
    (D2020, {"prefixItems": [{}, False]}, [1, 2], "/a/1", "prefixItems", "the schema allows no item here"),
    (
        *(D7, {"items": [{}], "additionalItems": False}, [1, 2]),
        *("/a/1", "additionalItems", "the schema allows no more than 1 item here"),
    ),
    (
        *(D2019, {"items": [{}], "unevaluatedItems": False}, ["y", "y"]),
        *("/a/1", "unevaluatedItems", "the schema does not know an item here"),
    ),
    (
        *(D2020, {"prefixItems": [{}], "unevaluatedItems": {"type": "string"}}, [1, "y", 1]),
        *("/a/2", "unevaluatedItems"),
        "the schema does not know an item here and this one is not as it wants others: it is a string",
    ),
    (D2020, {"required": ["b"]}, {}, "/a", "required", 'the property "b" is missing'),
    (
        *(D2020, {"dependentRequired": {"x": ["b"], "y": ["b"], "z": ["b"]}}, {"x": 1, "y": 2}),
        *("/a", "dependentRequired", 'the property "b" is missing, which must stand beside "x" and "y"'),
    ),
    (
        *(D4, {"dependencies": {"x": ["b"]}}, {"x": 1}),
        *("/a", "dependencies", 'the property "b" is missing, which must stand beside "x"'),
    ),
    (
        *(D7, {"dependencies": {"x": {"required": ["b"]}}}, {"x": 1}),
        *("/a", "required", 'the property "b" is missing, since "x" is there'),
    ),
    (
        *(D2020, {"dependentSchemas": {"x": {"required": ["b"]}}}, {"x": 1}),
        *("/a", "required", 'the property "b" is missing, since "x" is there'),
    ),
    (
        *(D2020, {"dependentSchemas": {"x": False}}, {"x": 1}),
        *("@/a/x", "dependentSchemas", 'the schema allows no property "x" here'),
    ),
    (D7, WHEN, {"kind": "b"}, "/a", "required", 'the property "x" is missing, since "kind" is "b"'),
    (
        *(D2020, WHEN, {"kind": "c", "y": 3}),
        *("/a/y", "type", '3 is an integer, not a string, since it is not so that "kind" is "b"'),
    ),
    (
        *(D2020, {"if": {"anyOf": [{}]}, "then": False}, 3),
        *(
            "/a",
            "then",
            "nothing is allowed here, and here is 3, since the condition `if` of the schema holds",
        ),
    ),
    (
        *(D2020, {"if": {"anyOf": [{}]}, "then": {"minimum": 4}}, 3),
        *("/a", "minimum", "3 is too small: at least 4, since the condition `if` of the schema holds"),
    ),
    (
        *(D2020, {"properties": {"then": {"type": "string"}}}, {"then": 3}),
        *("/a/then", "type", "3 is an integer, not a string"),
    ),
    (D2020, {"not": {"enum": [1, 2]}}, 1, "/a", "not", "1 is what the schema rules out: it is one of 1, 2"),
    (D2020, {"not": {"allOf": [{}]}}, {"b": 1}, "/a", "not", '{"b": 1} is what the schema rules out'),
    (D2020, {"not": {}}, 1, "/a", "not", "1 is what the schema rules out"),
    (D2020, {"allOf": [True, {"minimum": 2}]}, 1, "/a", "minimum", "1 is too small: at least 2"),
    (D2020, {"allOf": [True, False]}, 1, "/a", "allOf", "nothing is allowed here, and here is 1"),
    (
        *(D2020, {"anyOf": [{"type": "string"}, {"type": "null"}]}, 1),
        *("/a", "anyOf", "1 is an integer, not one of a string, null"),
    ),
    (
        *(D2020, {"anyOf": [{"type": "string"}, {"properties": {"b": {"type": "string"}}}]}, {"b": 1}),
        *("/a", "anyOf"),
        "fits none of the 2 alternatives; of the nearest: at /a/b: 1 is an integer, not a string",
    ),
    (
        *(D2020, {"anyOf": [{"items": {"type": "string"}}]}, [1, 2, 3, 4, 5]),
        *("/a", "anyOf"),
        (
            "fits no alternative; of the nearest: at /a/0: 1 is an integer, not a string; "
            "at /a/1: 2 is an integer, not a string; at /a/2: 3 is an integer, not a string; and 2 more"
        ),
    ),
    (
        *(D2020, {"oneOf": [{"minimum": 1}, {"type": "string"}, {"minimum": 2}]}, 3),
        *("/a", "oneOf", "fits more than one of the 3 alternatives (1 and 3): only one may"),
    ),
    (
        *(D2020, TURN, {"kind": "music", "Title": 5}),
        *("/a", "oneOf"),
        "fits none of the 2 alternatives; of the nearest: at /a/Title: 5 is an integer, not a string",
    ),
    (
        *(D2020, TURN, {"kind": "noise"}),
        *("/a", "oneOf"),
        'fits none of the 2 alternatives: at /a/kind: "noise" is not one of "speech", "music"',
    ),
    (
        D2020,
        {"additionalProperties": {"type": "string"}},
        {"b": 1},
        "/a/b",
        "type",
        "1 is an integer, not a string",
    ),
    (
        *(D2020, {"additionalProperties": False}, {"b": 1}),
        *("@/a/b", "additionalProperties", 'the schema does not know a property "b"'),
    ),
    (
        *(D2020, {"properties": {"b": False}}, {"b": 1}),
        *("@/a/b", "properties", 'the schema allows no property "b" here'),
    ),
    (
        *(D2020, {"patternProperties": {"^b": False}}, {"bc": 1}),
        *("@/a/bc", "patternProperties", 'the schema allows no property "bc" here'),
    ),
    (
        *(D2020, {"patternProperties": {"^b": {"type": "string"}}}, {"bc": 1}),
        *("/a/bc", "type", "1 is an integer, not a string"),
    ),
    (
        *(D2020, {"properties": {"b": {}}, "unevaluatedProperties": False}, {"b": 1, "c": 2}),
        *("@/a/c", "unevaluatedProperties", 'the schema does not know a property "c"'),
    ),
    (
        *(D2019, {"unevaluatedProperties": {"type": "string"}}, {"b": 1}),
        *("/a/b", "unevaluatedProperties"),
        'the schema does not know a property "b" and this one is not as it wants others: it is a string',
    ),
    (
        *(D2020, {"propertyNames": {"maxLength": 2}}, {"b/c": 1}),
        *("@/a/b/c", "propertyNames"),
        'the name of this property is wrong: "b/c" is too long (3 characters): at most 2',
    ),
    (
        *(D6, {"propertyNames": {"anyOf": [{"pattern": "^a"}, {"enum": ["x"]}]}}, {"b": 1}),
        *("@/a/b", "propertyNames"),
        (
            "the name of this property is wrong: fits none of the 2 alternatives; of the nearest: "
            '"b" does not match the pattern ^a'
        ),
    ),
    (
        *(D2020, {"propertyNames": False}, {"b": 1}),
        *("@/a/b", "propertyNames", 'the schema allows no property here, not even "b"'),
    ),
    (D2020, {"format": "date"}, "2024-13-01", "/a", "format", '"2024-13-01" is not of the format date'),
    (
        *(D7, {"propertyNames": {"$ref": "#/$defs/never"}}, {"b": 1}),
        *("@/a/b", "propertyNames", 'the schema allows no property here, not even "b"'),
    ),
    (
        *(D7, {"additionalProperties": {"$ref": "#/$defs/never"}}, {"b": 1}),
        *("@/a/b", "additionalProperties", 'the schema allows no property "b" here'),
    ),
    (D7, {"contentEncoding": "base64"}, "{", "/a", "contentEncoding", '"{" is not base64'),
    (
        D7,
        {"contentMediaType": "application/json"},
        "{",
        "/a",
        "contentMediaType",
        '"{" is not application/json',
    ),
    (D2020, {"$ref": "#/$defs/name"}, 1, "/a", "type", "1 is an integer, not a string"),
    (D7, {"$ref": "#/$defs/name"}, 1, "/a", "type", "1 is an integer, not a string"),
    (D2020, {"$ref": "#/$defs/never"}, 1, "@/a", "properties", 'the schema allows no property "a" here'),
    (D2020, {"$dynamicRef": "#named"}, 1, "/a", "type", "1 is an integer, not a string"),
    (D2019, {"$recursiveRef": "#"}, 1, "/a", "type", "1 is an integer, not an object"),
]


@pytest.mark.parametrize(("draft", "schema", "value", "pointer", "keyword", "message"), CASES)
def test_an_error_reads_like_this(
    draft: str, schema: dict[str, Any], value: object, pointer: str, keyword: str, message: str
) -> None:
    definitions = {"name": {"$dynamicAnchor": "named", "type": "string"}, "never": False}
    whole = {"type": "object", "properties": {"a": schema}, "$defs": definitions}
    assert explained(whole, {"a": value}, draft) == [(pointer, keyword, message)]


def test_the_table_has_every_keyword_that_judges() -> None:
    judging = (
        "additionalItems additionalProperties allOf anyOf const contains contentEncoding contentMediaType "
        "dependencies dependentRequired dependentSchemas enum exclusiveMaximum exclusiveMinimum format items "
        "maxContains maxItems maxLength maxProperties maximum minContains minItems minLength minProperties "
        "minimum multipleOf not oneOf pattern patternProperties prefixItems properties propertyNames "
        "required then type unevaluatedItems unevaluatedProperties uniqueItems"
    )
    assert {keyword for *_, keyword, _ in CASES} == set(judging.split())


def test_every_property_and_item_that_the_schema_does_not_know_is_told_by_itself() -> None:
    schema = {
        "properties": {"a": {"prefixItems": [{}], "unevaluatedItems": False}},
        "additionalProperties": False,
    }
    assert sorted(explained(schema, {"a": [1, 2, 1], "b~/": 1, "c": 2})) == [
        ("/a/1", "unevaluatedItems", "the schema does not know an item here"),
        ("/a/2", "unevaluatedItems", "the schema does not know an item here"),
        ("@/b~/", "additionalProperties", 'the schema does not know a property "b~/"'),
        ("@/c", "additionalProperties", 'the schema does not know a property "c"'),
    ]


def test_a_property_that_is_not_allowed_is_not_called_missing() -> None:
    schema = {"properties": {"a": {}}, "required": ["b"], "additionalProperties": False}
    assert explained(schema, {"b": 1}) == [
        ("@/b", "additionalProperties", 'the schema does not know a property "b"')
    ]


def test_an_error_that_two_keywords_lead_to_is_told_once() -> None:
    schema = {"allOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}], "$defs": {"a": {"required": ["x"]}}}
    assert explained(schema, {}) == [("", "required", 'the property "x" is missing')]


def test_a_condition_in_a_file_or_behind_a_reference_is_told_too() -> None:
    schema = {"properties": {"a": {"$ref": "#/$defs/turn"}}, "$defs": {"turn": WHEN}}
    assert explained(schema, {"a": {"kind": "b"}}) == [
        ("/a", "required", 'the property "x" is missing, since "kind" is "b"')
    ]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer"},
        {"enum": [LONG, 1]},
        {"const": LONG + "y"},
        {"const": 1},
        {"pattern": "y" * 5000},
        {"maxLength": 2},
        {"format": "date"},
        {"not": {"const": LONG}},
        {"not": {}},
        {"anyOf": [{"type": "integer"}, {"const": 1}]},
        {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        {"if": {"const": LONG}, "then": {"maxLength": 2}},
        False,
    ],
)
def test_no_message_quotes_more_than_60_characters_of_a_value(schema: object) -> None:
    for value in ({"a": LONG}, {"a": {LONG: LONG}}, {"a": [LONG]}):
        judge = compiled({"properties": {"a": schema}, "maxProperties": 0}, D2020)
        for finding in judge.explain(value):  # type: ignore[arg-type]
            assert "x" * 61 not in finding.message
            assert len(finding.message) < 400


def test_a_property_of_any_name_is_quoted_short_and_visible() -> None:
    [(_, _, message)] = explained({"additionalProperties": False}, {"a\u202eb\n" + LONG: 1})
    assert message == r'the schema does not know a property "a\u202eb\n' + "x" * 48 + "…"
