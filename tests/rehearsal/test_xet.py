"""The chunked protocol, spoken by `hf_xet` itself; and what it would never say, sent by hand."""

from __future__ import annotations

import hashlib
import json
import os
import random
import struct
import subprocess
import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from blake3 import blake3
from huggingface_hub import CommitOperationAdd, HfApi, constants
from lz4 import frame

from packager.rehearsal import collect_garbage, export_lines, measure_commits, run_hub
from packager.rehearsal.account import Accounts
from packager.rehearsal.xet.hashes import from_text, hash_chunk, hash_file, hash_range, hash_xorb, to_text

if TYPE_CHECKING:
    from pathlib import Path

    from packager.rehearsal import HubAddress
    from rehearsal.conftest import Ask

CHUNK = b"one chunk that is smaller than any that a client would cut. " * 100
TOKENS = "/api/datasets/me/turns/xet-{}-token/main"

CLIENT = """
import sys
from pathlib import Path
from huggingface_hub import HfApi
api = HfApi()
for path in sys.argv[1:]:
    name = Path(path).name
    api.upload_file(path_or_fileobj=path, path_in_repo=name, repo_id="me/turns", repo_type="dataset")
"""


@pytest.fixture
def xet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the clients of this process use `hf_xet`."""
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", False)


def upload_fresh(hub: HubAddress, home: Path, *files: Path) -> None:
    """Upload from a process that remembers nothing of what was sent before."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    environment |= dict(line.split("=", 1) for line in export_lines(hub))
    environment |= {"HF_HOME": str(home), "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    command = [sys.executable, "-c", CLIENT, *map(str, files)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def noise(seed: int, size: int) -> bytes:
    return random.Random(seed).randbytes(size)


def packed(root: Path) -> int:
    """How many bytes of packed chunks the Hub keeps."""
    files = (root / "hub/xet/xorbs").rglob("*")
    return sum(file.stat().st_size for file in files if file.is_file() and not file.suffix)


def fetch(api: HfApi, path: str, folder: Path) -> bytes:
    found = api.hf_hub_download("me/turns", path, repo_type="dataset", local_dir=folder)
    return (folder / found).read_bytes()


# --- by the real engine --------------------------------------------------------------------------------


@pytest.mark.usefixtures("turns", "xet")
def test_a_file_goes_up_in_chunks_and_comes_down_the_same(api: HfApi, tmp_path: Path) -> None:
    content = noise(1, 3_000_000) + b"abcd" * 250_000 + struct.pack("<200000f", *range(200_000))
    api.upload_file(path_or_fileobj=content, path_in_repo="a.bin", repo_id="me/turns", repo_type="dataset")
    (info,) = api.get_paths_info("me/turns", ["a.bin"], repo_type="dataset")
    assert info.xet_hash is not None  # type: ignore[union-attr]
    assert list((tmp_path / "hub/datasets/me/turns.git/lfs").rglob("*")) == []
    assert 3_000_000 < packed(tmp_path) < 4_000_000
    assert fetch(api, "a.bin", tmp_path / "down") == content


@pytest.mark.usefixtures("turns")
def test_each_way_up_can_be_read_by_each_way_down(
    api: HfApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = {"lfs.bin": noise(1, 400_000), "xet.bin": noise(2, 400_000)}
    for path, content in contents.items():
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", path == "lfs.bin")
        api.upload_file(path_or_fileobj=content, path_in_repo=path, repo_id="me/turns", repo_type="dataset")
    advertised = {
        info.path: info.xet_hash is not None  # type: ignore[union-attr]
        for info in api.get_paths_info("me/turns", list(contents), repo_type="dataset")
    }
    assert advertised == {"lfs.bin": False, "xet.bin": True}
    for is_disabled in (False, True):
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", is_disabled)
        for path, content in contents.items():
            assert fetch(api, path, tmp_path / f"down-{is_disabled}") == content


@pytest.mark.usefixtures("turns", "xet")
def test_any_range_of_a_chunked_file_is_sent_to_who_asks_over_http(api: HfApi, ask: Ask) -> None:
    content = noise(3, 1_000_000)
    api.upload_file(path_or_fileobj=content, path_in_repo="a.bin", repo_id="me/turns", repo_type="dataset")
    for first, last in ((0, 0), (0, 999_999), (131_071, 131_072), (500_000, 700_001), (999_999, 999_999)):
        answer = ask(
            "GET", "/datasets/me/turns/resolve/main/a.bin", headers={"Range": f"bytes={first}-{last}"}
        )
        assert (answer.status, answer.body == content[first : last + 1]) == (206, True), (first, last)


@pytest.mark.usefixtures("turns")
def test_a_client_that_remembers_nothing_sends_only_new_chunks(hub: HubAddress, tmp_path: Path) -> None:
    content = noise(4, 4_000_000)
    first, second = tmp_path / "first.bin", tmp_path / "second.bin"
    first.write_bytes(content)
    upload_fresh(hub, tmp_path / "home1", first)
    before = packed(tmp_path)
    second.write_bytes(content[:2_000_000] + b"inserted" + content[2_000_000:])
    upload_fresh(hub, tmp_path / "home2", second)
    assert 4_000_000 <= before < 4_010_000
    assert 0 < packed(tmp_path) - before < 400_000


@pytest.mark.usefixtures("turns", "xet")
def test_a_file_of_one_repository_is_not_in_another(api: HfApi, hub: HubAddress, ask: Ask) -> None:
    content = noise(5, 300_000)
    api.upload_file(path_or_fileobj=content, path_in_repo="a.bin", repo_id="me/turns", repo_type="dataset")
    (info,) = api.get_paths_info("me/turns", ["a.bin"], repo_type="dataset")
    api.create_repo("me/other", repo_type="dataset")
    token = json.loads(ask("GET", TOKENS.format("read").replace("turns", "other")).body)
    path = f"{urlsplit(token['casUrl']).path}/v1/reconstructions/{info.xet_hash}"  # type: ignore[union-attr]
    assert ask("GET", path, headers={"Authorization": f"Bearer {token['accessToken']}"}).status == 404
    operation = {"path": "a.bin", "oid": hashlib.sha256(content).hexdigest(), "size": len(content)}
    body = "\n".join(
        json.dumps({"key": key, "value": value})
        for key, value in (("header", {"summary": "x"}), ("lfsFile", operation))
    )
    headers = {"Authorization": f"Bearer {hub.token}"}
    assert ask("POST", "/api/datasets/me/other/commit/main", body.encode(), headers).status == 400


@pytest.mark.usefixtures("xet")
def test_a_wiped_store_is_not_mistaken_for_the_one_before(tmp_path: Path) -> None:
    content = noise(6, 300_000)
    for root in ("one", "two"):
        with run_hub(tmp_path / root, port=0) as address:
            api = HfApi(endpoint=address.endpoint, token=address.token)
            api.create_repo("me/turns", repo_type="dataset")
            api.upload_file(
                path_or_fileobj=content, path_in_repo="a.bin", repo_id="me/turns", repo_type="dataset"
            )
            assert fetch(api, "a.bin", tmp_path / f"down-{root}") == content


@pytest.mark.usefixtures("xet")
def test_new_bytes_are_counted_by_commit_and_garbage_is_collected(tmp_path: Path) -> None:
    content = noise(7, 1_000_000)
    with run_hub(tmp_path / "hub") as address:
        api = HfApi(endpoint=address.endpoint, token=address.token)
        api.create_repo("me/turns", repo_type="dataset")
        api.upload_file(
            path_or_fileobj=content, path_in_repo="a.bin", repo_id="me/turns", repo_type="dataset"
        )
        operations = [CommitOperationAdd("b.bin", content), CommitOperationAdd("b.txt", b"12345")]
        api.create_commit("me/turns", operations, commit_message="Copy", repo_type="dataset")
        api.create_tag("me/turns", tag="v1.0.0", repo_type="dataset")
        unused = CommitOperationAdd("c.bin", noise(8, 500_000))
        api.preupload_lfs_files("me/turns", [unused], repo_type="dataset")
    costs = measure_commits(tmp_path / "hub")
    assert [(cost.title, cost.tags, cost.files, cost.size) for cost in costs[1:]] == [
        ("Upload a.bin with huggingface_hub", (), 1, 1_000_000),
        ("Copy", ("v1.0.0",), 2, 1_000_005),
    ]
    assert 1_000_000 <= costs[1].new_bytes < 1_001_000
    assert costs[2].new_bytes == 5
    collected = collect_garbage(tmp_path / "hub")
    assert 500_000 <= collected.size < 510_000
    assert collect_garbage(tmp_path / "hub").files == 0
    with run_hub(tmp_path / "hub") as address:
        api = HfApi(endpoint=address.endpoint, token=address.token)
        assert fetch(api, "b.bin", tmp_path / "down") == content
        # The client remembers having sent this; the store's new name tells it that this was elsewhere.
        api.upload_file(
            path_or_fileobj=noise(8, 500_000), path_in_repo="c.bin", repo_id="me/turns", repo_type="dataset"
        )
        assert fetch(api, "c.bin", tmp_path / "down") == noise(8, 500_000)


# --- by hand -------------------------------------------------------------------------------------------


class Store:
    """Speaks to the store as `hf_xet` does, but says what it is told to."""

    def __init__(self, ask: Ask, hub: HubAddress, scope: str = "write") -> None:
        headers = {"Authorization": f"Bearer {hub.token}"}
        self.token = json.loads(ask("GET", TOKENS.format(scope), headers=headers).body)
        self.path = urlsplit(self.token["casUrl"]).path
        self._ask = ask

    def send(self, method: str, path: str, body: bytes = b"", token: str | None = None) -> tuple[int, str]:
        headers = {"Authorization": f"Bearer {token or self.token['accessToken']}"}
        answer = self._ask(method, f"{self.path}{path}", body, headers)
        return answer.status, answer.body.decode("utf-8", "replace")

    def send_xorb(self, digest: bytes, body: bytes) -> tuple[int, str]:
        return self.send("POST", f"/v1/xorbs/default/{to_text(digest)}", body)


def chunk(content: bytes = CHUNK, *, scheme: int = 1, length: int | None = None, version: int = 0) -> bytes:
    body = frame.compress(content) if scheme else content
    size = len(content) if length is None else length
    return (
        bytes([version])
        + len(body).to_bytes(3, "little")
        + bytes([scheme])
        + size.to_bytes(3, "little")
        + body
    )


def shard(
    *,
    digest: bytes | None = None,
    xorb: bytes | None = None,
    length: int = len(CHUNK),
    last: int = 1,
    proof: bytes | None = None,
    sha256: bytes | None = None,
) -> bytes:
    """A shard with one file of one chunk; each part may be made to lie."""
    chunks = [(hash_chunk(CHUNK), len(CHUNK))]
    tag = b"HFRepoMetaData\x00" + bytes.fromhex("556967456a7b815783a5bdd95ccdd14aa9")
    own = from_text(hashlib.sha256(CHUNK).hexdigest())
    return b"".join(
        [
            tag + struct.pack("<QQ", 2, 0),
            struct.pack("<32sII8x", digest or hash_file(chunks), 3 << 30, 1),
            struct.pack("<32s4xIII", xorb or hash_xorb(chunks), length, 0, last),
            (proof or hash_range([hash_chunk(CHUNK)])).ljust(48, b"\0"),
            (sha256 or own).ljust(48, b"\0"),
            b"\xff" * 32 + bytes(16),
        ]
    )


XORB = hash_chunk(CHUNK)


@pytest.mark.usefixtures("turns")
def test_a_xorb_that_is_not_what_its_hash_says_is_refused(hub: HubAddress, ask: Ask, tmp_path: Path) -> None:
    store = Store(ask, hub)
    other = b"other" * 20
    for body, said in (
        (chunk(other), "The hash of the xorb received is"),
        (b"", "The hash of the xorb received is"),
        (chunk()[:-3], "ends within a chunk"),
        (chunk()[:5], "ends within a chunk"),
        (chunk(length=len(CHUNK) - 1), "does not have the length"),
        (chunk(length=0), "has a header that no chunk has"),
        (chunk(version=1), "has a header that no chunk has"),
        (chunk()[:8] + bytes(len(chunk()) - 8), "cannot be unpacked"),
        (chunk(scheme=7), "packed in an unknown way"),
        (chunk(bytes(1 << 20), length=100), "does not have the length"),
    ):
        status, answer = store.send_xorb(XORB, body)
        assert status == 400, said
        assert said in answer
    assert packed(tmp_path) == 0
    assert list((tmp_path / "hub/incoming").iterdir()) == []
    assert store.send_xorb(XORB, chunk() + b"XETBLOB and what clients append") == (
        200,
        '{"was_inserted":true}',
    )
    assert store.send_xorb(XORB, chunk(scheme=0)) == (200, '{"was_inserted":false}')
    assert packed(tmp_path) == len(chunk())


@pytest.mark.usefixtures("turns")
def test_a_xorb_may_be_full_of_what_cannot_be_compressed(hub: HubAddress, ask: Ask, tmp_path: Path) -> None:
    content = noise(9, 128 << 10)
    chunks = [(hash_chunk(content), len(content))] * 512  # 64 MiB: with their headers they are more
    store = Store(ask, hub)
    assert store.send_xorb(hash_xorb(chunks), chunk(content, scheme=0) * 512)[0] == 200
    assert packed(tmp_path) == (64 << 20) + 512 * 8
    chunks.append(chunks[0])
    assert store.send_xorb(hash_xorb(chunks), chunk(content, scheme=0) * 513)[0] == 400


@pytest.mark.usefixtures("turns")
def test_a_shard_that_lies_about_a_file_is_refused(hub: HubAddress, ask: Ask, tmp_path: Path) -> None:
    store = Store(ask, hub)
    assert store.send("POST", "/v1/shards", shard())[0] == 400  # its xorb has not arrived
    store.send_xorb(XORB, chunk())
    wrong = b"w" * 32
    for body, said in (
        (shard(digest=wrong), "make another file"),
        (shard(xorb=wrong), "has not arrived"),
        (shard(length=7), "does not have the length"),
        (shard(last=2), "names chunks that the xorb"),
        (shard(proof=wrong), "is not proven"),
        (shard(sha256=wrong), "The sha256 of the file"),
        (shard()[:-48], "ends before its bookend"),
        (b"nothing like it" * 10, "This is no shard"),
    ):
        status, answer = store.send("POST", "/v1/shards", body)
        assert (status, said in answer) == (400, True), answer
    assert list((tmp_path / "hub/xet").glob("files/*/*")) == []
    assert store.send("POST", "/v1/shards", shard()) == (200, '{"result":1}')


@pytest.mark.usefixtures("turns")
def test_tokens_of_the_store_are_checked_and_expire(hub: HubAddress, ask: Ask) -> None:
    store, reading = Store(ask, hub), Store(ask, hub, "read")
    assert store.send_xorb(XORB, chunk())[0] == 200
    assert reading.send_xorb(XORB, chunk())[0] == 403
    fields = {"kind": "datasets", "repository": "me/turns", "scope": "write", "expires": "1000"}
    for token in (
        hub.token,
        "xet_.",
        "xet_e30=.0",
        store.token["accessToken"] + "0",
        Accounts("hf_another").write_pass({**fields, "expires": "99999999999"}),
    ):
        status, answer = store.send("GET", f"/v1/chunks/default/{'0' * 64}", token=token)
        assert (status, "no token of this Hub" in answer) == (401, True), token
    expired = Accounts(hub.token).write_pass(fields)
    status, answer = store.send("GET", f"/v1/chunks/default/{'0' * 64}", token=expired)
    assert (status, "has expired" in answer) == (401, True)
    assert ask("GET", TOKENS.format("write")).status == 401


@pytest.mark.usefixtures("turns")
def test_the_address_of_a_xorb_is_signed_and_expires(hub: HubAddress, ask: Ask) -> None:
    store = Store(ask, hub)
    store.send_xorb(XORB, chunk())
    store.send("POST", "/v1/shards", shard())
    digest = to_text(hash_file([(XORB, len(CHUNK))]))
    plan = json.loads(store.send("GET", f"/v1/reconstructions/{digest}")[1])
    (place,) = plan["fetch_info"][to_text(XORB)]
    url = urlsplit(place["url"])
    assert ask("GET", f"{url.path}?{url.query}").body == chunk()
    assert ask("GET", f"{url.path}?{url.query.replace('signature=', 'signature=0')}").status == 403
    assert ask("GET", url.path).status == 403
    old = Accounts(hub.token).sign(url.path, {"expires": "1000"})
    assert ask("GET", f"{url.path}?expires=1000&signature={old}").status == 403


def test_hashes_are_those_of_the_specification() -> None:
    key = bytes.fromhex("6697f5775b9550de3135cbaca597181c9de421109beb2b58b4d0b04b93adf229")
    assert hash_chunk(b"x") == blake3(b"x", key=key).digest()
    one = hash_chunk(b"x")
    assert hash_xorb([(one, 1)]) == one
    assert hash_file([(one, 1)]) == blake3(one, key=bytes(32)).digest()
    assert (hash_xorb([]), hash_file([])) == (bytes(32), bytes(32))
    text = "0706050403020100" + "0f0e0d0c0b0a0908" + "1716151413121110" + "1f1e1d1c1b1a1918"
    assert to_text(bytes(range(32))) == text
    assert from_text(text) == bytes(range(32))
