"""Run the application on a socket of 127.0.0.1, in a thread, for one root folder and one process."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from filelock import FileLock, Timeout
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from packager.errors import EnvironmentFailure, UsageError
from packager.rehearsal.account import Accounts, Token
from packager.rehearsal.app import build_app
from packager.rehearsal.faults import Faults
from packager.rehearsal.repositories import Repositories

_HOST = "127.0.0.1"
_FORMAT = 1
_KEEP_ALIVE = 60
"""Seconds, more than the clients' 5: whoever closes second cannot cut off a request that was just sent."""
_PATIENCE = 5
"""Seconds that requests under way get when the Hub stops."""


@contextmanager
def running_hub(
    root: Path, *, port: int, token: str | None, others: Sequence[Token], faults: Faults | None
) -> Iterator[tuple[str, str]]:
    """Serve a root; yield the endpoint and the token. See `packager.rehearsal.run_hub`."""
    secret = f"hf_{secrets.token_hex(20)}" if token is None else token
    if not all(re.fullmatch(r"[!-~]{4,200}", text) for text in (secret, *(other.secret for other in others))):
        raise UsageError(
            "The token of a rehearsal Hub is 4 to 200 printable ASCII characters without spaces."
        )
    with owned_root(root), _listening(port, root / "port") as listener:
        app = build_app(Repositories(root), Accounts(secret, others))
        connections: dict[tuple[str, int], asyncio.Transport] = {}
        if faults is not None:
            app = faults.wrap(app, lambda scope: connections.get(tuple(scope["client"])))
        with _served(app, listener, _telling(connections)):
            yield f"http://{_HOST}:{listener.getsockname()[1]}", secret


def _telling(known: dict[tuple[str, int], asyncio.Transport]) -> type[H11Protocol]:
    """Return a protocol that keeps the open connections by who asks: some faults come from below HTTP."""

    class Telling(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            known[transport.get_extra_info("peername")] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            known.pop(self.transport.get_extra_info("peername"), None)

    return Telling


@contextmanager
def owned_root(root: Path) -> Iterator[None]:
    """Hold a root for this process alone. Raises what `running_hub` raises."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(root / ".lock", timeout=0)
        lock.acquire()
    except Timeout:
        raise EnvironmentFailure(
            f"Another rehearsal Hub serves {root}: stop it, or name another folder."
        ) from None
    except OSError as error:
        raise EnvironmentFailure(
            f"{root} cannot hold a rehearsal Hub: {error}. Name another folder."
        ) from None
    try:
        _check_marker(root)
        yield
    finally:
        lock.release()


def _check_marker(root: Path) -> None:
    """Refuse a folder that holds something else, and make an empty one a Hub's."""
    marker, content = root / "hub.json", json.dumps({"format": _FORMAT})
    if not marker.exists():
        if any(item.name != ".lock" for item in root.iterdir()):
            raise UsageError(f"{root} is not empty and holds no rehearsal Hub: name another folder.")
        marker.write_text(content, encoding="utf-8")
    if marker.read_text(encoding="utf-8") != content:
        raise UsageError(f"{marker} was written by another version of packager: name another folder.")


@contextmanager
def _listening(port: int, memory: Path) -> Iterator[socket.socket]:
    """Listen on a port; for 0 on that of the last time, kept in the file `memory`, or else on a free one.

    A client of Xet remembers by the address what it has sent. A Hub that moves with every start would be sent
    everything again, and would count it as new.
    """
    # With IPPROTO_TCP named, asyncio sets TCP_NODELAY; without it every answer waits some 40 ms.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            if port or not _bind_again(listener, memory):
                listener.bind((_HOST, port))
        except (OSError, OverflowError) as error:
            raise EnvironmentFailure(
                f"Port {port} of {_HOST} cannot be used: {error}. Name another port."
            ) from None
        listener.listen(128)
        memory.write_text(str(listener.getsockname()[1]), encoding="ascii")
        yield listener


def _bind_again(listener: socket.socket, memory: Path) -> bool:
    try:
        listener.bind((_HOST, int(memory.read_text(encoding="ascii"))))
    except (OSError, OverflowError, ValueError):
        return False
    return True


@contextmanager
def _served(app: ASGIApp, listener: socket.socket, protocol: type[H11Protocol]) -> Iterator[None]:
    config = uvicorn.Config(
        app,
        log_config=None,  # how this process logs is not ours to decide
        log_level="error",
        access_log=False,
        lifespan="off",
        http=protocol,
        loop="asyncio",
        ws="none",
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=_PATIENCE,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), name="rehearsal-hub", daemon=True)
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise EnvironmentFailure("The rehearsal Hub could not start; the log above says why.")
            time.sleep(0.002)
        yield
    finally:
        server.should_exit = True
        thread.join()
