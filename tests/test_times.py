from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.clocks import read_clocks
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


def make_clock(chance: random.Random) -> str:
    hours = chance.choice([f"{chance.randrange(100):02}", f"{chance.randrange(1000):03}", "00", "1000"])
    text = f"{hours}:{chance.randrange(60):02}:{chance.randrange(60):02}"
    digits = chance.randrange(10)
    text += f".{chance.randrange(10**digits):0{digits}}" * (digits > 0)
    if chance.random() < 0.2:
        place = chance.randrange(len(text))
        text = text[:place] + chance.choice("0:6.9/ é\n") + text[place + chance.randrange(2) :]
    return text


@pytest.mark.parametrize("gap", ["", "\n", ", "])
def test_clocks_together_are_read_as_each_alone(gap: str) -> None:
    chance = random.Random(9)
    texts = [make_clock(chance) for _ in range(20_000)]
    alike = [text for text in texts if len(text.encode()) == 12]
    for some in (texts, alike, texts[:1], [""] * 3, ["1000:00:00.000000000"]):
        forms = [text.encode() for text in some]
        sizes = np.array(list(map(len, forms)))
        begins = (sizes + len(gap)).cumsum() - sizes - len(gap)
        data = np.frombuffer(b"".join(form + gap.encode() for form in forms), np.uint8)
        times, good = read_clocks(data, begins, sizes)
        for text, time, is_read in zip(some, times.tolist(), good.tolist(), strict=True):
            expected = parse_time(text)
            assert not is_read or time == expected
            assert is_read or expected is None or text.index(":") > 3


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
