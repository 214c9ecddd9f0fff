"""Make small random schemas of every draft, and values that come near to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from packager.schema.validate import DRAFTS

if TYPE_CHECKING:
    import random

D4, D6, D7, D2019, D2020 = DRAFTS
KEYS: Final = ("a", "b", "c", "", "a/b", "00")
STRINGS: Final = ("", "a", "ab", "b", "bca", "é", "😀a", "1")
NUMBERS: Final = (0, 1, -1, 2, 3, 1.0, 2.5, -0.5, 2**53 + 1, 2**64, 1e20)
PATTERNS: Final = ("^a", "b", "a|b", "^[ab]*c", "^(?!b)", "[^a]")
TYPES: Final = ("null", "boolean", "integer", "number", "string", "array", "object")
NAMES: Final = ("n0", "n1", "n2")
"""Of definitions; each refers only to later ones where it stands for the same value, so none is endless."""


def make_value(chance: random.Random, depth: int = 3) -> Any:  # noqa: ANN401 - any JSON
    """Return a small value."""
    kind = chance.randrange(7 if depth else 5)
    match kind:
        case 0:
            return chance.choice((None, True, False))
        case 1 | 2:
            return chance.choice(NUMBERS)
        case 3 | 4:
            return chance.choice(STRINGS)
        case 5:
            return [make_value(chance, depth - 1) for _ in range(chance.randrange(4))]
        case _:
            return {chance.choice(KEYS): make_value(chance, depth - 1) for _ in range(chance.randrange(5))}


class SchemaGenerator:
    """Makes schemas of one draft."""

    def __init__(self, chance: random.Random, draft: str) -> None:
        self.chance = chance
        self.draft = draft
        self.definitions = "$defs" if draft in {D2019, D2020} else "definitions"
        self.keywords = _keywords_of(draft)

    def make(self) -> dict[str, Any]:
        """Return a schema with `$schema`, and definitions that it refers to."""
        definitions = {name: self.subschema(2, index + 1) for index, name in enumerate(NAMES)}
        body = self.schema(3, 0)
        return {"$schema": self.draft, **body, self.definitions: definitions}

    def subschema(self, depth: int, later: int) -> Any:  # noqa: ANN401 - an object or a boolean
        if self.draft != D4 and self.chance.random() < 0.12:
            return self.chance.random() < 0.6
        return self.schema(depth, later)

    def schema(self, depth: int, later: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for _ in range(self.chance.choice((1, 1, 2, 2, 3, 4))):
            keyword = self.chance.choice(self.keywords)
            made.update(_MAKERS[keyword](self, keyword, depth, later))
        return made

    def inner(self, depth: int) -> Any:  # noqa: ANN401 - an object or a boolean
        """Return a schema for a value inside this one: it may refer to anything, the whole included."""
        if self.chance.random() < 0.1:
            name = self.chance.choice(NAMES)
            return {"$ref": self.chance.choice(("#", f"#/{self.definitions}/{name}"))}
        return self.subschema(depth - 1, 0) if depth else {"type": self.chance.choice(TYPES)}

    def same(self, depth: int, later: int) -> Any:  # noqa: ANN401 - an object or a boolean
        """Return a schema for the same value."""
        return self.subschema(depth - 1, later) if depth else {"type": self.chance.choice(TYPES)}

    def sames(self, depth: int, later: int) -> list[Any]:
        return [self.same(depth, later) for _ in range(self.chance.choice((1, 2, 2, 3)))]


def _some_keys(chance: random.Random) -> list[str]:
    return chance.sample(KEYS, chance.randrange(1, 3))


def _limit(g: SchemaGenerator, keyword: str, *_: int) -> dict[str, Any]:
    return {keyword: g.chance.choice((0, 1, 1, 2, 3))}


def _bound(g: SchemaGenerator, keyword: str, *_: int) -> dict[str, Any]:
    if g.draft == D4 and keyword.startswith("exclusive"):
        plain = keyword.removeprefix("exclusive").lower()
        return {keyword: g.chance.random() < 0.7, plain: g.chance.choice(NUMBERS)}
    return {keyword: g.chance.choice(NUMBERS)}


def _reference(g: SchemaGenerator, keyword: str, _: int, later: int) -> dict[str, Any]:
    names = NAMES[later:]
    return {keyword: f"#/{g.definitions}/{g.chance.choice(names)}"} if names else {"title": "x"}


def _named(g: SchemaGenerator, keyword: str, depth: int, _: int) -> dict[str, Any]:
    names = PATTERNS if keyword == "patternProperties" else KEYS
    return {keyword: {g.chance.choice(names): g.inner(depth) for _ in range(g.chance.randrange(1, 4))}}


def _dependencies(g: SchemaGenerator, keyword: str, depth: int, later: int) -> dict[str, Any]:
    lists = keyword == "dependentRequired" or (keyword == "dependencies" and g.chance.random() < 0.5)
    value = _some_keys(g.chance) if lists else g.same(depth, later)
    return {keyword: {g.chance.choice(KEYS): value}}


def _items(g: SchemaGenerator, keyword: str, depth: int, _: int) -> dict[str, Any]:
    listed = keyword == "prefixItems" or (g.draft != D2020 and g.chance.random() < 0.5)
    return {keyword: [g.inner(depth) for _ in range(g.chance.randrange(1, 3))] if listed else g.inner(depth)}


def _inner(g: SchemaGenerator, keyword: str, depth: int, _: int) -> dict[str, Any]:
    if g.draft == D4 and g.chance.random() < 0.5:
        return {keyword: g.chance.random() < 0.3}
    return {keyword: g.inner(depth)}


def _contains(g: SchemaGenerator, keyword: str, depth: int, _: int) -> dict[str, Any]:
    made = {keyword: g.inner(depth)}
    if g.draft in {D2019, D2020}:
        for bound in ("minContains", "maxContains"):
            made.update({bound: g.chance.randrange(3)} if g.chance.random() < 0.4 else {})
    return made


def _condition(g: SchemaGenerator, _: str, depth: int, later: int) -> dict[str, Any]:
    made = {"if": g.same(depth, later)}
    for branch in ("then", "else"):
        made.update({branch: g.same(depth, later)} if g.chance.random() < 0.7 else {})
    return made


def _names(g: SchemaGenerator, keyword: str, *_: int) -> dict[str, Any]:
    return {keyword: g.chance.choice(({"maxLength": 1}, {"pattern": "^a"}, {"enum": ["a", ""]}, False))}


_MAKERS: Final[dict[str, Any]] = {
    "type": lambda g, k, *_: {k: g.chance.choice((g.chance.choice(TYPES), g.chance.sample(TYPES, 2)))},
    "enum": lambda g, k, *_: {k: [make_value(g.chance, 1) for _ in range(3)]},
    "const": lambda g, k, *_: {k: make_value(g.chance, 2)},
    "multipleOf": lambda g, k, *_: {k: g.chance.choice((1, 2, 3, 0.5))},
    "pattern": lambda g, k, *_: {k: g.chance.choice(PATTERNS)},
    "uniqueItems": lambda g, k, *_: {k: g.chance.random() < 0.8},
    "required": lambda g, k, *_: {k: _some_keys(g.chance)},
    "not": lambda g, k, depth, later: {k: g.same(depth, later)},
    "propertyNames": _names,
    "contains": _contains,
    "if": _condition,
    "$ref": _reference,
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _bound),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), _limit),
    **dict.fromkeys(("minProperties", "maxProperties"), _limit),
    **dict.fromkeys(("allOf", "anyOf", "oneOf"), lambda g, k, depth, later: {k: g.sames(depth, later)}),
    **dict.fromkeys(("properties", "patternProperties"), _named),
    **dict.fromkeys(("dependencies", "dependentRequired", "dependentSchemas"), _dependencies),
    **dict.fromkeys(("items", "prefixItems"), _items),
    **dict.fromkeys(("additionalItems", "additionalProperties"), _inner),
    **dict.fromkeys(("unevaluatedItems", "unevaluatedProperties"), _inner),
}

_SINCE: Final = {
    "const": D6,
    "contains": D6,
    "propertyNames": D6,
    "if": D7,
    "dependentRequired": D2019,
    "dependentSchemas": D2019,
    "unevaluatedItems": D2019,
    "unevaluatedProperties": D2019,
    "prefixItems": D2020,
}
_UNTIL: Final = {"dependencies": D7, "additionalItems": D2019}


def _keywords_of(draft: str) -> list[str]:
    order = list(DRAFTS)
    here = order.index(draft)
    return [
        keyword
        for keyword in _MAKERS
        if order.index(_SINCE.get(keyword, D4)) <= here <= order.index(_UNTIL.get(keyword, D2020))
    ]
