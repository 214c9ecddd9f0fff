from __future__ import annotations

import hashlib
import json
import os
import random
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from packager.assemble import InvalidSegments, build_dataset
from packager.canonical import canonical_json
from packager.errors import DataError, UsageError
from packager.folders import load_build, verify_folder
from project import make_corpus, make_project, make_segment, write_json, write_lines

if TYPE_CHECKING:
    from pathlib import Path


def read_rows(build: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for path in sorted((build / "data").glob("*.parquet")):
        rows += pq.read_table(path).to_pylist()
    return rows


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


DESCRIPTIONS = ("CITATION.cff", "README.md")


def test_a_build_holds_shards_card_and_manifest_and_nothing_else(tmp_path: Path) -> None:
    make_corpus(tmp_path)
    manifest = build_dataset(tmp_path)
    assert sorted(contents(tmp_path / "build")) == [
        "CITATION.cff",
        "README.md",
        *(f"card/{name}.svg" for name in ("growth", "lengths", "rates", "speakers", "splits")),
        "croissant.json",
        "data/train-00000-of-00001.parquet",
        "data/validation-00000-of-00001.parquet",
        "manifest.json",
    ]
    assert load_build(tmp_path / "build") == manifest
    assert verify_folder(tmp_path / "build", manifest) == ()
    assert manifest.warnings == ("the split test received no recording",)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *(".packager", "build", "dataset.toml", "segments"),
    ]


def test_every_value_of_every_segment_is_in_its_row(tmp_path: Path) -> None:
    make_corpus(tmp_path)
    build_dataset(tmp_path)
    rows = {(row["recording"], row["segment"]): row for row in read_rows(tmp_path / "build")}
    assert len(rows) == 60
    for number in range(12):
        lines = (tmp_path / "segments" / f"ep{number}.jsonl").read_text().splitlines()
        for turn, line in enumerate(lines):
            row = rows[f"ep{number}", turn]
            assert {key: row[key] for key in ("Speaker", "Start", "End", "Text")} == json.loads(line)
            assert (row["start_seconds"], row["end_seconds"]) == (3.0 * turn, 3.0 * turn + 2)


def test_rows_are_ordered_by_recording_then_segment(tmp_path: Path) -> None:
    make_corpus(tmp_path)
    build_dataset(tmp_path)
    keys = [
        (row["recording"], row["segment"])
        for row in pq.read_table(tmp_path / "build/data/train-00000-of-00001.parquet").to_pylist()
    ]
    assert keys == sorted(keys)


def test_the_manifest_is_this_one_to_the_byte(tmp_path: Path) -> None:
    make_project(tmp_path)
    write_json(
        tmp_path / "schema" / "segment.schema.json",
        {"properties": {"Text": {"type": "string"}}, "required": ["Text"], "additionalProperties": False},
    )
    write_lines(tmp_path / "segments" / "ep1.jsonl", [{"Text": "é"}, {"Text": "b"}])
    manifest = build_dataset(tmp_path)
    data = json.loads((tmp_path / "build" / "manifest.json").read_text())
    shard = tmp_path / "build" / "data" / "train-00000-of-00001.parquet"
    statistics = {
        "recordings": 1,
        "segments": 2,
        "speakers": None,
        "nanoseconds": None,
        "words": 2,
        "characters": 2,
        "timed": 0,
        "length": None,
        "rate": None,
        "length_bins": [0] * 12,
        "rate_bins": [0] * 13,
        "character_spread": {"least": 1, "median": 1, "most": 1},
        "filled": {"recording": 2, "segment": 2, "Text": 2},
    }
    assert data == {
        "columns": [
            {"name": "recording", "nullable": False, "type": "string"},
            {"name": "segment", "nullable": False, "type": "int64"},
            {"name": "Text", "nullable": False, "type": "string"},
        ],
        "dropped": [],
        "files": [
            *(
                {
                    "path": name,
                    "rows": None,
                    "sha256": hashlib.sha256((tmp_path / "build" / name).read_bytes()).hexdigest(),
                    "size": (tmp_path / "build" / name).stat().st_size,
                }
                for name in (*DESCRIPTIONS, "card/growth.svg", "card/splits.svg", "croissant.json")
            ),
            {
                "path": "data/train-00000-of-00001.parquet",
                "rows": 2,
                "sha256": hashlib.sha256(shard.read_bytes()).hexdigest(),
                "size": shard.stat().st_size,
            },
        ],
        "format": 1,
        "recordings": [
            {
                # sha256 of [{"Text":"é"},{"Text":"b"}] in UTF-8
                "digest": "511b80678f107189862a5685d81118e7c848d771df20bcb1c206c7344c76a4ed",
                "name": "ep1",
                "segments": 2,
                "shard": 0,
                "split": "train",
            }
        ],
        "repo_id": "me/turns",
        "schema_sha256": hashlib.sha256((tmp_path / "schema/segment.schema.json").read_bytes()).hexdigest(),
        "splits": {"train": {"bytes": 25, "rows": 2, "shards": 1}},
        "statistics": {"all": statistics, "train": statistics},
        "warnings": [],
    }
    assert (tmp_path / "build" / "manifest.json").read_bytes().endswith(b"}\n")
    assert manifest.recordings[0].segments == 2


