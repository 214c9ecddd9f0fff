"""The report of an earlier check is used again for the same files, and for no others."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from packager.cache import project_cache
from packager.check import check_segments, engine
from packager.errors import UsageError
from packager.store import reports, shelf, stamps
from project import make_project, write_lines

if TYPE_CHECKING:
    from pathlib import Path

    from packager.model import Report

GOOD = {"Speaker": "Ada", "Start": "00:00:00", "End": "00:00:02", "Text": "Good morning."}
BAD = GOOD | {"Start": "00:00:09"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    make_project(tmp_path)
    for name in "abc":
        write_lines(tmp_path / "segments" / f"{name}.jsonl", [GOOD | {"Text": f"I am {name}."}])
    return tmp_path


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the units that are judged."""
    calls: list[int] = []
    real = engine._check_unit  # noqa: SLF001 - what must not be called

    def check_unit(*given: object, **named: object) -> object:
        calls.append(1)
        return real(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(engine, "_check_unit", check_unit)
    return calls


@pytest.fixture
def old_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let files count as old that the test has just written."""
    monkeypatch.setattr(stamps, "_TICK", -(10**12))


def check(project: Path) -> Report:
    return check_segments(project, remember=True)


def kept_reports(project: Path) -> list[Path]:
    cache = project_cache(project)
    assert cache is not None
    return list((cache / "checked").iterdir())


def rewrite(path: Path, old: bytes, new: bytes) -> None:
    """Change a file in a way that its size and its time of change do not tell."""
    before = path.stat()
    data = path.read_bytes().replace(old, new)
    assert len(data) == before.st_size
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.usefixtures("old_files")
def test_a_second_check_of_unchanged_files_reads_none(
    project: Path, judged: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_lines(project / "segments" / "d.jsonl", [BAD])
    first = check(project)
    assert len(first.problems) == 1
    assert len(judged) == 1
    monkeypatch.setattr(reports, "read_pieces", lambda _: pytest.fail("a file was read"))
    assert check(project) == first
    assert len(judged) == 1


def test_files_of_the_last_moment_are_known_by_their_bytes(project: Path, judged: list[int]) -> None:
    assert check(project) == check(project)
    assert len(judged) == 1


@pytest.mark.usefixtures("old_files")
def test_files_with_other_times_and_the_same_bytes_are_not_judged_again(
    project: Path, judged: list[int]
) -> None:
    first = check(project)
    for path in (project / "segments").iterdir():
        os.utime(path, (1, 1))
    assert check(project) == first
    assert len(judged) == 1


def test_a_change_within_the_resolution_of_the_clock_is_seen(project: Path) -> None:
    assert not check(project).problems
    rewrite(project / "segments" / "a.jsonl", b"00:00:02", b"00-00-02")
    assert check(project).problems
    rewrite(project / "segments" / "a.jsonl", b"00-00-02", b"00:00:02")
    assert not check(project).problems


@pytest.mark.usefixtures("old_files")
@pytest.mark.skipif(sys.platform == "win32", reason="there, a file has no time of its last change of status")
def test_a_change_that_hides_its_time_is_seen(project: Path) -> None:
    assert not check(project).problems
    rewrite(project / "segments" / "a.jsonl", b"00:00:02", b"00-00-02")
    assert check(project).problems


@pytest.mark.usefixtures("old_files")
def test_files_that_come_go_or_change_their_names_are_seen(project: Path, judged: list[int]) -> None:
    folder = project / "segments"
    assert check(project).files == 3
    shutil.copy(folder / "a.jsonl", folder / "d.jsonl")
    assert check(project).files == 4
    (folder / "d.jsonl").unlink()
    assert check(project).files == 3
    (folder / "c.jsonl").rename(folder / "e.jsonl")
    assert check(project).files == 3
    assert len(judged) == 4


@pytest.mark.usefixtures("old_files")
@pytest.mark.parametrize("change", ["schema", "rules", "referenced", "splits"])
def test_what_files_are_judged_by_counts(project: Path, judged: list[int], change: str) -> None:
    config = project / "dataset.toml"
    text = config.read_text().replace("[dataset]\n", '[dataset]\nschema = "own.json"\n')
    config.write_text(text)
    schema = '{"properties": {"Text": {"$ref": "text.json"}}, "required": ["Text"], "type": "object"}'
    (project / "own.json").write_text(schema)
    (project / "text.json").write_text('{"type": "string"}')
    assert not check(project).problems
    match change:
        case "schema":
            (project / "own.json").write_text(schema.replace('["Text"]', '["Text", "Who"]'))
        case "referenced":
            (project / "text.json").write_text('{"type": "number"}')
        case "rules":
            config.write_text(f"{text}\n[check.severity]\n'time/unsorted' = 'error'\n")
        case _:
            config.write_text(f"{text}\n[splits]\ntrain = 0.5\ntest = 0.5\n")
    check(project)
    assert len(judged) == 2


@pytest.mark.usefixtures("old_files")
@pytest.mark.parametrize("damage", [b"", b"{}", b"cut"])
def test_what_was_kept_may_be_damaged_or_deleted(project: Path, judged: list[int], damage: bytes) -> None:
    first = check(project)
    [kept] = kept_reports(project)
    kept.write_bytes(kept.read_bytes()[:-9] if damage == b"cut" else damage)
    assert check(project) == first
    shutil.rmtree(kept_reports(project)[0].parent.parent)
    assert check(project) == first
    assert len(judged) == 3


@pytest.mark.usefixtures("old_files")
def test_a_file_that_cannot_be_read_is_tried_again(project: Path, judged: list[int]) -> None:
    (project / "segments" / "d.jsonl.gz").write_bytes(b"no gzip")
    assert check(project) == check(project)
    assert len(judged) == 2


@pytest.mark.usefixtures("old_files")
def test_few_reports_are_kept(project: Path) -> None:
    config = (project / "dataset.toml").read_text()
    for number in range(12):
        (project / "dataset.toml").write_text(f"{config}\n[check.limits]\nlongest_seconds = {number + 1}\n")
        check(project)
    assert len(kept_reports(project)) == 8


def test_nothing_is_kept_unless_asked_for(project: Path) -> None:
    check_segments(project)
    check_segments(project, paths=[project / "segments" / "a.jsonl"], remember=True)
    assert project_cache(project) is None
    check(project)
    assert len(kept_reports(project)) == 1
    assert sorted(path.name for path in project.iterdir()) == ["dataset.toml", "segments"]


@pytest.mark.usefixtures("old_files")
def test_a_report_that_a_repository_ships_is_not_believed(project: Path) -> None:
    check(project)
    [kept] = kept_reports(project)
    write_lines(project / "segments" / "a.jsonl", [BAD])
    shipped = project / ".packager" / "checked" / kept.name
    shipped.parent.mkdir(parents=True)
    shutil.move(kept, shipped)
    assert len(check(project).problems) == 1


@pytest.mark.usefixtures("old_files")
def test_files_of_another_folder_are_not_known_by_what_was_kept_of_this_one(
    project: Path, judged: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    check(project)
    check_segments(shutil.copytree(project, tmp_path_factory.mktemp("other") / "copy"), remember=True)
    assert len(judged) == 2


def test_what_was_read_is_known_by_its_sha256(project: Path) -> None:
    """Bytes of one XXH3 can be made by hand, and would pass as those that were checked."""
    check(project)
    files = sorted((project / "segments").iterdir())
    each = b"".join(hashlib.sha256(path.read_bytes()).digest() for path in files)
    kept = json.loads(kept_reports(project)[0].read_bytes().partition(b"\n")[2])
    assert kept["content"] == hashlib.sha256(each).hexdigest()


@pytest.mark.parametrize("way", ["a file", "below a file", "a link", "written by all", "no home"])
def test_a_cache_that_cannot_be_trusted_or_written_remembers_nothing(
    project: Path,
    judged: list[int],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
    way: str,
) -> None:
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("PACKAGER_CACHE", str(folder / "own"))
    match way:
        case "a file":
            (folder / "own").write_text("in the way")
        case "below a file":
            (folder / "file").write_text("in the way")
            monkeypatch.setenv("PACKAGER_CACHE", str(folder / "file" / "own"))
        case "no home":
            monkeypatch.delenv("PACKAGER_CACHE")
            monkeypatch.setenv("HOME", "")
            monkeypatch.setenv("LOCALAPPDATA", "")
            monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
        case _:
            own = project_cache(project, make=True)
            assert own is not None
            if way == "a link":
                own.rename(folder / "elsewhere")
                own.symlink_to(folder / "elsewhere")
            else:
                own.chmod(0o777)
    assert check(project) == check(project)
    assert len(judged) == 2


def test_folders_of_the_cache_are_for_the_user_alone(
    project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("home")
    monkeypatch.delenv("PACKAGER_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(root / "deep" / "cache"))
    monkeypatch.setattr("sys.platform", "linux")
    check(project)
    made = [path for path in root.rglob("*") if path.is_dir()]
    assert {path.name for path in made} >= {"deep", "cache", "packager", "checked"}
    assert {path.stat().st_mode & 0o777 for path in made} == {0o700}


def test_a_cache_that_is_named_from_the_working_directory_is_refused(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PACKAGER_CACHE", ".cache")
    with pytest.raises(UsageError, match=r"PACKAGER_CACHE is '\.cache': .* absolute path"):
        check(project)


def test_an_edit_of_any_room_that_judges_makes_another_tool() -> None:
    names = {name for name, _, _ in shelf.describe_tool()}
    assert names >= {"times.py", "recordings.py", "dealer.py", "texts.py", "validate.py", "strict.py"}
