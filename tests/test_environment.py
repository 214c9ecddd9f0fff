"""What the set-up gathers, and what continuous integration makes of a test that is skipped."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def gather(folder: Path, apt: str) -> tuple[str, str]:
    """Let the set-up look for a browser where there is none, but this apt-get; return why there is none."""
    tools = folder / "tools"
    tools.mkdir()
    if apt:
        (tools / "apt-get").write_text(f'#!/bin/sh\necho "$@" >> {folder}/asked\n{apt}\n')
        (tools / "apt-get").chmod(0o755)
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'scripts')!r})\n"
        "import environment, os; from pathlib import Path\n"
        f"environment.NO_BROWSER = Path({str(folder)!r}, 'gathered', 'no-browser')\n"
        "os.geteuid = lambda: 0\n"
        "environment.gather_browser()\n"
    )
    variables = {"PATH": str(tools), "CI": "true"}
    subprocess.run([sys.executable, "-c", script], check=True, env=variables, capture_output=True)
    why, asked = folder / "gathered" / "no-browser", folder / "asked"
    return why.read_text() if why.exists() else "", asked.read_text() if asked.exists() else ""


def test_the_set_up_has_debian_bring_a_browser_and_keeps_why_it_could_not(tmp_path: Path) -> None:
    for name in ("none", "good", "bad"):
        (tmp_path / name).mkdir()
    assert gather(tmp_path / "none", "") == ("only root of a Debian can install it here\n", "")
    assert gather(tmp_path / "good", "exit 0") == (
        "",
        "--quiet update\n--quiet install --yes --no-install-recommends chromium chromium-driver\n",
    )
    assert gather(tmp_path / "bad", "exit 100")[0] == "apt-get update returned 100\n"


@pytest.mark.parametrize(
    ("reason", "code"),
    [("there is no Chromium", 1), ("there is no Chromium: the set-up could not gather it", 0)],
)
def test_ci_fails_where_a_test_is_skipped_that_need_not(tmp_path: Path, reason: str, code: int) -> None:
    (tmp_path / "tests").mkdir()
    for name in ("conftest.py", "hub_fixture.py"):
        (tmp_path / "tests" / name).write_bytes((ROOT / "tests" / name).read_bytes())
    (tmp_path / "tests" / "test_skip.py").write_text(
        f"import pytest\ndef test_one():\n    pytest.skip({reason!r})\n"
    )
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
        "tests",
    ]
    for variables, expected in (({"CI": "true"}, code), ({"CI": ""}, 0)):
        done = subprocess.run(
            command,
            check=False,
            cwd=tmp_path,
            capture_output=True,
            env={**os.environ, **variables, "PYTHONPATH": str(tmp_path / "tests")},
        )
        assert done.returncode == expected, done.stdout
