"""Measure `packager build` beside peers that validate nothing: `python -m benchmarks.build [CASE ...]`.

    S SM L      200 JSONL files of one recording each (docs of the corpora: benchmarks/corpora.py)
    F           50,000 files of one segment each; slow peers run once
    memory      peak PSS of the process tree at 200 MB and at 1 GB
    incremental a second build of 1 GB in place, one recording changed
    segments    1 and 10 million segments: time, memory, slope
    limit       read + simdjson + Arrow's encode, in processor seconds, beside those of the build

Whole processes, interleaved, nothing cached; medians, as ratios. Prints Markdown. Run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import compileall
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import corpora
from benchmarks.measure import Command, Times, peak_memory, remove, time_interleaved
from benchmarks.peers import PEERS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).resolve().parent.parent
_SHORT = {"datasets": 0.5, "polars": 1.2, "duckdb": 1.2}
TARGETS = {
    "S": _SHORT,
    "SM": _SHORT,
    "L": {"datasets": 0.5, "polars": 0.7, "duckdb": 0.7},
    "F": {"datasets": 0.03, "polars": 0.35},
}
"""The most that the wall time of the build may be, as a part of a peer's."""

_A_MILLION = 175
"""Megabytes of S that are about a million segments."""
_COMPARED = "| case | MB | packager, s | CPU s | MB/s | peer | peer, s | peer CPU s | ratio | target |"


@dataclass(frozen=True, slots=True)
class Bench:
    """What to measure with."""

    folder: Path
    megabytes: int
    files: int
    runs: int
    peers: Sequence[str]

    def corpus(self, case: str, megabytes: int | None = None) -> Path:
        """Return the project of a corpus, made the first time."""
        size = megabytes or self.megabytes
        if case == "F":
            return corpora.make_files(self.folder / f"F-{self.files}", self.files)
        makers = {
            "S": corpora.make_short,
            "L": corpora.make_long,
            "SM": corpora.make_more,
        }
        return makers[case](self.folder / f"{case}-{size}", size)

    def build(self, project: Path) -> Command:
        """Return the build of a project with nothing cached."""
        out = self.folder / "out"
        line = [sys.executable, "-m", "packager", "--quiet", "build", *_no_cache(), "--out", str(out)]
        return Command(line, project, fresh=(out,))

    def peer(self, name: str, project: Path) -> Command:
        """Return the build of the same files by a peer."""
        pattern = "segments/**/*.json" if project.name.startswith("F-") else "segments/*.jsonl"
        output, cache = self.folder / f"{name}.parquet", self.folder / f"{name}-cache"
        line = [sys.executable, "-m", "benchmarks.peers", name, pattern, str(output), str(cache)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "HF_HOME": str(cache), "HF_HUB_OFFLINE": "1"}
        environment["HF_DATASETS_DISABLE_PROGRESS_BARS"] = "1"
        return Command(line, project, fresh=(output, cache), environment=environment)


def main() -> None:
    """Run the cases that are asked for and print them."""
    tables: dict[str, Callable[[Bench], None]] = {
        "memory": measure_memory,
        "incremental": measure_incremental,
        "segments": measure_segments,
        "limit": measure_limit,
    }
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cases", nargs="*", metavar="CASE", help="default: all")
    parser.add_argument("--folder", type=Path, default=Path("/tmp/packager-benchmarks"))  # noqa: S108
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--files", type=int, default=50_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--peers", default=",".join(PEERS), help="with commas; an empty text: none")
    given = parser.parse_args()
    cases = given.cases or [*TARGETS, *tables]
    if unknown := set(cases) - {*TARGETS, *tables}:
        parser.error(f"there is no case {', '.join(sorted(unknown))}")
    given.folder.mkdir(parents=True, exist_ok=True)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    compileall.compile_dir(ROOT / "packager", quiet=2)
    peers = [name for name in given.peers.split(",") if name]
    bench = Bench(given.folder.resolve(), given.megabytes, given.files, given.runs, peers)
    compared = [case for case in cases if case in TARGETS]
    if compared:
        _print_head(_COMPARED)
    for case in compared:
        compare(bench, case)
    for case in cases:
        if case in tables:
            tables[case](bench)


def compare(bench: Bench, case: str) -> None:
    """Print the build of a corpus beside those of the peers."""
    project = bench.corpus(case)
    commands = {"packager": bench.build(project)}
    once = {"datasets", "duckdb"} if case == "F" else set()
    commands |= {name: bench.peer(name, project) for name in bench.peers if name not in once}
    times = time_interleaved(commands, bench.runs)
    for name in bench.peers:
        if name in once:
            times[name] = Times()
            times[name].run(bench.peer(name, project))
    own, size = times.pop("packager"), _size(project)
    start = [
        case,
        f"{size:.0f}",
        f"{own.median:.2f}",
        f"{own.median_processor:.2f}",
        f"{size / own.median:.0f}",
    ]
    for name, peer in times.items():
        ratio, target = own.median / peer.median, TARGETS[case].get(name)
        goal = "" if target is None else f"<= {target} {_verdict(ratio, target)}"
        _print_row(*start, name, f"{peer.median:.2f}", f"{peer.median_processor:.2f}", f"{ratio:.3f}", goal)
    if not times:
        _print_row(*start, "", "", "", "", "")
    _clean(bench)


