"""Whatever happens to a build on the command line: the earlier one stands, no scratch is left, it is told."""

from __future__ import annotations

import ctypes
import gzip
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from packager.cache import shared_cache
from packager.folders import load_build, verify_folder
from project import make_project, make_segment, write_json, write_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

REPOSITORY = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-m", "packager")
DROP_CAPABILITY = 24  # PR_CAPBSET_DROP
CAPABILITIES = (1, 2)  # to write and to read what its permissions forbid

HOOKED = """
import sys
from pathlib import Path
from packager.cli import main
from packager.parquet import ShardWriter

real = ShardWriter.__enter__

def enter(writer):
    # All sources are judged, and no shard is written.
    path = Path(sys.argv[1])
    {change}
    return real(writer)

ShardWriter.__enter__ = enter
sys.exit(main(["build", "--project", sys.argv[2], "--jobs", "1", "--no-cache"]))
"""


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def make_turns(name: str, count: int, words: int = 8) -> list[dict[str, Any]]:
    chance = random.Random(name)
    return [
        {
            "Speaker": f"Guest of {name}",
            "Start": f"{at // 1200:02}:{at // 20 % 60:02}:{3 * at % 60:02}",
            "End": f"{at // 1200:02}:{at // 20 % 60:02}:{3 * at % 60 + 1:02}.5",
            "Text": f"{' '.join(chance.choices(('so', 'it', 'goes', 'été', 'again'), k=words))} {at}.",
        }
        for at in range(count)
    ]


def make_some(folder: Path, count: int, segments: int, words: int = 8) -> Path:
    """Make a project of recordings `ep0`, `ep1`, …."""
    make_project(folder, "[splits]\ntrain = 0.7\nvalidation = 0.1\ntest = 0.2\n")
    for number in range(count):
        write_lines(folder / "segments" / f"ep{number}.jsonl", make_turns(f"day {number}", segments, words))
    return folder


def make_large(folder: Path) -> Path:
    """Make a project that is worth more than one process, of every kind of file."""
    make_some(folder, 6, 5600, 40)
    packed = gzip.compress((folder / "segments" / "ep0.jsonl").read_bytes(), 1, mtime=0)
    (folder / "segments" / "packed.jsonl.gz").write_bytes(packed)
    for number in range(30):
        write_json(
            folder / "segments" / "single" / f"{number}.json", make_segment(f"é {number}", 90 - number)
        )
    return folder


def run(*arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:  # noqa: ANN401 - as those of `run`
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False, **more)


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """Return a project that is built, and has changed since."""
    folder = make_some(tmp_path / "project", 8, 1500)
    done = run("build", "--project", str(folder))
    assert done.returncode == 0, done.stderr
    write_lines(folder / "segments" / "ep0.jsonl", make_turns("another day", 1500))
    return folder


def stands(folder: Path, before: dict[str, bytes], listed: set[str]) -> None:
    """Demand that the earlier build stands, nothing is left behind, and the next build succeeds."""
    assert contents(folder / "build") == before
    assert names(folder) == listed
    done = run("build", "--project", str(folder))
    assert done.returncode == 0, done.stderr
    assert verify_folder(folder / "build", load_build(folder / "build")) == ()
    assert contents(folder / "build") != before


@pytest.mark.parametrize("size", [1000, 20_000, 60_000])
def test_a_full_disk_is_told_and_leaves_the_earlier_build(built: Path, size: int) -> None:
    before, listed = contents(built / "build"), names(built)
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))  # noqa: E731 - of the child alone
    done = run("build", "--project", str(built), preexec_fn=limit)
    assert done.returncode == 3
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert "a fault of packager itself" not in done.stderr
    stands(built, before, listed)


def lose_privileges() -> None:
    """Let permissions hold for root too."""
    if os.geteuid() == 0:
        library = ctypes.CDLL(None)
        for capability in CAPABILITIES:
            library.prctl(DROP_CAPABILITY, capability, 0, 0, 0)


def test_a_folder_that_may_not_be_written_is_told(built: Path, tmp_path: Path) -> None:
    shut = tmp_path / "shut"
    shut.mkdir(mode=0o555)
    before, listed = contents(built / "build"), names(built)
    command = [*COMMAND, "build", "--project", str(built), "--out", str(shut / "build")]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, preexec_fn=lose_privileges, cwd=REPOSITORY
    )
    assert done.returncode == 3, done.stderr
    assert "Permission denied" in done.stderr
    assert str(shut) in done.stderr
    assert "Traceback" not in done.stderr
    assert "a fault of packager itself" not in done.stderr
    assert names(shut) == set()
    stands(built, before, listed)


