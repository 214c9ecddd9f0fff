"""Judge segment files: read them strictly, hold each segment against the schema and the rules.

A block is asked about as a whole: the schema for one verdict, the rules for what is doubtful in its columns.
Only values with which something is wrong are looked at one by one.

This is the one definition of what is right: check reports what it says, and build writes only what it passed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from packager.card_rules import CARD_RULES
from packager.check.corpus import point_to
from packager.check.evidence import Heard, Listener, Voice
from packager.check.names import (
    Name,
    demand_names,
    find_lacking,
    find_properties,
    name_properties,
    tell_names,
)
from packager.check.recent import Recent
from packager.check.rules import OTHER, RulePack, has_property, resolve_limits, resolve_severities
from packager.columns import Layout, plan_layout
from packager.config import DEFAULT_CHECKS as DEFAULTS
from packager.errors import ConfigError
from packager.model import Problem, Severity, to_pointer
from packager.reading import (
    Block,
    Empty,
    Form,
    Item,
    Text,
    Unreadable,
    compile_pattern,
    cut_objects,
    find_form,
    locate,
    locate_key,
    read_blocks,
    read_document,
)
from packager.recordings import claim_recording, missing_name, name_recording
from packager.schema import SegmentSchema, compile_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from pathlib import Path, PurePath

    from packager.check.kept import Kept
    from packager.check.rules import Finding
    from packager.config import Bounds, Checks, Config
    from packager.model import JsonObject, SourceFile
    from packager.reading import Tap
    from packager.splits import Dealer

_SHORT: Final = 256  # bytes of a segment that is remembered
_TEXTS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Criteria:
    """All that a verdict depends on besides the segments; small, so that it can travel to a worker."""

    schema: bytes
    schema_name: str
    """How the schema file is reported."""
    schema_folder: Path | None
    """Where relative references are looked up; None for the schema that is shipped."""
    start: str
    end: str
    recording_property: str | None
    recording: str = "auto"
    """What names the recordings, as `Config.recording`."""
    group_by: tuple[str, ...] = ()
    """The properties that must be the same throughout a recording."""
    checks: Checks = DEFAULTS
    """Which rules hold, with their thresholds."""
    formats: bool = True
    """Whether the schema's `format` is asserted."""
    columns: tuple[tuple[str, str], ...] = ()
    """Properties that are more than text in the columns, as `Config.columns`."""
    given: tuple[str, ...] = ()
    """Which names of properties the project gives itself, as `Config.given`."""
    errors_only: bool = False
    """Judge only by the rules whose findings are errors."""
    bounds: Bounds | None = None
    """Where the files that the schema refers to may lie; None: in the project of its folder."""

    def __hash__(self) -> int:
        # Asked for often, of what seldom differs; hashing all thresholds would take longer than a segment.
        return hash((self.schema, self.schema_name, self.recording_property, self.errors_only))


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


@lru_cache(maxsize=4)
def load_schema(criteria: Criteria) -> tuple[SegmentSchema, Layout]:
    """Return the compiled schema and the columns that it gives.

    Raises:
        ConfigError: the schema is not strict JSON, not valid by its draft, gives impossible columns or not
            those that were chosen, or lacks a property that makes groups.
    """
    schema = compile_schema(
        criteria.schema,
        criteria.schema_name,
        criteria.schema_folder,
        read_document,
        formats=criteria.formats,
        place=_find_place,
        bounds=criteria.bounds,
    )
    try:
        layout = plan_layout(
            schema.document,
            schema.targets,
            start=criteria.start,
            end=criteria.end,
            recording_property=criteria.recording_property,
            choices=criteria.columns,
        )
    except ConfigError as error:
        raise ConfigError(f"{criteria.schema_name}: {error}") from error
    known = {each.name for each in layout.properties} | {criteria.recording_property}
    for key in criteria.group_by:
        if key not in known:
            raise ConfigError(
                f"{criteria.schema_name}: declares no property {key!r}, which splits.group_by names"
            )
    demand_names(schema, criteria.schema_name, find_names(criteria))
    return schema, layout


def find_names(criteria: Criteria) -> tuple[Name, ...]:
    """Return the properties that the rules are about, as the project names them."""
    checks = criteria.checks
    named = {"start": criteria.start, "end": criteria.end, "text": checks.text, "speaker": checks.speaker}
    return name_properties(named, criteria.given)


def load_schema_anew(criteria: Criteria) -> tuple[SegmentSchema, Layout]:
    """Return what `load_schema` does, after reading the files again that the schema refers to."""
    load_schema.cache_clear()
    _make_pack.cache_clear()
    return load_schema(criteria)


def find_schema_oddities(schema: SegmentSchema, root: PurePath) -> Iterator[Problem]:
    """Yield a warning for what the schema and its files say in vain; `root` is the folder of the project."""
    for flaw in schema.oddities:
        path = type(root)(flaw.source.name)
        name = path.relative_to(root) if path.is_relative_to(root) else path
        place = _find_place(flaw.source.data, flaw.pointer)
        rule, severity = "schema/unknown-keyword", Severity.WARNING
        yield Problem(name.as_posix(), *place, flaw.pointer, rule, severity, flaw.message)


