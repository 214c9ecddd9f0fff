"""The rules as a project wants them, ready to judge segments fast. Pure.

A clean segment is told from a doubtful one by a few comparisons, which never miss; what is doubtful goes to
the rules themselves. So each rule is written once, and a clean segment costs about a microsecond.

    watch = pack.watch_recording()
    found = watch.sweep(segments, places, clean=pack.is_clean_block(data))
"""

from __future__ import annotations

from itertools import accumulate, islice
from operator import eq, itemgetter, le, sub
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar, cast

from packager.check.rules import texts
from packager.check.rules.catalogue import RULES
from packager.check.rules.loops import LOOP_CHARACTERS, LOOP_TIMES, find_run, first_stretch
from packager.check.rules.memory import NEVER, WINDOW, Memory
from packager.check.rules.rates import (
    FASTEST,
    LONGEST,
    SLOW_AFTER,
    SLOWEST,
    SUSPECT_SECONDS,
)
from packager.check.rules.rule import SPEAKER, TEXT, TIMES, CorpusCheck, RecordingCheck, SegmentCheck
from packager.check.rules.times import OVERLAP
from packager.check.rules.turn import SECOND, read_time, read_turn
from packager.secrets import may_hold_secret
from packager.times import are_in_order

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from packager.check.rules.rule import Flaw, Limits, Place, Rule
    from packager.check.rules.turn import Properties, Turn
    from packager.model import JsonObject, JsonValue, Severity

_Kind = TypeVar("_Kind", SegmentCheck, RecordingCheck, CorpusCheck)

_ORDER: Final = frozenset({"time/not-a-time", "time/end-before-start"})
_HUNT: Final = "text/secret"
_CLOCKS: Final = 1 << 15  # times that are remembered with their nanoseconds


class Finding(NamedTuple):
    """What a rule found in a segment."""

    key: str | None
    """The property that it is about; None for the segment as a whole."""
    rule: str
    severity: Severity
    message: str
    """With `OTHER` where `other` is to be named."""
    other: Place | None = None


