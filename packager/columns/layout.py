"""Map a JSON Schema to columns: one fixed table, so that a version never changes its shape by its data. Pure.

    string; enum, const of strings; date-time        string
    boolean                                          bool
    integer                                          int64
    number; integer or number                        float64
    T or null; T that is not required                nullable T
    array with one schema for its items              list<T>
    object that is closed (additionalProperties      struct<name: T, ...>
      false, no patternProperties)
    anything else: unions, free values, open objects json (JSON text in a string column)

and, for a property that dataset.toml chooses it for:

    date-time, as "timestamp"                        timestamp[us, tz=UTC]
    enum, const of strings, as "class_label"         class_label<"a", "b"> (the number of the string, from 0)

Before them stand `recording` and `segment`; after them, if the schema has both time properties,
`start_seconds` and `end_seconds`; and last, if the schema is open, `extra`: the undeclared properties as JSON
text of an object, null where there are none. docs/columns.md is the table with examples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from packager.columns.demands import Demands
from packager.columns.types import (
    BOOL,
    FLOAT64,
    INT64,
    JSON,
    STRING,
    TIMESTAMP,
    ColumnType,
    Labels,
    ListOf,
    StructOf,
    type_name,
)
from packager.errors import ConfigError
from packager.model import Column

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from packager.model import JsonObject, JsonValue

RECORDING: Final = "recording"
SEGMENT: Final = "segment"
START_SECONDS: Final = "start_seconds"
END_SECONDS: Final = "end_seconds"
EXTRA: Final = "extra"

TIMESTAMP_CHOICE: Final = "timestamp"
"""What dataset.toml calls it."""

_SCALARS: Final = {"string": STRING, "boolean": BOOL, "integer": INT64, "number": FLOAT64}
_MADE: Final = {
    RECORDING: (STRING, False, "The recording that the segment belongs to."),
    SEGMENT: (INT64, False, "Its place in the source, from 0; what was dropped leaves a gap."),
    START_SECONDS: (FLOAT64, True, "When it starts, in seconds."),
    END_SECONDS: (FLOAT64, True, "When it ends, in seconds."),
    EXTRA: (JSON, True, "The properties that the schema does not declare, as JSON text of an object."),
}


@dataclass(frozen=True, slots=True)
class Property:
    """A property of the segment that has a column of its own."""

    name: str
    type: ColumnType
    nullable: bool
    description: str


@dataclass(frozen=True, slots=True)
class BuiltColumn:
    """A column of the built data set, with what the manifest does not say."""

    column: Column
    type: ColumnType
    description: str


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a data set, in order, and where each comes from."""

    properties: tuple[Property, ...]
    """Without the property `recording` if that names the recordings."""
    start: str | None
    """The time property that fills `start_seconds`; None if there are no such columns."""
    end: str | None
    extra: bool
    recording_property: str | None

    @property
    def columns(self) -> tuple[BuiltColumn, ...]:
        """Every column, in order."""
        made = [_made(RECORDING), _made(SEGMENT)]
        for each in self.properties:
            column = Column(each.name, type_name(each.type), each.nullable)
            made.append(BuiltColumn(column, each.type, each.description))
        made += [_made(START_SECONDS), _made(END_SECONDS)] if self.start is not None else []
        made += [_made(EXTRA)] if self.extra else []
        return tuple(made)


def plan_layout(  # noqa: PLR0913 - a schema, and all that a project says of its columns
    document: JsonObject,
    targets: Mapping[int, JsonValue],
    *,
    start: str,
    end: str,
    recording_property: str | None,
    choices: Sequence[tuple[str, str]] = (),
) -> Layout:
    """Return the columns of segments that this schema describes.

    `targets` tells, by the id() of a schema with a `$ref`, the schema that it leads to, in whatever file;
    `choices` are properties that are to be more than text: `timestamp` or `class_label`.

    Raises:
        ConfigError: a property has the name of a column that the tool makes, or cannot be what was chosen.
    """
    schema = _Schema(document, targets)
    properties = schema.properties()
    timed = start in properties and end in properties
    is_open = not any(map(_is_closed, schema.conjuncts(document)))
    required = schema.required()
    taken = {RECORDING, SEGMENT}
    taken |= {START_SECONDS, END_SECONDS} if timed else set()
    taken |= {EXTRA} if is_open else set()
    made = []
    chosen = dict(choices)
    for name, subschema in properties.items():
        if name == RECORDING == recording_property:
            continue
        if name in taken:
            raise ConfigError(
                f"the schema's property {name!r} has the name of a column that the tool makes "
                f"({', '.join(sorted(taken))}): rename the property"
            )
        column, nullable = schema.column(subschema)
        if name in chosen:
            column = schema.choose(subschema, column, name, chosen.pop(name))
        description = schema.description(subschema)
        made.append(Property(name, column, nullable or name not in required, description))
    for name, choice in chosen.items():
        raise ConfigError(
            f"columns.{name} of dataset.toml is {choice!r}, but no column is made of a property {name!r}"
        )
    return Layout(
        properties=tuple(made),
        start=start if timed else None,
        end=end if timed else None,
        extra=is_open,
        recording_property=recording_property,
    )


def _made(name: str) -> BuiltColumn:
    """Return a column that the tool makes."""
    kind, nullable, description = _MADE[name]
    return BuiltColumn(Column(name, kind.name, nullable), kind, description)


