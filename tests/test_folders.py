"""A crash at any moment leaves the earlier build or the new one, whole."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from packager import folders
from packager.assemble import build_dataset
from packager.cache import shared_cache
from packager.cli import main
from packager.errors import DataError, EnvironmentFailure, UsageError
from packager.files import state_folder
from packager.folders import load_build, recover_folders, replace_folder, verify_folder
from project import make_corpus, make_segment, write_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def leave_trace(out: Path, project: Path) -> None:
    """Have a work folder be one of ours, as a build that was killed leaves it."""
    secret = folders._remember(out, project)  # noqa: SLF001 - the memory of a process that is gone
    (out.parent / f".{out.name}.packager" / "trace").write_text(secret)


def traces() -> Iterator[Path]:
    folder = shared_cache("unfinished")
    return iter(()) if folder is None else folder.iterdir()


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no trace but those of the test."""
    monkeypatch.setenv("PACKAGER_CACHE", str(tmp_path_factory.mktemp("cache")))


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
    assert not list(traces())
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
    leave_trace(out, tmp_path)
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
    assert not list(traces())
    assert not (project / ".packager").exists()


@pytest.mark.parametrize("standing", [False, True])
@pytest.mark.parametrize("secret", ["", "0" * 32])
def test_a_build_that_a_repository_ships_never_becomes_the_build(
    tmp_path: Path,
    secret: str,
    standing: bool,  # noqa: FBT001 - a parameter
) -> None:
    make_corpus(tmp_path, recordings=1)
    manifest = build_dataset(tmp_path) if standing else None
    for state in ("ready", "old", "new"):
        shutil.copytree(tmp_path / "segments", tmp_path / ".build.packager" / state)
    (tmp_path / ".build.packager" / "trace").write_text(secret)
    notes = tmp_path / ".packager" / "unfinished"
    notes.mkdir(parents=True)
    (notes / "note").write_text(str(tmp_path / "build"))
    assert main(["--quiet", "check", "--project", str(tmp_path)]) == 0
    assert (tmp_path / "build").exists() == standing
    assert build_dataset(tmp_path) == (manifest or load_build(tmp_path / "build"))
    assert not (tmp_path / ".build.packager").exists()


@pytest.mark.parametrize("place", ["work", "work/ready", "lock", "ignore", "beside"])
@pytest.mark.parametrize("kind", ["link", "fifo"])
def test_what_stands_in_our_places_is_replaced_and_what_it_leads_to_stays(
    tmp_path: Path, place: str, kind: str
) -> None:
    project = make_corpus(tmp_path / "project", recordings=1)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("mine")
    state = project / ".packager"
    state.mkdir()
    (project / ".build.packager").mkdir()
    path = {
        "work": project / ".build.packager",
        "work/ready": project / ".build.packager" / "ready",
        "lock": state / "build.lock",
        "ignore": state / ".gitignore",
        "beside": state / f"..gitignore.{os.getpid()}.new",
    }[place]
    if place == "work":
        path.rmdir()
    if kind == "fifo":
        os.mkfifo(path)
    else:
        path.symlink_to(outside / "new" if place in {"ignore", "beside"} else outside)
    assert main(["--quiet", "check", "--project", str(project)]) == 0
    assert main(["--quiet", "build", "--project", str(project)]) == 0
    assert tree(outside) == ["precious"]
    assert verify_folder(project / "build", load_build(project / "build")) == ()
    assert not os.path.lexists(project / ".build.packager")


def test_a_state_folder_that_is_a_link_is_refused_by_every_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = make_corpus(tmp_path / "project", recordings=1)
    (tmp_path / "outside").mkdir()
    (project / ".packager").symlink_to(tmp_path / "outside")
    for command in ("check", "build", "card", "publish"):
        assert main(["--quiet", command, "--project", str(project)]) == 2
        assert f"{project / '.packager'} is a link" in capsys.readouterr().err
    with pytest.raises(UsageError, match="is a link"):
        build_dataset(project)
    assert tree(tmp_path / "outside") == []


@pytest.mark.parametrize("name", ["hub", "receipts"])
def test_a_folder_of_the_state_that_is_a_link_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / ".packager").mkdir()
    (tmp_path / ".packager" / name).symlink_to(tmp_path / "outside")
    with pytest.raises(UsageError, match=f"{name} is a link"):
        state_folder(tmp_path, name)
    assert tree(tmp_path / "outside") == []


