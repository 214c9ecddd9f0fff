from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest

from packager.errors import ConfigError
from packager.model import to_pointer
from packager.reading.places import Text
from packager.reading.strict import read_document
from packager.schema.validate import DRAFTS, SegmentSchema, compile_schema

FORMATS: Final = [  # name, the first draft that has it (by its place in DRAFTS), a text that is not of it
    *(("date-time", 0, "x"), ("date", 0, "x"), ("time", 0, "x"), ("email", 0, "x"), ("idn-email", 0, "x")),
    *(("hostname", 0, "-x-"), ("ipv4", 0, "x"), ("ipv6", 0, "x"), ("uri", 0, "x y"), ("regex", 0, "(")),
    *(("uri-reference", 1, "x y"), ("uri-template", 1, "{"), ("json-pointer", 1, "x")),
    *(("idn-hostname", 2, "-x-"), ("iri", 2, "x y"), ("iri-reference", 2, "x y")),
    *(("relative-json-pointer", 2, "/x"), ("duration", 3, "x"), ("uuid", 3, "x")),
]


def find_place(data: bytes, pointer: str) -> tuple[int, int]:
    text = Text(data)
    return text.place(text.find_value(pointer))


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
        ({"patternProperties": {"(": {}}}, '/patternProperties/(: the name of this property is wrong: "("'),
        (
            {"$schema": "http://json-schema.org/draft-04/schema#", "patternProperties": {"(": {}}},
            "/patternProp",
        ),
        ({"$id": "#x"}, "/$id"),
        ({"$id": "a b"}, "/$id"),
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


def test_everything_that_is_wrong_with_a_schema_is_told() -> None:
    data = b"""{
  "type": "strin",
  "properties": {"a": {"minLength": -1}, "b": 3},
  "pattern": "(",
  "$ref": "#/none"
}"""
    with pytest.raises(ConfigError) as caught:
        compile_schema(data, "s.json", None, read_document, place=find_place)
    assert [line.partition(": ")[0] for line in str(caught.value).splitlines()] == [
        *("s.json:2:11", "s.json:3:37", "s.json:3:47", "s.json:4:14"),
    ]


def test_the_schema_true_is_open_and_false_or_a_list_is_a_config_error() -> None:
    judge = compile_schema(b" true\n", "s.json", None, read_document)
    assert judge.is_valid({"a": 1})
    assert judge.document == {}
    with pytest.raises(ConfigError, match=r"^s\.json: by the schema `false` no segment is valid"):
        compile_schema(b"false", "s.json", None, read_document)
    for wrong in (b"[]", b"3", b'"x"', b"null", b"truex"):
        with pytest.raises(ConfigError, match=r"^s\.json:1:1: "):
            compile_schema(wrong, "s.json", None, read_document)


@pytest.mark.parametrize(("name", "drafts", "wrong"), FORMATS)
def test_a_format_is_asserted_from_its_draft_on(name: str, drafts: int, wrong: str) -> None:
    for number, draft in enumerate(DRAFTS):
        schema = {"$schema": draft, "properties": {"a": {"format": name}}}
        asserted = not compiled(schema).is_valid({"a": wrong})
        assert asserted is (number >= drafts), draft
        data = json.dumps(schema).encode()
        off = compile_schema(data, "s.json", None, read_document, formats=False)
        assert off.is_valid({"a": wrong})


def test_the_documentation_lists_the_formats_that_are_asserted() -> None:
    page = Path(__file__).parents[2] / "docs" / "schema.md"
    rows = re.findall(r"^\| (from \S+|all) \| (.+) \|$", page.read_text(encoding="utf-8"), re.MULTILINE)
    listed = {name: since for since, names in rows for name in re.findall(r"`([^`]+)`", names)}
    since = ("all", "from 6", "from 7", "from 2019-09")
    assert listed == {name: since[draft] for name, draft, _ in FORMATS}


def test_numbers_are_compared_exactly() -> None:
    judge = compiled({"properties": {"a": {"maximum": 2**64}, "b": {"const": 1}, "c": {"multipleOf": 0.01}}})
    assert judge.is_valid({"a": 2**64, "b": 1.0, "c": 0.07})
    assert not judge.is_valid({"a": 2**64 + 1})
    assert not judge.is_valid({"b": True})
    assert compiled({"properties": {"a": {"type": "integer"}}}).is_valid({"a": 10**300})


@pytest.mark.parametrize(
    "name", ["", "00", "007", "+1", "0", "a/b", "m~n", '"]', "18446744073709551616", "1\n"]
)
def test_the_pointer_is_right_whatever_a_property_is_called(name: str) -> None:
    escaped = name.replace("~", "~0").replace("/", "~1")
    judge = compiled(
        {
            "$defs": {
                "n": {"type": "object", "additionalProperties": {"$ref": "#/$defs/m"}},
                "m": {"properties": {name: {"type": "string", "minLength": 2}}},
            },
            "$ref": "#/$defs/n",
        }
    )
    found = {(each.pointer, each.keyword, each.message) for each in judge.explain({name: {name: "x", "": 1}})}
    assert (f"/{escaped}/{escaped}", "minLength", '"x" is too short (1 character): at least 2') in found or (
        name == "" and found == {("//", "type", "1 is an integer, not a string")}
    )
    assert len(found) == 1


def test_a_pointer_escapes_what_it_must() -> None:
    assert to_pointer(["a/b", "m~n", 0, ""]) == "/a~1b/m~0n/0/"
