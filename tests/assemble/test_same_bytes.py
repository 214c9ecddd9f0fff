"""What is built depends on what the segments say, not on how they are written, nor on who reads them."""

from __future__ import annotations

import gzip
import json
import random
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, Final

import pytest

from packager.assemble import build_dataset
from packager.config import shipped_file
from project import make_project, write_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SPLITS: Final = "[splits]\ntrain = 0.5\ntest = 0.5\n"
MORE: Final = {
    "Language": {"type": "string"},
    "Confidence": {"type": "number"},
    "Count": {"type": "integer"},
    "Overlap": {"type": "boolean"},
    "Words": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"word": {"type": "string"}, "start": {"type": "number"}},
            "additionalProperties": False,
        },
    },
}
SIZES: Final = (9000, 1, 7, 40, 40, 300)
"""Segments of each recording: the first has several blocks in every form."""
TEXTS: Final = (
    *(
        "So.",
        "Grüße, “Ada”…",
        "日本語",
        "\U0001f600",
        '"},{"',
        "\\",
        "a/b",
        "\x7f",
        "\uffff",
        "\u2028",
        "x\ty",
    ),
    *("1.0", "1e400", "},\n{", "u0022"),
)


def spell_lines(segments: list[dict[str, Any]]) -> str:
    return "".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in segments)


def spell_array(segments: list[dict[str, Any]]) -> str:
    return json.dumps(segments, ensure_ascii=False, separators=(",", ":"))


def spell_pretty(segments: list[dict[str, Any]]) -> str:
    return json.dumps(segments, ensure_ascii=False, indent=2)


def spell_oddly(segments: list[dict[str, Any]]) -> str:
    """Return lines with keys in another order, all characters by number, spaces, CRLF and blank lines."""
    return "".join(f"  {json.dumps(dict(reversed(each.items())))} \r\n\r\n" for each in segments)


SHAPES: Final[dict[str, tuple[Callable[[list[dict[str, Any]]], str], str]]] = {
    "array": (spell_array, ".json"),
    "pretty": (spell_pretty, ".json"),
    "odd": (spell_oddly, ".jsonl"),
    "gz": (spell_lines, ".jsonl.gz"),
}


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What is built of the corpus as lines, by one process."""
    return build(write_corpus(tmp_path_factory.mktemp("lines"), spell_lines, ".jsonl"))


@pytest.mark.parametrize("shape", SHAPES)
def test_the_same_segments_are_the_same_bytes_in_every_form(
    shape: str, lines: dict[str, bytes], tmp_path: Path
) -> None:
    assert build(write_corpus(tmp_path, *SHAPES[shape])) == lines


@pytest.mark.parametrize("shape", ["array", "pretty"])
def test_the_same_segments_are_the_same_bytes_from_two_processes(
    shape: str, lines: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("packager.check.gathering._UNIT_FILES", 2)
    project = write_corpus(tmp_path, *SHAPES[shape])

    with ProcessPoolExecutor(2, get_context("spawn")) as executor:
        build_dataset(project, jobs=2, executor=executor)

    assert read(project / "build") == lines


def build(project: Path) -> dict[str, bytes]:
    build_dataset(project)
    return read(project / "build")


def read(folder: Path) -> dict[str, bytes]:
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert sum(name.endswith(".parquet") for name in found) > 1
    return found


def write_corpus(folder: Path, spell: Callable[[list[dict[str, Any]]], str], ending: str) -> Path:
    project = make_project(folder, SPLITS)
    schema = json.loads(shipped_file("segment.schema.json"))
    write_json(project / "schema/segment.schema.json", schema | {"properties": schema["properties"] | MORE})
    (project / "segments").mkdir()
    chance = random.Random("corpus")
    for number, size in enumerate(SIZES):
        data = spell([*make_segments(chance, number, size)]).encode()
        path = project / "segments" / f"talk{number}{ending}"
        path.write_bytes(gzip.compress(data) if ending.endswith(".gz") else data)
    return project


def make_segments(chance: random.Random, number: int, size: int) -> Iterator[dict[str, Any]]:
    for at in range(size):
        clock = f"{at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}"
        segment: dict[str, Any] = {"Speaker": f"Guest {number}", "Start": clock, "End": f"{clock}.5"}
        segment["Text"] = " ".join(["Well,", *chance.choices(TEXTS, k=3)])
        if chance.random() < 0.5:
            segment["Language"] = chance.choice(["en", "日本"])
        if chance.random() < 0.5:
            segment["Confidence"] = chance.choice([0, 1, 1.0, -0.0, 0.5, 1e-7, 1e16, 1e22, chance.random()])
        if chance.random() < 0.3:
            segment["Count"] = chance.choice([0, -1, 2**53 + 1, 2**63 - 1])
        if chance.random() < 0.2:
            segment["Overlap"] = chance.random() < 0.5
        if chance.random() < 0.2:
            segment["Words"] = [
                {"word": word} | ({"start": float(at)} if chance.random() < 0.8 else {})
                for word in chance.choices(TEXTS, k=chance.randint(0, 3))
            ]
        yield segment
