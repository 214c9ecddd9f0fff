from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from huggingface_hub import CommitOperationAdd, HfApi
from huggingface_hub.errors import (
    BadRequestError,
    GatedRepoError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

if TYPE_CHECKING:
    from packager.rehearsal import HubAddress
    from rehearsal.conftest import Ask

CARD = b"---\nlicense: cc0-1.0\nlanguage: [en, cs]\ntags: [turns]\npretty_name: Turns\n---\n# Turns\n"


def commit(api: HfApi, repo_id: str, path: str = "a.txt", content: bytes = b"a") -> str:
    operation = CommitOperationAdd(path, content)
    return api.create_commit(repo_id, [operation], commit_message=f"Add {path}", repo_type="dataset").oid


def test_whoami_names_the_one_account_with_the_right_to_write(api: HfApi) -> None:
    who = api.whoami()
    assert (who["name"], who["orgs"]) == ("rehearsal", [])
    assert who["auth"]["accessToken"]["role"] == "write"


def test_whoami_refuses_a_stranger_and_a_wrong_token(hub: HubAddress, ask: Ask) -> None:
    assert ask("GET", "/api/whoami-v2").status == 401
    answer = ask("GET", "/api/whoami-v2", headers={"Authorization": "Bearer hf_wrong"})
    assert answer.status == 401
    assert answer.headers["x-error-message"] == "Invalid credentials in Authorization header"
    assert hub.token not in answer.body.decode()


def test_a_wrong_token_is_refused_even_where_none_is_needed(hub: HubAddress, turns: str) -> None:
    with pytest.raises(HfHubHTTPError, match="Invalid credentials"):
        HfApi(endpoint=hub.endpoint, token=hub.token[::-1]).dataset_info(turns)


@pytest.mark.parametrize(
    ("kind", "url"),
    [("model", "/me/thing"), ("dataset", "/datasets/me/thing"), ("space", "/spaces/me/thing")],
)
def test_each_kind_of_repository_has_its_own_place(api: HfApi, hub: HubAddress, kind: str, url: str) -> None:
    made = api.create_repo("me/thing", repo_type=kind, space_sdk="static" if kind == "space" else None)
    assert (str(made), made.repo_id, made.repo_type) == (f"{hub.endpoint}{url}", "me/thing", kind)
    for other in ("model", "dataset", "space"):
        assert api.repo_exists("me/thing", repo_type=other) is (other == kind)
    api.upload_file(path_or_fileobj=b"x", path_in_repo="x.bin", repo_id="me/thing", repo_type=kind)
    assert api.list_repo_files("me/thing", repo_type=kind) == [".gitattributes", "x.bin"]


def test_a_repository_without_a_namespace_belongs_to_the_account(api: HfApi) -> None:
    assert api.create_repo("alone", repo_type="dataset").repo_id == "rehearsal/alone"


def test_creating_twice_is_a_conflict_unless_that_is_allowed(api: HfApi, hub: HubAddress, turns: str) -> None:
    with pytest.raises(HfHubHTTPError, match="409"):
        api.create_repo(turns, repo_type="dataset")
    assert api.create_repo(turns, repo_type="dataset", exist_ok=True) == f"{hub.endpoint}/datasets/me/turns"


def test_a_new_repository_has_one_commit_with_its_attributes(api: HfApi, turns: str) -> None:
    assert [item.title for item in api.list_repo_commits(turns, repo_type="dataset")] == ["initial commit"]
    assert api.list_repo_files(turns, repo_type="dataset") == [".gitattributes"]


def test_a_deleted_repository_is_gone_and_can_be_made_anew(api: HfApi, turns: str) -> None:
    commit(api, turns)
    api.delete_repo(turns, repo_type="dataset")
    assert not api.repo_exists(turns, repo_type="dataset")
    with pytest.raises(RepositoryNotFoundError):
        api.delete_repo(turns, repo_type="dataset")
    api.delete_repo(turns, repo_type="dataset", missing_ok=True)
    api.create_repo(turns, repo_type="dataset")
    assert api.list_repo_files(turns, repo_type="dataset") == [".gitattributes"]


def test_a_moved_repository_keeps_its_commits_under_the_new_name(api: HfApi, turns: str) -> None:
    head = commit(api, turns)
    api.create_repo("me/taken", repo_type="dataset")
    with pytest.raises(HfHubHTTPError, match="409"):
        api.move_repo(turns, "me/taken", repo_type="dataset")
    api.move_repo(turns, "you/talks", repo_type="dataset")
    assert api.dataset_info("you/talks").sha == head
    assert not api.repo_exists(turns, repo_type="dataset")


def test_info_tells_files_sizes_and_card(api: HfApi, turns: str) -> None:
    commit(api, turns, "README.md", CARD)
    head = commit(api, turns, "data/train.parquet", b"large by its name")
    info = api.dataset_info(turns, files_metadata=True)
    assert (info.id, info.author, info.sha, info.private, info.gated) == (turns, "me", head, False, False)
    assert info.card_data is not None
    assert info.card_data.license == "cc0-1.0"
    assert info.card_data.language == ["en", "cs"]
    assert info.card_data.pretty_name == "Turns"
    assert info.tags == ["language:en", "language:cs", "license:cc0-1.0", "turns"]
    assert info.siblings is not None
    sizes = {item.rfilename: (item.size, item.lfs and item.lfs.sha256) for item in info.siblings}
    assert sizes["README.md"] == (85, None)
    assert sizes["data/train.parquet"] == (
        17,
        "304925ed904b288587afcc28b777e58a8055f6197475aff7b61a58525e2968dc",
    )


def test_info_can_be_narrowed_to_the_fields_asked_for(api: HfApi, turns: str) -> None:
    info = api.dataset_info(turns, expand=["sha"])
    assert info.sha == api.list_repo_commits(turns, repo_type="dataset")[0].commit_id
    assert info.siblings is None


def test_info_of_an_earlier_revision_lists_its_files(api: HfApi, turns: str) -> None:
    first = commit(api, turns, "one.txt")
    commit(api, turns, "two.txt")
    for revision in (first, first[:7]):
        siblings = api.dataset_info(turns, revision=revision).siblings
        assert siblings is not None
        assert [item.rfilename for item in siblings] == [".gitattributes", "one.txt"]
    with pytest.raises(RevisionNotFoundError):
        api.dataset_info(turns, revision="v9.9.9")


def test_a_private_repository_is_hidden_from_strangers(api: HfApi, stranger: HfApi) -> None:
    api.create_repo("me/secret", repo_type="dataset", private=True)
    head = commit(api, "me/secret", "kept.txt")
    assert api.dataset_info("me/secret").private is True
    for missing in ("me/secret", "me/missing"):
        with pytest.raises(RepositoryNotFoundError, match="401"):
            stranger.dataset_info(missing)
        with pytest.raises(RepositoryNotFoundError, match="401"):
            stranger.hf_hub_download(missing, "kept.txt", repo_type="dataset", revision=head)
    with pytest.raises(RepositoryNotFoundError, match="404"):
        api.dataset_info("me/missing")
    api.update_repo_settings("me/secret", repo_type="dataset", private=False)
    assert stranger.dataset_info("me/secret").sha == head


def test_a_gated_repository_shows_its_files_but_keeps_their_bytes(
    api: HfApi, stranger: HfApi, turns: str
) -> None:
    commit(api, turns, "kept.txt")
    api.update_repo_settings(turns, repo_type="dataset", gated="auto")
    assert stranger.list_repo_files(turns, repo_type="dataset") == [".gitattributes", "kept.txt"]
    with pytest.raises(GatedRepoError):
        stranger.hf_hub_download(turns, "kept.txt", repo_type="dataset")
    with pytest.raises(GatedRepoError):
        stranger.auth_check(turns, repo_type="dataset")
    api.auth_check(turns, repo_type="dataset", write=True)
    api.hf_hub_download(turns, "kept.txt", repo_type="dataset")


def test_a_stranger_cannot_write(api: HfApi, stranger: HfApi, turns: str, ask: Ask) -> None:
    for call in (
        lambda: commit(stranger, turns),
        lambda: stranger.create_tag(turns, tag="v1", repo_type="dataset"),
        lambda: stranger.create_branch(turns, branch="b", repo_type="dataset"),
        lambda: stranger.delete_repo(turns, repo_type="dataset"),
        lambda: stranger.create_repo("me/other", repo_type="dataset"),
        lambda: stranger.update_repo_settings(turns, private=True, repo_type="dataset"),
    ):
        with pytest.raises(HfHubHTTPError, match="401"):
            call()
    body = json.dumps({"key": "header", "value": {"summary": "x"}}).encode()
    assert ask("POST", "/api/datasets/me/turns/commit/main", body).status == 401
    assert len(api.list_repo_commits(turns, repo_type="dataset")) == 1


def test_tags_name_commits_and_never_move(api: HfApi, turns: str) -> None:
    first = commit(api, turns, "one.txt")
    second = commit(api, turns, "two.txt")
    api.create_tag(turns, tag="v1.0.0", revision=first, repo_type="dataset")
    api.create_tag(turns, tag="v1.1.0", tag_message="Annotated", repo_type="dataset")
    with pytest.raises(HfHubHTTPError, match="409"):
        api.create_tag(turns, tag="v1.0.0", repo_type="dataset")
    api.create_tag(turns, tag="v1.0.0", revision=second, repo_type="dataset", exist_ok=True)
    tags = api.list_repo_refs(turns, repo_type="dataset").tags
    assert [(tag.name, tag.ref, tag.target_commit) for tag in tags] == [
        ("v1.0.0", "refs/tags/v1.0.0", first),
        ("v1.1.0", "refs/tags/v1.1.0", second),
    ]
    assert api.dataset_info(turns, revision="v1.1.0").sha == second
    api.delete_tag(turns, tag="v1.0.0", repo_type="dataset")
    with pytest.raises(RevisionNotFoundError):
        api.delete_tag(turns, tag="v1.0.0", repo_type="dataset")
    with pytest.raises(RevisionNotFoundError):
        api.create_tag(turns, tag="v1.0.0", revision="nope", repo_type="dataset")


def test_branches_start_at_a_revision_and_go_their_own_way(api: HfApi, turns: str) -> None:
    first = commit(api, turns, "one.txt")
    main = commit(api, turns, "two.txt")
    api.create_branch(turns, branch="release/1.x", revision=first, repo_type="dataset")
    with pytest.raises(HfHubHTTPError, match="409"):
        api.create_branch(turns, branch="release/1.x", repo_type="dataset")
    with pytest.raises(HfHubHTTPError, match="409"):
        api.create_branch(turns, branch="release", repo_type="dataset")
    operation = CommitOperationAdd("three.txt", b"3")
    made = api.create_commit(
        turns,
        [operation],
        commit_message="Fix",
        repo_type="dataset",
        revision="release/1.x",
        parent_commit=first,
    )
    branches = api.list_repo_refs(turns, repo_type="dataset", include_pull_requests=True).branches
    assert {item.name: item.target_commit for item in branches} == {"main": main, "release/1.x": made.oid}
    assert api.list_repo_files(turns, repo_type="dataset", revision="release/1.x") == [
        ".gitattributes",
        "one.txt",
        "three.txt",
    ]
    api.delete_branch(turns, branch="release/1.x", repo_type="dataset")
    with pytest.raises(HfHubHTTPError, match="403"):
        api.delete_branch(turns, branch="main", repo_type="dataset")
    with pytest.raises(RevisionNotFoundError):
        api.delete_branch(turns, branch="release/1.x", repo_type="dataset")
    with pytest.raises(RevisionNotFoundError):
        api.create_branch(turns, branch="b", revision="nope", repo_type="dataset")


def test_a_name_that_git_or_the_hub_forbids_is_no_branch_and_no_tag(api: HfApi, turns: str) -> None:
    for name in ("refs/pr/1", "a..b", "a b", "-a", "a.lock", "0" * 40, "x" * 300, "a//b"):
        with pytest.raises(BadRequestError):
            api.create_branch(turns, branch=name, repo_type="dataset")
        with pytest.raises(BadRequestError):
            api.create_tag(turns, tag=name, repo_type="dataset")
    refs = api.list_repo_refs(turns, repo_type="dataset")
    assert ([branch.name for branch in refs.branches], refs.tags) == (["main"], [])


def test_history_lists_commits_newest_first_and_in_pages(api: HfApi, turns: str) -> None:
    for number in range(60):
        commit(api, turns, "n.txt", str(number).encode())
    api.create_commit(
        turns,
        [CommitOperationAdd("n.txt", b"end")],
        commit_message="Add <b>",
        commit_description="Why\nand how",
        repo_type="dataset",
    )
    commits = api.list_repo_commits(turns, repo_type="dataset", formatted=True)
    assert len(commits) == 62
    assert (commits[0].title, commits[0].message, commits[0].authors) == (
        "Add <b>",
        "Why\nand how",
        ["rehearsal"],
    )
    assert commits[0].formatted_title == "Add &lt;b&gt;"
    assert commits[-1].title == "initial commit"
    assert commits[0].created_at >= commits[-1].created_at


def test_validating_a_card_finds_what_is_no_yaml(api: HfApi, ask: Ask) -> None:
    bomb = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 20))
    for content, status, errors, warnings in (
        ("---\nlicense: mit\n---\n", 200, 0, 0),
        ("no metadata", 200, 0, 1),
        ("---\na: [\n---\n", 400, 1, 0),
        ("---\na: 1\na: 2\n---\n", 400, 1, 0),
        ("---\n- a\n---\n", 400, 1, 0),
        (f"---\n{bomb}---\n", 400, 1, 0),
        ("---\nday: 2024-01-02\nnothing: .nan\n---\n", 200, 0, 0),
    ):
        answer = ask(
            "POST", "/api/validate-yaml", json.dumps({"content": content, "repoType": "dataset"}).encode()
        )
        found = json.loads(answer.body)
        assert (answer.status, len(found["errors"]), len(found["warnings"])) == (status, errors, warnings)
    with pytest.raises(ValueError, match="Invalid metadata"):
        commit(api, api.create_repo("me/bad", repo_type="dataset").repo_id, "README.md", b"---\na: [\n---\n")


def test_every_answer_has_an_id_of_its_own(ask: Ask) -> None:
    ids = {ask("GET", path).headers["x-request-id"] for path in ("/", "/api/whoami-v2", "/api/nothing", "/x")}
    assert len(ids) == 4


@pytest.mark.usefixtures("turns")
def test_what_is_not_implemented_is_refused_by_name(ask: Ask) -> None:
    for method, path in (
        ("GET", "/api/users/me/overview"),
        ("PUT", "/api/datasets/me/turns/discussions"),
        ("POST", "/api/buckets/me/b"),
        ("PATCH", "/api/whoami-v2"),
    ):
        answer = ask(method, path)
        said = f"{method} {path} is not implemented by the rehearsal Hub."
        assert (answer.status, json.loads(answer.body)["error"]) == (501, said)
