"""Count what Arrow tables hold, column by column, never row by row. Exact.

The same rows give the same counts however they are cut into tables. Memory does not grow with the rows: what
is kept are counters of fixed size, and the speakers, of which there may be `MOST_SPEAKERS`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from packager.columns import END_SECONDS, RECORDING, SEGMENT, START_SECONDS
from packager.parquet.arrays import make_texts, view_numbers
from packager.statistics import (
    CENTISECOND,
    MOST,
    MOST_SPEAKERS,
    NANOSECONDS,
    Counts,
    Example,
    Speaker,
    Tally,
    cut_long,
)

_LONGEST: Final = float(2**53 // NANOSECONDS)
"""Seconds; up to here a float64 tells each nanosecond. Times beyond are none that a recording has."""
_ASCII: Final = 0x7F
_MIDDLING: Final = (40, 240)
"""Characters of a text that makes a good example."""
_STRETCH: Final = 1 << 18  # bytes that stay near the processor while they are looked at
_DELETE: Final = 0x7F
_SPACES: Final = (
    *map(chr, range(0x80, 0xA1)),
    *map(chr, range(0x2000, 0x200B)),
    *"\u1680\u2028\u2029\u202f\u205f\u3000",
)
"""The white space and the control characters beyond ASCII."""


class TableTally:
    """Counts the tables of one shard; `text` and `speaker` name columns that need not be there.

    `labels` are the strings for which the numbers of a column stand.
    """

    def __init__(
        self, text: str, speaker: str, labels: Mapping[str, Sequence[str]] = MappingProxyType({})
    ) -> None:
        self._text, self._speaker, self._labels = text, speaker, labels
        self._rows = self._timed = self._nanoseconds = self._words = self._characters = 0
        self._has = {"times": False, "text": False, "speaker": False}
        self._least: int | None = None
        self._most: int | None = None
        self._counts = {name: np.zeros(MOST + 1, np.int64) for name in ("lengths", "characters", "rates")}
        self._filled: dict[str, int] = {}
        self._speakers: dict[str, list[int]] | None = {}
        self._example: Example | None = None

    def add(self, table: Any) -> None:  # noqa: ANN401 - pyarrow has no types
        """Count the rows of a table."""
        if not table.num_rows:
            return
        self._rows += table.num_rows
        for name in table.column_names:
            filled = table.num_rows - table.column(name).null_count
            self._filled[name] = self._filled.get(name, 0) + filled
        lengths = self._add_times(table)
        characters = self._add_texts(table)
        if lengths is not None and characters is not None:
            both = (lengths > 0) & (characters >= 0)
            self._count("rates", characters[both] * (10 * NANOSECONDS) // lengths[both])
        self._add_speakers(table, lengths)
        if self._example is None or self._example.rank:
            self._look_for_example(table, characters)

    def finish(self) -> Tally:
        """Return what was counted."""
        counts: dict[str, Counts] = {}
        for name, array in self._counts.items():
            places = np.flatnonzero(array)
            counts[name] = dict(zip(places.tolist(), array[places].tolist(), strict=True))
        speakers = self._speakers
        return Tally(
            segments=self._rows,
            timed=self._timed if self._has["times"] else None,
            nanoseconds=self._nanoseconds,
            least=self._least,
            most=self._most,
            words=self._words if self._has["text"] else None,
            characters=self._characters,
            speakers=None
            if speakers is None or not self._has["speaker"]
            else {name: Speaker(*both) for name, both in speakers.items()},
            many_speakers=speakers is None,
            filled=self._filled,
            example=self._example,
            length_counts=counts["lengths"],
            character_counts=counts["characters"],
            rate_counts=counts["rates"],
        )

    def _add_times(self, table: Any) -> NDArray[np.int64] | None:  # noqa: ANN401
        """Count the lengths; return them in nanoseconds, -1 where there is none."""
        if START_SECONDS not in table.column_names or END_SECONDS not in table.column_names:
            return None
        self._has["times"] = True
        start, end = (_as_nanoseconds(_one(table.column(name))) for name in (START_SECONDS, END_SECONDS))
        lengths = np.where((start >= 0) & (end >= start), end - start, -1)
        timed = lengths[lengths >= 0]
        if timed.size:
            self._timed += timed.size
            most = int(timed.max())
            # Whole numbers of any size where 64 bits could overflow.
            self._nanoseconds += int(timed.sum()) if most * timed.size < 2**63 else sum(timed.tolist())
            self._least = min(int(timed.min()), most if self._least is None else self._least)
            self._most = max(most, self._most or 0)
            self._count("lengths", timed // CENTISECOND)
        return lengths

    def _add_texts(self, table: Any) -> NDArray[np.int64] | None:  # noqa: ANN401
        """Count words and characters; return the characters of each, -1 where there is no text."""
        column = self._strings(table, self._text)
        if column is None:
            return None
        self._has["text"] = True
        self._words += _count_words(column)
        characters = _count_characters(column)
        texts = characters[characters >= 0] if column.null_count else characters
        self._characters += int(texts.sum())
        self._count("characters", texts)
        return characters

    def _count(self, name: str, values: NDArray[np.int64]) -> None:
        counted = np.bincount(np.minimum(values, MOST))
        self._counts[name][: counted.size] += counted

    def _add_speakers(self, table: Any, lengths: NDArray[np.int64] | None) -> None:  # noqa: ANN401
        column = self._strings(table, self._speaker)
        if column is None:
            return
        self._has["speaker"] = True
        if self._speakers is None:
            return
        coded = column.dictionary_encode()
        names = coded.dictionary.to_pylist()
        codes = view_numbers(coded.indices, len(names))
        rows = np.bincount(codes, minlength=len(names) + 1)
        spoken = np.zeros(len(names) + 1, np.int64)
        if lengths is not None:
            spoken = _sum_by(codes, np.maximum(lengths, 0), len(names) + 1)
        for name, count, nanoseconds in zip(names, rows.tolist(), spoken.tolist(), strict=False):
            kept = self._speakers.setdefault(name, [0, 0])
            kept[0] += count
            kept[1] += nanoseconds
        if len(self._speakers) > MOST_SPEAKERS:
            self._speakers = None

    def _strings(self, table: Any, name: str) -> Any:  # noqa: ANN401
        """Return a column of strings as one array; None if there is none of this name."""
        if name not in table.column_names:
            return None
        column = _one(table.column(name))
        if name in self._labels:
            return make_texts(self._labels[name]).take(column)
        return column if column.type == pa.string() else None

    def _look_for_example(self, table: Any, characters: NDArray[np.int64] | None) -> None:  # noqa: ANN401
        rank = np.zeros(table.num_rows, np.int64)
        for name in table.column_names:
            if table.column(name).null_count:
                rank += 2 * view_numbers(_one(table.column(name)).is_null()).astype(np.int64)
        if characters is not None:
            rank += (characters < _MIDDLING[0]) | (characters > _MIDDLING[1])
        place = int(rank.argmin())
        if self._example is None or rank[place] < self._example.rank:
            row = table.slice(place, 1).to_pylist()[0]
            shown = tuple(
                (name, value.isoformat() if isinstance(value, datetime) else cut_long(value))
                for name, value in row.items()
            )
            self._example = Example(int(rank[place]), row[RECORDING], row[SEGMENT], shown)


def _one(column: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Return a column as one array."""
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)


