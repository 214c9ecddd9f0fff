"""Say where row groups end: after segments that their own bytes choose, so that a change is felt nearby only.

SHORTEST   512 KiB of RFC 8785 forms that a group has at least, but the last one
LONGEST    4 MiB at which it ends in any case
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

SHORTEST_GROUP: Final = 512 << 10
LONGEST_GROUP: Final = 4 << 20

_WORD: Final = 8
_FACTORS: Final = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)
_HALF: Final = np.uint64(32)


def choose_ends(forms: bytes | memoryview, sizes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return of each segment whether a row group that is long enough ends after it, as if by lot.

    Once in `SHORTEST_GROUP` bytes on average. What decides is the length of the segment's form, eight
    bytes in its middle, and the eight before its closing brace; so the end of a group finds its place again
    after an insertion, as it could not if bytes were counted.

    Args:
        forms: the RFC 8785 forms, with one byte between each two; the last one may lack its brace.
        sizes: their lengths.
    """
    if len(forms) < _WORD:
        return np.zeros(len(sizes), bool)
    words = np.ndarray(shape=(len(forms) - _WORD + 1,), dtype="<u8", buffer=forms, strides=(1,))
    lasts = np.cumsum(sizes + 1) - 2 - _WORD  # where the eight bytes before the brace begin
    # Shorter ones than that are all alike; nobody has many of them.
    middles = words[np.maximum(lasts - np.maximum(sizes // 2 - _WORD, 0), 0)]
    tails = words[np.maximum(lasts, 0)]
    mixed = middles * _FACTORS[0] ^ tails * _FACTORS[1] ^ sizes.view(np.uint64) * _FACTORS[2]
    mixed[sizes <= _WORD] = 0
    mixed ^= mixed >> _HALF
    mixed *= _FACTORS[0]
    chosen: NDArray[np.bool_] = (mixed >> _HALF) * np.uint64(SHORTEST_GROUP) < sizes.view(np.uint64) << _HALF
    return chosen


def find_ends(chosen: NDArray[np.bool_], sizes: NDArray[np.int64], begun: int) -> Iterator[tuple[int, int]]:
    """Yield how many of these segments stand before the end of each group that ends among them, and its size.

    `begun` is the size of the group that the first of them goes on with.
    """
    reached = np.cumsum(sizes) + begun
    candidates = np.flatnonzero(chosen)
    base = 0
    while True:
        # The first chosen one at which the group is long enough, unless it is too long before that.
        least = int(np.searchsorted(reached, base + SHORTEST_GROUP))
        most = int(np.searchsorted(reached, base + LONGEST_GROUP))
        at = int(np.searchsorted(candidates, least))
        end = min(int(candidates[at]) if at < len(candidates) else len(sizes), most)
        if end >= len(sizes):
            return
        yield end + 1, int(reached[end]) - base
        base = int(reached[end])
