from __future__ import annotations

from typing import Any

import pytest

from packager.columns import Layout, Misfit, holds_any, make_row, plan_layout


def plan(
    properties: dict[str, Any],
    choices: dict[str, str] | None = None,
    **more: Any,  # noqa: ANN401 - parts of a schema
) -> Layout:
    return plan_layout(
        {"properties": properties, "additionalProperties": False, **more},
        {},
        start="Start",
        end="End",
        recording_property=None,
        choices=tuple((choices or {}).items()),
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


TIME: dict[str, Any] = {"type": ["string", "null"], "format": "date-time"}


def test_a_timestamp_is_the_instant_in_microseconds_and_a_label_its_place_in_the_schema() -> None:
    layout = plan({"t": TIME, "r": {"enum": ["host", "guest", None]}}, {"t": "timestamp", "r": "class_label"})
    rows = [
        make_row(layout, "r", 0, segment)
        for segment in list[dict[str, Any]](
            [{"t": "1970-01-01T00:00:01.5-01:00", "r": "guest"}, {"t": None}, {"r": None}]
        )
    ]
    assert [(row["t"], row["r"]) for row in rows] == [(3_601_500_000, 1), (None, None), (None, None)]


@pytest.mark.parametrize(
    "value", ["2016-12-31T23:59:60Z", "2020-01-01T00:00:00.0000001Z", "0001-01-01T00:00:00+00:01", "soon"]
)
def test_an_instant_that_microseconds_cannot_hold_is_a_misfit(value: str) -> None:
    with pytest.raises(Misfit, match="no instant") as caught:
        make_row(plan({"t": TIME}, {"t": "timestamp"}), "r", 0, {"t": value})
    assert (caught.value.pointer, caught.value.rule) == ("/t", "column/timestamp")


def test_a_string_that_is_no_label_is_a_misfit() -> None:
    with pytest.raises(Misfit, match='"c" is none of the labels') as caught:
        make_row(plan({"r": {"enum": ["a", "b"]}}, {"r": "class_label"}), "r", 0, {"r": "c"})
    assert (caught.value.pointer, caught.value.rule) == ("/r", "column/label")


def test_a_chosen_column_may_refuse() -> None:
    assert not holds_any(plan({"t": TIME}, {"t": "timestamp"}))
