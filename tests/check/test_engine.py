from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from packager.check import check_segments
from packager.errors import ConfigError, UsageError
from packager.model import Report, Severity
from project import make_corpus, make_project, make_segment, write_json, write_lines


def brief(report: Report) -> list[tuple[str, int, int, str, str]]:
    return [(each.path, each.line, each.column, each.pointer, each.rule) for each in report.problems]


def test_a_good_project_has_no_problems(tmp_path: Path) -> None:
    make_corpus(tmp_path)
    assert check_segments(tmp_path) == Report(files=12, segments=60, problems=())


def test_every_problem_of_every_file_is_located(tmp_path: Path) -> None:
    make_project(tmp_path)
    path = tmp_path / "segments" / "a.jsonl"
    write_lines(path, [make_segment(), make_segment("\U0001f600 ", Speaker=" ", Mood=1)])
    with path.open("a") as stream:
        stream.write('{"Speaker": "A", "Start": "00:00:09", "End": "00:00:03", "Text": "x"}\n')
        stream.write('{"Speaker": "A", "Start": "00:00:09", "End": "00:00:13", "Text": "x",}\n')
    write_json(tmp_path / "segments" / "b.json", [make_segment(), {**make_segment(), "Start": -3}])
    assert brief(check_segments(tmp_path)) == [
        ("segments/a.jsonl", 2, 13, "/Speaker", "schema/pattern"),
        ("segments/a.jsonl", 2, 66, "/Text", "text/whitespace"),
        ("segments/a.jsonl", 2, 72, "/Mood", "schema/additionalProperties"),
        ("segments/a.jsonl", 3, 46, "/End", "time/end-before-start"),
        ("segments/a.jsonl", 4, 69, "", "json/trailing-comma"),
        ("segments/b.json", 1, 108, "/Start", "schema/type"),
    ]


def test_what_the_schema_refuses_is_not_said_twice(tmp_path: Path) -> None:
    make_project(tmp_path)
    write_lines(tmp_path / "segments" / "a.jsonl", [{**make_segment(), "End": "soon"}])
    assert [each.rule for each in check_segments(tmp_path).problems] == ["schema/pattern"]


def test_a_time_that_is_none_is_found_where_the_schema_is_silent(tmp_path: Path) -> None:
    make_project(tmp_path)
    write_json(tmp_path / "schema" / "segment.schema.json", {"properties": {"Start": {}, "End": {}}})
    rows = [
        {"Start": "soon", "End": 3},
        {"Start": 1, "End": "00:00:00.5"},
        {"Start": None, "End": 1},
        {"Start": True, "End": 2},
    ]
    write_lines(tmp_path / "segments" / "a.jsonl", rows)
    assert [(line, pointer, rule) for _, line, _, pointer, rule in brief(check_segments(tmp_path))] == [
        (1, "/Start", "time/not-a-time"),
        (2, "/End", "time/end-before-start"),
        (4, "/Start", "time/not-a-time"),
    ]


def test_without_time_properties_in_the_schema_there_are_no_time_rules(tmp_path: Path) -> None:
    make_project(tmp_path)
    write_json(tmp_path / "schema" / "segment.schema.json", {"properties": {"Text": {}}})
    write_lines(tmp_path / "segments" / "a.jsonl", [{"Text": "x", "Start": "soon", "End": "late"}])
    assert check_segments(tmp_path).problems == ()


@pytest.mark.parametrize(
    ("first", "second"),
    [("a.jsonl", "a/1.json"), ("a.jsonl", "a.jsonl.gz"), ("x/segments.jsonl", "x/segments/1.json")],
)
def test_two_sources_of_one_name_are_an_error_that_names_both(
    tmp_path: Path, first: str, second: str
) -> None:
    import gzip  # noqa: PLC0415 - one case of three needs it

    make_project(tmp_path)
    for name in (first, second):
        path = tmp_path / "segments" / name
        if name.endswith(".gz"):
            path.write_bytes(
                gzip.compress(b'{"Speaker":"A","Start":"00:00:00","End":"00:00:01","Text":"x"}\n')
            )
        elif name.endswith(".jsonl"):
            write_lines(path, [make_segment()])
        else:
            write_json(path, make_segment())
    [problem] = check_segments(tmp_path).problems
    assert problem.rule == "split/recording-clash"
    assert f"segments/{first}" in problem.message
    assert Path(second).parts[0] in problem.message


