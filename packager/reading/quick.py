"""Read JSON objects fast where the result is provably that of the exact parser. Pure.

orjson refuses whatever is not JSON, but for three things, each of which is guarded here: it does not see
duplicate keys, it makes floats of integers beyond 64 bits, and it nests deeper than `strict.MAX_DEPTH`.
None is no verdict: whoever gets it asks `strict`.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING

import orjson

from packager.reading.lines import count_lines
from packager.reading.strict import MAX_DEPTH

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packager.model import JsonObject, JsonValue

_KEY_END = re.compile(rb'"[ \t\r\n]*+:')
_BEYOND_64_BITS = 2.0**63
_PLAIN = frozenset({str, bool, int, type(None)})
"""Kinds of values that hold no keys and leave no doubt."""
_FLAT = _PLAIN | {float}
"""Kinds of values that hold no keys."""
_DOUBT = -(1 << 62)
"""So far below zero that no count of keys makes up for it."""


def load_flat(run: bytes) -> list[JsonObject] | None:
    """Return the objects that these whole lines are; None if only the exact parser can tell.

    All must be flat, and begin and end their lines; `load_lines` knows no such conditions, and is slower.

    They are read as one array, with a comma before each LF; inside a string the LF is refused. Why the lines
    are the objects: no key stands twice (see `load_object`), so nothing is hidden, and no object stands in
    another; so every LF, standing in `}LF{`, stands between two objects; and as many lines as objects leave
    no comma between two objects of one line.
    """
    count = count_lines(run)
    if not run.startswith(b"{") or run.count(b"}\n{") != count - 1:
        return None
    try:
        values = orjson.loads((b"[%b0]" if run.endswith(b"\n") else b"[%b\n,0]") % run.replace(b"\n", b",\n"))
    except orjson.JSONDecodeError:
        return None
    values.pop()
    if len(values) != count or not {dict}.issuperset(map(type, values)):
        return None
    inner = list(chain.from_iterable(map(dict.values, values)))
    kinds = list(map(type, inner))
    if not _FLAT.issuperset(kinds) or (float in kinds and _count_keys(inner, 0) < 0):
        return None
    return values if _has_keys(run, len(inner), kinds.count(str)) else None


def load_proven(run: bytes) -> list[JsonObject]:
    """Return the objects that these lines are, which surely are sound, and one each."""
    end = b"[%b0]" if run.endswith(b"\n") else b"[%b\n,0]"
    values: list[JsonObject] = orjson.loads(end % run.replace(b"\n", b",\n"))
    values.pop()
    return values


def load_lines(run: bytes, lines: list[bytes]) -> list[JsonObject] | None:
    """Return the objects that the lines of a run are, one each; None if only the exact parser can tell."""
    try:
        values: list[JsonObject] = list(map(orjson.loads, lines))
    except orjson.JSONDecodeError:
        return None
    if not {dict}.issuperset(map(type, values)):
        return None
    inner = list(chain.from_iterable(map(dict.values, values)))
    kinds = list(map(type, inner))
    if _PLAIN.issuperset(kinds):
        return values if _has_keys(run, len(inner), kinds.count(str)) else None
    keys = len(inner) + _count_keys(inner, MAX_DEPTH - 1)
    return values if keys == _count_key_ends(run) else None


def load_object(data: bytes) -> JsonObject | None:
    """Return the object that is the whole text, None if only the exact parser can tell.

    Why no key stands twice: behind every key of the text stand a quote, perhaps white space, and a colon.
    So the text has at most as many keys as such places (a string may hold one too), and the value has
    fewer keys than the text if one stands twice. As many keys in the value as places in the text: none does.
    """
    if not data.startswith(b"{"):
        return None
    try:
        value: JsonObject = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    kinds = list(map(type, value.values()))
    if _PLAIN.issuperset(kinds) and b"\\" not in data:
        return value if _has_quotes(data, len(kinds), kinds.count(str)) else None
    keys = len(value) + _count_keys(value.values(), MAX_DEPTH - 1)
    return value if keys == len(_KEY_END.findall(data)) else None


def _has_keys(text: bytes, keys: int, strings: int) -> bool:
    """Return whether these lines, of whose flat values so many keys and strings are known, have no more."""
    return _count_key_ends(text) == keys if b"\\" in text else _has_quotes(text, keys, strings)


def _has_quotes(text: bytes, keys: int, strings: int) -> bool:
    """Return the same of a text without escapes: there, each quote begins or ends a key or a string."""
    return text.count(b'"') == 2 * (keys + strings)


def _count_key_ends(text: bytes) -> int:
    # Where no white space stands before any colon, counting is many times faster than the expression.
    # (A single byte is found far faster than two, and tabs and returns are rare.)
    if b" :" in text or any(space in text and space + b":" in text for space in (b"\t", b"\r")):
        return len(_KEY_END.findall(text))
    return text.count(b'":')


def _count_keys(values: Iterable[JsonValue], depth: int) -> int:
    """Return how many keys the values hold at all levels, a number below zero in doubt.

    `depth` is how many objects and arrays may still stand inside one another.
    """
    keys = 0
    for value in values:
        kind = type(value)
        if kind is str:
            continue
        if isinstance(value, float):
            if not -_BEYOND_64_BITS < value < _BEYOND_64_BITS:
                return _DOUBT
        elif isinstance(value, (dict, list)):
            if not depth:
                return _DOUBT
            inner, keys = (value.values(), keys + len(value)) if isinstance(value, dict) else (value, keys)
            keys += _count_keys(inner, depth - 1)
    return keys
