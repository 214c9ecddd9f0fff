"""Where row groups end, and how their columns are written."""

from __future__ import annotations

import random
from itertools import chain, takewhile
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packager.assemble import build_dataset
from packager.canonical import canonical_forms, canonical_json
from packager.columns import Layout, ListOf, Property, Scalar
from packager.parquet import ShardWriter, choose_ends, make_batch
from project import make_corpus, make_project, make_segment, write_json, write_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from packager.columns import ColumnType
    from packager.model import JsonObject

    Recordings = dict[str, list[str]]

SHORTEST, LONGEST = 2000, 8000
COLUMNS: dict[str, ColumnType] = {
    "Speaker": Scalar("string"),
    "Text": Scalar("string"),
    "score": Scalar("float64"),
    "take": Scalar("int64"),
    "good": Scalar("bool"),
    "words": ListOf(Scalar("string")),
    "more": Scalar("json"),
}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make row groups small, in the same proportion."""
    monkeypatch.setattr("packager.parquet.groups.SHORTEST_GROUP", SHORTEST)
    monkeypatch.setattr("packager.parquet.groups.LONGEST_GROUP", LONGEST)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for files that are written again and again."""
    return tmp_path_factory.mktemp("shards")


def write_shard(
    path: Path, recordings: Recordings, speaker: str = "Speaker", at_a_time: int = 1000
) -> ShardWriter:
    layout = Layout(
        tuple(Property(name, column, nullable=True, description="") for name, column in COLUMNS.items()),
        start=None,
        end=None,
        extra=False,
        recording_property=None,
    )
    with ShardWriter(path, layout, text="Text", speaker=speaker) as writer:
        for name, texts in sorted(recordings.items()):
            for first in range(0, len(texts), at_a_time):
                segments = [segment_of(text) for text in texts[first : first + at_a_time]]
                numbers = np.arange(first, first + len(segments))
                forms, sizes = canonical_forms(segments)
                batch = make_batch(layout, segments, name, numbers)
                writer.add(batch, sizes, choose_ends(forms, sizes))
    return writer


def segment_of(text: str) -> JsonObject:
    return {"Speaker": "Ada" if len(text) % 2 else "Grace", "Text": text, "score": len(text) / 8}


def size_of(text: str) -> int:
    return len(canonical_json(segment_of(text)))


def make_recordings(seed: int, count: int, longest: int = 100) -> Recordings:
    chance = random.Random(seed)
    return {
        f"ep{number:04}": [chance.randbytes(chance.randint(5, longest)).hex() for _ in range(10)]
        for number in range(count)
    }


def texts_of(path: Path) -> list[list[str]]:
    """Return the texts of each row group."""
    file = pq.ParquetFile(path)
    return [file.read_row_group(n).column("Text").to_pylist() for n in range(file.num_row_groups)]


def bytes_of(path: Path) -> list[bytes]:
    """Return each row group as it stands in the file."""
    data, metadata = path.read_bytes(), pq.read_metadata(path)
    found = []
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        columns = [group.column(index) for index in range(group.num_columns)]
        begins = [each.dictionary_page_offset or each.data_page_offset for each in columns]
        last = begins[-1] + columns[-1].total_compressed_size
        found.append(data[begins[0] : last])
    return found


def count_common(one: Sequence[object], other: Sequence[object]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


@pytest.mark.usefixtures("small")
def test_one_more_segment_changes_the_groups_around_it_and_no_others(tmp_path: Path) -> None:
    recordings = make_recordings(1, 400)
    write_shard(tmp_path / "before", recordings)
    before = bytes_of(tmp_path / "before")
    assert len(before) > 100
    changed = []
    for number in range(5, 400, 40):
        name = f"ep{number:04}"
        more = recordings | {name: [*recordings[name][:5], "One more.", *recordings[name][5:]]}
        write_shard(tmp_path / "after", more)
        after = bytes_of(tmp_path / "after")
        ahead, behind = count_common(before, after), count_common(before[::-1], after[::-1])
        changed.append(len(after) - ahead - behind)
    assert max(changed) <= 8
    assert sum(changed) <= 30


def test_a_group_does_not_know_what_stands_ahead_of_it(tmp_path: Path) -> None:
    recordings = make_recordings(2, 600, 1000)
    write_shard(tmp_path / "before", recordings)
    write_shard(tmp_path / "after", {"a": ["x" * 700_000]} | recordings)  # so long that it is a group
    before, after = bytes_of(tmp_path / "before"), bytes_of(tmp_path / "after")
    assert len(before) == 7
    assert before == after[1:]


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6), st.integers(0, 39), st.integers(0, 9))
def test_groups_ahead_of_a_change_stay_and_so_do_those_behind_the_first_common_end(
    folder: Path, seed: int, number: int, place: int
) -> None:
    recordings = make_recordings(seed, 40)
    more = {name: list(texts) for name, texts in recordings.items()}
    more[f"ep{number:04}"].insert(place, "One more.")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("packager.parquet.groups.SHORTEST_GROUP", SHORTEST)
        patch.setattr("packager.parquet.groups.LONGEST_GROUP", LONGEST)
        write_shard(folder / "before", recordings)
        write_shard(folder / "after", more)
    before, after = texts_of(folder / "before"), texts_of(folder / "after")
    inserted = next(index for index, group in enumerate(after) if "One more." in group)
    assert before[:inserted] == after[:inserted]
    ends = {group[-1] for group in before[inserted:]}
    common = next(index for index in range(inserted, len(after)) if after[index][-1] in ends)
    same = [group[-1] for group in before].index(after[common][-1])
    assert before[same + 1 :] == after[common + 1 :]


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6), st.sampled_from([20, 100, 2000]))
def test_a_group_has_its_shortest_length_and_ends_by_the_longest(
    folder: Path, seed: int, longest: int
) -> None:
    recordings = make_recordings(seed, 40, longest)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("packager.parquet.groups.SHORTEST_GROUP", SHORTEST)
        patch.setattr("packager.parquet.groups.LONGEST_GROUP", LONGEST)
        write_shard(folder / "shard", recordings)
    groups = texts_of(folder / "shard")
    assert list(chain(*groups)) == list(chain(*recordings.values()))
    for group in groups:
        assert sum(map(size_of, group[:-1])) < LONGEST
    for group in groups[:-1]:
        assert sum(map(size_of, group)) >= SHORTEST


