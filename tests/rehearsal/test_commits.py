from __future__ import annotations

import base64
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from huggingface_hub import CommitOperationAdd, CommitOperationCopy, CommitOperationDelete, HfApi, RepoFile
from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, RevisionNotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from huggingface_hub import CommitInfo

    from packager.rehearsal import HubAddress
    from rehearsal.conftest import Ask

    Operation = CommitOperationAdd | CommitOperationCopy | CommitOperationDelete


def commit(api: HfApi, operations: Sequence[Operation], parent: str | None = None) -> CommitInfo:
    return api.create_commit(
        "me/turns", operations, commit_message="Change", repo_type="dataset", parent_commit=parent
    )


def add(api: HfApi, **files: bytes) -> CommitInfo:
    return commit(
        api, [CommitOperationAdd(name.replace("__", "/"), content) for name, content in files.items()]
    )


def described(api: HfApi, *paths: str) -> list[RepoFile]:
    found = api.get_paths_info("me/turns", list(paths), repo_type="dataset")
    return [entry for entry in found if isinstance(entry, RepoFile)]


def listed(api: HfApi, revision: str = "main") -> list[str]:
    return api.list_repo_files("me/turns", repo_type="dataset", revision=revision)[1:]


def lines(*items: tuple[str, dict[str, object]], summary: str = "Change") -> bytes:
    header: tuple[str, dict[str, object]] = ("header", {"summary": summary})
    return b"".join(
        json.dumps({"key": key, "value": value}).encode() + b"\n" for key, value in (header, *items)
    )


def bearer(hub: HubAddress) -> dict[str, str]:
    return {"Authorization": f"Bearer {hub.token}"}


@pytest.mark.usefixtures("turns")
def test_one_commit_holds_small_and_large_files_and_names_its_place(api: HfApi, hub: HubAddress) -> None:
    made = commit(
        api,
        [
            CommitOperationAdd("notes.txt", b"small"),
            CommitOperationAdd("data/train.parquet", b"large by its name"),
            CommitOperationAdd("long.txt", b"large by its size." * 600_000),
        ],
    )
    assert made.commit_url == f"{hub.endpoint}/datasets/me/turns/commit/{made.oid}"
    assert made.repo_url.repo_id == "me/turns"
    modes = {
        entry.path: entry.lfs is not None
        for entry in described(api, "notes.txt", "data/train.parquet", "long.txt")
    }
    assert modes == {"notes.txt": False, "data/train.parquet": True, "long.txt": True}


@pytest.mark.usefixtures("turns")
def test_a_file_of_ten_million_bytes_is_large_and_one_byte_less_is_small(api: HfApi) -> None:
    add(api, at=b"x" * 10_000_000, below=b"x" * 9_999_999)
    at, below = described(api, "at", "below")
    assert (at.lfs is not None, below.lfs is not None) == (True, False)


@pytest.mark.usefixtures("turns")
def test_the_attributes_of_the_repository_decide_what_is_large(api: HfApi) -> None:
    add(api, **{".gitattributes": b"*.txt filter=lfs diff=lfs merge=lfs -text\nraw/** !filter\n"})
    add(api, **{"a.txt": b"a", "a.parquet": b"a", "raw__a.txt": b"a"})
    entries = described(api, "a.txt", "a.parquet", "raw/a.txt")
    assert [entry.lfs is not None for entry in entries] == [True, False, False]


@pytest.mark.usefixtures("turns")
def test_the_gitignore_of_the_repository_leaves_files_out(api: HfApi) -> None:
    add(api, **{".gitignore": b"*.tmp\n"})
    add(api, **{"a.tmp": b"a", "a.txt": b"a"})
    assert listed(api) == [".gitignore", "a.txt"]


@pytest.mark.usefixtures("turns")
def test_files_and_folders_are_deleted_in_the_commit_that_adds_others(api: HfApi) -> None:
    add(api, old=b"1", data__a=b"2", data__deep__b=b"3", kept__c=b"4")
    first = api.dataset_info("me/turns").sha
    commit(
        api,
        [
            CommitOperationDelete("old"),
            CommitOperationDelete("data/"),
            CommitOperationAdd("data/new", b"5"),
        ],
    )
    assert listed(api) == ["data/new", "kept/c"]
    assert first is not None
    assert listed(api, first) == ["data/a", "data/deep/b", "kept/c", "old"]


