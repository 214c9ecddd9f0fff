"""A release of too many files for one commit is staged unseen, and becomes visible at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from huggingface_hub import CommitOperationAdd

from packager.errors import EnvironmentFailure
from packager.folders import load_build
from packager.publish import (
    is_staged,
    plan_release,
    propose_release,
    publish_as_planned,
    publish_release,
    verify_release,
)

if TYPE_CHECKING:
    from pathlib import Path

    from packager.built import Receipt, ReleasePlan
    from packager.hub import Hub
    from publish.conftest import Builds, Stranger, Wire

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")

REPO = "me/turns"
MOST = 3


@pytest.fixture
def first(builds: Builds) -> Path:
    return write(builds, "first", range(8), 8)


def write(builds: Builds, name: str, numbers: range, shards: int, text: str = "hello") -> Path:
    return builds.write(
        name,
        {
            f"data/train-{number:05d}-of-{shards:05d}.parquet": [
                {"recording": f"r{number}", "segment": 0, "Text": f"{text} {number}"}
            ]
            for number in numbers
        },
    )[0]


def make_plan(hub: Hub, folder: Path) -> ReleasePlan:
    return plan_release(load_build(folder), hub.read_state(REPO))


def publish(hub: Hub, folder: Path) -> Receipt:
    plan = make_plan(hub, folder)
    return publish_as_planned(plan, hub, folder, lambda: make_plan(hub, folder), most=MOST)


def open_pulls(stranger: Stranger) -> list[int]:
    found = stranger.api.get_repo_discussions(REPO, repo_type="dataset", discussion_status="open")
    return [pull.num for pull in found]


def heads_of(wire: Wire) -> int:
    """Return how often what `main` shows was asked to change."""
    changes = [line for line in wire.requests if line.startswith("POST")]
    return sum(("/commit/main" in line and "create_pr" not in line) or "/merge" in line for line in changes)


def test_main_changes_once_and_holds_exactly_the_release(
    wire: Wire, wired_hub: Hub, first: Path, stranger: Stranger
) -> None:
    assert is_staged(make_plan(wired_hub, first), MOST)
    receipt = publish(wired_hub, first)
    assert (receipt.version, receipt.created) == ("1.0.0", True)
    assert heads_of(wire) == 1
    assert sum("/commit/" in line for line in wire.requests if line.startswith("POST")) == 4
    assert wired_hub.read_state(REPO).head == receipt.commit == stranger.tags()["v1.0.0"]
    assert open_pulls(stranger) == []
    assert verify_release(wired_hub, REPO, "v1.0.0").differences == ()
    assert publish(wired_hub, first).created is False


def test_what_a_release_deletes_is_staged_too_and_files_of_others_stay(
    hub: Hub, builds: Builds, first: Path, stranger: Stranger
) -> None:
    publish(hub, first)
    stranger.put("NOTES.txt", b"mine")
    receipt = publish(hub, write(builds, "second", range(5), 5, "bye"))
    files = {file.path for file in hub.list_files(REPO, receipt.commit)}
    shards = {f"data/train-{number:05d}-of-00005.parquet" for number in range(5)}
    assert files == {".gitattributes", "NOTES.txt", "README.md", "manifest.json", *shards}
    assert list(stranger.tags()) == ["v1.0.0", f"v{receipt.version}"]


@pytest.mark.parametrize("request_path", [r"/commit/main\?create_pr", r"/commit/refs", "/merge$", "/tag/"])
@pytest.mark.parametrize("deed", ["503", "cut", "lose"])
def test_whatever_befalls_a_request_main_changes_once(
    wire: Wire, wired_hub: Hub, *, first: Path, stranger: Stranger, request_path: str, deed: str
) -> None:
    wire.break_next("POST", request_path, deed)
    assert publish(wired_hub, first).version == "1.0.0"
    assert [fault.times for fault in wire.faults] == [0]
    assert verify_release(wired_hub, REPO, "v1.0.0").differences == ()
    assert len([title for title in stranger.titles() if "(#" in title]) == 1
    assert open_pulls(stranger) == []


@pytest.mark.parametrize("request_path", [r"/commit/main\?create_pr", r"/commit/refs", "/merge$", "/tag/"])
def test_a_run_that_ends_anywhere_is_finished_by_the_next(
    wire: Wire, wired_hub: Hub, *, first: Path, stranger: Stranger, request_path: str
) -> None:
    wire.break_next("POST", request_path, "403")
    with pytest.raises(EnvironmentFailure):
        publish(wired_hub, first)
    assert stranger.tags() == {}
    assert publish(wired_hub, first).version == "1.0.0"
    assert verify_release(wired_hub, REPO, "v1.0.0").differences == ()
    assert len([title for title in stranger.titles() if "(#" in title]) == 1
    assert [pull.num for pull in stranger.api.get_repo_discussions(REPO, repo_type="dataset")] == [1]


def test_nobody_sees_anything_before_the_merge(
    wire: Wire, wired_hub: Hub, first: Path, stranger: Stranger
) -> None:
    wire.break_next("POST", "/merge$", "403")
    with pytest.raises(EnvironmentFailure, match="merging pull request 1"):
        publish(wired_hub, first)
    assert stranger.titles() == ["initial commit"]
    assert [file.path for file in wired_hub.list_files(REPO, "main")] == [".gitattributes"]


def test_a_commit_of_a_stranger_meanwhile_is_planned_on_anew(
    wire: Wire, wired_hub: Hub, first: Path, stranger: Stranger
) -> None:
    wire.break_next("POST", "/merge$", "503", after=lambda: stranger.put("NOTES.txt", b"mine"))
    receipt = publish(wired_hub, first)
    assert receipt.version == "1.0.0"
    assert verify_release(wired_hub, REPO, "v1.0.0").differences == ()
    assert "NOTES.txt" in {file.path for file in wired_hub.list_files(REPO, "main")}
    assert open_pulls(stranger) == []


def test_a_proposal_of_many_files_is_one_pull_request(hub: Hub, builds: Builds, first: Path) -> None:
    folder, manifest = builds.one_shard()
    publish_release(plan_release(manifest, hub.read_state(REPO)), hub, folder)
    plan = make_plan(hub, first)
    pull = propose_release(plan, hub, first, most=MOST)
    assert (pull.created, len(pull.proven)) == (True, len(plan.add))
    assert propose_release(plan, hub, first, most=MOST).created is False


def test_what_another_publisher_staged_at_the_same_time_is_closed(
    wire: Wire, wired_hub: Hub, hub: Hub, first: Path, stranger: Stranger
) -> None:
    hub.create_repository(REPO)
    plan = make_plan(hub, first)
    wire.break_next("POST", "/merge$", "503", after=lambda: open_twin(stranger, plan, first))
    assert publish(wired_hub, first).version == "1.0.0"
    assert open_pulls(stranger) == []
    assert len([title for title in stranger.titles() if "(#" in title]) == 1


def open_twin(stranger: Stranger, plan: ReleasePlan, folder: Path) -> None:
    operations = [CommitOperationAdd(file.path, folder / file.path) for file in plan.add]
    stranger.api.create_commit(
        REPO, operations, commit_message=f"Release {plan.tag}", create_pr=True, repo_type="dataset"
    )
