"""Measure `packager check` beside its peers: `python3 benchmarks/check.py [--megabytes 200] [--runs 5]`.

Prints ratios of medians of interleaved whole-process runs. Installs ajv (npm) and check-jsonschema (PyPI)
into the folder of the corpora the first time. Peers check the schema alone; packager also checks strict JSON
and the rules. Run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import compileall
import os
import subprocess
import sys
from pathlib import Path

from benchmarks import corpora
from benchmarks.measure import Command, peak_memory, time_interleaved

ROOT = Path(__file__).resolve().parent.parent
PACKAGER = [sys.executable, "-m", "packager", "--quiet"]
CHECK = [*PACKAGER, "check", "--no-cache"]
SCHEMA = ROOT / "schema" / "segment.schema.json"
ERRORS_ONLY = '[check]\nselect = ["time/not-a-time", "time/end-before-start"]\n'

_PART = 20
"""Megabytes of S that check-jsonschema is given: it takes seconds."""

_AJV = """
import Ajv from "ajv/dist/2020.js";
import fs from "node:fs";
import path from "node:path";
const [schema, folder] = process.argv.slice(2);
const validate = new Ajv({ allErrors: true }).compile(JSON.parse(fs.readFileSync(schema, "utf8")));
let bad = 0;
for (const name of fs.readdirSync(folder)) {
  for (const line of fs.readFileSync(path.join(folder, name), "utf8").split("\\n")) {
    if (line && !validate(JSON.parse(line))) bad++;
  }
}
process.exit(bad ? 1 : 0);
"""


def main() -> None:
    """Run all measurements and print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path.home() / ".cache" / "packager-benchmarks")
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--files", type=int, default=50_000)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    # As it is installed: not compiled anew by each process, whatever the developer's environment says.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    compileall.compile_dir(ROOT / "packager", quiet=2)
    ajv, check_jsonschema = _install_peers(given.folder)
    for name, make in (("S", corpora.make_short), ("L", corpora.make_long)):
        _compare_lines(
            name, make(given.folder / f"{name}-{given.megabytes}", given.megabytes), ajv, given.runs
        )
    _compare_part(given.folder, check_jsonschema, given.runs)
    _compare_files(corpora.make_files(given.folder / f"F-{given.files}", given.files), given.runs)
    _compare_one_file(given.folder, check_jsonschema, given.runs)
    _compare_bad_rows(given.folder, given.megabytes, given.runs)
    _watch_memory(given.folder, given.megabytes)


def _install_peers(folder: Path) -> tuple[list[str], list[str]]:
    node = folder / "node"
    if not (node / "node_modules" / "ajv").is_dir():
        node.mkdir(exist_ok=True)
        (node / "package.json").write_text('{"type": "module"}')
        subprocess.run(["npm", "install", "--silent", "ajv@8"], cwd=node, check=True)
    (node / "check.mjs").write_text(_AJV)
    python = folder / "peers" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder / "peers")], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "check-jsonschema"], check=True)
    return ["node", str(node / "check.mjs"), str(SCHEMA)], [str(python.parent / "check-jsonschema")]


def _compare_lines(name: str, project: Path, ajv: list[str], runs: int) -> None:
    lean = _with_config(project, ERRORS_ONLY)
    polars = "import polars, glob; [polars.read_ndjson(p) for p in sorted(glob.glob('segments/*.jsonl'))]"
    times = time_interleaved(
        {
            "errors": Command([*CHECK, "--project", str(lean)], project),
            "default": Command(CHECK, project),
            "ajv": Command([*ajv, "segments"], project),
            "polars": Command([sys.executable, "-c", polars], project),
        },
        runs,
    )
    size = sum(path.stat().st_size for path in (project / "segments").iterdir()) / 1e6
    peer = times["ajv"].median
    print(f"{name} ({size:.0f} MB), wall: ajv {peer:.2f} s ({size / peer:.0f} MB/s)")
    labels = {"errors": "error rules", "default": "all default rules", "polars": "polars parse alone"}
    for key, label in labels.items():
        own = times[key].median
        print(f"  {label}: {own:.2f} s ({size / own:.0f} MB/s), {peer / own:.2f} times ajv's throughput")