class RulePack:
    """The rules that hold for a file, with their thresholds, less those about absent properties."""

    __slots__ = (
        "_clocks",
        "about_order",
        "guard",
        "hunts",
        "limits",
        "needs",
        "of_corpus",
        "of_recording",
        "of_segment",
        "properties",
        "severities",
    )

    def __init__(self, severities: dict[str, Severity], limits: Limits, properties: Properties) -> None:
        present = {TIMES} if properties.start is not None else set[str]()
        present |= {TEXT} if properties.text is not None else set()
        present |= {SPEAKER} if properties.speaker is not None else set()
        rules = [rule for rule in RULES if rule.id in severities and present.issuperset(rule.needs)]
        self.properties = properties
        self.needs = frozenset(need for rule in rules for need in rule.needs)
        """What some rule needs, of times, text and speaker."""
        self.limits = limits
        self.severities = {rule.id: severities[rule.id] for rule in rules}
        """Of the rules that hold and can be judged."""
        self.of_segment = _those(rules, SegmentCheck)
        self.of_recording = _those(rules, RecordingCheck)
        self.of_corpus = _those(rules, CorpusCheck)
        self.guard = Guard.of(limits)
        self.hunts = _HUNT in self.severities
        """Whether secrets are looked for."""
        self.about_order = (_ORDER | {_HUNT}).issuperset(self.severities)
        """Whether all that is asked is whether times are times, and in order; besides secrets."""
        self._clocks: dict[JsonValue, int] = {}

    def may_find_secret(self, data: bytes) -> bool:
        """Return whether secrets are looked for, and one may stand in this block of JSON text."""
        return self.hunts and may_hold_secret(data)

    @staticmethod
    def is_clean_block(data: bytes) -> bool:
        """Return whether no rule about odd characters or secrets can find anything in this JSON text.

        See `texts.is_clean_block`. For the other rules a look at the bytes would cost more than the rules.
        """
        return texts.is_clean_block(data)

    def check_segment(self, segment: JsonObject) -> list[Finding]:
        """Return what the rules about single segments find."""
        return list(self.judge_alone(read_turn(segment, self.properties)))

    def check_segments(
        self, segments: Sequence[JsonObject], *, clean: bool = False, columns: Columns | None = None
    ) -> list[tuple[int, Finding]]:
        """Return what the rules about single segments find, with the index of each segment, in order.

        The same as `check_segment` of each one, and much faster. `clean` says that their text stood in a
        block of which `is_clean_block` is true. `columns` are those of the segments, if they are at hand.
        """
        if self.about_order and (clean or not self.hunts) and self._are_in_order(segments):
            return []
        columns = read_columns(self, segments) if columns is None else columns
        doubtful = self.guard.find_doubtful(columns, clean=clean)
        return [(index, found) for index in sorted(doubtful) for found in self.check_segment(segments[index])]

    def _are_in_order(self, segments: Sequence[JsonObject]) -> bool:
        start, end = self.properties.start, self.properties.end
        if start is None or end is None:
            return False
        starts, ends = _values(segments, start), _values(segments, end)
        if not ({str}.issuperset(map(type, starts)) and {str}.issuperset(map(type, ends))):
            return False
        times = cast("list[str]", starts), cast("list[str]", ends)
        return are_in_order(*([time.encode() for time in each] for each in times))

    def watch_recording(self) -> RecordingWatch:
        """Return what judges the segments of one recording, in order."""
        return RecordingWatch(self)

    def read_times(self, values: Sequence[JsonValue]) -> list[int]:
        """Return times in nanoseconds; `NEVER` for what is no time."""
        known = self._clocks.get
        if _REMEMBERED.issuperset(map(type, values)):
            times = list(map(known, values))
            if None not in times:
                return cast("list[int]", times)
        return [
            time if type(value) in _REMEMBERED and (time := known(value)) is not None else self._learn(value)
            for value in values
        ]

    def _learn(self, value: JsonValue) -> int:
        time = read_time(value)
        if time is None:
            return NEVER
        if isinstance(value, str | float):
            if len(self._clocks) >= _CLOCKS:
                self._clocks.clear()
            self._clocks[value] = time
        return time

    def judge_alone(self, turn: Turn) -> Iterator[Finding]:
        """Yield what the rules about single segments find."""
        for rule_id, check in self.of_segment:
            for flaw in check.find(turn, self.limits):
                yield self.describe(rule_id, flaw)

    def judge_after(self, turn: Turn, memory: Memory) -> Iterator[Finding]:
        """Yield what the rules about recordings find in the segment that comes next."""
        for rule_id, check in self.of_recording:
            for flaw in check.find(turn, memory, self.limits):
                yield self.describe(rule_id, flaw)

    def describe(self, rule_id: str, flaw: Flaw) -> Finding:
        """Return a flaw with the names of its property and rule."""
        key = getattr(self.properties, flaw.about) if flaw.about else None
        return Finding(key, rule_id, self.severities[rule_id], flaw.message, flaw.other)


