"""Measure what a second release costs: changed shards, bytes sent, new bytes after deduplication.

    python -m benchmarks.dedup releases 100    a corpus of 100 MB in 200 recordings, changed in fourteen ways
    python -m benchmarks.dedup shards          one recording added to 10, 1,000 and 100,000

Every change starts from the same first release, and is built and published by the commands that a person
uses: in chunks (Xet) by a client that remembers what it sent, by one on another machine, which does not,
and whole (LFS).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.corpora import make_short
from packager.folders import load_build
from packager.rehearsal import measure_commits, run_hub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from packager.rehearsal import CommitCost

    Rows = list[dict[str, str]]
    Edit = Callable[[Rows, Iterator[str]], Rows]
    Change = Callable[[Path, Iterator[str]], None]

WAYS = ("same machine", "another machine", "whole files")


@dataclass(slots=True)
class Base:
    """The first release: the folder of its project, its Hubs and the memory of the client that sent it."""

    folder: Path
    port: int = 0
    """Of every Hub: a client remembers for an address what it has sent there."""

    def publish(self, project: Path, way: str, place: Path) -> CommitCost:
        """Publish a project to a Hub below `place` and return what its last commit cost."""
        hub = place / ("whole" if way == "whole files" else "chunks")
        home = place / ("elsewhere" if way == "another machine" else "home")
        with run_hub(hub, port=self.port) as address:
            self.port = int(address.endpoint.rpartition(":")[2])
            environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
            environment |= {"HF_ENDPOINT": address.endpoint, "HF_TOKEN": address.token, "HF_HOME": str(home)}
            if way == "whole files":
                environment["HF_HUB_DISABLE_XET"] = "1"
            packager("publish", "--project", project, environment=environment)
        return measure_commits(hub)[-1]


def releases(megabytes: int) -> None:
    """Print, as a table, what the second release costs for each way in which a corpus can change."""
    with tempfile.TemporaryDirectory() as name:
        base = Base(Path(name, "base"))
        project = make_short(base.folder / "project", megabytes)
        texts = [row["Text"] for path in _recordings(make_short(Path(name, "new"), 4)) for row in _read(path)]
        packager("build", "--project", project)
        first = [base.publish(project, way, base.folder) for way in ("same machine", "whole files")]
        print(f"First release: {_mb(first[0].size)} MB in {first[0].files} files, ", end="")
        print(f"{_mb(first[0].new_bytes)} MB stored in chunks, {_mb(first[1].new_bytes)} MB whole.\n")
        print("| change | shards changed | sent, MB |", " | ".join(f"new, {way}, MB" for way in WAYS), "|")
        print("|---|---|---|---|---|---|")
        for what, change in CHANGES.items():
            place = Path(name, "changed")
            shutil.copytree(project, place / "project")
            change(place / "project", iter(texts))
            packager("build", "--project", place / "project")
            costs = [_release(base, place, way) for way in WAYS]
            changed, shards = compare_shards(project, place / "project")
            cells = [
                what,
                f"{changed} of {shards}",
                *map(_mb, (costs[0].size, *(c.new_bytes for c in costs))),
            ]
            print(f"| {' | '.join(cells)} |", flush=True)
            shutil.rmtree(place)
        print("\n$ packager hub stats", flush=True)
        packager("hub", "stats", "--root", base.folder / "chunks", show=True)


def _release(base: Base, place: Path, way: str) -> CommitCost:
    """Publish the changed project to a Hub, and with a memory, as the first release left them."""
    for kept in ("home", "chunks", "whole"):
        shutil.rmtree(place / kept, ignore_errors=True)
        shutil.copytree(base.folder / kept, place / kept)
    return base.publish(place / "project", way, place)


def shards() -> None:
    """Print what changes, and what it costs, when one recording is added to few and to many."""
    print(
        "| recordings | MB | shards | changed by one more | sent, MB | new, MB |\n|---|---|---|---|---|---|"
    )
    for count, segments in ((10, 1), (1_000, 1), (10_000, 10), (100_000, 1)):
        with tempfile.TemporaryDirectory() as name:
            project, more = Path(name, "project"), Path(name, "more")
            make_short(project, 1)
            rows = [row for path in _recordings(project) for row in _read(path)]
            shutil.rmtree(project / "segments")
            for number in range(count):
                path = project / "segments" / f"show{number // 1000:03}" / f"{number:06}.jsonl"
                path.parent.mkdir(parents=True, exist_ok=True)
                _write(path, [_make_long(rows, number * segments + part) for part in range(segments)])
            size = sum(path.stat().st_size for path in (project / "segments").rglob("*.jsonl"))
            shutil.copytree(project, more)
            _write(more / "segments" / "show000" / "one-more.jsonl", rows[:1])
            packager("build", "--project", project)
            packager("build", "--project", more)
            changed, whole = compare_shards(project, more)
            base = Base(Path(name))
            costs = [base.publish(each, "same machine", base.folder) for each in (project, more)]
            cells = [
                f"{count:,}",
                f"{size / 1e6:.1f}",
                whole,
                changed,
                *map(_mb, (costs[1].size, costs[1].new_bytes)),
            ]
            print(f"| {' | '.join(map(str, cells))} |", flush=True)


def _make_long(rows: Rows, number: int) -> dict[str, str]:
    """Return a segment with twenty texts, from another place for each: no two are the same."""
    step = 1 + number // len(rows)
    text = " ".join(rows[(number * 7 + k * step) % len(rows)]["Text"] for k in range(20))
    return rows[number % len(rows)] | {"Text": f"{number}. {text}"}


def packager(*arguments: str | Path, environment: dict[str, str] | None = None, show: bool = False) -> None:
    """Run a command in a process of its own; show what it prints if that is wanted."""
    line = [sys.executable, "-m", "packager", "--quiet", *map(str, arguments)]
    subprocess.run(line, env=environment, check=True, stdout=None if show else subprocess.DEVNULL)


def compare_shards(before: Path, after: Path) -> tuple[int, int]:
    """Return how many shards of the second build are not in the first one, and how many it has."""
    old, new = (
        {file.path: file.sha256 for file in load_build(project / "build").files if file.rows is not None}
        for project in (before, after)
    )
    return sum(old.get(path) != sha256 for path, sha256 in new.items()), len(new)


def _mb(size: int) -> str:
    return f"{size / 1e6:.2f}"


# --- ways to change a corpus ---------------------------------------------------------------------------


def in_runs(
    on_run: Edit, *, recordings: int | None = None, runs: int | None = 1, at_end: bool = False
) -> Change:
    """Return what changes one percent of all rows: in so many recordings, in so many runs of each.

    None is each of the recordings, and runs of one row.
    """

    def change(project: Path, texts: Iterator[str]) -> None:
        paths = _recordings(project)
        step = len(paths) // (recordings or len(paths))
        chosen = paths[step // 2 :: step]  # not the first one: what begins a file weighs more (see the docs)
        share = len(paths) / len(chosen) / 100
        for path in chosen:
            rows = _read(path)
            count = round(len(rows) * share)
            number = runs or count
            length = count // number
            for run in reversed(range(number)):
                middle = (2 * run + 1) * len(rows) // (2 * number)
                begin = len(rows) - length if at_end else middle - length // 2
                rows[begin : begin + length] = on_run(rows[begin : begin + length], texts)
            _write(path, rows)

    return change


def insert(run: Rows, texts: Iterator[str]) -> Rows:
    """Return a run with as many rows after it, at the time of its last one."""
    return run + [run[-1] | {"Text": next(texts)} for _ in run]


def delete(_run: Rows, _texts: Iterator[str]) -> Rows:
    """Return nothing."""
    return []


def edit(run: Rows, texts: Iterator[str]) -> Rows:
    """Return a run with other words."""
    return [row | {"Text": next(texts)} for row in run]


def add_recording(project: Path, texts: Iterator[str]) -> None:
    """Add a recording, as long as the others."""
    path = _recordings(project)[0]
    _write(path.with_name("one-more.jsonl"), edit(_read(path), texts))


def remove_recording(project: Path, _texts: Iterator[str]) -> None:
    """Remove a recording from the middle."""
    paths = _recordings(project)
    paths[len(paths) // 2].unlink()


def change_card(project: Path, _texts: Iterator[str]) -> None:
    """Add a sentence to the dataset card."""
    card = Path(__file__).parent.parent / "dataset_card.md"
    text = card.read_text(encoding="utf-8")
    (project / "dataset_card.md").write_text(text + "\nA sentence more.\n", encoding="utf-8")


CHANGES: dict[str, Change] = {
    "1 % of rows inserted in 4 recordings": in_runs(insert, recordings=4),
    "1 % inserted in one run": in_runs(insert, recordings=1),
    "1 % inserted, a run in each recording": in_runs(insert),
    "1 % inserted, scattered": in_runs(insert, runs=None),
    "1 % deleted in 4 recordings": in_runs(delete, recordings=4),
    "1 % deleted, a run in each recording": in_runs(delete),
    "1 % deleted, scattered": in_runs(delete, runs=None),
    "1 % appended to 1 recording": in_runs(insert, recordings=1, at_end=True),
    "1 % appended, to each recording": in_runs(insert, at_end=True),
    "1 % edited in 4 recordings": in_runs(edit, recordings=4),
    "1 % edited, a run in each recording": in_runs(edit),
    "1 % edited, scattered": in_runs(edit, runs=None),
    "one recording added": add_recording,
    "one recording removed": remove_recording,
    "only the card changed": change_card,
}


def _recordings(project: Path) -> Sequence[Path]:
    return sorted((project / "segments").rglob("*.jsonl"))


def _read(path: Path) -> Rows:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _write(path: Path, rows: Rows) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["releases", megabytes]:
            releases(int(megabytes))
        case ["shards"]:
            shards()
        case _:
            sys.exit(__doc__)
