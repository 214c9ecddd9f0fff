"""Serve an embedded rehearsal Hub: the Hub's own HTTP protocol, on this machine alone.

The real clients (huggingface_hub, datasets, pandas, polars) publish to it and load from it as they would
with the Hub. It listens on 127.0.0.1, keeps everything below one folder, and reaches no other machine.
Importing this package needs none of the extra `hub`; running a Hub does.

    with run_hub(Path("hub")) as address:
        HfApi(endpoint=address.endpoint, token=address.token).create_repo("me/turns", repo_type="dataset")
"""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from packager.errors import UsageError
from packager.rehearsal.account import Role, Token
from packager.rehearsal.faults import (
    AnswerLost,
    Break,
    Delay,
    Fault,
    Faults,
    FlipByte,
    ResetRequest,
    Status,
    TruncateResponse,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from types import FrameType

    from packager.rehearsal.upkeep import Collected
    from packager.rehearsal.upkeep import (
        CommitCost as CommitCost,
    )  # exported, for types alone: it needs the extra

__all__ = [
    "AnswerLost",
    "Break",
    "Delay",
    "Fault",
    "Faults",
    "FlipByte",
    "HubAddress",
    "ResetRequest",
    "Role",
    "Status",
    "Token",
    "TruncateResponse",
    "collect_garbage",
    "export_lines",
    "measure_commits",
    "run_hub",
    "serve_hub",
]


@dataclass(frozen=True, slots=True)
class HubAddress:
    """Where a rehearsal Hub listens, and what opens it."""

    endpoint: str
    """`http://127.0.0.1:PORT`, without a final slash."""
    token: str = field(repr=False)
    """The bearer token of the one account, `rehearsal`. Not shown, so that no log or traceback holds it."""


@contextmanager
def run_hub(
    root: Path,
    *,
    port: int = 0,
    token: str | None = None,
    others: Sequence[Token] = (),
    faults: Faults | None = None,
) -> Iterator[HubAddress]:
    """Run a Hub in a thread of this process; it accepts requests when entered and is gone when left.

    `root` is made if it is missing. Port 0 is any free port; without a token a random one is made.
    `others` are further tokens, with fewer rights; `faults` says which requests are broken.

    Raises:
        UsageError: the extra `hub` is not installed, `root` is no folder of a Hub, or the token is unusable.
        EnvironmentFailure: another Hub serves `root`, or the port is taken.
    """
    with _extra():
        from packager.rehearsal.server import running_hub  # noqa: PLC0415 - needs the extra `hub`
    with running_hub(root, port=port, token=token, others=others, faults=faults) as (endpoint, secret):
        yield HubAddress(endpoint, secret)


def serve_hub(
    root: Path, *, port: int = 0, token: str | None = None, announce: Callable[[HubAddress], None]
) -> None:
    """Serve a Hub until SIGINT or SIGTERM arrives, then return. Call it in the main thread.

    `announce` is called once, as soon as requests are accepted. Raises what `run_hub` raises.
    """
    stop = threading.Event()

    def request_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    previous = {number: signal.signal(number, request_stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with run_hub(root, port=port, token=token) as address:
            announce(address)
            # A wait without end cannot be interrupted by Ctrl+C on Windows.
            while not stop.wait(1.0):
                pass
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def export_lines(address: HubAddress) -> tuple[str, ...]:
    """Return the assignments that point the Hub's clients at this Hub; the second one holds the token."""
    return (f"HF_ENDPOINT={address.endpoint}", f"HF_TOKEN={address.token}")


def measure_commits(root: Path) -> tuple[CommitCost, ...]:
    """Return what each commit of a Hub that is not served cost, in bytes, oldest first.

    Raises:
        UsageError: the extra `hub` is not installed, or `root` is no folder of a Hub.
        EnvironmentFailure: a Hub serves `root`.
    """
    with _extra():
        from packager.rehearsal import upkeep  # noqa: PLC0415 - needs the extra `hub`
    return upkeep.measure_commits(root)


def collect_garbage(root: Path) -> Collected:
    """Throw away what no commit of a Hub needs. Raises what `measure_commits` raises."""
    with _extra():
        from packager.rehearsal import upkeep  # noqa: PLC0415 - needs the extra `hub`
    return upkeep.collect_garbage(root)


@contextmanager
def _extra() -> Iterator[None]:
    """Say what to install where an import misses a library of the extra."""
    try:
        yield
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in {"blake3", "dulwich", "lz4", "starlette", "uvicorn"}:
            raise
        raise UsageError(
            f"The rehearsal Hub needs {missing}, which is not installed. "
            "Install it with: pip install 'segment-packager[hub]'"
        ) from error
