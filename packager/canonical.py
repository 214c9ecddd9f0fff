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
from typing import TYPE_CHECKING, Final, cast

import orjson

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from packager.model import JsonObject, JsonValue

_DIGITS: Final = 10**21  # from here on the RFC writes an exponent
_LONG_NUMBER: Final = re.compile(rb"[0-9]{16}")
_PLAIN: Final = frozenset({str, bool, type(None)})
_OBJECTS: Final = frozenset({dict})
_BETWEEN: Final = b'},{"'
_MARK: Final = b"\x7f"  # orjson writes it as it is
_STRETCH: Final = 1 << 17  # bytes that stay near the processor while they are looked at
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


def canonical_forms(
    values: Sequence[JsonValue], *, plain: bool = False, written: bytes | None = None
) -> tuple[bytes, NDArray[np.int64]]:
    """Return `canonical_json` of each value with a comma between each two, and their lengths.

    At memory speed for many objects.

    Args:
        values: the values.
        plain: whether no value holds a number, nor a key that is not ASCII.
        written: the values as orjson writes them, with sorted keys and a comma between each two.

    >>> canonical_forms([{"b": 1.0, "a": "x"}, {}])
    (b'{"a":"x","b":1},{}', array([15,  2]))
    """
    import numpy as np  # noqa: PLC0415 - a check of small files does without it

    if len(values) > 1:
        try:
            forms = _write_objects(values, written, plain=plain) or _write_marked(values, plain=plain)
        except TypeError:  # an integer beyond 64 bits, or too many brackets
            half = len(values) // 2
            (one, sizes), (other, rest) = canonical_forms(values[:half]), canonical_forms(values[half:])
            return one + b"," + other, np.concatenate([sizes, rest])
        if forms is not None:
            return forms
    parts = list(map(canonical_json, values))
    return b",".join(parts), np.fromiter(map(len, parts), np.int64, len(parts))


def _write_objects(
    values: Sequence[JsonValue], written: bytes | None, *, plain: bool
) -> tuple[bytes, NDArray[np.int64]] | None:
    """Return what `canonical_forms` does; None if that is not to be seen of objects written together."""
    import numpy as np  # noqa: PLC0415 - as above

    if not (all(values) and _OBJECTS.issuperset(map(type, values))):
        return None
    written = _dump_sorted(values)[1:-1] if written is None else written
    text = written if plain else _correct(written)
    ends = None if text is None else _find_ends(text, cast("Sequence[JsonObject]", values))
    if text is None or ends is None:
        return None
    return text, np.diff(ends, prepend=-2, append=len(text) - 1) - 1


def _write_marked(values: Sequence[JsonValue], *, plain: bool) -> tuple[bytes, NDArray[np.int64]] | None:
    """Return what `canonical_forms` does, by a mark between each two; None if one of them holds the mark."""
    import numpy as np  # noqa: PLC0415 - as above

    items: list[JsonValue] = [_MARK.decode()] * (2 * len(values) - 1)
    items[::2] = values
    written = _dump_sorted(items)[1:-1]
    text = written if plain else _correct(written)
    data = np.frombuffer(text or b"", np.uint8)
    marks = np.flatnonzero(data == _MARK[0])
    if len(marks) != len(values) - 1:
        return None
    kept = np.ones(data.size, bool)
    for step in (-1, 0, 1, 2):  # the quotes around it and the comma behind
        kept[marks + step] = False
    return data[kept].tobytes(), np.diff(marks, prepend=-3, append=data.size + 2) - 5


