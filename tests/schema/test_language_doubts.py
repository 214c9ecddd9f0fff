"""Of what is doubtful in a schema or its patterns there is no language."""

from __future__ import annotations

import subprocess
import sys
from typing import Any, Final

import pytest

from language_cases import accepts, compiled, layout_of, of
from packager.schema.language import make_language
from packager.schema.patterns import read_pattern
from packager.schema.validate import DRAFTS

D4, D6, D7, D2019, D2020 = DRAFTS
ENUMS: Final[tuple[tuple[Any, ...], ...]] = ((), (1,), (0.5,), ({},), ("a", 1))


def has_language(schema: dict[str, Any]) -> bool:
    return make_language(schema, {}, layout_of('{"a": 0}'), formats=True) is not None


@pytest.mark.parametrize(
    "more",
    [
        {"type": "array"},
        {"properties": {"b": {}}},
        {"required": ["a", "b"]},
        {"$schema": "https://example.org/dialect"},
        *({key: 1} for key in ("minProperties", "maxProperties", "unknown")),
        *({key: {}} for key in ("not", "if", "propertyNames", "unevaluatedProperties")),
        *({key: {"a": {}}} for key in ("patternProperties", "dependentSchemas")),
        *({key: {"a": ["a"]}} for key in ("dependentRequired", "dependencies")),
        *({key: [{}]} for key in ("allOf", "anyOf", "oneOf")),
    ],
)
def test_a_doubtful_schema_has_no_language(more: dict[str, Any]) -> None:
    assert has_language(of({}))
    assert not has_language(of({}) | more)


def test_a_schema_without_properties_has_no_language() -> None:
    assert not has_language({})
    assert not has_language({"type": "object"})


@pytest.mark.parametrize(
    "more",
    [
        *({key: 1} for key in ("maxLength", "maximum", "minimum", "exclusiveMinimum", "multipleOf")),
        *({key: [{}]} for key in ("allOf", "anyOf", "oneOf")),
        *({key: {}} for key in ("not", "if", "items", "properties", "const", "$dynamicRef")),
        *({key: "date"} for key in ("format", "contentEncoding", "x-unknown")),
        *({"minLength": least} for least in (9, -1, 1.0)),
        *({"minimum": least} for least in (0.5, True, -1)),
        *({"enum": list(values)} for values in ENUMS),
        {"enum": ["a"], "pattern": "a"},
        {"enum": ["a"], "const": "a"},
        {"minLength": 2, "pattern": "a"},
        {"type": "array"},
    ],
)
def test_a_doubtful_property_has_no_language(more: dict[str, Any]) -> None:
    assert not has_language(of(more))


@pytest.mark.parametrize("draft", [D7, D2020])
def test_nothing_but_notes_may_stand_beside_a_reference(draft: str) -> None:
    inside: dict[str, Any] = {"definitions": {"x": {"type": "string"}}, "$schema": draft}
    line = layout_of('{"a": 0}')
    for beside, has in (({"title": "x"}, True), ({"minLength": 1}, False), ({"type": "string"}, False)):
        schema = of({"$ref": "#/definitions/x", **beside}, **inside)
        assert (compiled(schema).language_of(line) is not None) is has


def test_a_reference_in_a_circle_has_no_language() -> None:
    schema = of({"$ref": "#/$defs/x"}, **{"$defs": {"x": {"$ref": "#/$defs/x"}}})
    targets = {id(each): schema["$defs"]["x"] for each in (schema["properties"]["a"], schema["$defs"]["x"])}
    assert make_language(schema, targets, layout_of('{"a": 0}'), formats=True) is None


def test_a_property_that_is_true_or_false_has_no_language() -> None:
    for schema in (True, False):
        assert make_language({"properties": {"a": schema}}, {}, layout_of('{"a":0}'), formats=True) is None


@pytest.mark.parametrize(
    "pattern",
    [
        *(
            "(?=a)",
            "(?!a)",
            "(?<=a)",
            "(?<n>a)",
            r"(a)\1",
            r"\bA",
            r"\p{L}",
            r"\u0041",
            r"\x41",
            r"\cA",
            r"\-",
        ),
        *(
            "a^",
            "$a",
            "(^a)",
            "(a$)",
            "^*",
            "a**",
            "a{2}{3}",
            "a{3,2}",
            "a{65}",
            "a{,2}",
            "{",
            "}",
            "]",
            "*",
            "(",
        ),
        *(
            "[]",
            "[^]",
            "[",
            "[b-a]",
            r"[\w-.]",
            r"[a-\d]",
            "[a[b]]",
            "[a&&b]",
            "[a~~b]",
            "[a--b]",
            "[a[b]",
            "[a-z-9]",
            "[--a]",
            r"[\b]",
            ")",
        ),
        *(r"[^\s\S]", "[ab]*a[ab]{20}", "(a{40}){40}", "(" * 30 + ")" * 30, "a" * 501, "\\", "a|)"),
    ],
)
def test_a_doubtful_pattern_has_no_language(pattern: str) -> None:
    assert read_pattern(pattern) is None


@pytest.mark.parametrize("draft", DRAFTS)
def test_references_lead_through_every_draft(draft: str) -> None:
    definitions = "definitions" if draft in {D4, D6, D7} else "$defs"
    one, two = ({"$ref": f"#/{definitions}/{name}", "title": "x"} for name in ("y", "z"))
    schema = of(one, **{"$schema": draft, definitions: {"y": two, "z": {"type": "string", "pattern": "^a"}}})
    assert accepts(schema, b'{"a": "ab"}')
    assert not accepts(schema, b'{"a": "b"}')


def test_a_format_that_is_not_asserted_is_a_note() -> None:
    schema = of({"type": "string", "format": "date"})
    assert compiled(schema).language_of(layout_of('{"a": 0}')) is None
    assert accepts(schema, b'{"a": "x"}', formats=False)


def test_a_schema_makes_no_more_than_sixteen_languages() -> None:
    names = [f"k{number}" for number in range(17)]
    schema = compiled({"properties": {name: {"type": "integer"} for name in names}})
    made = [schema.language_of(layout_of(f'{{"{name}": 1}}')) for name in names]
    assert [each is None for each in made] == [False] * 16 + [True]
    assert schema.language_of(layout_of('{"k0": 1}')) is made[0]


def test_where_there_is_no_matcher_there_is_no_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "re2", None)
    assert not has_language(of({}))


def test_what_would_be_too_large_to_match_fast_has_no_language() -> None:
    counted = {"type": "string", "pattern": "^.{0,64}$"}
    for count, has in ((1, True), (9, False)):
        keys = [f"k{number}" for number in range(count)]
        line = layout_of("{" + ", ".join(f'"{key}": 0' for key in keys) + "}")
        schema: dict[str, Any] = {"properties": dict.fromkeys(keys, counted)}
        assert (make_language(schema, {}, line, formats=True) is not None) is has


def test_a_word_list_that_is_too_long_has_no_language() -> None:
    assert has_language(of({"enum": [f"word {number}" for number in range(99)]}))
    assert not has_language(of({"enum": [f"{number:0200}" for number in range(999)]}))


def test_the_matcher_is_loaded_with_the_first_language_alone() -> None:
    code = "import sys, packager.schema.validate, packager.check.judge; sys.exit('re2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