def test_the_same_sources_are_the_same_bytes_with_any_number_of_jobs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("packager.assemble.engine._SMALL", 0)
    monkeypatch.setattr("packager.check.gathering._UNIT_FILES", 2)
    make_corpus(tmp_path / "one")
    make_corpus(tmp_path / "two")
    build_dataset(tmp_path / "one", jobs=1)
    first = contents(tmp_path / "one" / "build")
    build_dataset(tmp_path / "one", jobs=2)
    assert contents(tmp_path / "one" / "build") == first
    os.umask(os.umask(0o077))
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    monkeypatch.setenv("LC_ALL", "C")
    for path in random.sample(sorted((tmp_path / "two/segments").iterdir()), 12):
        os.utime(path, (0, 0))
    build_dataset(tmp_path / "two", jobs=2)
    assert contents(tmp_path / "two" / "build") == first


def test_reformatting_a_source_changes_no_digest(tmp_path: Path) -> None:
    make_project(tmp_path)
    segments: Any = [make_segment("Füße", 0), make_segment("b", 4)]
    write_json(tmp_path / "segments" / "a.json", segments)
    before = build_dataset(tmp_path).recordings
    text = json.dumps([dict(reversed(each.items())) for each in segments], indent=3)
    (tmp_path / "segments" / "a.json").write_text(text)
    assert build_dataset(tmp_path).recordings == before
    assert before[0].digest == hashlib.sha256(canonical_json(segments)).hexdigest()


def test_a_folder_of_one_object_files_is_a_recording_in_order_of_start_then_path(tmp_path: Path) -> None:
    make_project(tmp_path)
    write_json(
        tmp_path / "schema" / "segment.schema.json",
        {"properties": {"Start": {"type": ["string", "null"]}, "End": {}, "Text": {}}},
    )
    for name, start in (("1", "00:00:30"), ("2", "00:00:10"), ("3", None), ("4", "00:00:10"), ("0", None)):
        write_json(tmp_path / f"segments/show/ep1/{name}.json", {"Start": start, "Text": name})
    build_dataset(tmp_path)
    assert [(row["recording"], row["segment"], row["Text"]) for row in read_rows(tmp_path / "build")] == [
        ("show/ep1", 0, '"2"'),
        ("show/ep1", 1, '"4"'),
        ("show/ep1", 2, '"1"'),
        ("show/ep1", 3, '"0"'),
        ("show/ep1", 4, '"3"'),
    ]


def test_objects_at_the_top_belong_to_the_recording_named_by_their_folder(tmp_path: Path) -> None:
    make_project(tmp_path)
    write_json(tmp_path / "segments" / "a.json", make_segment())
    assert [each.name for each in build_dataset(tmp_path).recordings] == ["segments"]


