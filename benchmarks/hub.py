"""Measure the rehearsal Hub: transfer, memory and start-up. What a release costs: see benchmarks.dedup.

    python -m benchmarks.hub transfer 1000    1,000 MB up and down, whole (LFS) and in chunks (Xet)
    python -m benchmarks.hub startup          from the call to the first answer, ten times

The Hub runs in a process of its own, so that its memory is its own; the client in another, without a memory.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from packager.rehearsal import run_hub

if TYPE_CHECKING:
    from collections.abc import Iterator

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


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["transfer", megabytes]:
            transfer(int(megabytes))
        case ["startup"]:
            startup()
        case _:
            sys.exit(__doc__)