def _find_ends(text: bytes, values: Sequence[JsonObject]) -> NDArray[np.int64] | None:
    """Return where each value but the last ends, given the forms of all; None if that is not to be seen.

    Behind an object, before one that is not empty, stands `},{"`; no string holds that, for it would have to
    escape the quote, but one may begin there. So if as many are found as there must be, they are those.
    Where objects lie in others, the key with which all begin helps to tell them.
    """
    import numpy as np  # noqa: PLC0415 - as above

    data = np.frombuffer(text, np.uint8)
    ends = np.flatnonzero(data[: -len(_BETWEEN) + 1] == _BETWEEN[0])
    ends = _keep_followed(data, ends, _BETWEEN)
    if len(ends) >= len(values):
        key = min(set[str]().union(*values))
        if all(key in each for each in values):
            ends = _keep_followed(data, ends, _BETWEEN[:-1] + orjson.dumps(key) + b":")
    return ends if len(ends) == len(values) - 1 else None


def _keep_followed(data: NDArray[np.uint8], places: NDArray[np.int64], text: bytes) -> NDArray[np.int64]:
    """Return those of the places at which this text begins."""
    places = places[: places.searchsorted(len(data) - len(text), "right")]
    for step, code in enumerate(text):
        places = places[data[places + step] == code]
    return places


def parse_canonical(text: bytes) -> JsonValue:
    """Return the value that `canonical_json` wrote. Never for the text of others: it is not strict."""
    # orjson reads an integer beyond 64 bits as a float; such a text goes to the standard library.
    value: JsonValue = json.loads(text) if _LONG_NUMBER.search(text) else orjson.loads(text)
    return value


def _correct(text: bytes) -> bytes | None:
    """Return what the RFC writes for what orjson writes; None if keys have another order."""
    import numpy as np  # noqa: PLC0415 - as above

    data = np.frombuffer(text, np.uint8)
    numbers = _find_numbers(data)
    # Only beyond U+FFFF is the order of bytes in UTF-8 not that of UTF-16 units.
    highest = np.flatnonzero(data >= 0xF0) if b"\xee" in text or b"\xef" in text else numbers[:0]
    if not (numbers.size or highest.size):
        return text
    quotes = _find_quotes(text)
    ends = quotes[np.searchsorted(quotes, highest)]
    if (data[np.minimum(ends + 1, data.size - 1)] == ord(":")).any():
        return None
    return _write_numbers(text, numbers[np.searchsorted(quotes, numbers) & 1 == 0])


def _find_numbers(data: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return each `.0` after which a number may end, and each `e` after a digit."""
    import numpy as np  # noqa: PLC0415 - as above

    found = [np.zeros(0, np.int64)]
    for first in range(1, data.size - 1, _STRETCH):
        last = min(first + _STRETCH, data.size - 1)
        before, here, after = (data[first + step : last + step] for step in (-1, 0, 1))
        point = (here == ord(".")) & (after == ord("0"))
        power = (here == ord("e")) & (before - np.uint8(ord("0")) < 10)
        found.append(first + np.flatnonzero(point | power))
    places = np.concatenate(found)
    here, after = data[places], data[np.minimum(places + 2, data.size - 1)]
    ends = (after == ord(",")) | (after == ord("}")) | (after == ord("]")) | (places + 2 == data.size)
    found = (ends & (here == ord("."))) | (here == ord("e"))
    return cast("NDArray[np.int64]", places[found])


def _find_quotes(text: bytes) -> NDArray[np.int64]:
    """Return where strings begin and end."""
    import numpy as np  # noqa: PLC0415 - as above

    if b"\\" in text:  # a run of them begins where an escape does
        text = text.replace(b"\\\\", b"__").replace(b'\\"', b"__")
    return np.flatnonzero(np.frombuffer(text, np.uint8) == ord('"'))


def _write_numbers(text: bytes, places: NDArray[np.int64]) -> bytes:
    """Write anew the numbers that have an `e` or a `.0` at these places."""
    import numpy as np  # noqa: PLC0415 - as above

    data = np.frombuffer(text, np.uint8)
    points = places[data[places] == ord(".")]
    kept = np.ones(data.size, bool)
    kept[points] = kept[points + 1] = False
    negative = points[(points > 1) & (data[points - 1] == ord("0")) & (data[points - 2] == ord("-"))] - 2
    kept[negative] = False
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
