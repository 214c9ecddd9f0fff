from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from packager.columns import card_features, hub_features, plan_layout
from packager.errors import ConfigError
from packager.reading.strict import read_document
from packager.schema.validate import compile_schema

if TYPE_CHECKING:
    from packager.columns import Layout

STRING: dict[str, Any] = {"type": "string"}


def lay_out(document: dict[str, Any], folder: Path | None = None, recording: str | None = None) -> Layout:
    schema = compile_schema(json.dumps(document).encode(), "s.json", folder, read_document)
    return plan_layout(
        schema.document, schema.targets, start="Start", end="End", recording_property=recording
    )


def plan(properties: dict[str, Any], **more: Any) -> Layout:  # noqa: ANN401 - parts of a schema
    document = {"type": "object", "properties": properties, "additionalProperties": False, **more}
    return lay_out(document)


@pytest.mark.parametrize(
    ("subschema", "name", "nullable"),
    [
        ({"type": "string"}, "string", False),
        ({"type": "string", "format": "date-time"}, "string", False),
        ({"type": "boolean"}, "bool", False),
        ({"type": "integer"}, "int64", False),
        ({"type": "number"}, "float64", False),
        ({"type": ["integer", "number"]}, "float64", False),
        ({"type": ["string", "null"]}, "string", True),
        ({"type": ["string", "integer"]}, "json", False),
        ({"enum": ["a", "b"]}, "string", False),
        ({"enum": ["a", None]}, "string", True),
        ({"enum": [1, 2.5]}, "float64", False),
        ({"enum": [1, "a"]}, "json", False),
        ({"type": ["string", "null"], "enum": ["a"]}, "string", False),
        ({"const": "x"}, "string", False),
        ({"const": True}, "bool", False),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "string", True),
        ({"oneOf": [{"type": "integer"}, {"type": "string"}]}, "json", False),
        ({"allOf": [{"minLength": 1}, {"type": "string"}]}, "string", False),
        ({"$ref": "#/$defs/name"}, "string", False),
        ({"$ref": "#/$defs/loop"}, "json", True),
        ({"$ref": "#named"}, "string", False),
        ({"$ref": "https://example.org/inner.json"}, "int64", False),
        ({"$id": "https://example.org/x/", "$ref": "../inner.json"}, "int64", False),
        ({"type": "array", "items": {"type": "string"}}, "list<string>", False),
        ({"type": "array", "items": {"type": "array", "items": STRING}}, "list<list<string>>", False),
        ({"type": "array"}, "json", False),
        ({"type": "array", "prefixItems": [STRING], "items": STRING}, "json", False),
        (
            {"type": "object", "properties": {"w o": STRING, "n": {}}, "additionalProperties": False},
            'struct<"w o": string, n: json>',
            False,
        ),
        ({"type": "object", "properties": {"w": STRING}}, "json", False),
        ({"type": "object", "properties": {}, "additionalProperties": False}, "json", False),
        ({}, "json", True),
        (True, "json", True),
    ],
)
def test_a_subschema_has_this_column(subschema: object, name: str, nullable: bool) -> None:  # noqa: FBT001
    layout = plan(
        {"p": subschema},
        required=["p"],
        **{
            "$defs": {
                "name": {"$anchor": "named", **STRING},
                "loop": {"anyOf": [{"$ref": "#/$defs/loop"}]},
                "inner": {
                    "$id": "https://example.org/inner.json",
                    "$ref": "#/$defs/name",
                    "$defs": {"name": {"type": "integer"}},
                },
            }
        },
    )
    column = layout.columns[2].column
    assert (column.name, column.type, column.nullable) == ("p", name, nullable)


def test_a_property_that_is_not_required_is_nullable() -> None:
    assert plan({"p": STRING}).columns[2].column.nullable


def test_up_to_draft_7_what_stands_beside_a_reference_is_ignored() -> None:
    properties = {"p": {"$ref": "#/definitions/n", "type": "string"}}
    definitions = {"definitions": {"n": {"type": "integer"}}}
    old = plan(properties, **definitions, **{"$schema": "http://json-schema.org/draft-07/schema#"})
    assert old.columns[2].column.type == "int64"
    assert plan(properties, **definitions).columns[2].column.type == "string"


def test_the_columns_stand_in_the_promised_order() -> None:
    document: dict[str, Any] = {"properties": {"Text": STRING, "End": STRING, "Start": STRING}}
    layout = lay_out(document)
    assert [each.column.name for each in layout.columns] == [
        *("recording", "segment", "Text", "End", "Start", "start_seconds", "end_seconds", "extra"),
    ]


