"""Judge what no source shows alone: recordings in many sources, names, copies, texts in two splits.

What is held grows with the problems and, in millions of segments, with the digests that `ledger` bounds; the
order in which sources come does not matter, so that any number of workers find the same. A finding stands at
the later place and names the other.
"""

from __future__ import annotations

from dataclasses import replace
from operator import lt
from typing import TYPE_CHECKING, Any, Final

from xxhash import xxh3_128_digest

from packager.check.evidence import RECORDINGS, TEXTS, TRACES
from packager.check.ledger import DIGEST, Ledger, Pile
from packager.check.rules import OTHER, Evidence, Finding, Sighting
from packager.check.rules.duplicates import RECORDING_CHARACTERS
from packager.check.rules.memory import NEVER, Memory
from packager.check.rules.turn import Turn
from packager.model import Problem, to_pointer
from packager.reading.read import Empty, Unreadable, locate, read_items

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from packager.check.evidence import SourceEvidence
    from packager.check.rules import Place, RulePack
    from packager.model import SourceFile

_NAMES: Final = 100_000  # speakers of a corpus that are compared


_NOBODY: Final = bytes(8)
_NOTHING: Final = bytes(DIGEST)


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
        self._copies: dict[int, bytes] = {}
        """The digest of each source that is a copy of another one."""

    def add(self, evidence: SourceEvidence) -> None:
        """Take what came of a source."""
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
        problems: dict[int, list[Problem]] = {}
        for number, problem in self._judge():
            problems.setdefault(number, []).append(problem)
        for number, found in sorted(problems.items()):
            yield from pinpoint(self.sources[number], found)

    def _judge(self) -> Iterator[tuple[int, Problem]]:
        for group in self._traces.groups():
            yield from self._judge_recording(group)
        names = [Sighting(place, name) for name, place in self._names.items()]
        yield from self._judge_together(Evidence.NAMES, sorted(names))
        for group in self._recordings.groups(least=2):
            sightings = [Sighting(RECORDINGS.unpack(record)[1:], "") for record in group]
            self._copies |= {sighting.place[0]: group[0][:DIGEST] for sighting in sightings}
            yield from self._judge_together(Evidence.RECORDINGS, sightings)
        yield from self._judge_splits()

    def _judge_splits(self) -> Iterator[tuple[int, Problem]]:
        told: set[tuple[str, int, int]] = set()
        """Where a text is equal to one of another split: that it is nearly so goes without saying."""
        for group in self._texts.groups(least=2):
            for number, problem in self._judge_together(Evidence.TEXTS, self._read_texts(group)):
                told.add((problem.path, problem.line, problem.column))
                yield number, problem
        for group in self._near.groups(least=2):
            for number, problem in self._judge_together(Evidence.NEAR_TEXTS, self._read_texts(group)):
                if (problem.path, problem.line, problem.column) not in told:
                    yield number, problem
        voices = sorted(self._voices.items())
        sightings = [Sighting(place, self.splits[split], name) for (name, split), place in voices]
        yield from self._judge_together(Evidence.VOICES, sightings)

    def _judge_recording(self, records: list[bytes]) -> Iterator[tuple[int, Problem]]:
        """Judge the segments of a recording that lies in many sources, as if it were one."""
        rows = list(TRACES.iter_unpack(b"".join(records)))
        if all(row[4] for row in rows):
            # Segments that are files of their own are put in order by their start, if they have one.
            rows.sort(key=lambda row: (row[5] == NEVER, row[5], row[1:4]))
        _, numbers, lines, places, _, starts, ends, speakers, texts, lengths = zip(*rows, strict=True)
        pack = self.pack_of(self.sources[numbers[0]].name)
        if not self.uniform or not _is_calm(pack, starts, ends, speakers, texts):
            yield from self._judge_traces(rows)
        if sum(lengths) >= pack.limits[RECORDING_CHARACTERS.name]:
            digest = xxh3_128_digest(b"".join(texts))
            self._add_recording(RECORDINGS.pack(digest, numbers[0], lines[0], places[0]))

    def _judge_traces(self, rows: Sequence[tuple[Any, ...]]) -> Iterator[tuple[int, Problem]]:
        memory = Memory()
        for _, number, line, column, _, start, end, speaker, text, length in rows:
            place = (number, line, column)
            turn = Turn(
                start=None if start == NEVER else start,
                end=None if end == NEVER else end,
                speaker=speaker if any(speaker) else None,
                words=text if any(text) else None,
                length=length,
            )
            pack = self.pack_of(self.sources[number].name)
            for finding in pack.judge_after(turn, memory):
                yield number, self._make_problem(place, finding)
            memory.add(turn, place)

    def _judge_together(
        self, evidence: Evidence, sightings: Sequence[Sighting]
    ) -> Iterator[tuple[int, Problem]]:
        packs = {self.pack_of(self.sources[each.place[0]].name) for each in sightings}
        checks = {rule_id: check for pack in packs for rule_id, check in pack.of_corpus}
        for rule_id, check in checks.items():
            if check.evidence is not evidence:
                continue
            for sighting, flaw in check.find(sightings, next(iter(packs)).limits):
                number = sighting.place[0]
                pack = self.pack_of(self.sources[number].name)
                if rule_id in pack.severities:
                    yield number, self._make_problem(sighting.place, pack.describe(rule_id, flaw))

    def _read_texts(self, group: Sequence[bytes]) -> list[Sighting]:
        """Return where a text stands, but for copies of recordings, which are reported as such."""
        records = [TEXTS.unpack(record) for record in group]
        first = self._copies.get(records[0][1])
        return [
            Sighting(record[1:4], self.splits[record[4]])
            for number, record in enumerate(records)
            if number == 0 or first is None or self._copies.get(record[1]) != first
        ]

    def _add_recording(self, record: bytes) -> None:
        pile = Pile(RECORDINGS.size, None)
        pile.add(record)
        self._recordings.add(pile)

    def _make_problem(self, place: Place, finding: Finding) -> Problem:
        message = finding.message
        if finding.other is not None:
            number, line, column = finding.other
            message = message.replace(OTHER, f"{self.sources[number].name}:{line}:{column}", 1)
        number, line, column = place
        name = self.sources[number].name
        return Problem(name, line, column, point_to(finding.key), finding.rule, finding.severity, message)


