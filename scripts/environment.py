"""Set up `.venv` once, from the lock file, and run a script in it. Needs nothing but Python 3.11 and pip.

A second run installs nothing: a stamp in `.venv` says from which pyproject.toml and lock file it was made.
With it comes what tests need and no package carries: the official schema of SARIF and, in CI, a browser.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import shutil
import subprocess
import sys
import urllib.request
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
_LOCK = ROOT / "requirements.lock"
_STAMP = VENV / "set-up-from"

SARIF_SCHEMA = VENV / "gathered" / "sarif-schema-2.1.0.json"
SARIF_SCHEMA_URL = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
SARIF_SCHEMA_SHA256 = "c3b4bb2d6093897483348925aaa73af03b3e3f4bd4ca38cef26dcb4212a2682e"

NO_BROWSER = VENV / "gathered" / "no-browser"
"""Why no browser can be had; absent if one is there, or nobody has tried."""
_BROWSER = ("chromium", "chromedriver")


def run_in_environment() -> None:
    """Return if this process runs in `.venv`; else set that up, run the script there, and exit as it did."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this is where an older Python is told
        sys.exit("packager needs Python 3.11 or later")
    if set_up():
        gather(SARIF_SCHEMA_URL, SARIF_SCHEMA_SHA256, SARIF_SCHEMA)
    if Path(sys.prefix).resolve() != VENV.resolve():
        gather_browser()
        sys.exit(subprocess.run([str(PYTHON), *sys.argv], check=False).returncode)


def set_up() -> bool:
    """Make `.venv` as the lock file says, unless it is; return whether there was anything to do."""
    wanted = _describe()
    if _STAMP.is_file() and _STAMP.read_text(encoding="utf-8") == wanted and PYTHON.is_file():
        return False
    print(f"setting up {VENV} (once; about a minute)", file=sys.stderr, flush=True)
    if not PYTHON.is_file():
        venv.create(VENV, with_pip=True, clear=VENV.exists())
    _pip("--require-hashes", "--requirement", str(_LOCK))
    _pip("--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    _STAMP.write_text(wanted, encoding="utf-8")
    return True


def gather(url: str, sha256: str, path: Path) -> None:
    """Fetch a file that a test needs, unless it is there; say so if it cannot be had, and go on."""
    if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256:
        return
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310 - an address of our own
            data = answer.read()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise OSError("it is another file than expected")  # noqa: TRY301 - told as any other failure
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    except (OSError, http.client.HTTPException) as error:
        print(
            f"{url} cannot be fetched ({error}): tests that need it are skipped; "
            f"put it at {path}, or delete {_STAMP} to try again",
            file=sys.stderr,
        )


def gather_browser() -> None:
    """In CI, have Debian's packages bring Chromium and its driver if they can; elsewhere change nothing.

    Why they cannot is left in `NO_BROWSER`: tests that need a browser may be skipped for that reason alone.
    """
    NO_BROWSER.unlink(missing_ok=True)
    if not os.environ.get("CI") or all(map(shutil.which, _BROWSER)):
        return
    if reason := _install_browser():
        print(f"no Chromium can be had ({reason}): tests that need it are skipped", file=sys.stderr)
        NO_BROWSER.parent.mkdir(parents=True, exist_ok=True)
        NO_BROWSER.write_text(f"{reason}\n", encoding="utf-8")


def _install_browser() -> str:
    """Install the browser; return why that cannot be, or nothing."""
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return "only root of a Debian can install it here"
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["update"],
        ["install", "--yes", "--no-install-recommends", "chromium", "chromium-driver"],
    ):
        done = subprocess.run([apt, "--quiet", *command], check=False, stdout=sys.stderr, env=quiet)
        if done.returncode:
            return f"apt-get {command[0]} returned {done.returncode}"
    return ""


def _describe() -> str:
    digest = hashlib.sha256(SARIF_SCHEMA_SHA256.encode())
    for path in (ROOT / "pyproject.toml", _LOCK):
        digest.update(path.read_bytes())
    return f"{digest.hexdigest()} {ROOT}\n"


def _pip(*arguments: str) -> None:
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    if subprocess.run(command, check=False, stdout=sys.stderr).returncode:
        sys.exit("the set-up failed (see above); run the command again when the cause is mended")
