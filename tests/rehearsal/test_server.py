from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from dulwich.refs import Ref
from dulwich.repo import Repo
from huggingface_hub import CommitOperationAdd, HfApi

from packager.errors import EnvironmentFailure, UsageError
from packager.rehearsal import HubAddress, export_lines, run_hub

if TYPE_CHECKING:
    from rehearsal.conftest import Ask

REPOSITORY = Path(__file__).resolve().parents[2]

SERVE = """
import sys
from pathlib import Path
from packager.rehearsal import export_lines, serve_hub
serve_hub(Path(sys.argv[1]), announce=lambda address: print(*export_lines(address), sep="\\n", flush=True))
print("stopped")
"""

WITHOUT_EXTRA = """
import sys
from pathlib import Path
sys.modules[sys.argv[2]] = None
from packager.errors import UsageError
from packager.rehearsal import run_hub, serve_hub
root = Path(sys.argv[1])
for start in (lambda: run_hub(root).__enter__(), lambda: serve_hub(root, announce=print)):
    try:
        start()
    except UsageError as error:
        print(error)
"""


def run_python(code: str, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )


def test_a_restart_loses_nothing(tmp_path: Path) -> None:
    with run_hub(tmp_path / "hub", token="hf_first") as first:  # noqa: S106 - a token of this test
        api = HfApi(endpoint=first.endpoint, token=first.token)
        for repo_id, kind in (("me/turns", "dataset"), ("me/thing", "model")):
            api.create_repo(repo_id, repo_type=kind, private=True)
        operations = [
            CommitOperationAdd("a.txt", b"small"),
            CommitOperationAdd("README.md", b"---\nlicense: mit\n---\n"),
        ]
        head = api.create_commit("me/turns", operations, commit_message="Add", repo_type="dataset").oid
        api.create_tag("me/turns", tag="v1.0.0", repo_type="dataset")
    with run_hub(tmp_path / "hub") as second:
        assert second.token != "hf_first"  # noqa: S105 - likewise
        api = HfApi(endpoint=second.endpoint, token=second.token)
        tags = api.list_repo_refs("me/turns", repo_type="dataset").tags
        assert [(tag.name, tag.target_commit) for tag in tags] == [("v1.0.0", head)]
        info = api.dataset_info("me/turns", revision="v1.0.0")
        assert (info.sha, info.private) == (head, True)
        found = api.hf_hub_download("me/turns", "a.txt", repo_type="dataset", local_dir=tmp_path / "down")
        assert Path(found).read_bytes() == b"small"
        assert api.repo_exists("me/thing")


def test_what_is_kept_is_a_plain_git_repository(api: HfApi, turns: str, tmp_path: Path) -> None:
    head = api.upload_file(
        path_or_fileobj=b"1", path_in_repo="data/a.txt", repo_id=turns, repo_type="dataset"
    ).oid
    api.create_tag(turns, tag="v1.0.0", tag_message="First", repo_type="dataset")
    with Repo(tmp_path / "hub/datasets/me/turns.git") as repo:
        assert repo.head().decode() == head
        assert repo.get_peeled(Ref(b"refs/tags/v1.0.0")).decode() == head
        assert [item.commit.author for item in repo.get_walker()] == [b"rehearsal <rehearsal@localhost>"] * 2
        for oid in repo.object_store:
            repo.object_store[oid].check()


def test_a_hub_listens_where_it_did_before_if_nobody_else_does(tmp_path: Path) -> None:
    def start() -> str:
        with run_hub(tmp_path / "hub") as address:
            return address.endpoint

    first = start()
    assert start() == first
    with socket.create_server(("127.0.0.1", int(first.rpartition(":")[2]))):
        second = start()
    assert second != first
    for broken in ("", "x", "-1", "99999", "9" * 5000):
        (tmp_path / "hub/port").write_text(broken, encoding="ascii")
        assert start().startswith("http://127.0.0.1:")


def test_uploads_that_a_crash_left_behind_are_thrown_away_at_the_start(tmp_path: Path) -> None:
    with run_hub(tmp_path / "hub"):
        (tmp_path / "hub/incoming/half").write_bytes(b"half")
    with run_hub(tmp_path / "hub"):
        assert list((tmp_path / "hub/incoming").iterdir()) == []


def test_a_second_server_on_one_root_is_refused(tmp_path: Path) -> None:
    with run_hub(tmp_path / "hub"):
        with (
            pytest.raises(EnvironmentFailure, match="Another rehearsal Hub serves"),
            run_hub(tmp_path / "hub"),
        ):
            pass
        with run_python(SERVE, str(tmp_path / "hub")) as other:
            _, errors = other.communicate(timeout=60)
        assert "EnvironmentFailure: Another rehearsal Hub serves" in errors
    with run_hub(tmp_path / "hub"):
        pass


def test_a_folder_that_holds_something_else_is_no_root(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="is not empty and holds no rehearsal Hub"), run_hub(tmp_path):
        pass
    with (
        pytest.raises(EnvironmentFailure, match="cannot hold a rehearsal Hub"),
        run_hub(tmp_path / "thesis.txt"),
    ):
        pass
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub/hub.json").write_text('{"format": 99}', encoding="utf-8")
    with pytest.raises(UsageError, match="another version"), run_hub(tmp_path / "hub"):
        pass


