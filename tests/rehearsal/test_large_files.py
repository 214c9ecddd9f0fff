from __future__ import annotations

import hashlib
import json
import random
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from huggingface_hub import CommitOperationAdd, HfApi

if TYPE_CHECKING:
    from pathlib import Path

    from packager.rehearsal import HubAddress
    from rehearsal.conftest import Ask

CONTENT = b"forty-two bytes that are really not large."
SHA256 = hashlib.sha256(CONTENT).hexdigest()
BATCH = "/datasets/me/turns.git/info/lfs/objects/batch"


def bearer(hub: HubAddress) -> dict[str, str]:
    return {"Authorization": f"Bearer {hub.token}"}


def stored(root: Path) -> list[str]:
    """The files in the store of large files, and what is left of uploads."""
    paths = (*(root / "hub" / "datasets/me/turns.git/lfs").rglob("*"), *(root / "hub/incoming").rglob("*"))
    return sorted(path.name for path in paths if path.is_file())


def offer(hub: HubAddress, ask: Ask, oid: str = SHA256, size: int = len(CONTENT)) -> dict[str, object]:
    fields = {
        "operation": "upload",
        "transfers": ["basic", "multipart"],
        "objects": [{"oid": oid, "size": size}],
        "hash_algo": "sha256",
    }
    answer = ask("POST", BATCH, json.dumps(fields).encode(), bearer(hub))
    assert answer.status == 200
    found = json.loads(answer.body)["objects"][0]
    assert isinstance(found, dict)
    return found


def address(offered: dict[str, object]) -> str:
    actions = offered["actions"]
    assert isinstance(actions, dict)
    parts = urlsplit(actions["upload"]["href"])
    return f"{parts.path}?{parts.query}"


@pytest.mark.usefixtures("turns")
def test_a_large_file_is_stored_once_under_its_sha256(
    api: HfApi, hub: HubAddress, ask: Ask, tmp_path: Path
) -> None:
    operations = [CommitOperationAdd(f"{name}.parquet", CONTENT) for name in "ab"]
    api.create_commit("me/turns", operations, commit_message="Add", repo_type="dataset")
    assert stored(tmp_path) == [SHA256]
    place = tmp_path / "hub/datasets/me/turns.git/lfs" / SHA256[:2] / SHA256[2:4] / SHA256
    assert place.read_bytes() == CONTENT
    assert "actions" not in offer(hub, ask)


@pytest.mark.usefixtures("turns")
def test_preuploaded_files_are_committed_later_without_their_bytes(api: HfApi, tmp_path: Path) -> None:
    operation = CommitOperationAdd("a.parquet", CONTENT)
    api.preupload_lfs_files("me/turns", [operation], repo_type="dataset")
    assert stored(tmp_path) == [SHA256]
    api.create_commit("me/turns", [operation], commit_message="Add", repo_type="dataset")
    found = api.hf_hub_download("me/turns", "a.parquet", repo_type="dataset", local_dir=tmp_path / "down")
    assert (tmp_path / found).read_bytes() == CONTENT


@pytest.mark.usefixtures("turns")
@pytest.mark.parametrize(
    "sent",
    [CONTENT[:-1] + b"!", CONTENT[:-1], CONTENT + b"!", b"", CONTENT * 100_000],
    ids=["other bytes", "too few", "one too many", "none", "many too many"],
)
def test_bytes_that_are_not_what_was_promised_are_refused_and_thrown_away(
    hub: HubAddress, ask: Ask, tmp_path: Path, sent: bytes
) -> None:
    offered = offer(hub, ask)
    try:
        assert ask("PUT", address(offered), sent).status == 400
    except ConnectionError:
        assert len(sent) > 1 << 20, "only an upload that was cut short may miss the answer"
    assert stored(tmp_path) == []
    assert "actions" in offer(hub, ask)
    assert ask("PUT", address(offered), CONTENT).status == 200
    assert stored(tmp_path) == [SHA256]


@pytest.mark.usefixtures("turns")
def test_an_address_for_an_upload_cannot_be_made_or_changed(
    hub: HubAddress, ask: Ask, tmp_path: Path
) -> None:
    good = address(offer(hub, ask))
    other = hashlib.sha256(b"other").hexdigest()
    for bad in (
        good.replace(SHA256, other),
        good.replace("me/turns", "me/other"),
        good.replace("size=42", "size=43"),
        good.replace("signature=", "signature=0"),
        good.split("&signature", maxsplit=1)[0],
        good + "&part=1",
        f"/lfs/datasets/me/turns/{SHA256}",
    ):
        assert ask("PUT", bad, CONTENT).status == 403
        assert ask("POST", bad, b"{}").status == 403
    assert stored(tmp_path) == []
    assert hub.token not in good


