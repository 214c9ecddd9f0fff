"""Judge what no source shows alone: recordings in many sources, names, copies, texts in two splits.

What is held grows with the problems and, in millions of segments, with the digests that `ledger` bounds; the
order in which sources come does not matter, so that any number of workers find the same. A finding stands at
the later place and names the other.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from packager.check.evidence import RECORDINGS, TEXTS, TRACES
from packager.check.ledger import DIGEST, Ledger, Pile
from packager.check.rules import OTHER, Columns, Evidence, Finding, Memory, Sighting
from packager.check.rules.columns import NEVER
from packager.check.rules.duplicates import RECORDING_CHARACTERS
from packager.check.rules.turn import Turn
from packager.model import Problem, to_pointer
from packager.reading import Empty, Unreadable, locate, read_items

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
    from pathlib import Path

    from packager.check.evidence import SourceEvidence
    from packager.check.rules import Place, RulePack
    from packager.check.rules.columns import Array
    from packager.model import SourceFile

_NAMES: Final = 100_000  # speakers of a corpus that are compared


_NOBODY: Final = bytes(8)
_NOTHING: Final = bytes(DIGEST)

Located: TypeAlias = "tuple[Place, Finding]"


class Corpus:
    """What all sources said so far."""

    def __init__(
        self,
        sources: Sequence[SourceFile],
        pack_of: Callable[[str], RulePack],
        *,
        uniform: bool = False,
        splits: Sequence[str] = (),
        folder: Path | None = None,
    ) -> None:
        """Begin with nothing.

        Args:
            sources: all of them; evidence tells them by their number.
            pack_of: the rules that hold for the source of a name.
            uniform: whether these are the same for all.
            splits: the names of the splits; a text's split is a number of these.
            folder: where to put what is too much to be held; None: hold it.
        """
        self.sources = sources
        self.pack_of = pack_of
        self.uniform = uniform
        self.splits = splits
        self._names: dict[str, Place] = {}
        self._texts = Ledger(TEXTS.size, None if folder is None else folder / "texts")
        self._near = Ledger(TEXTS.size, None if folder is None else folder / "near")
        self._voices: dict[tuple[str, int], Place] = {}
        self._recordings = Ledger(RECORDINGS.size, None if folder is None else folder / "recordings")
        self._traces = Ledger(TRACES.size, None if folder is None else folder / "traces")
        self.seen: set[str] = set()
        """Which of start, end, text and speaker some segment has."""
        self.keys: tuple[str, ...] = ()
        """The properties of a segment of the first source that has any."""
        self._copies: dict[int, bytes] = {}
        """The digest of each source that is a copy of another one."""

    def add(self, evidence: SourceEvidence) -> None:
        """Take what came of a source."""
        self.seen |= evidence.seen
        self.keys = self.keys or evidence.keys
        for name, place in evidence.names:
            if name in self._names or len(self._names) < _NAMES:
                self._names[name] = min(place, self._names.get(name, place))
        self._add_recording(evidence.recording)
        for name, split, place in evidence.voices:
            if (name, split) in self._voices or len(self._voices) < _NAMES:
                self._voices[name, split] = min(place, self._voices.get((name, split), place))
        self._texts.add(evidence.texts)
        self._near.add(evidence.near)
        self._traces.add(evidence.traces)

    def find(self) -> Iterator[Problem]:
        """Yield what is wrong, once all sources are there."""
        yield from place_findings(self.sources, self._judge())

    def _judge(self) -> Iterator[Located]:
        for group in self._traces.groups():
            yield from self._judge_recording(group)
        names = [Sighting(place, name) for name, place in self._names.items()]
        yield from self._judge_together(Evidence.NAMES, sorted(names))
        for group in self._recordings.groups(least=2):
            sightings = [
                Sighting((source, number), "") for _, source, number in RECORDINGS.iter_unpack(group)
            ]
            self._copies |= {sighting.place[0]: group[:DIGEST] for sighting in sightings}
            yield from self._judge_together(Evidence.RECORDINGS, sightings)
        yield from self._judge_splits()

    def _judge_splits(self) -> Iterator[Located]:
        told: set[Place] = set()
        """Where a text is equal to one of another split: that it is nearly so goes without saying."""
        for group in self._texts.groups(least=2):
            for place, finding in self._judge_together(Evidence.TEXTS, self._read_texts(group)):
                told.add(place)
                yield place, finding
        for group in self._near.groups(least=2):
            for place, finding in self._judge_together(Evidence.NEAR_TEXTS, self._read_texts(group)):
                if place not in told:
                    yield place, finding
        voices = sorted(self._voices.items())
        sightings = [Sighting(place, self.splits[split], name) for (name, split), place in voices]
        yield from self._judge_together(Evidence.VOICES, sightings)

    def _judge_recording(self, records: bytes) -> Iterator[Located]:
        """Judge the segments of a recording that lies in many sources, as if it were one."""
        rows = list(map(_Trace._make, TRACES.iter_unpack(records)))
        if all(row.single for row in rows):
            # Segments that are files of their own are put in order by their start, if they have one.
            rows.sort(key=_Trace.order)
        pack = self.pack_of(self.sources[rows[0].source].name)
        columns = _Traces(rows, pack)
        if self.uniform:
            for index, finding in pack.judge_after(columns, Memory()):
                yield columns.place(index), finding
        else:
            yield from self._judge_one_by_one(columns)
        if sum(row.size for row in rows) >= pack.limits[RECORDING_CHARACTERS.name]:
            digest = hashlib.sha256(b"".join(row.text for row in rows)).digest()[:DIGEST]
            self._add_recording(RECORDINGS.pack(digest, rows[0].source, rows[0].number))

    def _judge_one_by_one(self, columns: _Traces) -> Iterator[Located]:
        """Judge each segment by the rules of its source."""
        memory = Memory()
        for index, row in enumerate(columns.rows):
            turn, place = columns.turn(index), columns.place(index)
            for finding in self.pack_of(self.sources[row.source].name).judge_next(turn, memory):
                yield place, finding
            memory.add(turn, place)

    def _judge_together(self, evidence: Evidence, sightings: Sequence[Sighting]) -> Iterator[Located]:
        packs = {self.pack_of(self.sources[each.place[0]].name) for each in sightings}
        checks = {rule_id: check for pack in packs for rule_id, check in pack.of_corpus}
        for rule_id, check in checks.items():
            if check.evidence is not evidence:
                continue
            for sighting, flaw in check.find(sightings, next(iter(packs)).limits):
                pack = self.pack_of(self.sources[sighting.place[0]].name)
                if rule_id in pack.severities:
                    yield sighting.place, pack.describe(rule_id, flaw)

    def _read_texts(self, group: bytes) -> list[Sighting]:
        """Return where a text stands, but for copies of recordings, which are reported as such."""
        records = list(TEXTS.iter_unpack(group))
        first = self._copies.get(records[0][1])
        return [
            Sighting((source, number), self.splits[split])
            for index, (_, source, number, split) in enumerate(records)
            if index == 0 or first is None or self._copies.get(source) != first
        ]

    def _add_recording(self, record: bytes) -> None:
        pile = Pile(RECORDINGS.size, None)
        pile.add(record)
        self._recordings.add(pile)


class _Trace(NamedTuple):
    """A record of TRACES."""

    recording: bytes
    source: int
    number: int
    single: int
    start: int
    end: int
    speaker: bytes
    text: bytes
    size: int

    def order(self) -> tuple[bool, int, int, int]:
        """Return what a segment that is a file comes by in its recording."""
        return self.start == NEVER, self.start, self.source, self.number


class _Traces(Columns):
    """The segments of a recording that lies in many sources, of which there is nothing but their traces."""

    def __init__(self, rows: Sequence[_Trace], pack: RulePack) -> None:
        super().__init__((), pack.properties, asks=pack.asks_of(len(rows)))
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def turn(self, index: int) -> Turn:
        row = self.rows[index]
        return Turn(
            start=None if row.start == NEVER else row.start,
            end=None if row.end == NEVER else row.end,
            speaker=None if row.speaker == _NOBODY else row.speaker,
            words=None if row.text == _NOTHING else row.text,
            length=row.size,
        )

    def place(self, index: int) -> Place:
        row = self.rows[index]
        return row.source, row.number

    def places(self, begin: int, end: int) -> Iterator[Place]:
        return ((row.source, row.number) for row in self.rows[begin:end])

    @cached_property
    def words(self) -> Sequence[Hashable]:
        return [None if row.text == _NOTHING else row.text for row in self.rows]

    @cached_property
    def speakers(self) -> Sequence[Hashable]:
        return [None if row.speaker == _NOBODY else row.speaker for row in self.rows]

    @cached_property
    def starts(self) -> Array:
        return self._column("start")

    @cached_property
    def ends(self) -> Array:
        return self._column("end")

    @cached_property
    def sizes(self) -> Array:
        return self._column("size")

    def _column(self, name: str) -> Array:
        import numpy as np  # noqa: PLC0415 - only where the columns ask

        return np.array(list(map(attrgetter(name), self.rows)), "int64")


def point_to(key: str | None) -> str:
    """Return the JSON Pointer of a property of a segment; of the segment for None."""
    return "" if key is None else to_pointer([key])


def place_findings(
    sources: Sequence[SourceFile], found: Iterable[tuple[Place, Finding]]
) -> Iterator[Problem]:
    """Yield findings as problems, by source; each at its property, as far as that still is where it was.

    A place is the number of a source and that of a segment in it. Each source in which something was found,
    or that a message names, is read once more, up to the last such segment.
    """
    by_source: dict[int, list[tuple[int, Finding]]] = {}
    wanted: dict[int, set[tuple[int, str]]] = {}
    for (source, number), finding in found:
        by_source.setdefault(source, []).append((number, finding))
        wanted.setdefault(source, set()).add((number, point_to(finding.key)))
        if finding.other is not None:
            other, of_other = finding.other
            wanted.setdefault(other, set()).add((of_other, ""))
    places = {source: find_places(sources[source], those) for source, those in sorted(wanted.items())}
    for source, findings in sorted(by_source.items()):
        name = sources[source].name
        for number, finding in findings:
            message, pointer = finding.message, point_to(finding.key)
            if finding.other is not None:
                other, of_other = finding.other
                there = "{}:{}:{}".format(sources[other].name, *places[other][of_other, ""])
                message = message.replace(OTHER, there, 1)
            line, column = places[source][number, pointer]
            yield Problem(name, line, column, pointer, finding.rule, finding.severity, message)


def find_places(
    source: SourceFile, wanted: Iterable[tuple[int, str]]
) -> dict[tuple[int, str], tuple[int, int]]:
    """Return line and column of segments of a source, by their numbers; at a JSON Pointer in each.

    What is not there any more is where the file begins.
    """
    pointers: dict[int, list[str]] = {}
    for number, pointer in wanted:
        pointers.setdefault(number, []).append(pointer)
    places = {(number, pointer): (1, 1) for number, those in pointers.items() for pointer in those}
    for item in read_items(source) if pointers else ():
        if isinstance(item, Empty | Unreadable):
            break
        for pointer in pointers.pop(item.number, ()):
            places[item.number, pointer] = (
                locate(source, item, pointer) if pointer else (item.line, item.column)
            )
        if not pointers:
            break
    return places
