"""Make Arrow columns, and the RFC 8785 forms, of the records of a frame. No object is made of a record.

An Arrow string view tells where a text stands: sixteen bytes of length, beginning and place. So columns of
views are arithmetic on positions, and Arrow copies the texts together by itself, as fast as memory goes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from packager.columns.layout import END_SECONDS, RECORDING, SEGMENT, START_SECONDS
from packager.framing import Kind, find_members, measure_forms, read_clocks
from packager.parquet.arrays import make_array, make_nulls, repeat_text, wrap_numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from packager.columns.layout import Layout
    from packager.framing import Frame, Member
    from packager.framing.scalars import Scalars

    Positions = NDArray[np.int64]
    Views = NDArray[np.uint64]

_INLINE: Final = 12
"""Bytes up to which a view holds its text itself."""
_SECOND: Final = 1e9
_HALF: Final = np.uint64(32)
_LOW: Final = np.uint64(0xFFFFFFFF)
_HIGH: Final = np.uint64(0xFFFFFFFF00000000)
_CUT: Final = 64
"""Bytes up to which texts of one length are cut out one by one."""


def make_batch(frame: Frame, layout: Layout, schema: Any, recording: str, first: int) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Return the rows of a frame: records of one recording, the first of which has the number `first`."""
    keys = frame.shape.keys
    source = _Source(frame)
    columns: dict[str, Any] = {
        RECORDING: repeat_text(recording, frame.rows),
        SEGMENT: wrap_numbers(np.arange(first, first + frame.rows, dtype=np.int64)),
    }
    for each in layout.properties:
        type_ = schema.field(each.name).type
        if each.name in keys:
            columns[each.name] = source.column(keys.index(each.name), type_)
        else:
            columns[each.name] = make_nulls(frame.rows, type_)
    if layout.start is not None and layout.end is not None:
        columns[START_SECONDS] = _seconds(frame, layout.start)
        columns[END_SECONDS] = _seconds(frame, layout.end)
    for field in schema:  # `extra`
        columns.setdefault(field.name, pa.nulls(frame.rows, field.type))
    return pa.RecordBatch.from_arrays([columns[field.name] for field in schema], schema=schema)


def write_forms(frame: Frame) -> tuple[memoryview, Positions]:
    """Return the RFC 8785 forms of the records with a comma between each two, and their lengths.

    The brace that ends the last one is left to the caller.
    """
    members = find_members(frame)
    sizes = measure_forms(frame)
    # The brace that ends a form stands with the lead of the next one: fewer pieces to put together.
    leads = [each.lead for each in members]
    leads[0] = b"}," + leads[0]
    source = _Source(frame, b"".join(leads))
    pieces = np.empty((frame.rows, 2 * len(members), 2), np.uint64)
    place = 0
    for number, (lead, member) in enumerate(zip(leads, members, strict=True)):
        pieces[:, 2 * number] = source.constant(lead, place)
        pieces[:, 2 * number + 1] = source.form_views(member)
        place += len(lead)
    text = source.array(pieces.reshape(-1, 2)).cast(pa.large_string())
    return memoryview(text.buffers()[2])[2 : int(sizes.sum()) + frame.rows], sizes


