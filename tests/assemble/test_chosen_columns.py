"""Timestamps and class labels, from dataset.toml to what `datasets` loads."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from packager.assemble import InvalidSegments, build_dataset
from packager.check import check_segments
from packager.cli import main
from packager.folders import load_build
from packager.model import Severity
from project import make_project, make_segment, write_json, write_lines

if TYPE_CHECKING:
    from pathlib import Path

CHOICES = '[columns]\nSpeaker = "class_label"\nRecorded = "timestamp"\n'
PROPERTIES: dict[str, Any] = {
    "Speaker": {"enum": ["Grace", "Ada", None]},
    "Recorded": {"type": "string", "format": "date-time"},
    "Start": {"type": "string"},
    "End": {"type": "string"},
    "Text": {"type": "string"},
}
WHEN = "2024-05-01T20:30:00.25+02:00"


def make_chosen(folder: Path, config: str = CHOICES, recorded: str = WHEN) -> Path:
    make_project(folder, config)
    document = {"properties": PROPERTIES, "required": ["Text"], "additionalProperties": False}
    write_json(folder / "schema" / "segment.schema.json", document)
    lines = [
        make_segment("So?", 0, Recorded=recorded),
        {**make_segment("Yes.", 3), "Speaker": None},
        make_segment("Well.", 6, Speaker="Grace"),
    ]
    write_lines(folder / "segments" / "ep1.jsonl", lines)
    return folder


def test_chosen_columns_are_in_manifest_shard_and_card_and_datasets_loads_them(tmp_path: Path) -> None:
    from datasets import ClassLabel, load_dataset  # noqa: PLC0415 - 0.8 s that only this test needs

    manifest = build_dataset(make_chosen(tmp_path))
    types = {column.name: column.type for column in manifest.columns}
    assert types["Speaker"] == 'class_label<"Grace", "Ada">'
    assert types["Recorded"] == "timestamp[us, tz=UTC]"
    shard = pq.read_table(tmp_path / "build" / "data" / "train-00000-of-00001.parquet")
    assert shard.column("Speaker").to_pylist() == [1, None, 0]
    instant = datetime(2024, 5, 1, 18, 30, 0, 250_000, tzinfo=UTC)
    assert shard.column("Recorded").to_pylist() == [instant, None, None]
    loaded = load_dataset(str(tmp_path / "build"), cache_dir=str(tmp_path / "cache"))["train"]
    assert loaded.features["Speaker"] == ClassLabel(names=["Grace", "Ada"])
    assert loaded.features["Recorded"].dtype == "timestamp[us, tz=UTC]"
    assert loaded["Recorded"][0] == instant
    assert [row["Speaker"] for row in loaded] == [1, None, 0]
    assert manifest == load_build(tmp_path / "build")
    assert dict(manifest.statistics)["all"].totals.speakers == 2


def test_a_choice_changes_no_recording_and_no_digest(tmp_path: Path) -> None:
    chosen = build_dataset(make_chosen(tmp_path / "a"))
    plain = build_dataset(make_chosen(tmp_path / "b", ""))
    assert chosen.recordings == plain.recordings
    assert {column.name: column.type for column in plain.columns}["Recorded"] == "string"


def test_the_rehearsal_compares_chosen_columns_with_their_sources(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_chosen(tmp_path)
    assert main(["--quiet", "build", "--project", str(tmp_path)]) == 0
    assert main(["--quiet", "publish", "--rehearse", "--project", str(tmp_path)]) == 0
    assert "every row equals its source: 3 rows" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        ('[columns]\nSpeaker = "label"\n', 'columns.Speaker: must be "timestamp" or "class_label"'),
        ('[columns]\nText = "class_label"\n', "columns.Text of dataset.toml is 'class_label'"),
        ('[columns]\nStart = "timestamp"\n', "columns.Start of dataset.toml is 'timestamp'"),
        ('[columns]\nNobody = "timestamp"\n', "columns.Nobody of dataset.toml is 'timestamp'"),
        ("columns = 3\n", "dataset.columns"),
    ],
)
@pytest.mark.parametrize("command", ["check", "build"])
def test_a_wrong_choice_is_a_wrong_configuration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], config: str, complaint: str, command: str
) -> None:
    make_chosen(tmp_path, config)
    assert main(["--quiet", command, "--project", str(tmp_path)]) == 2
    assert complaint in capsys.readouterr().err
    assert not (tmp_path / "build").exists()


def test_an_instant_that_the_column_cannot_hold_is_a_located_error_of_the_build(tmp_path: Path) -> None:
    make_chosen(tmp_path, recorded="2016-12-31T23:59:60Z")
    with pytest.raises(InvalidSegments) as caught:
        build_dataset(tmp_path)
    [problem] = caught.value.report.problems
    line = json.dumps(make_segment("So?", 0, Recorded="2016-12-31T23:59:60Z"))
    assert (problem.path, problem.line, problem.column, problem.pointer, problem.rule) == (
        *("segments/ep1.jsonl", 1, line.index('"2016') + 1, "/Recorded", "column/timestamp"),
    )
    assert (
        check_segments(make_chosen(tmp_path / "plain", "", "2016-12-31T23:59:60Z")).count(Severity.ERROR) == 0
    )


def test_the_rules_about_speakers_and_texts_look_at_labels_too(tmp_path: Path) -> None:
    make_chosen(tmp_path)
    document = {"properties": {**PROPERTIES, "Speaker": {"enum": ["SPEAKER_00", "Ada"]}}}
    write_json(tmp_path / "schema" / "segment.schema.json", document)
    write_lines(tmp_path / "segments" / "ep1.jsonl", [make_segment("So?", Speaker="SPEAKER_00")])
    assert [each.rule for each in check_segments(tmp_path).problems] == ["speaker/placeholder"]