class _Schema(Demands):
    """Answers questions about the parts of one schema document."""

    def description(self, schema: JsonValue) -> str:
        for part in self.conjuncts(schema):
            for keyword in ("description", "title"):
                if isinstance(text := part.get(keyword), str):
                    return text
        return ""

    def column(self, schema: JsonValue, above: frozenset[int] = frozenset()) -> tuple[ColumnType, bool]:
        """Return the type of a value and whether null is among its values."""
        if not isinstance(schema, dict) or id(schema) in above:  # true, false, or a schema inside itself
            return JSON, True
        above |= {id(schema)}
        nullable = True
        chosen: ColumnType | None = None
        for part in self.conjuncts(schema):
            column, null = self.column_of_part(part, above)
            nullable = nullable and null
            chosen = chosen if chosen not in {None, JSON} else column
        return (JSON if chosen is None else chosen), nullable

    def column_of_part(self, part: JsonObject, above: frozenset[int]) -> tuple[ColumnType | None, bool]:
        """Return what this one schema object says, without what it refers to; None if it says nothing."""
        if "type" in part:
            return self.column_of_type(part, above)
        if "const" in part:
            return _of_values([part["const"]])
        if isinstance(values := part.get("enum"), list):
            return _of_values(values)
        for keyword in ("anyOf", "oneOf"):
            if isinstance(branches := part.get(keyword), list):
                return self.column_of_union(branches, above)
        return None, True

    def column_of_type(self, part: JsonObject, above: frozenset[int]) -> tuple[ColumnType, bool]:
        stated = part["type"]
        names = {str(name) for name in (stated if isinstance(stated, list) else [stated])}
        values = part.get("enum", [part["const"]] if "const" in part else None)
        nullable = "null" in names and not (isinstance(values, list) and None not in values)
        names.discard("null")
        if names == {"integer", "number"}:
            names = {"number"}
        if len(names) != 1:
            return JSON, nullable
        match names.pop():
            case "array":
                return self.column_of_array(part, above), nullable
            case "object":
                return self.column_of_object(part, above), nullable
            case name:
                return _SCALARS.get(name, JSON), nullable

    def column_of_array(self, part: JsonObject, above: frozenset[int]) -> ColumnType:
        if isinstance(part.get("items"), dict) and "prefixItems" not in part:
            return ListOf(self.column(part["items"], above)[0])
        return JSON

    def column_of_object(self, part: JsonObject, above: frozenset[int]) -> ColumnType:
        properties = part.get("properties")
        if not isinstance(properties, dict) or not properties or not _is_closed(part):
            return JSON
        return StructOf(tuple((name, self.column(inner, above)[0]) for name, inner in properties.items()))

    def column_of_union(self, branches: list[JsonValue], above: frozenset[int]) -> tuple[ColumnType, bool]:
        columns = [(branch, *self.column(branch, above)) for branch in branches]
        nullable = any(null for _, _, null in columns)
        kinds = {kind for branch, kind, _ in columns if not self.is_null(branch)}
        return (kinds.pop() if len(kinds) == 1 else JSON), nullable

    def choose(self, schema: JsonValue, column: ColumnType, name: str, choice: str) -> ColumnType:
        """Return the column of a property for which more than text was chosen."""
        if choice == TIMESTAMP_CHOICE:
            needed, found = 'a string of format "date-time"', self.is_date_time(schema)
            made: ColumnType = TIMESTAMP
        else:
            labels = self.labels(schema)
            needed, found = "an enum of strings", bool(labels)
            made = Labels(tuple(dict.fromkeys(labels)))
        if column != STRING or not found:
            raise ConfigError(
                f"columns.{name} of dataset.toml is {choice!r}, for which the property must be {needed}"
            )
        return made

    def is_date_time(self, schema: JsonValue, above: frozenset[int] = frozenset()) -> bool:
        """Return whether every string that this allows has the format of a date and a time."""
        return any(
            part.get("format") == "date-time"
            or any(
                all(self.is_date_time(branch, above | {id(schema)}) for branch in branches)
                for branches in self.alternatives(part, above | {id(schema)})
            )
            for part in self.conjuncts(schema)
        )

    def labels(self, schema: JsonValue, above: frozenset[int] = frozenset()) -> list[str]:
        """Return the strings to which this restricts a value, in order; none if it does not."""
        for part in self.conjuncts(schema):
            values = part.get("enum", [part["const"]] if "const" in part else None)
            if isinstance(values, list):
                return [value for value in values if isinstance(value, str)]
            for branches in self.alternatives(part, above | {id(schema)}):
                found = [self.labels(branch, above | {id(schema)}) for branch in branches]
                if all(found):
                    return [label for labels in found for label in labels]
        return []

    def alternatives(self, part: JsonObject, above: frozenset[int]) -> Iterator[list[JsonValue]]:
        """Yield the branches of which one must hold, without null; of those inside themselves none."""
        for keyword in ("anyOf", "oneOf"):
            if isinstance(branches := part.get(keyword), list):
                others = [branch for branch in branches if not self.is_null(branch)]
                if others and not any(id(branch) in above for branch in others):
                    yield others

    def is_null(self, schema: JsonValue) -> bool:
        """Return whether a schema allows null alone."""
        if not isinstance(schema, dict) or ("$ref" in schema and self.reference_alone):
            return False
        return schema.get("type") == "null" or schema.get("enum") == [None]


def _is_closed(schema: JsonObject) -> bool:
    return schema.get("additionalProperties") is False and not schema.get("patternProperties")


def _of_values(values: list[JsonValue]) -> tuple[ColumnType, bool]:
    kinds = frozenset(type(value) for value in values if value is not None)
    return _OF_VALUES.get(kinds, JSON), None in values


_OF_VALUES: Final[dict[frozenset[type], ColumnType]] = {
    frozenset({str}): STRING,
    frozenset({bool}): BOOL,
    frozenset({int}): INT64,
    frozenset({float}): FLOAT64,
    frozenset({int, float}): FLOAT64,
}
