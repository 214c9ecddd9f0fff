"""Call the roll of all recordings: which there are, and of which group each is.

A `Roll` hears the valid segments of one source, a `Roster` takes the rolls of all, in any order, and says
what is wrong: a group that varies inside a recording, pins that contradict each other or pin nothing, a
recording that is no longer where `splits.lock` says. Memory grows with the recordings, never with segments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias, cast

from packager.canonical import canonical_json, parse_canonical
from packager.check.corpus import find_places
from packager.config import FILE_NAME
from packager.model import Problem, Severity, to_pointer
from packager.recordings import name_group

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from packager.check.rules import Place
    from packager.model import JsonObject, JsonValue, SourceFile
    from packager.splits import Dealer, Lock

_SHOWN: Final = 60  # characters of a value in a message

RollCall: TypeAlias = "tuple[tuple[str, Place, bytes], ...]"
"""Of each recording the first segment, and the first of another group: its name, the place, the group."""


class Roll:
    """Hears the segments of one source, or of many small ones, that are to be built; in order."""

    def __init__(self, group_by: Sequence[str]) -> None:
        self.group_by = group_by
        self._seen: dict[str, dict[bytes, Place]] = {}

    def hear(self, recording: str, segment: JsonObject, place: Place) -> None:
        """Take a segment of a recording."""
        group = name_group(segment, self.group_by)
        seen = self._seen.setdefault(recording, {})
        if group not in seen and len(seen) < 2:
            seen[group] = place

    def finish(self) -> RollCall:
        """Return what was heard."""
        return tuple(
            (name, place, group) for name, seen in self._seen.items() for group, place in seen.items()
        )


class Roster:
    """The recordings of a corpus and their groups."""

    def __init__(self, sources: Sequence[SourceFile], dealer: Dealer, lock: Lock | None) -> None:
        self.sources = sources
        self.dealer = dealer
        self.lock = lock
        self._groups: dict[bytes, bytes] = {}
        """Each group once: many recordings share it."""
        self._first: dict[str, tuple[Place, bytes]] = {}
        self._other: dict[str, tuple[Place, bytes]] = {}
        """Of recordings with more than one group: where the second one comes first."""

    def add(self, roll: RollCall) -> None:
        """Take the roll of a source."""
        for name, place, group in roll:
            heard = (place, self._groups.setdefault(group, group))
            first = self._first.setdefault(name, heard)
            if heard < first:
                self._first[name], heard, first = heard, first, heard
            if heard[1] != first[1]:
                other = self._other.get(name)
                if other is None or heard < other:
                    self._other[name] = heard

    def groups(self) -> dict[str, list[tuple[Place, bytes]]]:
        """Return the groups of each recording, each with its first place: one, or two if it varies."""
        return {
            name: [first, self._other[name]] if name in self._other else [first]
            for name, first in self._first.items()
        }

    def group_of(self, recording: str) -> bytes | None:
        """Return the group of a recording; None if there are no groups."""
        return self._first[recording][1] if self.dealer.deal.group_by else None

    def split_of(self, recording: str) -> str:
        """Return the split of a recording."""
        return self.dealer.place(recording, self.group_of(recording)).split

    def find(self) -> Iterator[Problem]:
        """Yield what is wrong, once all sources are there."""
        for name, other in sorted(self._other.items()):
            yield self._tell_of_groups(name, self._first[name], other)
        if self.dealer.deal.pins:
            yield from self._judge_pins()
        if self.lock is not None:
            yield from self.lock.find_moved((name, self.split_of(name)) for name in self._first)

    def _tell_of_groups(self, name: str, first: tuple[Place, bytes], other: tuple[Place, bytes]) -> Problem:
        (number, segment), group = first
        place = "{}:{}:{}".format(self.sources[number].name, *self._find_place(number, segment, ""))
        group_by = self.dealer.deal.group_by
        pairs = zip(group_by, _values_of(group), _values_of(other[1]), strict=True)
        # As JSON texts: for Python, True is 1.
        key, there, here = next(each for each in pairs if _show(each[1]) != _show(each[2]))
        number, segment = other[0]
        line, column = self._find_place(number, segment, to_pointer([key]))
        return Problem(
            path=self.sources[number].name,
            line=line,
            column=column,
            pointer=to_pointer([key]),
            rule="split/group",
            severity=Severity.ERROR,
            message=f"the recording {name!r} has {_cut(here)} as {key!r} here, and {_cut(there)} at {place}: "
            "a recording is in one group",
        )

    def _find_place(self, source: int, segment: int, pointer: str) -> tuple[int, int]:
        return find_places(self.sources[source], [(segment, pointer)])[segment, pointer]

    def _judge_pins(self) -> Iterator[Problem]:
        unused = dict.fromkeys(self.dealer.deal.pins)
        members: dict[bytes, dict[str, str]] = {}
        """Of each group: its splits, with the first recording in each."""
        for name in sorted(self._first):
            pins = self.dealer.find_pins(name)
            for pin in pins:
                unused.pop(pin, None)
            for split, pattern in pins:
                if split != pins[0][0]:
                    yield _blame_pins(
                        "split/pin-clash",
                        Severity.ERROR,
                        f"{pins[0][1]!r} pins the recording {name!r} to {pins[0][0]}, and {pattern!r} "
                        f"to {split}: decide on one",
                    )
                    break
            if self.dealer.deal.group_by:
                members.setdefault(self._first[name][1], {}).setdefault(self.split_of(name), name)
        for split, pattern in unused:
            message = f"{pattern!r}, pinned to {split}, is the name of no recording and matches none"
            yield _blame_pins("split/pin-unused", Severity.WARNING, message)
        for group, splits in sorted(members.items()):
            if len(splits) > 1:
                told = ", ".join(f"{name!r} is in {split}" for split, name in sorted(splits.items()))
                yield _blame_pins(
                    "split/pin-divides",
                    Severity.WARNING,
                    f"pins divide the group {_cut(group.decode())}: {told}",
                )


def _blame_pins(rule: str, severity: Severity, message: str) -> Problem:
    return Problem(FILE_NAME, 1, 1, "", rule, severity, message)


def _values_of(group: bytes) -> list[JsonValue]:
    return cast("list[JsonValue]", parse_canonical(group))


def _show(value: JsonValue) -> str:
    return canonical_json(value).decode()


def _cut(value: JsonValue) -> str:
    text = value if isinstance(value, str) else _show(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
