"""Make random kinds of values: their schema, their Arrow type, and what a column is to say of each."""

from __future__ import annotations

import json
import string
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

WORDS: Final = (
    "",
    " ",
    "a",
    "été",
    "😀",
    "e\u0301",
    'a "b"',
    "back\\slash",
    "\n",
    "\u2028",
    "\u0000",
    "x" * 300,
    "null",
)
FLOATS: Final = (
    0.0,
    1.0,
    -1.5,
    0.1,
    1e-7,
    5e-324,
    1.7976931348623157e308,
    1e21,
    2.0**53,
    -(2.0**63),
    3,
    2**60,
    0,
)
INTEGERS: Final = (0, -1, 2**53 + 1, 2**63 - 1, -(2**63), 10**15, 7.0, 1e3)
ZONES: Final = (0, 60, -210, 345, 1439, -1439)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value: its schema, its Arrow type, what makes a value, and what is to be read of it."""

    schema: dict[str, Any]
    arrow: pa.DataType
    make: Callable[[], Any]
    read: Callable[[Any], Any]
    choice: str | None = None
    """What dataset.toml says of it."""


class Json:
    """A value that is to be read as JSON text."""

    def __init__(self, value: Any) -> None:  # noqa: ANN401 - any JSON
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and same(json.loads(other), self.value)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Json({self.value!r})"


def same(found: Any, expected: Any) -> bool:  # noqa: ANN401 - any JSON
    """Return whether two JSON values are the same, for which 1.0 is 1 and true is not."""
    if isinstance(expected, dict):
        return (
            isinstance(found, dict)
            and found.keys() == expected.keys()
            and all(same(found[key], expected[key]) for key in expected)
        )
    if isinstance(expected, list):
        return isinstance(found, list) and len(found) == len(expected) and all(map(same, found, expected))
    return isinstance(found, bool) == isinstance(expected, bool) and bool(found == expected)


def plain(value: Any) -> Any:  # noqa: ANN401 - any JSON
    return value


class KindGenerator:
    """Makes kinds of values."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def text(self) -> str:
        chance = self.chance
        return chance.choice(
            (chance.choice(WORDS), "".join(chance.choices(string.ascii_letters + " ", k=20)))
        )

    def free(self, depth: int = 2) -> Any:  # noqa: ANN401 - any JSON
        chance = self.chance
        kind = chance.randrange(7 if depth else 5)
        if kind == 5:
            return [self.free(depth - 1) for _ in range(chance.randrange(3))]
        if kind == 6:
            return {self.text(): self.free(depth - 1) for _ in range(chance.randrange(3))}
        return (
            None,
            chance.random() < 0.5,
            chance.choice(INTEGERS[:5]),
            chance.choice(FLOATS[:9]),
            self.text(),
        )[kind]

    def kind(self, depth: int = 2, *, top: bool = False) -> Kind:
        makers = [self._string, self._boolean, self._integer, self._number, self._json]
        makers += [self._timestamp, self._labels] if top else []
        if depth:
            makers += [lambda: self._list(depth), lambda: self._struct(depth)]
        return self.nullable(self.chance.choice(makers)())

    def nullable(self, kind: Kind) -> Kind:
        chance = self.chance
        form = chance.choice(("no", "no", "type", "anyOf"))
        if form == "no" or "type" not in kind.schema or isinstance(kind.schema["type"], list):
            return kind
        if form == "type" and "enum" not in kind.schema:
            schema = kind.schema | {"type": [kind.schema["type"], "null"]}
        else:
            schema = {"anyOf": [kind.schema, {"type": "null"}]}
        rate = chance.choice((0, 0.3, 1))
        return Kind(
            schema,
            kind.arrow,
            lambda: None if chance.random() < rate else kind.make(),
            lambda value: None if value is None else kind.read(value),
            kind.choice,
        )

    def _string(self) -> Kind:
        return Kind({"type": "string"}, pa.string(), self.text, plain)

    def _boolean(self) -> Kind:
        return Kind({"type": "boolean"}, pa.bool_(), lambda: self.chance.random() < 0.5, plain)

    def _integer(self) -> Kind:
        return Kind({"type": "integer"}, pa.int64(), lambda: self.chance.choice(INTEGERS), int)

    def _number(self) -> Kind:
        type_: Any = self.chance.choice(("number", ["integer", "number"]))
        make = lambda: self.chance.choice((self.chance.choice(FLOATS), self.chance.uniform(-9, 9)))  # noqa: E731
        return Kind({"type": type_}, pa.float64(), make, float)

    def _json(self) -> Kind:
        schema = self.chance.choice(
            (
                {},
                {"type": ["string", "integer", "null", "number", "boolean", "array", "object"]},
                {"description": "Free."},
            )
        )
        return Kind(schema, pa.string(), self.free, lambda value: None if value is None else Json(value))

    def _timestamp(self) -> Kind:
        def make() -> str:
            chance = self.chance
            zone = timezone(timedelta(minutes=chance.choice(ZONES)))
            moment = datetime(2024, 5, 1, tzinfo=zone) + timedelta(
                days=chance.randrange(-200_000, 200_000),
                microseconds=chance.choice((0, 1, 250_000, 86_399_999_999)),
            )
            return moment.isoformat()

        schema = {"type": "string", "format": "date-time"}
        if self.chance.random() < 0.3:
            return Kind(schema, pa.string(), make, plain)
        return Kind(
            schema,
            pa.timestamp("us", tz="UTC"),
            make,
            lambda text: datetime.fromisoformat(text).astimezone(UTC),
            "timestamp",
        )

    def _labels(self) -> Kind:
        names = self.chance.sample(
            [word for word in WORDS if word.strip() and word.isprintable()], self.chance.randrange(1, 5)
        )
        schema = {"type": "string", "enum": names}
        make = lambda: self.chance.choice(names)  # noqa: E731
        if self.chance.random() < 0.3:
            return Kind(schema, pa.string(), make, plain)
        return Kind(schema, pa.int64(), make, names.index, "class_label")

    def _list(self, depth: int) -> Kind:
        item = self.kind(depth - 1)
        return Kind(
            {"type": "array", "items": item.schema},
            pa.list_(item.arrow),
            lambda: [item.make() for _ in range(self.chance.choice((0, 1, 1, 2, 5)))],
            lambda value: [item.read(each) for each in value],
        )

    def _struct(self, depth: int) -> Kind:
        chance = self.chance
        names = chance.sample(("a", "b", "c d", "é", "x.y", "0"), chance.randrange(1, 4))
        fields = {name: self.kind(depth - 1) for name in names}
        schema = {
            "type": "object",
            "properties": {name: field.schema for name, field in fields.items()},
            "additionalProperties": False,
        }
        return Kind(
            schema,
            pa.struct([(name, field.arrow) for name, field in fields.items()]),
            lambda: {name: field.make() for name, field in fields.items() if chance.random() < 0.8},
            lambda value: {
                name: field.read(value[name]) if name in value else None for name, field in fields.items()
            },
        )
