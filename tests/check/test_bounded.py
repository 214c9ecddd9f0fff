"""A file with very many problems: the first ones are kept, the others counted, in bounded memory."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest

from packager.assemble import InvalidSegments, build_dataset
from packager.check import check_segments, kept
from packager.check import engine as checking
from packager.cli import main
from packager.model import Severity
from project import make_project, make_segment

if TYPE_CHECKING:
    from pathlib import Path

WRONG = {"Speaker": "Ada", "Start": "00:00:09", "End": "00:00:05", "Text": " So."}
"""An error and a warning."""


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "LIMIT", 10)
    monkeypatch.setattr(checking, "_SMALL", 0)


def write(folder: Path, form: str, values: list[object]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    lines = "".join(f"{json.dumps(value)}\n" for value in values)
    match form:
        case "lines":
            (folder / "a.jsonl").write_text(lines)
        case "gz":
            (folder / "a.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
        case "array":
            (folder / "a.json").write_text(json.dumps(values))
        case "objects":
            for number, value in enumerate(values):
                (folder / f"{number}.json").write_text(json.dumps(value))


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("form", ["lines", "gz", "array"])
def test_the_first_problems_of_a_file_are_kept_and_all_are_counted(
    tmp_path: Path, form: str, jobs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_project(tmp_path)
    values: list[object] = [WRONG, {}, 1, {**make_segment(), "End": 7}, make_segment(" x")] * 30
    write(tmp_path / "segments", form, values)
    found = check_segments(tmp_path, jobs=jobs)
    monkeypatch.setattr(kept, "LIMIT", 10_000)
    whole = check_segments(tmp_path, jobs=jobs)
    assert whole.more == 0
    assert len(whole.problems) > 200
    assert found.problems == whole.problems[:10]
    assert found.more == len(whole.problems) - 10
    assert [found.count(each) for each in Severity] == [whole.count(each) for each in Severity]


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_limit_is_one_of_a_file(tmp_path: Path, jobs: int) -> None:
    make_project(tmp_path)
    write(tmp_path / "segments" / "talk", "objects", [{}] * 30)
    report = check_segments(tmp_path, jobs=jobs)
    assert (report.more, len(report.problems)) == (0, 120)


def test_what_is_wrong_behind_the_last_problem_that_is_kept_fails_the_check(tmp_path: Path) -> None:
    make_project(tmp_path)
    spaced = [make_segment(f" Turn {number}.", 3 * number) for number in range(12)]
    write(tmp_path / "segments", "lines", [*spaced, {}])
    report = check_segments(tmp_path)
    assert {each.severity for each in report.problems} == {Severity.WARNING}
    assert report.hidden == (4, 2, 0)
    assert main(["check", "--project", str(tmp_path)]) == 1


def test_every_format_says_how_many_more_there_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_project(tmp_path)
    write(tmp_path / "segments", "lines", [{}] * 30)
    told = "110 more problems not kept: of each file the first 10,000 are"
    for form in ("text", "github", "sarif"):
        assert main(["check", "--project", str(tmp_path), "--format", form]) == 1
        assert told in capsys.readouterr().out
    assert main(["check", "--project", str(tmp_path), "--format", "json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["hidden"], document["counts"]["error"], len(document["problems"])) == (110, 120, 10)
    again = check_segments(tmp_path, remember=True)
    assert again == check_segments(tmp_path, remember=True)
    assert again.more == 110


def test_neither_a_baseline_nor_a_build_makes_do_with_a_part(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_project(tmp_path)
    write(tmp_path / "segments", "lines", [*[{}] * 30, make_segment()])
    baseline = tmp_path / "known.json"
    assert main(["check", "--project", str(tmp_path), "--write-baseline", str(baseline)]) == 1
    assert "no baseline was written: 110 problems" in capsys.readouterr().err
    assert not baseline.exists()
    with pytest.raises(InvalidSegments, match=r"120 errors; .* too many to leave out"):
        build_dataset(tmp_path, drop_invalid=True)


def test_brackets_that_are_never_closed_are_told_at_their_place(tmp_path: Path) -> None:
    make_project(tmp_path)
    (tmp_path / "segments").mkdir()
    (tmp_path / "segments" / "a.json").write_text("[" * 4_000_000)
    [problem] = check_segments(tmp_path).problems
    assert (problem.rule, problem.line) == ("json/depth", 1)


def test_brackets_in_a_row_are_counted_one_by_one(tmp_path: Path) -> None:
    make_project(tmp_path)
    (tmp_path / "segments").mkdir()
    (tmp_path / "segments" / "a.json").write_text('[{"a": [[[1, 2], []], [[]]]}, 3, [[{}, 4]], 5]')
    found = [each for each in check_segments(tmp_path).problems if each.rule == "json/not-an-object"]
    assert [each.column for each in found] == [31, 34, 45]
