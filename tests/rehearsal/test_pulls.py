"""Pull requests, and git itself."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi
from huggingface_hub.errors import HfHubHTTPError

if TYPE_CHECKING:
    from pathlib import Path

    from huggingface_hub import CommitInfo

    from packager.rehearsal import HubAddress


def commit(
    api: HfApi,
    *operations: CommitOperationAdd | CommitOperationDelete,
    pull: bool = False,
    to: str | None = None,
) -> CommitInfo:
    return api.create_commit(
        "me/turns", operations, commit_message="Change", repo_type="dataset", create_pr=pull, revision=to
    )


def read(api: HfApi, path: str, revision: str, folder: Path) -> bytes:
    found = api.hf_hub_download(
        "me/turns", path, repo_type="dataset", revision=revision, local_dir=folder / revision
    )
    return (folder / found).read_bytes()


def files(api: HfApi, revision: str = "main") -> list[str]:
    return api.list_repo_files("me/turns", repo_type="dataset", revision=revision)


@pytest.mark.usefixtures("turns")
def test_a_pull_request_is_made_by_a_commit_grows_and_is_merged(api: HfApi, tmp_path: Path) -> None:
    commit(api, CommitOperationAdd("a.txt", b"1"), CommitOperationAdd("old.txt", b"1"))
    made = commit(api, CommitOperationAdd("a.txt", b"2"), pull=True)
    assert (made.pr_num, made.pr_revision) == (1, "refs/pr/1")
    commit(api, CommitOperationDelete("old.txt"), CommitOperationAdd("b.bin", b"3"), to="refs/pr/1")
    assert (files(api)[1:], files(api, "refs/pr/1")[1:]) == (["a.txt", "old.txt"], ["a.txt", "b.bin"])
    commit(api, CommitOperationAdd("c.txt", b"4"))  # main moves on meanwhile
    (listed,) = api.get_repo_discussions("me/turns", repo_type="dataset")
    assert (listed.num, listed.title, listed.status) == (1, "Change", "open")
    api.merge_pull_request("me/turns", 1, repo_type="dataset")
    assert files(api)[1:] == ["a.txt", "b.bin", "c.txt"]
    assert read(api, "a.txt", "main", tmp_path) == b"2"
    details = api.get_discussion_details("me/turns", 1, repo_type="dataset")
    head = api.dataset_info("me/turns").sha
    assert (details.status, details.merge_commit_oid) == ("merged", head)
    with pytest.raises(HfHubHTTPError, match="409"):
        api.merge_pull_request("me/turns", 1, repo_type="dataset")
    refs = api.list_repo_refs("me/turns", repo_type="dataset", include_pull_requests=True)
    assert refs.pull_requests is not None
    assert [ref.ref for ref in refs.pull_requests] == ["refs/pr/1"]


@pytest.mark.usefixtures("turns")
def test_what_both_sides_changed_is_not_merged(api: HfApi) -> None:
    commit(api, CommitOperationAdd("a.txt", b"1"))
    commit(api, CommitOperationAdd("a.txt", b"2"), pull=True)
    head = commit(api, CommitOperationAdd("a.txt", b"3")).oid
    details = api.get_discussion_details("me/turns", 1, repo_type="dataset")
    assert details.conflicting_files == ["a.txt"]
    with pytest.raises(HfHubHTTPError, match=r"has changed 'a\.txt' too"):
        api.merge_pull_request("me/turns", 1, repo_type="dataset")
    assert api.dataset_info("me/turns").sha == head


@pytest.mark.usefixtures("turns")
def test_a_pull_request_can_be_opened_empty_renamed_and_closed(api: HfApi) -> None:
    pull = api.create_pull_request("me/turns", "Add turns", repo_type="dataset", description="Soon")
    assert (pull.num, pull.status, pull.git_reference) == (1, "draft", "refs/pr/1")
    api.rename_discussion("me/turns", 1, new_title="Add all turns", repo_type="dataset")
    api.comment_discussion("me/turns", 1, comment="Not yet", repo_type="dataset")
    api.change_discussion_status("me/turns", 1, new_status="closed", repo_type="dataset")
    details = api.get_discussion_details("me/turns", 1, repo_type="dataset")
    assert (details.title, details.status) == ("Add all turns", "closed")
    assert [event.type for event in details.events] == ["comment", "title-change", "comment", "status-change"]
    found = api.get_repo_discussions("me/turns", repo_type="dataset", discussion_status="open")
    assert list(found) == []


@pytest.mark.usefixtures("turns")
def test_the_difference_of_a_pull_request_is_what_git_shows_and_applies(
    api: HfApi, hub: HubAddress, tmp_path: Path
) -> None:
    lines = [f"line {number}\n" for number in range(1, 21)]
    old, new = "".join(lines), "".join([*lines[:9], "another line\n", *lines[10:]])
    commit(
        api,
        CommitOperationAdd("a.txt", old.encode()),
        CommitOperationAdd("gone.txt", b"no end of line"),
        CommitOperationAdd("b.bin", b"1"),
        CommitOperationAdd("long.txt", b"x\n" * 20_000),
    )
    commit(
        api,
        CommitOperationAdd("a.txt", new.encode()),
        CommitOperationDelete("gone.txt"),
        CommitOperationAdd("b.bin", b"2"),
        CommitOperationAdd("data/more data.txt", "a\rb\x85c\r\nZoë".encode()),
        pull=True,
    )
    commit(api, CommitOperationAdd("c.txt", b"4"))  # main moves on: it is no part of the difference
    diff = api.get_discussion_details("me/turns", 1, repo_type="dataset").diff
    assert diff is not None
    assert "@@ -7,7 +7,7 @@\n line 7\n line 8\n line 9\n-line 10\n+another line\n line 11\n" in diff
    assert "deleted file mode 100644" in diff
    assert (
        "-oid sha256:6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b\n+oid sha256:" in diff
    )
    assert "c.txt" not in diff
    clone = tmp_path / "clone"
    assert git("clone", f"{hub.endpoint}/datasets/me/turns", str(clone)).returncode == 0
    assert git("checkout", "HEAD~1", cwd=clone).returncode == 0
    (tmp_path / "pull.diff").write_bytes(diff.encode())
    assert git("apply", "--index", str(tmp_path / "pull.diff"), cwd=clone).returncode == 0
    assert git("fetch", "origin", "refs/pr/1", cwd=clone).returncode == 0
    assert git("diff", "--cached", "FETCH_HEAD", cwd=clone).stdout == ""
    api.merge_pull_request("me/turns", 1, repo_type="dataset")
    assert api.get_discussion_details("me/turns", 1, repo_type="dataset").diff == diff
    commit(api, CommitOperationAdd("long.txt", b"y\n" * 20_000), CommitOperationAdd("z", b"\0"), pull=True)
    diff = api.get_discussion_details("me/turns", 2, repo_type="dataset").diff
    assert diff is not None
    assert diff.endswith("Binary files /dev/null and b/z differ\n")
    assert "Binary files a/long.txt and b/long.txt differ\ndiff --git a/z b/z\nnew file mode" in diff


@pytest.mark.usefixtures("turns")
def test_a_pull_request_without_a_change_and_a_discussion_have_no_difference(api: HfApi) -> None:
    api.create_pull_request("me/turns", "Add turns", repo_type="dataset")
    api.create_discussion("me/turns", "Why turns?", repo_type="dataset")
    assert api.get_discussion_details("me/turns", 1, repo_type="dataset").diff == ""
    assert api.get_discussion_details("me/turns", 2, repo_type="dataset").diff is None


def git(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    settings = ["-c", "credential.helper=", "-c", "core.askPass=true"]
    command = ["git", *settings, *arguments]
    environment = {"GIT_TERMINAL_PROMPT": "0", "PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": "/nonexistent"}
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.usefixtures("turns")
def test_git_clones_what_was_published_and_finds_no_fault(
    api: HfApi, hub: HubAddress, tmp_path: Path
) -> None:
    commit(api, CommitOperationAdd("data/a.txt", b"1"), CommitOperationAdd("b.bin", b"2"))
    api.create_tag("me/turns", tag="v1.0.0", tag_message="First\0", repo_type="dataset")
    api.super_squash_history("me/turns", repo_type="dataset", commit_message="All\0 in one")
    commit(api, CommitOperationAdd("c.txt", b"3"), pull=True)
    for number, url in enumerate(("datasets/me/turns", "datasets/me/turns.git")):
        clone = tmp_path / f"clone{number}"
        assert git("clone", f"{hub.endpoint}/{url}", str(clone)).returncode == 0
        assert (clone / "data/a.txt").read_bytes() == b"1"
        assert (clone / "b.bin").read_text(encoding="ascii").startswith("version https://git-lfs.github.com")
        assert git("tag", cwd=clone).stdout == "v1.0.0\n"
        assert git("fetch", "origin", "refs/pr/1", cwd=clone).returncode == 0
        assert "501" in git("push", cwd=clone).stderr
    for folder in (tmp_path / "clone0", tmp_path / "hub/datasets/me/turns.git"):
        found = git("fsck", "--strict", "--full", "--no-dangling", cwd=folder)
        assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


@pytest.mark.usefixtures("turns")
def test_git_clones_a_private_repository_only_with_the_token(
    api: HfApi, hub: HubAddress, tmp_path: Path
) -> None:
    api.update_repo_settings("me/turns", repo_type="dataset", visibility="private")
    url = f"{hub.endpoint}/datasets/me/turns"
    assert git("clone", url, str(tmp_path / "no")).returncode != 0
    opened = url.replace("http://", f"http://anybody:{hub.token}@")
    assert git("clone", opened, str(tmp_path / "yes")).returncode == 0


@pytest.mark.usefixtures("turns")
def test_a_squashed_branch_holds_the_same_in_one_commit(api: HfApi) -> None:
    commit(api, CommitOperationAdd("a.txt", b"1"))
    commit(api, CommitOperationAdd("b.txt", b"2"))
    api.super_squash_history("me/turns", repo_type="dataset")
    assert len(api.list_repo_commits("me/turns", repo_type="dataset")) == 1
    assert files(api)[1:] == ["a.txt", "b.txt"]