def measure_memory(bench: Bench) -> None:
    """Print the peak memory at one size and at five times that."""
    _print_head("| case | MB of input | packager, MB | more | target | peers, MB |")
    for case in ("S", "L"):
        first = 0.0
        for megabytes in (bench.megabytes, 5 * bench.megabytes):
            project = bench.corpus(case, megabytes)
            peak = peak_memory(bench.build(project))
            others = [f"{name} {peak_memory(bench.peer(name, project)):.0f}" for name in bench.peers]
            more = peak / first if first else 1.0
            goal = f"<= 300 MB {_verdict(peak, 300)}; <= 1.2 times {_verdict(more, 1.2)}" if first else ""
            _print_row(case, str(megabytes), f"{peak:.0f}", f"{more:.2f}", goal, ", ".join(others))
            first = first or peak
        _clean(bench)


def measure_incremental(bench: Bench) -> None:
    """Print a second build, in place, with one recording changed, beside the clean one."""
    _print_head(
        "| case | MB | clean build, s | one recording changed, s | ratio | target | nothing changed, s |"
    )
    for case in ("S", "L"):
        project = bench.corpus(case, 5 * bench.megabytes)
        cache = project / ".cache"
        os.environ["PACKAGER_CACHE"] = str(cache)
        command = Command([sys.executable, "-m", "packager", "--quiet", "build"], project)
        path = sorted((project / "segments").iterdir())[100]
        before = path.read_bytes()
        clean, changed, same = Times(), Times(), Times()
        for run in range(bench.runs):
            remove(project / "build")
            remove(cache)
            clean.run(command)
            path.write_bytes(before.removesuffix(b'."}\n') + b' once more: %d."}\n' % run)
            changed.run(command)
            same.run(command)
        path.write_bytes(before)
        remove(project / "build")
        ratio = changed.median / clean.median
        figures = (f"{clean.median:.2f}", f"{changed.median:.2f}", f"{ratio:.3f}")
        goal = f"<= 0.25 {_verdict(ratio, 0.25)}"
        _print_row(case, str(5 * bench.megabytes), *figures, goal, f"{same.median:.2f}")


def measure_segments(bench: Bench) -> None:
    """Print time and memory of one and of ten million segments."""
    _print_head("| segments | MB | s | CPU s | peak MB | segments/s | slope |")
    first = None
    for megabytes in (_A_MILLION, 10 * _A_MILLION):
        project = bench.corpus("S", megabytes)
        rows = sum(path.read_bytes().count(b"\n") for path in (project / "segments").iterdir())
        times = time_interleaved({"build": bench.build(project)}, min(bench.runs, 3))["build"]
        peak = peak_memory(bench.build(project))
        pace = rows / times.median
        slope = "" if first is None else f"{first / pace:.2f} times the time a segment"
        first = first or pace
        figures = (f"{times.median:.2f}", f"{times.median_processor:.2f}", f"{peak:.0f}", f"{pace:,.0f}")
        _print_row(f"{rows:,}", str(megabytes), *figures, slope)
    shutil.rmtree(bench.folder / f"S-{10 * _A_MILLION}")
    _clean(bench)


def measure_limit(bench: Bench) -> None:
    """Print what reading, simdjson and Arrow's encode cost, beside what the build costs."""
    libraries = bench.folder / "simdjson"
    if not libraries.is_dir():
        install = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--target",
            str(libraries),
            "pysimdjson",
        ]
        subprocess.run(install, check=True)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(libraries)])}
    _print_head("| case | read | simdjson | Arrow's encode | limit, CPU s | packager, CPU s | ratio |")
    for case in ("S", "SM", "L"):
        project = bench.corpus(case)
        command = bench.build(project)
        own = time_interleaved({"build": command}, bench.runs)["build"].median_processor
        line = [sys.executable, "-m", "benchmarks.limit", str(project), str(bench.folder / "out")]
        done = subprocess.run(line, env=environment, check=True, capture_output=True, text=True)
        parts = [float(part) for part in done.stdout.split()]
        limit = sum(parts)
        figures = [*(f"{part:.2f}" for part in parts), f"{limit:.2f}", f"{own:.2f}", f"{own / limit:.2f}"]
        _print_row(case, *figures)
    _clean(bench)


def _no_cache() -> list[str]:
    line = [sys.executable, "-m", "packager", "build", "--help"]
    said = subprocess.run(line, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    return ["--no-cache"] if "--no-cache" in said else []


def _size(project: Path) -> float:
    return sum(path.stat().st_size for path in (project / "segments").rglob("*.json*")) / 1e6


def _clean(bench: Bench) -> None:
    for name in ("out", *(f"{peer}{end}" for peer in PEERS for end in (".parquet", "-cache"))):
        remove(bench.folder / name)


def _verdict(figure: float, target: float) -> str:
    return "(met)" if figure <= target else "(missed)"


def _print_head(head: str) -> None:
    print(f"\n{head}\n{'|---' * (head.count('|') - 1)}|", flush=True)


def _print_row(*cells: str) -> None:
    print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
