"""Write JSON values in the one form of RFC 8785 (JCS), so that equal values are equal bytes. Pure.

Two things go beyond the RFC, which knows doubles only and writes as few digits as tell two of them apart.
From 2^53 to 10^21 an integer is written with all its digits, and so is a larger one that is no double: the
form says exactly the value, and no two values have one form. And strings must be free of lone surrogates.

Many values are written by orjson at once, and only what it writes otherwise is put right: `1.0`, `-0.0`, some
exponents, and the order of keys that hold characters beyond U+FFFF.
"""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING, Final

import orjson

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from packager.model import JsonValue

_DIGITS: Final = 10**21  # from here on the RFC writes an exponent
_LONG_NUMBER: Final = re.compile(rb"[0-9]{16}")
_PLAIN: Final = frozenset({str, bool, type(None)})
_BREAK: Final = orjson.Fragment(b"\n")  # no other line feed stands in what orjson writes
_LINE_FEED: Final = 10
_STRETCH: Final = 1 << 17  # bytes that stay near the processor while they are looked at
_SMALL: Final = 16 << 10  # bytes below which values go one by one, without numpy
_LONGEST: Final = 24  # characters of a number up to its exponent, and one before it
_POWER: Final = re.compile(rb"e[-+]?[0-9]+")
_SAME_POWER: Final = re.compile(rb"e-(?:[7-9]|[0-9]{2})")  # from here on the RFC writes one too
_dump_sorted: Final = partial(orjson.dumps, option=orjson.OPT_SORT_KEYS)


def canonical_json(value: JsonValue) -> bytes:
    """Return the RFC 8785 form of a value, as UTF-8.

    >>> canonical_json({"b": 1.0, "a": "x"})
    b'{"a":"x","b":1}'
    """
    if type(value) is dict and _PLAIN.issuperset(map(type, value.values())) and "".join(value).isascii():
        # orjson sorts keys by bytes and the RFC by UTF-16 units: for ASCII that is one order.
        return _dump_sorted(value)
    parts: list[bytes] = []
    _write(value, parts)
    return b"".join(parts)


def canonical_lines(values: Sequence[JsonValue], *, plain: bool = False) -> bytes:
    r"""Return `canonical_json` of each value with line feeds between them; at memory speed for many.

    `plain` says that no value holds a number, nor a key that is not ASCII.

    >>> canonical_lines([{"b": 1.0, "a": "x"}, {}])
    b'{"a":"x","b":1}\n{}'
    """
    if len(values) < 2:
        return b"".join(map(canonical_json, values))
    items: list[object] = [_BREAK] * (2 * len(values) - 1)
    items[::2] = values
    try:
        text = _dump_sorted(items)
    except TypeError:  # an integer beyond 64 bits, or too many brackets
        half = len(values) // 2
        return canonical_lines(values[:half]) + b"\n" + canonical_lines(values[half:])
    if plain:
        return text[1:-1].replace(b",\n,", b"\n")
    return _correct(text, values) if len(text) > _SMALL else b"\n".join(map(canonical_json, values))


def line_lengths(lines: bytes) -> NDArray[np.int64]:
    """Return the length of each line of `canonical_lines`, of one value or more."""
    import numpy as np  # noqa: PLC0415 - a check of small files does without it

    ends = np.flatnonzero(np.frombuffer(lines, np.uint8) == _LINE_FEED)
    return np.diff(ends, prepend=-1, append=len(lines)) - 1


def parse_canonical(text: bytes) -> JsonValue:
    """Return the value that `canonical_json` wrote. Never for the text of others: it is not strict."""
    # orjson reads an integer beyond 64 bits as a float; such a text goes to the standard library.
    value: JsonValue = json.loads(text) if _LONG_NUMBER.search(text) else orjson.loads(text)
    return value


def _correct(text: bytes, values: Sequence[JsonValue]) -> bytes:
    """Return the lines, given what orjson writes of the values with breaks between them."""
    import numpy as np  # noqa: PLC0415 - as above

    data = np.frombuffer(text, np.uint8)
    breaks, numbers = _find_places(data)
    kept = np.ones(data.size, bool)
    kept[[0, -1]] = kept[breaks - 1] = kept[breaks + 1] = False
    # Only beyond U+FFFF is the order of bytes in UTF-8 not that of UTF-16 units.
    highest = np.flatnonzero(data >= 0xF0) if b"\xee" in text or b"\xef" in text else breaks[:0]
    if not (numbers.size or highest.size):
        return data[kept].tobytes()
    quotes = _find_quotes(text)
    numbers = numbers[np.searchsorted(quotes, numbers) & 1 == 0]
    ends = quotes[np.searchsorted(quotes, highest)]
    rows = np.searchsorted(breaks, ends[data[ends + 1] == ord(":")])
    lines = _write_numbers(text, numbers, kept)
    if not rows.size:
        return lines
    forms = lines.split(b"\n")
    for row in {*rows.tolist()}:
        forms[row] = canonical_json(values[row])
    return b"\n".join(forms)


