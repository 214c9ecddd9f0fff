"""Judge segment files: read them strictly, hold each segment against the schema and the rules.

A block is asked about as a whole: the schema for one verdict, the rules for what is doubtful in its columns.
Only values with which something is wrong are looked at one by one.

This is the one definition of what is right: check reports what it says, and build writes only what it passed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from packager.check.corpus import point_to
from packager.check.criteria import load_schema
from packager.check.evidence import Heard, Listener
from packager.check.gathering import listen_to
from packager.check.recent import Recent
from packager.check.rules import OTHER
from packager.model import Problem, Severity, to_pointer
from packager.reading import (
    Block,
    Empty,
    Item,
    Unreadable,
    cut_objects,
    locate,
    locate_key,
    read_blocks,
)
from packager.recordings import missing_name, name_recording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from packager.check.criteria import Criteria
    from packager.check.kept import Kept
    from packager.check.rules import Finding
    from packager.model import JsonObject, SourceFile
    from packager.reading import Tap
    from packager.schema import SegmentSchema

_SHORT: Final = 256  # bytes of a segment that is remembered
_TEXTS: Final = 10_000


class Judged(NamedTuple):
    """One value of a source file and everything that is wrong with it."""

    item: Item
    problems: tuple[Problem, ...]
    hidden: tuple[Severity, ...] = ()
    """What else is wrong, behind the last place in the file that is told."""

    @property
    def segment(self) -> JsonObject | None:
        """The segment, if nothing is wrong with it that is an error."""
        wrong = Severity.ERROR in self.hidden
        wrong = wrong or any(problem.severity is Severity.ERROR for problem in self.problems)
        return None if wrong else self.item.value


def judge_blocks(
    source: SourceFile,
    criteria: Criteria,
    listener: Listener | None = None,
    tap: Tap | None = None,
    kept: Kept | None = None,
) -> Iterator[Block | Judged | Empty | Unreadable]:
    """Yield every value of a file with its problems, in order; an `Unreadable` comes last, `Empty` alone.

    Values with which nothing is wrong come together, as blocks. What the rules that look beyond the file need
    is kept by `listener`, made by `listen_to`; `tap` is that of `read_blocks`.
    What is behind all that `kept` keeps is counted only.
    """
    listener = listen_to(source, criteria) if listener is None else listener
    judge = _Judge(criteria, listener, None if source.inside else kept)
    for read in read_blocks(source, tap):
        if isinstance(read, Empty | Unreadable):
            yield read
        elif isinstance(read, Block):
            for judged, _ in judge.judge(read, lambda _: source):
                yield judged
        elif read.value is None:
            yield Judged(read, read.problems)
        else:
            yield judge.judge_item(source, read, read.value)


def judge_objects(
    numbered: Sequence[tuple[int, SourceFile]], criteria: Criteria, listener: Listener
) -> Iterator[tuple[Block, list[tuple[Block | Judged, int]]]]:
    """Judge those of these sources, given with their numbers, that are one object each, many at a time.

    Each block comes with what became of it: parts with which nothing is wrong, and values; each with the
    index of its first value in the block.
    """
    sources = dict(numbered)
    judge = _Judge(criteria, listener)
    for block in cut_objects(numbered):
        members = [sources[number] for number in block.sources or ()]
        yield block, list(judge.judge(block, members.__getitem__))


class _Judge:
    """Judges values of one listener, in order."""

    def __init__(self, criteria: Criteria, listener: Listener, kept: Kept | None = None) -> None:
        self.criteria, self.listener, self.kept = criteria, listener, kept
        self._wrong: dict[bytes, tuple[str, ...]] = {}
        """Of short texts, the pointers of what the schema says: the same comes again."""
        self.schema, self.layout = load_schema(criteria)
        self.recent = Recent()

    def judge(
        self, block: Block, source_of: Callable[[int], SourceFile]
    ) -> Iterator[tuple[Block | Judged, int]]:
        """Yield the values with which something is wrong one by one, and those between them together."""
        names = self._name_recordings(block, source_of)
        self.recent.add(block)
        findings: dict[int, list[Finding]] = {}
        for index, finding in self.listener.hear(
            Heard(block.values, None if block.carried else block.data, block.number, names, block.sources)
        ):
            findings.setdefault(index, []).append(finding)
        bad = {*findings, *self.schema.find_invalid(block.values)}
        bad.update(index for index, name in enumerate(names or ()) if name is None)
        if not bad:
            yield block, 0
            return
        at = 0
        for part in block.cut(sorted(bad)):
            if isinstance(part, Block):
                yield part, at
                at += part.count
            else:
                yield self._look_at(source_of(at), part, block.values[at], findings.get(at, [])), at
                at += 1

    def judge_item(self, source: SourceFile, item: Item, value: JsonObject) -> Judged:
        """Judge a value that was read by itself."""
        names = _name_recordings([value], self.criteria)
        self.recent.add_item(item)
        data = None if item.carried else item.text.data
        found = self.listener.hear(Heard([value], data, item.number, names, None))
        return self._look_at(source, item, value, [finding for _, finding in found])

    def _name_recordings(
        self, block: Block, source_of: Callable[[int], SourceFile]
    ) -> list[str | None] | None:
        if block.sources is None:
            return _name_recordings(block.values, self.criteria)
        return [source_of(index).folder for index in range(block.count)]

    def _look_at(self, source: SourceFile, item: Item, value: JsonObject, found: list[Finding]) -> Judged:
        """Judge a value; `found` is what the rules find in it."""
        key = self.criteria.recording_property
        if self.kept is not None and self.kept.is_beyond(item.line, item.column):
            return Judged(item, (), tuple(self._count(item, value, found)))
        problems = [*item.problems]
        if not self.schema.is_valid(value):
            problems += _schema_problems(source, item, value, self.schema)
        if found:
            blamed = {problem.pointer for problem in problems}
            problems += self._rule_problems(source, item, found, blamed)
        if key is not None and name_recording(value, key) is None:
            problems.append(missing_name(source.name, item.line, item.column, key))
        return Judged(item, tuple(problems))

    def _count(self, item: Item, value: JsonObject, found: list[Finding]) -> Iterator[Severity]:
        """Yield how bad each thing is that `_look_at` would tell."""
        yield from (problem.severity for problem in item.problems)
        pointers: tuple[str, ...] = ()
        if not self.schema.is_valid(value):
            pointers = self._list_pointers(item, value)
            yield from [Severity.ERROR] * len(pointers)
        blamed = {*pointers, *(problem.pointer for problem in item.problems)}
        yield from (finding.severity for finding in self._select(item, found, blamed))
        key = self.criteria.recording_property
        if key is not None and name_recording(value, key) is None:
            yield Severity.ERROR

    def _list_pointers(self, item: Item, value: JsonObject) -> tuple[str, ...]:
        text = item.text.data
        found = self._wrong.get(text)
        if found is None:
            found = tuple(each.full_pointer for each in self.schema.explain(value))
            if len(text) <= _SHORT and len(self._wrong) < _TEXTS:
                self._wrong[text] = found
        return found

    def _select(self, item: Item, findings: list[Finding], blamed: set[str]) -> Iterator[Finding]:
        """Yield the findings of rules but for what the schema refused, which is not said twice."""
        demanded = {each.name for each in self.layout.properties if not each.nullable}
        for finding in findings:
            absent = finding.key in demanded and item.value is not None and finding.key not in item.value
            pointer = point_to(finding.key)
            if not absent and not (pointer and pointer in blamed):
                yield finding

    def _rule_problems(
        self, source: SourceFile, item: Item, findings: list[Finding], blamed: set[str]
    ) -> Iterator[Problem]:
        for finding in self._select(item, findings, blamed):
            place, key = finding.spot or (point_to(finding.key), None)
            pointer, line, column = _find_spot(source, item, place, key)
            message = finding.message
            if finding.other is not None:
                other = self.recent.place(source, finding.other[-1])
                message = message.replace(OTHER, "{}:{}:{}".format(source.name, *other), 1)
            yield Problem(source.name, line, column, pointer, finding.rule, finding.severity, message)


def _name_recordings(segments: list[JsonObject], criteria: Criteria) -> list[str | None] | None:
    key = criteria.recording_property
    return None if key is None else [name_recording(segment, key) for segment in segments]


def _schema_problems(
    source: SourceFile, item: Item, value: JsonObject, schema: SegmentSchema
) -> Iterator[Problem]:
    for finding in schema.explain(value):
        pointer, line, column = _find_spot(source, item, finding.pointer, finding.key)
        rule = f"schema/{finding.keyword}"
        yield Problem(source.name, line, column, pointer, rule, Severity.ERROR, finding.message)


def _find_spot(source: SourceFile, item: Item, pointer: str, key: str | None) -> tuple[str, int, int]:
    """Return the pointer, line and column of a value, or of the name `key` of a property of it."""
    if key is None:
        return pointer, *locate(source, item, pointer)
    return pointer + to_pointer([key]), *locate_key(source, item, pointer, key)
