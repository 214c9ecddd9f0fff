"""Write a JSON value in the one form of RFC 8785 (JCS), so that equal values are equal bytes. Pure.

Two things go beyond the RFC, which knows doubles only and writes as few digits as tell two of them apart.
From 2^53 to 10^21 an integer is written with all its digits, and so is a larger one that is no double: the
form says exactly the value, and no two values have one form. And strings must be free of lone surrogates.
"""

from __future__ import annotations

import json
import re
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Final

import orjson

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packager.model import JsonObject, JsonValue

_DIGITS: Final = 10**21  # from here on the RFC writes an exponent
_LONG_NUMBER: Final = re.compile(rb"[0-9]{16}")
_PLAIN: Final = frozenset({str, bool, type(None)})
_dump_sorted: Final = partial(orjson.dumps, option=orjson.OPT_SORT_KEYS)


def canonical_json(value: JsonValue) -> bytes:
    """Return the RFC 8785 form of a value, as UTF-8.

    >>> canonical_json({"b": 1.0, "a": "x"})
    b'{"a":"x","b":1}'
    """
    if type(value) is dict and _PLAIN.issuperset(map(type, value.values())) and "".join(value).isascii():
        # orjson sorts keys by bytes and the RFC by UTF-16 units: for ASCII that is one order.
        return _dump_sorted(value)
    return b"".join(_parts(value))


def canonical_all(values: Sequence[JsonObject]) -> list[bytes]:
    """Return `canonical_json` of each object; much faster for many that are plain."""
    kinds = set(map(type, chain.from_iterable(map(dict.values, values))))
    if kinds <= _PLAIN and "".join(set(chain.from_iterable(values))).isascii():
        return list(map(_dump_sorted, values))
    return list(map(canonical_json, values))


def parse_canonical(text: bytes) -> JsonValue:
    """Return the value that `canonical_json` wrote. Never for the text of others: it is not strict."""
    # orjson reads an integer beyond 64 bits as a float; such a text goes to the standard library.
    value: JsonValue = json.loads(text) if _LONG_NUMBER.search(text) else orjson.loads(text)
    return value


def parse_canonicals(texts: Sequence[bytes], *, numbers_free: bool) -> list[JsonObject]:
    """Return `parse_canonical` of objects; `numbers_free` says that none of them holds a number."""
    if numbers_free:
        values: list[JsonObject] = orjson.loads(b"[%b]" % b",".join(texts))
        return values
    return [value for value in map(parse_canonical, texts) if isinstance(value, dict)]


def _parts(value: JsonValue) -> list[bytes]:
    parts: list[bytes] = []
    _write(value, parts)
    return parts


def _write(value: JsonValue, parts: list[bytes]) -> None:
    if isinstance(value, dict):
        separator = b"{"
        for key in sorted(value, key=_utf16):
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


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be")


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