def test_seconds_need_both_time_properties() -> None:
    assert [each.column.name for each in plan({"Start": STRING}).columns] == ["recording", "segment", "Start"]


def test_properties_come_by_reference_and_all_of_too() -> None:
    document: dict[str, Any] = {
        "$ref": "#/$defs/base",
        "properties": {"b": STRING},
        "allOf": [{"properties": {"c": STRING}, "required": ["c"]}],
        "$defs": {"base": {"properties": {"a": STRING}, "required": ["a"]}},
    }
    layout = lay_out(document)
    assert [(each.name, each.nullable) for each in layout.properties] == [
        ("b", True),
        ("a", False),
        ("c", False),
    ]


def test_a_reference_into_a_file_gives_the_column_of_what_stands_there(tmp_path: Path) -> None:
    (tmp_path / "parts.json").write_text(
        '{"$defs": {"speaker": {"$ref": "deep/name.json"},'
        ' "turn": {"properties": {"n": {"type": "integer"}}}}}'
    )
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "name.json").write_text('{"type": "string", "description": "Who."}')
    layout = lay_out(
        {
            "$ref": "parts.json#/$defs/turn",
            "properties": {"s": {"$ref": "parts.json#/$defs/speaker"}},
            "required": ["s"],
            "additionalProperties": False,
        },
        tmp_path,
    )
    assert [(each.column.name, each.column.type, each.description) for each in layout.columns[2:]] == [
        ("s", "string", "Who."),
        ("n", "int64", ""),
    ]


@pytest.mark.parametrize("name", ["recording", "segment"])
def test_a_property_with_the_name_of_a_made_column_is_a_config_error(name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        plan({name: STRING})


def test_made_names_are_free_where_their_columns_are_not_made() -> None:
    assert plan({"start_seconds": STRING, "extra": STRING}).columns[2].column.name == "start_seconds"
    with pytest.raises(ConfigError, match="extra"):
        plan({"extra": STRING}, additionalProperties=True)


def test_a_property_recording_that_names_the_recordings_is_the_column_itself() -> None:
    document: dict[str, Any] = {
        "properties": {"recording": STRING, "t": STRING},
        "additionalProperties": False,
    }
    layout = lay_out(document, recording="recording")
    assert [each.column.name for each in layout.columns] == ["recording", "segment", "t"]


def test_the_features_of_the_footer_and_of_the_card_are_those_that_datasets_writes() -> None:
    from datasets import Features  # noqa: PLC0415 - 0.8 s that only this test needs

    struct = {"type": "object", "properties": {"x": {"type": "number"}}, "additionalProperties": False}
    layout = plan(
        {
            "s": STRING,
            "l": {"type": "array", "items": STRING},
            "ll": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
            "d": struct,
            "ld": {"type": "array", "items": struct},
            "lld": {"type": "array", "items": {"type": "array", "items": struct}},
            "dl": {
                "type": "object",
                "properties": {"k": {"type": "array", "items": {"type": "boolean"}}},
                "additionalProperties": False,
            },
            "j": {},
        }
    )
    features = Features.from_dict(hub_features(layout))
    assert features._to_yaml_list() == card_features(layout)  # noqa: SLF001 - what push_to_hub writes
    assert Features._from_yaml_list(card_features(layout)) == features  # noqa: SLF001 - what load_dataset reads


def test_a_type_beside_a_reference_says_nothing_in_draft_7() -> None:
    layout = plan(
        {"p": {"anyOf": [STRING, {"$ref": "#/definitions/i", "type": "null"}]}},
        definitions={"i": {"type": "integer"}},
        **{"$schema": "http://json-schema.org/draft-07/schema#"},
    )
    assert layout.columns[2].column.type == "json"


def test_a_property_called_id_and_an_example_with_one_change_no_column() -> None:
    layout = plan(
        {"id": STRING, "Start": {"$ref": "#/$defs/clock"}},
        examples=[{"id": "ep1-1", "Start": "00:00:00"}],
        **{"$defs": {"clock": STRING}},
    )
    assert [each.column.type for each in layout.columns[2:]] == ["string", "string"]


def test_schemas_that_hold_together_many_times_are_looked_at_once() -> None:
    chain: dict[str, Any] = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(30)}
    layout = plan({"p": {"$ref": "#/$defs/d0"}}, **{"$defs": chain | {"d30": STRING}})
    assert layout.columns[2].column.type == "string"


