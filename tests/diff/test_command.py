"""The command `diff`, against real builds and versions on the rehearsal Hub."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from packager.assemble import build_dataset
from packager.cli import main
from packager.diff import judge_diff
from packager.hub import Hub, connect_hub
from packager.publish import plan_release, publish_release
from packager.publish.compare import compare_sides, open_folder
from project import make_corpus, make_project, make_segment, write_lines

if TYPE_CHECKING:
    from pathlib import Path

    from packager.rehearsal import HubAddress

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")

REPO = "me/turns"
PARTS = ("Start", "End", "Text", "Speaker")


def build(project: Path, out: Path) -> Path:
    build_dataset(project, out=out, jobs=1)
    return out


def turns(count: int) -> list[dict[str, Any]]:
    return [make_segment(f"Turn {turn} of 3.", 3 * turn, Speaker="Guest of day 3") for turn in range(count)]


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    """Two builds: one recording edited, one removed, one added."""
    project = make_corpus(tmp_path / "project")
    old = build(project, tmp_path / "old")
    segments = project / "segments"
    (segments / "ep5.jsonl").unlink()
    write_lines(segments / "new.jsonl", turns(2))
    edited = turns(5)
    edited[1]["Text"] = "Another text."
    edited[3]["End"] = "00:00:12"
    edited.insert(3, make_segment("Put in.", 8))
    write_lines(segments / "ep3.jsonl", edited)
    return old, build(project, tmp_path / "new")


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main(["diff", *map(str, arguments)]) == 0
    return capsys.readouterr().out


def publish(hub: Hub, folder: Path) -> None:
    publish_release(plan_release(open_folder(folder).manifest, hub.read_state(REPO)), hub, folder)


def test_a_build_differs_in_nothing_from_itself(
    two: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    out = run(capsys, two[0], two[0], "--details")
    assert out == "Nothing differs.\nNONE by the policy tfds: nothing differs\n"


def test_the_summary_is_of_manifests_and_the_details_are_of_rows(
    two: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    summary = run(capsys, *two).splitlines()
    assert summary[:3] == [
        "Added 1 recording with 2 segments.",
        "Removed 1 recording with 5 segments.",
        "Changed 1 recording.",
    ]
    details = run(capsys, *two, "--details").splitlines()
    assert "Changed 1 recording: 1 segment added, 2 segments changed (1 in text, 1 retimed)." in details
    assert '+ "new" train 2' in details
    assert '- "ep5" train 5' in details
    at = details.index('~ "ep3" +1 -0 ~2')
    assert details[at + 1 : at + 4] == [
        '    1-1 text: "Turn 1 of 3." -> "Another text."',
        '    3 added: "Put in."',
        '    3-4 retimed: "00:00:09 to 00:00:11" -> "00:00:09 to 00:00:12"',
    ]


def test_a_machine_reads_the_same(two: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(run(capsys, *two, "--details", "--format", "json"))
    assert (document["level"], document["policy"]) == ("MAJOR", "tfds")
    assert [each["name"] for each in document["recordings"]["added"]] == ["new"]
    (rows,) = document["rows"]
    assert (rows["name"], rows["added"], rows["text"], rows["retimed"]) == ("ep3", 1, 1, 1)
    assert json.loads(run(capsys, *two, "--format", "json"))["rows"] is None
    assert "| ep3 | 1 | 0 | 2 | 1 | 1 | 0 | 0 |" in run(capsys, *two, "--details", "--format", "markdown")


def test_versions_on_the_hub_say_the_same_as_folders(
    hub: HubAddress,
    two: tuple[Path, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HF_TOKEN", hub.token)
    client = connect_hub(hub.endpoint, hub.token, waits=(0, 0))
    for folder in two:
        publish(client, folder)
    tags = [tag.name for tag in client.list_tags(REPO)]
    project = ("--project", tmp_path / "project", "--endpoint", hub.endpoint, "--details")
    by_folder = run(capsys, *two, *project)
    assert run(capsys, *tags, *project) == by_folder
    assert run(capsys, f"{REPO}@{tags[0]}", two[1], *project) == by_folder
    asked = ["diff", f"{REPO}@v9.9.9", str(two[1]), "--endpoint", hub.endpoint]
    assert main(asked) == 2
    assert "has no me/turns@v9.9.9" in capsys.readouterr().err


def test_only_manifests_are_fetched_and_shards_in_which_a_recording_changed(
    hub: HubAddress, two: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", hub.token)
    publish(connect_hub(hub.endpoint, hub.token, waits=(0, 0)), two[0])
    read: list[str] = []
    download = Hub._download  # noqa: SLF001 - what goes over the wire

    def record(self: Hub, repo_id: str, revision: str, path: str, sink: Any) -> None:  # noqa: ANN401 - a file
        read.append(path)
        download(self, repo_id, revision, path, sink)

    monkeypatch.setattr(Hub, "_download", record)
    asked = ["diff", f"{REPO}@v1.0.0", str(two[1]), "--endpoint", hub.endpoint]
    assert main(asked) == 0
    assert read == ["manifest.json"]
    read.clear()
    assert main([*asked, "--details"]) == 0
    assert read == ["manifest.json", "data/train-00000-of-00001.parquet"]


def test_random_pairs_of_projects_are_explained_exactly(tmp_path: Path) -> None:
    chance = random.Random(6)
    for number in range(25):
        one, other = _random_corpus(chance), _random_corpus(chance)
        other |= {name: one[name] for name in one if chance.random() < 0.5}
        folders = [_build(tmp_path / f"{number}-{side}", each) for side, each in enumerate((one, other))]
        diff = compare_sides(open_folder(folders[0]), open_folder(folders[1]), PARTS, tmp_path)
        assert {each.name for each in diff.added} == other.keys() - one.keys()
        assert {each.name for each in diff.removed} == one.keys() - other.keys()
        both = one.keys() & other.keys()
        assert {each.name for _, each in diff.changed} == {name for name in both if one[name] != other[name]}
        for each in diff.rows.recordings if diff.rows else ():
            gone = {edit.old.number for edit in each.edits if edit.old}
            come = {edit.new.number: edit.new.text for edit in each.edits if edit.new}
            kept = [text for at, text in enumerate(one[each.name]) if at not in gone]
            rest = iter(kept)
            size = len(kept) + len(come)
            assert [come[at] if at in come else next(rest) for at in range(size)] == other[each.name]
        level = judge_diff(diff, policy="tfds")[0]
        assert bool(level) is (one != other)


def _random_corpus(chance: random.Random) -> dict[str, list[str]]:
    return {
        f"r{number}": [chance.choice(["Yes.", "No.", "Well.", "Hm."]) for _ in range(chance.randrange(1, 6))]
        for number in range(5)
        if chance.random() < 0.8
    } | {"always": ["Yes."]}


def _build(folder: Path, corpus: dict[str, list[str]]) -> Path:
    project = make_project(folder)
    for name, texts in corpus.items():
        lines = [make_segment(text, 3 * at) for at, text in enumerate(texts)]
        write_lines(project / "segments" / f"{name}.jsonl", lines)
    return build(project, folder / "out")
