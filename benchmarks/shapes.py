r"""Measure check and build of every shape that transcripts have: `python -m benchmarks.shapes FOLDER`.

    lines     one object a line, all written alike      curly     with curly quotes in most texts
    array     one array a recording                     gz        lines, compressed
    pretty    the same, over many lines                 files     one object a file, at most 10 MB
    escaped   Japanese, each character as \uXXXX         one       a single file, an array over many lines
    words     a list of timed words in each segment     own       other names, and times in seconds
    optional  keys in any order, two of them optional

Each is a dataset project in FOLDER, always the same bytes, in which nothing is an error. Whole processes,
interleaved, nothing cached; medians, as ratios to `datasets`, which validates nothing (like polars).
With `--memory` the peak of the process tree instead. Prints Markdown. Run it on a quiet machine;
what is to be met is meant for 200 MB.
"""

from __future__ import annotations

import argparse
import compileall
import gzip
import json
import os
import random
import sys
import textwrap
from itertools import chain, takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from benchmarks.measure import Command, peak_memory, time_interleaved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ROOT: Final = Path(__file__).resolve().parent.parent
PEERS: Final = ("datasets", "polars")

Segment: TypeAlias = dict[str, object]
Chance: TypeAlias = random.Random
Write: TypeAlias = "Callable[[Path, Iterator[Segment]], None]"
"""Writes the segments of one recording; the path has no ending yet."""

_RECORDINGS: Final = 100
_IN_A_FOLDER: Final = 200
_MOST_OF_FILES: Final = 10  # megabytes
_MEMORY: Final = 300  # megabytes that the process tree may take
_CONFIG: Final = '[dataset]\nrepo_id = "me/shapes"\n[splits]\ntrain = 0.9\nvalidation = 0.05\ntest = 0.05\n'


class Shape(NamedTuple):
    """One way in which people write transcripts."""

    write: Write
    pattern: str
    """Of its files, for the peers."""
    check: float
    """The most that a check may take, as a part of the time of `datasets`."""
    build: float
    vocabulary: Callable[[Chance], list[str]]
    joint: str = " "
    pace: int = 14
    """Characters a second."""
    alter: Callable[[Chance, Segment], Segment] = lambda _, segment: segment
    properties: Segment = {}  # noqa: RUF012 - never changed
    """What the schema has beyond the shipped one."""
    config: str = ""