class RecordingWatch:
    """Judges the segments of one recording, in order. Memory is bounded (see `memory`)."""

    __slots__ = ("memory", "pack")

    def __init__(self, pack: RulePack) -> None:
        self.pack = pack
        self.memory = Memory()

    def add(self, segment: JsonObject, place: Place, *, clean: bool = False) -> list[Finding]:
        """Judge the next segment, which stands at `place`, by the rules about segments and recordings.

        `clean` says that its text stood in a block of which `is_clean_block` is true.
        """
        return [finding for _, finding in self.sweep((segment,), (place,), clean=clean)]

    def sweep(
        self,
        segments: Sequence[JsonObject],
        places: Sequence[Place],
        *,
        clean: bool = False,
        columns: Columns | None = None,
    ) -> list[tuple[int, Finding]]:
        """Judge the next segments; return each finding with the index of its segment, in order.

        The same as `add` of one after the other, and much faster. `columns` are those of the segments, if
        they are at hand.
        """
        columns = read_columns(self.pack, segments) if columns is None else columns
        doubtful = self.pack.guard.find_doubtful(columns, clean=clean)
        if not doubtful and self.pass_over(
            columns.starts, columns.ends, columns.speakers, columns.words, places
        ):
            return []
        return self._look_at(segments, places, columns, doubtful)

    def pass_over(
        self,
        starts: Sequence[int],
        ends: Sequence[int],
        speakers: Sequence[Hashable],
        words: Sequence[Hashable],
        places: Sequence[Place],
    ) -> bool:
        """Remember segments without a doubtful one, if no rule about recordings can find anything in them.

        Asked is more than the rules ask, but of all segments at once: each starts after the one before it and
        ends before the next one starts, whoever speaks, but for the overlap that is allowed; none says what
        the one before it says; none is equal to another.
        """
        needs, memory = self.pack.needs, self.memory
        # The cheap questions come first.
        if TIMES not in needs or not starts:
            return False
        if starts[0] < memory.start or not all(map(le, starts, islice(starts, 1, None))):
            return False
        if TEXT in needs and (words[0] == memory.words or any(map(eq, words, islice(words, 1, None)))):
            return False
        if SPEAKER in needs:
            latest = accumulate(ends, max, initial=max(memory.ends.values(), default=NEVER))
            overlap = self.pack.guard.overlap
            if max(map(sub, latest, starts)) > overlap:
                return False
        return memory.take_many(starts, ends, speakers if SPEAKER in needs else (), words, places)

    def _look_at(
        self, segments: Sequence[JsonObject], places: Iterable[Place], columns: Columns, doubtful: set[int]
    ) -> list[tuple[int, Finding]]:
        """Judge segments one by one; those at the indices `doubtful` by every rule."""
        named, overlap, memory = columns.named, self.pack.guard.overlap, self.memory
        turns = zip(columns.starts, columns.ends, columns.speakers, columns.words, places, strict=False)
        found: list[tuple[int, Finding]] = []
        # The hot loop of the rules: no calls, few attributes. It asks what is doubtful after what came
        # before; some question is answered yes whenever a rule about recordings finds something.
        last, said, until = memory.start, memory.words, memory.ends
        seen, older = memory.seen, memory.older
        for index, (start, end, speaker, text, place) in enumerate(turns):
            if (
                index in doubtful
                or start < last
                or (text == said and text is not None)
                or (named and ((before := until.get(speaker)) is None or before > start + overlap))
                or (key := hash((start, end, speaker, text))) in seen
                or key in older
            ):
                memory.start, memory.words = last, said
                found += [(index, finding) for finding in self._judge(segments[index], place)]
            else:
                seen[key] = place
                last, said, memory.run = start, text, 1
                if named:
                    until[speaker] = end
                if len(seen) <= WINDOW:
                    continue
                memory.start, memory.words = last, said
                memory.trim()
            last, said, until = memory.start, memory.words, memory.ends
            seen, older = memory.seen, memory.older
        memory.start, memory.words = last, said
        return found

    def _judge(self, segment: JsonObject, place: Place) -> list[Finding]:
        turn = read_turn(segment, self.pack.properties)
        found = [*self.pack.judge_alone(turn), *self.pack.judge_after(turn, self.memory)]
        self.memory.add(turn, place)
        return found


_REMEMBERED: Final = frozenset({str, float})
"""Not integers: `True` is equal to 1, and is no time."""


