"""Measure the rehearsal Hub: transfer, memory, start-up, and what a release costs in new bytes.

    python -m benchmarks.hub transfer 1000    1,000 MB up and down, whole (LFS) and in chunks (Xet)
    python -m benchmarks.hub startup          from the call to the first answer, ten times
    python -m benchmarks.hub releases 60      a corpus of 60 MB, changed in six ways, built and published

The Hub runs in a process of its own, so that its memory is its own; the client in another, without a memory.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.corpora import make_short
from packager.rehearsal import measure_commits, run_hub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CLIENT = """
import os, sys, time
from huggingface_hub import HfApi
api, source, target = HfApi(), sys.argv[1], sys.argv[2]
api.create_repo("me/turns", repo_type="dataset")
size = os.path.getsize(source) / 1e6
start = time.perf_counter()
api.upload_file(path_or_fileobj=source, path_in_repo="a.bin", repo_id="me/turns", repo_type="dataset")
middle = time.perf_counter()
found = api.hf_hub_download("me/turns", "a.bin", repo_type="dataset", local_dir=target)
end = time.perf_counter()
assert os.path.getsize(found) == os.path.getsize(source)
print(f"{size / (middle - start):.0f} MB/s up, {size / (end - middle):.0f} MB/s down", flush=True)
os._exit(0)
"""
PIECE = 1_000_000


@contextmanager
def served(root: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Serve a Hub in a process of its own; yield its id, and the environment of a client without a memory."""
    command = [sys.executable, "-m", "packager", "--quiet", "hub", "--root", str(root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        lines = [process.stdout.readline().strip() for _ in range(2)] if process.stdout else []
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
        environment |= dict(line.split("=", 1) for line in lines)
        environment |= {"HF_HOME": str(root.with_name("home")), "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
        try:
            yield process.pid, environment
        finally:
            process.terminate()


def peak_megabytes(process: int) -> float:
    """Return the most memory that a process has held at once (Linux)."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1000


def transfer(megabytes: int) -> None:
    """Print the speed of one large file that no compression helps, and the memory of the Hub."""
    for way in ("LFS", "Xet"):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            chance = random.Random(1)  # noqa: S311 - the same bytes each time
            with (folder / "source").open("wb") as file:
                for _ in range(megabytes):
                    file.write(chance.randbytes(PIECE))
            with served(folder / "hub") as (process, environment):
                client = environment | ({"HF_HUB_DISABLE_XET": "1"} if way == "LFS" else {})
                command = [sys.executable, "-c", CLIENT, str(folder / "source"), str(folder / "down")]
                done = subprocess.run(command, env=client, stdout=subprocess.PIPE, text=True, check=True)
                print(f"{way}: {done.stdout.strip()}; the Hub held {peak_megabytes(process):.0f} MB at most")


def startup() -> None:
    """Print how long a Hub takes to accept requests, in this process."""
    times = []
    for _ in range(10):
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            with run_hub(Path(folder, "hub")):
                times.append(time.perf_counter() - start)
    print(f"start-up: first {times[0]:.3f} s, then {sorted(times[1:])[4]:.3f} s (median)")


def releases(megabytes: int) -> None:
    """Print the new bytes of a second release, for each way in which a corpus can change."""
    with tempfile.TemporaryDirectory() as name:
        first = make_short(Path(name, "first"), megabytes)
        for what, change in CHANGES.items():
            folder = Path(name, what.replace(" ", "-"))
            shutil.copytree(first, folder)
            with served(Path(name, f"hub-{folder.name}")) as (_, environment):
                publish(folder, environment)
                change(sorted((folder / "segments").glob("*.jsonl")))
                publish(folder, environment)
            before, after = measure_commits(Path(name, f"hub-{folder.name}"))[-2:]
            print(
                f"{what}: {after.new_bytes / 1e6:.2f} MB new of {after.size / 1e6:.2f} MB in "
                f"{after.files} files; the first release cost {before.new_bytes / 1e6:.2f} MB"
            )


def publish(folder: Path, environment: dict[str, str]) -> None:
    """Build a project and publish it, by the commands that a person uses."""
    for command in ("build", "publish"):
        line = [sys.executable, "-m", "packager", "--quiet", command, "--project", str(folder)]
        subprocess.run(line, env=environment, check=True, stdout=subprocess.DEVNULL)


def on_lines(change: Callable[[list[str]], list[str]]) -> Callable[[list[Path]], None]:
    """Return what changes the lines of all files together, one percent of them."""

    def apply(paths: list[Path]) -> None:
        for path in paths[:: len(paths) // 2 or 1]:  # two recordings
            lines = path.read_text(encoding="utf-8").splitlines()
            path.write_text("\n".join(change(lines)) + "\n", encoding="utf-8")

    return apply


def edited(line: str) -> str:
    """Return a segment with other words."""
    return json.dumps(
        json.loads(line) | {"Text": f"other words {zlib.crc32(line.encode())}"}, ensure_ascii=False
    )


def scatter(paths: list[Path]) -> None:
    """Change each hundredth segment of every recording."""
    for path in paths:
        lines = path.read_text(encoding="utf-8").splitlines()
        lines[50::100] = [edited(line) for line in lines[50::100]]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def add_recording(paths: list[Path]) -> None:
    """Add one recording: another one, with other words."""
    lines = paths[0].read_text(encoding="utf-8").splitlines()
    place = paths[0].with_name("a-new-recording.jsonl")
    place.write_text("\n".join(edited(line) for line in lines) + "\n", encoding="utf-8")


def remove_two(paths: list[Path]) -> None:
    """Remove two recordings."""
    for path in paths[:: len(paths) // 2 or 1]:
        path.unlink()


CHANGES: dict[str, Callable[[list[Path]], None]] = {
    "1% edited in two recordings": on_lines(lambda lines: [edited(line) for line in lines]),
    "1% deleted, two recordings": remove_two,
    "half of two recordings deleted": on_lines(lambda lines: lines[len(lines) // 2 :]),
    "two recordings twice as long": on_lines(lambda lines: lines + [edited(line) for line in lines]),
    "1% edited, scattered": scatter,
    "one recording added": add_recording,
}


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["transfer", megabytes]:
            transfer(int(megabytes))
        case ["startup"]:
            startup()
        case ["releases", megabytes]:
            releases(int(megabytes))
        case _:
            sys.exit(__doc__)