def test_a_hub_that_was_shipped_with_a_link_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = make_corpus(tmp_path / "project", recordings=1)
    assert main(["--quiet", "build", "--project", str(project)]) == 0
    port = project / ".packager" / "hub" / "deep" / "port"
    port.parent.mkdir(parents=True)
    for kind in ("link", "fifo"):
        if kind == "fifo":
            os.mkfifo(port)
        else:
            port.symlink_to(tmp_path / "outside")
        assert main(["--quiet", "publish", "--rehearse", "--project", str(project)]) == 2
        assert f"{port} is a link or no file" in capsys.readouterr().err
        port.unlink()
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize("path", ["../x", "/etc/x", "data/../../x", "data//x", "C:x", "data\\x", "x\0", ""])
def test_a_manifest_whose_files_lie_elsewhere_is_refused(tmp_path: Path, path: str) -> None:
    make_corpus(tmp_path, recordings=1)
    build_dataset(tmp_path)
    manifest = tmp_path / "build" / "manifest.json"
    document = json.loads(manifest.read_text())
    document["files"][0]["path"] = path
    manifest.write_text(json.dumps(document))
    with pytest.raises(DataError, match="is no file of a build"):
        load_build(tmp_path / "build")


def test_a_link_in_the_place_of_the_build_is_refused_unless_it_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = make_corpus(tmp_path / "other", recordings=2)
    manifest = build_dataset(other)
    project = make_corpus(tmp_path / "project", recordings=1)
    (project / "build").symlink_to(other / "build")
    for command in ("build", "card", "publish"):
        assert main(["--quiet", command, "--project", str(project)]) == 2
        assert f"{project / 'build'} is a link to {other / 'build'}: remove it" in capsys.readouterr().err
    assert load_build(other / "build") == manifest


@pytest.mark.parametrize("kind", ["empty", "no text", "list", "link", "fifo", "folder", "long"])
def test_a_damaged_trace_is_no_trace(tmp_path: Path, kind: str) -> None:
    make_corpus(tmp_path, recordings=1)
    (tmp_path / ".build.packager" / "ready").mkdir(parents=True)
    leave_trace(tmp_path / "build", tmp_path)
    (note,) = traces()
    genuine = note.read_bytes()
    note.unlink()
    match kind:
        case "link":
            (tmp_path / "note").write_bytes(genuine)
            note.symlink_to(tmp_path / "note")
        case "fifo":
            os.mkfifo(note)
        case "folder":
            note.mkdir()
        case _:
            damaged = {
                "empty": b"",
                "no text": b"\xff\xfe",
                "list": b"[1]",
                "long": genuine + b" " * (1 << 17),
            }
            note.write_bytes(damaged[kind])
    assert main(["--quiet", "check", "--project", str(tmp_path)]) == 0
    assert not (tmp_path / "build").exists()
    if kind == "folder":
        note.rmdir()
    assert main(["--quiet", "build", "--project", str(tmp_path)]) == 0
    assert not list(traces())


def test_a_trace_of_one_project_finishes_nothing_in_another_one(tmp_path: Path) -> None:
    out = tmp_path / "one" / "build"
    (tmp_path / "one" / ".build.packager" / "ready").mkdir(parents=True)
    make_corpus(tmp_path / "other", recordings=1)
    leave_trace(out, tmp_path / "one")
    recover_folders(tmp_path / "other")
    assert not out.exists()
    recover_folders(tmp_path / "one")
    assert out.exists()


def test_without_a_cache_a_build_works_and_clears_away_what_a_kill_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_corpus(tmp_path, recordings=1)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PACKAGER_CACHE", str(tmp_path / "file" / "cache"))
    (tmp_path / ".build.packager" / "ready").mkdir(parents=True)
    recover_folders(tmp_path)
    assert not (tmp_path / "build").exists()
    manifest = build_dataset(tmp_path, remember=True)
    assert verify_folder(tmp_path / "build", manifest) == ()
    assert not (tmp_path / ".build.packager").exists()


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
    assert tree(tmp_path / ".packager") == [".gitignore", "build.lock"]
