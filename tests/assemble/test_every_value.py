"""Every value of every segment is read back from the Parquet files of random projects.

What a column is to be, and what is read from it, is said here once more, apart from the code that builds.
"""

from __future__ import annotations

import json
import os
import random
import string
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from ruamel.yaml import YAML

from packager.assemble import build_dataset
from project import write_json, write_lines

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

CASES = int(os.environ.get("VALUE_CASES", "60"))
FIRST = int(os.environ.get("VALUE_FIRST", "0"))
LOADED = max(3, CASES // 50)
"""How many are loaded with the datasets library too, which takes long."""

ABSENT: Final = object()
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


class Project:
    """A random project, and what is to be read from its build."""

    def __init__(self, seed: int) -> None:
        self.chance = chance = random.Random(f"values {seed}")
        generator = KindGenerator(chance)
        names = chance.sample(
            ("a", "b", "Text", "Speaker", "c d", "é", "~/", "0", "segments"), chance.randrange(1, 7)
        )
        self.kinds = {name: generator.kind(top=True) for name in names}
        self.required = [name for name in names if chance.random() < 0.6]
        self.timed = chance.random() < 0.5
        self.open = chance.random() < 0.4
        self.by_property = chance.random() < 0.3
        self.free = generator.free
        self.rows: dict[tuple[str, int], dict[str, Any]] = {}

    def write(self, folder: Path) -> None:
        """Write the project, and keep what is to be read."""
        properties = {name: kind.schema for name, kind in self.kinds.items()}
        properties |= {name: {"type": "number"} for name in ("Start", "End")} if self.timed else {}
        properties |= {"recording": {"type": "string"}} if self.by_property else {}
        document: dict[str, Any] = {"properties": properties, "required": self.required}
        document |= {} if self.open else {"additionalProperties": False}
        write_json(folder / "schema" / "segment.schema.json", document)
        chosen = {name: kind.choice for name, kind in self.kinds.items() if kind.choice}
        config = '[dataset]\nrepo_id = "me/values"\nsegments = ["segments/*.jsonl"]\n'
        config += 'recording = "recording"\n' if self.by_property else ""
        config += '[splits]\ntrain = 0.5\ntest = 0.5\n[check]\nignore = ["*"]\n[columns]\n'
        config += "".join(
            f"{json.dumps(name, ensure_ascii=False)} = {choice!r}\n" for name, choice in chosen.items()
        )
        (folder / "dataset.toml").write_text(config)
        for number in range(self.chance.randrange(1, 4)):
            name = f"ep{number}"
            segments = [self._segment(name, at) for at in range(self.chance.choice((1, 20, 150)))]
            write_lines(folder / "segments" / f"{name}.jsonl", segments)

    def _segment(self, recording: str, number: int) -> dict[str, Any]:
        chance = self.chance
        given = {
            name: kind.make()
            for name, kind in self.kinds.items()
            if name in self.required or chance.random() < 0.7
        }
        row = {name: self.kinds[name].read(given[name]) if name in given else None for name in self.kinds}
        if self.timed:
            given |= {"Start": number, "End": number + 0.5}
            row |= {
                "Start": float(number),
                "End": number + 0.5,
                "start_seconds": float(number),
                "end_seconds": number + 0.5,
            }
        more = {f"more {at}": self.free() for at in range(chance.choice((0, 0, 1, 3)))} if self.open else {}
        row |= {"extra": Json(more) if more else None} if self.open else {}
        given |= {"recording": recording} if self.by_property else {}
        self.rows[recording, number] = {"recording": recording, "segment": number, **row}
        return given | more


def features_of(build: Path) -> tuple[Any, Any]:
    """Return the features in the footer of a shard, and those of the card, as datasets reads them."""
    from datasets import Features  # noqa: PLC0415 - 0.8 s

    shard = next(iter(sorted(build.glob("data/*.parquet"))))
    footer = json.loads(pq.read_schema(shard).metadata[b"huggingface"])["info"]["features"]
    card = YAML(typ="safe").load((build / "README.md").read_text().split("---\n")[1])
    # The one way in that the library has for features of a card.
    listed = Features._from_yaml_list(card["dataset_info"]["features"])  # noqa: SLF001
    return Features.from_dict(footer), listed


def check_case(seed: int, folder: Path, *, load: bool) -> int:
    """Build a random project and read every value of it; return how many there are."""
    from datasets import Features, load_dataset  # noqa: PLC0415 - 0.8 s

    project = Project(seed)
    project.write(folder)
    build_dataset(folder)
    tables = [pq.read_table(path) for path in sorted(folder.glob("build/data/*.parquet"))]
    found = [row for table in tables for row in table.to_pylist()]
    assert {(row["recording"], row["segment"]) for row in found} == project.rows.keys()
    assert len(found) == len(project.rows)
    for row in found:
        expected = project.rows[row["recording"], row["segment"]]
        assert sorted(row) == sorted(expected)
        for name, value in expected.items():
            assert is_read(row[name], value), (name, row[name], value)
    for table in tables:
        assert {name: table.schema.field(name).type for name in project.kinds} == {
            name: kind.arrow for name, kind in project.kinds.items()
        }
    footer, card = features_of(folder / "build")
    assert footer == card
    assert Features.from_arrow_schema(tables[0].schema) == footer
    if load:
        loaded = load_dataset(str(folder / "build"), cache_dir=str(folder / "cache"))
        for split in loaded.values():
            assert split.features == footer
            for row in split:
                for name, value in project.rows[row["recording"], row["segment"]].items():
                    assert is_read(row[name], value), (name, row[name], value)
    return sum(map(len, project.rows.values()))


def is_read(found: Any, expected: Any) -> bool:  # noqa: ANN401 - what pyarrow returns
    """Return whether a value is what was to be read, of the same type too."""
    if isinstance(expected, Json):
        return bool(expected == found)
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(is_read(found[key], expected[key]) for key in expected)
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(is_read, found, expected))
    if isinstance(expected, datetime):
        return bool(found == expected)
    return type(found) is type(expected) and bool(found == expected)


def test_every_value_is_read_back_as_it_was_and_features_agree(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    values = 0
    for seed in range(FIRST, FIRST + CASES):
        values += check_case(seed, tmp_path_factory.mktemp(f"values-{seed}-"), load=seed - FIRST < LOADED)
    assert values > 100 * CASES
