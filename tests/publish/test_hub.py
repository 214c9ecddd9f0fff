"""The room that talks to a Hub: what it reads, and what it says when that fails."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from huggingface_hub import constants

from packager.errors import DataError, EnvironmentFailure, UsageError
from packager.hub import HubFailure, connect_hub, is_loopback
from packager.publish import plan_release, publish_release

if TYPE_CHECKING:
    from packager.hub import Hub
    from packager.rehearsal import HubAddress
    from publish.conftest import Builds, Stranger, Wire

# The client uploads large files in a way that its own HTTP library is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")

REPO = "me/turns"


def publish(hub: Hub, builds: Builds) -> None:
    folder, manifest = builds.two_shards()
    publish_release(plan_release(manifest, hub.read_state(REPO)), hub, folder)


# --- addresses -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://127.1.2.3", True),
        ("http://localhost:80", True),
        ("http://[::1]:8000", True),
        ("https://huggingface.co", False),
        ("http://127.0.0.1.example.com", False),
        ("http://localhost.example.com", False),
        ("http://127.0.0.1@example.com", False),
        ("http://10.0.0.1", False),
        ("http://0.0.0.0", False),
        ("http://[::1", False),
        ("", False),
    ],
)
def test_only_this_machine_s_own_addresses_are_loopback(endpoint: str, *, expected: bool) -> None:
    assert is_loopback(endpoint) is expected


@pytest.mark.parametrize(
    "endpoint", ["huggingface.co", "ftp://hub.example", "http://", "http://[::1", "https://hub.example/?a=b"]
)
def test_what_is_no_address_is_refused(endpoint: str) -> None:
    with pytest.raises(UsageError, match="is not an endpoint"):
        connect_hub(endpoint)


def test_an_endpoint_with_a_password_is_refused_and_not_repeated() -> None:
    with pytest.raises(UsageError, match="holds a user name or password") as caught:
        connect_hub("https://user:hf_secret@hub.example")
    assert "hf_secret" not in str(caught.value)


def test_a_final_slash_of_the_endpoint_does_not_matter() -> None:
    assert connect_hub("https://hub.example/").endpoint == "https://hub.example"


def test_without_an_endpoint_the_client_s_own_rule_holds() -> None:
    assert connect_hub().endpoint == constants.ENDPOINT


def test_a_proxy_does_not_stand_in_the_way_to_this_machine(
    address: HubAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "other.example")
    monkeypatch.setenv("no_proxy", "other.example")
    assert connect_hub(address.endpoint, address.token, waits=()).read_state(REPO).head is None


# --- what stands there ---------------------------------------------------------------------------------


def test_an_absent_repository_has_no_head(hub: Hub) -> None:
    state = hub.read_state(REPO)
    assert (state.head, state.files, state.tags, state.manifest, state.released) == (None, (), (), None, ())
    assert (state.repo_id, state.endpoint, state.loopback) == (REPO, hub.endpoint, True)


def test_a_published_repository_is_read_with_the_hashes_of_our_files(hub: Hub, builds: Builds) -> None:
    publish(hub, builds)
    folder, state = builds.root / "two-shards", hub.read_state(REPO)
    assert {file.path: file.sha256 for file in state.files} == {
        ".gitattributes": None,
        **{
            path: hashlib.sha256((folder / path).read_bytes()).hexdigest()
            for path in (
                "README.md",
                "data/train-00000-of-00002.parquet",
                "data/train-00001-of-00002.parquet",
                "manifest.json",
            )
        },
    }
    assert state.manifest is not None
    assert state.manifest.splits[0].name == "train"
    assert state.released == state.files
    assert [(tag.name, tag.commit, tag.version) for tag in state.tags] == [("v1.0.0", state.head, (1, 0, 0))]


def test_the_files_of_the_highest_version_are_read_although_the_head_has_moved(
    hub: Hub, builds: Builds, stranger: Stranger
) -> None:
    publish(hub, builds)
    before = hub.read_state(REPO)
    stranger.put("NOTES.txt", b"mine")
    after = hub.read_state(REPO)
    assert after.head != before.head
    assert [file.path for file in after.files if file not in before.files] == ["NOTES.txt"]
    assert after.released == before.files


def test_a_file_that_comes_with_other_bytes_than_the_hub_lists_is_no_state(
    hub: Hub, builds: Builds, wire: Wire, wired_hub: Hub
) -> None:
    publish(hub, builds)
    wire.break_next("GET", "/resolve/.*README", "200", body=b"something else", times=2)
    with pytest.raises(HubFailure, match=r"README\.md of me/turns came with other bytes"):
        wired_hub.read_state(REPO)


def test_a_byte_that_flips_on_the_way_is_read_again(
    hub: Hub, builds: Builds, wire: Wire, wired_hub: Hub
) -> None:
    publish(hub, builds)
    for path in ("manifest", "README"):
        wire.break_next("GET", f"/resolve/.*{path}", "200", body=b"something else")
    assert wired_hub.read_state(REPO).files == hub.read_state(REPO).files


# --- what is said when it fails ------------------------------------------------------------------------


def test_a_wrong_name_of_a_repository_is_wrong_usage(hub: Hub) -> None:
    with pytest.raises(UsageError, match="a/b/c"):
        hub.read_state("a/b/c")


def test_not_found_means_that_there_is_no_repository_only_where_a_hub_says_it(
    wire: Wire, wired_hub: Hub
) -> None:
    assert wired_hub.read_state(REPO).head is None
    wire.break_next("GET", "/refs", "404")
    assert wired_hub.read_state(REPO).head is None
    wire.break_next("GET", "/refs", "404")
    wire.break_next("GET", "/whoami", "404")
    with pytest.raises(EnvironmentFailure, match=rf"answered 404 .*looking for {REPO}: .*check the name"):
        wired_hub.read_state(REPO)


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        ("400", "see what it says"),
        ("401", "log in with `hf auth login`"),
        ("403", "use a token that may write there"),
        ("418", "see what it says"),
    ],
)
def test_a_refusal_is_told_at_once_with_what_to_do(
    wire: Wire, wired_hub: Hub, said: list[str], status: str, advice: str
) -> None:
    wire.break_next("GET", "/refs", status)
    with pytest.raises(
        EnvironmentFailure, match=rf"answered {status} .*looking for {REPO}: .*{re.escape(advice)}"
    ):
        wired_hub.read_state(REPO)
    assert said == []


def test_a_hub_that_asks_for_a_long_pause_is_not_waited_for(wire: Wire, wired_hub: Hub) -> None:
    wire.break_next("GET", "/refs", "429", headers={"Retry-After": "301"})
    with pytest.raises(HubFailure, match="answered 429") as caught:
        wired_hub.read_state(REPO)
    assert caught.value.wait == 301
    assert [fault.times for fault in wire.faults] == [0]


def test_a_server_that_is_no_hub_is_told(wire: Wire, wired_hub: Hub) -> None:
    wire.break_next("GET", "/refs", "200", body=b"<html>welcome</html>")
    with pytest.raises(HubFailure, match=r"makes no sense .*: check that the endpoint is a Hub"):
        wired_hub.read_state(REPO)
    wire.break_next("GET", "/refs", "200", body=b'["welcome"]')
    with pytest.raises(HubFailure, match="makes no sense"):
        wired_hub.read_state(REPO)


def test_a_token_that_the_server_repeats_is_not_shown(address: HubAddress, wire: Wire) -> None:
    hub = connect_hub(wire.endpoint, address.token, waits=())
    wire.break_next("GET", "/refs", "403", body=f"no {address.token} here".encode())
    with pytest.raises(HubFailure, match=r"\(no \*\*\* here\)") as caught:
        hub.read_state(REPO)
    assert address.token not in repr(vars(caught.value))
    assert caught.value.__context__ is None  # the client's own exception holds the request and its token


def test_publishing_without_a_token_is_refused(address: HubAddress, builds: Builds) -> None:
    hub = connect_hub(address.endpoint, waits=())
    with pytest.raises(EnvironmentFailure, match="log in with `hf auth login`, or set HF_TOKEN"):
        publish(hub, builds)


def test_a_hub_that_never_answers_is_not_waited_for_for_ever(address: HubAddress, wire: Wire) -> None:
    hub = connect_hub(wire.endpoint, address.token, waits=(), timeout=0.2)
    told = threading.Event()
    wire.break_next("GET", "/refs", "cut", after=lambda: told.wait(30))
    with pytest.raises(HubFailure, match="no answer from"):
        hub.read_state(REPO)
    told.set()


def test_offline_mode_is_told(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(EnvironmentFailure, match="HF_HUB_OFFLINE is set"):
        hub.read_state(REPO)


def test_a_card_that_the_hub_refuses_is_wrong_data(
    hub: Hub, builds: Builds, wire: Wire, wired_hub: Hub
) -> None:
    hub.create_repository(REPO)
    wire.break_next(
        "POST", "validate-yaml", "400", body=b'{"errors": [{"message": "license is wrong"}], "warnings": []}'
    )
    with pytest.raises(DataError, match=r"refuses the card: .*license is wrong"):
        publish(wired_hub, builds)
    assert wired_hub.read_state(REPO).manifest is None


def test_what_the_hub_remarks_on_the_card_is_said(
    wire: Wire, wired_hub: Hub, builds: Builds, said: list[str]
) -> None:
    wire.break_next(
        "POST", "validate-yaml", "200", body=b'{"errors": [], "warnings": [{"message": "no such task"}]}'
    )
    publish(wired_hub, builds)
    assert said == ["Warnings while validating metadata in README.md:\n- no such task"]


# --- how files travel ----------------------------------------------------------------------------------


def test_a_server_without_xet_is_sent_files_the_other_way(
    wire: Wire, wired_hub: Hub, builds: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", False)
    wire.break_next("GET", "/xet-write-token/", "404")
    publish(wired_hub, builds)
    assert [tag.name for tag in wired_hub.list_tags(REPO)] == ["v1.0.0"]
    assert constants.HF_HUB_DISABLE_XET is False


def test_a_file_is_read_from_the_hub_and_from_no_cache(hub: Hub, stranger: Stranger) -> None:
    hub.create_repository(REPO)
    first = stranger.put("notes.txt", b"one")
    second = stranger.put("notes.txt", b"three")
    assert hub.read_file(REPO, first, "notes.txt") == b"one"
    assert hub.hash_file(REPO, second, "notes.txt") == (5, hashlib.sha256(b"three").hexdigest())
    assert hub.list_commits(REPO)[:2] == (second, first)


def test_an_empty_file_has_the_hash_of_nothing(hub: Hub, stranger: Stranger) -> None:
    hub.create_repository(REPO)
    stranger.put("empty.txt", b"")
    assert hub.hash_file(REPO, "main", "empty.txt") == (0, hashlib.sha256(b"").hexdigest())


# --- what it costs to import ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("packager.publish", "huggingface_hub"),
        ("packager.publish", "pyarrow"),
        ("packager.readback", "datasets"),
        ("packager.hub", "datasets"),
    ],
)
def test_a_heavy_library_is_imported_where_it_is_needed(module: str, absent: str) -> None:
    code = f"import sys, {module}; sys.exit({absent!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_file_that_changes_while_it_is_sent_reaches_no_commit(
    hub: Hub, builds: Builds, stranger: Stranger
) -> None:
    folder, manifest = builds.two_shards()
    hub.create_repository(REPO)
    upload = hub.prepare_files(folder, manifest.files)
    shard = folder / "data/train-00001-of-00002.parquet"
    os.utime(shard, ns=(1, 1))
    with pytest.raises(DataError, match=r"train-00001-of-00002\.parquet was changed while it was"):
        hub.send_files(REPO, upload)
    assert stranger.titles() == ["initial commit"]


def test_a_file_that_is_sent_is_hashed_once(hub: Hub, builds: Builds) -> None:
    folder, manifest = builds.two_shards()
    hub.create_repository(REPO)
    upload = hub.prepare_files(folder, manifest.files)
    assert [each.upload_info.is_hashed for each in upload.operations] == [True] * 3
    assert [each.upload_info.sha256.hex() for each in upload.operations] == [
        file.sha256 for file in manifest.files
    ]


def test_files_are_sent_a_few_at_a_time_and_none_twice(
    hub: Hub, builds: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, manifest = builds.two_shards()
    upload = hub.prepare_files(folder, manifest.files)
    sizes = [file.size for file in manifest.files]
    for limit, portions in ((1, 3), (sum(sizes) - 1, 2), (sum(sizes), 1)):
        monkeypatch.setattr("packager.hub.uploads._PORTION_BYTES", limit)
        found = list(upload.portions())
        assert len(found) == portions
        assert [each for portion in found for each in portion] == list(upload.operations)
    monkeypatch.setattr("packager.hub.uploads._PORTION_BYTES", 1)
    hub.create_repository(REPO)
    hub.send_files(REPO, upload)
    state = hub.read_state(REPO)
    hub.commit(REPO, upload, delete=(), parent=state.head, title="In portions")
    for file in manifest.files:
        assert hub.hash_file(REPO, "main", file.path) == (file.size, file.sha256)
