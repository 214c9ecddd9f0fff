"""A crash at any moment leaves the earlier build or the new one, whole."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from packager.build import build_dataset
from packager.errors import EnvironmentFailure
from packager.folders import load_build, recover_folder, replace_folder, verify_folder
from project import make_corpus, make_segment, write_lines

if TYPE_CHECKING:
    from pathlib import Path


def tree(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_block_that_raises_leaves_the_folder_and_no_scratch(tmp_path: Path) -> None:
    make_corpus(tmp_path, recordings=1)
    manifest = build_dataset(tmp_path)

    def fail() -> None:
        with replace_folder(tmp_path / "build", tmp_path) as work:
            (work / "new" / "half").write_text("x")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert verify_folder(tmp_path / "build", manifest) == ()
    assert not (tmp_path / ".build.packager").exists()


@pytest.mark.parametrize(
    ("standing", "left", "expected"),
    [
        ("old", ["new"], "old"),  # killed while writing
        ("old", ["ready"], "old"),  # killed before the first rename: undone
        (None, ["ready", "old"], "ready"),  # killed between the two: finished
        ("ready", ["old"], "ready"),  # killed before the clean-up
        (None, ["old"], "old"),
        (None, ["new"], None),
    ],
)
def test_a_half_made_swap_is_finished_or_undone(
    tmp_path: Path, standing: str | None, left: list[str], expected: str | None
) -> None:
    out = tmp_path / "build"
    for folder, name in [(out, standing), *((tmp_path / ".build.packager" / each, each) for each in left)]:
        if name is not None:
            folder.mkdir(parents=True)
            (folder / "which").write_text(name)
    recover_folder(out, tmp_path)
    assert (out / "which").read_text() == expected if expected else not out.exists()
    assert not (tmp_path / ".build.packager").exists()


def test_a_second_build_at_the_same_time_is_refused_and_recovery_waits(tmp_path: Path) -> None:
    make_corpus(tmp_path, recordings=1)
    with replace_folder(tmp_path / "build", tmp_path) as work:
        (work / "new" / "x").write_text("x")
        with pytest.raises(EnvironmentFailure, match="another build"):
            build_dataset(tmp_path)
        recover_folder(tmp_path / "build", tmp_path)
        assert (work / "new" / "x").exists()


def test_a_build_killed_at_any_moment_costs_nothing_but_another_run(tmp_path: Path) -> None:
    make_corpus(tmp_path, recordings=60, segments=20)
    first = build_dataset(tmp_path)
    write_lines(tmp_path / "segments" / "zz.jsonl", [make_segment("New.")])
    script = "import sys, packager; packager.build_dataset(sys.argv[1])"
    generator = random.Random(7)
    outcomes = set()
    for _ in range(12):
        running = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)])
        time.sleep(generator.uniform(0.15, 0.9))  # where the kill falls is left to chance on purpose
        os.kill(running.pid, signal.SIGKILL)
        running.wait()
        recover_folder(tmp_path / "build", tmp_path)
        manifest = load_build(tmp_path / "build")
        assert verify_folder(tmp_path / "build", manifest) == ()
        assert len(manifest.recordings) in {len(first.recordings), len(first.recordings) + 1}
        outcomes.add(len(manifest.recordings))
    assert len(build_dataset(tmp_path).recordings) == 61
    assert tree(tmp_path / ".packager") == [".gitignore", "build.lock"]
