"""Say what the RFC 8785 form of each record is made of, and how long it is, without writing it.

The form has the keys in the order of their UTF-16 units. Most values stand in
the source as they do in the form: a string without a backslash, a number that ECMA-262 would write so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import orjson

from packager.canonical import canonical_json
from packager.framing.shape import Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from packager.framing.frame import Frame


class Rewritten(NamedTuple):
    """Values of a key whose form is not what stands in the source."""

    rows: NDArray[np.int64]
    """Ascending."""
    forms: list[bytes]


class Member(NamedTuple):
    """A key in the form of every record."""

    key: int
    """Its number in the shape."""
    lead: bytes
    """What stands before the value: `{"End":` or `,"Text":`."""
    quotes: int
    """How many quotes around the value stand in the source outside of its span: 1 on each side, or none."""
    rewritten: Rewritten | None


def find_members(frame: Frame) -> list[Member]:
    """Return the keys of a frame in the order of the form."""
    if frame.members is None:
        frame.members = _find_members(frame)
    return frame.members


def _find_members(frame: Frame) -> list[Member]:
    keys = frame.shape.keys
    order = sorted(range(len(keys)), key=lambda key: keys[key].encode("utf-16-be"))
    members = []
    for place, key in enumerate(order):
        lead = (b"," if place else b"{") + orjson.dumps(keys[key]) + b":"
        is_string = frame.shape.kinds[key] is Kind.STRING
        rewritten = _rewrite_strings(frame, key) if is_string else _rewrite_scalars(frame, key)
        members.append(Member(key, lead, int(is_string), rewritten))
    return members


def measure_forms(frame: Frame) -> NDArray[np.int64]:
    """Return the length in bytes of the form of each record."""
    if frame.sizes is None:
        frame.sizes = _measure_forms(frame, find_members(frame))
    return frame.sizes


def _measure_forms(frame: Frame, members: list[Member]) -> NDArray[np.int64]:
    sizes = np.full(frame.rows, sum(len(each.lead) + 2 * each.quotes for each in members) + 1, np.int64)
    for each in members:
        lengths = frame.lengths(each.key)
        if each.rewritten is not None:
            lengths = lengths.copy()
            forms = np.fromiter(map(len, each.rewritten.forms), np.int64, len(each.rewritten.forms))
            lengths[each.rewritten.rows] = forms - 2 * each.quotes
        sizes += lengths
    return sizes


def _rewrite_strings(frame: Frame, key: int) -> Rewritten | None:
    if key not in frame.escaped:
        return None
    rows, texts = frame.escaped[key]
    return Rewritten(rows, list(map(orjson.dumps, texts)))


def _rewrite_scalars(frame: Frame, key: int) -> Rewritten | None:
    scalars = frame.scalars[key]
    if not len(scalars.odd):
        return None
    values = scalars.values
    odd = [values[row] for row in scalars.odd.tolist()]
    if not isinstance(values, list):
        odd = [value.item() for value in odd]
    return Rewritten(scalars.odd, list(map(canonical_json, odd)))