@pytest.mark.usefixtures("turns")
def test_a_folder_goes_with_its_last_file(api: HfApi) -> None:
    add(api, a__b__c=b"1", d=b"2")
    commit(api, [CommitOperationDelete("a/b/c")])
    tree = api.list_repo_tree("me/turns", repo_type="dataset", recursive=True)
    assert [item.path for item in tree] == [".gitattributes", "d"]


@pytest.mark.usefixtures("turns")
def test_deleting_what_is_not_there_changes_nothing(api: HfApi) -> None:
    head = add(api, data__a=b"1").oid
    for path, is_folder in (
        ("missing", False),
        ("missing", True),
        ("data/a", True),
        ("data/a/b", False),
    ):
        operations: list[Operation] = [CommitOperationAdd("new", b"1")]
        operations.append(CommitOperationDelete(path, is_folder=is_folder))
        with pytest.raises(EntryNotFoundError):
            commit(api, operations)
    with pytest.raises(HfHubHTTPError, match="422"):
        commit(api, [CommitOperationDelete("data//a")])
    assert api.dataset_info("me/turns").sha == head


@pytest.mark.usefixtures("turns")
def test_a_file_cannot_stand_where_a_folder_stands(api: HfApi) -> None:
    head = add(api, data__a=b"1", file=b"2").oid
    for path in ("data", "file/below"):
        with pytest.raises(HfHubHTTPError, match="422"):
            commit(api, [CommitOperationAdd(path, b"x")])
    assert api.dataset_info("me/turns").sha == head
    commit(api, [CommitOperationDelete("data/"), CommitOperationAdd("data", b"now a file")])
    assert listed(api) == ["data", "file"]


@pytest.mark.usefixtures("turns")
def test_large_and_small_files_are_copied_within_a_repository(api: HfApi) -> None:
    add(api, **{"a.parquet": b"large", "a.txt": b"small"})
    commit(api, [CommitOperationCopy("a.parquet", "b/c.parquet"), CommitOperationCopy("a.txt", "b/c.txt")])
    one, two, three, four = described(api, "a.parquet", "b/c.parquet", "a.txt", "b/c.txt")
    assert (one.blob_id, three.blob_id) == (two.blob_id, four.blob_id)


@pytest.mark.usefixtures("turns")
def test_unchanged_files_make_no_commit(api: HfApi) -> None:
    head = add(api, **{"a.parquet": b"large", "a.txt": b"small"}).oid
    assert add(api, **{"a.parquet": b"large", "a.txt": b"small"}).oid == head
    assert len(api.list_repo_commits("me/turns", repo_type="dataset")) == 2


@pytest.mark.usefixtures("turns")
def test_an_empty_file_is_kept_as_it_is(api: HfApi) -> None:
    add(api, **{"empty.parquet": b"", "empty.txt": b""})
    entries = described(api, "empty.parquet", "empty.txt")
    assert [(entry.size, entry.lfs) for entry in entries] == [(0, None), (0, None)]


@pytest.mark.usefixtures("turns")
def test_a_commit_on_a_stale_parent_is_refused_and_changes_nothing(api: HfApi) -> None:
    stale = api.dataset_info("me/turns").sha
    head = add(api, one=b"1").oid
    with pytest.raises(HfHubHTTPError, match="A commit has happened since") as caught:
        commit(api, [CommitOperationAdd("two", b"2")], parent=stale)
    assert caught.value.response is not None
    assert caught.value.response.status_code == 412
    assert api.dataset_info("me/turns").sha == head
    assert commit(api, [CommitOperationAdd("two", b"2")], parent=head[:7]).oid != head
    assert listed(api) == ["one", "two"]


def race(hub: HubAddress, parent: str | None) -> list[str]:
    """Let eight writers commit at once; return the outcome of each."""
    start = threading.Barrier(8)

    def write(number: int) -> str:
        api = HfApi(endpoint=hub.endpoint, token=hub.token)
        operation = CommitOperationAdd(f"{number}.txt", b"%d" % number)
        start.wait()
        try:
            commit(api, [operation], parent)
        except HfHubHTTPError as error:
            return str(error.response.status_code)
        return "made"

    with ThreadPoolExecutor(8) as pool:
        return sorted(pool.map(write, range(8)))


@pytest.mark.usefixtures("turns")
def test_of_eight_racing_commits_with_one_parent_exactly_one_is_made(api: HfApi, hub: HubAddress) -> None:
    assert race(hub, api.dataset_info("me/turns").sha) == ["412"] * 7 + ["made"]
    assert len(api.list_repo_commits("me/turns", repo_type="dataset")) == 2
    assert len(listed(api)) == 1


