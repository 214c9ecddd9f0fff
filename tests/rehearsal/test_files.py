from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from huggingface_hub import CommitOperationAdd, HfApi, HfFileSystem, RepoFile
from huggingface_hub.errors import EntryNotFoundError, RevisionNotFoundError

if TYPE_CHECKING:
    from pathlib import Path

    from packager.rehearsal import HubAddress
    from rehearsal.conftest import Ask

LARGE = bytes(range(256)) * 8192  # 2 MB, more than one piece
SMALL = "řádek\n".encode() * 3


@pytest.fixture
def head(api: HfApi, turns: str) -> str:
    """A commit with a small and a large file."""
    operations = [CommitOperationAdd("data/large.bin", LARGE), CommitOperationAdd("small.txt", SMALL)]
    return api.create_commit(turns, operations, commit_message="Add", repo_type="dataset").oid


@pytest.fixture
def files(hub: HubAddress) -> HfFileSystem:
    return HfFileSystem(endpoint=hub.endpoint, token=hub.token, skip_instance_cache=True)


@pytest.mark.usefixtures("head")
def test_a_tree_is_listed_one_folder_at_a_time_or_whole(api: HfApi) -> None:
    def paths(folder: str | None, *, recursive: bool) -> list[str]:
        tree = api.list_repo_tree("me/turns", folder, recursive=recursive, repo_type="dataset")
        return [item.path for item in tree]

    assert paths(None, recursive=False) == [".gitattributes", "data", "small.txt"]
    assert paths(None, recursive=True) == [".gitattributes", "data", "data/large.bin", "small.txt"]
    assert paths("data", recursive=False) == ["data/large.bin"]
    for path in ("missing", "small.txt"):
        with pytest.raises(EntryNotFoundError):
            paths(path, recursive=False)


def test_a_tree_of_many_files_is_listed_in_pages(api: HfApi, turns: str, ask: Ask) -> None:
    operations = [CommitOperationAdd(f"{number % 3}/{number:04d}.txt", b"") for number in range(1100)]
    api.create_commit(turns, operations, commit_message="Add", repo_type="dataset")
    tree = [item.path for item in api.list_repo_tree(turns, repo_type="dataset", recursive=True)]
    assert (len(tree), len(set(tree))) == (1104, 1104)
    expanded = list(api.list_repo_tree(turns, "1", repo_type="dataset", expand=True))
    assert len(expanded) == 367
    assert {item.last_commit.title for item in expanded if item.last_commit} == {"Add"}
    assert ask("GET", "/api/datasets/me/turns/tree/main?cursor=x").status == 400


def test_expanded_entries_tell_the_last_commit_that_changed_them(api: HfApi, turns: str) -> None:
    for path, content in (("a/one", b"1"), ("a/two", b"1"), ("b", b"1"), ("a/one", b"2")):
        api.upload_file(
            path_or_fileobj=content,
            path_in_repo=path,
            repo_id=turns,
            repo_type="dataset",
            commit_message=f"{path} {content.decode()}",
        )
    tree = api.list_repo_tree(turns, repo_type="dataset", recursive=True, expand=True)
    assert {item.path: item.last_commit and item.last_commit.title for item in tree} == {
        ".gitattributes": "initial commit",
        "a": "a/one 2",
        "a/one": "a/one 2",
        "a/two": "a/two 1",
        "b": "b 1",
    }


def test_paths_are_described_and_missing_ones_left_out(api: HfApi, head: str) -> None:
    large, data = api.get_paths_info(
        "me/turns", ["data/large.bin", "no", "data/", ""], repo_type="dataset", revision=head, expand=True
    )
    assert isinstance(large, RepoFile)
    assert (large.path, large.size, data.path) == ("data/large.bin", 2097152, "data")
    assert large.lfs == {
        "size": 2097152,
        "sha256": hashlib.sha256(LARGE).hexdigest(),
        "pointer_size": 132,
    }
    assert large.last_commit is not None
    assert large.last_commit.oid == head


