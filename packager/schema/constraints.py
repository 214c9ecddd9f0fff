"""What a JSON Schema demands of each property beyond its type, in a few words. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from packager.model import JsonObject, JsonValue

_VALUES: Final = 8
"""How many values of an `enum` are named."""
_BOUNDS: Final = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "format": "format {}",
    "pattern": "matches {}",
}


def describe_constraints(document: JsonObject, targets: Mapping[int, JsonValue]) -> dict[str, str]:
    """Return, by property, what its values must keep to; what demands nothing is left out.

    `targets` are those of `plan_layout`.
    """
    found: dict[str, list[str]] = {}
    for part in _conjuncts(document, targets, set()):
        properties = part.get("properties")
        if isinstance(properties, dict):
            for name, schema in properties.items():
                if name not in found:
                    found[name] = [said for each in _conjuncts(schema, targets, set()) for said in _say(each)]
    return {name: "; ".join(dict.fromkeys(said)) for name, said in found.items() if said}


def _conjuncts(schema: JsonValue, targets: Mapping[int, JsonValue], seen: set[int]) -> Iterator[JsonObject]:
    """Yield a schema and all that must hold with it, each once."""
    if not isinstance(schema, dict) or id(schema) in seen:
        return
    seen.add(id(schema))
    yield schema
    yield from _conjuncts(targets.get(id(schema)), targets, seen)
    branches = schema.get("allOf")
    for branch in branches if isinstance(branches, list) else ():
        yield from _conjuncts(branch, targets, seen)


def _say(schema: JsonObject) -> Iterator[str]:
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    if isinstance(values, list):
        shown = [json.dumps(value, ensure_ascii=False) for value in values[:_VALUES]]
        more = [f"{len(values) - _VALUES} more"] * (len(values) > _VALUES)
        yield f"one of {', '.join([*shown, *more])}" if len(values) > 1 else f"always {shown[0]}"
    for keyword, words in _BOUNDS.items():
        if keyword in schema and not isinstance(schema[keyword], dict | list | bool):
            yield words.format(schema[keyword])
