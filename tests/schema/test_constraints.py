from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from packager.schema.constraints import describe_constraints

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
