"""Large files as `git lfs` fetches them: with that program where it is installed, else in its words."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from huggingface_hub import CommitOperationAdd, HfApi, constants

from packager.rehearsal import Role, Token, run_hub

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packager.rehearsal import HubAddress
    from rehearsal.conftest import Answer, Ask

CONTENT = b"forty-two bytes that are really not large."
SHA256 = hashlib.sha256(CONTENT).hexdigest()
BATCH = "/datasets/me/turns.git/info/lfs/objects/batch"
JSON = "application/vnd.git-lfs+json"
GUEST = Token("hf_guest", Role.NONE)
GIT_LFS = shutil.which("git-lfs")


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubAddress]:
    with run_hub(tmp_path / "hub", others=[GUEST]) as address:
        yield address


@pytest.fixture(params=[True, False], ids=["lfs", "xet"])
def published(request: pytest.FixtureRequest, api: HfApi, turns: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A data set with one large file, sent whole or in chunks."""
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", request.param)
    api.create_commit(
        turns, [CommitOperationAdd("data/a.parquet", CONTENT)], commit_message="Add", repo_type="dataset"
    )
    return turns


def fetch(ask: Ask, token: str | None = None, **changes: object) -> Answer:
    """Ask for the file as git-lfs does."""
    fields = {
        "operation": "download",
        "transfers": ["lfs-standalone-file", "basic", "ssh"],
        "ref": {"name": "refs/heads/main"},
        "objects": [{"oid": SHA256, "size": len(CONTENT)}],
        "hash_algo": "sha256",
        **changes,
    }
    headers = {"Accept": JSON, "Content-Type": f"{JSON}; charset=utf-8"}
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
    return ask("POST", BATCH, json.dumps(fields).encode(), headers)


def address(answer: Answer) -> str:
    parts = urlsplit(json.loads(answer.body)["objects"][0]["actions"]["download"]["href"])
    return f"{parts.path}?{parts.query}"


@pytest.mark.usefixtures("published")
def test_a_large_file_is_fetched_whole_and_in_part(ask: Ask) -> None:
    answer = fetch(ask)
    found: dict[str, Any] = json.loads(answer.body)
    assert (answer.status, answer.headers["content-type"]) == (200, JSON)
    assert (found["transfer"], found["hash_algo"]) == ("basic", "sha256")
    (item,) = found["objects"]
    assert (item["oid"], item["size"], item["actions"]["download"]["expires_in"]) == (SHA256, 42, 3600)
    assert ask("GET", address(answer)).body == CONTENT
    part = ask("GET", address(answer), headers={"Range": "bytes=10-19"})
    assert (part.status, part.body) == (206, CONTENT[10:20])
    assert part.headers["content-range"] == "bytes 10-19/42"
    assert ask("GET", address(answer), headers={"Range": "bytes=42-"}).status == 416


@pytest.mark.usefixtures("published")
def test_each_file_that_the_repository_does_not_have_is_answered_by_itself(api: HfApi, ask: Ask) -> None:
    api.create_repo("me/other", repo_type="dataset")
    api.upload_file(path_or_fileobj=b"other", path_in_repo="b.bin", repo_id="me/other", repo_type="dataset")
    other = hashlib.sha256(b"other").hexdigest()
    objects = [{"oid": "0" * 64, "size": 1}, {"oid": other, "size": 5}, {"oid": SHA256, "size": 43}]
    answer = fetch(ask, objects=[*objects, {"oid": SHA256, "size": 42}])
    items = json.loads(answer.body)["objects"]
    assert [item.get("error", {}).get("code") for item in items] == [404, 404, 404, None]
    assert ["actions" in item for item in items] == [False, False, False, True]


@pytest.mark.usefixtures("published")
def test_what_lfs_does_not_say_is_refused(hub: HubAddress, ask: Ask) -> None:
    assert fetch(ask, operation="erase").status == 400
    assert fetch(ask, objects=[{"oid": "../../etc/passwd", "size": 1}]).status == 400
    assert fetch(ask, hash_algo="md5").status == 409
    assert fetch(ask, hub.token, operation="upload").status == 200