def point_to(key: str | None) -> str:
    """Return the JSON Pointer of a property of a segment; of the segment for None."""
    return "" if key is None else to_pointer([key])


def _is_calm(
    pack: RulePack,
    starts: Sequence[int],
    ends: Sequence[int],
    speakers: Sequence[bytes],
    texts: Sequence[bytes],
) -> bool:
    """Return whether the rules about recordings surely find nothing in these segments."""
    if min(starts) < 0 or not all(map(lt, starts, ends)) or _NOBODY in speakers or _NOTHING in texts:
        return False
    return pack.watch_recording().pass_over(starts, ends, speakers, texts, [(0, 0)] * len(starts))


def pinpoint(source: SourceFile, problems: list[Problem]) -> Iterator[Problem]:
    """Yield the problems of a source at the property that each is about, as far as it still stands there."""
    wanted: dict[tuple[int, int], list[Problem]] = {}
    for problem in problems:
        if problem.pointer:
            wanted.setdefault((problem.line, problem.column), []).append(problem)
        else:
            yield problem
    if not wanted:
        return
    for item in read_items(source):
        if isinstance(item, Empty | Unreadable):
            break
        for problem in wanted.pop((item.line, item.column), ()):
            line, column = locate(source, item, problem.pointer)
            yield replace(problem, line=line, column=column)
        if not wanted:
            return
    for left in wanted.values():
        yield from left