def test_a_file_is_downloaded_at_every_kind_of_revision(api: HfApi, head: str, tmp_path: Path) -> None:
    api.create_tag("me/turns", tag="v1.0.0", repo_type="dataset")
    api.create_branch("me/turns", branch="old/1", repo_type="dataset")
    api.upload_file(path_or_fileobj=b"new", path_in_repo="small.txt", repo_id="me/turns", repo_type="dataset")
    for revision in ("v1.0.0", "old/1", head, "refs/tags/v1.0.0", "refs/heads/old/1"):
        found = api.hf_hub_download("me/turns", "small.txt", repo_type="dataset", revision=revision)
        with open(found, "rb") as file:  # noqa: PTH123 - the client returns a text
            assert file.read() == SMALL
        assert f"/snapshots/{head}/" in found
    with pytest.raises(RevisionNotFoundError):
        api.hf_hub_download("me/turns", "small.txt", repo_type="dataset", revision="v2.0.0")
    with pytest.raises(EntryNotFoundError):
        api.hf_hub_download("me/turns", "data", repo_type="dataset")
    snapshot = api.snapshot_download(
        "me/turns", repo_type="dataset", revision="v1.0.0", local_dir=tmp_path / "s"
    )
    assert snapshot == str(tmp_path / "s")
    assert (tmp_path / "s/data/large.bin").read_bytes() == LARGE


def test_the_headers_of_a_file_are_those_that_clients_read(ask: Ask, head: str) -> None:
    path = "/datasets/me/turns/resolve/main/"
    sha256 = hashlib.sha256(LARGE).hexdigest()
    for method in ("HEAD", "GET"):
        large = ask(method, f"{path}data/large.bin")
        assert large.headers["x-repo-commit"] == head
        assert large.headers["etag"] == large.headers["x-linked-etag"] == f'"{sha256}"'
        assert large.headers["x-linked-size"] == large.headers["content-length"] == "2097152"
        small = ask(method, f"{path}small.txt")
        assert small.headers["etag"] == '"ac629294943213b6f779d932bea44f18e85b26b1"'
        assert "x-linked-etag" not in small.headers
        assert (small.status, len(small.body)) == (200, 0 if method == "HEAD" else 24)
    missing = ask("HEAD", f"{path}missing.txt")
    assert (missing.status, missing.headers["x-error-code"]) == (404, "EntryNotFound")
    assert missing.headers["x-repo-commit"] == head


@pytest.mark.usefixtures("head")
def test_a_part_of_a_file_is_sent_alone(ask: Ask) -> None:
    for path, content in (("data/large.bin", LARGE), ("small.txt", SMALL)):
        for asked, status, expected in (
            ("bytes=0-9", 206, content[:10]),
            ("bytes=5-", 206, content[5:]),
            ("bytes=-7", 206, content[-7:]),
            ("bytes=3-99999999", 206, content[3:]),
            ("bytes=-99999999", 206, content),
            ("bytes=0-0,2-3", 200, content),
            ("bytes=-", 200, content),
            ("lines=1-2", 200, content),
            (f"bytes={'9' * 30}-", 200, content),
        ):
            answer = ask("GET", f"/datasets/me/turns/resolve/main/{path}", headers={"Range": asked})
            assert (answer.status, answer.body) == (status, expected), asked
        for asked in ("bytes=99999999-", "bytes=-0"):
            answer = ask("GET", f"/datasets/me/turns/resolve/main/{path}", headers={"Range": asked})
            assert (answer.status, answer.headers["content-range"]) == (416, f"bytes */{len(content)}")


@pytest.mark.usefixtures("head")
def test_the_file_system_lists_reads_and_finds(files: HfFileSystem) -> None:
    assert files.ls("datasets/me/turns", detail=False) == [
        "datasets/me/turns/.gitattributes",
        "datasets/me/turns/data",
        "datasets/me/turns/small.txt",
    ]
    assert files.glob("hf://datasets/me/turns/**/*.bin") == ["datasets/me/turns/data/large.bin"]
    assert files.read_text("datasets/me/turns@main/small.txt") == SMALL.decode()
    with pytest.raises(FileNotFoundError):
        files.read_text("datasets/me/turns@nope/small.txt")
    with files.open("datasets/me/turns/data/large.bin", "rb", block_size=4096) as file:
        file.seek(1_000_000)
        assert file.read(10) == LARGE[1_000_000:1_000_010]
    assert files.info("datasets/me/turns/small.txt", expand_info=True)["last_commit"].title == "Add"


@pytest.mark.usefixtures("turns")
def test_the_file_system_writes_and_removes(files: HfFileSystem, api: HfApi) -> None:
    with files.open("datasets/me/turns/new/a.txt", "w") as file:
        file.write("text")
    files.cp_file("datasets/me/turns/new/a.txt", "datasets/me/turns/new/b.txt")
    files.rm("datasets/me/turns/new/a.txt")
    assert api.list_repo_files("me/turns", repo_type="dataset") == [".gitattributes", "new/b.txt"]
    assert files.read_text("datasets/me/turns/new/b.txt") == "text"
