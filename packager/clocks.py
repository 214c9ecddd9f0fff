"""Read many times of the form `HH:MM:SS` at once, as nanoseconds: what `parse_time` says of each. Pure.

Needs numpy, which takes longer to load than a small file to check.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

_MINUTES: Final = ":00:00"
_SECOND: Final = 10**9
_LONGEST: Final = 19  # HHH:MM:SS.fffffffff


def read_clocks(
    data: NDArray[np.uint8], begins: NDArray[Any], sizes: NDArray[Any]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the times, and which of the texts are read: those with two or three digits of hours.

    Args:
        data: the texts, in the order in which they stand; between any two are as many bytes of others.
        begins: where each begins.
        sizes: how many bytes each has.
    """
    times, good = np.zeros(len(sizes), np.int64), np.zeros(len(sizes), np.bool_)
    # Mostly there is one length, or few.
    for size in np.flatnonzero(np.bincount(sizes[sizes <= _LONGEST])).tolist():
        rows = np.flatnonzero(sizes == size)
        if rows.size == len(sizes):
            return read_alike(data.reshape(rows.size, -1)[:, :size])
        times[rows], good[rows] = read_alike(data[begins[rows][:, None] + np.arange(size)])
    return times, good


def read_alike(texts: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the times of texts of one length, a text a row, and which are read; as `read_clocks`."""
    count, width = texts.shape
    times, good = np.zeros(count, np.int64), np.zeros(count, np.bool_)
    for hours in (2, 3):
        places = width - hours - len(_MINUTES)
        if good.all() or not (places == 0 or 2 <= places <= 10):
            continue
        least, most, weights = _shape_of(hours, places - 1)
        digits = np.ascontiguousarray(texts.T) - least
        found = (digits <= most).all(axis=0)
        # In doubles, which hold these exactly: 1,000 hours have 3.6e15 nanoseconds.
        times[found] = (weights @ digits.astype(np.float64))[found]
        good |= found
    return times, good


@lru_cache(maxsize=32)
def _shape_of(hours: int, places: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float64]]:
    """Return for each character of a clock the least, how far it may be above that, and its nanoseconds.

    Its hours have so many digits, and so have its seconds behind the point; there is none if that is -1.
    """
    least = "0" * hours + _MINUTES + ("." + "0" * places if places > 0 else "")
    most = [9] * hours + [0, 5, 9, 0, 5, 9] + ([0] + [9] * places if places > 0 else [])
    weights = [36000 * 10 ** (hours - 2 - place) * _SECOND for place in range(hours - 1)]
    weights += [_SECOND * each for each in (3600, 0, 600, 60, 0, 10, 1)]
    weights += [0, *(10 ** (8 - place) for place in range(places))] if places > 0 else []
    return (
        np.frombuffer(least.encode(), np.uint8)[:, None],
        np.array(most, np.uint8)[:, None],
        np.array(weights, np.float64),
    )
