"""What segments are judged by: schema, columns and rules, and what they say of themselves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from packager.card_rules import CARD_RULES
from packager.check.names import (
    Name,
    demand_names,
    find_lacking,
    find_properties,
    name_properties,
    tell_names,
)
from packager.check.rules import RulePack, check_choices, has_property, resolve_limits, resolve_severities
from packager.columns import Layout, plan_layout
from packager.config import DEFAULT_CHECKS as DEFAULTS
from packager.config import FILE_NAME, shipped_file
from packager.errors import ConfigError, UsageError
from packager.model import Problem, Severity
from packager.reading import Text, compile_pattern, read_document
from packager.schema import SegmentSchema, compile_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from pathlib import PurePath

    from packager.config import Bounds, Checks, Config
    from packager.model import JsonObject, SourceFile


def make_criteria(config: Config, schema: Path | None = None, *, errors_only: bool = False) -> Criteria:
    """Return what a project's segments are judged by; with `errors_only`, what can fail a build.

    Raises:
        UsageError: the schema file that was named is absent.
        ConfigError: dataset.toml names a rule or a threshold that there is not.
    """
    _check_rules(config)
    path, bounds, folder = config.schema if schema is None else schema, config.bounds, None
    if path is None:
        data, name = shipped_file("segment.schema.json"), "segment.schema.json"
    else:
        place = bounds.follow_named(path) if schema else bounds.follow(path, config.name_file(path))
        folder, bounds = Path(place).parent, bounds.around(place) if schema else bounds
        try:
            data, name = Path(place).read_bytes(), str(path)
        except OSError as error:
            raise UsageError(f"the schema {path} cannot be read: {error.strerror}") from error
    return Criteria(
        schema=data,
        schema_name=name,
        schema_folder=folder,
        bounds=bounds,
        start=config.start,
        end=config.end,
        recording_property=config.recording_property,
        recording=config.recording,
        group_by=config.group_by,
        checks=config.checks,
        formats=config.checks.formats,
        columns=config.columns,
        given=config.given,
        errors_only=errors_only,
    )


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


def may_join_objects(criteria: Criteria) -> bool:
    """Return whether files of one object each can be judged many at a time.

    That is so if each is a segment of the recording that its folder is, and the same rules hold for all.
    """
    return criteria.recording_property is None and criteria.recording != "file" and not criteria.checks.paths


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


def _find_place(data: bytes, pointer: str) -> tuple[int, int]:
    text = Text(data)
    return text.place(text.find_value(pointer))


def _check_rules(config: Config) -> None:
    where = str(config.root / FILE_NAME)
    check_choices(config.checks, where)
    for pattern, _ in config.checks.paths:
        try:
            compile_pattern(pattern)
        except ConfigError as error:
            raise ConfigError(f"{where}: check.path.pattern: {pattern!r} is no pattern") from error