def find_pack(criteria: Criteria, name: str) -> RulePack:
    """Return the rules that hold for the source of this name."""
    paths = criteria.checks.paths
    return _make_pack(criteria, tuple(bool(_matcher(pattern)(name)) for pattern, _ in paths) if paths else ())


def find_packs(criteria: Criteria, sources: Sequence[SourceFile]) -> list[RulePack]:
    """Return the rules that hold for these sources, each selection of them once."""
    some = sources if criteria.checks.paths else sources[:1]
    return [*{id(pack): pack for pack in (find_pack(criteria, source.name) for source in some)}.values()]


def find_run_rules(
    criteria: Criteria, sources: Sequence[SourceFile], seen: Collection[str]
) -> dict[str, set[Severity]]:
    """Return the rules that ran where segments have these of start, end, text and speaker; and how bad."""
    found: dict[str, set[Severity]] = {}
    for pack in find_packs(criteria, sources):
        for rule, severity in pack.severities.items():
            if not find_lacking(rule, seen):
                found.setdefault(rule, set()).add(severity)
    return found


def find_properties_in(criteria: Criteria, segment: JsonObject) -> frozenset[str]:
    """Return which of start, end, text and speaker this segment of a file has, for its rules to look at."""
    properties = find_pack(criteria, "").properties
    return frozenset(kind for kind in properties._fields if has_property(segment, kind, properties))


def tell_silent(
    criteria: Criteria, sources: Sequence[SourceFile], seen: Collection[str], keys: Iterable[str]
) -> tuple[str, ...]:
    """Return a warning if rules that the project wants cannot run, as nothing has what they look at.

    `keys` are properties that segments have.
    """
    schema, layout = load_schema(criteria)
    wanted = {rule for pack in find_packs(criteria, sources) for rule in pack.wanted}
    return tell_names(schema, layout, find_names(criteria), wanted, seen, keys)


def find_card_severities(config: Config) -> dict[str, Severity]:
    """Return the rules that hold for the project's card, and how bad each is."""
    checks = config.checks
    matching = (choices for pattern, choices in checks.paths if _matcher(pattern)(config.card_name))
    return resolve_severities((checks.choices, *matching), CARD_RULES)


def looks_beyond(criteria: Criteria, name: str) -> bool:
    """Return whether a rule that holds for the source of this name looks at what stands around a segment."""
    pack = find_pack(criteria, name)
    return bool(pack.of_corpus or pack.of_recording)


def listen_to(
    source: SourceFile,
    criteria: Criteria,
    number: int = 0,
    *,
    folder: Path | None = None,
    dealer: Dealer | None = None,
) -> Listener:
    """Return what hears the segments of a source, which is the `number`th of its corpus; see `Voice`."""
    pack = find_pack(criteria, source.name)
    mode, key = criteria.recording, criteria.recording_property
    # A property orders its segments by path, whatever their files hold.
    single = key is None and find_form(source) is Form.OBJECT
    claim = None if key else claim_recording(source, mode, single=single)
    spread = key is not None or mode == "folder" or (mode == "auto" and single)
    recording = None if claim is None else claim.recording
    return Listener(pack, Voice(number, recording, spread, single, folder, dealer))


def may_join_objects(criteria: Criteria) -> bool:
    """Return whether files of one object each can be judged many at a time.

    That is so if each is a segment of the recording that its folder is, and the same rules hold for all.
    """
    return criteria.recording_property is None and criteria.recording != "file" and not criteria.checks.paths


def listen_to_objects(
    numbered: Sequence[tuple[int, SourceFile]],
    criteria: Criteria,
    *,
    folder: Path | None = None,
    dealer: Dealer | None = None,
) -> Listener:
    """Return what hears files of one object each, given with their numbers; see `Voice`."""
    number, source = numbered[0]
    # No source has a number below zero, so nobody else puts anything into a file of that name.
    return Listener(find_pack(criteria, source.name), Voice(-1 - number, None, True, True, folder, dealer))


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


@lru_cache(maxsize=64)
def _make_pack(criteria: Criteria, matching: tuple[bool, ...]) -> RulePack:
    """Return the rules for the files that match these of the `[[check.path]]`."""
    schema, layout = load_schema(criteria)
    checks = criteria.checks
    choices = [checks.choices]
    choices += [each for (_, each), matches in zip(checks.paths, matching, strict=True) if matches]
    severities = resolve_severities(choices)
    if criteria.errors_only:
        severities = {rule: each for rule, each in severities.items() if each is Severity.ERROR}
    properties, declared = find_properties(schema, layout, find_names(criteria))
    return RulePack(severities, resolve_limits(checks.limits), properties, declared=declared)


@lru_cache(maxsize=256)
def _matcher(pattern: str) -> Callable[[str], object]:
    return compile_pattern(pattern)


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


def _find_place(data: bytes, pointer: str) -> tuple[int, int]:
    text = Text(data)
    return text.place(text.find_value(pointer))
