"""What became of the segments decides the version: the shards at the head are asked, and no others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from packager.assemble import build_dataset
from packager.cli import main
from packager.config import load_project, shipped_file
from packager.errors import DataError
from packager.folders import load_build
from packager.hub import connect_hub
from packager.publish import Planner, Wishes, compare, publish_as_planned
from packager.publish.compare import compare_release, name_parts
from packager.splits import shard_path
from project import make_corpus, make_segment, write_lines

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from packager.built import Receipt
    from packager.hub import Hub
    from packager.rehearsal import HubAddress
    from publish.conftest import Stranger, Wire

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")

REPO = "me/turns"
Lines = list[dict[str, Any]]


def turns(number: int) -> Lines:
    return [
        make_segment(f"Turn {turn} of {number}.", 3 * turn, Speaker=f"Guest of day {number}")
        for turn in range(5)
    ]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    make_corpus(tmp_path / "project", recordings=4)
    build_dataset(tmp_path / "project")
    return tmp_path / "project"


def make_planner(hub: Hub, project: Path, policy: str = "tfds") -> Planner:
    return Planner(load_project(project), hub, project / "build", None, Wishes(policy=policy))


def publish(hub: Hub, project: Path) -> Receipt:
    planner = make_planner(hub, project)
    return publish_as_planned(planner.plan(), hub, project / "build", planner.plan)


def rewrite(project: Path, change: Callable[[Lines], object], number: int = 3) -> None:
    lines = turns(number)
    change(lines)
    write_lines(project / f"segments/ep{number}.jsonl", lines)
    build_dataset(project)


def change_all(lines: Lines) -> None:
    lines.pop(0)
    change_some(lines)


def change_some(lines: Lines) -> None:
    lines[1].update(Text="Said.")
    lines.append(make_segment("Bye.", 60))


CHANGES: tuple[tuple[str, Callable[[Lines], object], str, str], ...] = (
    ("append", lambda it: it.append(make_segment("Bye.", 60)), "1.1.0", "1 segment added"),
    ("insert", lambda it: it.insert(2, make_segment("Put in.", 5)), "1.1.0", "1 segment added"),
    ("edit", lambda it: it[1].update(Text="Said."), "2.0.0", "1 segment changed (1 in text)"),
    ("retime", lambda it: it[1].update(End="00:00:06"), "2.0.0", "1 segment changed (1 retimed)"),
    ("rename", lambda it: it[1].update(Speaker="Bo"), "2.0.0", "1 segment changed (1 in speaker)"),
    ("remove", lambda it: it.pop(), "2.0.0", "1 segment removed"),
    (
        "all",
        change_all,
        "2.0.0",
        "1 segment added, 1 segment removed, 1 segment changed (1 in text)",
    ),
)


@pytest.mark.parametrize(("change", "version", "news"), [each[1:] for each in CHANGES])
def test_the_version_and_the_news_follow_from_the_segments(
    hub: Hub, project: Path, change: Callable[[Lines], object], version: str, news: str
) -> None:
    publish(hub, project)
    rewrite(project, change)
    assert publish(hub, project).version == version
    release = load_build(project / "build").release
    assert release is not None
    assert release.news == (f"Changed 1 recording: {news}.",)


def test_an_edit_is_a_patch_by_the_other_policy(hub: Hub, project: Path) -> None:
    publish(hub, project)
    rewrite(project, lambda lines: lines[1].update(Text="Said."))
    assert make_planner(hub, project, "datapackage").plan().version == "1.0.1"


def test_only_the_shards_that_hold_a_changed_recording_are_fetched(
    wire: Wire, wired_hub: Hub, project: Path
) -> None:
    publish(wired_hub, project)
    manifest = load_build(project / "build")
    ours = next(each for each in manifest.recordings if each.name == "ep3")
    rewrite(project, lambda lines: lines.append(make_segment("Bye.", 60)))
    wire.requests.clear()
    make_planner(wired_hub, project).plan()
    fetched = {line.rpartition("/")[2] for line in wire.requests if ".parquet" in line}
    assert {name.rpartition("-of-")[0] for name in fetched} == {f"{ours.split}-{ours.shard:05d}"}


def test_what_may_take_its_time_is_said(hub: Hub, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "_AT_A_TIME", 10)
    publish(hub, project)
    rewrite(project, change_some)
    said: list[str] = []
    Planner(load_project(project), hub, project / "build", None, Wishes(), say=said.append).plan()
    assert said == ["comparing 11 segments of 1 recording with the release before"]


def test_more_than_is_bearable_is_not_fetched_and_counts_as_changed(hub: Hub, project: Path) -> None:
    publish(hub, project)
    rewrite(project, lambda lines: lines.append(make_segment("Bye.", 60)))
    state, build = hub.read_state(REPO), load_build(project / "build")
    parts = name_parts(load_project(project))
    diff = compare_release(hub, state, project / "build", build, parts, most=100)
    assert diff is not None
    assert diff.rows is not None
    assert "would have to be fetched for that, more than 100" in diff.rows.unread
    planner = make_planner(hub, project)
    planner.plan()
    assert state.manifest is not None
    planner._known[state.manifest] = diff  # noqa: SLF001 - as if there was that much
    plan = planner.plan()
    assert plan.version == "2.0.0"
    assert "1 recording changed (not known how: " in plan.why


def test_a_plan_that_is_made_anew_counts_segments_and_fetches_no_shard_twice(
    wire: Wire, wired_hub: Hub, project: Path, stranger: Stranger
) -> None:
    publish(wired_hub, project)
    rewrite(project, lambda lines: lines.append(make_segment("Bye.", 60)))
    planner = make_planner(wired_hub, project)
    plan = planner.plan()
    stranger.put("NOTES.txt", b"mine")
    wire.requests.clear()
    plans = []

    def plan_anew() -> Any:  # noqa: ANN401 - a plan
        plans.append(planner.plan())
        return plans[-1]

    before_act = [line for line in wire.requests if ".parquet" in line]
    receipt = publish_as_planned(plan, wired_hub, project / "build", plan_anew)
    assert (receipt.version, len(plans), before_act) == ("1.1.0", 1, [])
    read = [line for line in wire.requests if line.startswith("GET") and "/resolve/" in line]
    assert not [line for line in read if ".parquet" in line and plan.parent and plan.parent in line]


def test_a_shard_that_a_stranger_changed_is_read_where_it_is_intact_or_not_at_all(
    hub: Hub, project: Path, stranger: Stranger
) -> None:
    publish(hub, project)
    ours = next(each for each in load_build(project / "build").recordings if each.name == "ep3")
    shard = shard_path(ours.split, ours.shard, 1)
    stranger.put(shard, b"PAR1 nothing PAR1")
    rewrite(project, lambda lines: lines.append(make_segment("Bye.", 60)))
    state, build = hub.read_state(REPO), load_build(project / "build")
    diff = compare_release(hub, state, project / "build", build, name_parts(load_project(project)))
    assert diff is not None
    assert diff.rows is not None
    assert diff.rows.totals["added"] == 1
    stranger.api.delete_tag(REPO, tag="v1.0.0", repo_type="dataset")
    stranger.api.create_tag(REPO, tag="v1.0.1", revision="main", repo_type="dataset")
    state = hub.read_state(REPO)
    diff = compare_release(hub, state, project / "build", build, name_parts(load_project(project)))
    assert diff is not None
    assert diff.rows is not None
    assert diff.rows.unread == "the Hub has not all shards of the version before any more"


def test_a_shard_of_the_build_that_is_damaged_is_told(hub: Hub, project: Path) -> None:
    publish(hub, project)
    rewrite(project, lambda lines: lines.append(make_segment("Bye.", 60)))
    for shard in (project / "build/data").iterdir():
        shard.write_bytes(b"PAR1 nothing PAR1")
    with pytest.raises(DataError, match="cannot be read as a shard"):
        make_planner(hub, project).plan()


def test_the_plan_for_machines_has_the_summary(
    hub: Hub,
    address: HubAddress,
    project: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publish(hub, project)
    rewrite(project, change_some)
    monkeypatch.setenv("HF_TOKEN", address.token)
    command = ["publish", "--project", str(project), "--endpoint", address.endpoint, "--dry-run"]
    assert main([*command, "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["plan"]["version"] == "2.0.0"
    assert document["plan"]["why"] == "MAJOR after 1.0.0 by the policy tfds: 1 segment changed"
    assert document["diff"]["recordings"] == {"added": 0, "removed": 0, "changed": 1, "moved": 0}
    counts = document["diff"]["segments_of_changed_recordings"]
    assert (counts["added"], counts["removed"], counts["changed"], counts["text"]) == (1, 0, 1, 1)
    assert document["diff"]["unread"] == ""
    assert main(command) == 0
    assert "1 segment added, 1 segment changed (1 in text)." in capsys.readouterr().out
    assert connect_hub(address.endpoint, address.token).list_tags(REPO)[-1].name == "v1.0.0"


def test_a_new_column_is_an_addition_and_changes_no_segment(hub: Hub, project: Path) -> None:
    publish(hub, project)
    schema = json.loads(shipped_file("segment.schema.json"))
    schema["properties"]["Mood"] = {"type": "string"}
    (project / "segment.schema.json").write_text(json.dumps(schema))
    settings = project / "dataset.toml"
    with_schema = 'schema = "segment.schema.json"\n[splits]'
    settings.write_text(settings.read_text().replace("[splits]", with_schema, 1))
    for number in range(4):
        rewrite(project, lambda lines: lines[0].update(Mood="calm"), number)
    plan = make_planner(hub, project).plan()
    assert plan.release is not None
    assert (plan.version, plan.release.news) == ("1.1.0", ("Added the column Mood.",))


def test_an_unchanged_release_still_takes_at_most_six_requests_and_reads_no_shard(
    wire: Wire, wired_hub: Hub, project: Path
) -> None:
    publish(wired_hub, project)
    rewrite(project, change_some)
    publish(wired_hub, project)
    build_dataset(project)
    wire.requests.clear()
    assert publish(wired_hub, project).created is False
    assert len(wire.requests) <= 6
    assert not [line for line in wire.requests if ".parquet" in line]
    build_dataset(project)
    for shard in (project / "build/data").iterdir():
        shard.unlink()
    with pytest.raises(DataError, match=r"\.parquet is missing: run `packager build` again"):
        publish(wired_hub, project)
