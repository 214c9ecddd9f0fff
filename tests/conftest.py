"""What every test stands on: no network but loopback, no cache or token of the person who runs it."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path

import pytest

# A shell that starts a job in the background has it ignore this, and so would all that the tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Read by huggingface_hub and datasets when they are imported, so this must come before any test module.
_HOME = tempfile.mkdtemp(prefix="packager-tests-")
for _name in [name for name in os.environ if name.startswith(("HF_", "HUGGING", "PACKAGER_"))]:
    del os.environ[_name]
os.environ.update(
    HF_HOME=_HOME,
    HF_ENDPOINT="http://127.0.0.1:9",  # the discard port: whoever forgets an endpoint fails at once
    HF_HUB_DISABLE_XET="1",
    HF_HUB_DISABLE_TELEMETRY="1",
    HF_HUB_DISABLE_PROGRESS_BARS="1",
    PACKAGER_CACHE=os.path.join(_HOME, "packager"),  # noqa: PTH118 - text
)

from hypothesis import settings  # noqa: E402 - likewise

settings.register_profile("untimed", deadline=None)  # the machine may be busy with something else
settings.load_profile("untimed")

from hub_fixture import hub as hub  # noqa: E402, PLC0414 - after the environment is set; found by its name

REPOSITORY = Path(__file__).resolve().parent.parent


NOT_GATHERED = "the set-up could not gather it"
"""Why a test is skipped that needs a file from a network, on a machine that cannot reach it."""

NO_CHROMIUM = "there is no Chromium"
"""Why a test of a page is skipped; in CI only if the set-up has tried to bring a browser, and could not."""


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real transcripts that are not part of the project; where they lie beside it, no test may skip."""
    data = REPOSITORY.parent / "shared" / "data"
    if not data.is_dir():
        pytest.skip("there are no real transcripts beside this checkout")
    return data


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI, fail where a test skips that need not."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    reports = [] if reporter is None else reporter.stats.get("skipped", [])
    if os.environ.get("CI") and any(_need_not_skip(str(report.longrepr)) for report in reports):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _need_not_skip(reason: str) -> bool:
    """Tell whether a test could have run: what the set-up gathers may lack, and so may real transcripts."""
    if NOT_GATHERED in reason:
        return False
    return NO_CHROMIUM in reason or (REPOSITORY.parent / "shared").is_dir()
