"""Judge one segment file: read it strictly, hold each segment against the schema and the rules.

This is the one definition of what is right: check reports what it says, and build writes only what it passed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from packager.check.rules import RULES, TimeProperties
from packager.errors import ConfigError
from packager.model import Problem, Severity
from packager.recordings import missing_name, name_recording
from packager.schema.columns import Layout, plan_layout
from packager.schema.validate import SegmentSchema, compile_schema
from packager.segments.read import Empty, Item, Unreadable, locate, locate_key, read_items
from packager.segments.strict import read_document

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from packager.model import JsonObject, SourceFile


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


@dataclass(frozen=True, slots=True)
class Judged:
    """One value of a source file and everything that is wrong with it."""

    item: Item
    problems: tuple[Problem, ...]

    @property
    def segment(self) -> JsonObject | None:
        """The segment, if nothing is wrong with it that is an error."""
        wrong = any(problem.severity is Severity.ERROR for problem in self.problems)
        return None if wrong else self.item.value


@lru_cache(maxsize=4)
def load_schema(criteria: Criteria) -> tuple[SegmentSchema, Layout]:
    """Return the compiled schema and the columns that it gives.

    Raises:
        ConfigError: the schema is not strict JSON, not valid by its draft, or gives impossible columns.
    """
    schema = compile_schema(criteria.schema, criteria.schema_name, criteria.schema_folder, read_document)
    try:
        layout = plan_layout(
            schema.document,
            start=criteria.start,
            end=criteria.end,
            recording_property=criteria.recording_property,
        )
    except ConfigError as error:
        raise ConfigError(f"{criteria.schema_name}: {error}") from error
    return schema, layout


def judge_file(source: SourceFile, criteria: Criteria) -> Iterator[Judged | Empty | Unreadable]:
    """Yield every value of a file with its problems, in order; an `Unreadable` comes last, `Empty` alone."""
    schema, layout = load_schema(criteria)
    times = None if layout.start is None else TimeProperties(criteria.start, criteria.end)
    for item in read_items(source):
        if isinstance(item, Empty | Unreadable):
            yield item
            continue
        if item.value is None:
            yield Judged(item, item.problems)
            continue
        problems = [*item.problems]
        if not schema.is_valid(item.value):
            problems += _schema_problems(source, item, item.value, schema)
        if times is not None:
            problems += _rule_problems(source, item, item.value, times, problems)
        key = criteria.recording_property
        if key is not None and name_recording(item.value, key) is None:
            problems.append(missing_name(source.name, item.line, item.column, key))
        yield Judged(item, tuple(problems))


def _schema_problems(
    source: SourceFile, item: Item, value: JsonObject, schema: SegmentSchema
) -> Iterator[Problem]:
    for finding in schema.explain(value):
        if finding.key is None:
            line, column = locate(source, item, finding.pointer)
        else:
            line, column = locate_key(source, item, finding.pointer, finding.key)
        rule = f"schema/{finding.keyword}"
        pointer = finding.pointer if finding.key is None else f"{finding.pointer}/{_escape(finding.key)}"
        yield Problem(source.name, line, column, pointer, rule, Severity.ERROR, finding.message)


def _rule_problems(
    source: SourceFile, item: Item, value: JsonObject, times: TimeProperties, known: list[Problem]
) -> Iterator[Problem]:
    blamed = {problem.pointer for problem in known}
    for rule in RULES:
        for finding in rule(value, times):
            pointer = f"/{_escape(finding.key)}"
            if pointer not in blamed:  # what the schema refused is not said twice
                line, column = locate(source, item, pointer)
                yield Problem(
                    source.name, line, column, pointer, finding.rule, finding.severity, finding.message
                )


def _escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
