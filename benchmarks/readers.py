"""Install readers of several versions and load a build with each: `python -m benchmarks.readers`.

Every version of `datasets` gets an environment of its own with the libraries of its day, and loads the
build by its README.md: from the folder and, by the tag of the version, from a rehearsal Hub; as a table and
streaming. Every row is compared with the segment that it was made from, and every feature with the manifest.
Returns 1 if anything differs. Prints Markdown.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packager.columns import TIMESTAMP, Labels, Scalar, feature_type, parse_type, type_name
from packager.folders import load_build
from packager.rehearsal import run_hub

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from packager.built import Manifest
    from packager.rehearsal import HubAddress

_CLIENT = Path(__file__).with_name("reader_client.py")
_HUB_WAYS = ("Hub", "Hub, streaming")
_WAYS = ("folder", "folder, streaming", *_HUB_WAYS)
_PLAIN = ("polars", "duckdb", "pandas", "pyarrow")
DATASETS = {
    "5.2.0": ("datasets==5.2.0",),
    "4.0.0": ("datasets==4.0.0", "pyarrow==21.0.0", "huggingface_hub==0.34.4", "pandas<3", "numpy<2.4"),
    "3.6.0": ("datasets==3.6.0", "pyarrow==20.0.0", "huggingface_hub==0.31.4", "pandas<3", "numpy<2.4"),
    "2.21.0": ("datasets==2.21.0", "pyarrow==17.0.0", "huggingface_hub==0.24.7", "pandas<3", "numpy<2"),
}

_STRING: dict[str, Any] = {"type": "string"}
_NESTED: dict[str, Any] = {
    "Note": {"type": ["string", "null"]},
    "Channel": {"type": "integer"},
    "Confidence": {"type": "number"},
    "Overlap": {"type": "boolean"},
    "Tags": {"type": "array", "items": _STRING},
    "Place": {
        "type": "object",
        "properties": {"City": _STRING, "Floor": {"type": ["integer", "null"]}},
        "additionalProperties": False,
    },
    "Words": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"Word": _STRING, "At": {"type": "number"}},
            "required": ["Word"],
            "additionalProperties": False,
        },
    },
    "Grid": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
    "Free": {},
}
_CHOSEN: dict[str, Any] = {
    "Said": {"type": "string", "format": "date-time"},
    "Kind": {"type": "string", "enum": ["speech", "süß", 'music, "live"']},
}
_COLUMNS = '[columns]\nSaid = "timestamp"\nKind = "class_label"\n'


@dataclass(frozen=True, slots=True)
class Case:
    """A build, and what must be read from it."""

    name: str
    repo_id: str
    build: Path
    rows: Mapping[tuple[str, int], Mapping[str, Any]]
    """By recording and segment: the properties of the source."""
    manifest: Manifest


def main() -> int:
    """Print the table and return how many loads were not as they must be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir(), "packager-readers"))
    folder = parser.parse_args().folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    pythons = {version: _install(folder / version, needs) for version, needs in DATASETS.items()}
    failed = 0
    print("| reader | with | build | way | loads |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name, run_hub(Path(name, "hub")) as address:
        cases = [_make_case(Path(name, case), case, address) for case in ("flat", "nested", "chosen")]
        for reader, python, way, case in _list_loads(pythons, cases):
            said = _try(python, way, case, address, Path(name, "home", reader.replace(" ", "-")))
            versions = ", ".join(_versions(python, reader))
            failed += said != "every row and feature"
            print(f"| {reader} | {versions} | {case.name} | {way} | {said} |", flush=True)
    return failed


def _list_loads(pythons: Mapping[str, str], cases: Sequence[Case]) -> Iterator[tuple[str, str, str, Case]]:
    for case in cases:
        for version, python in pythons.items():
            for way in _WAYS:
                yield f"datasets {version}", python, way, case
        for way in _PLAIN:
            yield way, sys.executable, way, case


def _install(folder: Path, packages: Sequence[str]) -> str:
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *packages], check=True)
        (folder / "complete").touch()
    return str(python)


def _versions(python: str, reader: str) -> list[str]:
    names = ["pyarrow", "huggingface_hub"] if reader.startswith("datasets") else [reader]
    ask = (
        f"from importlib.metadata import version; print(*(f'{{n}} {{version(n)}}' for n in {names}), sep=';')"
    )
    done = subprocess.run([python, "-c", ask], check=True, capture_output=True, text=True)
    return done.stdout.strip().split(";")


