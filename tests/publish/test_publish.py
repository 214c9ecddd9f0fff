"""Publishing with the real client to the rehearsal Hub: one commit, one tag, one proof, whatever breaks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from packager.errors import DataError, EnvironmentFailure, UsageError
from packager.hub import connect_hub
from packager.publish import plan_release, publish_release, verify_release

if TYPE_CHECKING:
    from pathlib import Path

    from packager.built import Manifest, Receipt
    from packager.hub import Hub
    from packager.rehearsal import HubAddress
    from publish.conftest import Builds, Stranger, Wire

# The client uploads large files in a way that its own HTTP library is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")

REPO = "me/turns"
TWO_SHARDS = [
    "README.md",
    "data/train-00000-of-00002.parquet",
    "data/train-00001-of-00002.parquet",
    "manifest.json",
]


def publish(hub: Hub, build: tuple[Path, Manifest], version: str | None = None) -> Receipt:
    folder, manifest = build
    plan = plan_release(manifest, hub.read_state(REPO), version=version)
    return publish_release(plan, hub, folder)


def files_at(hub: Hub, revision: str) -> list[str]:
    return [file.path for file in hub.list_files(REPO, revision)]


# --- what a release is ---------------------------------------------------------------------------------


def test_the_first_release_is_one_commit_and_one_tag_on_it(
    hub: Hub, builds: Builds, stranger: Stranger
) -> None:
    receipt = publish(hub, builds.two_shards())
    assert (receipt.version, receipt.created, receipt.endpoint) == ("1.0.0", True, hub.endpoint)
    assert (list(receipt.proven), receipt.listed) == (TWO_SHARDS, ())
    assert stranger.titles() == ["Release v1.0.0", "initial commit"]
    assert stranger.tags() == {"v1.0.0": receipt.commit}
    assert files_at(hub, "v1.0.0") == [".gitattributes", *TWO_SHARDS]


def test_the_tag_holds_the_bytes_of_the_build(
    hub: Hub, builds: Builds, stranger: Stranger, tmp_path: Path
) -> None:
    folder, manifest = builds.two_shards()
    publish(hub, (folder, manifest))
    for path in TWO_SHARDS:
        assert stranger.read(path, "v1.0.0", tmp_path / "read") == (folder / path).read_bytes()


def test_the_second_release_adds_keeps_and_deletes_in_one_commit(
    hub: Hub, builds: Builds, stranger: Stranger
) -> None:
    publish(hub, builds.two_shards())
    receipt = publish(hub, builds.one_shard())
    assert receipt.version == "1.0.1"
    assert receipt.proven == ("data/train-00000-of-00001.parquet", "manifest.json")
    assert receipt.listed == ("README.md",)
    assert stranger.titles() == ["Release v1.0.1", "Release v1.0.0", "initial commit"]
    assert files_at(hub, "v1.0.1") == [
        ".gitattributes",
        "README.md",
        "data/train-00000-of-00001.parquet",
        "manifest.json",
    ]
    assert files_at(hub, "v1.0.0") == [".gitattributes", *TWO_SHARDS]


def test_a_shard_that_did_not_change_is_kept(hub: Hub, builds: Builds) -> None:
    publish(hub, builds.two_shards())
    receipt = publish(hub, builds.longer_second_shard())
    assert receipt.proven == ("data/train-00001-of-00002.parquet", "manifest.json")
    assert receipt.listed == ("README.md", "data/train-00000-of-00002.parquet")


def test_nothing_changed_makes_no_commit_and_no_tag(hub: Hub, builds: Builds, stranger: Stranger) -> None:
    build = builds.two_shards()
    first = publish(hub, build)
    second = publish(hub, build)
    assert (second.version, second.commit, second.created) == ("1.0.0", first.commit, False)
    assert (second.proven, list(second.listed)) == ((), TWO_SHARDS)
    assert stranger.titles() == ["Release v1.0.0", "initial commit"]
    assert list(stranger.tags()) == ["v1.0.0"]


def test_a_version_that_exists_is_never_moved(hub: Hub, builds: Builds, stranger: Stranger) -> None:
    first = publish(hub, builds.two_shards())
    with pytest.raises(UsageError, match=r"Publish as 1\.0\.1") as caught:
        publish(hub, builds.one_shard(), "1.0.0")
    assert caught.value.exit_code == 2
    assert stranger.tags() == {"v1.0.0": first.commit}


def test_asking_for_the_version_that_stands_proves_every_file_again(hub: Hub, builds: Builds) -> None:
    build = builds.two_shards()
    publish(hub, build)
    receipt = publish(hub, build, "1.0.0")
    assert (receipt.created, list(receipt.proven), receipt.listed) == (False, TWO_SHARDS, ())


def test_a_stranger_s_file_survives_a_release(
    hub: Hub, builds: Builds, stranger: Stranger, tmp_path: Path
) -> None:
    publish(hub, builds.two_shards())
    stranger.put("NOTES.txt", b"mine")
    stranger.put("data/NOTES.txt", b"mine too")
    publish(hub, builds.one_shard())
    assert stranger.read("NOTES.txt", "v1.0.1", tmp_path / "read") == b"mine"
    assert stranger.read("data/NOTES.txt", "v1.0.1", tmp_path / "read") == b"mine too"


def test_a_stranger_s_commit_alone_makes_no_new_version(hub: Hub, builds: Builds, stranger: Stranger) -> None:
    build = builds.two_shards()
    publish(hub, build)
    stranger.put("NOTES.txt", b"mine")
    receipt = publish(hub, build)
    assert (receipt.version, receipt.created) == ("1.0.0", False)
    assert list(stranger.tags()) == ["v1.0.0"]


def test_a_card_that_was_edited_on_the_hub_is_not_overwritten(
    hub: Hub, builds: Builds, stranger: Stranger, tmp_path: Path
) -> None:
    publish(hub, builds.two_shards())
    stranger.put("README.md", b"---\nlicense: mit\n---\n# edited\n")
    with pytest.raises(DataError, match=r"  README\.md\n") as caught:
        publish(hub, builds.one_shard())
    assert caught.value.exit_code == 1
    assert stranger.read("README.md", "main", tmp_path / "read") == b"---\nlicense: mit\n---\n# edited\n"


def test_a_repository_with_a_manifest_of_another_kind_is_not_ours(
    hub: Hub, builds: Builds, stranger: Stranger
) -> None:
    hub.create_repository(REPO)
    stranger.put("manifest.json", b'{"name": "an app"}')
    with pytest.raises(DataError, match=r"  manifest\.json\n"):
        publish(hub, builds.two_shards())


def test_a_gitignore_on_the_hub_leaves_no_file_out(hub: Hub, builds: Builds, stranger: Stranger) -> None:
    hub.create_repository(REPO)
    stranger.put(".gitignore", b"*.parquet\nREADME.md\n")
    publish(hub, builds.two_shards())
    assert files_at(hub, "v1.0.0") == [".gitattributes", ".gitignore", *TWO_SHARDS]


# --- what is proven ------------------------------------------------------------------------------------


def test_the_proof_notices_one_flipped_byte_in_the_storage_of_the_hub(
    hub: Hub, builds: Builds, hub_root: Path
) -> None:
    folder, manifest = builds.two_shards()
    publish(hub, (folder, manifest))
    shard = next(file for file in manifest.files if file.path == "data/train-00001-of-00002.parquet")
    stored = next(path for path in hub_root.rglob(shard.sha256) if path.is_file())
    data = bytearray(stored.read_bytes())
    data[100] ^= 1
    stored.chmod(0o600)
    stored.write_bytes(data)
    with pytest.raises(
        EnvironmentFailure, match=r"NOT proven.* data/train-00001-of-00002\.parquet\."
    ) as caught:
        publish(hub, (folder, manifest), "1.0.0")
    assert caught.value.exit_code == 3
    assert "00000-of-00002" not in str(caught.value)


def test_a_commit_that_does_not_hold_what_was_sent_gets_no_tag(
    wire: Wire, wired_hub: Hub, builds: Builds, stranger: Stranger
) -> None:
    folder, manifest = builds.two_shards()
    wired_hub.create_repository(REPO)
    plan = plan_release(manifest, wired_hub.read_state(REPO))
    wire.break_next("GET", "/tree/", "200", body=b"[]")
    with pytest.raises(
        EnvironmentFailure, match=r"does not hold what was sent \(README\.md, .*no tag was set"
    ):
        publish_release(plan, wired_hub, folder)
    assert stranger.tags() == {}


def test_a_build_that_was_changed_since_is_not_sent(hub: Hub, builds: Builds) -> None:
    folder, manifest = builds.two_shards()
    shard = folder / "data/train-00000-of-00002.parquet"
    data = bytearray(shard.read_bytes())
    data[100] ^= 1
    shard.write_bytes(data)
    with pytest.raises(DataError, match=r"train-00000-of-00002\.parquet has other bytes") as caught:
        publish(hub, (folder, manifest))
    assert caught.value.exit_code == 1
    assert hub.read_state(REPO).head is None


def test_another_build_than_the_planned_one_is_not_sent(hub: Hub, builds: Builds) -> None:
    _, manifest = builds.two_shards()
    other, _ = builds.one_shard()
    with pytest.raises(DataError, match="another build than the plan"):
        publish(hub, (other, manifest))
    assert hub.read_state(REPO).head is None


def test_a_plan_for_another_hub_is_not_carried_out(hub: Hub, wired_hub: Hub, builds: Builds) -> None:
    folder, manifest = builds.two_shards()
    plan = plan_release(manifest, hub.read_state(REPO))
    with pytest.raises(UsageError, match="the plan is for"):
        publish_release(plan, wired_hub, folder)


# --- what breaks ---------------------------------------------------------------------------------------


def test_a_stale_head_publishes_nothing(hub: Hub, builds: Builds, stranger: Stranger) -> None:
    publish(hub, builds.two_shards())
    folder, manifest = builds.one_shard()
    plan = plan_release(manifest, hub.read_state(REPO))
    stranger.put("NOTES.txt", b"mine")
    with pytest.raises(EnvironmentFailure, match="somebody else changed me/turns meanwhile") as caught:
        publish_release(plan, hub, folder)
    assert caught.value.exit_code == 3
    assert stranger.titles() == ["mine", "Release v1.0.0", "initial commit"]


def test_a_repository_that_somebody_else_made_and_filled_meanwhile_is_left_alone(
    hub: Hub, builds: Builds, stranger: Stranger
) -> None:
    folder, manifest = builds.two_shards()
    plan = plan_release(manifest, hub.read_state(REPO))
    hub.create_repository(REPO)
    stranger.put("README.md", b"---\nlicense: mit\n---\n# mine\n")
    with pytest.raises(EnvironmentFailure, match="somebody else changed"):
        publish_release(plan, hub, folder)
    assert stranger.titles() == ["mine", "initial commit"]


def test_two_publishers_of_one_plan_make_one_commit_and_one_tag(
    hub: Hub, builds: Builds, stranger: Stranger
) -> None:
    folder, manifest = builds.two_shards()
    hub.create_repository(REPO)
    plan = plan_release(manifest, hub.read_state(REPO))
    first, second = publish_release(plan, hub, folder), publish_release(plan, hub, folder)
    assert first == second
    assert stranger.titles() == ["Release v1.0.0", "initial commit"]


def test_a_version_that_was_taken_meanwhile_is_not_moved(
    hub: Hub, builds: Builds, stranger: Stranger
) -> None:
    first = publish(hub, builds.two_shards())
    folder, manifest = builds.one_shard()
    plan = plan_release(manifest, hub.read_state(REPO))
    stranger.api.create_tag(REPO, tag="v1.0.1", revision=first.commit, repo_type="dataset")
    with pytest.raises(UsageError, match=r"v1\.0\.1 of me/turns was taken"):
        publish_release(plan, hub, folder)
    assert stranger.tags()["v1.0.1"] == first.commit
    assert publish(hub, (folder, manifest)).version == "1.0.2"
    assert stranger.titles() == ["Release v1.0.1", "Release v1.0.0", "initial commit"]


def test_a_crash_between_commit_and_tag_is_healed_by_publishing_again(
    wire: Wire, wired_hub: Hub, builds: Builds, stranger: Stranger
) -> None:
    build = builds.two_shards()
    wire.break_next("POST", "/tag/", "503", times=3)
    with pytest.raises(EnvironmentFailure, match="stands without its tag; publishing again sets it"):
        publish(wired_hub, build)
    assert stranger.tags() == {}
    receipt = publish(wired_hub, build)
    assert (receipt.version, receipt.created, list(receipt.proven)) == ("1.0.0", True, TWO_SHARDS)
    assert stranger.titles() == ["Release v1.0.0", "initial commit"]
    assert stranger.tags() == {"v1.0.0": receipt.commit}


@pytest.mark.parametrize("deed", ["503", "429", "cut", "lose", "twist", "409", "412"])
@pytest.mark.parametrize("path", ["/api/repos/create", "/commit/", "/tag/"])
def test_a_write_that_fails_or_whose_answer_is_lost_is_carried_out_exactly_once(
    wired_hub: Hub, builds: Builds, stranger: Stranger, *, wire: Wire, path: str, deed: str
) -> None:
    wire.break_next("POST", path, deed)
    receipt = publish(wired_hub, builds.two_shards())
    assert (receipt.version, list(receipt.proven)) == ("1.0.0", TWO_SHARDS)
    assert stranger.titles() == ["Release v1.0.0", "initial commit"]
    assert stranger.tags() == {"v1.0.0": receipt.commit}


def test_a_commit_whose_answer_names_another_host_is_found(
    wire: Wire, wired_hub: Hub, builds: Builds, stranger: Stranger
) -> None:
    elsewhere = b'{"commitUrl": "https://elsewhere.example/x", "commitOid": "%s"}' % (b"0" * 40)
    wire.break_next("POST", "/commit/", "twist", body=elsewhere)
    receipt = publish(wired_hub, builds.two_shards())
    assert stranger.tags() == {"v1.0.0": receipt.commit}
    assert stranger.titles() == ["Release v1.0.0", "initial commit"]


def test_a_card_that_cannot_be_validated_right_now_is_validated_later(
    wire: Wire, wired_hub: Hub, builds: Builds, said: list[str]
) -> None:
    wire.break_next("POST", "/api/validate-yaml", "503")
    assert publish(wired_hub, builds.two_shards()).version == "1.0.0"
    assert len(said) == 1


def test_a_repository_that_a_crash_left_empty_is_filled(hub: Hub, builds: Builds, stranger: Stranger) -> None:
    hub.create_repository(REPO)
    assert publish(hub, builds.two_shards()).version == "1.0.0"
    assert stranger.titles() == ["Release v1.0.0", "initial commit"]


@pytest.mark.parametrize("deed", ["503", "cut", "lose"])
@pytest.mark.parametrize("path", ["/refs", "/tree/", "/api/whoami-v2", "/resolve/"])
def test_a_question_that_fails_is_asked_again(
    wire: Wire, wired_hub: Hub, builds: Builds, path: str, deed: str
) -> None:
    build = builds.two_shards()
    publish(wired_hub, build)
    wire.break_next("GET", path, deed)
    assert publish(wired_hub, builds.one_shard()).version == "1.0.1"
    assert [fault.times for fault in wire.faults] == [0]


def test_a_commit_is_found_again_although_others_committed_after_it(
    wire: Wire, wired_hub: Hub, builds: Builds, stranger: Stranger
) -> None:
    wire.break_next("POST", "/commit/", "lose", after=lambda: stranger.put("NOTES.txt", b"mine"))
    receipt = publish(wired_hub, builds.two_shards())
    assert stranger.titles() == ["mine", "Release v1.0.0", "initial commit"]
    assert files_at(wired_hub, receipt.commit) == [".gitattributes", *TWO_SHARDS]
    assert stranger.tags() == {"v1.0.0": receipt.commit}


def test_waiting_is_said_and_bounded(
    wire: Wire, wired_hub: Hub, builds: Builds, said: list[str], stranger: Stranger
) -> None:
    wire.break_next("POST", "/commit/", "503", times=99)
    with pytest.raises(EnvironmentFailure, match="publish again later; what is begun is finished then"):
        publish(wired_hub, builds.two_shards())
    waited = f"{wire.endpoint} answered 503 (the wire says no) while committing to me/turns"
    assert said == [f"{waited}; trying again in 0 s (try {number} of 3)" for number in (2, 3)]
    assert stranger.titles() == ["initial commit"]


def test_an_unchanged_release_takes_at_most_six_requests_and_reads_no_shard(
    wire: Wire, wired_hub: Hub, builds: Builds
) -> None:
    folder, manifest = builds.two_shards()
    publish(wired_hub, (folder, manifest))
    wire.requests.clear()
    for shard in (folder / "data").iterdir():
        shard.unlink()
    assert publish(wired_hub, (folder, manifest)).created is False
    assert [request.partition("?")[0].partition("/datasets/me/turns/")[2] for request in wire.requests] == [
        "refs",
        "tree/" + wired_hub.read_state(REPO).tags[0].commit,
        "resolve/" + wired_hub.read_state(REPO).tags[0].commit + "/manifest.json",
        "resolve/" + wired_hub.read_state(REPO).tags[0].commit + "/README.md",
        "refs",
        "tree/v1.0.0",
    ]


# --- who may not ---------------------------------------------------------------------------------------


def test_a_wrong_token_is_told_before_anything_is_sent(
    address: HubAddress, builds: Builds, stranger: Stranger
) -> None:
    hub = connect_hub(address.endpoint, "hf_wrong_secret", waits=())
    with pytest.raises(EnvironmentFailure, match=r"401.*log in with `hf auth login`") as caught:
        publish(hub, builds.two_shards())
    assert caught.value.exit_code == 3
    assert "hf_wrong_secret" not in str(caught.value)
    assert not stranger.api.repo_exists(REPO, repo_type="dataset")


def test_an_unreachable_endpoint_ends_with_exit_code_3(builds: Builds, said: list[str]) -> None:
    hub = connect_hub("http://127.0.0.1:9", "hf_secret", say=said.append, waits=(0,))
    with pytest.raises(EnvironmentFailure, match=r"no answer from http://127\.0\.0\.1:9 .*check the address"):
        publish(hub, builds.two_shards())
    assert len(said) == 1


def test_a_receipt_and_a_plan_hold_no_token(hub: Hub, address: HubAddress, builds: Builds) -> None:
    folder, manifest = builds.two_shards()
    plan = plan_release(manifest, hub.read_state(REPO))
    receipt = publish_release(plan, hub, folder)
    assert address.token not in json.dumps([repr(hub), repr(plan), repr(receipt)])


def test_a_branch_with_the_name_of_the_tag_is_refused_and_found(
    hub: Hub, builds: Builds, stranger: Stranger
) -> None:
    folder, manifest = builds.two_shards()
    publish_release(plan_release(manifest, hub.read_state(REPO)), hub, folder)
    stranger.api.create_branch(REPO, branch="v1.0.1", repo_type="dataset")
    other = builds.one_shard()[1]
    with pytest.raises(UsageError, match=r"has a branch called v1\.0\.1"):
        plan_release(other, hub.read_state(REPO))
    assert plan_release(other, hub.read_state(REPO), version="1.0.2").version == "1.0.2"
    stranger.api.create_branch(REPO, branch="v1.0.0", repo_type="dataset")
    (found,) = verify_release(hub, REPO, "v1.0.0").differences
    assert found == "a branch is called v1.0.0 too: who asks for v1.0.0 may be given what it holds"
