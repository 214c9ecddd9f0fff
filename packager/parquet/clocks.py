"""Read many times of the form `HH:MM:SS` at once, as seconds: the float64 nearest to each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SHORTEST: Final = 8  # HH:MM:SS
_LONGEST: Final = 18  # HH:MM:SS.fffffffff
_WEIGHTS: Final = {
    place: weight * 10**9 for place, weight in {0: 36_000, 1: 3600, 3: 600, 4: 60, 6: 10, 7: 1}.items()
} | {place: 10 ** (17 - place) for place in range(9, _LONGEST)}
"""By place of a digit, its nanoseconds."""


def read_clocks(texts: Any) -> NDArray[np.float64]:  # noqa: ANN401 - pyarrow has no types
    """Return the seconds of each text of an array that begins at its buffers' beginning.

    NaN for what is not of this form, with two digits of hours; so a null is, and so are some times.
    """
    seconds = np.full(len(texts), np.nan)
    if not len(texts):
        return seconds
    offsets = np.frombuffer(texts.buffers()[1], np.int32, len(texts) + 1)
    data = np.frombuffer(texts.buffers()[2], np.uint8)
    sizes = np.diff(offsets)
    # Mostly there is one length, or few.
    for size in np.flatnonzero(np.bincount(sizes[sizes <= _LONGEST])).tolist():
        rows = np.flatnonzero(sizes == size)
        if size == _SHORTEST or size >= _SHORTEST + 2:
            alone = rows.size == len(texts)
            cut = data if alone else data[offsets[rows][:, None] + np.arange(size)]
            seconds[rows] = _read_alike(cut.reshape(-1, size))
    return seconds


def _read_alike(texts: NDArray[np.uint8]) -> NDArray[np.float64]:
    places = np.array(texts.T, order="C")
    colon, point = ord(":"), ord(".")
    good = (places[2] == colon) & (places[5] == colon)
    if len(places) > _SHORTEST:
        good &= places[8] == point
    places -= np.uint8(ord("0"))
    good &= (places[3] < 6) & (places[6] < 6)
    nanoseconds = np.zeros(len(texts), np.int64)
    for place, weight in _WEIGHTS.items():
        if place < len(places):
            good &= places[place] < 10
            nanoseconds += places[place].astype(np.int64) * weight
    # Both are exact, so that what IEEE 754 gives is the float64 nearest to the quotient.
    return np.where(good, nanoseconds / 1e9, np.nan)