def _compare_part(folder: Path, check_jsonschema: list[str], runs: int) -> None:
    project = corpora.make_short(folder / f"S-{_PART}", _PART)
    # check-jsonschema knows no lines of objects: each file becomes an array.
    arrays = folder / f"S-{_PART}-arrays"
    arrays.mkdir(exist_ok=True)
    schema = folder / "array.schema.json"
    schema.write_text(f'{{"type": "array", "items": {SCHEMA.read_text()}}}')
    for path in sorted((project / "segments").iterdir()):
        (arrays / f"{path.stem}.json").write_text("[" + ",".join(path.read_text().splitlines()) + "]")
    files = sorted(map(str, arrays.iterdir()))
    times = time_interleaved(
        {
            "default": Command(CHECK, project),
            "peer": Command([*check_jsonschema, "--schemafile", str(schema), *files], project),
        },
        runs,
    )
    ratio = times["peer"].median / times["default"].median
    print(f"{_PART} MB of S, all default rules: {ratio:.0f} times check-jsonschema's throughput")


def _compare_files(project: Path, runs: int) -> None:
    cat = "find segments -type f -print0 | xargs -0 cat > /dev/null"
    times = time_interleaved(
        {
            "check": Command(CHECK, project),
            "again": Command([*PACKAGER, "check"], project),
            "cat": Command(["sh", "-c", cat], project),
        },
        runs,
    )
    own, again, peer = (times[name].median for name in ("check", "again", "cat"))
    print(f"F: find | cat {peer:.2f} s; first check {own:.2f} s, {own / peer:.2f} times that")
    print(f"  a second one of unchanged files {again:.2f} s, {again / peer:.2f} times that")


def _compare_one_file(folder: Path, check_jsonschema: list[str], runs: int) -> None:
    project = folder / "one"
    (project / "segments").mkdir(parents=True, exist_ok=True)
    segment = '{"Speaker": "Ada", "Start": "00:00:00", "End": "00:00:02", "Text": "Hello there."}'
    (project / "a.json").write_text(segment)
    times = time_interleaved(
        {
            "check": Command([*CHECK, "a.json"], project),
            "peer": Command([*check_jsonschema, "--schemafile", str(SCHEMA), "a.json"], project),
        },
        max(runs, 9),
    )
    print(
        f"one small file: {times['check'].median:.3f} s, "
        f"{times['check'].median / times['peer'].median:.2f} times check-jsonschema"
    )


def _compare_bad_rows(folder: Path, megabytes: int, runs: int) -> None:
    good = corpora.make_short(folder / f"S-{megabytes}", megabytes)
    thousand = corpora.break_rows(folder / f"S-{megabytes}-bad-1000", good, 1000)
    block = corpora.break_rows(folder / f"S-{megabytes}-bad-700", good, 700)
    times = time_interleaved(
        {
            "good": Command(CHECK, good),
            "thousand": Command(CHECK, thousand, frozenset({1})),
            "block": Command(CHECK, block, frozenset({1})),
        },
        runs,
    )
    print(
        f"one bad row in a thousand: {times['thousand'].median / times['good'].median:.2f} times; "
        f"a bad row in every block: {times['block'].median / times['good'].median:.2f} times"
    )


def _watch_memory(folder: Path, megabytes: int) -> None:
    small = corpora.make_short(folder / f"S-{megabytes}", megabytes)
    large = corpora.make_short(folder / f"S-{5 * megabytes}", 5 * megabytes)
    first = peak_memory(Command(CHECK, small))
    second = peak_memory(Command(CHECK, large))
    ratio = second / first
    print(
        f"peak memory: {first:.0f} MB at {megabytes} MB, {second:.0f} MB at {5 * megabytes} MB ({ratio:.2f})"
    )


def _with_config(project: Path, extra: str) -> Path:
    other = project.with_name(f"{project.name}-lean")
    other.mkdir(exist_ok=True)
    if not (other / "segments").exists():
        (other / "segments").symlink_to(project / "segments")
    (other / "dataset.toml").write_text((project / "dataset.toml").read_text() + extra)
    return other


if __name__ == "__main__":
    main()
