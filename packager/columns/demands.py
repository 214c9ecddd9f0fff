"""Say what a JSON Schema demands of a segment and of each of its properties, for columns and in words. Pure.

Whatever reads a schema for either goes this way, so that no keyword counts that has no force: up to draft 7,
nothing that stands beside a `$ref` does.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from packager.model import JsonObject, JsonValue

_OLD_DRAFTS: Final = tuple(f"http://json-schema.org/draft-0{number}/" for number in (4, 6, 7))


class Demands:
    """What one schema document demands.

    `targets` tells, by the id() of a schema with a `$ref`, the schema that it leads to, in whatever file.
    """

    def __init__(self, document: JsonObject, targets: Mapping[int, JsonValue]) -> None:
        self.document = document
        self.reference_alone = str(document.get("$schema")).startswith(_OLD_DRAFTS)
        self._targets = targets

    def properties(self) -> JsonObject:
        """Return the declared properties of the segment: its own in order, then those by reference."""
        found: JsonObject = {}
        for part in self.conjuncts(self.document):
            properties = part.get("properties")
            if isinstance(properties, dict):
                for name, subschema in properties.items():
                    found.setdefault(name, subschema)
        return found

    def declared(self) -> set[str]:
        """Return every property that the segment may have by name, whatever that depends on."""
        return {
            name for part in self._possible(self.document, set()) for name in _keys_of(part.get("properties"))
        }

    def closed(self) -> bool:
        """Return whether a segment can have no property but those that are declared."""
        return self._is_closed(self.document, frozenset())

    def _possible(self, schema: JsonValue, seen: set[int]) -> Iterator[JsonObject]:
        """Yield all that may have to hold with a schema: its conjuncts, and those of every alternative."""
        for part in self.conjuncts(schema, seen):
            yield part
            for branch in _alternatives(part):
                yield from self._possible(branch, seen)

    def _is_closed(self, schema: JsonValue, above: frozenset[int]) -> bool:
        if schema is False:
            return True
        if not isinstance(schema, dict) or id(schema) in above:
            return False
        above |= {id(schema)}
        parts = [*self.conjuncts(schema)]
        if any(keyword in part for part in parts for keyword in _DYNAMIC):
            return False  # nobody knows what else it declares
        return any(
            _is_closed(part)
            or any(
                branches and all(self._is_closed(branch, above) for branch in branches)
                for keyword in ("anyOf", "oneOf")
                if isinstance(branches := part.get(keyword), list)
            )
            for part in parts
        )

    def required(self) -> set[JsonValue]:
        """Return the properties that a segment must have."""
        lists = [part.get("required") for part in self.conjuncts(self.document)]
        return {name for names in lists if isinstance(names, list) for name in names if isinstance(name, str)}

    def conjuncts(self, schema: JsonValue, seen: set[int] | None = None) -> Iterator[JsonObject]:
        """Yield a schema and all that must hold with it, each once: what it refers to, and its `allOf`."""
        seen = set() if seen is None else seen
        if not isinstance(schema, dict) or id(schema) in seen:
            return
        seen.add(id(schema))
        refers = isinstance(schema.get("$ref"), str)
        alone = refers and self.reference_alone
        if not alone:
            yield schema
        if refers:
            yield from self.conjuncts(self._targets.get(id(schema)), seen)
        branches = schema.get("allOf")
        for branch in branches if isinstance(branches, list) and not alone else ():
            yield from self.conjuncts(branch, seen)


_DYNAMIC: Final = ("$dynamicRef", "$recursiveRef")


def _is_closed(schema: JsonObject) -> bool:
    refuses = any(schema.get(f"{which}Properties") is False for which in ("additional", "unevaluated"))
    return refuses and not schema.get("patternProperties")


def _alternatives(part: JsonObject) -> Iterator[JsonValue]:
    """Yield the schemas of which some may have to hold with this one."""
    for keyword in ("anyOf", "oneOf"):
        branches = part.get(keyword)
        yield from branches if isinstance(branches, list) else ()
    for keyword in ("if", "then", "else"):
        yield part.get(keyword)
    for keyword in ("dependentSchemas", "dependencies"):
        branches = part.get(keyword)
        yield from branches.values() if isinstance(branches, dict) else ()


def _keys_of(value: JsonValue) -> set[str]:
    return set(value) if isinstance(value, dict) else set()


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