DATE_TIME: dict[str, Any] = {"type": "string", "format": "date-time"}
CHOSEN: list[tuple[str, Any, str, bool]] = [
    ("timestamp", DATE_TIME, "timestamp[us, tz=UTC]", False),
    ("timestamp", {"type": ["string", "null"], "format": "date-time"}, "timestamp[us, tz=UTC]", True),
    ("timestamp", {"anyOf": [DATE_TIME, {"type": "null"}]}, "timestamp[us, tz=UTC]", True),
    ("timestamp", {"allOf": [{"format": "date-time"}, STRING]}, "timestamp[us, tz=UTC]", False),
    ("class_label", {"enum": ["b", "a"]}, 'class_label<"b", "a">', False),
    ("class_label", {"enum": ["b", None, "a"]}, 'class_label<"b", "a">', True),
    ("class_label", {**STRING, "enum": ['é"', "b", 'é"', 1]}, 'class_label<"é\\"", "b">', False),
    ("class_label", {"const": "a"}, 'class_label<"a">', False),
    ("class_label", {"oneOf": [{"const": "a"}, {"enum": ["c", "b"]}]}, 'class_label<"a", "c", "b">', False),
    ("class_label", {"$ref": "#/$defs/role"}, 'class_label<"host", "guest">', False),
]


def choose(choice: str, subschema: object, name: str = "p") -> Layout:
    document: dict[str, Any] = {
        "properties": {"p": subschema},
        "required": ["p"],
        "$defs": {
            "role": {"enum": ["host", "guest"]},
            "loop": {"type": "string", "anyOf": [{"$ref": "#/$defs/loop"}]},
        },
    }
    schema = compile_schema(json.dumps(document).encode(), "s.json", None, read_document)
    choices = [(name, choice)]
    return plan_layout(
        schema.document, schema.targets, start="s", end="e", recording_property=None, choices=choices
    )


@pytest.mark.parametrize(("choice", "subschema", "name", "nullable"), CHOSEN)
def test_a_property_is_what_was_chosen_for_it(
    choice: str,
    subschema: object,
    name: str,
    nullable: bool,  # noqa: FBT001
) -> None:
    column = choose(choice, subschema).columns[2].column
    assert (column.name, column.type, column.nullable) == ("p", name, nullable)


@pytest.mark.parametrize(
    ("choice", "subschema"),
    [
        ("timestamp", STRING),
        ("timestamp", {"format": "date-time"}),
        ("timestamp", {"type": "string", "format": "date"}),
        ("timestamp", {"type": "array", "items": DATE_TIME}),
        ("timestamp", {"anyOf": [DATE_TIME, STRING]}),
        ("class_label", STRING),
        ("class_label", {"enum": [1, 2]}),
        ("class_label", {"enum": ["a", 1]}),
        ("class_label", {**STRING, "enum": [None]}),
        ("class_label", {"anyOf": [{"enum": ["a"]}, STRING]}),
        ("class_label", {"$ref": "#/$defs/loop"}),
        ("timestamp", {"$ref": "#/$defs/loop"}),
    ],
)
def test_a_choice_that_the_schema_does_not_allow_is_a_config_error(choice: str, subschema: object) -> None:
    with pytest.raises(ConfigError, match=rf"columns\.p of dataset\.toml is '{choice}'"):
        choose(choice, subschema)


def test_a_choice_for_no_property_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match="no column is made of a property 'q'"):
        choose("timestamp", DATE_TIME, "q")


@pytest.mark.parametrize("choice", CHOSEN)
def test_the_features_of_a_chosen_column_are_those_that_datasets_writes(
    choice: tuple[str, Any, str, bool],
) -> None:
    from datasets import Features  # noqa: PLC0415 - 0.8 s that only this test needs

    layout = choose(choice[0], choice[1])
    features = Features.from_dict(hub_features(layout))
    assert features.to_dict() == hub_features(layout)
    assert features._to_yaml_list() == card_features(layout)  # noqa: SLF001 - what push_to_hub writes
    assert Features._from_yaml_list(card_features(layout)) == features  # noqa: SLF001 - what load_dataset reads


def test_the_page_of_columns_is_what_the_code_says() -> None:
    root = Path(__file__).resolve().parent.parent.parent
    command = [sys.executable, str(root / "scripts" / "columns_page.py")]
    printed = subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8").stdout
    assert printed == (root / "docs" / "columns.md").read_text(encoding="utf-8")