def test_a_port_can_be_chosen_and_a_taken_one_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(EnvironmentFailure, match=f"Port {port} of"), run_hub(tmp_path / "hub", port=port):
            pass
    with run_hub(tmp_path / "hub", port=port) as address:
        assert address.endpoint == f"http://127.0.0.1:{port}"
    with pytest.raises(EnvironmentFailure, match="Port 70000 of"), run_hub(tmp_path / "hub", port=70000):
        pass


def test_a_token_that_no_header_can_hold_is_refused_without_showing_it(tmp_path: Path) -> None:
    said = "The token of a rehearsal Hub is 4 to 200 printable ASCII characters without spaces."
    for token in ("", "abc", "with space", "new\nline", "ž" * 8, "x" * 201):
        with pytest.raises(UsageError) as caught, run_hub(tmp_path / "hub", token=token):
            pass
        assert str(caught.value) == said


def test_the_token_is_in_no_representation_file_or_log(
    hub: HubAddress, api: HfApi, ask: Ask, turns: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="uvicorn")
    api.upload_file(path_or_fileobj=b"1", path_in_repo="a.bin", repo_id=turns, repo_type="dataset")
    ask("GET", "/api/whoami-v2", headers={"Authorization": f"Bearer {hub.token}x"})
    assert repr(hub) == f"HubAddress(endpoint='{hub.endpoint}')"
    assert hub.token not in caplog.text
    files = [path for path in (tmp_path / "hub").rglob("*") if path.is_file()]
    assert len(files) > 5
    assert not any(hub.token.encode() in path.read_bytes() for path in files)


def test_the_lines_to_export_name_endpoint_and_token() -> None:
    address = HubAddress("http://127.0.0.1:4000", "hf_x")
    assert export_lines(address) == ("HF_ENDPOINT=http://127.0.0.1:4000", "HF_TOKEN=hf_x")


def test_nobody_answers_after_the_hub_was_left(tmp_path: Path) -> None:
    with run_hub(tmp_path / "hub") as address:
        port = int(address.endpoint.rpartition(":")[2])
        socket.create_connection(("127.0.0.1", port)).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serving_ends_by_a_signal_and_returns(tmp_path: Path, number: signal.Signals) -> None:
    with run_python(SERVE, str(tmp_path / "hub")) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().rstrip() for _ in range(2)]
        endpoint, token = (line.partition("=")[2] for line in lines)
        assert HfApi(endpoint=endpoint, token=token).whoami()["name"] == "rehearsal"
        process.send_signal(number)
        output, errors = process.communicate(timeout=60)
    assert (process.returncode, output, errors) == (0, "stopped\n", "")


@pytest.mark.parametrize("missing", ["starlette", "uvicorn", "dulwich", "blake3", "lz4"])
def test_without_the_extra_only_starting_fails_and_says_what_to_install(tmp_path: Path, missing: str) -> None:
    with run_python(WITHOUT_EXTRA, str(tmp_path / "hub"), missing) as process:
        output, errors = process.communicate(timeout=60)
    assert errors == ""
    command = "pip install 'segment-packager[hub]'"
    said = f"The rehearsal Hub needs {missing}, which is not installed. Install it with: {command}"
    assert output.splitlines() == [said, said]
    assert not (tmp_path / "hub").exists()


def test_locks_that_a_crash_left_behind_do_not_stop_the_next_commit(tmp_path: Path) -> None:
    with run_hub(tmp_path / "hub") as first:
        HfApi(endpoint=first.endpoint, token=first.token).create_repo("me/turns", repo_type="dataset")
    (tmp_path / "hub/datasets/me/turns.git/refs/heads/main.lock").touch()
    with run_hub(tmp_path / "hub") as second:
        api = HfApi(endpoint=second.endpoint, token=second.token)
        api.upload_file(path_or_fileobj=b"1", path_in_repo="a", repo_id="me/turns", repo_type="dataset")
        assert api.list_repo_files("me/turns", repo_type="dataset") == [".gitattributes", "a"]


def test_the_command_line_says_what_commits_cost_and_collects_garbage(tmp_path: Path) -> None:
    root = tmp_path / "hub"
    with run_hub(root) as address:
        api = HfApi(endpoint=address.endpoint, token=address.token)
        api.create_repo("me/turns", repo_type="dataset")
        api.preupload_lfs_files("me/turns", [CommitOperationAdd("b.bin", b"123")], repo_type="dataset")
        operation = CommitOperationAdd("a.bin", b"12345")
        made = api.create_commit("me/turns", [operation], commit_message="Add a", repo_type="dataset").oid
        api.create_tag("me/turns", tag="v1.0.0", repo_type="dataset")

    def run(action: str, folder: Path = root) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "packager", "hub", action, "--root", str(folder)]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPOSITORY)

    said = f"datasets/me/turns {made[:8]} v1.0.0: 1 files, 5 bytes, 5 of them new  Add a"
    assert run("stats").stdout.splitlines()[1:] == [said]
    assert run("gc").stdout == "removed 1 files, 3 bytes\n"
    assert run("gc").stdout == "removed 0 files, 0 bytes\n"
    wrong = run("stats", tmp_path / "none")
    assert (wrong.returncode, "holds no rehearsal Hub" in wrong.stderr) == (2, True)
    assert not (tmp_path / "none").exists()