@pytest.mark.parametrize("name", ["ep3.jsonl", "packed.jsonl.gz"])
@pytest.mark.parametrize(
    "change",
    [
        "path.unlink(missing_ok=True)",
        "path.write_bytes(path.read_bytes().replace(b'it', b'at'))",
        "path.write_bytes(path.read_bytes()[:1000])",
    ],
    ids=["vanishes", "changes", "is cut off"],
)
def test_a_file_that_changes_once_it_is_judged_is_built_as_it_was(
    built: Path, change: str, name: str
) -> None:
    path = built / "segments" / name
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress((built / "segments" / "ep1.jsonl").read_bytes(), mtime=0))
    assert run("build", "--project", str(built), "--out", str(built / "calm")).returncode == 0
    hooked = [sys.executable, "-c", HOOKED.format(change=change), str(path), str(built)]
    done = subprocess.run(hooked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert contents(built / "build") == contents(built / "calm")


def wait_for(find: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    while not find() and process.poll() is None:
        time.sleep(0.0005)


@pytest.mark.parametrize("moment", ["", "new/data/*.parquet"], ids=["at the beginning", "among the shards"])
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupted_build_leaves_nothing_behind(tmp_path: Path, moment: str, jobs: str) -> None:
    folder, temporary = make_large(tmp_path / "project"), tmp_path / "temporary"
    temporary.mkdir()
    work = folder / ".build.packager"
    command = [*COMMAND, "build", "--project", str(folder), "--jobs", jobs, "--quiet"]
    environment = os.environ | {"TMPDIR": str(temporary)}
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=environment,
    ) as process:
        wait_for(lambda: any(work.glob(moment)) if moment else work.exists(), process)
        os.killpg(process.pid, signal.SIGINT)  # as the terminal sends it: to all
        told = process.communicate()[1]
    assert process.returncode == 3
    assert told.endswith("packager: interrupted; nothing is half done\n")
    assert told.count("\n") == 1
    assert {path.name for path in folder.iterdir()} <= {".packager", "dataset.toml", "segments"}
    assert not list(temporary.iterdir())
    traces = shared_cache("unfinished")
    assert traces is None or not list(traces.iterdir())


def test_a_killed_build_is_no_build_and_the_next_one_is_whole() -> None:
    command = [sys.executable, "-m", "benchmarks.build_kills", "--rounds", "3", "--megabytes", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPOSITORY)
    assert done.returncode == 0, done.stderr
    assert '"rounds": 3' in done.stdout


def copy_backwards(source: Path, target: Path) -> None:
    """Copy a project, its files created in another order and with other times."""
    files = sorted((path for path in source.rglob("*") if path.is_file()), reverse=True)
    for number, path in enumerate(files):
        made = target / path.relative_to(source)
        made.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, made)
        os.utime(made, (10**9 - number, 10**9 - number))


def test_the_same_sources_are_the_same_bytes_wherever_and_however_they_are_built(tmp_path: Path) -> None:
    first = make_large(tmp_path / "first")
    copy_backwards(first, tmp_path / "elsewhere" / "second")
    ways: list[tuple[str, str, int, Path, Mapping[str, str]]] = [
        ("first", "1", 0o022, first, {"LANG": "C.UTF-8", "TZ": "UTC", "PYTHONHASHSEED": "0"}),
        ("first", "2", 0o077, Path("/"), {"LC_ALL": "C", "TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "1"}),
        ("elsewhere/second", "7", 0, tmp_path, {"LANG": "tr_TR.UTF-8", "TZ": "America/St_Johns"}),
        (
            "elsewhere/second",
            "2",
            0o027,
            tmp_path,
            {"LC_ALL": "POSIX", "PYTHONHASHSEED": "42", "PYTHONUTF8": "0"},
        ),
    ]
    expected: dict[str, bytes] = {}
    for number, (project, jobs, mask, place, more) in enumerate(ways):
        clean = {name: value for name, value in os.environ.items() if name not in {"LANG", "LC_ALL", "TZ"}}
        out = tmp_path / f"out-{number}"
        command = [
            "build",
            "--project",
            str(tmp_path / project),
            "--out",
            str(out),
            "--jobs",
            jobs,
            "--no-cache",
        ]
        done = run(*command, umask=mask, cwd=place, env=clean | {"PYTHONPATH": str(REPOSITORY), **more})
        assert done.returncode == 0, done.stderr
        found = contents(out)
        expected = expected or found
        assert sorted(found) == sorted(expected)
        assert [name for name, data in found.items() if data != expected[name]] == []