@pytest.mark.parametrize(
    ("mode", "names"),
    [("auto", ["d", "d/2", "e"]), ("file", ["d/1", "d/2", "e"]), ("folder", ["d", "segments"])],
)
def test_the_mode_decides_what_names_the_recording(tmp_path: Path, mode: str, names: list[str]) -> None:
    make_project(tmp_path, f'recording = "{mode}"\n')
    write_json(tmp_path / "segments" / "d" / "1.json", make_segment())
    write_json(tmp_path / "segments" / "d" / "2.json", [make_segment()])
    write_lines(tmp_path / "segments" / "e.jsonl", [make_segment()])
    assert [each.name for each in build_dataset(tmp_path).recordings] == names


def test_a_property_gathers_a_recording_over_files_in_order(tmp_path: Path) -> None:
    make_project(tmp_path, 'recording = "Episode"\n')
    write_json(tmp_path / "schema" / "segment.schema.json", {"properties": {"Text": {"type": "string"}}})
    write_lines(
        tmp_path / "segments" / "b.jsonl",
        [{"Episode": "two", "Text": "b0"}, {"Episode": "one", "Text": "b1"}],
    )
    write_lines(
        tmp_path / "segments" / "a.jsonl",
        [
            {"Episode": "one", "Text": "a0"},
            {"Episode": "two", "Text": "a1"},
            {"Episode": "one", "Text": "a2"},
        ],
    )
    build_dataset(tmp_path)
    rows = read_rows(tmp_path / "build")
    assert [(row["recording"], row["segment"], row["Text"], row["extra"]) for row in rows] == [
        ("one", 0, "a0", '{"Episode":"one"}'),
        ("one", 1, "a2", '{"Episode":"one"}'),
        ("one", 2, "b1", '{"Episode":"one"}'),
        ("two", 0, "a1", '{"Episode":"two"}'),
        ("two", 1, "b0", '{"Episode":"two"}'),
    ]


def test_a_recording_that_is_held_back_in_parts_stays_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_project(tmp_path, 'recording = "Episode"\n')
    write_json(tmp_path / "schema" / "segment.schema.json", {"properties": {"n": {"type": "integer"}}})
    rows = [{"Episode": f"e{number % 7}", "n": number} for number in range(200)]
    write_lines(tmp_path / "segments" / "a.jsonl", rows)
    whole = build_dataset(tmp_path)
    monkeypatch.setattr("packager.assemble.keeping._HELD_BYTES", 100)
    assert build_dataset(tmp_path) == whole
    assert [row["n"] for row in read_rows(tmp_path / "build") if row["recording"] == "e3"] == list(
        range(3, 200, 7)
    )


def test_errors_stop_the_build_and_leave_the_earlier_one(tmp_path: Path) -> None:
    make_corpus(tmp_path)
    build_dataset(tmp_path)
    before = contents(tmp_path / "build")
    write_lines(tmp_path / "segments" / "bad.jsonl", [{"Speaker": "A"}])
    with pytest.raises(InvalidSegments) as caught:
        build_dataset(tmp_path)
    assert caught.value.exit_code == 1
    assert len(caught.value.report.problems) == 3
    assert contents(tmp_path / "build") == before


def test_what_is_dropped_leaves_a_gap_and_is_named_in_manifest_and_card(tmp_path: Path) -> None:
    make_project(tmp_path)
    path = tmp_path / "segments" / "a.jsonl"
    write_lines(path, [make_segment("0"), {"Speaker": "A"}, make_segment("2")])
    with path.open("a") as stream:
        stream.write("{\n")
        stream.write(json.dumps(make_segment("4")))
    write_json(tmp_path / "segments" / "b.json", [make_segment("0"), 3, make_segment("2")])
    (tmp_path / "segments" / "c.json").write_text('[{"Speaker": "A"')
    (tmp_path / "segments" / "d.jsonl.gz").write_bytes(b"\x1f\x8b nonsense")
    manifest = build_dataset(tmp_path, drop_invalid=True)
    assert [(row["recording"], row["segment"]) for row in read_rows(tmp_path / "build")] == [
        *(("a", 0), ("a", 2), ("a", 4), ("b", 0), ("b", 2)),
    ]
    assert [(each.path, each.line, each.pointer, each.rules) for each in manifest.dropped] == [
        ("segments/a.jsonl", 2, "", ("schema/required",)),
        ("segments/a.jsonl", 4, "", ("json/truncated",)),
        ("segments/b.json", 1, "/1", ("json/not-an-object",)),
        ("segments/c.json", 1, "", ("json/truncated",)),
        ("segments/d.jsonl.gz", 1, "", ("json/compression",)),
    ]
    card = (tmp_path / "build" / "README.md").read_text()
    assert "segments/d.jsonl.gz" in card


