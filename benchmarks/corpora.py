"""Make the corpora that the benchmarks run on: always the same bytes, written once into a folder.

    S   short utterances, 60 to 120 characters, 200 JSONL files of one recording each
    L   long turns, about 3.3 KB, 200 JSONL files of one recording each
    SM  S with four more fields, declared in a schema of its own
    F   files of one segment each, pretty-printed, in folders of 500

Each folder is a dataset project, ready for `packager check` and `packager build`.
Other shapes of transcripts: benchmarks/shapes.py.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Alter = Callable[[dict[str, object]], dict[str, object]]

_FILES = 200
_CONFIG = '[dataset]\nrepo_id = "me/benchmark"\n[splits]\ntrain = 0.9\nvalidation = 0.05\ntest = 0.05\n'
_SHORT, _LONG = (60, 120), (2800, 3800)
_SHIPPED = Path(__file__).resolve().parent.parent / "schema" / "segment.schema.json"
_MORE: dict[str, object] = {
    "Confidence": {"type": "number", "minimum": 0, "maximum": 1},
    "Words": {"type": "integer", "minimum": 0},
    "Language": {"type": "string", "enum": ["en", "de", "fr", "pt-BR"]},
    "Overlap": {"type": "boolean"},
}
_SPEAKERS = ("Ada Lovelace", "Grace Hopper", "Alan Turing", "Katherine Johnson")


def make_short(folder: Path, megabytes: int = 200) -> Path:
    """Make corpus S of about so many megabytes, unless it is there."""
    return _make_lines(folder, megabytes, _SHORT)


def make_long(folder: Path, megabytes: int = 200) -> Path:
    """Make corpus L of about so many megabytes, unless it is there."""
    return _make_lines(folder, megabytes, _LONG)


def make_more(folder: Path, megabytes: int = 200) -> Path:
    """Make corpus SM of about so many megabytes, unless it is there."""
    _declare(folder, _MORE)
    return _make_lines(folder, megabytes, _SHORT, _extender())


def make_files(folder: Path, count: int = 50_000) -> Path:
    """Make corpus F of so many files, unless it is there."""
    if not _begin(folder):
        return folder
    chance = random.Random(3)  # noqa: S311 - the same bytes each time
    segments = _segments(chance, _words(chance), (60, 3000))
    for number in range(count):
        place = folder / "segments" / f"show{number // 500:03}"
        place.mkdir(exist_ok=True)
        text = json.dumps(next(segments), indent=2, ensure_ascii=False)
        (place / f"{number % 500:03}.json").write_text(text, encoding="utf-8")
    return _finish(folder)


def break_rows(folder: Path, source: Path, every: int) -> Path:
    """Copy a corpus of JSONL with each so-many-th segment ending before it starts, unless it is there."""
    if not _begin(folder):
        return folder
    for path in sorted((source / "segments").glob("*.jsonl")):
        lines = path.read_text(encoding="utf-8").splitlines()
        for index in range(0, len(lines), every):
            segment = json.loads(lines[index])
            lines[index] = json.dumps(
                segment | {"Start": segment["End"], "End": "00:00:00"}, ensure_ascii=False
            )
        (folder / "segments" / path.name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return _finish(folder)


def _make_lines(folder: Path, megabytes: int, length: tuple[int, int], alter: Alter = dict) -> Path:
    if not _begin(folder):
        return folder
    chance = random.Random(megabytes)  # noqa: S311 - the same bytes each time
    words = _words(chance)
    for number in range(_FILES):
        size, lines = 0, []
        for segment in _segments(chance, words, length):
            lines.append(json.dumps(alter(dict(segment)), ensure_ascii=False) + "\n")
            size += len(lines[-1])
            if size >= megabytes * 1_000_000 // _FILES:
                break
        (folder / "segments" / f"ep{number:03}.jsonl").write_text("".join(lines), encoding="utf-8")
    return _finish(folder)


def _extender() -> Alter:
    chance = random.Random(4)  # noqa: S311 - the same bytes each time

    def extend(segment: dict[str, object]) -> dict[str, object]:
        return segment | {
            "Confidence": round(chance.random(), chance.randint(2, 4)),
            "Words": str(segment["Text"]).count(" ") + 1,
            "Language": chance.choices(("en", "de", "fr", "pt-BR"), weights=(90, 5, 3, 2))[0],
            "Overlap": chance.random() < 0.1,
        }

    return extend


def _declare(folder: Path, properties: dict[str, object]) -> None:
    """Give a project the shipped schema with more properties, all of them required."""
    schema = json.loads(_SHIPPED.read_text(encoding="utf-8"))
    schema["properties"] |= properties
    schema["required"] += list(properties)
    path = folder / "schema" / "segment.schema.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(schema, indent=2) + "\n", encoding="utf-8")


def _segments(chance: random.Random, words: list[str], length: tuple[int, int]) -> Iterator[dict[str, str]]:
    clock = 0
    while True:
        wanted = chance.randint(*length)
        text = ""
        while len(text) < wanted:
            text += (" " if text else "") + chance.choice(words)
        lasts = max(1, len(text) // 15)  # 15 characters a second, as people speak
        yield {
            "Speaker": chance.choice(_SPEAKERS),
            "Start": _clock(clock),
            "End": _clock(clock + lasts),
            "Text": text[0].upper() + text[1:] + ".",
        }
        clock += lasts


def _words(chance: random.Random) -> list[str]:
    letters = "etaoinshrdlucmfwypvbgkjqxz"
    return [
        "".join(chance.choices(letters, weights=range(27, 1, -1), k=chance.randint(2, 9)))
        for _ in range(5000)
    ]


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _begin(folder: Path) -> bool:
    if (folder / "complete").exists():
        return False
    (folder / "segments").mkdir(parents=True, exist_ok=True)
    (folder / "dataset.toml").write_text(_CONFIG)
    return True


def _finish(folder: Path) -> Path:
    (folder / "complete").touch()
    return folder
