from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from packager.errors import ConfigError
from packager.schema.validate import DRAFTS, SegmentSchema, compile_schema, to_pointer
from packager.segments.strict import read_document

if TYPE_CHECKING:
    from pathlib import Path


def compiled(schema: dict[str, Any], folder: Path | None = None) -> SegmentSchema:
    return compile_schema(json.dumps(schema).encode(), "s.json", folder, read_document)


def explained(schema: dict[str, Any], segment: dict[str, Any]) -> list[tuple[str, str, str]]:
    found = compiled(schema).explain(segment)
    return [(each.pointer, each.keyword, each.message) for each in found]


def test_every_error_is_reported_with_its_pointer_and_keyword() -> None:
    schema = {
        "required": ["Speaker", "Text"],
        "properties": {"Text": {"type": "string", "pattern": r"\S"}, "n": {"type": "integer"}},
        "additionalProperties": False,
    }
    assert sorted(explained(schema, {"Text": " ", "n": 3.5, "a": 1})) == [
        ("", "additionalProperties", 'the schema does not know a property "a"'),
        ("", "required", 'the property "Speaker" is missing'),
        ("/Text", "pattern", '" " holds nothing but white space'),
        ("/n", "type", "3.5 is a number, not an integer"),
    ]


@pytest.mark.parametrize(
    ("schema", "segment", "keyword", "message"),
    [
        (
            {"properties": {"a": {"type": "string"}}},
            {"a": None},
            "type",
            "null stands where a string belongs",
        ),
        (
            {"properties": {"a": {"enum": ["x", 1]}}},
            {"a": "y"},
            "enum",
            '"y" is not one of "x", 1',
        ),
        ({"properties": {"a": {"const": 2}}}, {"a": 1}, "const", "1 is not 2"),
        (
            {"properties": {"a": False}},
            {"a": 1},
            "properties",
            "nothing is allowed here, and here is 1",
        ),
        ({"propertyNames": {"maxLength": 1}}, {"ab": 1}, "propertyNames", '"ab" is longer than 1 character'),
        ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, "dependentRequired", 'the property "b" is missing'),
        (
            {"oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
            {"a": 1, "b": 2},
            "oneOf",
            '{"a": 1, "b": 2} fits more than one of the alternatives, and may fit only one',
        ),
        (
            {"anyOf": [{"type": "string"}, {"properties": {"a": {"type": "string"}}}]},
            {"a": 1},
            "anyOf",
            "fits none of the 2 alternatives; of the nearest: at /a: 1 is an integer, not a string",
        ),
        ({"properties": {"d": {"format": "date"}}}, {"d": "x"}, "format", '"x" is not of the format date'),
    ],
)
def test_an_error_reads_like_this(
    schema: dict[str, Any], segment: dict[str, Any], keyword: str, message: str
) -> None:
    [(_, found, said)] = explained(schema, segment)
    assert (found, said) == (keyword, message)


def test_a_long_value_is_cut_in_the_message() -> None:
    [(_, _, message)] = explained({"properties": {"a": {"maxLength": 2}}}, {"a": "x" * 100_000})
    assert len(message) < 200


def test_patterns_are_ecma_262() -> None:
    schema = compiled({"properties": {"a": {"pattern": r"^\d$"}, "b": {"pattern": r"^\S$"}}})
    assert not schema.is_valid({"a": "٣"})
    assert not schema.is_valid({"a": "3\n"})
    assert not schema.is_valid({"b": "\ufeff"})
    assert schema.is_valid({"a": "3", "b": "x"})


@pytest.mark.parametrize("draft", DRAFTS)
def test_every_draft_is_known_with_and_without_an_empty_fragment(draft: str) -> None:
    for name in (draft, draft + "#"):
        assert not compiled({"$schema": name, "required": ["a"]}).is_valid({})


@pytest.mark.parametrize(
    ("schema", "complaint"),
    [
        ({"$schema": "http://example.com/x"}, "not a draft of JSON Schema"),
        ({"$schema": 3}, "not a draft of JSON Schema"),
        ({"properties": {"a": {"type": "strin"}}}, "/properties/a/type"),
        ({"pattern": "("}, "/pattern"),
        ({"$ref": "#/$defs/none"}, "does not exist"),
        ({"$ref": "https://example.com/x.json"}, "never followed"),
    ],
)
def test_a_wrong_schema_is_a_config_error_that_says_where(schema: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        compiled(schema)
    assert str(caught.value).startswith("s.json: ")
    assert complaint in str(caught.value)


def test_a_schema_file_is_strict_json() -> None:
    with pytest.raises(ConfigError, match=r"s\.json:1:"):
        compile_schema(b'{"a": 1, "a": 2}', "s.json", None, read_document)


def test_a_reference_leads_into_a_file_beside_the_schema_and_not_out_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "speaker.json").write_text('{"type": "string"}')
    (tmp_path / "outside.json").write_text("{}")
    schema = compiled({"properties": {"a": {"$ref": "speaker.json"}}}, tmp_path / "s")
    assert schema.is_valid({"a": "x"})
    assert not schema.is_valid({"a": 1})
    with pytest.raises(ConfigError, match="outside the folder"):
        compiled({"$ref": "../outside.json"}, tmp_path / "s")


def test_a_pointer_escapes_what_it_must() -> None:
    assert to_pointer(["a/b", "m~n", 0, ""]) == "/a~1b/m~0n/0/"
