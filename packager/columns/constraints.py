"""What a JSON Schema demands of each property beyond its type, in a few words. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from packager.columns.demands import Demands

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
    demands = Demands(document, targets)
    found = {
        name: [said for part in demands.conjuncts(schema) for said in _say(part)]
        for name, schema in demands.properties().items()
    }
    return {name: "; ".join(dict.fromkeys(said)) for name, said in found.items() if said}


def _say(schema: JsonObject) -> Iterator[str]:
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    if isinstance(values, list) and values:
        shown = [json.dumps(value, ensure_ascii=False) for value in values[:_VALUES]]
        more = [f"{len(values) - _VALUES} more"] * (len(values) > _VALUES)
        yield f"one of {', '.join([*shown, *more])}" if len(values) > 1 else f"always {shown[0]}"
    for keyword, words in _BOUNDS.items():
        if keyword in schema and not isinstance(schema[keyword], dict | list | bool):
            yield words.format(schema[keyword])