def make_shape(folder: Path, name: str, megabytes: int, seed: int = 8) -> Path:
    """Make the project of a shape with about so many megabytes (uncompressed), unless it is there."""
    if (folder / "complete").exists():
        return folder
    shape, chance = SHAPES[name], random.Random(f"{name} {seed}")  # noqa: S311 - the same bytes each time
    (folder / "schema").mkdir(parents=True, exist_ok=True)
    (folder / "segments").mkdir(exist_ok=True)
    (folder / "dataset.toml").write_text(_CONFIG + shape.config, encoding="utf-8")
    (folder / "schema" / "segment.schema.json").write_text(json.dumps(_make_schema(shape)), encoding="utf-8")
    words = shape.vocabulary(chance)
    size = 1_000_000 * (min(megabytes, _MOST_OF_FILES) if name == "files" else megabytes)
    recordings = 1 if name == "one" else _RECORDINGS
    for number in range(recordings):
        segments = _cut(_speak(chance, shape, words), size // recordings, shape)
        shape.write(folder / "segments" / f"talk{number:03}", segments)
    (folder / "complete").touch()
    return folder


def main() -> None:
    """Measure the shapes that are asked for and print them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--shapes", default=",".join(SHAPES), help="with commas")
    parser.add_argument("--peers", default=",".join(PEERS), help="with commas; an empty text: none")
    parser.add_argument("--memory", action="store_true", help="peak memory with --jobs 2, in place of times")
    given = parser.parse_args()
    names = given.shapes.split(",")
    if unknown := set(names) - set(SHAPES):
        parser.error(f"there is no shape {', '.join(sorted(unknown))}")
    # As it is installed: not compiled anew by each process, whatever the developer's environment says.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    compileall.compile_dir(ROOT / "packager", quiet=2)
    folder = given.folder.resolve()
    projects = {
        name: make_shape(folder / f"{name}-{given.megabytes}", name, given.megabytes) for name in names
    }
    if given.memory:
        watch_memory(projects, folder)
    else:
        compare_times(projects, folder, given.runs, [peer for peer in given.peers.split(",") if peer])


def compare_times(projects: dict[str, Path], folder: Path, runs: int, peers: list[str]) -> None:
    """Print a row a shape: seconds, and ratios to `datasets` if it is among the peers."""
    seconds = ("check, s", "build, s", *(f"{peer}, s" for peer in peers))
    _print_head("shape", "MB", *seconds, "check/datasets", "build/datasets", "check MB/s", "build MB/s")
    for name, project in projects.items():
        shape, size = SHAPES[name], _measure(project)
        commands = {command: _run_packager(command, project, folder) for command in ("check", "build")}
        commands |= {peer: _run_peer(peer, shape, project, folder) for peer in peers}
        times = {key: each.median for key, each in time_interleaved(commands, runs).items()}
        ratios = [
            _compare(times[key], times["datasets"], most) if "datasets" in times else ""
            for key, most in (("check", shape.check), ("build", shape.build))
        ]
        paces = [f"{size / times[key]:.0f}" for key in ("check", "build")]
        _print_row(name, f"{size:.1f}", *(f"{each:.2f}" for each in times.values()), *ratios, *paces)


def watch_memory(projects: dict[str, Path], folder: Path) -> None:
    """Print a row a shape: the peak PSS of the process tree of check and of build, in MB."""
    _print_head("shape", "MB", "check, MB", "build, MB")
    for name, project in projects.items():
        peaks = [
            peak_memory(_run_packager(command, project, folder, "--jobs", "2"))
            for command in ("check", "build")
        ]
        figures = [f"{peak:.0f} ({'met' if peak <= _MEMORY else 'missed'})" for peak in peaks]
        _print_row(name, f"{_measure(project):.1f}", *figures)


# --- what is said --------------------------------------------------------------------------------------


def _speak(chance: Chance, shape: Shape, words: list[str]) -> Iterator[Segment]:
    clock = 0  # milliseconds
    while True:
        text = shape.joint.join(chance.choices(words, k=chance.randint(8, 20)))
        lasts = max(1000, 1000 * len(text) // shape.pace)
        speaker = chance.choice(("Ada Lovelace", "Grace Hopper", "Alan Turing", "Katherine Johnson"))
        segment: Segment = {
            "Speaker": speaker,
            "Start": _tell(clock),
            "End": _tell(clock + lasts),
            "Text": text,
        }
        yield shape.alter(chance, segment)
        clock += lasts + 250


def _cut(segments: Iterator[Segment], size: int, shape: Shape) -> Iterator[Segment]:
    """Yield the first of the segments, at least one, which have about so many bytes as they are written."""
    spent = 0

    def fits(segment: Segment) -> bool:
        nonlocal spent
        spent += len(_encode(segment, shape))
        return spent <= size

    return chain([next(segments)], takewhile(fits, segments))


def _encode(segment: Segment, shape: Shape) -> bytes:
    if shape.write is _write_escaped:
        return json.dumps(segment).encode()
    spread = shape.write in {_write_pretty, _write_files}
    return json.dumps(segment, ensure_ascii=False, indent=2 if spread else None).encode()


def _tell(clock: int) -> str:
    seconds = clock // 1000
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{clock % 1000:03}"


def _count(time: object) -> float:
    hours, minutes, seconds = map(float, str(time).split(":"))
    return round(hours * 3600 + minutes * 60 + seconds, 3)


def _make_latin(chance: Chance) -> list[str]:
    letters, often = "etaoinshrdlucmfwypvbgkjqxz", range(27, 1, -1)
    return ["".join(chance.choices(letters, weights=often, k=chance.randint(2, 9))) for _ in range(5000)]


def _make_curly(chance: Chance) -> list[str]:
    forms = ("{}\u2019s", "\u201c{}", "{}\u201d", "{}\u2026", "\u2014 {}")
    return [
        chance.choice(forms).format(word) if chance.random() < 0.2 else word for word in _make_latin(chance)
    ]


def _make_japanese(chance: Chance) -> list[str]:
    kana, kanji = range(0x3041, 0x3097), range(0x4E00, 0x9FA0)
    return [
        "".join(
            chr(chance.choice(kana if chance.random() < 0.6 else kanji)) for _ in range(chance.randint(1, 4))
        )
        for _ in range(5000)
    ]


def _add_words(chance: Chance, segment: Segment) -> Segment:
    """Add the words with their times; a few have none, as aligners leave those of numerals out."""
    begin = _count(segment["Start"])
    timed: list[Segment] = []
    for word in str(segment["Text"]).split(" "):
        if chance.random() < 0.02:
            timed.append({"word": word})
            continue
        end = round(begin + 0.06 * len(word), 3)
        timed.append({"word": word, "start": begin, "end": end, "score": round(chance.random(), 3)})
        begin = round(end + 0.02, 3)
    return segment | {"Words": timed}


def _vary(chance: Chance, segment: Segment) -> Segment:
    if chance.random() < 0.5:
        segment["Language"] = chance.choice(("en", "de", "fr"))
    if chance.random() < 0.5:
        segment["Confidence"] = round(chance.random(), chance.randint(2, 4))
    return dict(chance.sample(sorted(segment.items()), k=len(segment)))


def _rename(_: Chance, segment: Segment) -> Segment:
    times: Segment = {"start": _count(segment["Start"]), "end": _count(segment["End"])}
    return times | {"speaker": segment["Speaker"], "text": segment["Text"]}


# --- how it is written ---------------------------------------------------------------------------------


def _write_lines(path: Path, segments: Iterator[Segment]) -> None:
    _write(path, ".jsonl", (f"{json.dumps(each, ensure_ascii=False)}\n" for each in segments))


def _write_escaped(path: Path, segments: Iterator[Segment]) -> None:
    _write(path, ".jsonl", (f"{json.dumps(each)}\n" for each in segments))


def _write_gz(path: Path, segments: Iterator[Segment]) -> None:
    with gzip.GzipFile(path.with_suffix(".jsonl.gz"), "wb", mtime=0) as file:
        file.writelines(f"{json.dumps(each, ensure_ascii=False)}\n".encode() for each in segments)


def _write_array(path: Path, segments: Iterator[Segment]) -> None:
    texts = (json.dumps(each, ensure_ascii=False) for each in segments)
    _write(path, ".json", chain(["[", next(texts)], (f", {text}" for text in texts), ["]"]))


def _write_pretty(path: Path, segments: Iterator[Segment]) -> None:
    texts = (textwrap.indent(json.dumps(each, ensure_ascii=False, indent=2), "  ") for each in segments)
    _write(path, ".json", chain(["[\n", next(texts)], (f",\n{text}" for text in texts), ["\n]"]))


def _write_files(path: Path, segments: Iterator[Segment]) -> None:
    for number, each in enumerate(segments):
        folder = path.with_name(f"{path.name}-{number // _IN_A_FOLDER}")
        folder.mkdir(exist_ok=True)
        text = json.dumps(each, ensure_ascii=False, indent=2)
        (folder / f"{number % _IN_A_FOLDER:03}.json").write_text(text, encoding="utf-8")


def _write(path: Path, ending: str, texts: Iterable[str]) -> None:
    with path.with_suffix(ending).open("w", encoding="utf-8", newline="") as file:
        file.writelines(texts)


def _make_schema(shape: Shape) -> Segment:
    schema: dict[str, Any] = json.loads((ROOT / "schema" / "segment.schema.json").read_text(encoding="utf-8"))
    if shape.alter is _rename:
        names = {"start": _NUMBER, "end": _NUMBER, "speaker": _STRING, "text": _STRING}
        return schema | {"properties": names, "required": ["start", "end", "text"]}
    return schema | {"properties": schema["properties"] | shape.properties}


_STRING: Final[Segment] = {"type": "string"}
_NUMBER: Final[Segment] = {"type": "number"}
_WORD: Final[Segment] = {
    "type": "object",
    "properties": {"word": _STRING, "start": _NUMBER, "end": _NUMBER, "score": _NUMBER},
    "required": ["word"],
    "additionalProperties": False,
}
_OWN: Final = '[time]\nstart = "start"\nend = "end"\n[check]\ntext = "text"\nspeaker = "speaker"\n'

SHAPES: Final[dict[str, Shape]] = {
    "lines": Shape(_write_lines, "*.jsonl", 0.6, 0.6, _make_latin),
    "array": Shape(_write_array, "*.json", 0.3, 0.5, _make_latin),
    "pretty": Shape(_write_pretty, "*.json", 0.3, 0.5, _make_latin),
    "escaped": Shape(_write_escaped, "*.jsonl", 0.6, 0.95, _make_japanese, joint="", pace=7),
    "words": Shape(
        _write_lines,
        "*.jsonl",
        0.6,
        1.3,
        _make_latin,
        alter=_add_words,
        properties={"Words": {"type": "array", "items": _WORD}},
    ),
    "optional": Shape(
        _write_lines,
        "*.jsonl",
        0.7,
        1.3,
        _make_latin,
        alter=_vary,
        properties={"Language": _STRING, "Confidence": _NUMBER},
    ),
    "curly": Shape(_write_lines, "*.jsonl", 0.65, 0.85, _make_curly),
    "gz": Shape(_write_gz, "*.jsonl.gz", 0.6, 0.75, _make_latin),
    "files": Shape(_write_files, "**/*.json", 0.03, 0.05, _make_latin),
    "one": Shape(_write_pretty, "*.json", 0.3, 0.5, _make_latin),
    "own": Shape(_write_lines, "*.jsonl", 0.6, 0.6, _make_latin, alter=_rename, config=_OWN),
}


# --- how it is measured --------------------------------------------------------------------------------


def _run_packager(command: str, project: Path, folder: Path, *more: str) -> Command:
    line = [sys.executable, "-m", "packager", "--quiet", command, "--no-cache", *more]
    if command == "build":
        out = folder / "out"
        return Command([*line, "--out", str(out)], project, fresh=(out,), environment=_environment())
    return Command(line, project, environment=_environment())


def _run_peer(peer: str, shape: Shape, project: Path, folder: Path) -> Command:
    output, cache = folder / f"{peer}.parquet", folder / f"{peer}-cache"
    pattern = f"segments/{shape.pattern}"
    line = [sys.executable, "-m", "benchmarks.peers", peer, pattern, str(output), str(cache)]
    environment = _environment() | {"HF_HOME": str(cache), "HF_HUB_OFFLINE": "1"}
    environment["HF_DATASETS_DISABLE_PROGRESS_BARS"] = "1"
    return Command(line, project, fresh=(output, cache), environment=environment)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def _measure(project: Path) -> float:
    """Return the size of the segment files in megabytes, uncompressed."""
    size = 0
    for path in (project / "segments").rglob("*.json*"):
        if path.suffix == ".gz":
            with gzip.open(path) as file:
                size += file.seek(0, os.SEEK_END)
        else:
            size += path.stat().st_size
    return size / 1e6


def _compare(own: float, peer: float, most: float) -> str:
    ratio = own / peer
    return f"{ratio:.2f} (<= {most} {'met' if ratio <= most else 'missed'})"


def _print_head(*names: str) -> None:
    _print_row(*names)
    _print_row(*("---" for _ in names))


def _print_row(*cells: str) -> None:
    print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
