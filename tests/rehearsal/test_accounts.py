"""Who may do what: roles, expired tokens, gates."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from huggingface_hub import CommitOperationAdd, HfApi
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError

from packager.rehearsal import Role, Token, run_hub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from packager.rehearsal import HubAddress

OTHERS = (
    Token("hf_reader", Role.READ),
    Token("hf_guest", Role.NONE),
    Token("hf_stale", Role.WRITE, expires=time.time() - 1),
    Token("hf_fresh", Role.WRITE, expires=time.time() + 3600),
)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubAddress]:
    with run_hub(tmp_path / "hub", others=OTHERS) as address:
        yield address


def client(hub: HubAddress, name: str) -> HfApi:
    return HfApi(endpoint=hub.endpoint, token=f"hf_{name}")


def read(api: HfApi, folder: Path) -> bytes:
    found = api.hf_hub_download("me/turns", "a.txt", repo_type="dataset", local_dir=folder)
    return (folder / found).read_bytes()


@pytest.fixture
def published(api: HfApi, turns: str) -> None:
    api.upload_file(path_or_fileobj=b"1", path_in_repo="a.txt", repo_id=turns, repo_type="dataset")


def writes(api: HfApi) -> list[Callable[[], object]]:
    operation = CommitOperationAdd("a.txt", b"2")
    return [
        lambda: api.create_repo("me/new", repo_type="dataset"),
        lambda: api.delete_repo("me/turns", repo_type="dataset"),
        lambda: api.move_repo("me/turns", "me/moved", repo_type="dataset"),
        lambda: api.update_repo_settings("me/turns", repo_type="dataset", visibility="private"),
        lambda: api.create_commit("me/turns", [operation], commit_message="x", repo_type="dataset"),
        lambda: api.create_tag("me/turns", tag="v1.0.0", repo_type="dataset"),
        lambda: api.create_branch("me/turns", branch="b", repo_type="dataset"),
        lambda: api.super_squash_history("me/turns", repo_type="dataset"),
    ]


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("name", ["reader", "guest"])
def test_without_the_right_to_write_nothing_can_be_changed(api: HfApi, hub: HubAddress, name: str) -> None:
    head = api.dataset_info("me/turns").sha
    for write in writes(client(hub, name)):
        with pytest.raises(HfHubHTTPError) as caught:
            write()
        assert caught.value.response is not None
        assert caught.value.response.status_code == 403
    assert api.dataset_info("me/turns").sha == head
    assert api.list_repo_refs("me/turns", repo_type="dataset").tags == []


@pytest.mark.usefixtures("published")
def test_a_private_repository_is_hidden_from_another_account(
    api: HfApi, hub: HubAddress, tmp_path: Path
) -> None:
    api.update_repo_settings("me/turns", repo_type="dataset", visibility="private")
    assert read(client(hub, "reader"), tmp_path / "down") == b"1"
    with pytest.raises(RepositoryNotFoundError):
        client(hub, "guest").dataset_info("me/turns")
    assert [info.id for info in client(hub, "guest").list_datasets()] == []
    assert [info.id for info in client(hub, "reader").list_datasets()] == ["me/turns"]


def test_an_expired_token_is_refused_and_one_that_is_not_works(hub: HubAddress) -> None:
    assert client(hub, "fresh").whoami()["name"] == "rehearsal"
    with pytest.raises(HfHubHTTPError, match="Invalid user token"):
        client(hub, "stale").whoami()


def test_each_token_says_whose_it_is(hub: HubAddress) -> None:
    found = {name: client(hub, name).whoami() for name in ("reader", "guest")}
    assert [(info["name"], info["auth"]["accessToken"]["role"]) for info in found.values()] == [
        ("rehearsal", "read"),
        ("guest", "write"),
    ]


@pytest.mark.usefixtures("published")
def test_a_gate_opens_to_who_was_let_in_and_closes_again(api: HfApi, hub: HubAddress, tmp_path: Path) -> None:
    api.update_repo_settings("me/turns", repo_type="dataset", gated="manual")
    guest = client(hub, "guest")
    assert guest.dataset_info("me/turns").gated == "manual"
    with pytest.raises(GatedRepoError):
        read(guest, tmp_path / "no")
    api.grant_access("me/turns", "guest", repo_type="dataset")
    assert read(guest, tmp_path / "yes") == b"1"
    listed = api.list_accepted_access_requests("me/turns", repo_type="dataset")
    assert [request.username for request in listed] == ["guest"]
    api.reject_access_request("me/turns", "guest", repo_type="dataset", rejection_reason=None)
    with pytest.raises(GatedRepoError):
        read(guest, tmp_path / "again")
    assert read(api, tmp_path / "owner") == b"1"


@pytest.mark.usefixtures("published")
def test_another_account_can_propose_but_not_merge(api: HfApi, hub: HubAddress) -> None:
    made = client(hub, "guest").upload_file(
        path_or_fileobj=b"2", path_in_repo="a.txt", repo_id="me/turns", repo_type="dataset", create_pr=True
    )
    assert made.pr_num == 1
    with pytest.raises(HfHubHTTPError, match="403"):
        client(hub, "guest").merge_pull_request("me/turns", 1, repo_type="dataset")
    api.merge_pull_request("me/turns", 1, repo_type="dataset")
