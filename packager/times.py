"""Read the times of a segment exactly. Pure.

A time is a string `HH:MM:SS` with two or more hour digits and an optional fraction of up to nine digits, or
a JSON number of seconds.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from operator import le
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import Sequence

_CLOCK: Final = re.compile(r"([0-9]{2,300}):([0-5][0-9]):([0-5][0-9])(?:\.([0-9]{1,9}))?")
_NANOSECONDS: Final = 10**9
_USUAL: Final = 18  # characters; longer times are not remembered
_KINDS: Final = bytes(
    ord("0" if 48 <= each < 54 else "9" if 54 <= each < 58 else ":" if each == 58 else "x")
    for each in range(256)
)
_SHAPE: Final = ((2, b":"), (3, b"0"), (5, b":"), (6, b"0"))
"""Of HH:MM:SS: where colons stand, and digits up to 5."""


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


def _parse_clock(value: str) -> int | None:
    match = _CLOCK.fullmatch(value)
    if match is None:
        return None
    hours, minutes, seconds, fraction = match.groups()
    whole = (int(hours) * 60 + int(minutes)) * 60 + int(seconds)
    return whole * _NANOSECONDS + (int(fraction.ljust(9, "0")) if fraction else 0)


_parse_usual = lru_cache(maxsize=1 << 14)(_parse_clock)  # the times of a corpus come again and again


def parse_times(values: Sequence[object]) -> list[int | Fraction | None]:
    """Return `parse_time` of each."""
    if {str}.issuperset(map(type, values)) and max(
        map(len, cast("Sequence[str]", values)), default=0
    ) <= _USUAL:
        return list(map(_parse_usual, cast("Sequence[str]", values)))
    return list(map(parse_time, values))


def are_in_order(starts: Sequence[bytes], ends: Sequence[bytes]) -> bool:
    """Return whether all are `HH:MM:SS`, and no end is before its start; False also for other times."""
    times = [*starts, *ends]
    if {8}.issuperset(map(len, times)):
        kinds = b"".join(times).translate(_KINDS)
        count = len(times)
        if all(kinds[place::8] == kind * count for place, kind in _SHAPE) and b"x" not in kinds:
            # Of one length and with leading zeros, they are in the order of their bytes.
            return kinds.count(b":") == 2 * count and all(map(le, starts, ends))
    return False


def to_seconds(time: int | Fraction) -> float:
    """Return nanoseconds as the float64 of seconds that is nearest to them.

    Raises:
        OverflowError: the time is beyond a float64.
    """
    return float(Fraction(time, _NANOSECONDS)) if isinstance(time, Fraction) else time / _NANOSECONDS
