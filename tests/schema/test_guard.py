from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from packager.assemble import build_dataset
from packager.config import shipped_file
from packager.errors import ConfigError
from packager.schema.guard import guard_schema
from project import make_corpus, write_json

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("schema", "pointer"),
    [
        ({"properties": {"a": {"type": "strin"}}}, "/properties/a/type"),
        ({"$schema": "http://json-schema.org/draft-04/schema#", "exclusiveMinimum": 3}, "/exclusiveMinimum"),
        ({"required": "Text"}, "/required"),
    ],
)
def test_an_invalid_schema_is_refused_with_its_place(schema: dict[str, Any], pointer: str) -> None:
    with pytest.raises(ConfigError, match=rf"^s\.json: {pointer}: not valid by its draft: "):
        guard_schema(schema, "s.json")


@pytest.mark.parametrize(
    "schema",
    [json.loads(shipped_file("segment.schema.json")), {}, {"pattern": r"^\p{L}+$"}, {"$ref": "other.json"}],
)
def test_a_valid_schema_passes_also_with_a_pattern_that_python_does_not_know(schema: dict[str, Any]) -> None:
    guard_schema(schema, "s.json")


def test_a_build_asks_both_implementations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_corpus(tmp_path, recordings=1)
    write_json(tmp_path / "schema" / "segment.schema.json", {"properties": {"Text": {"type": "string"}}})
    build_dataset(tmp_path)
    asked: list[object] = []
    monkeypatch.setattr("packager.assemble.engine.guard_schema", lambda document, _: asked.append(document))
    build_dataset(tmp_path)
    assert asked == [{"properties": {"Text": {"type": "string"}}}]
