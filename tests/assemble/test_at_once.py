"""Shards that are judged and written in one pass are those of two passes, byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from packager.assemble import at_once, build_dataset, engine
from project import make_project

if TYPE_CHECKING:
    from pathlib import Path

    Contents = dict[str, bytes]

LINE = (
    '{{"Speaker": "Guest {0}", "Start": "00:00:{1:02}", "End": "00:00:{1:02}", "Text": "{1} of \\"{0}\\""}}\n'
)


@pytest.fixture(autouse=True)
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let small projects be shared by processes, and have many shards."""
    monkeypatch.setattr(engine, "_SMALL", 0)
    monkeypatch.setattr("packager.splits.place.SHARD_BYTES", 6000)


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the shards that are planned to be written in one pass."""
    planned: list[int] = []

    def watch(*given: object) -> list[at_once.AtOnceTask]:
        tasks = at_once.plan_at_once(*given)  # type: ignore[arg-type]
        planned.append(len(tasks))
        return tasks

    monkeypatch.setattr(engine, "plan_at_once", watch)
    return planned


def write_recordings(folder: Path, rows: int = 60) -> None:
    make_project(folder, "[splits]\ntrain = 0.7\ntest = 0.3\n")
    (folder / "segments").mkdir(exist_ok=True)
    for number in range(13):
        text = "".join(LINE.format(number, index % 60) for index in range(rows + number))
        (folder / "segments" / f"ep{number:02}.jsonl").write_text(text[: len(text) - number % 2])


def contents(folder: Path) -> Contents:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def build(folder: Path, jobs: int) -> Contents:
    out = folder / f"built-{jobs}"
    build_dataset(folder, out=out, jobs=jobs, drop_invalid=True)
    return contents(out)


def test_one_pass_gives_what_two_passes_give(tmp_path: Path, passes: list[int]) -> None:
    write_recordings(tmp_path)
    assert build(tmp_path, 1) == build(tmp_path, 2)
    assert len(passes) == 1
    assert passes[0] >= 8


@pytest.mark.parametrize("ratio", [0.2, 0.5, 3.0])
def test_a_wrong_estimate_costs_time_alone(
    tmp_path: Path, passes: list[int], monkeypatch: pytest.MonkeyPatch, ratio: float
) -> None:
    write_recordings(tmp_path)
    expected = build(tmp_path, 1)
    monkeypatch.setattr(at_once, "_estimate_ratio", lambda _: ratio)
    monkeypatch.setattr(at_once, "_DOUBT", 0.0)
    assert build(tmp_path, 2) == expected
    assert passes[0] > 0


@pytest.mark.parametrize(
    "line",
    [
        '{"Speaker": "Ada", "Start": "00:00:09", "End": "00:00:01", "Text": "It ends before it starts."}\n',
        '{"Start": "00:00:09", "End": "00:00:19", "Speaker": "Ada", "Text": "Written otherwise."}\n',
        "no JSON\n",
        "\n",
    ],
)
def test_a_source_in_doubt_is_judged_as_ever(
    tmp_path: Path, passes: list[int], monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.setattr(at_once, "_SAMPLE_BYTES", 3000)  # which do not show it
    write_recordings(tmp_path)
    with (tmp_path / "segments" / "ep05.jsonl").open("a") as file:
        file.write(line)
    assert build(tmp_path, 1) == build(tmp_path, 2)
    assert passes[0] > 0


def test_a_second_build_knows_what_was_written_in_one_pass(tmp_path: Path, passes: list[int]) -> None:
    write_recordings(tmp_path)
    build_dataset(tmp_path, jobs=2, remember=True)
    first = contents(tmp_path / "build")
    (tmp_path / "segments" / "ep05.jsonl").write_text(LINE.format(5, 5) * 70)
    build_dataset(tmp_path, jobs=2, remember=True)
    assert contents(tmp_path / "build") == build(tmp_path, 1)
    assert contents(tmp_path / "build") != first
    assert passes[0] > 0
