"""A build holds what the project calls an error, and nothing else, against its segments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from packager.assemble import InvalidSegments, build_dataset
from packager.check.rows import read_rows
from packager.config import load_project
from project import make_project, make_segment, write_lines

if TYPE_CHECKING:
    from pathlib import Path


def make_talk(folder: Path, config: str) -> Path:
    make_project(folder, config)
    lines = [make_segment("Good morning."), make_segment(" Spaced.", 5), make_segment("Back again.", 2)]
    write_lines(folder / "segments" / "a.jsonl", lines)
    return folder


def test_warnings_do_not_stop_a_build(tmp_path: Path) -> None:
    [split] = build_dataset(make_talk(tmp_path, "")).splits
    assert split.rows == 3


@pytest.mark.parametrize(("rule", "line"), [("text/whitespace", 2), ("time/unsorted", 3)])
def test_what_the_project_calls_an_error_stops_a_build_or_is_dropped(
    tmp_path: Path, rule: str, line: int
) -> None:
    make_talk(tmp_path, f'[check.severity]\n"{rule}" = "error"\n')
    with pytest.raises(InvalidSegments) as caught:
        build_dataset(tmp_path)
    assert [(each.rule, each.line) for each in caught.value.report.problems] == [(rule, line)]
    manifest = build_dataset(tmp_path, drop_invalid=True)
    assert [(each.line, each.rules) for each in manifest.dropped] == [(line, (rule,))]
    assert [row.segment for row in read_rows(load_project(tmp_path))] == [
        number for number in range(3) if number != line - 1
    ]


def test_the_card_says_what_ran_what_it_found_and_what_was_waived(tmp_path: Path) -> None:
    config = (
        '[check]\nignore = ["loop/*"]\nreason = "Songs repeat."\n'
        'severity = { "text/whitespace" = "error", "speaker/missing" = "warning", '
        '"time/not-a-time" = "off" }\n'
        "limits = { longest_seconds = 7200 }\n"
        '[[check.path]]\npattern = "segments/old/**"\n'
        'severity = { "time/unsorted" = "error", "text" = "note" }\n'
    )
    make_talk(tmp_path, config)
    write_lines(tmp_path / "segments" / "old" / "b.jsonl", [make_segment("Long ago.", 7)])
    build_dataset(tmp_path, drop_invalid=True)
    lines = (tmp_path / "build" / "README.md").read_text().splitlines()
    head = lines.index("| Rule | Finds | Found |")
    assert {line.split(" | ")[0]: line.split(" | ")[2] for line in lines[head + 2 : head + 8]} == {
        "| json/&#42;": "0 |",
        "| schema/&#42;": "0 |",
        "| `time/end-before-start`": "0 |",
        "| `time/unsorted`": "0 |",
        "| `text/whitespace`": "1 |",
        "| `text/secret`": "0 |",
    }
    waived = lines.index("| Waived | Files | Why |")
    assert lines[waived + 2 : waived + 4] == [
        "| loop/&#42;, time/not-a-time (off), longest_seconds = 7200 | `all` | Songs repeat. |",
        "| `text (note)` | segments/old/&#42;&#42; | no reason given |",
    ]


def test_what_the_project_does_not_call_an_error_builds(tmp_path: Path) -> None:
    make_project(tmp_path, '[check.severity]\n"time/*" = "note"\n')
    lines = [{**make_segment("Swapped.", 9), "End": "00:00:01"}]
    write_lines(tmp_path / "segments" / "a.jsonl", lines)
    [split] = build_dataset(tmp_path).splits
    assert split.rows == 1


@pytest.mark.parametrize("drop_invalid", [False, True])
def test_copies_stop_a_build_that_calls_them_errors(tmp_path: Path, drop_invalid: bool) -> None:  # noqa: FBT001
    make_project(tmp_path, '[check.severity]\n"duplicate/recording" = "error"\n')
    lines = [
        make_segment(f"This is what I said on day {number}, and I stand by it.", 9 * number)
        for number in range(3)
    ]
    for name in ("a", "b"):
        write_lines(tmp_path / "segments" / f"{name}.jsonl", lines)
    with pytest.raises(InvalidSegments) as caught:
        build_dataset(tmp_path, drop_invalid=drop_invalid)
    assert [(each.path, each.rule) for each in caught.value.report.problems] == [
        ("segments/b.jsonl", "duplicate/recording")
    ]


def test_a_build_does_not_ask_rules_that_cannot_fail_it(tmp_path: Path) -> None:
    make_talk(tmp_path, "")
    write_lines(tmp_path / "segments" / "b.jsonl", [{**make_segment(), "End": "soon"}])
    with pytest.raises(InvalidSegments) as caught:
        build_dataset(tmp_path)
    assert [each.rule for each in caught.value.report.problems] == ["schema/pattern"]
