"""Each fault, as the real client and a bare connection see it."""

from __future__ import annotations

import http.client
import random
import socket
import time
from typing import TYPE_CHECKING

import pytest
from huggingface_hub import CommitOperationAdd, HfApi, constants
from huggingface_hub.errors import HfHubHTTPError

from packager.rehearsal import (
    AnswerLost,
    Delay,
    Fault,
    Faults,
    FlipByte,
    ResetRequest,
    Status,
    TruncateResponse,
    run_hub,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from packager.rehearsal import HubAddress

CONTENT = random.Random(1).randbytes(200_000)


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def hub(tmp_path: Path, faults: Faults) -> Iterator[HubAddress]:
    with run_hub(tmp_path / "hub", faults=faults) as address:
        yield address


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client pauses between its tries; here nobody else needs the time."""
    pause = time.sleep
    monkeypatch.setattr("time.sleep", lambda seconds: pause(min(seconds, 0.01)))


def ask(
    hub: HubAddress, method: str = "GET", path: str = "/", body: bytes | None = None
) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(hub.endpoint.removeprefix("http://"), timeout=20)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def put(api: HfApi, path: str = "a.bin", content: bytes = CONTENT) -> str:
    return api.upload_file(
        path_or_fileobj=content, path_in_repo=path, repo_id="me/turns", repo_type="dataset"
    ).oid


def heads(api: HfApi) -> list[str]:
    return [commit.commit_id for commit in api.list_repo_commits("me/turns", repo_type="dataset")]


def test_a_rule_lets_the_first_through_and_ends_after_its_times(hub: HubAddress, faults: Faults) -> None:
    faults.add(Fault("GET", r"^/\?x", Status(503, retry_after=7), after=1, times=2))
    assert [ask(hub, path=path)[0] for path in ("/?x", "/", "/?x", "/?x", "/?x")] == [
        200,
        200,
        503,
        503,
        200,
    ]
    assert faults.broken == ["GET /?x", "GET /?x"]


def test_a_status_carries_retry_after_and_changes_nothing(api: HfApi, turns: str, faults: Faults) -> None:
    before = heads(api)
    faults.add(Fault("POST", "/commit/", Status(429, retry_after=3)))
    with pytest.raises(HfHubHTTPError) as caught:
        put(api)
    assert caught.value.response is not None
    assert caught.value.response.headers["retry-after"] == "3"
    assert heads(api) == before
    assert put(api, turns) != before[0]


@pytest.mark.usefixtures("turns")
@pytest.mark.parametrize("is_whole", [True, False], ids=["lfs", "xet"])
def test_the_client_recovers_from_a_reset_while_it_uploads(
    api: HfApi, faults: Faults, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, is_whole: bool
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", is_whole)
    faults.add(Fault("PUT|POST", r"^/lfs/|/xorbs/", ResetRequest(after=50_000)))
    put(api)
    assert len(faults.broken) == 1
    found = api.hf_hub_download("me/turns", "a.bin", repo_type="dataset", local_dir=tmp_path / "down")
    assert (tmp_path / found).read_bytes() == CONTENT


@pytest.mark.usefixtures("turns")
def test_the_client_resumes_a_download_that_was_cut_short(api: HfApi, faults: Faults, tmp_path: Path) -> None:
    put(api)
    faults.add(Fault("GET", "/resolve/", TruncateResponse(after=70_000)))
    found = api.hf_hub_download("me/turns", "a.bin", repo_type="dataset", local_dir=tmp_path / "down")
    assert (tmp_path / found).read_bytes() == CONTENT
    assert len(faults.broken) == 1


def test_a_cut_answer_ends_after_its_bytes(hub: HubAddress, faults: Faults) -> None:
    faults.add(Fault("GET", "^/$", TruncateResponse(after=10)))
    with pytest.raises(http.client.IncompleteRead) as caught:
        ask(hub)
    assert caught.value.partial == b"<!doctype "


def test_one_bit_of_one_byte_is_flipped(hub: HubAddress, faults: Faults) -> None:
    whole = ask(hub)[1]
    faults.add(Fault("GET", "^/$", FlipByte(place=3)))
    assert ask(hub)[1] == whole[:3] + bytes([whole[3] ^ 1]) + whole[4:]


def test_a_lost_answer_was_applied(api: HfApi, turns: str, faults: Faults) -> None:
    faults.add(Fault("POST", "/commit/", AnswerLost()))
    operation = CommitOperationAdd("a.txt", b"1")
    with pytest.raises(Exception, match=r"reset|disconnected|closed|peer"):
        api.create_commit(turns, [operation], commit_message="Lost", repo_type="dataset")
    assert len(heads(api)) == 2
    assert api.list_repo_files(turns, repo_type="dataset") == [".gitattributes", "a.txt"]


def test_a_reset_is_seen_as_one(hub: HubAddress, faults: Faults) -> None:
    faults.add(Fault("POST", "/api/repos/create", ResetRequest(after=5)))
    with socket.create_connection(("127.0.0.1", int(hub.endpoint.rpartition(":")[2]))) as line:
        line.sendall(
            b"POST /api/repos/create HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n123456"
        )
        with pytest.raises(ConnectionResetError):
            line.recv(100)


def test_a_delayed_request_is_answered_after_others(hub: HubAddress, faults: Faults) -> None:
    faults.add(Fault("GET", r"\?slow", Delay(0.2)))
    slow = http.client.HTTPConnection(hub.endpoint.removeprefix("http://"), timeout=20)
    slow.request("GET", "/?slow")
    assert ask(hub)[0] == 200
    assert slow.getresponse().status == 200
    slow.close()
    assert faults.broken == ["GET /?slow"]
