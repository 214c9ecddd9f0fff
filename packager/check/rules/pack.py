"""The rules as a project wants them, ready to judge segments fast. Pure.

Of many segments together, each rule is asked first which of them it must look at (see `rule` and `columns`);
of few, each looks at all. What is found is the same.

    columns = pack.read(segments, data)
    found = pack.judge(columns, memory)
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from packager.check.rules.catalogue import RULES
from packager.check.rules.columns import Columns
from packager.check.rules.rule import SPEAKER, TEXT, TIMES, CorpusCheck, RecordingCheck, SegmentCheck

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from packager.check.rules.memory import Memory
    from packager.check.rules.rule import Flaw, Limits, Place, Rule, Spot
    from packager.check.rules.turn import Properties, Turn
    from packager.model import JsonObject, Severity

_Kind = TypeVar("_Kind", SegmentCheck, RecordingCheck, CorpusCheck)

_FEW: Final = 4000
"""Segments, the first ones, that are judged sooner than numpy is loaded."""
_LARGE: Final = 1 << 16
"""Bytes of a text for which the reader has loaded it."""
_LEAST: Final = 32
"""Segments of a block of which it is worth asking."""
_DENSE: Final = 8
"""Where one in so many segments is asked for, the memory takes one after the other."""


class Finding(NamedTuple):
    """What a rule found in a segment."""

    key: str | None
    """The property that it is about; None for the segment as a whole."""
    rule: str
    severity: Severity
    message: str
    """With `OTHER` where `other` is to be named."""
    other: Place | None = None
    spot: Spot | None = None


class RulePack:
    """The rules that hold for a file, with their thresholds, less those about absent properties."""

    __slots__ = (
        "_read",
        "limits",
        "needs",
        "of_corpus",
        "of_recording",
        "of_segment",
        "properties",
        "severities",
        "wanted",
    )

    def __init__(
        self,
        severities: dict[str, Severity],
        limits: Limits,
        properties: Properties,
        rules: Sequence[Rule] = RULES,
        *,
        declared: Collection[str] | None = None,
    ) -> None:
        """Take what holds; `declared` are the properties that the schema declares, None for all."""
        self.wanted = frozenset(severities)
        """The rules that the project wants, whether they can be judged or not."""
        present = {TIMES} if properties.start is not None else set[str]()
        present |= {TEXT} if properties.text is not None else set()
        present |= {SPEAKER} if properties.speaker is not None else set()
        rules = [rule for rule in rules if rule.id in severities and present.issuperset(rule.needs)]
        if declared is not None and properties.speaker not in declared:
            rules = [rule for rule in rules if not rule.of_absence]
        self.properties = properties
        self.needs = frozenset(need for rule in rules for need in rule.needs)
        """What some rule needs, of times, text and speaker."""
        self.limits = limits
        self.severities = {rule.id: severities[rule.id] for rule in rules}
        """Of the rules that hold and can be judged."""
        self.of_segment = _those(rules, SegmentCheck)
        self.of_recording = _those(rules, RecordingCheck)
        self.of_corpus = _those(rules, CorpusCheck)
        self._read = 0

    def read(self, segments: Sequence[JsonObject], data: bytes | None = None, number: int = 0) -> Columns:
        """Return the columns of segments; see `Columns`."""
        return Columns(
            segments, self.properties, data, number, asks=self.asks_of(len(segments), len(data or b""))
        )

    def asks_of(self, count: int, size: int = 0) -> bool:
        """Return whether to ask of so many segments of so many bytes, after all that were read."""
        self._read += count
        return count >= _LEAST and (self._read >= _FEW or size >= _LARGE)

    def judge(self, columns: Columns, memory: Memory | None = None) -> list[tuple[int, Finding]]:
        """Return what the rules find, with the index of each segment, in order.

        Without a memory, only those about single segments are asked; with one, it takes the segments.
        """
        count = len(columns)
        if not count:
            return []
        memory = memory if self.of_recording else None
        asks = columns.asks
        if asks and (TIMES in self.needs or memory is not None):
            asks = columns.are_times_exact()
        found = list(self._judge_alone(columns, asks=asks))
        if memory is not None:
            found += self._judge_after(columns, memory, asks=asks)
        return _in_order(found)

    def judge_after(self, columns: Columns, memory: Memory) -> list[tuple[int, Finding]]:
        """Return what the rules about recordings find, as `judge`."""
        return _in_order(self._judge_after(columns, memory, asks=columns.asks)) if self.of_recording else []

    def judge_next(self, turn: Turn, memory: Memory) -> Iterator[Finding]:
        """Yield what the rules about recordings find in the segment that comes next."""
        for rule_id, check in self.of_recording:
            for flaw in check.find(turn, memory, self.limits):
                yield self.describe(rule_id, flaw)

    def describe(self, rule_id: str, flaw: Flaw) -> Finding:
        """Return a flaw with the names of its property and rule."""
        key = getattr(self.properties, flaw.about) if flaw.about else None
        return Finding(key, rule_id, self.severities[rule_id], flaw.message, flaw.other, flaw.spot)

    def _judge_alone(self, columns: Columns, *, asks: bool) -> Iterator[tuple[int, int, Finding]]:
        everything = range(len(columns))
        for order, (rule_id, check) in enumerate(self.of_segment):
            for row in everything if not asks or check.ask is None else check.ask(columns, self.limits):
                for flaw in check.find(columns.turn(row), self.limits):
                    yield row, order, self.describe(rule_id, flaw)

    def _judge_after(
        self, columns: Columns, memory: Memory, *, asks: bool
    ) -> Iterator[tuple[int, int, Finding]]:
        count = len(columns)
        everything = range(count)
        asked = [
            everything if not asks or check.ask is None else {*check.ask(columns, memory, self.limits)}
            for _, check in self.of_recording
        ]
        rows = everything if everything in asked else sorted(set[int]().union(*asked))
        one_by_one = not asks or len(rows) * _DENSE > count
        done = 0
        for row in everything if one_by_one else rows:
            if not one_by_one:
                memory.take(columns, done, row)
                done = row
            turn = columns.turn(row)
            for order, ((rule_id, check), wanted) in enumerate(
                zip(self.of_recording, asked, strict=True), len(self.of_segment)
            ):
                if row in wanted:
                    for flaw in check.find(turn, memory, self.limits):
                        yield row, order, self.describe(rule_id, flaw)
            if one_by_one:
                memory.add(turn, columns.place(row))
        if not one_by_one:
            memory.take(columns, done, count)


def _in_order(found: Iterable[tuple[int, int, Finding]]) -> list[tuple[int, Finding]]:
    return [(row, finding) for row, _, finding in sorted(found, key=itemgetter(0, 1))]


def _those(rules: Sequence[Rule], kind: type[_Kind]) -> tuple[tuple[str, _Kind], ...]:
    return tuple((rule.id, rule.check) for rule in rules if isinstance(rule.check, kind))
