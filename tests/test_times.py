from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.times import parse_instant, parse_time, to_seconds


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


@given(
    st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)),  # noqa: DTZ001 - the offset follows
    st.integers(-1439, 1439),
)
def test_an_instant_is_that_of_the_standard_library(moment: datetime, minutes: int) -> None:
    local = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    since = local - datetime(1970, 1, 1, tzinfo=UTC)
    assert parse_instant(local.isoformat()) == since // timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01t00:00:00.000001000z", 1),
        ("0001-01-01T00:00:00Z", -62135596800000000),
        ("9999-12-31T23:59:59.999999Z", 253402300799999999),
        ("2000-02-29T00:00:00-00:00", 951782400000000),
        ("9999-12-31T23:59:59-00:01", None),
        ("0001-01-01T00:00:00+00:01", None),
        ("1900-02-29T00:00:00Z", None),
        ("2016-12-31T23:59:60Z", None),
        ("2020-01-01T00:00:00.1234567Z", None),
        ("2020-01-01T24:00:00Z", None),
        ("2020-01-01T00:00:00+24:00", None),
        ("2020-01-01T00:00:00", None),
        ("2020-01-01T00:00:00Z\n", None),
        ("2020-13-01T00:00:00Z", None),
        ("2020-00-01T00:00:00Z", None),
        ("\u0662020-01-01T00:00:00Z", None),
    ],
)
def test_an_instant_is_this_many_microseconds_or_none(text: str, microseconds: int | None) -> None:
    assert parse_instant(text) == microseconds