def test_a_one_object_file_that_cannot_be_read_has_its_number_too(tmp_path: Path) -> None:
    make_project(tmp_path)
    write_json(tmp_path / "segments" / "a" / "1.json", make_segment("second", 10))
    (tmp_path / "segments" / "a" / "2.json").write_text('{"Speaker": ')
    write_json(tmp_path / "segments" / "a" / "0.json", make_segment("third", 20))
    write_json(tmp_path / "segments" / "a" / "3.json", {**make_segment("late"), "End": None})
    write_json(tmp_path / "segments" / "a" / "4.json", make_segment("first", 5))
    build_dataset(tmp_path, drop_invalid=True)
    assert [(row["segment"], row["Text"]) for row in read_rows(tmp_path / "build")] == [
        *((1, "first"), (2, "second"), (3, "third")),
    ]


def test_a_clash_of_recordings_stops_a_build_that_drops_too(tmp_path: Path) -> None:
    make_project(tmp_path)
    write_lines(tmp_path / "segments" / "a.jsonl", [make_segment()])
    write_json(tmp_path / "segments" / "a" / "1.json", make_segment())
    with pytest.raises(InvalidSegments) as caught:
        build_dataset(tmp_path, drop_invalid=True)
    assert [each.rule for each in caught.value.report.problems] == ["split/recording-clash"]


def test_a_build_of_nothing_is_an_error(tmp_path: Path) -> None:
    make_project(tmp_path)
    write_lines(tmp_path / "segments" / "a.jsonl", [{"Speaker": "A"}])
    with pytest.raises(DataError, match="no segment"):
        build_dataset(tmp_path, drop_invalid=True)
    assert not (tmp_path / "build").exists()


def test_an_integer_beyond_64_bits_is_a_located_error_of_the_build(tmp_path: Path) -> None:
    make_project(tmp_path)
    write_json(tmp_path / "schema" / "segment.schema.json", {"properties": {"n": {"type": "integer"}}})
    (tmp_path / "segments").mkdir()
    (tmp_path / "segments" / "a.jsonl").write_text('{"n": 1}\n{"n": 9223372036854775808}\n')
    with pytest.raises(InvalidSegments) as caught:
        build_dataset(tmp_path)
    [problem] = caught.value.report.problems
    assert (problem.line, problem.column, problem.pointer, problem.rule) == (2, 7, "/n", "json/integer-range")


@pytest.mark.parametrize("files", [[], ["notes.txt"], ["manifest.json"], ["data/x.parquet"]])
def test_a_folder_that_build_did_not_write_is_refused_and_untouched(tmp_path: Path, files: list[str]) -> None:
    make_corpus(tmp_path, recordings=1)
    out = tmp_path / "mine"
    out.mkdir()
    for name in files:
        (out / name).parent.mkdir(exist_ok=True)
        (out / name).write_text("{}")
    with pytest.raises(UsageError, match="mine"):
        build_dataset(tmp_path, out=out)
    assert sorted(contents(out)) == sorted(files)


def test_a_build_with_a_strangers_file_in_it_is_refused(tmp_path: Path) -> None:
    make_corpus(tmp_path, recordings=1)
    build_dataset(tmp_path)
    (tmp_path / "build" / "NOTES.txt").write_text("keep me")
    with pytest.raises(UsageError, match=r"NOTES\.txt"):
        build_dataset(tmp_path)
    assert (tmp_path / "build" / "NOTES.txt").read_text() == "keep me"


def test_a_card_with_errors_stops_the_build(tmp_path: Path) -> None:
    make_corpus(tmp_path, recordings=1)
    (tmp_path / "dataset_card.md").write_text("---\na: 1\na: 2\n---\n")
    with pytest.raises(InvalidSegments) as caught:
        build_dataset(tmp_path)
    assert [(each.path, each.rule) for each in caught.value.report.problems] == [
        ("dataset_card.md", "card/duplicate-key")
    ]


