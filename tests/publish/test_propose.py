"""A release is proposed as a pull request, and published by who merges it and publishes again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from huggingface_hub import HfApi
from huggingface_hub.errors import RepositoryNotFoundError

from packager.cli import main
from packager.errors import UsageError
from packager.folders import load_build
from packager.hub import connect_hub
from packager.publish import plan_release, propose_release, publish_release, verify_release
from packager.rehearsal import Role, Token, run_hub
from project import make_corpus

if TYPE_CHECKING:
    from pathlib import Path

    from packager.built import ReleasePlan
    from packager.hub import Hub
    from packager.rehearsal import HubAddress
    from publish.conftest import Builds, Stranger, Wire

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")

REPO = "me/turns"


@pytest.fixture
def second(hub: Hub, builds: Builds) -> tuple[Path, ReleasePlan]:
    """A build that follows a published one, and the plan to publish it."""
    first, manifest = builds.two_shards()
    publish_release(plan_release(manifest, hub.read_state(REPO)), hub, first)
    folder, manifest = builds.one_shard()
    return folder, plan_release(manifest, hub.read_state(REPO))


def pulls(stranger: Stranger) -> list[int]:
    return [pull.num for pull in stranger.api.get_repo_discussions(REPO, repo_type="dataset")]


def test_a_proposal_changes_nothing_until_it_is_merged_and_then_only_a_tag_is_missing(
    hub: Hub, second: tuple[Path, ReleasePlan], stranger: Stranger
) -> None:
    folder, plan = second
    pull = propose_release(plan, hub, folder)
    assert (pull.created, pull.url) == (True, f"{hub.endpoint}/datasets/{REPO}/discussions/{pull.number}")
    assert pull.proven == tuple(file.path for file in plan.add)
    assert (stranger.titles()[0], list(stranger.tags())) == ("Release v1.0.0", ["v1.0.0"])
    again = propose_release(plan, hub, folder)
    assert (again.created, again.number, pulls(stranger)) == (False, pull.number, [pull.number])
    stranger.api.merge_pull_request(REPO, pull.number, repo_type="dataset")
    merged = plan_release(load_build(folder), hub.read_state(REPO))
    assert (merged.version, merged.add, merged.tag_commit) == ("1.0.1", (), merged.parent)
    publish_release(merged, hub, folder)
    assert verify_release(hub, REPO, "v1.0.1").differences == ()
    assert len(stranger.titles()) == 3


@pytest.mark.parametrize("deed", ["503", "cut", "lose", "twist"])
def test_whatever_befalls_the_request_there_is_one_pull_request(
    wired_hub: Hub, wire: Wire, second: tuple[Path, ReleasePlan], stranger: Stranger, deed: str
) -> None:
    folder, _ = second
    plan = plan_release(load_build(folder), wired_hub.read_state(REPO))
    wire.break_next("POST", r"/commit/.*create_pr", deed)
    pull = propose_release(plan, wired_hub, folder)
    assert pulls(stranger) == [pull.number]
    assert [fault.times for fault in wire.faults] == [0]


def test_who_may_not_write_may_propose(builds: Builds, tmp_path: Path) -> None:
    guest = Token("hf_guest_of_all", Role.NONE)
    with run_hub(tmp_path / "other", others=[guest]) as address:
        first, manifest = builds.two_shards()
        owner = connect_hub(address.endpoint, address.token, waits=())
        publish_release(plan_release(manifest, owner.read_state(REPO)), owner, first)
        folder, manifest = builds.one_shard()
        hub = connect_hub(address.endpoint, guest.secret, waits=())
        assert propose_release(plan_release(manifest, hub.read_state(REPO)), hub, folder).created


def test_there_must_be_a_repository_and_something_to_propose(hub: Hub, builds: Builds) -> None:
    folder, manifest = builds.two_shards()
    with pytest.raises(UsageError, match="there is no me/turns to open a pull request in"):
        propose_release(plan_release(manifest, hub.read_state(REPO)), hub, folder)
    publish_release(plan_release(manifest, hub.read_state(REPO)), hub, folder)
    with pytest.raises(UsageError, match="holds these files already"):
        propose_release(plan_release(manifest, hub.read_state(REPO)), hub, folder)


# --- private -------------------------------------------------------------------------------------------


def test_a_private_repository_is_made_so(hub: Hub, builds: Builds, address: HubAddress) -> None:
    folder, manifest = builds.two_shards()
    publish_release(plan_release(manifest, hub.read_state(REPO)), hub, folder, private=True)
    nobody = HfApi(address.endpoint, token=False)
    with pytest.raises(RepositoryNotFoundError):
        nobody.dataset_info(REPO)
    folder, manifest = builds.one_shard()
    publish_release(plan_release(manifest, hub.read_state(REPO)), hub, folder, private=True)
    assert hub.is_private(REPO)


def test_what_is_to_be_private_is_not_sent_where_everybody_may_see_it(
    hub: Hub, builds: Builds, stranger: Stranger
) -> None:
    hub.create_repository(REPO)
    folder, manifest = builds.two_shards()
    with pytest.raises(UsageError, match="everybody may see it; nothing was published"):
        publish_release(plan_release(manifest, hub.read_state(REPO)), hub, folder, private=True)
    assert stranger.titles() == ["initial commit"]


# --- the command ---------------------------------------------------------------------------------------


def test_the_command_proposes_and_after_the_merge_it_tags(
    address: HubAddress,
    stranger: Stranger,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    project = make_corpus(tmp_path / "project", recordings=2)
    monkeypatch.setenv("HF_TOKEN", address.token)
    publish = ["publish", "--project", str(project), "--endpoint", address.endpoint]
    assert main(["build", "--project", str(project)]) == 0
    assert main([*publish, "--private", "--dry-run"]) == 0
    assert "the repository is new, and private" in capsys.readouterr().out
    assert main([*publish, "--private"]) == 0
    assert stranger.api.dataset_info(REPO).private
    (project / "segments" / "ep1.jsonl").unlink()
    assert main(["build", "--project", str(project)]) == 0
    capsys.readouterr()
    assert main([*publish, "--pull-request", "--dry-run"]) == 0
    assert "one pull request of" in capsys.readouterr().out
    assert pulls(stranger) == []
    assert main([*publish, "--pull-request"]) == 0
    said = capsys.readouterr().out
    (number,) = pulls(stranger)
    assert f"opened: {address.endpoint}/datasets/{REPO}/discussions/{number}; " in said
    tag = said.split("it sets the tag ")[1].split()[0]
    assert list(stranger.tags()) == ["v1.0.0"]
    stranger.api.merge_pull_request(REPO, number, repo_type="dataset")
    assert main(publish) == 0
    assert list(stranger.tags()) == sorted(["v1.0.0", tag])
    assert main(["verify", f"{REPO}@{tag}", "--endpoint", address.endpoint]) == 0
    assert main([*publish, "--private"]) == 0
    stranger.api.update_repo_settings(REPO, repo_type="dataset", visibility="public")
    assert main([*publish, "--private", "--dry-run"]) == 2
    assert "everybody may see it" in capsys.readouterr().err
