"""Before the first byte leaves, everything that stands in the way is said at once."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from packager.errors import DataError, EnvironmentFailure
from packager.hub import connect_hub
from packager.publish import (
    OvertakenError,
    check_release,
    find_obstacles,
    plan_release,
    publish_as_planned,
    publish_release,
)
from packager.rehearsal import Role, Token, run_hub

if TYPE_CHECKING:
    from pathlib import Path

    from packager.built import ReleasePlan
    from packager.hub import Hub
    from publish.conftest import Builds, Stranger

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")

REPO = "me/turns"
KEY = "AKIAIOSFODNN7EXAMPLE"


def test_a_sound_release_has_nothing_in_its_way(hub: Hub, builds: Builds) -> None:
    folder, manifest = builds.two_shards()
    assert find_obstacles(plan_release(manifest, hub.read_state(REPO)), hub, folder) == ()


def test_everything_that_is_wrong_is_said_at_once_and_nothing_is_sent(builds: Builds, tmp_path: Path) -> None:
    folder, manifest = builds.write("leaky", {"data/train-00000-of-00001.parquet": []}, title=f"Key {KEY}")
    (folder / "stray.txt").write_text("mine")
    reader = Token("hf_only_reading", Role.READ)
    with run_hub(tmp_path / "other", others=[reader]) as address:
        hub = connect_hub(address.endpoint, reader.secret, waits=())
        plan = plan_release(manifest, hub.read_state(REPO))
        with pytest.raises(DataError, match="4 things stand in the way") as caught:
            check_release(plan, hub, folder, b"another schema")
        for part in (
            "stray.txt is not a file of this build",
            "may only read",
            "the schema was changed since the build",
            "README.md:9: holds what looks like a token of AWS (AKIA…, 20 characters)",
        ):
            assert part in str(caught.value)
        assert KEY not in str(caught.value)
        assert hub.read_state(REPO).head is None


def test_a_token_that_may_only_read_is_no_fault_of_the_data(builds: Builds, tmp_path: Path) -> None:
    folder, manifest = builds.two_shards()
    reader = Token("hf_only_reading", Role.READ)
    with run_hub(tmp_path / "other", others=[reader]) as address:
        hub = connect_hub(address.endpoint, reader.secret, waits=())
        with pytest.raises(EnvironmentFailure, match="may only read") as caught:
            check_release(plan_release(manifest, hub.read_state(REPO)), hub, folder)
        assert caught.value.exit_code == 3
        assert reader.secret not in str(caught.value)


def test_the_schema_of_the_build_is_no_obstacle(hub: Hub, builds: Builds) -> None:
    folder, manifest = builds.two_shards()
    plan = plan_release(manifest, hub.read_state(REPO))
    assert manifest.schema_sha256 != hashlib.sha256(b"{}").hexdigest()
    assert [obstacle.is_data for obstacle in find_obstacles(plan, hub, folder, b"{}")] == [True]


def test_an_empty_section_is_a_warning_and_stops_who_is_strict(hub: Hub, builds: Builds) -> None:
    folder, manifest = builds.write(
        "bare", {"data/train-00000-of-00001.parquet": []}, title="Turns\n\n## Use\n\n## More"
    )
    plan = plan_release(manifest, hub.read_state(REPO))
    (warning,) = check_release(plan, hub, folder)
    assert warning.startswith("README.md:11: ")
    assert warning.endswith("(card/empty-section)")
    with pytest.raises(DataError, match="card/empty-section"):
        check_release(plan, hub, folder, strict=True)
    assert check_release(plan, hub, folder, strict=True, card_rules={}) == ()


def test_a_card_with_a_value_that_the_hub_does_not_know_stops_a_release(hub: Hub, builds: Builds) -> None:
    folder, manifest = builds.write(
        "wrong", {"data/train-00000-of-00001.parquet": []}, license_id="no-such-licence"
    )
    with pytest.raises(DataError, match=r"^README\.md:2: .*no-such-licence.* \(card/license\)$"):
        check_release(plan_release(manifest, hub.read_state(REPO)), hub, folder)


# --- somebody else was quicker -------------------------------------------------------------------------


def test_a_commit_of_others_that_changes_nothing_of_ours_does_not_stop_a_release(
    hub: Hub, builds: Builds, stranger: Stranger
) -> None:
    publish_release(
        plan_release(builds.two_shards()[1], hub.read_state(REPO)), hub, builds.root / "two-shards"
    )
    folder, manifest = builds.one_shard()
    plan = plan_release(manifest, hub.read_state(REPO))
    stranger.put("NOTES.txt", b"mine")
    receipt = publish_as_planned(plan, hub, folder, lambda: plan_release(manifest, hub.read_state(REPO)))
    assert (receipt.version, receipt.created) == ("1.0.1", True)
    assert stranger.titles() == ["Release v1.0.1", "mine", "Release v1.0.0", "initial commit"]


def test_a_release_that_others_made_meanwhile_stands(hub: Hub, builds: Builds, stranger: Stranger) -> None:
    folder, manifest = builds.two_shards()
    hub.create_repository(REPO)

    def make_plan() -> ReleasePlan:
        return plan_release(manifest, hub.read_state(REPO))

    plan = make_plan()
    stranger.put("NOTES.txt", b"mine")
    first = publish_release(make_plan(), hub, folder)
    receipt = publish_as_planned(plan, hub, folder, make_plan)
    assert (receipt.version, receipt.commit) == (first.version, first.commit)
    assert stranger.titles() == ["Release v1.0.0", "mine", "initial commit"]
    assert list(stranger.tags()) == ["v1.0.0"]


def test_another_release_of_others_stops_this_one_and_sends_nothing(
    hub: Hub, builds: Builds, stranger: Stranger
) -> None:
    folder, manifest = builds.two_shards()
    hub.create_repository(REPO)

    def make_plan() -> ReleasePlan:
        return plan_release(manifest, hub.read_state(REPO))

    plan = make_plan()
    other_folder, other = builds.one_shard()
    publish_release(plan_release(other, hub.read_state(REPO)), hub, other_folder)
    with pytest.raises(OvertakenError) as caught:
        publish_as_planned(plan, hub, folder, make_plan)
    assert caught.value.exit_code == 3
    assert stranger.titles() == ["Release v1.0.0", "initial commit"]


def test_plans_are_not_made_anew_for_ever(hub: Hub, builds: Builds, stranger: Stranger) -> None:
    folder, manifest = builds.two_shards()
    hub.create_repository(REPO)
    plan = plan_release(manifest, hub.read_state(REPO))
    count = iter(range(100))
    plans: list[ReleasePlan] = []

    def make_plan() -> ReleasePlan:
        plans.append(plan_release(manifest, hub.read_state(REPO)))
        stranger.put("NOTES.txt", f"{next(count)}".encode())
        return plans[-1]

    stranger.put("NOTES.txt", b"first")
    with pytest.raises(OvertakenError):
        publish_as_planned(plan, hub, folder, make_plan)
    assert len(plans) == 5
    assert stranger.tags() == {}
