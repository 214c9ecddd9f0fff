"""Time whole commands, interleaved, and watch the memory of their process trees (Linux)."""

from __future__ import annotations

import resource
import shutil
import statistics
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Command:
    """A whole process to time."""

    arguments: Sequence[str]
    cwd: Path
    codes: frozenset[int] = frozenset({0})
    """The exit codes that are as expected."""
    fresh: Sequence[Path] = ()
    """Files and folders that are removed before each run, outside the measured time."""
    environment: Mapping[str, str] | None = None


@dataclass(slots=True)
class Times:
    """What the runs of one command took."""

    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    """User and system time of the whole process tree."""

    @property
    def median(self) -> float:
        """The median of the wall times, in seconds."""
        return statistics.median(self.seconds)

    @property
    def median_processor(self) -> float:
        """The median of the processor times, in seconds."""
        return statistics.median(self.processor)

    def run(self, command: Command, *, counts: bool = True) -> None:
        """Run a command, and remember what it took if that counts."""
        for path in command.fresh:
            remove(path)
        begin, before = time.perf_counter(), _processor()
        _run(command)
        if counts:
            self.seconds.append(time.perf_counter() - begin)
            self.processor.append(_processor() - before)


def time_interleaved(commands: Mapping[str, Command], runs: int) -> dict[str, Times]:
    """Run every command once to warm up, then all of them in turn, `runs` times; return what they took."""
    times = {name: Times() for name in commands}
    for run in range(runs + 1):
        for name, command in commands.items():
            times[name].run(command, counts=run > 0)
    return times


def remove(path: Path) -> None:
    """Remove a file or a folder, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def peak_memory(command: Command) -> float:
    """Run a command and return the peak PSS of its process tree, in MB, sampled every 20 ms."""
    for path in command.fresh:
        remove(path)
    process = subprocess.Popen(
        command.arguments, cwd=command.cwd, stdout=subprocess.DEVNULL, env=command.environment
    )
    peak = 0
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.02):
            peak = max(peak, sum(map(_pss, _tree(process.pid))))

    watcher = threading.Thread(target=watch)
    watcher.start()
    code = process.wait()
    done.set()
    watcher.join()
    if code not in command.codes:
        raise SystemExit(f"{' '.join(command.arguments)} returned {code}")
    return peak / 1000


def _run(command: Command) -> None:
    done = subprocess.run(
        command.arguments, cwd=command.cwd, capture_output=True, check=False, env=command.environment
    )
    if done.returncode not in command.codes:
        raise SystemExit(
            f"{' '.join(command.arguments)} returned {done.returncode}: {done.stderr.decode()[-500:]}"
        )


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _tree(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(inner for child in children for inner in _tree(int(child)))]


def _pss(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)
