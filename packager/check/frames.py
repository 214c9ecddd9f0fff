"""Prove that the records of a frame are valid segments, and read their times; no object is made of any.

The proof errs to one side: what it does not prove is judged as ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from packager.columns.layout import Scalar
from packager.framing import Frame, Kind, read_clocks
from packager.schema.language import make_string_test

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from packager.columns.layout import Layout
    from packager.framing.scalars import Scalars
    from packager.schema.language import Demand
    from packager.schema.validate import SegmentSchema

    Times = NDArray[np.int64] | NDArray[np.float64]

_EXACT: Final = 2**53
"""From here on not every integer is a double."""
_NUMBERS: Final = frozenset({"integer", "number"})
_COLUMNS: Final = {"string": "string", "int64": "integer", "float64": "number", "bool": "boolean"}


class FrameTimes(NamedTuple):
    """When segments start and end."""

    starts: Times
    """Nanoseconds of clocks, or seconds where the source has numbers."""
    ends: Times


def is_valid_frame(frame: Frame, schema: SegmentSchema, layout: Layout) -> bool:
    """Return whether each record surely is a valid segment, and each value fits a column of single values."""
    demands = schema.demands_of(frame.shape.keys)
    if demands is None or not _fits(frame, layout):
        return False
    return all(_meets(frame, key, demand) for key, demand in enumerate(demands))


def read_frame_times(frame: Frame, layout: Layout) -> FrameTimes | None:
    """Return the times of a frame; None if there are none, or not all are times written in one way."""
    keys = frame.shape.keys
    if layout.start not in keys or layout.end not in keys:
        return None
    starts = _read_times(frame, keys.index(layout.start))
    ends = _read_times(frame, keys.index(layout.end))
    if starts is None or ends is None or starts.dtype != ends.dtype:
        return None
    return FrameTimes(starts, ends)


def read_starts(frame: Frame, start: str) -> Times | None:
    """Return when the records start, by the property of this name; None if not all say it in one way."""
    keys = frame.shape.keys
    return _read_times(frame, keys.index(start)) if start in keys else None


def _read_times(frame: Frame, key: int) -> Times | None:
    if frame.shape.kinds[key] is Kind.STRING:
        return read_clocks(frame, key)
    scalars = frame.scalars[key]
    return np.array(scalars.values, np.float64) if scalars.kinds <= _NUMBERS else None


def _fits(frame: Frame, layout: Layout) -> bool:
    """Return whether the values are what columns of single values take as they are."""
    types = {each.name: each.type for each in layout.properties}
    for key, (name, kind) in enumerate(zip(frame.shape.keys, frame.shape.kinds, strict=True)):
        column = types.get(name, Scalar("string") if name == layout.recording_property else None)
        if not isinstance(column, Scalar) or (wanted := _COLUMNS.get(column.name)) is None:
            return False
        if (kind is Kind.STRING) != (wanted == "string") and not _are_null(frame, key):
            return False
        if kind is Kind.SCALAR and not _are_exact(frame.scalars[key]):
            return False
    return True


def _are_null(frame: Frame, key: int) -> bool:
    return key in frame.scalars and frame.scalars[key].kinds == {"null"}


def _are_exact(scalars: Scalars) -> bool:
    least, most = scalars.least, scalars.most
    return least is None or most is None or -_EXACT < least <= most < _EXACT


def _meets(frame: Frame, key: int, demand: Demand) -> bool:
    if frame.shape.kinds[key] is Kind.STRING:
        within = demand.longest is None or _are_within(frame, key, demand.longest)
        return "string" in demand.types and within and _are_among(frame, key, demand)
    kinds = frame.scalars[key].kinds
    if not kinds - ({"integer"} if "number" in demand.types else set()) <= demand.types:
        return False
    return not demand.bounds or _are_between(frame.scalars[key], demand.bounds)


def _are_within(frame: Frame, key: int, longest: int) -> bool:
    """Return whether strings have at most so many characters; in doubt where escapes make it hard to tell."""
    lengths = frame.lengths(key)
    if int(lengths.max()) <= longest:
        return True
    long = np.flatnonzero(lengths > longest).tolist()
    return key not in frame.escaped and all(len(frame.raw(key, row).decode()) <= longest for row in long)


def _are_between(scalars: Scalars, bounds: tuple[tuple[str, float], ...]) -> bool:
    least, most = scalars.least, scalars.most
    if least is None or most is None:
        return True
    tests = {
        "minimum": lambda bound: least >= bound,
        "maximum": lambda bound: most <= bound,
        "exclusiveMinimum": lambda bound: least > bound,
        "exclusiveMaximum": lambda bound: most < bound,
    }
    return all(tests[name](bound) for name, bound in bounds)


def _are_among(frame: Frame, key: int, demand: Demand) -> bool:
    if demand.strings is None:
        return True
    test = make_string_test(demand.strings)
    if test is None:
        return False
    if test.clocks and key not in frame.escaped and (frame.lengths(key) == len("HH:MM:SS")).all():
        return read_clocks(frame, key) is not None or test.matches(frame.join(key, behind=1))
    rows = None
    if test.first_bytes:
        known = np.zeros(256, bool)
        known[list(test.first_bytes)] = True
        rows = np.flatnonzero(~known[frame.first_bytes(key)] | (frame.lengths(key) == 0))
        if not len(rows):
            return True
    return test.matches(frame.join(key, rows, behind=1))
