from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from huggingface_hub import HfApi

    from packager.rehearsal import HubAddress
    from rehearsal.conftest import Ask

BAD_PATHS = [
    "../up.txt",
    "a/../../up.txt",
    "/etc/passwd",
    "a//b",
    "a/",
    "./a",
    "..",
    "",
    ".git/config",
    "a/.GIT/hooks/x",
    "a\\..\\b",
    "C:\\x",
    "a\x00b",
    "a\nb",
    "x" * 1025,
]
"""Paths that point out of a repository, or that cannot be checked out everywhere."""

BAD_NAMES = [
    "..",
    ".",
    "a..b",
    "a--b",
    ".a",
    "a.",
    "-a",
    "a/b",
    "a\\b",
    "a\x00",
    "a b",
    "é",
    "",
    "a.git",
    "x" * 97,
]


def everything(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))


def bearer(hub: HubAddress) -> dict[str, str]:
    return {"Authorization": f"Bearer {hub.token}"}


def test_no_path_in_a_commit_leaves_the_repository(
    api: HfApi, hub: HubAddress, turns: str, ask: Ask, tmp_path: Path
) -> None:
    before = everything(tmp_path)
    for path in BAD_PATHS:
        for key in ("file", "deletedFile", "lfsFile"):
            value = {"path": path, "content": "", "encoding": "base64", "oid": "0" * 64}
            items = [{"key": "header", "value": {"summary": "x"}}, {"key": key, "value": value}]
            body = "\n".join(json.dumps(item) for item in items).encode()
            assert ask("POST", "/api/datasets/me/turns/commit/main", body, bearer(hub)).status == 422, path
        body = json.dumps({"files": [{"path": path, "size": 1, "sample": ""}]}).encode()
        assert ask("POST", "/api/datasets/me/turns/preupload/main", body, bearer(hub)).status == 422, path
    assert len(api.list_repo_commits(turns, repo_type="dataset")) == 1
    assert everything(tmp_path) == before


@pytest.mark.usefixtures("turns")
def test_no_address_of_a_file_leaves_the_repository(ask: Ask) -> None:
    for path in (
        "../../../../hub.json",
        "%2e%2e/%2e%2e/hub.json",
        "..%2f..%2fhub.json",
        "..%5c..%5chub.json",
        "%2fetc%2fpasswd",
        "/etc/passwd",
        ".git/config",
        "a%00b",
        ".gitattributes%00",
        "%ff",
    ):
        assert ask("GET", f"/datasets/me/turns/resolve/main/{path}").status == 400, path


@pytest.mark.usefixtures("turns")
def test_an_encoded_slash_is_no_end_of_a_part(ask: Ask) -> None:
    assert ask("GET", "/api/datasets/me/turns/revision/main").status == 200
    assert ask("GET", "/api/datasets/me%2Fturns/revision/main").status == 401
    assert ask("GET", "/api/datasets/x%2F..%2Fme/turns").status == 400
    assert ask("GET", "/api/datasets/me/turns/revision/refs%2Fheads%2Fmain").status == 200
    for revision in ("..%2F..%2FHEAD", "%2e%2e", "refs%2Fheads%2F..%2F..%2Fhub.json", "main%00", "x" * 5000):
        assert ask("GET", f"/api/datasets/me/turns/revision/{revision}").status == 404


def test_no_name_of_a_repository_is_a_path(hub: HubAddress, ask: Ask, tmp_path: Path) -> None:
    before = everything(tmp_path)
    for name in BAD_NAMES:
        for fields in ({"organization": "me", "name": name}, {"organization": name, "name": "a"}):
            for method, path in (("POST", "/api/repos/create"), ("DELETE", "/api/repos/delete")):
                body = json.dumps({"type": "dataset", **fields}).encode()
                assert ask(method, path, body, bearer(hub)).status == 400, fields
        body = json.dumps({"type": "dataset", "fromRepo": "me/a", "toRepo": f"me/{name}"}).encode()
        assert ask("POST", "/api/repos/move", body, bearer(hub)).status == 400, name
    for kind in ("../../x", "bucket", "", 1):
        body = json.dumps({"type": kind, "organization": "me", "name": "a"}).encode()
        assert ask("POST", "/api/repos/create", body, bearer(hub)).status == 400, kind
    assert everything(tmp_path) == before


def test_a_namespace_cannot_hide_the_hubs_own_addresses(hub: HubAddress, ask: Ask) -> None:
    for namespace in ("api", "datasets", "Spaces", "lfs"):
        body = json.dumps({"organization": namespace, "name": "a"}).encode()
        assert ask("POST", "/api/repos/create", body, bearer(hub)).status == 400


