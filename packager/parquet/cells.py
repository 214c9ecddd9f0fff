"""Take columns of strings out of RFC 8785 forms, where all segments have the same properties and no others.

No string is touched one by one: Arrow copies them from where they stand between quotes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from packager.parquet.arrays import wrap_numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_QUOTE: Final = ord('"')
_MOST: Final = 2**31 - 1  # what 32 bits say


def cut_texts(forms: bytes, count: int, names: Sequence[str]) -> dict[str, Any] | None:
    r"""Return the values of these properties as Arrow strings; None if that is not to be seen.

    Four quotes a property, in the order of the keys: `{"End":"…","Text":"…"},{"End":"…","Text":"…"}`. If no
    string holds an escape, each quote begins or ends a string; if one byte stands between two strings, they
    are a key and its value, or that and the next key; and if three do, one object has ended.

    Args:
        forms: the forms of the segments, with a comma between each two.
        count: how many they are.
        names: the names of the properties, ASCII.
    """
    if not names or not count or len(forms) > _MOST or b"\\" in forms:
        return None
    data = np.frombuffer(forms, np.uint8)
    places = np.flatnonzero(data == _QUOTE)
    if len(places) != 4 * len(names) * count:
        return None
    names = sorted(names)
    quotes = places.reshape(count, len(names), 4)
    gaps = np.diff(places)
    between = gaps[1::2].reshape(-1)
    expected = np.full(len(between), 2)
    expected[2 * len(names) - 1 :: 2 * len(names)] = 4
    if (between != expected).any():
        return None
    for index, name in enumerate(names):
        if not _are(data, quotes[:, index, 0] + 1, quotes[:, index, 1], name.encode()):
            return None
    offsets = places.astype(np.int32)
    offsets[::2] += 1
    # Between one offset and the next stands a string, or what is between two.
    strings = pa.Array.from_buffers(
        pa.string(), len(offsets) - 1, [None, pa.py_buffer(offsets), pa.py_buffer(forms)]
    )
    rows = np.arange(count) * (4 * len(names))
    return {name: strings.take(wrap_numbers(rows + 4 * index + 2)) for index, name in enumerate(names)}


def _are(data: NDArray[np.uint8], begins: NDArray[np.int64], ends: NDArray[np.int64], text: bytes) -> bool:
    """Return whether each of these stretches is this text."""
    if (ends - begins != len(text)).any():
        return False
    return all((data[begins + step] == code).all() for step, code in enumerate(text))