def _as_nanoseconds(seconds: Any) -> NDArray[np.int64]:  # noqa: ANN401
    """Return times in nanoseconds, exactly as before they became seconds; -1 where there is none."""
    values = view_numbers(seconds, -1.0)
    held = (values >= 0) & (values <= _LONGEST)
    if not held.all():
        values = np.where(held, values, -1e-9)
    nanoseconds: NDArray[np.int64] = np.rint(values * NANOSECONDS).astype(np.int64)
    return nanoseconds


def _view_texts(column: Any) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:  # noqa: ANN401
    """Return where each text begins and ends, and the bytes of all from the first one's begin."""
    offsets = np.frombuffer(column.buffers()[1], np.int32, len(column) + 1, column.offset * 4)
    data = np.frombuffer(column.buffers()[2] or b"", np.uint8)[offsets[0] : offsets[-1]]
    return offsets - offsets[0], data


def _count_characters(column: Any) -> NDArray[np.int64]:  # noqa: ANN401
    """Return the length of each text in characters, -1 where there is none."""
    offsets, data = _view_texts(column)
    if column.null_count or (data.size and data.max() > _ASCII):
        from pyarrow import compute  # noqa: PLC0415 - makes a wrapper of each of its functions

        return view_numbers(compute.utf8_length(column), -1).astype(np.int64)
    return np.diff(offsets).astype(np.int64)


def _count_words(column: Any) -> int:  # noqa: ANN401
    """Count the runs of what is neither white space nor a control character."""
    offsets, data = _view_texts(column)
    if not data.size:
        return 0
    gaps = (data <= ord(" ")) | (data == _DELETE)
    if data.max() > _ASCII:
        for begin in range(0, data.size, _STRETCH):
            _mark_spaces(data[begin : begin + _STRETCH + 2], gaps[begin : begin + _STRETCH + 2])
    begins = offsets[:-1][offsets[1:] > offsets[:-1]][1:]
    inside = int(np.count_nonzero(gaps[:-1] > gaps[1:])) + int(not gaps[0])
    # Two texts that touch without a gap are two words.
    return inside + int(np.count_nonzero(~gaps[begins] & ~gaps[begins - 1]))


def _mark_spaces(data: NDArray[np.uint8], gaps: NDArray[np.bool_]) -> None:
    """Mark the bytes of each of `_SPACES` that is whole here."""
    for start, lasts in _ENDINGS.items():
        size = len(start)
        begins = data[:-size] == start[0]
        for step in range(1, size):
            begins &= data[step : step - size] == start[step]
        places = np.flatnonzero(begins)
        places = places[lasts[data[places + size]]]
        for step in range(size + 1):
            gaps[places + step] = True


def _group(characters: Sequence[str]) -> dict[bytes, NDArray[np.bool_]]:
    """Return what characters begin with in UTF-8, and which last bytes follow it."""
    found: dict[bytes, NDArray[np.bool_]] = {}
    for each in characters:
        *start, last = each.encode()
        found.setdefault(bytes(start), np.zeros(256, np.bool_))[last] = True
    return found


_ENDINGS: Final = _group(_SPACES)


def _sum_by(codes: NDArray[np.int64], values: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return the sum of the values of each code, exactly."""
    if int(values.max()) * values.size < 2**53:
        return np.bincount(codes, values, count).astype(np.int64)
    sums = np.zeros(count, object)
    np.add.at(sums, codes, values.astype(object))
    return sums
