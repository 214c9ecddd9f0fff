"""Show the whole job on a small corpus: the very commands that a user types, and what they print."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packager.demo_corpus import write_broken, write_corpus, write_next_recording
from packager.errors import EnvironmentFailure, UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

    from packager.rehearsal import HubAddress

    Run = Callable[[Sequence[str]], int]
    """Runs a command and returns its exit code."""

_REPO_ID: Final = "me/kitchen-table-talk"

_LOAD: Final = """\
from datasets import load_dataset

for tag in ("v1.0.0", "v1.1.0"):
    dataset = load_dataset("{repo_id}", revision=tag)
    print(tag, {{name: split.num_rows for name, split in dataset.items()}})
    stream = load_dataset("{repo_id}", revision=tag, streaming=True)
    counted = {{name: sum(1 for _ in split) for name, split in stream.items()}}
    print(tag, counted, "streamed")
row = dataset["train"][0]
print(row["recording"], row["segment"], row["Speaker"] + ":", row["Text"])
"""


def run_demo(given: argparse.Namespace) -> int:
    """Run the demo in a new or empty folder, or in a temporary one that is removed at the end."""
    folder = given.dir
    if folder is not None:
        if folder.exists() and any(folder.iterdir()):
            raise UsageError(f"{folder} is not empty: name a new folder for the demo")
        _run_steps(folder.absolute(), given.main, kept=True)
        return 0
    with tempfile.TemporaryDirectory(prefix="packager-demo-") as temporary:
        _run_steps(Path(temporary) / "kitchen-table-talk", given.main, kept=False)
    return 0


def _run_steps(project: Path, run: Run, *, kept: bool) -> None:
    _say("1. A dataset project, and a small corpus of conversations in two languages")
    _packager(run, "init", str(project))
    _name_repository(project)
    write_corpus(project)
    broken = write_broken(project)
    print(f"$ cd {project}", flush=True)
    with contextlib.chdir(project):
        _publish_two_versions(broken, run)
    _say_what_next(project, kept=kept)


def _publish_two_versions(broken: str, run: Run) -> None:
    from packager.rehearsal import run_hub

    _say(f"2. The check finds what is wrong with one file ({broken})")
    _packager(run, "check", expect=1)
    Path(broken).unlink()

    _say("3. Without that file, the build succeeds")
    _packager(run, "build")

    with run_hub(Path(".packager/hub").absolute()) as address, _logged_in(address):
        _say("4. Version 1.0.0 is published to a Hub on this machine")
        _packager(run, "publish", "--endpoint", address.endpoint)

        added = write_next_recording(Path.cwd())
        _say(f"5. A recording is added ({added}), and version 1.1.0 is published")
        _packager(run, "build")
        _packager(run, "publish", "--endpoint", address.endpoint)

        _say("6. Both versions load, each with its own rows")
        _load_versions(address)


def _say(title: str) -> None:
    print(f"\n== {title}\n", flush=True)


def _packager(run: Run, *arguments: str, expect: int = 0) -> None:
    print(f"$ packager {' '.join(arguments)}", flush=True)
    code = run(["--quiet", *arguments])
    sys.stdout.flush()
    if code != expect:
        raise EnvironmentFailure(f"the demo stopped: `packager {arguments[0]}` returned {code}, not {expect}")


def _name_repository(project: Path) -> None:
    config = project / "dataset.toml"
    lines = config.read_text(encoding="utf-8").splitlines(keepends=True)
    named = [f'repo_id = "{_REPO_ID}"\n' if line.startswith("repo_id") else line for line in lines]
    config.write_text("".join(named), encoding="utf-8")


@contextlib.contextmanager
def _logged_in(address: HubAddress) -> Iterator[None]:
    before = os.environ.get("HF_TOKEN")
    os.environ["HF_TOKEN"] = address.token
    try:
        yield
    finally:
        del os.environ["HF_TOKEN"]
        if before is not None:
            os.environ["HF_TOKEN"] = before


def _load_versions(address: HubAddress) -> None:
    """Run the code that a user of the data set writes, in a process with an empty cache."""
    code = _LOAD.format(repo_id=_REPO_ID)
    print("".join(f"    {line}\n" for line in code.splitlines()), flush=True)
    cache = tempfile.mkdtemp(prefix="packager-demo-cache-")
    environment = {
        **os.environ,
        "HF_ENDPOINT": address.endpoint,
        "HF_HOME": cache,
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "NO_PROXY": "127.0.0.1",
    }
    try:
        # Arrow's threads may still hold a streamed file when the interpreter ends, and abort it: end at once.
        ending = "import os, sys; sys.stdout.flush(); os._exit(0)"
        done = subprocess.run([sys.executable, "-c", code + ending], env=environment, check=False)
    finally:
        shutil.rmtree(cache, ignore_errors=True)
    if done.returncode:
        raise EnvironmentFailure("the demo stopped: the versions could not be loaded back (see above)")


def _say_what_next(project: Path, *, kept: bool) -> None:
    _say("Done. What you can look at next")
    print("  build/README.md      the generated dataset card")
    print("  build/manifest.json  what was built, file by file and recording by recording")
    print("  packager hub --root .packager/hub  then open the address that it prints in a browser")
    print(
        f"These lie in {project}."
        if kept
        else "`packager demo DIR` keeps these files in a folder of your own."
    )