@pytest.mark.usefixtures("turns")
def test_of_eight_racing_commits_without_a_parent_none_is_lost(api: HfApi, hub: HubAddress) -> None:
    assert race(hub, None) == ["made"] * 8
    assert len(api.list_repo_commits("me/turns", repo_type="dataset")) == 9
    assert listed(api) == [f"{number}.txt" for number in range(8)]


@pytest.mark.usefixtures("turns")
def test_only_a_branch_can_be_committed_to(api: HfApi) -> None:
    head = add(api, one=b"1").oid
    api.create_tag("me/turns", tag="v1", repo_type="dataset")
    for revision in ("v1", head, "nope"):
        with pytest.raises(RevisionNotFoundError):
            api.create_commit(
                "me/turns",
                [CommitOperationAdd("two", b"2")],
                commit_message="x",
                repo_type="dataset",
                revision=revision,
            )
    assert listed(api) == ["one"]


@pytest.mark.usefixtures("turns")
def test_a_commit_keeps_every_letter_of_its_message_and_paths(api: HfApi) -> None:
    api.create_commit(
        "me/turns",
        [CommitOperationAdd("čeština/ř 1%2F?#.txt", "žluť".encode())],
        commit_message="Přidej žluťoučké",
        commit_description="… a víc",
        repo_type="dataset",
    )
    newest = api.list_repo_commits("me/turns", repo_type="dataset")[0]
    assert (newest.title, newest.message) == ("Přidej žluťoučké", "… a víc")
    assert listed(api) == ["čeština/ř 1%2F?#.txt"]


BAD_LINES: dict[str, bytes] = {
    "no lines": b"",
    "no header": lines(("deletedFile", {"path": ".gitattributes"})).split(b"\n", 1)[1],
    "two headers": lines(("header", {"summary": "Again"})),
    "no summary": lines(summary="  "),
    "no JSON": b"{\n",
    "no object": b"[]\n",
    "no value": b'{"key": "header"}\n',
    "deep JSON": b"[" * 100_000,
    "unknown operation": lines(("rename", {"path": "a"})),
    "no path": lines(("file", {"content": ""})),
    "path of another type": lines(("file", {"path": 1, "content": ""})),
    "no base64": lines(("file", {"path": "a", "content": "é", "encoding": "base64"})),
    "lone surrogate": b'{"key":"header","value":{"summary":"s"}}\n'
    b'{"key":"file","value":{"path":"a\\ud800","content":"","encoding":"utf-8"}}\n',
    "bytes that have not arrived": lines(("lfsFile", {"path": "a", "oid": "0" * 64, "size": 1})),
    "copy of what is not there": lines(("lfsFile", {"path": "a", "oid": "0" * 64})),
    "no sha256": lines(("lfsFile", {"path": "a", "oid": "../../../etc/passwd", "size": 1})),
    "size of another type": lines(("lfsFile", {"path": "a", "oid": "0" * 64, "size": "1"})),
    "pointer to bytes that have not arrived": lines(
        (
            "file",
            {
                "path": "a",
                "encoding": "base64",
                "content": base64.b64encode(
                    b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 1\n"
                ).decode(),
            },
        )
    ),
}


def test_a_commit_that_cannot_be_understood_is_refused(
    api: HfApi, hub: HubAddress, turns: str, ask: Ask
) -> None:
    path = "/api/datasets/me/turns/commit/main"
    answers = {name: ask("POST", path, body, bearer(hub)).status for name, body in BAD_LINES.items()}
    assert answers == dict.fromkeys(BAD_LINES, 400)
    assert len(api.list_repo_commits(turns, repo_type="dataset")) == 1


@pytest.mark.usefixtures("turns")
def test_a_line_longer_than_any_small_file_is_refused(hub: HubAddress, ask: Ask) -> None:
    for body in (
        lines(("file", {"path": "a", "content": "x" * (17 << 20)})),
        lines(("file", {"path": "a", "content": "x" * 10_000_000})),
    ):
        assert ask("POST", "/api/datasets/me/turns/commit/main", body, bearer(hub)).status == 413


@pytest.mark.usefixtures("turns")
def test_text_can_be_sent_as_it_is(api: HfApi, hub: HubAddress, ask: Ask, tmp_path: Path) -> None:
    body = lines(("file", {"path": "a.txt", "content": "žluť", "encoding": "utf-8"}))
    assert ask("POST", "/api/datasets/me/turns/commit/main", body, bearer(hub)).status == 200
    found = api.hf_hub_download("me/turns", "a.txt", repo_type="dataset", local_dir=tmp_path)
    assert (tmp_path / found).read_text(encoding="utf-8") == "žluť"
