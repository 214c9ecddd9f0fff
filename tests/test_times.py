from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.times import parse_time, to_seconds


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("00:00:00", 0.0),
        ("01:10:59", 4259.0),
        ("01:10:59.5", 4259.5),
        ("00:00:00.000000001", 1e-9),
        ("100:00:01", 360001.0),
        ("1" + 299 * "0" + ":00:00", 3.6e302),
        (12, 12.0),
        (4.87, 4.87),
        (-1.5, -1.5),
    ],
)
def test_a_time_is_this_many_seconds(value: object, seconds: float) -> None:
    time = parse_time(value)
    assert time is not None
    assert to_seconds(time) == seconds


@pytest.mark.parametrize(
    "value",
    [
        *(
            "",
            "1:00:00",
            "00:60:00",
            "00:00:60",
            "00:00:00.",
            "00:00:00.1234567890",
            "00:00:00\n",
            "٠٠:٠٠:٠٠",
        ),
        *(" 00:00:00", "00:00", "-0:00:01", None, True, [], {}),
    ],
)
def test_this_is_not_a_time(value: object) -> None:
    assert parse_time(value) is None


@given(st.integers(0, 10**6), st.integers(0, 59), st.integers(0, 59), st.integers(0, 10**9 - 1))
def test_seconds_are_the_float_nearest_to_the_clock(
    hours: int, minutes: int, seconds: int, rest: int
) -> None:
    time = parse_time(f"{hours:02}:{minutes:02}:{seconds:02}.{rest:09}")
    assert time is not None
    assert to_seconds(time) == float(Fraction(hours * 3600 + minutes * 60 + seconds) + Fraction(rest, 10**9))
