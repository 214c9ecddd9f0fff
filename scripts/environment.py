"""Set up `.venv` once, from the lock file, and run a script in it. Needs nothing but Python 3.11 and pip.

A second run installs nothing: a stamp in `.venv` says from which pyproject.toml and lock file it was made.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
_LOCK = ROOT / "requirements.lock"
_STAMP = VENV / "set-up-from"


def run_in_environment() -> None:
    """Return if this process runs in `.venv`; else set that up, run the script there, and exit as it did."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this is where an older Python is told
        sys.exit("packager needs Python 3.11 or later")
    set_up()
    if Path(sys.prefix).resolve() != VENV.resolve():
        sys.exit(subprocess.run([str(PYTHON), *sys.argv], check=False).returncode)


def set_up() -> None:
    """Make `.venv` as the lock file says, unless it is."""
    wanted = _describe()
    if _STAMP.is_file() and _STAMP.read_text(encoding="utf-8") == wanted and PYTHON.is_file():
        return
    print(f"setting up {VENV} (once; about a minute)", file=sys.stderr, flush=True)
    if not PYTHON.is_file():
        venv.create(VENV, with_pip=True, clear=VENV.exists())
    _pip("--require-hashes", "--requirement", str(_LOCK))
    _pip("--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    _STAMP.write_text(wanted, encoding="utf-8")


def _describe() -> str:
    digest = hashlib.sha256()
    for path in (ROOT / "pyproject.toml", _LOCK):
        digest.update(path.read_bytes())
    return f"{digest.hexdigest()} {ROOT}\n"


def _pip(*arguments: str) -> None:
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    if subprocess.run(command, check=False, stdout=sys.stderr).returncode:
        sys.exit("the set-up failed (see above); run the command again when the cause is mended")