def test_one_object_files_of_one_folder_do_not_clash(tmp_path: Path) -> None:
    make_project(tmp_path)
    for number in range(3):
        write_json(tmp_path / "segments" / "a" / f"{number}.json", make_segment(start=number))
    write_json(tmp_path / "segments" / "top.json", make_segment())
    assert check_segments(tmp_path).problems == ()


def test_a_property_that_names_no_recording_is_an_error(tmp_path: Path) -> None:
    make_project(tmp_path, 'recording = "Episode"\n')
    write_json(tmp_path / "schema" / "segment.schema.json", {})
    write_lines(tmp_path / "segments" / "a.jsonl", [{"Episode": "e1"}, {"Episode": ""}, {"Episode": 3}, {}])
    assert [(line, rule) for _, line, _, _, rule in brief(check_segments(tmp_path))] == [
        (2, "split/no-recording"),
        (3, "split/no-recording"),
        (4, "split/no-recording"),
    ]


def test_an_empty_file_is_a_warning_and_no_segment(tmp_path: Path) -> None:
    make_corpus(tmp_path, recordings=1)
    (tmp_path / "segments" / "empty.jsonl").write_text("\n \r\n")
    report = check_segments(tmp_path)
    assert (report.files, report.segments) == (2, 5)
    assert [(each.rule, each.severity) for each in report.problems] == [("json/empty", Severity.WARNING)]


def test_bare_files_are_checked_by_the_shipped_schema_without_a_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_lines(tmp_path / "a.jsonl", [make_segment(), {"Speaker": "A"}])
    monkeypatch.chdir(tmp_path)
    report = check_segments(paths=["a.jsonl"])
    assert {(each.path, each.line, each.rule) for each in report.problems} == {
        ("a.jsonl", 2, "schema/required")
    }
    assert len(report.problems) == 3


def test_a_schema_can_be_given_in_place_of_the_projects(tmp_path: Path) -> None:
    make_corpus(tmp_path, recordings=1, segments=2)
    write_json(tmp_path / "own.json", {"required": ["Language"]})
    report = check_segments(tmp_path, schema=tmp_path / "own.json")
    assert [each.rule for each in report.problems] == ["schema/required"] * 2


def test_a_project_without_segment_files_is_a_usage_error(tmp_path: Path) -> None:
    make_project(tmp_path)
    with pytest.raises(UsageError, match="segments"):
        check_segments(tmp_path)


def test_a_wrong_schema_is_a_config_error_that_names_the_file(tmp_path: Path) -> None:
    make_corpus(tmp_path, recordings=1)
    write_json(tmp_path / "schema" / "segment.schema.json", {"type": "objekt"})
    with pytest.raises(ConfigError, match=r"segment\.schema\.json:1:10: /type: "):
        check_segments(tmp_path)


def test_a_file_that_cannot_be_read_is_a_problem_of_that_file(tmp_path: Path) -> None:
    make_corpus(tmp_path, recordings=1)
    (tmp_path / "segments" / "gone.jsonl").symlink_to(tmp_path / "nowhere.jsonl")
    assert [(each.path, each.rule) for each in check_segments(tmp_path).problems] == [
        ("segments/gone.jsonl", "json/unreadable")
    ]


def test_many_jobs_find_what_one_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("packager.check.engine._SMALL", 0)
    monkeypatch.setattr("packager.check.gathering._HELD", 0)
    monkeypatch.setattr("packager.check.gathering._UNIT_FILES", 3)
    make_corpus(tmp_path)
    for number in range(0, 12, 2):
        write_lines(tmp_path / "segments" / f"bad{number}.jsonl", [{"Speaker": number}] * 3)
    one = check_segments(tmp_path, jobs=1)
    assert one.count(Severity.ERROR) == 6 * 3 * 4
    assert check_segments(tmp_path, jobs=2) == one


def test_progress_ends_with_all_bytes(tmp_path: Path) -> None:
    make_corpus(tmp_path)
    seen: list[tuple[int, int]] = []
    check_segments(tmp_path, progress=lambda done, total: seen.append((done, total)))
    total = sum(path.stat().st_size for path in (tmp_path / "segments").iterdir())
    assert seen[-1] == (total, total)


def test_the_check_imports_nothing_heavy(tmp_path: Path) -> None:
    make_corpus(tmp_path)
    code = (
        "import sys, packager\n"
        "assert not packager.check_segments(sys.argv[1]).problems\n"
        "heavy = {'pyarrow', 'numpy', 'pandas', 'datasets', 'huggingface_hub', 'jsonschema', 'rich'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], check=True, capture_output=True, text=True
    )
    assert done.stdout == "[]\n"
