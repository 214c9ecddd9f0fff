"""Every value of every segment is read back from the Parquet files of random projects.

What a column is to be, and what is read from it, is said here once more, apart from the code that builds.
"""

from __future__ import annotations

import json
import os
import random
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
from ruamel.yaml import YAML

from kind_generator import Json, KindGenerator
from packager.assemble import build_dataset
from project import write_json, write_lines

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

CASES = int(os.environ.get("VALUE_CASES", "60"))
FIRST = int(os.environ.get("VALUE_FIRST", "0"))
LOADED = max(3, CASES // 50)
"""How many are loaded with the datasets library too, which takes long."""


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