def _find_places(data: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the line feeds; and each `.0` after which a number may end, and each `e` after a digit."""
    import numpy as np  # noqa: PLC0415 - as above

    found = []
    for first in range(1, data.size - 1, _STRETCH):
        last = min(first + _STRETCH, data.size - 1)
        before, here, after = (data[first + step : last + step] for step in (-1, 0, 1))
        point = (here == ord(".")) & (after == ord("0"))
        power = (here == ord("e")) & (before - np.uint8(ord("0")) < 10)
        found.append(first + np.flatnonzero(point | power | (here == _LINE_FEED)))
    places = np.concatenate(found)
    here, after = data[places], data[np.minimum(places + 2, data.size - 1)]
    ends = (after == ord(",")) | (after == ord("}")) | (after == ord("]"))
    return places[here == _LINE_FEED], places[(ends & (here == ord("."))) | (here == ord("e"))]


def _find_quotes(text: bytes) -> NDArray[np.int64]:
    """Return where strings begin and end."""
    import numpy as np  # noqa: PLC0415 - as above

    if b"\\" in text:  # a run of them begins where an escape does
        text = text.replace(b"\\\\", b"__").replace(b'\\"', b"__")
    return np.flatnonzero(np.frombuffer(text, np.uint8) == ord('"'))


def _write_numbers(text: bytes, places: NDArray[np.int64], kept: NDArray[np.bool_]) -> bytes:
    """Write anew the numbers that have an `e` or a `.0` at these places, of what is kept."""
    import numpy as np  # noqa: PLC0415 - as above

    data = np.frombuffer(text, np.uint8)
    points = places[data[places] == ord(".")]
    negative = points[(data[points - 1] == ord("0")) & (data[points - 2] == ord("-"))] - 2
    kept[points] = kept[points + 1] = kept[negative] = False
    parts: list[bytes] = []
    begin = 0
    for place in places[data[places] == ord("e")].tolist():
        if not _SAME_POWER.match(text, place):
            first = 1 + max(text.rfind(each, max(place - _LONGEST, 0), place) for each in (b":", b",", b"["))
            power = _POWER.match(text, place)
            assert power is not None  # noqa: S101 - as orjson writes a number
            parts.append(data[begin:first][kept[begin:first]].tobytes())
            parts.append(_number(float(text[first : power.end()])))
            begin = power.end()
    return b"".join([*parts, data[begin:][kept[begin:]].tobytes()])


def _write(value: JsonValue, parts: list[bytes]) -> None:
    if isinstance(value, dict):
        separator = b"{"
        for key in sorted(value, key=lambda key: key.encode("utf-16-be")):
            parts.extend((separator, orjson.dumps(key), b":"))
            _write(value[key], parts)
            separator = b","
        parts.append(b"}" if value else b"{}")
    elif isinstance(value, list):
        separator = b"["
        for item in value:
            parts.append(separator)
            _write(item, parts)
            separator = b","
        parts.append(b"]" if value else b"[]")
    elif isinstance(value, str | bool) or value is None:
        parts.append(orjson.dumps(value))
    else:
        parts.append(_number(value))


def _number(value: float) -> bytes:
    whole = int(value)
    if whole == value and (abs(whole) < _DIGITS or not _is_double(whole)):
        return str(whole).encode()  # also for -0
    number = float(value)
    sign = "-" if number < 0 else ""
    return (sign + _ecmascript(abs(number))).encode()


def _is_double(value: int) -> bool:
    try:
        return int(float(value)) == value
    except OverflowError:
        return False


def _ecmascript(number: float) -> str:
    """Format a positive double as ECMA-262's Number::toString does (section 6.1.6.1.20)."""
    mantissa, _, exponent = repr(number).partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0)  # where the decimal point stands, counted in whole + fraction
    point -= len(whole + fraction) - len(digits)  # and counted in digits
    digits = digits.rstrip("0")
    count = len(digits)
    if count <= point <= 21:
        return digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    power = f"e{point - 1:+d}"
    return digits + power if count == 1 else f"{digits[0]}.{digits[1:]}{power}"