@pytest.mark.usefixtures("turns")
def test_a_body_that_is_not_what_it_should_be_is_refused(hub: HubAddress, ask: Ask) -> None:
    for method, path in (
        ("POST", "/api/repos/create"),
        ("DELETE", "/api/repos/delete"),
        ("POST", "/api/repos/move"),
        ("POST", "/api/validate-yaml"),
        ("PUT", "/api/datasets/me/turns/settings"),
        ("POST", "/api/datasets/me/turns/preupload/main"),
        ("POST", "/api/datasets/me/turns/tag/main"),
        ("POST", "/api/datasets/me/turns/branch/b"),
        ("POST", "/datasets/me/turns.git/info/lfs/objects/batch"),
    ):
        for body in (b"{", b"[]", b"\xff", b"[" * 100_000):
            assert ask(method, path, body, bearer(hub)).status == 400, path
    for setting in ('"visibility": ["private"]', '"visibility": "hidden"', '"gated": {}', '"gated": "maybe"'):
        body = f"{{{setting}}}".encode()
        assert ask("PUT", "/api/datasets/me/turns/settings", body, bearer(hub)).status == 400


def test_half_a_surrogate_pair_is_no_text(api: HfApi, hub: HubAddress, turns: str, ask: Ask) -> None:
    api.create_discussion(turns, "All sound", repo_type="dataset")
    for path, fields in (
        ("tag/main", {"tag": "a\ud800"}),
        ("tag/main", {"tag": "a", "message": "b\ud800"}),
        ("branch/b", {"startingPoint": "b\ud800"}),
        ("discussions", {"title": "abc\ud800"}),
        ("discussions", {"title": "abc", "description": "\ud800"}),
        ("discussions/1/comment", {"comment": "\ud800"}),
        ("discussions/1/title", {"title": "abc\ud800"}),
    ):
        body = json.dumps(fields).encode()
        assert ask("POST", f"/api/datasets/me/turns/{path}", body, bearer(hub)).status == 400, fields
    assert [found.title for found in api.get_repo_discussions(turns, repo_type="dataset")] == ["All sound"]


@pytest.mark.usefixtures("turns")
def test_what_git_would_never_ask_is_refused(api: HfApi, hub: HubAddress, ask: Ask) -> None:
    head = (api.dataset_info("me/turns").sha or "").encode()
    want = b"want %s side-band-64k thin-pack ofs-delta\n" % head
    want = b"%04x%s" % (len(want) + 4, want)
    path = "/datasets/me/turns.git/git-upload-pack"
    for question in (b"{}", b"0004", want + b"000cdeepen x0000", want + b"00120000"):
        assert ask("POST", path, question, bearer(hub)).status == 400, question
    packed = gzip.compress(want)
    for question in (b"{}", packed[:-9], packed[:12] + b"\xff" * 9, gzip.compress(b"{}")):
        answer = ask("POST", path, question, {**bearer(hub), "Content-Encoding": "gzip"})
        assert answer.status == 400, question


@pytest.mark.usefixtures("turns")
def test_patterns_that_would_hold_the_hub_up_are_refused(hub: HubAddress, ask: Ask) -> None:
    def status(pattern: str, path: str) -> int:
        fields = {"files": [{"path": path, "size": 1, "sample": ""}], "gitIgnore": pattern}
        body = json.dumps(fields).encode()
        return ask("POST", "/api/datasets/me/turns/preupload/main", body, bearer(hub)).status

    assert status("*a" * 25 + "b", "a" * 250) == 422
    assert status("**/" * 20 + "b", "/".join("a" * 500)) == 422
    assert status("*a" * 40 + "b", "a" * 30) == 422
    assert status("# " + "* " * 40 + "\n**/*.tmp.*", "a/" * 100 + "a") == 200


def test_a_body_too_large_for_its_purpose_is_refused(hub: HubAddress, ask: Ask) -> None:
    body = json.dumps({"name": "x" * (17 << 20)}).encode()
    assert ask("POST", "/api/repos/create", body, bearer(hub)).status == 413


def test_another_host_name_is_not_answered(ask: Ask) -> None:
    assert ask("GET", "/", headers={"Host": "evil.example"}).status == 400
    assert ask("GET", "/", headers={"Host": "localhost:1"}).status == 200


def test_an_error_message_cannot_forge_a_header(hub: HubAddress, ask: Ask) -> None:
    body = json.dumps({"organization": "me", "name": "a\r\nX-Forged: 1\n" + "ř" * 2000}).encode()
    answer = ask("POST", "/api/repos/create", body, bearer(hub))
    assert answer.status == 400
    assert "x-forged" not in answer.headers
    assert len(answer.headers["x-error-message"]) < 5000
