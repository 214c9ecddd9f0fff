"""Read the times of many records at once: `HH:MM:SS`, with or without a fraction, as nanoseconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from packager.framing.frame import Frame

_LEAST: Final = 8  # bytes of HH:MM:SS
_MOST: Final = 18  # with nine digits of a fraction
_SECOND: Final = 10**9
_EXACT: Final = 2**53
_COLON: Final = ord(":")
_ZEROS: Final = np.uint64(int.from_bytes(b"00:00:00", "little"))
_LIMITS: Final = np.uint64(int.from_bytes(bytes((9, 9, 0, 5, 9, 0, 5, 9)), "little"))
_HIGH: Final = np.uint64(0x8080808080808080)
_BYTE: Final = np.uint64(0xFF)
_PARTS: Final = ((0, 36000), (1, 3600), (3, 600), (4, 60), (6, 10), (7, 1))
"""The byte of each digit, and the seconds of one."""


def read_clocks(frame: Frame, key: int) -> NDArray[np.int64] | None:
    """Return the times of a key in nanoseconds; None unless all are strings `HH:MM:SS[.f…]`, as in `times`.

    Hours have up to four digits here, and times are doubles: whatever is beyond goes the exact way.
    """
    if key not in frame.clocks:
        frame.clocks[key] = _read(frame, key)
    return frame.clocks[key]


def _read(frame: Frame, key: int) -> NDArray[np.int64] | None:
    begins, lengths = frame.begins[key], frame.lengths(key)
    if key in frame.escaped or key in frame.scalars or not len(lengths):
        return None
    shortest, longest = int(lengths.min()), int(lengths.max())
    if shortest < _LEAST or longest > _MOST:
        return None
    more = _count_more_hours(frame, begins, lengths) if longest > _LEAST else None
    digits = frame.words[begins if more is None else begins + more] - _ZEROS
    # The lowest byte that is below its least borrows, and stands out with its high bit; without a borrow, one
    # beyond its most takes the high bit from the difference.
    if (((_LIMITS | _HIGH) - digits & _HIGH) != _HIGH).any() or (digits & _HIGH).any():
        return None
    times = np.zeros(len(begins), np.int64)
    for byte, unit in _PARTS:
        times += (digits >> np.uint64(8 * byte) & _BYTE).astype(np.int64) * unit
    times *= _SECOND
    if more is not None and not _add_hours(frame, begins, more, times):
        return None
    if longest > _LEAST and not _add_fractions(frame, *_without(begins, lengths, more), times):
        return None
    return times if longest == _LEAST or int(times.max()) < _EXACT else None


def _without(
    begins: NDArray[np.int64], lengths: NDArray[np.int64], more: NDArray[np.int64] | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return (begins, lengths) if more is None else (begins + more, lengths - more)


def _count_more_hours(
    frame: Frame, begins: NDArray[np.int64], lengths: NDArray[np.int64]
) -> NDArray[np.int64] | None:
    """Return how many digits of hours stand before the last two, up to two; None if nowhere."""
    rows = np.flatnonzero(frame.buffer[begins + 2] != _COLON)
    if not len(rows):
        return None
    more = np.zeros(len(begins), np.int64)
    for count in (1, 2):
        found = (frame.buffer[begins[rows] + 2 + count] == _COLON) & (lengths[rows] >= _LEAST + count)
        more[rows[found & (more[rows] == 0)]] = count
    return more


def _add_hours(
    frame: Frame, begins: NDArray[np.int64], more: NDArray[np.int64], times: NDArray[np.int64]
) -> bool:
    """Add the digits of hours that stand before the last two; False if one is no digit."""
    for place in (0, 1):
        rows = np.flatnonzero(more > place)
        digit = frame.buffer[begins[rows] + place].astype(np.int64) - ord("0")
        if ((digit < 0) | (digit > 9)).any():
            return False
        times[rows] += digit * 10 ** (1 + more[rows] - place) * 3600 * _SECOND
    return True


def _add_fractions(
    frame: Frame, begins: NDArray[np.int64], lengths: NDArray[np.int64], times: NDArray[np.int64]
) -> bool:
    """Add the fractions to whole seconds; False if what stands behind these is none."""
    own = np.flatnonzero(lengths > _LEAST)
    points = begins[own] + _LEAST
    counts = lengths[own] - _LEAST - 1
    if (counts < 1).any() or (frame.buffer[points] != ord(".")).any():
        return False
    for place in range(1, int(counts.max(initial=0)) + 1):
        having = counts >= place
        digit = frame.buffer[points[having] + place].astype(np.int64) - ord("0")
        if ((digit < 0) | (digit > 9)).any():
            return False
        times[own[having]] += digit * 10 ** (9 - place)
    return True