class Guard(NamedTuple):
    """Bounds within which the rules about single segments find nothing; a little narrower than theirs."""

    least: float
    """Nanoseconds that a character takes at least, and at most."""
    most: float
    calm: int
    """Nanoseconds up to which a segment may be as slow as it likes."""
    longest: int
    overlap: int
    loop_characters: int
    loop_times: int

    @classmethod
    def of(cls, limits: Limits) -> Guard:
        """Return the bounds that these thresholds give."""
        return cls(
            least=SECOND / limits[FASTEST.name] * 1.001,
            # Times in milliseconds give a thousandth of a rate.
            most=SECOND / max(limits[SLOWEST.name], limits[FASTEST.name] / 1000) * 0.999,
            calm=int(min(limits[SLOW_AFTER.name], SUSPECT_SECONDS) * SECOND) - 1,
            longest=int(limits[LONGEST.name] * SECOND),
            overlap=int(limits[OVERLAP.name] * SECOND),
            loop_characters=int(limits[LOOP_CHARACTERS.name]),
            loop_times=int(limits[LOOP_TIMES.name]),
        )

    def find_doubtful(self, columns: Columns, *, clean: bool) -> set[int]:
        """Return the indices of the segments in which a rule about single segments may find something."""
        doubtful = set[int]()
        if columns.spoken:
            doubtful.update(texts.find_doubtful(columns.words, clean=clean), self._find_loops(columns.words))
        if columns.timed:
            doubtful.update(self._find_odd_times(columns))
        if columns.named:
            blank = [name for name in columns.names if not name or name.isspace()]
            if blank:
                doubtful.update(index for index, name in enumerate(columns.speakers) if name in blank)
        return doubtful

    def _find_odd_times(self, columns: Columns) -> list[int]:
        least, most, calm, longest = self.least, self.most, self.calm, self.longest
        times = zip(columns.starts, columns.ends, columns.words, strict=True)
        return [
            index
            for index, (start, end, text) in enumerate(times)
            if not 0 <= start < end
            or (length := end - start) > longest
            or (
                text is not None
                and ((size := len(text)) * least > length or (length > calm and size * most < length))
            )
        ]

    def _find_loops(self, words: Sequence[str | None]) -> list[int]:
        characters, times = self.loop_characters, self.loop_times
        at, gram, reach, short = first_stretch(times, characters)
        return [
            index
            for index, text in enumerate(words)
            if text is not None
            and len(text) >= characters
            # Of a text with room for one stretch, the question that `find_run` asks first.
            and (len(text) > short or text.find(text[at:gram], at + 1, reach) != -1)
            and find_run(text, times, characters) is not None
        ]


class Columns(NamedTuple):
    """Segments by property. A column that no rule needs holds None or `NEVER`."""

    timed: bool
    spoken: bool
    named: bool
    starts: Sequence[int]
    """Nanoseconds; `NEVER` for what is no time."""
    ends: Sequence[int]
    words: Sequence[str | None]
    """Texts; None for what is none."""
    speakers: Sequence[str | None]
    names: frozenset[str | None]
    """The speakers, each once."""


def read_columns(pack: RulePack, segments: Sequence[JsonObject]) -> Columns:
    """Return the columns of these segments that the rules look at."""
    properties, needs = pack.properties, pack.needs
    speakers = _strings(segments, properties.speaker if SPEAKER in needs else None)
    return Columns(
        timed=TIMES in needs,
        spoken=TEXT in needs,
        named=SPEAKER in needs,
        starts=_times(pack, segments, properties.start),
        ends=_times(pack, segments, properties.end),
        words=_strings(segments, properties.text if TEXT in needs else None),
        speakers=speakers,
        names=frozenset(speakers if SPEAKER in needs else ()),
    )


def _times(pack: RulePack, segments: Sequence[JsonObject], key: str | None) -> list[int]:
    if key is None or TIMES not in pack.needs:
        return [NEVER] * len(segments)
    return pack.read_times(_values(segments, key))


def _strings(segments: Sequence[JsonObject], key: str | None) -> Sequence[str | None]:
    if key is None:
        return [None] * len(segments)
    values = _values(segments, key)
    if {str}.issuperset(map(type, values)):
        return cast("list[str | None]", values)
    return [value if type(value) is str else None for value in values]


def _values(segments: Sequence[JsonObject], key: str) -> list[JsonValue]:
    try:
        return list(map(itemgetter(key), segments))
    except KeyError:
        return [segment.get(key) for segment in segments]


def _those(rules: Sequence[Rule], kind: type[_Kind]) -> tuple[tuple[str, _Kind], ...]:
    return tuple((rule.id, rule.check) for rule in rules if isinstance(rule.check, kind))
