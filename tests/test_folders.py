"""A crash at any moment leaves the earlier build or the new one, whole."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from packager.assemble import build_dataset
from packager.cli import main
from packager.errors import EnvironmentFailure, UsageError
from packager.folders import load_build, recover_folders, replace_folder, verify_folder
from project import make_corpus, make_segment, write_lines

if TYPE_CHECKING:
    from collections.abc import Callable


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


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
    ("which", "standing"),
    [*((which, True) for which in range(1, 9)), *((which, False) for which in range(1, 8))],
)
def test_an_interruption_at_any_change_leaves_one_build_and_no_scratch(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    which: int,
    standing: bool,  # noqa: FBT001 - a parameter
) -> None:
    make_corpus(tmp_path, recordings=1)
    manifests = [build_dataset(tmp_path)] if standing else []
    write_lines(tmp_path / "segments" / "more.jsonl", [make_segment()])
    changes = 0

    def interrupted(real: Callable[..., object]) -> Callable[..., object]:
        def change(*given: object, **named: object) -> object:
            nonlocal changes
            made = real(*given, **named)
            changes += ".build.packager" in str(given)
            if changes == which:
                changes = 100
                raise KeyboardInterrupt
            return made

        return change

    for name in ("rename", "mkdir"):
        monkeypatch.setattr(Path, name, interrupted(getattr(Path, name)))
    with pytest.raises(KeyboardInterrupt):
        build_dataset(tmp_path)
    monkeypatch.undo()
    assert not (tmp_path / ".build.packager").exists()
    assert not (tmp_path / ".packager" / "unfinished").exists()
    if (tmp_path / "build").exists():
        assert verify_folder(tmp_path / "build", load_build(tmp_path / "build")) == ()
        manifests.append(build_dataset(tmp_path, out=tmp_path / "new"))
        assert load_build(tmp_path / "build") in manifests
    else:
        assert not standing


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
    recover_folders(tmp_path)
    assert (out / "which").read_text() == expected if expected else not out.exists()
    assert not (tmp_path / ".build.packager").exists()


def test_a_second_build_at_the_same_time_is_refused_and_recovery_waits(tmp_path: Path) -> None:
    make_corpus(tmp_path, recordings=1)
    with replace_folder(tmp_path / "build", tmp_path) as work:
        (work / "new" / "x").write_text("x")
        with pytest.raises(EnvironmentFailure, match="another build"):
            build_dataset(tmp_path)
        recover_folders(tmp_path)
        assert (work / "new" / "x").exists()


def test_two_projects_that_build_into_one_folder_do_it_one_after_the_other(tmp_path: Path) -> None:
    one = make_corpus(tmp_path / "one", recordings=2)
    other = make_corpus(tmp_path / "other", recordings=1)
    out = tmp_path / "shared"
    with replace_folder(out, one) as work:
        (work / "new" / "x").write_text("x")
        with pytest.raises(EnvironmentFailure, match="another build into"):
            build_dataset(other, out=out)
    assert tree(out) == ["x"]


def test_the_next_command_finishes_a_swap_wherever_the_build_was_to_go(tmp_path: Path) -> None:
    project = make_corpus(tmp_path / "project", recordings=1)
    out = tmp_path / "elsewhere" / "build"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("packager.folders._forget", lambda *_: None)  # as a kill, which cleans nothing up
        patch.setattr("packager.folders.shutil.rmtree", lambda *_, **__: None)
        patch.setattr("packager.folders._settle", lambda *_: None)
        patch.setattr("packager.folders._swap", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            build_dataset(project, out=out)
    assert not out.exists()
    assert main(["--quiet", "check", "--no-cache", "--project", str(project)]) == 0
    assert verify_folder(out, load_build(out)) == ()
    assert tree(project / ".packager") == [".gitignore"]


def test_a_link_to_a_build_stays_a_link(tmp_path: Path) -> None:
    project = make_corpus(tmp_path / "project", recordings=1)
    build_dataset(project, out=tmp_path / "real")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_lines(project / "segments" / "more.jsonl", [make_segment()])
    manifest = build_dataset(project, out=tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert load_build(tmp_path / "real") == manifest


def test_a_folder_inside_a_build_is_refused(tmp_path: Path) -> None:
    make_corpus(tmp_path, recordings=1)
    build_dataset(tmp_path)
    with pytest.raises(UsageError, match="inside the build"):
        build_dataset(tmp_path, out=tmp_path / "build" / "sub")


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
        recover_folders(tmp_path)
        manifest = load_build(tmp_path / "build")
        assert verify_folder(tmp_path / "build", manifest) == ()
        assert len(manifest.recordings) in {len(first.recordings), len(first.recordings) + 1}
        outcomes.add(len(manifest.recordings))
    assert len(build_dataset(tmp_path).recordings) == 61
    left = [name for name in tree(tmp_path / ".packager") if not name.startswith("origins/")]
    assert left == [".gitignore", "build.lock"]
