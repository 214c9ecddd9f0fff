"""The segments of a block by property, so that a rule can ask all of them at once. Pure.

A rule's question (`ask`, see `rule`) names segments in which the rule may find something. Each column is made
when it is first asked for, and shared by all rules. Those that are arrays need numpy, which takes longer to
load than a small file to judge: `pack` asks nothing of few segments.

    columns.rows_with("&")                          # the segments with this character in their text
    (columns.ends < columns.starts).nonzero()[0]    # those that end before they start
"""

from __future__ import annotations

from array import array
from functools import cached_property, lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from packager.check.rules.turn import SECOND, read_time, read_turn

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
    from types import ModuleType

    from packager.check.rules.rule import Place
    from packager.check.rules.turn import Properties, Turn
    from packager.model import JsonObject, JsonValue
Array: TypeAlias = Any
"""An array of numpy, which is not imported here."""
_ODD: Final = -0x61C8864680B583EB  # of 64 bits; it scatters

NEVER: Final = -(1 << 63)
"""In a column of times: there is none, or it is no time."""
_FARTHEST: Final = 1 << 61
"""Nanoseconds; the difference of two such times has 64 bits."""
_EXACT: Final = float(1 << 53)
"""From here on not every integer is a double."""
Characters: TypeAlias = "str | Callable[[str], bool]"
"""Some characters; or what tells of a character whether it is one, always the same."""
_BEYOND_ASCII: Final = 0xFF80FF80FF80FF80
_CACHED: Final = 1 << 15
"""Characters at a time: what is made of them stays in the processor's cache."""
_LAST: Final = "\uffff"
"""Stands for all characters beyond it."""
_FEW: Final = 3
"""Characters that are looked for one after the other."""
_CROWD: Final = 50
"""Speakers of a block, beyond which all segments are gone through for each one's first."""
_END: Final = "\n"
"""Behind each text in `characters`."""