def test_groups_are_cut_where_they_always_were(tmp_path: Path) -> None:
    write_shard(tmp_path / "shard", make_recordings(2, 800, 1000))
    assert [len(group) for group in texts_of(tmp_path / "shard")] == [
        1447,
        1612,
        638,
        928,
        544,
        794,
        945,
        598,
        494,
    ]
    write_shard(tmp_path / "shard", {"a": ["The same words again and again. " * 100] * 3000})
    assert [len(group) for group in texts_of(tmp_path / "shard")] == [1295, 1295, 410]


@pytest.mark.usefixtures("small")
def test_a_segment_longer_than_the_shortest_group_ends_one(tmp_path: Path) -> None:
    write_shard(tmp_path / "shard", {"a": ["short", "x" * 3000, "short", "y" * 20_000, "short", "short"]})
    assert [len(group) for group in texts_of(tmp_path / "shard")] == [2, 2, 2]


@pytest.mark.usefixtures("small")
def test_how_many_rows_are_gathered_at_a_time_is_seen_nowhere(tmp_path: Path) -> None:
    recordings = make_recordings(3, 60, 20)
    one = write_shard(tmp_path / "one", recordings)
    other = write_shard(tmp_path / "other", recordings, at_a_time=7)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
    assert one.arrow_bytes == other.arrow_bytes


def test_groups_do_not_know_how_many_jobs_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("packager.assemble.engine._SMALL", 0)
    monkeypatch.setattr("packager.splits.place.SHARD_BYTES", 2_000_000)
    make_project(tmp_path)
    for name, texts in make_recordings(6, 20, 40_000).items():
        lines = [make_segment(text, 3 * number) for number, text in enumerate(texts)]
        write_lines(tmp_path / "segments" / f"{name}.jsonl", lines)
    build_dataset(tmp_path, out=tmp_path / "one", jobs=1)
    build_dataset(tmp_path, out=tmp_path / "two", jobs=2)
    paths = sorted((tmp_path / "one" / "data").iterdir())
    assert sum(len(bytes_of(path)) for path in paths) > len(paths) > 1
    for path in paths:
        assert path.read_bytes() == (tmp_path / "two" / "data" / path.name).read_bytes()


def columns_of(path: Path) -> Iterator[Any]:
    group = pq.read_metadata(path).row_group(0)
    return (group.column(index) for index in range(group.num_columns))


def test_statistics_are_of_what_readers_filter_by_and_not_of_free_text(tmp_path: Path) -> None:
    write_shard(tmp_path / "shard", make_recordings(4, 2))
    assert {each.path_in_schema for each in columns_of(tmp_path / "shard") if each.is_stats_set} == {
        *("recording", "segment", "score", "take"),
    }
    assert all(each.has_offset_index for each in columns_of(tmp_path / "shard"))


@pytest.mark.parametrize(
    ("speaker", "expected"),
    [
        ("Speaker", {"recording", "Speaker"}),
        ("Text", {"recording", "Text"}),
        ("recording", {"recording"}),
        *((name, {"recording"}) for name in ("more", "words", "take", "nowhere")),
    ],
)
def test_dictionaries_are_of_recordings_and_of_speakers_that_are_strings(
    tmp_path: Path, speaker: str, expected: set[str]
) -> None:
    write_shard(tmp_path / "shard", make_recordings(5, 2), speaker)
    found = {each.path_in_schema for each in columns_of(tmp_path / "shard") if each.has_dictionary_page}
    assert found == expected


def test_the_configuration_names_the_speaker(tmp_path: Path) -> None:
    make_project(tmp_path, '[check]\nspeaker = "who"\n')
    schema = {"properties": {"Speaker": {"type": "string"}, "who": {"type": "string"}}}
    write_json(tmp_path / "schema" / "segment.schema.json", schema)
    write_lines(tmp_path / "segments" / "a.jsonl", [make_segment(who="Ada")])
    build_dataset(tmp_path)
    [path] = (tmp_path / "build" / "data").iterdir()
    found = {each.path_in_schema for each in columns_of(path) if each.has_dictionary_page}
    assert found == {"recording", "who"}


def test_an_empty_shard_has_no_row_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("packager.splits.place.SHARD_BYTES", 100)
    make_corpus(tmp_path, recordings=3)
    build_dataset(tmp_path)
    groups = {
        (metadata.num_rows, metadata.num_row_groups)
        for path in (tmp_path / "build" / "data").iterdir()
        for metadata in [pq.read_metadata(path)]
    }
    assert (0, 0) in groups
    assert all(groups_of == (1 if rows else 0) for rows, groups_of in groups)