class _Source:
    """The bytes that views of a frame tell of: the block, what was rewritten, and constant texts."""

    def __init__(self, frame: Frame, constants: bytes = b"") -> None:
        self.frame = frame
        self.constants = constants
        self._block = pa.py_buffer(frame.data)
        self._rewritten = bytearray()

    def column(self, key: int, type_: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
        """Return the values of a key as an array."""
        frame = self.frame
        if frame.shape.kinds[key] is Kind.SCALAR:
            return _make_scalars(frame.scalars[key], type_)
        if (texts := _cut_alike(frame, key)) is not None:
            return texts
        views = self._views(frame.begins[key], frame.lengths(key))
        if key in frame.escaped:
            rows, texts = frame.escaped[key]
            self._rewrite(views, rows, [text.encode() for text in texts])
        return self.array(views).cast(pa.string())

    def form_views(self, member: Member) -> Views:
        """Return views of the values of a key as they stand in the forms."""
        frame, key, quotes = self.frame, member.key, member.quotes
        views = self._views(frame.begins[key] - quotes, frame.lengths(key) + 2 * quotes)
        if member.rewritten is not None:
            self._rewrite(views, member.rewritten.rows, member.rewritten.forms)
        return views

    def constant(self, text: bytes, place: int) -> Views:
        """Return the view of a text that stands at this place of the constants."""
        if len(text) <= _INLINE:
            padded = len(text).to_bytes(4, "little") + text.ljust(_INLINE, b"\0")
        else:
            padded = (
                len(text).to_bytes(4, "little")
                + text[:4]
                + (2).to_bytes(4, "little")
                + place.to_bytes(4, "little")
            )
        return np.frombuffer(padded, np.uint64)

    def array(self, views: Views) -> Any:  # noqa: ANN401 - pyarrow has no types
        """Return an array of these views."""
        buffers = [self._block, pa.py_buffer(bytes(self._rewritten)), pa.py_buffer(self.constants)]
        return pa.Array.from_buffers(pa.string_view(), len(views), [None, pa.py_buffer(views), *buffers])

    def _views(self, begins: Positions, lengths: Positions) -> Views:
        # The number of the block is 0, so nothing is to be written of it.
        far = begins.view(np.uint64) << _HALF
        if not len(lengths) or int(lengths.min()) > _INLINE:
            # Only who compares views looks at the first bytes of a text, which may stand in them too.
            return np.stack([lengths.view(np.uint64), far], axis=1)
        padded = self.frame.pad()
        windows = np.ndarray(shape=(len(padded) - 15,), dtype="V16", buffer=padded, strides=(1,))
        # Before the first value there are four bytes at least: a brace, two quotes and a colon.
        views: Views = windows[begins - 4].view(np.uint64).reshape(-1, 2)
        views[:, 0] = views[:, 0] & _HIGH | lengths.view(np.uint64)
        if int(lengths.max()) > _INLINE:
            views[:, 1] = np.where(lengths <= _INLINE, views[:, 1], far)
        return views

    def _rewrite(self, views: Views, rows: Positions, texts: list[bytes]) -> None:
        """Let views tell of other texts."""
        place = len(self._rewritten)
        self._rewritten += b"".join(texts)
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        begins = place + np.cumsum(lengths) - lengths
        data = bytes(self._rewritten) + bytes(16)
        words = np.ndarray(shape=(len(data) - 7,), dtype="<u8", buffer=data, strides=(1,))
        views[rows, 0] = (words[begins] & _LOW) << _HALF | lengths.view(np.uint64)
        far = begins.view(np.uint64) << _HALF | np.uint64(1)
        views[rows, 1] = np.where(lengths <= _INLINE, words[begins + 4], far)


def _cut_alike(frame: Frame, key: int) -> Any | None:  # noqa: ANN401 - pyarrow has no types
    """Return the strings of a key as an array if they have one length, as times have; else None."""
    lengths = frame.lengths(key)
    size = int(lengths[0])
    if key in frame.escaped or not 0 < size <= _CUT or not (lengths == size).all():
        return None
    ends = np.arange(frame.rows + 1, dtype=np.int32) * np.int32(size)
    data = frame.cut(frame.begins[key], size)
    return pa.StringArray.from_buffers(frame.rows, pa.py_buffer(ends), pa.py_buffer(data))


def _make_scalars(scalars: Scalars, type_: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
    values = scalars.values
    if not isinstance(values, list):
        return wrap_numbers(values).cast(type_)
    if type_ == pa.float64() and 0 in values:  # the form, which says what is built, has no -0
        values = [None if value is None else value + 0.0 for value in values]
    return make_array(values, type_)


def _seconds(frame: Frame, name: str) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Return the times of a property in seconds, the nearest float64 of each; null where there is none."""
    if name not in frame.shape.keys:
        return pa.nulls(frame.rows, pa.float64())
    key = frame.shape.keys.index(name)
    if key in frame.scalars:
        return _make_scalars(frame.scalars[key], pa.float64())
    clocks = read_clocks(frame, key)
    assert clocks is not None  # noqa: S101 - only frames whose times could be read are built from
    return wrap_numbers(clocks / _SECOND)
