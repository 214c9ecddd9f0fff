from __future__ import annotations

from typing import Any

import pytest

from packager.schema.columns import Layout, plan_layout
from packager.schema.rows import Misfit, holds_any, make_row


def plan(properties: dict[str, Any], **more: Any) -> Layout:  # noqa: ANN401 - parts of a schema
    return plan_layout(
        {"properties": properties, "additionalProperties": False, **more},
        {},
        start="Start",
        end="End",
        recording_property=None,
    )


def test_a_row_holds_every_value_of_its_segment() -> None:
    layout = plan(
        {
            "Start": {"type": "string"},
            "End": {"type": "number"},
            "n": {"type": "integer"},
            "free": {},
            "words": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"w": {"type": "string"}, "t": {"type": "number"}},
                    "additionalProperties": False,
                },
            },
        },
        additionalProperties=True,
    )
    segment: dict[str, Any] = {
        "Start": "00:00:01.5",
        "End": 2,
        "n": 3.0,
        "free": {"b": 1.0, "a": [None]},
        "words": [{"w": "hey"}, {"w": "you", "t": 1}],
        "mood": "glad",
        "age": 2**70 + 1,
    }
    assert make_row(layout, "ep1", 7, segment) == {
        "recording": "ep1",
        "segment": 7,
        "Start": "00:00:01.5",
        "End": 2.0,
        "n": 3,
        "free": '{"a":[null],"b":1}',
        "words": [{"w": "hey", "t": None}, {"w": "you", "t": 1.0}],
        "start_seconds": 1.5,
        "end_seconds": 2.0,
        "extra": '{"age":1180591620717411303425,"mood":"glad"}',
    }


def test_absent_null_and_empty_are_null_null_and_empty() -> None:
    layout = plan({"l": {"type": ["array", "null"], "items": {"type": "string"}}})
    assert make_row(layout, "r", 0, {})["l"] is None
    assert make_row(layout, "r", 0, {"l": None})["l"] is None
    assert make_row(layout, "r", 0, {"l": []})["l"] == []


def test_extra_is_null_where_nothing_is_undeclared() -> None:
    layout = plan({"a": {"type": "string"}}, additionalProperties=True)
    assert make_row(layout, "r", 0, {"a": "x"})["extra"] is None


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 1e300])
def test_an_integer_beyond_64_bits_is_a_misfit_with_its_pointer(value: float) -> None:
    layout = plan({"a/b": {"type": "array", "items": {"type": "integer"}}})
    with pytest.raises(Misfit) as caught:
        make_row(layout, "r", 0, {"a/b": [1, value]})
    assert caught.value.pointer == "/a~1b/1"


def test_an_integer_that_no_double_equals_is_a_misfit_of_a_number_column() -> None:
    layout = plan({"n": {"type": "number"}})
    assert make_row(layout, "r", 0, {"n": 2**53})["n"] == 9007199254740992.0
    with pytest.raises(Misfit, match="no exact float64"):
        make_row(layout, "r", 0, {"n": 2**53 + 1})


def test_only_numbers_can_be_misfits() -> None:
    assert holds_any(plan({"a": {"type": "string"}, "b": {}, "c": {"type": "boolean"}}))
    assert not holds_any(plan({"a": {"type": "array", "items": {"type": "number"}}}))
