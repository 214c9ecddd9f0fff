"""A release that breaks anywhere ends, when the same command runs again, in one commit, one tag, right bytes.

A part of `python -m benchmarks.publish_faults`, which breaks every request in every way.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from huggingface_hub import constants

from benchmarks.publish_faults import find_flaws, publish, run_trial, write_build
from packager.rehearsal import run_hub

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_build(tmp_path_factory.mktemp("faults") / "project")


@pytest.fixture(autouse=True)
def _xet_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", constants.HF_HUB_DISABLE_XET)


@pytest.mark.parametrize(
    ("endpoint", "moment", "name", "first"),
    [
        ("create repository", "after", "answer lost", "went on"),
        ("create repository", "before", "403 (revoked)", "exit 3"),
        ("preupload", "before", "401 (expired)", "exit 3"),
        ("LFS batch", "before", "404 (vanished)", "exit 3"),
        ("LFS bytes", "before", "403 (revoked)", "exit 3"),
        ("LFS verify", "before", "403 (revoked)", "exit 3"),
        ("commit", "after", "answer lost", "went on"),
        ("commit", "during", "reset", "went on"),
        ("commit", "before", "503 for long", "exit 3"),
        ("history", "during", "answer cut", "went on"),
        ("tag", "after", "answer lost", "went on"),
        ("tag", "before", "401 (expired)", "exit 3"),
        ("reading back", "before", "404 (vanished)", "exit 3"),
    ],
)
def test_running_again_finishes_the_job(
    tmp_path: Path, build: Path, endpoint: str, moment: str, name: str, first: str
) -> None:
    trial = run_trial(tmp_path / "hub", build, endpoint, moment, name)
    assert (trial.first[: len(first)], trial.flaws) == (first, ())
    assert trial.broken > 0


@pytest.mark.parametrize("publishers", [2, 8])
def test_publishers_at_once_make_one_release(tmp_path: Path, build: Path, publishers: int) -> None:
    with run_hub(tmp_path / "hub") as address, ThreadPoolExecutor(publishers) as pool:
        jobs = [
            pool.submit(publish, address.endpoint, address.token, build, timeout=60)
            for _ in range(publishers)
        ]
        assert [job.result() for job in jobs] == ["went on"] * publishers
        assert find_flaws(address.endpoint, address.token, build) == ()
