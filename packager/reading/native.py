r"""Read JSON objects with orjson, where the result is provably that of the exact parser. Pure.

orjson refuses whatever is not JSON, but for four things. Each is guarded here for a whole text at once:

* It keeps the last of two equal keys. Written again, its values hold as many quotes as the text, if and only
  if nothing was lost: each quote of a text is that of a string, or escaped as `\"`; orjson writes the same.
  (One that the text spells `\u0022` is counted as well.)
* Integers beyond 64 bits become floats: they have twenty digits, or nineteen and a minus. (What stands behind
  a point does not count: tools write fractions of twenty digits.)
* What is too small for a double becomes 0: its exponent has three digits, or two hundred zeros are in a row.
* It reads what is nested deeper than `MAX_DEPTH`. What it writes may be nested so deep and no deeper, with as
  many lists around it as bring the values to that limit.

None is no verdict: whoever gets it asks about less, and in the end `strict`.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import orjson

from packager.reading.scan import count_byte
from packager.reading.strict import MAX_DEPTH

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from packager.model import JsonObject

_LARGE = 1 << 16  # bytes from which on numpy counts faster, although it has to be loaded
_DIGITS = 19  # of the smallest integer that needs more than 63 bits
_LONG_NUMBER = re.compile(rb"(?<![.0-9])(?:-[0-9]{19}|[0-9]{20})")
_DIGITS_ALIKE = bytes(ord("0") if chr(code).isdecimal() else ord(" ") for code in range(256))
_ZEROS = b"0" * 200
_SMALL_NUMBER = re.compile(rb"[eE]-[0-9]{3}")
_STRIDE = 4  # four digits so far apart are in a row of nineteen, and never in `HH:MM:SS.fff` or `\\uXXXX`
_MARK = b"\x7f"
_ESCAPED_MARK = b"u007"
_BETWEEN = b',"%b",' % _MARK
_BLANK_LINE = re.compile(rb"(?:^|\n)[ \t\r]*(?:\n|$)")
_ONLY_OBJECTS = frozenset({dict})


class Loaded(NamedTuple):
    """What a text holds."""

    values: list[JsonObject]
    written: bytes
    """The values as orjson writes them, with sorted keys and a comma between each two."""


class Loader(NamedTuple):
    """What many values are asked of at once; each function may always say None."""

    lines: Callable[[bytes], Loaded | None]
    """As `load_lines`."""
    texts: Callable[[Sequence[bytes], bytes], Loaded | None]
    """As `load_texts`."""
    items: Callable[[bytes], Loaded | None]
    """As `load_items`."""


def load_lines(run: bytes) -> Loaded | None:
    """Return the objects that these whole lines are, one each but for blank lines.

    They are read as one array, with a mark between each two that no string of them can be. If as many values
    stand there as lines, and as many marks between them, no line holds two and no value reaches over two.
    """
    if _MARK not in run and not (b"\\" in run and _ESCAPED_MARK in run):
        text = run[:-1] if run.endswith(b"\n") else run
        try:
            values: list[JsonObject] = orjson.loads(b"[%b]" % text.replace(b"\n", _BETWEEN))
        except orjson.JSONDecodeError:
            if _BLANK_LINE.search(run) is None:
                return None
        else:
            marks, values = values[1::2], values[::2]
            breaks = count_byte(text, b"\n")
            if len(values) != breaks + 1 or len(marks) != breaks or marks.count(_MARK.decode()) != breaks:  # type: ignore[arg-type]
                return None
            return _prove(text, values)
    texts = [line for line in run.split(b"\n") if line.strip(b" \t\r")]
    return load_texts(texts, run)


def load_texts(texts: Sequence[bytes], joined: bytes) -> Loaded | None:
    """Return the objects that these texts are, one each; `joined` is all of them, with space between."""
    try:
        values: list[JsonObject] = list(map(orjson.loads, texts))
    except orjson.JSONDecodeError:
        return None
    return _prove(joined, values)


def load_items(items: bytes) -> Loaded | None:
    """Return the objects that stand in this text with commas between them, as in an array.

    If a text that begins where an item of an array does is that, then it ends where an item does: cut off
    inside a string it would leave that open, and cut off deeper a bracket.
    """
    try:
        values: list[JsonObject] = orjson.loads(b"[%b]" % items)
    except orjson.JSONDecodeError:
        return None
    return _prove(items, values)


NATIVE = Loader(load_lines, load_texts, load_items)
EXACT = Loader(lambda _: None, lambda *_: None, lambda _: None)
"""Leaves everything to the exact parser."""


def load_object(data: bytes) -> JsonObject | None:
    """Return the object that is the whole text."""
    loaded = load_texts((data,), data)
    return None if loaded is None else loaded.values[0]


def _prove(text: bytes, values: list[JsonObject]) -> Loaded | None:
    """Return what orjson read in this text, if it is objects and nothing of them was lost."""
    if not _ONLY_OBJECTS.issuperset(map(type, values)):
        return None
    deeper = _find_depth() - MAX_DEPTH - 1
    around: list[object] = list(values)
    for _ in range(deeper):
        around = [around]
    try:
        written = orjson.dumps(around, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:  # too deep
        return None
    quotes = count_byte(text, b'"')
    if b"\\" in text and b"u0022" in text:
        quotes += text.replace(rb"\\", b"").count(rb"\u0022")
    if quotes != count_byte(written, b'"') or _has_doubtful_number(text):
        return None
    return Loaded(values, written[deeper + 1 : -deeper - 1])


@cache
def _find_depth() -> int:
    """Return how deep values may be nested for orjson to write them."""
    value: list[object] = []
    depth = 1
    while True:
        try:
            orjson.dumps(value)
        except orjson.JSONEncodeError:
            return depth - 1
        value = [value]
        depth += 1


def _has_doubtful_number(text: bytes) -> bool:
    """Return whether a number may stand in this text that orjson does not keep as it is."""
    if len(text) < _LARGE:
        if (b"e-" in text or b"E-" in text) and _SMALL_NUMBER.search(text):
            return True
        if b"0" * _DIGITS not in text.translate(_DIGITS_ALIKE):
            return False
        return _ZEROS in text or _LONG_NUMBER.search(text) is not None
    import numpy as np  # noqa: PLC0415 - a check of few segments does without

    codes = np.frombuffer(text, np.uint8)
    sample = _are_digits(codes[::_STRIDE])
    if (sample[:-3] & sample[1:-2] & sample[2:-1] & sample[3:]).any():
        digits = run = _are_digits(codes)
        for step in (1, 2, 4, 8, _DIGITS - 16):  # in a row of 2, 4, 8, 16, and so many
            run = run[:-step] & run[step:]
        begins = np.flatnonzero(run[1:] & ~digits[: max(len(run) - 1, 0)]) + 1
        whole = begins[codes[begins - 1] != ord(".")]
        if digits[whole + _DIGITS].any() or (codes[whole - 1] == ord("-")).any() or _ZEROS in text:
            return True
    minus = np.flatnonzero(codes[1:-4] == ord("-"))
    minus = minus[codes[minus] | 0x20 == ord("e")]
    return bool(np.logical_and.reduce([_are_digits(codes[minus + step]) for step in (2, 3, 4)]).any())


def _are_digits(codes: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return codes - 48 < 10