class Columns:
    """Segments that follow one another, by property."""

    def __init__(
        self,
        segments: Sequence[JsonObject],
        properties: Properties,
        data: bytes | None = None,
        number: int = 0,
        *,
        asks: bool = True,
    ) -> None:
        """Take segments.

        Args:
            segments: the segments.
            properties: the names of theirs.
            data: JSON text in which all of them stand; None if that is not at hand.
            number: the place of the first one in its source, from 0.
            asks: whether they are so many that it is worth to make arrays.
        """
        self.segments = segments
        self.properties = properties
        self.data = data
        self.number = number
        self.asks = asks
        self._is_exact = True
        self._turns: dict[int, Turn] = {}

    def __len__(self) -> int:
        return len(self.segments)

    def turn(self, index: int) -> Turn:
        """Return a segment as the rules see it."""
        turn = self._turns.get(index)
        if turn is None:
            turn = self._turns[index] = read_turn(self.segments[index], self.properties)
        return turn

    def place(self, index: int) -> Place:
        """Return the place of a segment."""
        return (self.number + index,)

    def places(self, begin: int, end: int) -> Iterable[Place]:
        """Return the places of some segments."""
        return zip(range(self.number + begin, self.number + end))

    # Columns that are lists.

    @cached_property
    def texts(self) -> Sequence[str | None]:
        """What is said; None for what is no string."""
        values = self._values(self.properties.text)
        try:
            self.text = _END.join([*cast("list[str]", values), ""])
        except TypeError:
            return [value if isinstance(value, str) else None for value in values]
        return cast("list[str]", values)

    @cached_property
    def text(self) -> str:
        """All texts, with a line feed behind each."""
        said = self._said
        # Where all are strings, the texts have made it.
        return self.__dict__.get("text") or _END.join([*said, ""])

    @property
    def words(self) -> Sequence[Hashable]:
        """What is said, as `Turn.words`."""
        return self.texts

    @cached_property
    def speakers(self) -> Sequence[Hashable]:
        """Who speaks; None where nobody is named."""
        values = self._values(self.properties.speaker)
        try:
            names = frozenset(values)
        except TypeError:  # a list, or an object
            names = frozenset({None})
        if all(type(name) is str and name and not name.isspace() for name in names):
            self.names = cast("frozenset[Hashable]", names)
            return cast("list[Hashable]", values)
        speakers = [value if isinstance(value, str) and value.strip() else None for value in values]
        self.names = frozenset(speakers)
        return speakers

    @cached_property
    def names(self) -> frozenset[Hashable]:
        """The speakers, each once; with None if somewhere nobody is named."""
        return frozenset(self.speakers)

    def divide_text(self) -> tuple[bytes | memoryview, bytes | memoryview]:
        """Return the lower and the higher bytes of all texts in UTF-16, with a line feed behind each text.

        What they are does not depend on how segments are divided into blocks.
        """
        if not self.asks:
            units = self.text.encode("utf-16-le", "surrogatepass")
            return units[::2], units[1::2]
        if self.characters.itemsize == 1:
            return self.characters.data, bytes(len(self.characters))
        return (self._units & 0xFF).astype("u1").data, (self._units >> 8).astype("u1").data

    def list_sizes(self) -> bytes:
        """Return the length of each text in characters, in 64 bits."""
        sizes = self.sizes if self.asks else array("q", map(len, self._said))
        found: bytes = sizes.tobytes()
        return found

    def list_times(self) -> tuple[list[int], list[int]]:
        """Return `starts` and `ends`."""
        if self.asks:
            return self.starts.tolist(), self.ends.tolist()
        keys = self.properties.start, self.properties.end
        starts, ends = ([_near(read_time(value)) for value in self._values(key)] for key in keys)
        return starts, ends

    def rows_of_size(self, least: int) -> list[int]:
        """Return the segments whose texts have so many characters at least."""
        if self.asks:
            return cast("list[int]", (self.sizes >= least).nonzero()[0].tolist())
        return [row for row, text in enumerate(self._said) if len(text) >= least]

    # Columns that are arrays.

    def first_rows(self) -> list[tuple[str, int]]:
        """Return each speaker with the first of their segments, in the order of these."""
        if len(self.names) <= _CROWD:
            rows = [(name, self.speakers.index(name)) for name in self.names]
        else:
            rows = [*dict(zip(reversed(self.speakers), range(len(self) - 1, -1, -1), strict=True)).items()]
        return [(name, row) for name, row in sorted(rows, key=itemgetter(1)) if isinstance(name, str)]

    def rows_by_speaker(self) -> Iterator[tuple[Hashable, Array]]:
        """Yield each speaker with the indices of their segments."""
        np = _numpy()
        numbers = {name: number for number, name in enumerate(self.names)}
        spoken = np.fromiter(map(numbers.__getitem__, self.speakers), "int64", len(self))
        for name, number in numbers.items():
            if name is not None:
                yield name, (spoken == number).nonzero()[0]

    @cached_property
    def starts(self) -> Array:
        """When they start, in nanoseconds; `NEVER` if nobody knows."""
        return self._read_times(self.properties.start)

    @cached_property
    def ends(self) -> Array:
        """When they end, in nanoseconds; `NEVER` if nobody knows."""
        return self._read_times(self.properties.end)

    def are_times_exact(self) -> bool:
        """Return whether `starts` and `ends` hold all times; what is 70 years away is not in them."""
        return len(self.starts) == len(self.ends) and self._is_exact

    @cached_property
    def lengths(self) -> Array:
        """How long they are, in nanoseconds; `NEVER` if nobody knows."""
        starts, ends = self.starts, self.ends
        return _numpy().where((starts == NEVER) | (ends == NEVER), NEVER, ends - starts)

    @cached_property
    def sizes(self) -> Array:
        """The lengths of the texts, in characters."""
        return _numpy().fromiter(map(len, self._said), "int64", len(self._said))

    @cached_property
    def characters(self) -> Array:
        """The characters of all texts, one after the other, with a line feed behind each text.

        As their numbers; those beyond U+FFFF as U+FFFF.
        """
        np = _numpy()
        if self.text.isascii():
            return np.frombuffer(self.text.encode(), "u1")
        if len(self._units) == len(self.text):
            return self._units
        wide = np.frombuffer(self.text.encode("utf-32-le", "surrogatepass"), "<u4")
        return np.minimum(wide, ord(_LAST)).astype("<u2")

    @cached_property
    def _units(self) -> Array:
        return _numpy().frombuffer(self.text.encode("utf-16-le", "surrogatepass"), "<u2")

    @cached_property
    def offsets(self) -> Array:
        """Where each text begins in `characters`."""
        ends = (self.sizes + 1).cumsum()
        return ends - self.sizes - 1

    @cached_property
    def _occurs(self) -> Array:
        """Whether a character occurs in the texts, by its number; of printable ASCII, whether it may.

        Of 128 characters, if none is beyond them.
        """
        np, characters = _numpy(), self.characters
        occurs = np.zeros(128 if characters.itemsize == 1 else 1 << 16, bool)
        occurs[32:127] = occurs[ord(_END)] = True
        if np.count_nonzero(characters < 32) > len(self) or "\x7f" in self.text:
            occurs[:128] = True
        if characters.itemsize > 1:
            # Four at a time are looked at where most are ASCII.
            fours = characters[: len(characters) // 4 * 4].view("<u8") & _BEYOND_ASCII
            beyond = (fours != 0).nonzero()[0]
            if len(beyond) * 2 < len(fours):
                occurs[characters[: len(fours) * 4].reshape(-1, 4)[beyond].ravel()] = True
                occurs[characters[len(fours) * 4 :]] = True
            else:
                for begin in range(0, len(characters), _CACHED):
                    occurs[characters[begin : begin + _CACHED].astype("intp")] = True
        return occurs

    def rows_with(self, which: Characters) -> Array:
        """Return the segments in whose texts one of these characters occurs."""
        return self._rows_at(self._find(which))

    def rows_with_pair(self, one: str, other: str) -> Array:
        """Return the segments in whose texts one of some characters is followed by one of others."""
        at = self._find(one)
        return self._rows_at(at[_table(other)[self.characters[at + 1]]])

    def rows_beginning(self, characters: str) -> Array:
        """Return the segments whose texts begin with one of these characters, or are empty."""
        return _table(characters + _END)[self.characters[self.offsets]].nonzero()[0]

    def rows_ending(self, characters: str) -> Array:
        """Return the segments whose texts end with one of these characters, or are empty."""
        return _table(characters + _END)[self.characters[self.offsets + self.sizes - 1]].nonzero()[0]

    def cut(self, rows: Sequence[int] | Array, begin: int, size: int) -> Array:
        """Return some characters of each of these texts, a text a row, from a place in it that it has.

        What is beyond the end of the text is of the next ones.
        """
        np, characters = _numpy(), self.characters
        begins, last = self.offsets[rows] + begin, len(characters) - size
        if last < 0:
            return np.resize(characters, (len(begins), size))
        parts = np.lib.stride_tricks.sliding_window_view(characters, size)[np.minimum(begins, last)]
        for row in (begins > last).nonzero()[0].tolist():
            parts[row] = np.resize(characters[begins[row] :], size)
        return parts

    def _find(self, which: Characters) -> Array:
        """Return where these characters stand in `characters`."""
        table = _table(which) if isinstance(which, str) else _ask_each(which, self._occurs)
        found = (self._occurs & table[: len(self._occurs)]).nonzero()[0].tolist()
        stands = _numpy().zeros(len(self.characters) if found else 0, bool)
        if len(found) > _FEW:
            stands = table[self.characters]
        else:
            for number in found:
                if chr(number) in self.text or number == ord(_LAST):
                    stands |= self.characters == number
        return stands.nonzero()[0] if stands.any() else _numpy().zeros(0, "intp")

    def _rows_at(self, places: Array) -> Array:
        np = _numpy()
        return np.unique(np.searchsorted(self.offsets, places, "right") - 1)

    @cached_property
    def _said(self) -> Sequence[str]:
        texts = self.texts
        if "text" in self.__dict__ or None not in texts:
            return cast("Sequence[str]", texts)
        return [text or "" for text in texts]

    def _read_times(self, key: str | None) -> Array:
        values = self._values(key)
        times, is_exact = read_times(values)
        self._is_exact = self._is_exact and is_exact
        return times

    def _values(self, key: str | None) -> list[JsonValue]:
        if key is None:
            return [None] * len(self.segments)
        try:
            return list(map(itemgetter(key), self.segments))
        except KeyError:
            return [segment.get(key) for segment in self.segments]


def clip(time: int | None) -> int:
    """Return the nearest time that an array can hold, and add another one to; `NEVER` for None."""
    return NEVER if time is None else max(min(time, _FARTHEST), NEVER)


def find_latest_before(times: Array, before: int) -> Array:
    """Return for each of these times the latest one before it; `before` is the latest of all earlier ones."""
    np = _numpy()
    return np.maximum.accumulate(np.concatenate(([clip(before)], times[:-1])))


def mix_times(starts: Array, ends: Array) -> Array:
    """Return a number of each segment that is the same where both times are; and seldom elsewhere."""
    return starts * _ODD ^ ends


def mix_all_times(times: Iterable[tuple[Sequence[int], Sequence[int]]]) -> Array:
    """Return `mix_times` of many starts and ends, which come as lists or arrays."""
    np = _numpy()
    mixed = [mix_times(np.array(starts, "int64"), np.array(ends, "int64")) for starts, ends in times]
    return np.concatenate(mixed) if mixed else np.empty(0, "int64")


def find_repeated(numbers: Array, before: Array) -> Array:
    """Return which of these numbers were there before, in `before` or among these themselves."""
    np = _numpy()
    repeated = np.isin(numbers, before)
    order = np.argsort(numbers, kind="stable")
    repeated[order[1:]] |= numbers[order[1:]] == numbers[order[:-1]]
    return repeated


def read_times(values: Sequence[JsonValue]) -> tuple[Array, bool]:
    """Return `turn.read_time` of each, `NEVER` for None; and whether all are there.

    What has more than 62 bits is not.
    """
    np = _numpy()
    try:
        return _read_clocks(cast("Sequence[str]", values))
    except TypeError:  # not all are strings
        kinds = set(map(type, values))
    if kinds == {type(None)}:
        return np.full(len(values), NEVER), True
    if kinds and kinds <= {int, float}:
        return _read_numbers(values)
    times, is_exact = np.full(len(values), NEVER), True
    ways: tuple[tuple[Callable[[Sequence[Any]], tuple[Array, bool]], set[type]], ...]
    ways = (_read_clocks, {str}), (_read_numbers, {int, float})
    for read, wanted in ways:
        rows = [row for row, value in enumerate(values) if type(value) in wanted]
        if rows:
            times[rows], exact = read([values[row] for row in rows])
            is_exact = is_exact and exact
    return times, is_exact


def _read_clocks(values: Sequence[str]) -> tuple[Array, bool]:
    """Return the nanoseconds of `HH:MM:SS` with or without a fraction."""
    from packager.clocks import read_alike, read_clocks  # noqa: PLC0415 - it needs numpy

    np = _numpy()
    if not values:
        return np.zeros(0, "int64"), True
    data = np.frombuffer(_END.join([*values, ""]).encode("latin-1", "replace"), "u1")
    if len(data) % len(values) == 0:
        lines = data.reshape(len(values), -1)
        times, good = read_alike(lines[:, :-1])
        if good.all() and (lines[:, -1] == ord(_END)).all():
            return times, True
    sizes = np.fromiter(map(len, values), "int64", len(values))
    begins = (sizes + 1).cumsum() - sizes - 1
    return _read_rest(values, *read_clocks(data, begins, sizes))


def _read_numbers(values: Sequence[JsonValue]) -> tuple[Array, bool]:
    np = _numpy()
    try:
        seconds = np.array(values, "f8")
    except OverflowError:
        return _read_rest(values, np.full(len(values), NEVER), np.zeros(len(values), bool))
    good = np.abs(seconds) < _EXACT / SECOND
    return _read_rest(values, np.rint(np.where(good, seconds, 0) * SECOND).astype("int64"), good)


def _read_rest(values: Sequence[JsonValue], times: Array, good: Array) -> tuple[Array, bool]:
    """Read the times that are not yet read, one by one."""
    is_exact = True
    for row in (~good).nonzero()[0].tolist():
        time = read_time(values[row])
        times[row] = _near(time)
        is_exact = is_exact and time in {None, int(times[row])}
    return times, is_exact


def _near(time: int | None) -> int:
    return time if time is not None and -_FARTHEST < time < _FARTHEST else NEVER


def _ask_each(holds: Callable[[str], bool], occurs: Array) -> Array:
    """Return which of the characters that occur have a property; of each it is asked once."""
    known, table = _tables(holds)
    for number in (occurs & ~known[: len(occurs)]).nonzero()[0].tolist():
        table[number] = holds(chr(number))
    known[: len(occurs)] |= occurs
    return table


@lru_cache(maxsize=16)
def _tables(_: Callable[[str], bool]) -> tuple[Array, Array]:
    np = _numpy()
    return np.zeros(1 << 16, bool), np.zeros(1 << 16, bool)


@lru_cache(maxsize=64)
def _table(characters: str) -> Array:
    """Return which numbers are those of these characters."""
    np = _numpy()
    table = np.zeros(1 << 16, bool)
    table[[min(ord(each), ord(_LAST)) for each in characters]] = True
    return table


def _numpy() -> ModuleType:
    import numpy as np  # noqa: PLC0415 - most checks are of few segments, and do without

    return np
