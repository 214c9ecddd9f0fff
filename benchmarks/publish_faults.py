"""Break every request of a release in every way, kill releases at random, let many race; count the endings.

    python -m benchmarks.publish_faults table         fault by endpoint by moment, then the tally
    python -m benchmarks.publish_faults kills 60      kill -9 at random moments
    python -m benchmarks.publish_faults races 50      two, then eight publishers at once, each with its copy

A trial is sound if running the same command again ends in exactly one commit and one tag, and every byte at
the tag is that of the build. The Hub is the rehearsal Hub; what breaks, breaks at its connections.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Final

from huggingface_hub import constants

from packager.errors import PackagerError
from packager.folders import load_build, load_texts
from packager.hub import connect_hub
from packager.publish import check_release, plan_release, publish_as_planned, verify_release
from packager.rehearsal import (
    AnswerLost,
    Delay,
    Fault,
    Faults,
    ResetRequest,
    Status,
    TruncateResponse,
    run_hub,
)
from packager.release import finish_release

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packager.built import Manifest, ReleasePlan
    from packager.rehearsal import Break

REPO: Final = "me/turns"
TIMEOUT: Final = 2.0
"""Seconds without a byte after which an answer counts as lost, in trials."""

ENDPOINTS: Final = {
    "whoami": ("GET", "/api/whoami-v2"),
    "create repository": ("POST", "/api/repos/create"),
    "refs": ("GET", "/refs"),
    "tree": ("GET", "/tree/"),
    "history": ("GET", "/commits/"),
    "validate-yaml": ("POST", "/api/validate-yaml"),
    "preupload": ("POST", "/preupload/"),
    "LFS batch": ("POST", "/info/lfs/objects/batch"),
    "LFS bytes": ("PUT", "/lfs/"),
    "LFS verify": ("POST", "/lfs-verify"),
    "Xet token": ("GET", "/xet-write-token/"),
    "Xet xorb": ("POST", "/xorbs/"),
    "Xet shard": ("POST", "/shards"),
    "commit": ("POST", "/commit/"),
    "tag": ("POST", "/tag/"),
    "reading back": ("GET", "/resolve/"),
}
MOMENTS: Final[dict[str, dict[str, tuple[Break, int | None]]]] = {
    "before": {
        "409": (Status(409), 1),
        "412": (Status(412), 1),
        "429": (Status(429, retry_after=1), 1),
        "500": (Status(500), 1),
        "503": (Status(503), 1),
        "503 for long": (Status(503), None),
        "401 (expired)": (Status(401), None),
        "403 (revoked)": (Status(403), None),
        "404 (vanished)": (Status(404), None),
        "reset": (ResetRequest(0), 1),
    },
    "during": {
        "reset": (ResetRequest(60), 1),
        "answer cut": (TruncateResponse(5), 1),
        "time-out": (Delay(2 * TIMEOUT), 1),
    },
    "after": {"answer lost": (AnswerLost(), 1)},
}


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one release that was broken."""

    first: str
    """What the first run did: `went on`, or its exit code and message."""
    broken: int
    """How many requests were broken."""
    flaws: tuple[str, ...]
    """What was wrong after the command was run again; empty: all is sound."""


def write_build(folder: Path) -> Path:
    """Build a small project and return the folder of the build."""
    from packager import build_dataset  # noqa: PLC0415 - not needed in the processes that only publish

    (folder / "segments").mkdir(parents=True)
    (folder / "dataset.toml").write_text(
        f'[dataset]\nrepo_id = "{REPO}"\n[splits]\ntrain = 0.5\ntest = 0.5\n'
    )
    for number in range(6):
        lines = [
            json.dumps(
                {
                    "Speaker": "Ada",
                    "Start": f"00:00:{n:02}",
                    "End": f"00:00:{n + 1:02}",
                    "Text": f"Turn {n} of {number}.",
                }
            )
            for n in range(20)
        ]
        (folder / "segments" / f"ep{number}.jsonl").write_text("\n".join(lines) + "\n")
    build_dataset(folder)
    return folder / "build"