@pytest.mark.usefixtures("turns")
def test_a_file_longer_than_a_part_arrives_in_parts(
    api: HfApi, hub: HubAddress, ask: Ask, tmp_path: Path
) -> None:
    content = random.Random(1).randbytes((32 << 20) + 5)
    sha256 = hashlib.sha256(content).hexdigest()
    actions = offer(hub, ask, sha256, len(content))["actions"]
    assert isinstance(actions, dict)
    header = actions["upload"]["header"]
    assert (sorted(header), header["chunk_size"]) == (
        ["00001", "00002", "00003", "chunk_size"],
        str(16 << 20),
    )
    api.upload_file(path_or_fileobj=content, path_in_repo="a.bin", repo_id="me/turns", repo_type="dataset")
    assert stored(tmp_path) == [sha256]
    found = api.hf_hub_download("me/turns", "a.bin", repo_type="dataset", local_dir=tmp_path / "down")
    assert hashlib.sha256((tmp_path / found).read_bytes()).hexdigest() == sha256


@pytest.mark.usefixtures("turns")
def test_parts_that_do_not_make_the_file_are_refused_and_thrown_away(
    hub: HubAddress, ask: Ask, tmp_path: Path
) -> None:
    size = (16 << 20) + 1
    actions = offer(hub, ask, SHA256, size)["actions"]
    assert isinstance(actions, dict)
    complete, *parts = (
        urlsplit(url)
        for url in (actions["upload"]["href"], *(actions["upload"]["header"][f"{n:05d}"] for n in (1, 2)))
    )
    first, last = (f"{part.path}?{part.query}" for part in parts)
    end = f"{complete.path}?{complete.query}"
    assert ask("POST", end, b"{}").status == 400
    assert ask("PUT", first, b"short").status == 400
    assert ask("PUT", last, b"xy").status == 400
    answer = ask("PUT", last, b"x")
    assert answer.status == 200
    assert answer.headers["etag"]
    assert ask("POST", end, b"{}").status == 400
    assert stored(tmp_path) == []


@pytest.mark.usefixtures("turns")
def test_completing_an_upload_twice_is_no_error(hub: HubAddress, ask: Ask) -> None:
    content = bytes((16 << 20) + 1)
    actions = offer(hub, ask, hashlib.sha256(content).hexdigest(), len(content))["actions"]
    assert isinstance(actions, dict)
    for number, start in ((1, 0), (2, 16 << 20)):
        url = urlsplit(actions["upload"]["header"][f"{number:05d}"])
        assert ask("PUT", f"{url.path}?{url.query}", content[start : start + (16 << 20)]).status == 200
    url = urlsplit(actions["upload"]["href"])
    assert [ask("POST", f"{url.path}?{url.query}", b"{}").status for _ in range(2)] == [200, 200]


@pytest.mark.usefixtures("turns")
def test_verifying_tells_whether_a_file_has_arrived(hub: HubAddress, ask: Ask) -> None:
    path = "/api/datasets/me/turns/lfs-verify"
    body = json.dumps({"oid": SHA256, "size": len(CONTENT)}).encode()
    offered = offer(hub, ask)
    assert ask("POST", path, body, bearer(hub)).status == 404
    assert ask("PUT", address(offered), CONTENT).status == 200
    assert ask("POST", path, body, bearer(hub)).status == 200
    assert ask("POST", path, body).status == 401


@pytest.mark.usefixtures("turns")
def test_a_size_that_no_file_has_is_refused(hub: HubAddress, ask: Ask) -> None:
    for size in (-1, 1.5, "1", True, None, 1 << 41, 10**4000):
        fields = {"operation": "upload", "objects": [{"oid": SHA256, "size": size}]}
        assert ask("POST", BATCH, json.dumps(fields).encode(), bearer(hub)).status == 400, size


@pytest.mark.usefixtures("turns")
def test_a_large_file_of_one_repository_is_not_in_another(api: HfApi, hub: HubAddress, ask: Ask) -> None:
    api.create_repo("me/other", repo_type="dataset")
    api.upload_file(path_or_fileobj=CONTENT, path_in_repo="a.bin", repo_id="me/other", repo_type="dataset")
    assert "actions" in offer(hub, ask)
