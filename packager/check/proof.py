"""Prove whole blocks of lines sound, valid and in order without making anything of them.

Two proofs are tried, in this order. A *frame* finds where every value stands; it needs lines that are
written alike. A *language*, that of `schema.language`, reads the lines as one text; keys may be absent there.
Whatever neither proves is judged as ever.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from packager.times import are_in_order

if TYPE_CHECKING:
    from collections.abc import Callable

    from packager.check.rules import RulePack
    from packager.columns.layout import Layout
    from packager.framing import Frame
    from packager.schema.language import Line
    from packager.schema.validate import SegmentSchema

_LEAST_BYTES: Final = 1 << 15
"""Of a block; with fewer, finding and loading the means costs more than it saves."""
LEAST_WITH_ARROW: Final = 1 << 11
"""The same in a build, which loads them anyway."""
_LONG_LINE: Final = 1000
"""Bytes; long lines are mostly one string, which a parser passes over faster than an automaton does."""


class Spelled(NamedTuple):
    """Lines that are proven by their language."""

    layout: Line
    data: bytes


class Proof:
    """What is known of the lines of one file."""

    def __init__(self, schema: SegmentSchema, layout: Layout, *, least: int | None = None) -> None:
        self.schema = schema
        self.layout = layout
        self.least = _LEAST_BYTES if least is None else least
        """Bytes of a block that are worth it."""

    def frame(self, run: bytes) -> tuple[Frame, int] | None:
        """Return the frame of whole lines, surely sound and valid, one flat object each; and their number."""
        end = run.find(b"\n") + 1
        if len(run) < self.least or not end:
            return None
        # Most checks are of small files, and do without.
        from packager.check.frames import is_valid_frame  # noqa: PLC0415
        from packager.framing import find_shape, frame_block  # noqa: PLC0415

        shape = find_shape(run[:end])
        if (
            shape is None
            or not shape.gaps[-1].endswith(b"\n")
            or sum(gap.count(b"\n") for gap in shape.gaps) > 1
        ):
            return None
        frame = frame_block(run if run.endswith(b"\n") else run + b"\n", shape)
        if frame is None or not is_valid_frame(frame, self.schema, self.layout):
            return None
        return frame, frame.rows

    def spell(self, run: bytes) -> Spelled | None:
        """Return the same lines with their layout, if their language holds them."""
        end = run.find(b"\n")
        if len(run) < _LEAST_BYTES or not 0 < end < _LONG_LINE:
            return None
        from packager.schema.language import find_layout  # noqa: PLC0415 - as above

        layout = find_layout(run[:end])
        language = None if layout is None else self.schema.language_of(layout)
        return Spelled(layout, run) if layout is not None and language is not None and language(run) else None

    def clears(self, proven: object, pack: RulePack) -> bool:
        """Return whether lines are proven, each names a recording, and these rules find nothing in them.

        That is asked only of rules about the order of times and about secrets; all others look at texts.
        """
        key = self.layout.recording_property
        if proven is None or (key is not None and not _names_recordings(proven, key)):
            return False
        start, end = pack.properties.start, pack.properties.end
        if not pack.severities:
            return True
        if not pack.about_order or start is None or end is None:
            return False
        data = proven.data if isinstance(proven, Spelled) else cast("Frame", proven).data
        if pack.may_find_secret(data):
            return False
        if isinstance(proven, Spelled):
            return _are_in_order(proven, start, end)
        return self._is_in_order(cast("Frame", proven))

    def _is_in_order(self, frame: Frame) -> bool:
        from packager.check.frames import read_frame_times  # noqa: PLC0415 - as above

        times = read_frame_times(frame, self.layout)
        return times is not None and bool((times.starts <= times.ends).all())


def _names_recordings(proven: object, key: str) -> bool:
    """Return whether each line surely has a string there that is not empty."""
    if isinstance(proven, Spelled):
        return False
    frame = cast("Frame", proven)
    keys = frame.shape.keys
    return key in keys and (at := keys.index(key)) not in frame.scalars and bool(frame.lengths(at).all())


def _are_in_order(proven: Spelled, start: str, end: str) -> bool:
    rows = _columns(proven.layout, start, end)(proven.data)
    if rows is None:
        return False
    starts, ends = zip(*rows, strict=True)
    return are_in_order(starts, ends)


@lru_cache(maxsize=16)
def _columns(layout: Line, start: str, end: str) -> Callable[[bytes], list[tuple[bytes, ...]] | None]:
    from packager.schema.language import make_columns  # noqa: PLC0415 - as above

    return make_columns(layout, (start, end))