def publish(endpoint: str, token: str, build: Path, *, patience: int = 3, timeout: float = TIMEOUT) -> str:
    """Do what `packager publish` does; return `went on`, or its exit code and message."""
    hub = connect_hub(endpoint, token, waits=(0.01,) * patience, timeout=timeout)
    try:
        manifest, texts = load_build(build), load_texts(build)

        def recall(there: Manifest) -> dict[str, bytes]:
            return finish_release(texts, manifest, there.release)[0]

        def make_plan() -> ReleasePlan:
            return plan_release(manifest, hub.read_state(REPO, recall), texts=texts)

        plan = make_plan()
        if plan.published_as is None:
            check_release(plan, hub, build)
        publish_as_planned(plan, hub, build, make_plan)
    except PackagerError as error:
        return f"exit {error.exit_code}: {error}"
    return "went on"


def find_flaws(endpoint: str, token: str, build: Path) -> tuple[str, ...]:
    """Return what is not as it should be after a release: one commit, one tag, the bytes of the build."""
    hub = connect_hub(endpoint, token, waits=(0.1,))
    commits, tags = hub.list_commits(REPO), hub.list_tags(REPO)
    found = []
    if len(commits) != 2:  # the Hub's own first one, and the release
        found.append(f"{len(commits) - 1} commits")
    if [(tag.name, tag.commit) for tag in tags] != [("v1.0.0", commits[0])]:
        found.append(f"tags {tags}")
    else:
        found += verify_release(hub, REPO, "v1.0.0").differences
        here = {path.relative_to(build).as_posix(): path for path in build.rglob("*") if path.is_file()}
        there = {file.path for file in hub.list_files(REPO, "v1.0.0")} - {".gitattributes"}
        if here.keys() != there:
            found.append(f"files {sorted(there ^ here.keys())}")
        manifest = hashlib.sha256((build / "manifest.json").read_bytes()).hexdigest()
        if hub.hash_file(REPO, "v1.0.0", "manifest.json")[1] != manifest:
            found.append("another manifest")
    return tuple(found)


def run_trial(root: Path, build: Path, endpoint: str, moment: str, name: str) -> Trial:
    """Publish to a Hub that breaks, run the same again on the Hub restored, and look."""
    constants.HF_HUB_DISABLE_XET = not endpoint.startswith("Xet")
    method, path = ENDPOINTS[endpoint]
    what, times = MOMENTS[moment][name]
    rules = [Fault(method, path, what, times=times)]
    if endpoint == "history":  # asked for only when the answer to the commit is lost
        rules.insert(0, Fault(*ENDPOINTS["commit"], AnswerLost()))
    faults = Faults(*rules)
    with run_hub(root, faults=faults) as address:
        first = publish(address.endpoint, address.token, build)
        broken = sum(1 for request in faults.broken if re.search(path, request))
    with run_hub(root) as address:
        again = publish(address.endpoint, address.token, build)
        flaws = find_flaws(address.endpoint, address.token, build)
    return Trial(first, broken, (*flaws, *([] if again == "went on" else [again])))


