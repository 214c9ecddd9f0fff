"""Follow an evaluation through a schema: which keywords it passed, and what made them count. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from packager.schema.phrases import quote, tell_condition
from packager.schema.walk import NAMED, REFERENCES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packager.model import JsonObject, JsonValue
    from packager.schema.failures import Path


@dataclass(frozen=True, slots=True)
class Step:
    """One keyword on the way through a schema."""

    keyword: str
    name: str | int | None
    """Which of its subschemas was taken, where it holds more than one."""
    schema: JsonObject
    """Which the keyword stands in; empty if it is not known."""


def trace(evaluation: Path, schema: JsonValue, targets: Mapping[int, JsonValue]) -> list[Step]:
    """Return the steps of an evaluation that began at this schema.

    `targets` tells, by the id() of a schema with a `$ref`, the schema that it leads to.
    """
    steps = []
    here = schema
    rest = list(evaluation)
    while rest:
        keyword = str(rest.pop(0))
        around = here if isinstance(here, dict) else {}
        here = around.get(keyword)
        name = None
        if keyword in REFERENCES:
            here = targets.get(id(around)) if keyword == "$ref" else None
        elif rest and (keyword in NAMED or isinstance(rest[0], int)):
            name = rest.pop(0)
            if isinstance(here, dict):
                here = here.get(str(name))
            elif isinstance(here, list) and isinstance(name, int) and name < len(here):
                here = here[name]
        steps.append(Step(keyword, name, around))
    return steps


def last_keyword(steps: list[Step]) -> Step | None:
    """Return the last step that is not a reference: the keyword that a curator is told."""
    return next((step for step in reversed(steps) if step.keyword not in REFERENCES), None)


def tell_reason(steps: list[Step]) -> str:
    """Return which condition makes the schema demand what it demands; empty if there is none."""
    for step in reversed(steps[:-1] if steps and steps[-1].name is not None else steps):
        if step.keyword in {"then", "else"}:
            holds = step.keyword == "then"
            clause = tell_condition(step.schema.get("if"))
            if clause is None:
                return f", since the condition `if` of the schema {'holds' if holds else 'does not hold'}"
            return f", since {clause if holds else f'it is not so that {clause}'}"
        if step.keyword in {"dependentSchemas", "dependencies"} and step.name is not None:
            return f", since {quote(step.name)} is there"
    return ""
