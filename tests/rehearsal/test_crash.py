"""A Hub that is killed at any moment has kept everything that it said it had."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from dulwich.repo import Repo
from huggingface_hub import HfApi

from packager.rehearsal import run_hub

REPOSITORY = Path(__file__).resolve().parents[2]
TOKEN = "hf_of_these_tests"  # noqa: S105 - it opens nothing else
SERVE = """
import sys
from pathlib import Path
from packager.rehearsal import serve_hub
announce = lambda address: print(address.endpoint, flush=True)
serve_hub(Path(sys.argv[1]), token=sys.argv[2], announce=announce)
"""
WRITE = """
import random, sys
from huggingface_hub import CommitOperationAdd, HfApi
api = HfApi(endpoint=sys.argv[1], token=sys.argv[2])
api.create_repo("me/turns", repo_type="dataset", exist_ok=True)
print("ready", flush=True)
for number in range(int(sys.argv[3]), int(sys.argv[3]) + 1000):
    large = CommitOperationAdd(f"{number}.bin", random.Random(number).randbytes(150_000))
    small = CommitOperationAdd(f"data/{number}.txt", b"%d" % number)
    made = api.create_commit("me/turns", [large, small], commit_message="Add", repo_type="dataset")
    api.create_tag("me/turns", tag=f"v{number}.0.0", revision=made.oid, repo_type="dataset")
    print(number, made.oid, flush=True)
"""


def start(code: str, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    """Run a script with nothing to remember; its complaints, once the Hub is gone, interest nobody."""
    command = [sys.executable, "-c", code, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), **variables}
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, text=True, env=environment, **streams)  # type: ignore[call-overload,no-any-return]


def kill_while_writing(root: Path, moment: float, first: int, *, is_whole: bool) -> dict[int, str]:
    """Kill a Hub, `moment` seconds after a writer began; return the commits that it acknowledged."""
    home = str(root.with_name("home"))
    with start(SERVE, str(root), TOKEN) as served:
        assert served.stdout is not None
        endpoint = served.stdout.readline().strip()
        way = "1" if is_whole else "0"
        with start(WRITE, endpoint, TOKEN, str(first), HF_HOME=home, HF_HUB_DISABLE_XET=way) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n"
            time.sleep(moment)
            served.kill()
            time.sleep(0.05)
            writer.kill()
            lines = [line.split() for line in writer.stdout.read().splitlines()]
    return {int(number): oid for number, oid in lines}


@pytest.mark.parametrize("is_whole", [True, False], ids=["lfs", "xet"])
def test_a_killed_hub_loses_nothing_that_it_acknowledged(tmp_path: Path, *, is_whole: bool) -> None:
    kept: dict[int, str] = {}
    for round_, moment in enumerate((0.1, 0.25, 0.6)):
        kept |= kill_while_writing(tmp_path / "hub", moment, round_ * 1000, is_whole=is_whole)
    assert kept
    with run_hub(tmp_path / "hub", token=TOKEN) as address:
        api = HfApi(endpoint=address.endpoint, token=TOKEN)
        known = {commit.commit_id for commit in api.list_repo_commits("me/turns", repo_type="dataset")}
        tagged = {tag.target_commit for tag in api.list_repo_refs("me/turns", repo_type="dataset").tags}
        assert set(kept.values()) <= known & tagged
        for number, oid in kept.items():
            found = api.hf_hub_download(
                "me/turns", f"{number}.bin", repo_type="dataset", revision=oid, local_dir=tmp_path / oid
            )
            assert Path(found).read_bytes() == random.Random(number).randbytes(150_000)
        api.upload_file(path_or_fileobj=b"1", path_in_repo="last", repo_id="me/turns", repo_type="dataset")
    with Repo(tmp_path / "hub/datasets/me/turns.git") as repo:
        for stored in repo.object_store:
            repo.object_store[stored].check()
