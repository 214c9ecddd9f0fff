from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from packager.config import Bounds, find_bounds
from packager.errors import ConfigError, UsageError
from packager.reading.find import find_below, find_sources


def make(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")


def found(root: Path, *patterns: str) -> list[tuple[str, str, str]]:
    sources = find_sources(root, patterns, "top", bounds=find_bounds(root)).sources
    return [(each.name, each.recording, each.folder) for each in sources]


def below(paths: list[Path], root: Path | None) -> list[str]:
    """Return the names of the files below these paths, as the project in `root` has them."""
    return [
        each.name
        for each in find_below(paths, root, bounds=Bounds() if root is None else find_bounds(root)).sources
    ]


def test_names_are_below_the_fixed_part_without_the_extensions(tmp_path: Path) -> None:
    make(
        tmp_path, "segments/a.jsonl", "segments/en/b.json", "segments/en/c.v2.jsonl.gz", "segments/d.json.zst"
    )
    assert found(tmp_path, "segments/**/*.json", "segments/**/*.jsonl") == [
        ("segments/a.jsonl", "a", "segments"),
        ("segments/d.json.zst", "d", "segments"),
        ("segments/en/b.json", "en/b", "en"),
        ("segments/en/c.v2.jsonl.gz", "en/c.v2", "en"),
    ]


def test_the_first_pattern_that_matches_counts(tmp_path: Path) -> None:
    make(tmp_path, "data/en/a.jsonl", "data/de/a.jsonl")
    assert found(tmp_path, "data/en/*.jsonl", "data/**/*.jsonl") == [
        ("data/de/a.jsonl", "de/a", "de"),
        ("data/en/a.jsonl", "a", "en"),
    ]


def test_a_pattern_without_wildcards_is_a_file_in_its_folder(tmp_path: Path) -> None:
    make(tmp_path, "in/one.jsonl")
    assert found(tmp_path, "in/one.jsonl") == [("in/one.jsonl", "one", "in")]


def test_objects_at_the_top_of_the_project_are_named_after_the_data_set(tmp_path: Path) -> None:
    make(tmp_path, "a.json", "x/b.json")
    assert found(tmp_path, "**/*.json") == [("a.json", "a", "top"), ("x/b.json", "x/b", "x")]


def test_wildcards_match_no_hidden_name_and_no_slash(tmp_path: Path) -> None:
    make(tmp_path, "s/.hidden.json", "s/.cache/a.json", "s/a.json", "s/b/c.json")
    assert [name for name, _, _ in found(tmp_path, "s/*.json")] == ["s/a.json"]
    assert [name for name, _, _ in found(tmp_path, "s/**/*.json")] == ["s/a.json", "s/b/c.json"]


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("s/ep?.json", ["s/ep1.json", "s/epX.json"]),
        ("s/ep[0-9].json", ["s/ep1.json"]),
        ("s/ep[!0-9].json", ["s/epX.json"]),
        ("s/**", ["s/ep1.json", "s/ep10.json", "s/epX.json", "s/t/ep2.json"]),
        ("s/*/ep2.json", ["s/t/ep2.json"]),
    ],
)
def test_wildcards_are_those_of_the_shell(tmp_path: Path, pattern: str, names: list[str]) -> None:
    make(tmp_path, "s/ep1.json", "s/ep10.json", "s/epX.json", "s/t/ep2.json")
    assert [name for name, _, _ in found(tmp_path, pattern)] == names


def test_the_order_and_the_recording_are_those_of_nfc(tmp_path: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "é")
    make(tmp_path, f"s/{decomposed}.jsonl", "s/z.jsonl", "s/a.jsonl")
    assert [recording for _, recording, _ in found(tmp_path, "s/*.jsonl")] == ["a", "z", "é"]


def test_a_link_inside_of_the_project_is_followed(tmp_path: Path) -> None:
    make(tmp_path, "elsewhere/a.jsonl", "elsewhere/b.jsonl")
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "linked").symlink_to("../elsewhere")
    (tmp_path / "s" / "c.jsonl").symlink_to(tmp_path / "elsewhere" / "b.jsonl")
    assert [name for name, _, _ in found(tmp_path, "s/**/*.jsonl")] == [
        "s/c.jsonl",
        "s/linked/a.jsonl",
        "s/linked/b.jsonl",
    ]
    (tmp_path / "t").symlink_to("elsewhere")
    assert [name for name, _, _ in found(tmp_path, "t/*.jsonl")] == ["t/a.jsonl", "t/b.jsonl"]


def test_a_matched_file_of_another_kind_is_a_config_error(tmp_path: Path) -> None:
    make(tmp_path, "s/a.txt")
    with pytest.raises(ConfigError, match=r"s/a\.txt"):
        found(tmp_path, "s/*")


def test_no_match_is_an_error_that_names_the_patterns(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"s/\*\.json"):
        found(tmp_path, "s/*.json")


def test_paths_below_a_folder_are_reported_relative_to_the_project(tmp_path: Path) -> None:
    make(tmp_path, "s/a.json", "s/notes.txt", "s/t/b.ndjson.gz")
    assert below([tmp_path / "s"], tmp_path) == ["s/a.json", "s/t/b.ndjson.gz"]


def test_paths_outside_the_project_are_reported_as_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "out/a.json", "in/dataset.toml")
    monkeypatch.chdir(tmp_path / "in")
    assert below([tmp_path / "in" / ".." / "out"], None) == [f"{tmp_path}/in/../out/a.json"]


def test_the_same_file_named_twice_is_read_once(tmp_path: Path) -> None:
    make(tmp_path, "s/a.json")
    assert len(below([tmp_path / "s", tmp_path / "s" / "a.json"], tmp_path)) == 1


@pytest.mark.parametrize("name", ["absent", "notes.txt"])
def test_a_path_that_cannot_be_checked_is_a_usage_error(tmp_path: Path, name: str) -> None:
    make(tmp_path, "notes.txt")
    with pytest.raises(UsageError, match=name):
        below([tmp_path / name], None)


@pytest.mark.parametrize("pattern", ["s/[z-a]*.json", "s/[a&&b--c]*.json"])
def test_a_pattern_that_is_none_is_a_config_error(tmp_path: Path, pattern: str) -> None:
    make(tmp_path, "s/a.json")
    with pytest.raises(ConfigError, match="is no pattern"):
        found(tmp_path, pattern)


def test_the_same_file_named_through_a_parent_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "s/a.json")
    monkeypatch.chdir(tmp_path / "s")
    assert len(below([Path("a.json"), Path("../s/a.json")], None)) == 1
