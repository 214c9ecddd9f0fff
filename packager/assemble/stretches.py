"""Tell of the records of a frame which stand together in one recording, and what a build needs of them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from packager.framing import measure_forms, read_clocks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packager.columns.layout import Layout
    from packager.framing import Frame
    from packager.model import JsonObject

_FEWEST: Final = 8
"""Records that a stretch must have on average; shorter ones are better brought together by recording."""


class Stretch(NamedTuple):
    """Records of one recording, one behind the other."""

    recording: str
    first: int
    stop: int
    """Rows of the frame."""
    begin: int
    end: int
    """Bytes of its block."""
    size: int
    """Length of the RFC 8785 forms."""


def find_stretches(
    frame: Frame, layout: Layout, recording: str | None, group_by: Sequence[str]
) -> list[Stretch] | None:
    """Return the stretches of a frame; None if its records are to be taken one by one.

    `recording` names the recording of all; None: a property does. In each stretch the properties of
    `group_by` are written alike.
    """
    keys = frame.shape.keys
    if not _tells_times(frame, layout):
        return None
    if recording is None:
        if layout.recording_property not in keys:
            return None
        key = keys.index(layout.recording_property)
        edges = [0, *frame.changes(key), frame.rows]
        if len(edges) * _FEWEST > frame.rows + 2 * _FEWEST:
            return None
        names = [orjson.loads(b'"%b"' % frame.raw(key, row)) for row in edges[:-1]]
    else:
        edges, names = [0, frame.rows], [recording]
    rows = [slice(*pair) for pair in pairwise(edges)]
    grouping = [keys.index(key) for key in group_by if key in keys]
    if not all(frame.all_equal(key, each) for key in grouping for each in rows):
        return None
    sizes = measure_forms(frame)
    ends = frame.record_ends()
    return [
        Stretch(
            recording=name,
            first=each.start,
            stop=each.stop,
            begin=int(ends[each.start - 1]) if each.start else 0,
            end=int(ends[each.stop - 1]),
            size=int(sizes[each].sum()),
        )
        for name, each in zip(names, rows, strict=True)
    ]


def _tells_times(frame: Frame, layout: Layout) -> bool:
    """Return whether the columns of seconds can be made of the frame; rules may not have asked."""
    if layout.start is None or layout.end is None:
        return True
    keys = frame.shape.keys
    return all(_has_times(frame, keys.index(name)) for name in (layout.start, layout.end) if name in keys)


def _has_times(frame: Frame, key: int) -> bool:
    if key in frame.scalars:
        return "boolean" not in frame.scalars[key].kinds
    return read_clocks(frame, key) is not None


def read_record(frame: Frame, stretch: Stretch) -> JsonObject:
    """Return the first segment of a stretch."""
    ends = frame.record_ends()
    begin = int(ends[stretch.first - 1]) if stretch.first else 0
    segment: JsonObject = orjson.loads(frame.data[begin : ends[stretch.first]])
    return segment
