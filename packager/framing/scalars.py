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

_SHORT: Final = 8
"""Bytes of a number that is read here. So few digits, and what they are divided by, are exact doubles, and
their quotient is the nearest double to what is written."""
_KINDS: Final[dict[type, str]] = {int: "integer", float: "number", bool: "boolean", type(None): "null"}
_ZERO: Final = ord("0")
_POINT: Final = ord(".")
_TRUE: Final = int.from_bytes(b"true", "little")
_FALSE: Final = int.from_bytes(b"false", "little")


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


def read_scalars(
    data: bytes, buffer: NDArray[np.uint8], begins: Positions, ends: Positions
) -> Scalars | None:
    """Return the values that stand between these places; None if one is no number, true, false or null."""
    lengths = ends - begins
    if not len(lengths) or int(lengths.min()) < 1:
        return None
    if int(lengths.max()) <= _SHORT:
        if int(begins[-1]) + _SHORT > len(data):
            buffer = np.frombuffer(data + bytes(_SHORT), np.uint8)
        firsts = buffer[begins]
        found = (
            _read_truths(buffer, begins, lengths)
            if bool((firsts >= ord("a")).any())
            else _read_numbers(buffer, begins, lengths)
        )
        if found is not None:
            return found
    places = zip(begins.tolist(), ends.tolist(), strict=True)
    return _read_all([data[begin:end] for begin, end in places])


def _read_truths(buffer: NDArray[np.uint8], begins: Positions, lengths: Positions) -> Scalars | None:
    words = np.ndarray(shape=(len(buffer) - _SHORT + 1,), dtype="<u8", buffer=buffer, strides=(1,))[begins]
    true = (lengths == len("true")) & (words & np.uint64(0xFFFFFFFF) == _TRUE)
    false = (lengths == len("false")) & (words & np.uint64(0xFFFFFFFFFF) == _FALSE)
    if not (true | false).all():
        return None
    return Scalars(true, frozenset({"boolean"}), None, None, np.empty(0, np.int64))


def _read_numbers(buffer: NDArray[np.uint8], begins: Positions, lengths: Positions) -> Scalars | None:
    """Return numbers of digits with a point or without; None if one is another, such as below zero."""
    digits = np.zeros(len(begins), np.int64)
    behind = np.full(len(begins), -1, np.int64)  # digits behind the point; -1: there is none
    last = np.zeros(len(begins), np.int64)
    for place in range(int(lengths.max())):
        inside = lengths > place
        byte = buffer[begins + place].astype(np.int64)
        is_digit = (byte >= _ZERO) & (byte < _ZERO + 10)
        is_point = (byte == _POINT) & (behind < 0) & (place > 0)
        if not (is_digit | is_point | ~inside).all():
            return None
        counts = is_digit & inside
        behind += counts & (behind >= 0)
        digits = np.where(counts, digits * 10 + (byte - _ZERO), digits)
        behind[is_point & inside] = 0
        last = np.where(inside, byte, last)
    leading = (buffer[begins] == _ZERO) & (lengths > 1) & (buffer[begins + 1] != _POINT)
    if leading.any() or (last == _POINT).any():  # 01 and 1. are no JSON
        return None
    has_point = behind >= 0
    if not has_point.any():
        none = np.empty(0, np.int64)
        return Scalars(digits, frozenset({"integer"}), int(digits.min()), int(digits.max()), none)
    values = digits / 10.0 ** np.maximum(behind, 0)
    # With zeros at the end it is not the form; what is so small that the form has an exponent does not fit.
    odd = np.flatnonzero(has_point & (last == _ZERO))
    kinds = frozenset({"number"} if has_point.all() else {"integer", "number"})
    return Scalars(values, kinds, float(values.min()), float(values.max()), odd)


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
