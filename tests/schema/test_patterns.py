"""Hold patterns against node (recorded and live) and a third engine, wherever a schema can have one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import regress

from benchmarks.pattern_fuzz import Case, ask_node, find_differences, is_newer_than_node, make_cases
from packager.errors import ConfigError
from packager.reading import read_document
from packager.schema import compile_schema
from packager.schema.patterns import compile_pattern, spell_names

if TYPE_CHECKING:
    from packager.schema import SegmentSchema

ANSWERS: Final = Path(__file__).with_name("pattern_answers.jsonl")
"""Written by `python -m benchmarks.pattern_fuzz --pairs 3000 --seed 20 --record FILE`."""


def recorded() -> list[tuple[Case, list[bool] | None]]:
    lines = map(json.loads, ANSWERS.read_text(encoding="ascii").splitlines())
    return [(Case(pattern, tuple(texts)), answers) for pattern, texts, answers in lines]


def compiled(schema: dict[str, Any], *, formats: bool = True, folder: Path | None = None) -> SegmentSchema:
    return compile_schema(json.dumps(schema).encode(), "s.json", folder, read_document, formats=formats)


def told(schema: dict[str, Any], value: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(each.pointer, each.keyword, each.message) for each in compiled(schema).explain(value)]


def test_a_sample_has_the_answers_that_node_gave() -> None:
    cases = recorded()
    assert sum(len(answers or ()) for _, answers in cases) == 2664
    assert [wrong for case, answers in cases for wrong in find_differences(case, answers)] == []


def test_a_third_engine_gives_the_same_answers() -> None:
    for case, answers in recorded():
        if answers is not None:
            regex = regress.Regex(case.pattern, "u")
            assert [regex.find(text) is not None for text in case.texts] == answers, case.pattern


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_node_gives_the_same_answers() -> None:
    cases = [case for case in make_cases("suite", 250) if not is_newer_than_node(case.pattern)]
    pairs = zip(cases, ask_node(cases), strict=True)
    assert [wrong for case, answers in pairs for wrong in find_differences(case, answers)] == []


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        (r"^\d{2}:\d{2}$", ["12:34"], ["１２:３４", "12:34\n"]),
        (r"^(?!00:00)\d{2}:\d{2}$", ["12:34"], ["１２:３４", "00:00"]),
        (r"^(\d)\1$", ["33"], ["３３", "34"]),
        (r"(?<=\d)x", ["3x"], ["٣x"]),
        (r"^(?=\w)", ["a"], ["é"]),
        (r"^\s$", ["\ufeff", "\xa0", "\u3000", "\u2028", "\v"], ["\x85", "\u180e", "\x1c", "\u200b"]),
        (r"^(?=\s)\s$", ["\ufeff", "\xa0", "\u3000"], ["\x85", "\u180e", "\x1c"]),
        (r"\S", ["\x85", "\u200b"], ["", " \u3000\u2028\ufeff"]),
        (r"^.$", ["😀", "\x85", "\v"], ["\n", "\r", "\u2028", "\u2029"]),
        (r"\bcafé\b", ["a caféa"], ["un café noir", "café"]),
        (r"\Bé", [" é"], ["aé"]),
        (r"^(?<y>[0-9]{4})-\k<y>$", ["2024-2024"], ["2024-2025"]),
        (r"^\k<y>(?<y>a)$", ["a"], ["aa"]),
        (r"^[^]*$", ["", "a\n\u2028"], []),
        (r"[]", [], ["", "a"]),
        (r"^[^\s\S]?$", [""], ["a"]),
        (r"^\0$", ["\0"], ["0"]),
        (r"^\cJ$", ["\n"], ["J"]),
        (r"^[\b]$", ["\b"], ["b"]),
        (r"^\ud83d\ude00$", ["😀"], ["a"]),
        (r"\ud83d", [], ["😀"]),
        (r"^[\u{1F600}-\u{1F64F}]$", ["😀"], ["a"]),
        (r"^[[&&~~-]$", ["[", "&", "~", "-"], ["a"]),
        (r"^\p{Script=Han}\p{Lu}$", ["漢A"], ["aA"]),
        (r"^a{1,100000000}$", ["aaa"], ["b"]),
        (r"^(?:a{30}){30}$", ["a" * 900], ["a" * 899]),
        ("K", ["K"], ["k", "\u212a"]),
    ],
)
def test_a_pattern_means_what_it_does_in_ecma_262(
    pattern: str, matching: list[str], others: list[str]
) -> None:
    case = Case(pattern, (*matching, *others))
    assert list(find_differences(case, [True] * len(matching) + [False] * len(others))) == []


@pytest.mark.parametrize(
    "pattern",
    [
        *(r"^[\s\w\_\-\!]+$", r"\-", r"\_", r"\ ", r"\a", r"a{,3}", "}", "]", "a{2", "(?=a)*", r"\b+"),
        *(
            r"\00",
            r"\1",
            r"\k<x>",
            r"[\d-x]",
            "[b-a]",
            r"\p{Foo}",
            r"\u{110000}",
            "(",
            "a++",
            "(?#x)",
            "(?P<n>a)",
        ),
        *("(" * 1001 + ")" * 1001, "a" * 1_100_000),
    ],
)
def test_what_the_flag_forbids_or_no_engine_holds_is_wrong_with_the_schema(pattern: str) -> None:
    schemas: tuple[dict[str, Any], ...] = ({"pattern": pattern}, {"patternProperties": {pattern: {}}})
    for schema in schemas:
        with pytest.raises(ConfigError) as caught:
            compiled({"properties": {"a": schema}})
        assert "is no regular expression of ECMA-262 with the flag u: " in str(caught.value)
    assert not compiled({"properties": {"a": {"format": "regex"}}}).is_valid({"a": pattern})


@pytest.mark.parametrize("draft", ["draft-04", "draft-06", "draft-07"])
def test_an_old_draft_takes_the_same_patterns(draft: str) -> None:
    schema = {
        "$schema": f"http://json-schema.org/{draft}/schema#",
        "properties": {"a": {"pattern": r"^(?!x)[^]$"}},
        "patternProperties": {r"^(?=b)\b": {"type": "string"}},
    }
    judge = compiled(schema)
    assert judge.is_valid({"a": "\n", "b": "x", "c": 1})
    assert not judge.is_valid({"a": "x"})
    assert not judge.is_valid({"b": 1})


def test_a_schema_of_plain_patterns_is_left_to_the_fast_engine() -> None:
    plain = (r"\S", r"^[0-9]{2,}:[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?$", r"^[\w.-]+@[\w.-]+$", r"^.{1,80}$")
    assert all(compile_pattern(pattern).native for pattern in plain)
    for pattern in (
        r"\bx",
        "(?!x)",
        r"(x)\1",
        r"\p{L}",
        "[^]",
        "(?<n>x)",
        "(?i:x)",
        "x{1,600}",
        "(" * 60 + ")" * 60,
    ):
        assert compile_pattern(pattern).native is None, pattern


def test_an_error_shows_the_pattern_and_the_way_to_it_as_the_schema_has_them() -> None:
    schema = {
        "$defs": {
            "look": {"if": {"minLength": 1}, "then": {"pattern": "^(?!x)"}},
            "plain": {"pattern": r"^\d$"},
        },
        "properties": {
            "a": {"$ref": "#/$defs/look"},
            "b": {"$ref": "#/$defs/plain"},
            "c": {"format": "date", "pattern": "^(?=2)", "allOf": [{"pattern": "(?!)"}]},
            "d": {"anyOf": [{"pattern": "^(?!x)"}, {"pattern": "^(?!xx)"}]},
        },
        "patternProperties": {r"^\p{Lu}": {"if": {"minimum": 3}, "then": {"maximum": 1}}},
        "propertyNames": {"pattern": "^(?!z)"},
    }
    assert told(schema, {"a": "x", "b": "x", "c": "1999", "d": "xx", "É": 3, "z": 1}) == [
        ("/a", "pattern", '"x" does not match the pattern ^(?!x), since it has at least 1 characters'),
        ("/b", "pattern", r'"x" does not match the pattern ^\d$'),
        ("/c", "format", '"1999" is not of the format date'),
        ("/c", "pattern", '"1999" does not match the pattern (?!)'),
        ("/c", "pattern", '"1999" does not match the pattern ^(?=2)'),
        (
            "/d",
            "anyOf",
            'fits none of the 2 alternatives; of the nearest: "xx" does not match the pattern ^(?!x)',
        ),
        ("/É", "maximum", "3 is too large: at most 1, since it is at least 3"),
        ("", "propertyNames", 'the name of this property is wrong: "z" does not match the pattern ^(?!z)'),
    ]


def test_patterns_of_names_decide_what_is_additional_and_unevaluated() -> None:
    for keyword in ("additionalProperties", "unevaluatedProperties"):
        judge = compiled({"patternProperties": {"^(?!x-)": {}, r"^x-\b": {"type": "string"}}, keyword: False})
        assert judge.is_valid({"a": 1, "b": 2, "x-a": ""})
        assert not judge.is_valid({"x-a": 1})
        [finding] = judge.explain({"a": 1, "x-é": 2})
        assert (finding.key, finding.message) == ("x-é", 'the schema does not know a property "x-é"')
        assert judge.find_invalid([{"n": 1}, {"x-é": 1}, {"x-n": ""}, {"x-": 1}, {"q": {"x-": 3}}]) == [1, 3]


def test_two_patterns_that_match_the_same_stay_two() -> None:
    patterns = {
        r"^\d": {"type": "string"},
        "^[0-9]": {"maxLength": 2},
        "^(?=x)": {"const": 1},
        "^(?=x)()": {"const": 2},
    }
    judge = compiled({"patternProperties": patterns})
    assert judge.is_valid({"1": "ab"})
    assert [each.keyword for each in judge.explain({"1": "abc"})] == ["maxLength"]
    assert [each.keyword for each in judge.explain({"1": 3})] == ["type"]
    assert len(list(judge.explain({"x": 3}))) == 2


def test_references_lead_through_the_patterns_of_names() -> None:
    judge = compiled(
        {
            "patternProperties": {
                "^(?=[%~/])": {"properties": {"x": {"type": "string"}}, "contains": {"pattern": "^(?!a)"}},
                r"^\d": {"type": "integer"},
            },
            "properties": {
                "a": {"$ref": "#/patternProperties/%5E(%3F=%5B%25~0~1%5D)/properties/x"},
                "b": {"$ref": r"#/patternProperties/^\d"},
            },
        }
    )
    assert judge.is_valid({"a": "x", "b": 1})
    assert judge.find_invalid([{"a": 1}, {"b": ""}, {"%": {"x": 1}}, {"1": ""}, {"/": {"x": ""}}]) == [
        0,
        1,
        2,
        3,
    ]
    [finding] = judge.explain({"~": ["a", "aa"]})
    assert (finding.pointer, finding.keyword) == ("/~0", "contains")


def test_a_pattern_in_another_file_is_the_same(tmp_path: Path) -> None:
    other = {"patternProperties": {"^(?!a)": {"pattern": r"^\bx"}}, "properties": {"a": {"pattern": "[^]"}}}
    (tmp_path / "other.json").write_text(json.dumps(other), encoding="utf-8")
    judge = compiled({"$ref": "other.json"}, folder=tmp_path)
    assert judge.find_invalid([{"a": ""}, {"b": "x"}, {"b": "y"}, {"a": "y"}]) == [0, 2]


def test_data_of_a_schema_is_not_spelled_anew() -> None:
    data: Any = {"pattern": "(?!)", "patternProperties": {"(?!)": {"format": "x"}}}
    judge = compiled({"properties": {"a": {"const": data}, "b": {"enum": [data]}, "c": {"pattern": "(?!)"}}})
    assert judge.is_valid({"a": data, "b": data})
    assert not judge.is_valid({"c": ""})


def test_a_pattern_counts_whether_formats_do_or_not() -> None:
    schema = {"properties": {"a": {"format": "date", "pattern": "(?!x)^"}, "b": {"format": "regex"}}}
    assert compiled(schema, formats=False).find_invalid([{"a": "q"}, {"a": "x"}, {"b": "("}]) == [1]
    assert compiled(schema).find_invalid([{"a": "q"}, {"a": "2024-01-01"}, {"b": "("}]) == [0, 2]


def test_a_pattern_has_no_force_where_the_vocabulary_has_no_validation(tmp_path: Path) -> None:
    words = "https://json-schema.org/draft/2020-12/vocab/"
    meta = {"$schema": f"{words[:-6]}schema", "$id": "urn:m", "$vocabulary": {f"{words}core": True}}
    values: list[Any] = [{"a": "x"}, {"b": "x"}]
    for names, forced in ((("applicator",), False), (("applicator", "validation"), True)):
        meta["$vocabulary"] = {f"{words}{name}": True for name in ("core", *names)}
        (tmp_path / "meta.json").write_text(json.dumps(meta), encoding="utf-8")
        schema = {
            "$schema": "meta.json",
            "properties": {"a": {"pattern": "^(?!x)"}, "b": {"pattern": r"^\d"}},
        }
        judge = compiled(schema, folder=tmp_path)
        assert [judge.is_valid(value) for value in values] == [not forced] * 2


def test_names_that_never_come_again_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("packager.schema.engine._MOST_NAMES", 10)
    judge = compiled({"patternProperties": {"^(?!x)": {"type": "string"}}, "additionalProperties": False})
    for number in range(100):
        assert judge.is_valid({f"a{number}": ""})
        assert not judge.is_valid({f"a{number}": 1})
        assert not judge.is_valid({f"x{number}": ""})


def test_a_name_stands_for_itself_in_a_list_of_names() -> None:
    names = ["", "a|b", "^$", "\n", "é😀", r"\d", "(", "]"]
    judge = compiled({"patternProperties": {spell_names(names): False}})
    assert judge.find_invalid([{name: 1} for name in names]) == list(range(len(names)))
    assert judge.is_valid({"a": 1, "b": 1, "0": 1, "aa|b": 1})


SLOW: Final = r"^(a|a?)+\1$"


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"pattern": SLOW}, None),
        ({"not": {"pattern": SLOW}}, None),
        ({"anyOf": [{"pattern": SLOW}]}, None),
        ({"if": {"pattern": SLOW}, "then": False}, None),
        ({"oneOf": [{}, {"pattern": SLOW}]}, None),
        ({"propertyNames": {"pattern": SLOW}}, {}),
        ({"patternProperties": {SLOW: {}}}, {}),
        ({"patternProperties": {SLOW: False}}, {}),
    ],
)
def test_a_match_that_takes_too_long_is_an_error_wherever_it_stands(
    schema: dict[str, Any], value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("packager.schema.patterns.SECONDS", 0.01)
    compile_pattern.cache_clear()
    text = "a" * 60 + "!"
    segment: Any = {"a": text if value is None else {text: 1}, "b": 1}
    judge = compiled({"properties": {"a": schema, "b": {"type": "string"}}})
    assert not judge.is_valid(segment)
    assert judge.find_invalid([{"c": 1}, segment, {}]) == [1]
    findings = list(judge.explain(segment))
    compile_pattern.cache_clear()
    assert {(each.pointer, each.keyword) for each in findings} == {("/a", "pattern"), ("/b", "type")}
    assert f"the pattern {SLOW} takes more than" in findings[0].message
    assert (findings[0].key is None) is (value is None)
