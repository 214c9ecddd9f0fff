"""Kill builds at random moments, and prove that nothing is lost and nothing is left behind.

    python -m benchmarks.build_kills --rounds 60

A project stands in two versions, A and B, each of which has a clean build whose bytes are known. Each round
changes the project from one to the other, starts `packager build`, and kills its whole process group with
SIGKILL: after a random part of the time that a build takes, or at a random one of the changes that it makes
to the folder. Then, by the command line alone:

1. any other command leaves the earlier build or the new one, whole, to the byte;
2. the next build succeeds, and is the clean build of its version, to the byte;
3. the project, and the folder for temporary files, hold nothing that was not there before.

Ends with exit code 1 at the first round in which one of these is not so.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

CONFIG = '[dataset]\nrepo_id = "me/kills"\n[splits]\ntrain = 0.8\ntest = 0.2\n'
RECORDINGS = 24


@dataclass(frozen=True, slots=True)
class Ground:
    """Where builds are killed."""

    project: Path
    temporary: Path
    jobs: int
    clean: dict[str, dict[str, bytes]]
    """By version, the bytes of every file of its build."""
    seconds: float
    """How long a build takes, at most."""

    def command(self, *arguments: str) -> list[str]:
        """Return what runs a command in the project."""
        return [sys.executable, "-m", "packager", "--quiet", *arguments, "--project", str(self.project)]

    def environment(self) -> dict[str, str]:
        """Return the environment of all commands."""
        return os.environ | {"TMPDIR": str(self.temporary)}

    def run(self, *arguments: str) -> None:
        """Run a command that must succeed."""
        done = subprocess.run(
            self.command(*arguments), env=self.environment(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{arguments} ended with {done.returncode}: {done.stdout}{done.stderr}")

    def build(self) -> None:
        """Build the project."""
        self.run("build", "--jobs", str(self.jobs))


def main() -> int:
    """Kill as many builds as was asked for, and print the tally as JSON."""
    given = _parse()
    chance = random.Random(given.seed)  # noqa: S311 - keeps no secret
    with tempfile.TemporaryDirectory(prefix="packager-kills-") as folder:
        ground = _prepare(Path(folder), given.megabytes * 10**6 // RECORDINGS, given.jobs)
        tally: Counter[str] = Counter()
        for number in range(given.rounds):
            told = _play_round(ground, "AB"[(number + 1) % 2], chance)
            tally.update(told)
            print(f"round {number + 1}: {', '.join(told)}", file=sys.stderr, flush=True)
    print(json.dumps({"rounds": given.rounds, "seconds of a build": round(ground.seconds, 2), **tally}))
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--megabytes", type=int, default=12)
    return parser.parse_args()


def _prepare(folder: Path, size: int, jobs: int) -> Ground:
    """Make the project in version A, and know the clean builds of both."""
    temporary = folder / "tmp"
    temporary.mkdir()
    clean, seconds = {}, 0.0
    for version in "BA":
        project = folder / f"clean-{version}"
        _make_project(project, size)
        _turn_into(project, version)
        ground = Ground(project, temporary, jobs, {}, 0.0)
        begin = time.monotonic()
        ground.build()
        seconds = max(seconds, time.monotonic() - begin)
        clean[version] = _read_build(project)
    project = folder / "project"
    _make_project(project, size)
    ground = Ground(project, temporary, jobs, clean, seconds)
    ground.build()
    if clean["A"] == clean["B"] or _read_build(project) != clean["A"]:
        raise SystemExit("the builds that are to be compared are not as they should be")
    return ground


def _make_project(project: Path, size: int) -> None:
    (project / "segments").mkdir(parents=True)
    (project / "dataset.toml").write_text(CONFIG)
    for number in range(RECORDINGS):
        _write_recording(project, number, size, "A")
    _turn_into(project, "A")


def _turn_into(project: Path, version: str) -> None:
    """Change one recording to that of the version."""
    _write_recording(project, 0, 100_000, version)


def _write_recording(project: Path, number: int, size: int, version: str) -> None:
    chance = random.Random(f"{number}{version}")  # noqa: S311 - likewise
    lines: list[str] = []
    written = second = 0
    while written < size:
        words = " ".join(chance.choice(("over", "the", "river", "and", "through", "wood")) for _ in range(9))
        turn = {
            "Speaker": f"Guest of day {number}",
            "Start": f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}",
            "End": f"{(second + 4) // 3600:02}:{(second + 4) // 60 % 60:02}:{(second + 4) % 60:02}",
            "Text": f"{words} {len(lines)}.",
        }
        lines.append(json.dumps(turn))
        written += len(lines[-1])
        second += 4
    (project / "segments" / f"ep{number:02}.jsonl").write_text("\n".join(lines) + "\n")


def _play_round(ground: Ground, version: str, chance: random.Random) -> Sequence[str]:
    """Change the project to the version, kill its build, and look at what is left."""
    other = {"A": "B", "B": "A"}[version]
    _turn_into(ground.project, version)
    before = _list(ground.project)
    alive = _build_and_kill(ground, chance)
    ground.run("rules", "time/overlap")  # any command; it finishes or undoes what was half done
    found = _read_build(ground.project)
    if found not in (ground.clean[version], ground.clean[other]):
        raise SystemExit(f"the build is neither the earlier nor the new one: {sorted(found)}")
    ground.build()
    if _read_build(ground.project) != ground.clean[version]:
        raise SystemExit("the next build is not the clean build of its version")
    if left := _list(ground.project) ^ before:
        raise SystemExit(f"left behind: {sorted(left)}")
    if any(ground.temporary.iterdir()):
        raise SystemExit("something is left behind among the temporary files")
    return (
        "killed" if alive else "had ended before it was killed",
        "new build stands" if found == ground.clean[version] else "earlier build stands",
    )


def _build_and_kill(ground: Ground, chance: random.Random) -> bool:
    """Start a build and kill it with all its processes; return whether it was still at work."""
    with subprocess.Popen(
        ground.command("build", "--jobs", str(ground.jobs)),
        env=ground.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        if chance.random() < 0.5:
            time.sleep(chance.random() * ground.seconds * 1.1)
        else:
            _wait_for_changes(ground.project, process, chance.randrange(1, 16))
        alive = process.poll() is None
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        process.wait()
        while _is_alive(process.pid):
            time.sleep(0.001)
    return alive


def _wait_for_changes(project: Path, process: subprocess.Popen[bytes], count: int) -> None:
    """Return when the files of the project have changed so many times: near renames, which are soon over."""
    seen = None
    while process.poll() is None and count:
        now = _list(project, all_of=True)
        count -= seen is not None and now != seen
        seen = now


def _is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _list(project: Path, *, all_of: bool = False) -> set[str]:
    """Return the paths of all files, but for those of the tool's memory of earlier runs."""
    paths = set()
    for folder, folders, files in os.walk(project):
        here = Path(folder).relative_to(project)
        if not all_of and here.parts[:1] == (".packager",):
            continue
        paths |= {str(here / name) for name in (*folders, *files)}
    return paths


def _read_build(project: Path) -> dict[str, bytes]:
    build = project / "build"
    return {
        path.relative_to(build).as_posix(): path.read_bytes()
        for path in sorted(build.rglob("*"))
        if path.is_file()
    }


if __name__ == "__main__":
    sys.exit(main())
