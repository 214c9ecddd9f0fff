"""A token is in nothing that is printed, written or shown to other processes, whatever happens."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from packager.rehearsal import AnswerLost, Fault, Faults, Status, run_hub
from project import make_corpus

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "hf_" + "Qz7Rk2Vx9Lm4Tn8Wp3Yc6Bd1Fg5Hj0" * 2

FAULTS = {
    "nothing": (),
    "refused": (Fault("POST", "/commit/", Status(403, body=f'{{"error": "no {TOKEN} here"}}'.encode())),),
    "unknown": (Fault("GET", "whoami", Status(401, body=TOKEN.encode()), times=None),),
    "lost": (Fault("POST", "/tag/", AnswerLost()),),
    "nonsense": (Fault("GET", "/refs", Status(200, body=f"<html>{TOKEN}</html>".encode()), times=None),),
}


def command_lines() -> Iterator[bytes]:
    """Yield what every process of this machine shows of itself to all others."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield path.read_bytes()
        except OSError:
            continue


@pytest.mark.parametrize("fault", FAULTS)
def test_a_token_is_nowhere(tmp_path: Path, fault: str) -> None:
    project, home = make_corpus(tmp_path / "project", recordings=3), tmp_path / "home"
    home.mkdir()
    shown: list[bytes] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            shown.extend(line for line in command_lines() if TOKEN.encode() in line)

    with run_hub(tmp_path / "hub", token=TOKEN, faults=Faults(*FAULTS[fault])) as address:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
        environment |= {"HF_TOKEN": TOKEN, "HF_ENDPOINT": address.endpoint, "HF_HOME": str(home / "hf")}
        environment |= {"HOME": str(home), "TMPDIR": str(home), "PYTHONFAULTHANDLER": "1"}

        def run(*arguments: str) -> subprocess.CompletedProcess[bytes]:
            command = [sys.executable, "-m", "packager", *arguments, "--project", str(project)]
            return subprocess.run(command, env=environment, capture_output=True, check=False)

        watcher = threading.Thread(target=watch)
        watcher.start()
        ran = [
            run("build"),
            run("publish", "--dry-run"),
            run("publish"),
            run("publish", "--format", "json"),
            run("verify", "me/turns@v1.0.0"),
        ]
        over.set()
        watcher.join()
    codes = [each.returncode for each in ran]
    if fault == "nothing":
        assert codes == [0, 0, 0, 0, 0]
    said = b"".join(each.stderr for each in ran)
    assert b"Traceback" not in said
    assert b"a fault of packager itself" not in said
    assert TOKEN.encode() not in b"".join(each.stdout + each.stderr for each in ran)
    files = [path for folder in (project, home) for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 5
    assert [path for path in files if TOKEN.encode() in path.read_bytes()] == []
    assert shown == []
