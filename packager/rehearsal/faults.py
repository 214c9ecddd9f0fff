"""Break requests on demand, by rule, outside everything that answers them. Off unless asked for.

    Faults(Fault("POST", "/commit/", AnswerLost()), Fault("PUT", "/lfs/", ResetRequest(1000), after=1))

Rules are asked in the order in which they were given; the first that fits and is not used up breaks the
request. A new way to break one is a new class here and a new `case` in `Faults.wrap`.
"""

from __future__ import annotations

import asyncio
import re
import socket
import struct
import threading
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    Hangup: TypeAlias = "Callable[[Scope], asyncio.Transport | None]"


@dataclass(frozen=True, slots=True)
class Status:
    """Answer with an error instead; the request changes nothing."""

    code: int
    retry_after: int | None = None
    """Seconds, for the header of this name; None: no such header."""
    body: bytes = b'{"error": "a fault was asked for"}'


@dataclass(frozen=True, slots=True)
class ResetRequest:
    """Reset the connection once so many bytes of the request's body have arrived; it changes nothing."""

    after: int = 0


@dataclass(frozen=True, slots=True)
class TruncateResponse:
    """End the connection after so many bytes of the response's body."""

    after: int = 0


@dataclass(frozen=True, slots=True)
class FlipByte:
    """Change one bit of the response's body: the lowest of the byte at `place`."""

    place: int = 0


@dataclass(frozen=True, slots=True)
class Delay:
    """Wait before the request is looked at."""

    seconds: float


@dataclass(frozen=True, slots=True)
class AnswerLost:
    """Do what is asked, then reset the connection instead of answering."""


Break: TypeAlias = Status | ResetRequest | TruncateResponse | FlipByte | Delay | AnswerLost


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule: which requests are broken, and how."""

    method: str
    """A regular expression for the whole method, such as `POST` or `GET|HEAD`."""
    path: str
    """A regular expression that is looked for in the path and query, as they were sent."""
    what: Break
    after: int = 0
    """How many fitting requests are let through first."""
    times: int | None = 1
    """How many are broken then; None: all."""


class Faults:
    """The rules of one Hub. `add` works while it serves; `broken` says what was broken so far."""

    def __init__(self, *rules: Fault) -> None:
        self.rules = rules
        self.broken: list[str] = []
        """`METHOD path`, in the order of the requests."""
        self._counts = Counter[int]()
        self._lock = threading.Lock()

    def add(self, *rules: Fault) -> None:
        """Add rules, after those that are there."""
        with self._lock:
            self.rules += rules

    def wrap(self, app: ASGIApp, connection: Hangup) -> ASGIApp:
        """Return the application with these faults before it; `connection` finds that of a request."""

        async def broken(scope: Scope, receive: Receive, send: Send) -> None:
            found = self._match(scope) if scope["type"] == "http" else None
            line = _Line(scope, receive, send, connection)
            match found:
                case None:
                    await app(scope, receive, send)
                case Status():
                    await _answer(found, line)
                case ResetRequest(after):
                    await line.read(after)
                    await line.reset()
                case TruncateResponse(after):
                    await app(scope, receive, line.truncating(after))
                case FlipByte(place):
                    await app(scope, receive, line.flipping(place))
                case Delay(seconds):
                    await asyncio.sleep(seconds)
                    await app(scope, receive, send)
                case AnswerLost():
                    await app(scope, receive, _swallow)
                    await line.reset()

        return broken

    def _match(self, scope: Scope) -> Break | None:
        query = scope["query_string"].decode("latin-1")
        asked = scope["raw_path"].decode("latin-1") + (f"?{query}" if query else "")
        with self._lock:
            for number, rule in enumerate(self.rules):
                if not re.fullmatch(rule.method, scope["method"]) or not re.search(rule.path, asked):
                    continue
                self._counts[number] += 1
                place = self._counts[number] - rule.after
                if place > 0 and (rule.times is None or place <= rule.times):
                    self.broken.append(f"{scope['method']} {asked}")
                    return rule.what
        return None


class _Line:
    """The connection of one request."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, connection: Hangup) -> None:
        self._transport = connection(scope) if scope["type"] == "http" else None
        self._receive, self.send = receive, send

    async def read(self, count: int | None) -> None:
        """Take in so many bytes of the body, or all of it."""
        read = 0
        while count is None or read < count:
            message = await self._receive()
            read += len(message.get("body", b""))
            if message["type"] == "http.disconnect" or not message.get("more_body"):
                return

    async def reset(self) -> None:
        """End the connection so that the client sees a reset."""
        if self._transport is None:
            return
        opened = self._transport.get_extra_info("socket")
        if opened is not None:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()
        await self._until_gone()

    def truncating(self, count: int) -> Send:
        """Return a `send` that ends the connection after so many bytes."""
        left = count
        is_over = False

        async def send(message: Message) -> None:
            nonlocal left, is_over
            if is_over:
                return
            if message["type"] != "http.response.body":
                await self.send(message)
                return
            body = message.get("body", b"")
            is_over = len(body) >= left
            await self.send({**message, "body": body[:left], "more_body": True})
            left -= len(body)
            if is_over and self._transport is not None:
                self._transport.close()  # what was sent still arrives
                await self._until_gone()

        return send

    def flipping(self, place: int) -> Send:
        """Return a `send` that changes one byte."""
        sent = 0

        async def send(message: Message) -> None:
            nonlocal sent
            body = message.get("body", b"")
            if message["type"] == "http.response.body" and sent <= place < sent + len(body):
                changed = bytearray(body)
                changed[place - sent] ^= 1
                message = {**message, "body": bytes(changed)}
            sent += len(body)
            await self.send(message)

        return send

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass


async def _answer(status: Status, line: _Line) -> None:
    await line.read(None)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(status.body))]
    if status.retry_after is not None:
        headers.append((b"retry-after", b"%d" % status.retry_after))
    await line.send({"type": "http.response.start", "status": status.code, "headers": headers})
    await line.send({"type": "http.response.body", "body": status.body})


async def _swallow(_message: Message) -> None:
    pass
