from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from packager.check import check_segments
from packager.config import shipped_file
from packager.reading import read_document
from packager.schema import compile_schema
from packager.schema.drafts import DRAFTS, find_meta_schema
from packager.schema.oddities import _SINCE, _known
from project import make_corpus

if TYPE_CHECKING:
    from pathlib import Path

D4, D6, D7, D2019, D2020 = DRAFTS
PARTS: Final = (
    "core",
    "applicator",
    "validation",
    "meta-data",
    "format-annotation",
    "content",
    "unevaluated",
)


IN_VAIN: Final = "has no force beside `$ref` in this draft: put both into an `allOf`"


def odd(schema: dict[str, Any], *, formats: bool = True) -> dict[str, str]:
    data = json.dumps(schema).encode()
    found = compile_schema(data, "s.json", None, read_document, formats=formats).oddities
    return {flaw.pointer: flaw.message for flaw in found}


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        *(("requird", "required"), ("Required", "required"), ("tpye", "type"), ("itmes", "items")),
        *(("minLenght", "minLength"), ("patern", "pattern"), ("additionalPropertys", "additionalProperties")),
        *(("prefixitems", "prefixItems"), ("propertis", "properties"), ("enums", "enum"), ("ref", "$ref")),
    ],
)
def test_a_keyword_that_is_nearly_one_is_told_with_the_one_that_was_meant(wrong: str, right: str) -> None:
    message = f'there is no keyword "{wrong}": did you mean `{right}`?'
    assert odd({"properties": {"a": {wrong: 1}}}) == {f"/properties/a/{wrong}": message}
    assert odd({"$defs": {"b": {"anyOf": [{wrong: 1}]}}}) == {f"/$defs/b/anyOf/0/{wrong}": message}


@pytest.mark.parametrize(
    "keyword",
    [
        "x-note",
        "unit",
        "lang",
        "source",
        "markdownDescription",
        "nullable",
        "discriminator",
        "id",
        "label",
    ],
)
def test_any_other_keyword_is_an_annotation(keyword: str) -> None:
    assert (
        odd({"properties": {"a": {keyword: 1}, "requird": {}}, "default": {"tpye": 1}, "required": []}) == {}
    )
    assert (
        odd({"$schema": D7, "properties": {"a": {"$defs": {}, "prefixItems": [], "unevaluatedItems": 3}}})
        == {}
    )


def test_a_format_that_is_not_asserted_is_told() -> None:
    assert odd(
        {"properties": {"a": {"format": "date-tme"}, "b": {"format": "int64"}, "c": {"format": "uuid"}}}
    ) == {
        "/properties/a/format": 'there is no format "date-tme" in this draft: did you mean `date-time`?',
        "/properties/b/format": 'there is no format "int64" in this draft: it judges nothing',
    }
    assert list(odd({"$schema": D7, "format": "uuid"})) == ["/format"]
    assert odd({"format": "int64"}, formats=False) == {}


def test_what_stands_beside_a_reference_is_told_where_it_has_no_force() -> None:
    inner = {"$ref": "#/definitions/t", "minLength": 1, "title": "T", "properties": {"a": {"tpye": 1}}}
    schema = {"$ref": "#/definitions/t", "definitions": {"t": {"allOf": [inner]}}}
    for draft in (D4, D6, D7):
        assert odd({"$schema": draft, "definitions": {"t": {}}, "properties": {"b": inner}}) == {
            f"/properties/b/{keyword}": f"`{keyword}` {IN_VAIN}" for keyword in ("minLength", "properties")
        }
        assert list(odd({"$schema": draft, **schema})) == [
            f"/definitions/t/allOf/0/{keyword}" for keyword in ("minLength", "properties")
        ]
    assert list(odd({"$schema": D2020, "definitions": {"t": {}}, "properties": {"b": inner}})) == [
        "/properties/b/properties/a/tpye"
    ]


@pytest.mark.parametrize("draft", DRAFTS)
def test_the_keywords_of_a_draft_are_those_of_its_meta_schema(draft: str) -> None:
    base = draft.removesuffix("schema")
    pages = [find_meta_schema(draft), *(find_meta_schema(f"{base}meta/{part}") for part in PARTS)]
    listed: set[str] = set()
    for page in filter(None, pages):
        properties = page["properties"]
        assert isinstance(properties, dict)
        listed |= properties.keys()
    later = {"$comment", "readOnly", "writeOnly", "examples", "contentEncoding", "contentMediaType"}
    assert listed <= _known(_SINCE, draft)
    assert _known(_SINCE, draft) - listed <= later | {"id", "$ref", "format", "additionalItems"}


def test_a_check_warns_at_the_place_in_the_schema_and_the_shipped_one_is_sound(tmp_path: Path) -> None:
    make_corpus(tmp_path, recordings=1)
    assert not any(each.rule == "schema/unknown-keyword" for each in check_segments(tmp_path).problems)
    text = shipped_file("segment.schema.json").decode().replace('"required"', '"requird"')
    (tmp_path / "schema").mkdir(exist_ok=True)
    (tmp_path / "schema" / "segment.schema.json").write_text(text, encoding="utf-8")
    lines = text.splitlines()
    row = next(number for number, line in enumerate(lines, 1) if "requird" in line)
    [problem] = [each for each in check_segments(tmp_path).problems if each.rule == "schema/unknown-keyword"]
    assert (problem.path, problem.line) == ("schema/segment.schema.json", row)
    assert (problem.severity.value, problem.pointer) == ("warning", "/requird")