@pytest.mark.usefixtures("published")
def test_an_address_is_good_for_one_file_and_one_use_only(hub: HubAddress, ask: Ask) -> None:
    good = address(fetch(ask))
    assert hub.token not in good
    upload = fetch(ask, hub.token, operation="upload", objects=[{"oid": "0" * 64, "size": 1}])
    parts = urlsplit(json.loads(upload.body)["objects"][0]["actions"]["upload"]["href"])
    for method, bad in (
        ("GET", good.replace(SHA256, "0" * 64)),
        ("GET", good.replace("expires=", "expires=9")),
        ("GET", good.replace("me/turns", "me/other")),
        ("GET", good.partition("&signature")[0]),
        ("GET", f"{parts.path}?{parts.query}"),
        ("PUT", good),
        ("POST", good),
    ):
        assert ask(method, bad, b"x" if method != "GET" else None).status == 403, (method, bad)


@pytest.mark.usefixtures("published")
def test_a_private_repository_gives_out_addresses_with_the_token_only(
    api: HfApi, hub: HubAddress, ask: Ask
) -> None:
    api.update_repo_settings("me/turns", repo_type="dataset", visibility="private")
    refused = fetch(ask)
    assert (refused.status, refused.headers["www-authenticate"][:5]) == (401, "Basic")
    assert fetch(ask, "hf_wrong").status == 401
    assert ask("GET", address(fetch(ask, hub.token))).body == CONTENT


@pytest.mark.usefixtures("published")
def test_a_gated_repository_gives_out_addresses_to_who_was_let_in(
    api: HfApi, hub: HubAddress, ask: Ask
) -> None:
    api.update_repo_settings("me/turns", repo_type="dataset", gated="manual")
    assert [fetch(ask, token).status for token in (None, GUEST.secret, hub.token)] == [401, 403, 200]
    api.grant_access("me/turns", "guest", repo_type="dataset")
    assert ask("GET", address(fetch(ask, GUEST.secret))).body == CONTENT


def git(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    settings = ["-c", "credential.helper=", "-c", "core.askPass=false"]
    path = os.pathsep.join(
        dict.fromkeys([str(Path(GIT_LFS).parent) if GIT_LFS else "/bin", "/usr/bin", "/bin"])
    )
    environment = {"GIT_TERMINAL_PROMPT": "0", "PATH": path, "HOME": "/nonexistent", "NO_PROXY": "*"}
    command = ["git", *settings, *arguments]
    return subprocess.run(
        command,
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def pull(clone: Path, ask: Ask) -> int:
    """Replace the pointers of a clone as `git lfs pull` does; by it, where it is installed."""
    if GIT_LFS:
        assert git("lfs", "install", "--local", cwd=clone).returncode == 0
        return git("lfs", "pull", cwd=clone).returncode
    pointer = (clone / "data/a.parquet").read_text(encoding="ascii").split()
    assert pointer[1:4:2] == ["https://git-lfs.github.com/spec/v1", f"sha256:{SHA256}"]
    url = urlsplit(git("remote", "get-url", "origin", cwd=clone).stdout.strip())
    answer = fetch(ask, url.password)
    if answer.status != 200:
        return 2
    (clone / "data/a.parquet").write_bytes(ask("GET", address(answer)).body)
    return 0


@pytest.mark.usefixtures("published")
def test_a_clone_gets_its_large_files(api: HfApi, hub: HubAddress, ask: Ask, tmp_path: Path) -> None:
    assert git("clone", f"{hub.endpoint}/datasets/me/turns", str(tmp_path / "public")).returncode == 0
    assert pull(tmp_path / "public", ask) == 0
    assert (tmp_path / "public/data/a.parquet").read_bytes() == CONTENT
    opened = hub.endpoint.replace("http://", f"http://anybody:{hub.token}@")
    api.update_repo_settings("me/turns", repo_type="dataset", visibility="private")
    assert git("clone", f"{opened}/datasets/me/turns", str(tmp_path / "private")).returncode == 0
    assert pull(tmp_path / "private", ask) == 0
    assert (tmp_path / "private/data/a.parquet").read_bytes() == CONTENT
    (tmp_path / "public/data/a.parquet").unlink()
    git("reset", "--hard", cwd=tmp_path / "public")
    shutil.rmtree(tmp_path / "public/.git/lfs", ignore_errors=True)
    assert pull(tmp_path / "public", ask) != 0  # a stranger's clone, of what has become private
