"""Find where the values of all records of a block stand, and prove meanwhile that each record is strict JSON.

Why it is proof. The shape is that of a flat object of distinct keys. The block is valid UTF-8. Of each record
every gap has the very bytes of the shape's gap, from the end of the record before to its own end; so records
follow one another without a byte between. All quotes that no backslash escapes, and all control characters,
are as many as the gaps hold; so none is in a value. A string without quotes, control characters and
backslashes is JSON; those with backslashes are read by orjson. Values that are no strings are read
byte by byte, or by orjson too, as one array: as many numbers and words as records are one in each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import orjson

from packager.framing.scalars import Scalars, read_scalars
from packager.framing.shape import Kind, Shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from packager.framing.form import Member

    Positions = NDArray[np.int64]
    Words = NDArray[np.uint64]

_QUOTE: Final = 0x22
_BACKSLASH: Final = 0x5C
_SPACE: Final = 0x20
_ASCII: Final = 0x7F
_WORD: Final = 8
_MASKS: Final = np.array([(1 << 8 * count) - 1 for count in range(_WORD + 1)], np.uint64)
"""By number of bytes: what leaves so many of a word."""


class Frame:
    """A block of records, all of one shape, and where their values stand."""

    __slots__ = (
        *("begins", "buffer", "clocks", "data", "ends", "escaped", "long", "members", "padded", "rows"),
        *("scalars", "shape", "sizes", "words"),
    )

    def __init__(self, data: bytes, shape: Shape, buffer: NDArray[np.uint8], words: Words) -> None:
        self.data = data
        self.shape = shape
        self.buffer = buffer
        """The bytes."""
        self.words = words
        """The eight bytes from each place on, as one little-endian number."""
        self.rows = 0
        self.begins: list[Positions] = []
        """By key: where each value begins; of a string, behind its quote."""
        self.ends: list[Positions] = []
        self.escaped: dict[int, tuple[Positions, list[str]]] = {}
        """By number of the key: the rows whose string holds a backslash, ascending, and what each says."""
        self.clocks: dict[int, NDArray[np.int64] | None] = {}
        """By number of the key: what `read_clocks` has found."""
        self.members: list[Member] | None = None
        """What `find_members` has found."""
        self.long: dict[int, Positions] = {}
        """By number of the key: what `lengths` has found."""
        self.sizes: Positions | None = None
        """What `measure_forms` has found."""
        self.scalars: dict[int, Scalars] = {}
        """By number of the key: the values that are no strings."""
        self.padded: bytes | None = None
        """What `pad` has made."""

    def record_ends(self) -> Positions:
        """Return where each record ends."""
        return self.ends[-1] + len(self.shape.gaps[-1])

    def lengths(self, key: int) -> Positions:
        """Return the length in bytes of each value of a key, as it is written."""
        if key not in self.long:
            self.long[key] = self.ends[key] - self.begins[key]
        return self.long[key]

    def raw(self, key: int, row: int) -> bytes:
        """Return a value as it is written; of a string, without its quotes."""
        return self.data[self.begins[key][row] : self.ends[key][row]]

    def join(self, key: int, rows: Positions | None = None, *, behind: int = 0) -> bytes:
        """Return the values of a key as they are written, one behind the other, with `behind` bytes more."""
        begins = self.begins[key] if rows is None else self.begins[key][rows]
        lengths = (self.lengths(key) if rows is None else self.lengths(key)[rows]) + behind
        stops = np.cumsum(lengths)
        if not len(stops):
            return b""
        places = np.repeat(begins - stops + lengths, lengths)
        places += np.arange(stops[-1])
        return self.buffer[places].tobytes()

    def first_bytes(self, key: int) -> NDArray[np.uint8]:
        """Return the first byte of each value; behind an empty one, what follows it."""
        return self.buffer[self.begins[key]]

    def changes(self, key: int) -> list[int]:
        """Return the rows whose value of a key is written otherwise than that of the row before."""
        begins, lengths = self.begins[key], self.lengths(key)
        differ = lengths[1:] != lengths[:-1]
        padded = self.pad()
        words = np.ndarray(shape=(len(padded) - _WORD + 1,), dtype="<u8", buffer=padded, strides=(1,))
        for offset in range(0, int(lengths.max()), _WORD):
            left = np.clip(lengths - offset, 0, _WORD)
            found = words[np.minimum(begins + offset, len(words) - 1)] & _MASKS[left]
            differ |= found[1:] != found[:-1]
        rows: list[int] = (np.flatnonzero(differ) + 1).tolist()
        return rows

    def pad(self) -> bytes:
        """Return the data with sixteen zeros behind it, so that as many bytes follow each place."""
        if self.padded is None:
            self.padded = self.data + bytes(2 * _WORD)
        return self.padded

    def cut(self, places: Positions, size: int) -> bytes:
        """Return so many bytes from each of these places on, one text behind the other."""
        # numpy copies a text of up to 64 bytes about as fast as a single number.
        starts = len(self.data) - size + 1
        windows = np.ndarray(shape=(starts,), dtype=f"V{size}", buffer=self.data, strides=(1,))
        return windows[places].tobytes()

    def all_equal(self, key: int, rows: slice = slice(None)) -> bool:
        """Return whether the values of a key are written alike in all these rows."""
        begins, ends = self.begins[key][rows], self.ends[key][rows]
        first = self.data[begins[0] : ends[0]]
        return bool((ends - begins == len(first)).all()) and _stands_at(self, begins, first)


def frame_block(data: bytes, shape: Shape, *, proven: bool = False) -> Frame | None:
    """Return the frame of a block; None if not all of it is provably sound records of this shape.

    `proven` says that the same bytes had a frame of this shape before: what proves is left out.
    """
    if len(data) < _WORD:
        return None
    buffer = np.frombuffer(data, np.uint8)
    words = np.ndarray(shape=(len(data) - _WORD + 1,), dtype="<u8", buffer=data, strides=(1,))
    frame = Frame(data, shape, buffer, words)
    backslashes = np.flatnonzero(buffer == _BACKSLASH) if b"\\" in data else None
    quotes = np.flatnonzero(buffer == _QUOTE)
    if backslashes is not None:
        quotes = _without_escaped(quotes, backslashes, len(data))
    each = sum(gap.count(b'"') for gap in shape.gaps)
    if len(quotes) == 0 or len(quotes) % each:
        return None
    frame.rows = len(quotes) // each
    _place(frame, quotes.reshape(frame.rows, each))
    if not proven and not (_is_clean(frame) and _has_gaps(frame)):
        return None
    if backslashes is not None and not _read_escaped(frame, backslashes):
        return None
    return frame if _read_scalars(frame) else None


def _place(frame: Frame, quotes: Positions) -> None:
    """Tell where values must stand if all records are of the shape, from where quotes are."""
    column = 0
    gaps = frame.shape.gaps
    for number, kind in enumerate(frame.shape.kinds):
        gap = gaps[number]
        last = gap.rfind(b'"')
        column += gap.count(b'"')
        # A gap holds quotes, those of its key at least; behind the last one its length is known.
        frame.begins.append(quotes[:, column - 1] + (len(gap) - last))
        if kind is Kind.STRING:
            frame.ends.append(quotes[:, column])
        elif number + 1 < len(frame.shape.kinds):
            frame.ends.append(quotes[:, column] - gaps[number + 1].find(b'"'))
    if len(frame.ends) < len(frame.shape.kinds):  # the last value is no string, and no quote follows it
        tail = len(gaps[-1])
        # The next record begins where its first quote says.
        next_records = quotes[1:, 0] - gaps[0].find(b'"')
        frame.ends.append(np.append(next_records, len(frame.data)) - tail)


def _is_clean(frame: Frame) -> bool:
    """Return whether the bytes are UTF-8, and have no more control characters than the gaps."""
    data, shape = frame.data, frame.shape
    controls = sum(byte < _SPACE for gap in shape.gaps for byte in gap)
    if np.count_nonzero(frame.buffer < _SPACE) != controls * frame.rows:
        return False
    if frame.buffer.max() <= _ASCII:
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _has_gaps(frame: Frame) -> bool:
    """Return whether the gaps of the shape stand between the values, with nothing else."""
    gaps = frame.shape.gaps
    ends = frame.record_ends()
    before = np.empty_like(ends)
    before[0], before[1:] = 0, ends[:-1]
    if ends[-1] != len(frame.data):
        return False
    for gap, begins, value_ends in zip(gaps, frame.begins, frame.ends, strict=False):
        if not (begins - before == len(gap)).all() or not (value_ends >= begins).all():
            return False
        if not _stands_at(frame, before, gap):
            return False
        before = value_ends
    return _stands_at(frame, before, gaps[-1])


def _stands_at(frame: Frame, places: Positions, text: bytes) -> bool:
    """Return whether a text stands at each of these places, which are inside of the data with all of it."""
    return not text or frame.cut(places, len(text)) == text * len(places)


def _without_escaped(quotes: Positions, backslashes: Positions, size: int) -> Positions:
    """Return the quotes that no backslash escapes."""
    first = np.empty(len(backslashes), bool)
    first[0] = True
    first[1:] = np.diff(backslashes) != 1
    # In a run of backslashes the first escapes the second, the third the fourth.
    begins = np.flatnonzero(first)
    runs = np.cumsum(first) - 1
    escapes = (np.arange(len(backslashes)) - begins[runs]) % 2 == 0
    marked = np.zeros(size + 1, bool)
    marked[backslashes[escapes] + 1] = True
    return quotes[~marked[quotes]]


def _read_escaped(frame: Frame, backslashes: Positions) -> bool:
    """Read the strings that hold a backslash; False if one stands elsewhere, or is not JSON."""
    count = len(frame.begins)
    begins = np.stack(frame.begins, axis=1).ravel()
    values = np.unique(np.searchsorted(begins, backslashes, "right") - 1)
    if values[0] < 0:
        return False
    rows, keys = np.divmod(values, count)
    for key in np.unique(keys).tolist():
        if frame.shape.kinds[key] is not Kind.STRING:
            return False
        own = rows[keys == key]
        texts = _read_strings(frame, key, own)
        if texts is None:
            return False
        frame.escaped[key] = (own, texts)
    return True


def _read_strings(frame: Frame, key: int, rows: Positions) -> list[str] | None:
    data = frame.data
    places = zip((frame.begins[key][rows] - 1).tolist(), (frame.ends[key][rows] + 1).tolist(), strict=True)
    return _load_array([data[begin:end] for begin, end in places])


def _read_scalars(frame: Frame) -> bool:
    for key, kind in enumerate(frame.shape.kinds):
        if kind is Kind.SCALAR:
            found = read_scalars(frame.data, frame.begins[key], frame.ends[key])
            if found is None:
                return False
            frame.scalars[key] = found
    return True


def _load_array(texts: Sequence[bytes]) -> list[Any] | None:
    try:
        values: list[Any] = orjson.loads(b"[" + b",".join(texts) + b"]")
    except orjson.JSONDecodeError:
        return None
    return values if len(values) == len(texts) else None
