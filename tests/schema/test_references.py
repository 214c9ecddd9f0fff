"""Where references lead: inside the schema, into files of the project, and nowhere else."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from packager.errors import ConfigError
from packager.reading.places import Text
from packager.reading.strict import read_document
from packager.schema.validate import DRAFTS, SegmentSchema, compile_schema

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DRAFT_7 = "http://json-schema.org/draft-07/schema#"


def write(folder: Path, files: dict[str, Any]) -> None:
    for name, value in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")


def find_place(data: bytes, pointer: str) -> tuple[int, int]:
    text = Text(data)
    return text.place(text.find_value(pointer))


def compiled(folder: Path | None, schema: object, name: str = "s.json") -> SegmentSchema:
    data = schema.encode() if isinstance(schema, str) else json.dumps(schema).encode()
    return compile_schema(data, name, folder, read_document, place=find_place)


def complaints(folder: Path | None, schema: object, name: str = "s.json") -> list[str]:
    with pytest.raises(ConfigError) as caught:
        compiled(folder, schema, name)
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    "reference",
    [
        "parts.json#/$defs/name",
        "parts.json#named",
        "./parts.json#/$defs/name",
        "deep/more.json",
        "deep/gr%C3%B6%C3%9Fe%20x.json",
        "deep/größe x.json",
        "s.json#/$defs/mine",
        "#/$defs/mine",
        "#/$defs/größe ~1 x",
    ],
)
@pytest.mark.parametrize(
    "name",
    [
        None,
        "https://example.org/schemas/segment.json",
        "https://example.org/schemas/",
        "http://example.org",
        "segment.json",
        "/schemas/segment.json",
        "file:///elsewhere/segment.json",
        "urn:example:segment",
        "tag:example.org,2024:segment",
    ],
)
def test_a_relative_reference_starts_from_the_file_whatever_its_id(
    tmp_path: Path, name: str | None, reference: str
) -> None:
    number = {"type": "integer"}
    schema: dict[str, Any] = {
        "properties": {"a": {"$ref": reference}},
        "$defs": {"mine": number, "größe / x": number},
    }
    if name is not None:
        schema["$id"] = name
    if name == "segment.json" and reference.startswith("s.json"):
        schema["$id"] = "s.json"
    files = {
        "s.json": schema,
        "parts.json": {"$defs": {"name": {"$anchor": "named", **number}}},
        "deep/more.json": {"$ref": "../parts.json#named"},
        "deep/größe x.json": {"$ref": "more.json"},
    }
    write(tmp_path, files)
    judge = compiled(tmp_path, schema)
    assert judge.is_valid({"a": 1})
    assert not judge.is_valid({"a": "x"})


def test_a_file_with_an_id_of_its_own_refers_from_its_own_place(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "parts/speaker.json": {"$id": "https://other.example/v1/speaker.json", "$ref": "name.json"},
            "parts/name.json": {"$id": "https://other.example/v1/name.json", "type": "string"},
        },
    )
    schema = {"$id": "https://example.org/segment.json", "properties": {"a": {"$ref": "parts/speaker.json"}}}
    judge = compiled(tmp_path, schema)
    assert judge.is_valid({"a": "x"})
    assert not judge.is_valid({"a": 1})


def test_a_full_reference_below_the_id_of_the_schema_is_a_file_too(tmp_path: Path) -> None:
    write(tmp_path, {"parts/name.json": {"type": "string"}})
    schema = {"$id": "https://example.org/s/segment.json", "$ref": "https://example.org/s/parts/name.json"}
    assert not compiled(tmp_path, schema).is_valid(1)


def test_a_reference_goes_up_inside_the_project_and_no_further(tmp_path: Path) -> None:
    project = tmp_path / "project"
    write(tmp_path, {"outside.json": {}, "project/common.json": {"type": "string"}})
    write(project, {"dataset.toml": '[dataset]\nrepo_id = "me/turns"\n', "schema/s.json": {}})
    schema = {"properties": {"a": {"$ref": "../common.json"}}}
    assert not compiled(project / "schema", schema).is_valid({"a": 1})
    (project / "schema" / "link.json").symlink_to(tmp_path / "outside.json")
    for reference in ("../../outside.json", "link.json", (tmp_path / "outside.json").as_uri()):
        [line] = complaints(project / "schema", {"properties": {"a": {"$ref": reference}}})
        leads = f"leads to {tmp_path}/outside.json, outside of the project ({project}): move that into"
        assert line.startswith("s.json:1:31: /properties/a/$ref: ")
        assert leads in line


def test_without_a_project_a_reference_stays_in_the_folder_of_the_schema(tmp_path: Path) -> None:
    write(tmp_path, {"outside.json": {}, "s/x.json": {}})
    [line] = complaints(tmp_path / "s", {"$ref": "../outside.json"})
    assert line.startswith(
        f"s.json:1:10: /$ref: ../outside.json leads to {tmp_path}/outside.json, outside of "
    )


def test_files_may_refer_to_one_another_in_a_circle(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "a.json": {"properties": {"b": {"$ref": "b.json"}}},
            "b.json": {"type": "object", "properties": {"a": {"$ref": "a.json"}, "me": {"$ref": "#"}}},
        },
    )
    judge = compiled(tmp_path, {"$ref": "a.json"})
    assert judge.is_valid({"b": {"a": {"b": {"me": {"a": {}}}}}})
    assert [each.pointer for each in judge.explain({"b": {"a": {"b": {"me": {"a": {"b": 1}}}}}})] == [
        "/b/a/b/me/a/b"
    ]


def test_a_file_may_be_of_another_draft(tmp_path: Path) -> None:
    write(tmp_path, {"old.json": {"$schema": DRAFT_7, "items": [{"type": "string"}]}})
    judge = compiled(tmp_path, {"properties": {"a": {"$ref": "old.json"}}})
    assert not judge.is_valid({"a": [1]})
    assert judge.is_valid({"a": ["x", 1]})


def test_a_file_may_be_a_boolean(tmp_path: Path) -> None:
    write(tmp_path, {"never.json": "false\n"})
    judge = compiled(tmp_path, {"properties": {"a": {"$ref": "never.json"}}})
    assert [(each.pointer, each.key, each.keyword) for each in judge.explain({"a": 1})] == [
        ("", "a", "properties")
    ]


def test_the_files_that_the_verdict_depends_on_are_told(tmp_path: Path) -> None:
    write(tmp_path, {"deep/a.json": '{"$ref": "b.json"}', "deep/b.json": "{}"})
    assert compiled(tmp_path, {"$ref": "deep/a.json"}, "schema/s.json").files == (
        ("schema/deep/a.json", "76f2e39ea5db73e15a83f70fdc84bf43cd8ebd8dd8b34b11111acc63fd1ccd44"),
        ("schema/deep/b.json", "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"),
    )


# --- what is refused -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reference", "complaint"),
    [
        ("#/$defs/none", "nothing stands at #/$defs/none in s.json: correct the reference"),
        ("#/required", '#/required leads to ["x"], which is not a schema'),
        ("#/required/0", '#/required/0 leads to "x", which is not a schema'),
        ("#/required/00", "nothing stands at"),
        ("#/required/7", "nothing stands at"),
        ("#/required/x", "nothing stands at"),
        ("#none", 'there is no anchor "none" in'),
        ("none.json", "none.json cannot be read (No such file or directory): correct the reference"),
        ("folder", "folder cannot be read (Is a directory): correct the reference"),
        ("part.json#/nothing", "nothing stands at #/nothing in part.json: correct the reference"),
        ("https://example.org/x.json", "https://example.org/x.json is never fetched from a network: put"),
        ("ftp://example.org/x.json", "ftp://example.org/x.json is never fetched from a network: put"),
        ("urn:example:none", "urn:example:none is never fetched from a network: put"),
        ("//example.org/x.json", "never fetched from a network"),
        ("http://[", "http://%5B is never fetched from a network"),
    ],
)
def test_a_reference_that_leads_nowhere_is_refused_at_its_place(
    tmp_path: Path, reference: str, complaint: str
) -> None:
    write(tmp_path, {"part.json": {}, "folder/x.json": {}})
    schema = f'{{"required": ["x"],\n  "properties": {{"a": {{"$ref": {json.dumps(reference)}}}}}}}'
    [line] = complaints(tmp_path, schema)
    assert line.startswith("s.json:2:32: /properties/a/$ref: ")
    assert complaint in line


def test_a_full_reference_that_could_be_a_file_says_which(tmp_path: Path) -> None:
    schema = {"$id": "https://example.org/s/segment.json", "$ref": "parts/name.json"}
    [line] = complaints(tmp_path, schema)
    assert "https://example.org/s/parts/name.json is never fetched from a network" in line
    assert "(parts/name.json cannot be read (No such file or directory): correct the reference)" in line


def test_a_schema_in_no_folder_refers_to_no_files() -> None:
    [line] = complaints(None, {"$ref": "x.json"})
    assert line == "s.json:1:10: /$ref: this schema lies in no folder, so it can refer to no files"


def test_everything_wrong_with_every_file_is_told_at_its_place(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "text.json": '{"a": 1,}',
            "list.json": "[]",
            "wrong.json": '{\n "type": "strin",\n "minLength": -1, "$ref": "none.json"}',
            "deep/next.json": '{"properties": {"a": {"$ref": "#/$defs/x"}}}',
        },
    )
    names = ["text.json", "list.json", "wrong.json", "deep/next.json", "none.json"]
    schema = {"allOf": [{"$ref": name} for name in names]}
    told = [line.partition(" ") for line in complaints(tmp_path, schema, "schema/s.json")]
    assert {place: message for place, _, message in told} == {
        "schema/text.json:1:8:": "nothing follows this comma: delete it [json/trailing-comma]",
        "schema/list.json:1:1:": (
            'This is an array, but it must be an object: write {"name": value, …}. [json/not-an-object]'
        ),
        "schema/deep/next.json:1:31:": (
            "/properties/a/$ref: nothing stands at #/$defs/x in schema/deep/next.json: correct the reference"
        ),
        "schema/s.json:1:119:": (
            "/allOf/4/$ref: schema/none.json cannot be read (No such file or directory): "
            "correct the reference"
        ),
        "schema/wrong.json:2:10:": (
            '/type: fits none of the 2 alternatives; of the nearest: "strin" is not one of '
            '"array", "boolean", "integer", "null", "number", "object", "string"'
        ),
        "schema/wrong.json:3:15:": "/minLength: -1 is too small: at least 0",
    }


# --- meta-schemas and the network ----------------------------------------------------------------------


@pytest.mark.parametrize("draft", DRAFTS)
@pytest.mark.parametrize("target", DRAFTS)
def test_a_meta_schema_is_a_target_offline(draft: str, target: str) -> None:
    judge = compiled(None, {"$schema": draft, "properties": {"a": {"$ref": target}}})
    assert judge.is_valid({"a": {"type": "string"}})
    assert not judge.is_valid({"a": {"type": "strin"}})


def test_a_part_of_a_meta_schema_is_a_target_offline() -> None:
    judge = compiled(None, {"$ref": "https://json-schema.org/draft/2020-12/meta/core"})
    assert not judge.is_valid({"$id": 1})
    [line] = complaints(None, {"$ref": "https://json-schema.org/draft/2020-12/meta/none"})
    assert "this schema lies in no folder" not in line


def test_a_meta_schema_may_be_a_file_of_the_project(tmp_path: Path) -> None:
    meta = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://example.org/strict.json",
        "$vocabulary": {
            "https://json-schema.org/draft/2020-12/vocab/core": True,
            "https://json-schema.org/draft/2020-12/vocab/applicator": True,
        },
        "required": ["title"],
    }
    write(tmp_path, {"strict.json": meta})
    assert complaints(tmp_path, {"$schema": "strict.json"}) == ['s.json:1:1: the property "title" is missing']
    judge = compiled(tmp_path, {"$schema": "strict.json", "title": "x", "properties": {"a": {"minimum": 5}}})
    assert judge.is_valid({"a": 1})  # its vocabularies know no `minimum`


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """A server that counts who asks it, and answers with a valid schema."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"$schema": "https://json-schema.org/draft/2020-12/schema"}')

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}", asked
        listening.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "schema",
    [
        '{"$schema": "URL/meta.json"}',
        '{"$ref": "URL/x.json"}',
        '{"$id": "URL/s.json", "$ref": "x.json"}',
        '{"$dynamicRef": "URL/x.json#y"}',
        '{"$defs": {"a": {"$id": "URL/y", "$schema": "URL/meta.json"}}}',
        '{"unknown": {"$ref": "URL/x.json"}, "$ref": "#/unknown"}',
        '{"$schema": "https://json-schema.org/draft/2019-09/schema", "$id": "URL/", "$ref": "x.json"}',
        '{"$schema": "http://json-schema.org/draft-04/schema", "id": "URL/", "items": {"$ref": "x.json"}}',
    ],
)
def test_nothing_is_ever_fetched(server: tuple[str, list[str]], tmp_path: Path, schema: str) -> None:
    url, asked = server
    for folder in (tmp_path, None):
        [line] = complaints(folder, schema.replace("URL", url))
        assert line.startswith("s.json:1:")
        assert url in line
    assert asked == []
