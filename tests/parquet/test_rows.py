"""Columns that are made of many values at once are the rows of each."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa
import pytest

from kind_generator import FLOATS, INTEGERS, KindGenerator
from packager.canonical import canonical_json, parse_canonical
from packager.columns import Misfit, make_row, plan_layout
from packager.parquet import arrow_schema, make_batch

if TYPE_CHECKING:
    from packager.columns import Layout
    from packager.model import JsonValue

NAMES = ("a", "b", "Text", "c d", "é", "~/", "segments", "Start", "End")
TIMES: tuple[Any, ...] = (
    *("00:00:00", "00:00:01.5", "12:34:56.789", "99:59:59.999999999", "100:00:00", "01:02:03.1234567891"),
    *("1:02:03", "00:60:00", "00:00:60", "00:00:00.", "aa:bb:cc", "", "00:00:07,5", "０１:00:00", "00:00:1é"),
    *(0, -1, 7, 2**53 + 1, 0.1, -0.0, 1e300, True, None, [], {}, "x" * 40, "00-00-00", "00:00:00x5"),
)


def make_layout(document: dict[str, Any], choices: dict[str, str], recording: str | None = None) -> Layout:
    return plan_layout(
        document, {}, start="Start", end="End", recording_property=recording, choices=list(choices.items())
    )


def rows_of(layout: Layout, segments: list[Any], recordings: list[str]) -> list[dict[str, Any]]:
    """Return the rows of the canonical forms of segments: these are what is published."""
    read: list[Any] = [parse_canonical(canonical_json(segment)) for segment in segments]
    return [
        make_row(layout, recording, number, segment)
        for number, (recording, segment) in enumerate(zip(recordings, read, strict=True))
    ]


def check_batch(layout: Layout, segments: list[Any]) -> None:
    recordings = [f"ep{number // 3}" for number in range(len(segments))]
    numbers = np.arange(len(segments))
    schema = arrow_schema(layout)
    for recording, names in (("ép", ["ép"] * len(segments)), (recordings, recordings)):
        batch = make_batch(layout, segments, recording, numbers)
        batch.validate(full=True)
        expected = pa.RecordBatch.from_pylist(rows_of(layout, segments, names), schema=schema)
        assert batch.schema.equals(schema, check_metadata=True)
        assert batch.equals(expected)
        for column in batch.columns:  # nor is there a -0, which Arrow takes for 0
            assert "-0.0" not in map(str, column.to_pylist())


@pytest.mark.parametrize("seed", range(200))
def test_a_batch_is_the_rows_of_its_segments(seed: int) -> None:
    chance = random.Random(seed)
    generator = KindGenerator(chance)
    kinds = {name: generator.kind(top=True) for name in chance.sample(NAMES, chance.randrange(1, 8))}
    document: dict[str, Any] = {"properties": {name: kind.schema for name, kind in kinds.items()}}
    if is_closed := chance.random() < 0.5:
        document["additionalProperties"] = False
    layout = make_layout(document, {name: kind.choice for name, kind in kinds.items() if kind.choice})
    rate = chance.choice((0.3, 0.9, 1))
    segments = []
    for _ in range(chance.choice((0, 1, 9, 200))):
        segment = {name: kind.make() for name, kind in kinds.items() if chance.random() < rate}
        if not is_closed and chance.random() < 0.3:
            segment |= {generator.text() + "+": generator.free() for _ in range(chance.randrange(3))}
        segments.append(segment)
    check_batch(layout, segments)


@pytest.mark.parametrize("values", [FLOATS, (-0.0, 2, None), INTEGERS])
def test_numbers_are_what_they_were(values: tuple[Any, ...]) -> None:
    kinds = ["number"] if values is not INTEGERS else ["number", "integer"]
    for kind in kinds:
        layout = make_layout({"properties": {"n": {"type": kind}}}, {})
        held = [value for value in values if kind == "integer" or value is None or float(value) == value]
        check_batch(layout, [{"n": value} for value in held])


@pytest.mark.parametrize("schema", [{"type": "string"}, {}, {"type": ["string", "number", "null"]}])
def test_times_are_the_nearest_seconds(schema: dict[str, Any]) -> None:
    times = [time for time in TIMES if schema != {"type": "string"} or isinstance(time, str | None)]
    layout = make_layout({"properties": {"Start": schema, "End": schema}}, {})
    check_batch(layout, [{"Start": time, "End": times[0]} for time in times])
    check_batch(layout, [{"Start": time} for time in times])
    for time in times:
        check_batch(layout, [{"Start": time, "End": time}] * 3)


@pytest.mark.parametrize("kind", ["integer", "number"])
def test_times_that_are_numbers_are_seconds(kind: str) -> None:
    times = [0, -5, 7, 2**53, None] + [0.25, -0.0] * (kind == "number")
    layout = make_layout({"properties": {"Start": {"type": kind}, "End": {"type": kind}}}, {})
    check_batch(layout, [{"Start": time, "End": 7} for time in times])


def test_texts_of_any_form_have_their_seconds() -> None:
    layout = make_layout({"properties": {"Start": {"type": "string"}, "End": {"type": "string"}}}, {})
    times = ["00:00:01", "00:00:02.25", "100:00:03.000000001", "1000:00:04", "soon", "", "é0:00:00", None]
    for some in (times, times[:1] * 3, times[5:6] * 3, times[-1:] * 3):
        check_batch(layout, [{"Start": time, "End": "00:00:01"} for time in some])


def test_a_property_may_name_the_recordings() -> None:
    document = {"properties": {"recording": {"type": "string"}, "a": {"type": "string"}}}
    layout = make_layout(document, {}, "recording")
    check_batch(layout, [{"recording": "x", "a": "y"}, {"recording": "x", "b": 1.0}])


@pytest.mark.parametrize(
    ("schema", "value", "choice"),
    [
        ({"type": "integer"}, 2**63, None),
        ({"type": "integer"}, 1e20, None),
        ({"type": "number"}, 2**53 + 1, None),
        ({"type": "number"}, 10**400, None),
        ({"type": "array", "items": {"type": "integer"}}, [1, 2**63], None),
        ({"enum": ["a", "b"]}, "c", "class_label"),
        ({"type": "string", "format": "date-time"}, "2016-12-31T23:59:60Z", "timestamp"),
    ],
)
def test_what_a_column_cannot_hold_is_a_misfit(
    schema: dict[str, Any],
    value: object,
    choice: str | None,
) -> None:
    layout = make_layout({"properties": {"p": schema}}, {"p": choice} if choice else {})
    with pytest.raises(Misfit) as alone:
        make_row(layout, "r", 0, {"p": cast("JsonValue", value)})
    with pytest.raises(Misfit) as together:
        make_batch(layout, [{"p": None}, {"p": cast("JsonValue", value)}], "r", np.arange(2))
    assert together.value.rule == alone.value.rule