def _make_case(project: Path, name: str, address: HubAddress) -> Case:
    """Make a project, build it, and publish it to the Hub as v1.0.0."""
    repo_id = f"me/{name}"
    (project / "segments").mkdir(parents=True)
    splits = "[splits]\ntrain = 0.5\nvalidation = 0.25\ntest = 0.25\n"
    columns = _COLUMNS if name == "chosen" else ""
    (project / "dataset.toml").write_text(f'[dataset]\nrepo_id = "{repo_id}"\n{splits}{columns}')
    if name != "flat":
        _write_schema(project, _CHOSEN if name == "chosen" else _NESTED)
    rows: dict[tuple[str, int], dict[str, Any]] = {}
    for episode in range(12):
        segments = [_make_segment(name, episode, place) for place in range(40)]
        for place, segment in enumerate(segments):
            rows[f"ep{episode}", place] = segment | {"start_seconds": place, "end_seconds": place + 1.5}
        lines = [json.dumps(segment, ensure_ascii=False) + "\n" for segment in segments]
        (project / "segments" / f"ep{episode}.jsonl").write_text("".join(lines), encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
    environment |= {"HF_ENDPOINT": address.endpoint, "HF_TOKEN": address.token}
    environment |= {"HF_HOME": str(project / "home")}
    for command in ("build", "publish"):
        line = [sys.executable, "-m", "packager", "--quiet", command, "--project", str(project)]
        subprocess.run(line, env=environment, check=True, stdout=subprocess.DEVNULL)
    return Case(name, repo_id, project / "build", rows, load_build(project / "build"))


def _write_schema(project: Path, properties: dict[str, Any]) -> None:
    shipped = Path(__file__).parent.parent / "schema" / "segment.schema.json"
    schema = json.loads(shipped.read_text(encoding="utf-8"))
    schema["properties"] |= properties
    schema["additionalProperties"] = True
    path = project / "schema" / "segment.schema.json"
    path.parent.mkdir()
    path.write_text(json.dumps(schema), encoding="utf-8")


def _make_segment(name: str, episode: int, place: int) -> dict[str, Any]:
    segment: dict[str, Any] = {
        "Speaker": ("Ada", "Grace", "José")[place % 3],
        "Start": f"00:00:{place:02}",
        "End": f"00:00:{place + 1:02}.5",
        "Text": f'Turn {place} of {episode}: "naïve", 日本語 🎙.',
    }
    if name == "flat":
        return segment
    if name == "chosen":
        chosen = {
            "Said": f"2024-02-29T23:59:{place:02}.000{place:03}+05:30",
            "Kind": _CHOSEN["Kind"]["enum"][place % 3],
        }
        return segment | {key: value for at, (key, value) in enumerate(chosen.items()) if at != place % 11}
    more = {
        "Note": None if place % 2 else "aside",
        "Channel": place,
        "Confidence": place / 64,
        "Overlap": place % 5 == 0,
        "Tags": [[], ["a"], ["a", "b"]][place % 3],
        "Place": {"City": "Köln", "Floor": None if place % 2 else 3},
        "Words": [{"Word": f"w{number}", "At": number / 4} for number in range(place % 4)],
        "Grid": [[1, 2], [], [3]][: place % 4],
        "Free": [1, "x", {"a": [None, True]}, [2.5]][place % 4],
        "Undeclared": place,
    }
    # One of them is absent in turn.
    return segment | {key: value for at, (key, value) in enumerate(more.items()) if at != place % 11}


def _try(python: str, way: str, case: Case, address: HubAddress, home: Path) -> str:
    """Return what a reader made of a build, in a few words."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "PYTHON"))}
    environment |= {"HF_ENDPOINT": address.endpoint, "HF_TOKEN": address.token, "HF_HOME": str(home)}
    place = case.repo_id if way in _HUB_WAYS else str(case.build)
    done = subprocess.run(
        [python, str(_CLIENT), way, place],
        env=environment, cwd=case.build.parent.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode or not done.stdout:
        lines = done.stderr.strip().splitlines()
        return f"fails: {lines[-1][:200]}" if lines else f"fails: exit code {done.returncode}"
    return _compare(json.loads(done.stdout.splitlines()[-1]), case)


def _compare(read: dict[str, Any], case: Case) -> str:
    types = {column.name: column.type for column in case.manifest.columns}
    wanted = {name: type_name(feature_type(parse_type(type_))) for name, type_ in types.items()}
    features = read["features"]
    if features and features != wanted:
        wrong = [f"{name} is {features.get(name)}" for name in wanted if features.get(name) != wanted[name]]
        return f"other features: {'; '.join(wrong) or 'another order'}"
    left = dict(case.rows)
    for row in read["rows"]:
        segment = left.pop((row["recording"], row["segment"]), None)
        if segment is None:
            return f"an unknown row: {row['recording']} {row['segment']}"
        extra = {name: value for name, value in segment.items() if name not in types}
        for name, type_ in types.items():
            value = extra or None if name == "extra" else segment.get(name)
            if name in segment or name == "extra":
                if (given := _read_value(row[name], type_)) != _expect(value, type_):
                    return f"{row['recording']} {row['segment']} {name}: {given!r}, not {value!r}"
            elif (
                name not in {"recording", "segment", "start_seconds", "end_seconds"} and row[name] is not None
            ):
                return f"{row['recording']} {row['segment']} {name}: {row[name]!r}, not null"
    return "every row and feature" if not left else f"{len(left)} rows are missing"


def _read_value(value: Any, type_: str) -> Any:  # noqa: ANN401 - JSON
    return json.loads(value) if type_ == "json" and value is not None else value


def _expect(value: Any, type_: str) -> Any:  # noqa: ANN401 - JSON
    """Return a value of the source as the column holds it."""
    match parse_type(type_):
        case Scalar(TIMESTAMP.name) if value is not None:
            return f"instant {datetime.fromisoformat(value).timestamp():.6f}"
        case Labels(names) if value is not None:
            return names.index(value)
    return value


if __name__ == "__main__":
    sys.exit(main() > 0)