def test_a_large_split_has_several_shards_and_each_recording_is_where_its_hash_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("packager.splits.place.SHARD_BYTES", 1000)
    make_corpus(tmp_path, recordings=30)
    manifest = build_dataset(tmp_path)
    train = next(split for split in manifest.splits if split.name == "train")
    assert train.shards == 16
    for each in manifest.recordings:
        if each.split == "train":
            digest = hashlib.blake2b(each.name.encode(), digest_size=16).digest()
            assert each.shard == int.from_bytes(digest[8:], "big") % 16
            path = tmp_path / f"build/data/train-{each.shard:05}-of-00016.parquet"
            assert each.name in pq.read_table(path)["recording"].to_pylist()


def test_one_new_recording_changes_one_shard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("packager.splits.place.SHARD_BYTES", 1000)
    make_corpus(tmp_path, recordings=31)
    before = {file.path: file.sha256 for file in build_dataset(tmp_path).files}
    write_lines(tmp_path / "segments" / "new.jsonl", [make_segment("New.")])
    after = {file.path: file.sha256 for file in build_dataset(tmp_path).files}
    assert before.keys() == after.keys()
    changed = [path for path in before if before[path] != after[path]]
    assert len([path for path in changed if path.startswith("data/")]) == 1


def test_large_numbers_are_what_they_were(tmp_path: Path) -> None:
    make_project(tmp_path)
    schema = {"properties": {"n": {"type": "integer"}, "f": {"type": "number"}, "j": {}}}
    write_json(tmp_path / "schema" / "segment.schema.json", schema)
    rows: list[dict[str, Any]] = [
        {"n": 2**60},
        {"n": 1152921504606847000},
        {"n": -(2**63)},
        {"f": 2**60},
        {"f": 1.2345678901234567e20},
        {"j": [2**60, 2**70 + 1, 1e300, 0.1]},
    ]
    write_lines(tmp_path / "segments" / "a.jsonl", rows)
    build_dataset(tmp_path)
    built = read_rows(tmp_path / "build")
    assert [row["n"] for row in built[:3]] == [2**60, 1152921504606847000, -(2**63)]
    assert [row["f"] for row in built[3:5]] == [float(2**60), 1.2345678901234567e20]
    assert json.loads(built[5]["j"]) == [2**60, 2**70 + 1, 1e300, 0.1]


def test_absurd_times_leave_the_hours_unknown(tmp_path: Path) -> None:
    make_project(tmp_path)
    write_json(tmp_path / "schema" / "segment.schema.json", {"properties": {"Start": {}, "End": {}}})
    write_lines(tmp_path / "segments" / "a.jsonl", [{"Start": -1.7e308, "End": 1.7e308}])
    assert build_dataset(tmp_path).recordings[0].segments == 1


def test_the_order_is_by_start_also_where_the_schema_knows_no_end(tmp_path: Path) -> None:
    make_project(tmp_path)
    write_json(tmp_path / "schema" / "segment.schema.json", {"properties": {"Start": {"type": "string"}}})
    write_json(tmp_path / "segments" / "x" / "1.json", {"Start": "00:00:09"})
    write_json(tmp_path / "segments" / "x" / "2.json", {"Start": "00:00:01"})
    build_dataset(tmp_path)
    assert [row["Start"] for row in read_rows(tmp_path / "build")] == ["00:00:01", "00:00:09"]


def test_a_build_and_the_schema_are_no_segments_whatever_the_patterns(tmp_path: Path) -> None:
    make_project(tmp_path, 'segments = ["**/*.json"]\n')
    write_json(tmp_path / "schema" / "segment.schema.json", {})
    write_json(tmp_path / "talk" / "1.json", {"a": 1})
    first = build_dataset(tmp_path)
    assert [each.name for each in first.recordings] == ["talk"]
    inside = tmp_path / "talk" / "out"
    for _ in range(2):  # the folder that is built is left out, too
        assert build_dataset(tmp_path, out=inside) == first