def table() -> None:
    """Print what happened, as a table, and the tally."""
    tally: Counter[str] = Counter()
    columns = [(moment, name) for moment, faults in MOMENTS.items() for name in faults]
    print("| request | " + " | ".join(f"{moment}: {name}" for moment, name in columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    with tempfile.TemporaryDirectory() as folder:
        build = write_build(Path(folder, "project"))
        for endpoint in ENDPOINTS:
            cells = []
            for moment, name in columns:
                root = Path(folder, f"hub-{endpoint}-{moment}-{name}")
                trial = run_trial(root, build, endpoint, moment, name)
                if trial.broken:
                    tally["sound" if not trial.flaws else "NOT SOUND"] += 1
                cells.append(_cell(trial))
                if trial.flaws:
                    print(endpoint, moment, name, trial, file=sys.stderr)
            print(f"| {endpoint} | " + " | ".join(cells) + " |", flush=True)
    print(
        f"\n{sum(tally.values())} trials: {tally['sound']} sound after the same command again, "
        f"{tally['NOT SOUND']} not"
    )


def _cell(trial: Trial) -> str:
    if not trial.broken:
        return "not asked"
    ending = "goes on" if trial.first == "went on" else trial.first.partition(":")[0]
    return ending + ("" if not trial.flaws else " **UNSOUND**")


@contextmanager
def _killed_hub(root: Path) -> Iterator[tuple[str, dict[str, str]]]:
    with run_hub(root) as address:
        environment = {**os.environ, "HF_TOKEN": address.token, "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
        environment["HF_HUB_DISABLE_XET"] = "1"
        yield address.endpoint, environment


def kills(count: int) -> None:
    """Kill a publisher at random moments, three times in a row, and then let it finish."""
    chance = random.Random(4)  # noqa: S311 - the same moments each time, as far as a machine allows
    sound, died = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        build = write_build(Path(folder, "project"))
        with _killed_hub(Path(folder, "measure")) as (endpoint, environment):
            begin = time.perf_counter()
            _attempt(endpoint, environment, build).wait()
            length = time.perf_counter() - begin
        for number in range(count):
            with _killed_hub(Path(folder, f"hub-{number}")) as (endpoint, environment):
                process = _attempt(endpoint, environment, build)
                try:
                    process.wait(chance.uniform(0.2, 1.0) * length)
                except subprocess.TimeoutExpired:
                    process.kill()
                    died += process.wait() < 0
                again = _attempt(endpoint, environment, build).wait()
                flaws = find_flaws(endpoint, environment["HF_TOKEN"], build)
                sound += not flaws and again == 0
                if flaws or again:
                    print(number, again, flaws, file=sys.stderr)
    print(
        f"{count} trials, {died} killed (a release takes {length:.1f} s): "
        f"{sound} sound after the same command again"
    )


def _attempt(endpoint: str, environment: dict[str, str], build: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "benchmarks.publish_faults", "attempt", endpoint, str(build)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)


def races(rounds: int) -> None:
    """Let two, then eight processes publish one build to one new repository at once."""
    os.environ["HF_HUB_DISABLE_XET"] = "1"  # for the processes
    with tempfile.TemporaryDirectory() as folder:
        build = write_build(Path(folder, "project"))
        for publishers in (2, 8):
            with ProcessPoolExecutor(publishers, get_context("spawn")) as pool:
                endings: Counter[str] = Counter()
                sound = 0
                for number in range(rounds):
                    with run_hub(Path(folder, f"hub-{publishers}-{number}")) as address:
                        builds = [Path(folder, f"{publishers}-{number}-{each}") for each in range(publishers)]
                        for each in builds:
                            shutil.copytree(build, each)
                        jobs = [
                            pool.submit(publish, address.endpoint, address.token, each, timeout=60)
                            for each in builds
                        ]
                        ended = [job.result() for job in jobs]
                        endings.update(ended)
                        again = publish(address.endpoint, address.token, builds[0], timeout=60)
                        flaws = find_flaws(address.endpoint, address.token, builds[0])
                        sound += not flaws and again == "went on"
                        if flaws:
                            print(number, flaws, ended, file=sys.stderr)
            print(f"{publishers} publishers, {rounds} rounds: {sound} sound; {dict(endings)}", flush=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["table"]:
            table()
        case ["kills", number]:
            kills(int(number))
        case ["races", number]:
            races(int(number))
        case ["attempt", endpoint, folder]:
            ended = publish(endpoint, os.environ["HF_TOKEN"], Path(folder), timeout=60)
            sys.exit(ended != "went on")
        case _:
            sys.exit(__doc__)
