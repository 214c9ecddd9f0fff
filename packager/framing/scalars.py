"""Read the values of a key that are no strings: numbers, true, false and null, many at once.

Short plain numbers and truth values are read by arithmetic on their bytes, all others by orjson as one array.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import orjson

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Positions = NDArray[np.int64]
    Words = NDArray[np.uint64]

_SHORT: Final = 8
"""Bytes of a number that is read here. So few digits, and what they are divided by, are exact doubles, and
their quotient is the nearest double to what is written."""
_KINDS: Final[dict[type, str]] = {int: "integer", float: "number", bool: "boolean", type(None): "null"}
_ZERO: Final = ord("0")
_POINT: Final = ord(".")
_TRUE: Final = int.from_bytes(b"true", "little")
_FALSE: Final = int.from_bytes(b"false", "little")
_ALL: Final = np.uint64(0xFFFFFFFFFFFFFFFF)
_HIGH: Final = np.uint64(0x8080808080808080)
_LOW: Final = np.uint64(0x7F7F7F7F7F7F7F7F)
_SEVEN: Final = np.uint64(7)
_ZEROS: Final = np.uint64(int.from_bytes(b"0" * _SHORT, "little"))
_POINTS: Final = np.uint64(int.from_bytes(b"." * _SHORT, "little"))
_TOO_MANY: Final = np.uint64(0x7676767676767676)
"""Added to a digit it leaves the high bit alone; added to a byte from ten on it sets it."""
_BEHIND: Final = np.uint64(0x0706050403020100)
"""By the number of a byte: that number. Multiplied by the lowest bit of a byte, the highest byte is how many
bytes stand behind."""
_POWERS: Final = 10.0 ** np.arange(_SHORT)


@dataclass(frozen=True, slots=True)
class Scalars:
    """The values of a key."""

    values: NDArray[Any] | list[Any]
    """Whole numbers, doubles or truth values; a list where there is null, or what was not read here."""
    kinds: frozenset[str]
    """Of JSON Schema: `integer` (written without a point or exponent), `number`, `boolean`, `null`."""
    least: float | None
    """Of the numbers; None if there is none."""
    most: float | None
    odd: Positions
    """The rows whose text is not the form that RFC 8785 gives the value."""


def read_scalars(data: bytes, begins: Positions, ends: Positions) -> Scalars | None:
    """Return the values that stand between these places; None if one is no number, true, false or null."""
    lengths = ends - begins
    if not len(lengths) or int(lengths.min()) < 1:
        return None
    if int(lengths.max()) <= _SHORT:
        padded = data + bytes(_SHORT) if int(begins[-1]) + _SHORT > len(data) else data
        windows = np.ndarray(
            shape=(len(padded) - _SHORT + 1,), dtype=f"V{_SHORT}", buffer=padded, strides=(1,)
        )
        words = windows[begins].view("<u8")
        letters = bool((words & np.uint64(0xFF) >= ord("a")).any())
        found = _read_truths(words, lengths) if letters else _read_numbers(words, lengths)
        if found is not None:
            return found
    places = zip(begins.tolist(), ends.tolist(), strict=True)
    return _read_all([data[begin:end] for begin, end in places])


def _read_truths(words: Words, lengths: Positions) -> Scalars | None:
    true = (lengths == len("true")) & (words & np.uint64(0xFFFFFFFF) == _TRUE)
    false = (lengths == len("false")) & (words & np.uint64(0xFFFFFFFFFF) == _FALSE)
    if not (true | false).all():
        return None
    return Scalars(true, frozenset({"boolean"}), None, None, np.empty(0, np.int64))


def _read_numbers(words: Words, lengths: Positions) -> Scalars | None:
    """Return numbers of digits with a point or without; None if one is another, such as below zero.

    A word is the eight bytes from the begin of a number on: all of it, and what follows.
    """
    free = np.uint64(8) * (_SHORT - lengths).view(np.uint64)
    # The number to the end of the word, with zeros before it.
    texts = words << free | _ZEROS & ~(_ALL << free)
    points = _find_points(texts)
    has_point = points != 0
    if (points & (points - has_point)).any():
        return None  # 1.2.3 neither
    behind = (points >> _SEVEN) * _BEHIND >> np.uint64(56)  # digits behind the point
    pointed = bool(has_point.any())
    if pointed:
        if (has_point & (behind + np.uint64(1) >= lengths.view(np.uint64)) | has_point & (behind == 0)).any():
            return None  # .1 and 1. are no JSON
        before = (points >> _SEVEN) - np.uint64(1)
        after = ~(((points >> _SEVEN) << np.uint64(8)) - np.uint64(1))
        moved = texts & after | (texts & before) << np.uint64(8) | np.uint64(_ZERO)
        texts = np.where(has_point, moved, texts)
    digits = texts ^ _ZEROS
    if ((digits + _TOO_MANY | digits) & _HIGH).any():
        return None
    second = words >> np.uint64(8) & np.uint64(0xFF)
    leading = (words & np.uint64(0xFF) == _ZERO) & (lengths > 1) & (second != _POINT)
    if leading.any():  # 01 is no JSON
        return None
    whole = _sum_digits(digits)
    if not pointed:
        none = np.empty(0, np.int64)
        return Scalars(whole, frozenset({"integer"}), int(whole.min()), int(whole.max()), none)
    values = whole / _POWERS[behind.view(np.int64)]
    # With zeros at the end it is not the form; what is so small that the form has an exponent does not fit.
    odd = np.flatnonzero(has_point & (texts >> np.uint64(56) == _ZERO))
    kinds = frozenset({"number"} if has_point.all() else {"integer", "number"})
    return Scalars(values, kinds, float(values.min()), float(values.max()), odd)


def _find_points(texts: Words) -> Words:
    """Return words with the high bit of the byte that is a point; of several points, with more bits."""
    other = texts ^ _POINTS
    found: Words = ~((other & _LOW) + _LOW | other | _LOW)
    return found


def _sum_digits(digits: Words) -> Positions:
    """Return the numbers whose decimal digits these bytes are, the first one being the highest."""
    pairs = digits * np.uint64(10 << 8 | 1) >> np.uint64(8) & np.uint64(0x00FF00FF00FF00FF)
    fours = pairs * np.uint64(100 << 16 | 1) >> np.uint64(16) & np.uint64(0x0000FFFF0000FFFF)
    return (fours * np.uint64(10_000 << 32 | 1) >> np.uint64(32)).view(np.int64)


def _read_all(texts: Sequence[bytes]) -> Scalars | None:
    try:
        values: list[Any] = orjson.loads(b"[" + b",".join(texts) + b"]")
    except orjson.JSONDecodeError:
        return None
    types = set(map(type, values))
    if len(values) != len(texts) or not types <= _KINDS.keys():
        return None
    numbers = [value for value in values if value is not None and type(value) is not bool]
    return Scalars(
        values=values,
        kinds=frozenset(_KINDS[kind] for kind in types),
        least=min(numbers, default=None),
        most=max(numbers, default=None),
        odd=_find_odd(texts, values),
    )


def _find_odd(texts: Sequence[bytes], values: list[Any]) -> Positions:
    """Return the rows whose text may not be the form.

    orjson writes the fewest digits that tell a double from others, as the RFC does, but `1.0` for 1, and
    exponents where the RFC has none. Texts with these are doubtful; all others that it writes are forms.
    """
    written = orjson.dumps(values)[1:-1].split(b",")
    rows = [
        row
        for row, (text, form, value) in enumerate(zip(texts, written, values, strict=True))
        if text != form or (type(value) is float and (b"e" in text or text.endswith(b".0")))
    ]
    return np.array(rows, np.int64)
