"""Read the times of a segment exactly. Pure.

A time is a string `HH:MM:SS` with two or more hour digits and an optional fraction of up to nine digits, or
a JSON number of seconds. An instant is a date and a time with its offset from UTC, as RFC 3339 writes it.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from typing import Final

_CLOCK: Final = re.compile(r"([0-9]{2,300}):([0-5][0-9]):([0-5][0-9])(?:\.([0-9]{1,9}))?")
_INSTANT: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)
_MONTHS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MICROSECONDS: Final = 10**6
_FIRST_INSTANT: Final = -62_135_596_800 * _MICROSECONDS  # 0001-01-01, before which Python has no date
_LAST_INSTANT: Final = 253_402_300_800 * _MICROSECONDS  # 10000-01-01
_NANOSECONDS: Final = 10**9
_USUAL: Final = 18  # characters; longer times are not remembered


def parse_time(value: object) -> int | Fraction | None:
    """Return a time in nanoseconds, exactly; None if the value is not a time.

    >>> parse_time("01:10:59.5")
    4259500000000
    """
    if isinstance(value, str):
        return _parse_usual(value) if len(value) <= _USUAL else _parse_clock(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return Fraction(value) * _NANOSECONDS


def parse_instant(text: str) -> int | None:
    """Return an instant in microseconds since 1970 in UTC; None if it is none, or if they cannot hold it.

    They hold neither a leap second, nor more than six digits of a second unless the others are 0, nor, for
    its readers have no such dates, what is not in the years 1 to 9999 of UTC.

    >>> parse_instant("1970-01-01T01:00:00.5+01:00")
    500000
    """
    match = _INSTANT.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    fraction, sign, offset_hour, offset_minute = match.groups()[6:]
    digits = (fraction or "").rstrip("0")
    if not (_is_date(year, month, day) and hour < 24 and minute < 60 and second < 60 and len(digits) <= 6):
        return None
    if int(offset_hour or 0) > 23 or int(offset_minute or 0) > 59:
        return None
    offset = (int(offset_hour or 0) * 60 + int(offset_minute or 0)) * (-1 if sign == "-" else 1)
    seconds = ((_count_days(year, month, day) * 24 + hour) * 60 + minute - offset) * 60 + second
    instant = seconds * _MICROSECONDS + int(digits.ljust(6, "0"))
    return instant if _FIRST_INSTANT <= instant < _LAST_INSTANT else None


def _is_date(year: int, month: int, day: int) -> bool:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 1 <= month <= 12 and 1 <= day <= _MONTHS[month - 1] - (month == 2 and not leap)


def _count_days(year: int, month: int, day: int) -> int:
    """Return the days since 1970-01-01; the leap day is the last one of a year that begins in March."""
    years, months = (year, month - 3) if month > 2 else (year - 1, month + 9)
    leaps = years // 4 - years // 100 + years // 400
    return years * 365 + leaps + (153 * months + 2) // 5 + day - 719_469


def _parse_clock(value: str) -> int | None:
    match = _CLOCK.fullmatch(value)
    if match is None:
        return None
    hours, minutes, seconds, fraction = match.groups()
    whole = (int(hours) * 60 + int(minutes)) * 60 + int(seconds)
    return whole * _NANOSECONDS + (int(fraction.ljust(9, "0")) if fraction else 0)


_parse_usual = lru_cache(maxsize=1 << 14)(_parse_clock)  # the times of a corpus come again and again


def to_seconds(time: int | Fraction) -> float:
    """Return nanoseconds as the float64 of seconds that is nearest to them.

    Raises:
        OverflowError: the time is beyond a float64.
    """
    return float(Fraction(time, _NANOSECONDS)) if isinstance(time, Fraction) else time / _NANOSECONDS
