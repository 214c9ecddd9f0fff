"""Turn an HTTP request into what the handlers work with, and their refusals into answers.

A plain handler gets the body read (at most 16 MB) and runs in a worker thread; a stream handler is `async`
and reads the body itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import unquote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from packager.rehearsal.names import RepositoryId, check_repository
from packager.rehearsal.refusal import RefusalError, bad_request, repository_not_found

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

    from packager.rehearsal.account import Account
    from packager.rehearsal.repositories import Repositories, Repository

_LARGEST_BODY = 16 << 20
_LONGEST_MESSAGE = 500
_LARGEST_FILE = 1 << 40


@dataclass(frozen=True, slots=True)
class Hub:
    """What all handlers share."""

    repositories: Repositories
    account: Account


@dataclass(frozen=True, slots=True)
class Call:
    """One request."""

    request: Request
    hub: Hub
    body: bytes = b""

    @property
    def endpoint(self) -> str:
        """Return the address under which the client reached this Hub, without a final slash."""
        return str(self.request.base_url).rstrip("/")

    @property
    def is_known(self) -> bool:
        """Return whether the account's token came along; a wrong one is refused (401)."""
        return self.hub.account.is_known(self.request.headers.get("authorization"))

    def require_account(self) -> None:
        """Refuse a stranger (401)."""
        if not self.is_known:
            raise RefusalError(401, "Invalid username or password.")

    def segment(self, name: str) -> str:
        """Return a decoded part of the path: `a%2Fb` is one part, which may be `a/b`."""
        try:
            return unquote(self.request.path_params[name], errors="strict")
        except UnicodeDecodeError:
            raise bad_request("The path of the address is not UTF-8.") from None

    def flag(self, name: str) -> bool:
        """Return whether a query parameter is set and true."""
        return self.request.query_params.get(name, "").lower() in {"1", "true"}

    def fields(self) -> dict[str, Any]:
        """Return the JSON object in the body; an empty body is an empty object."""
        return json_object(self.body or b"{}")

    def identity(self) -> RepositoryId:
        """Return the repository that the path names."""
        kind = self.request.path_params.get("kind", "models")
        return check_repository(kind, self.segment("namespace"), self.segment("name"))

    def repository(self, *, write: bool = False) -> Repository:
        """Return the repository that the path names, if the caller may read (or write) it."""
        found = self.hub.repositories.find(self.identity())
        is_known = self.is_known
        if found is None or ((write or found.settings.private) and not is_known):
            raise repository_not_found(known=is_known)
        return found


Handler: TypeAlias = Callable[[Call], Response]
StreamHandler: TypeAlias = Callable[[Call], Awaitable[Response]]
RouteEntry: TypeAlias = tuple[str, str, Handler]
"""HTTP method, path with `{parameters}`, and who answers."""
StreamEntry: TypeAlias = tuple[str, str, StreamHandler]


def answering(hub: Hub, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Return the Starlette endpoint that answers with a plain handler."""

    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(handler, Call(request, hub, await _read_body(request)))

    return endpoint


def streaming(hub: Hub, handler: StreamHandler) -> Callable[[Request], Awaitable[Response]]:
    """Return the same for a handler that reads the body itself, in a stream."""

    async def endpoint(request: Request) -> Response:
        return await handler(Call(request, hub))

    return endpoint


def refusing(_request: Request, refusal: Exception) -> Response:
    """Return the answer that says no, with the headers that the clients read."""
    if not isinstance(refusal, RefusalError):
        raise refusal
    # A message may quote the request, which may be long and hold what no answer can.
    message = refusal.message[:_LONGEST_MESSAGE].encode("utf-8", "backslashreplace").decode()
    headers = {**refusal.headers, "X-Error-Message": _header_text(message)}
    if refusal.code:
        headers["X-Error-Code"] = refusal.code
    return JSONResponse({"error": message, **refusal.fields}, refusal.status, headers)


def json_object(text: bytes | str) -> dict[str, Any]:
    """Return a JSON object from outside; anything else is refused (400)."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise bad_request("The body is not JSON.") from None
    if not isinstance(value, dict):
        raise bad_request("The body is not a JSON object.")
    return value


def text_field(fields: dict[str, Any], name: str, default: str | None = None) -> str:
    """Return a text of a JSON object; refuse another type, and absence where there is no default (400)."""
    value = fields.get(name)
    value = default if value is None else value
    if not isinstance(value, str):
        raise bad_request(f"{name!r} must be a text.")
    return value


def size_field(fields: dict[str, Any], name: str) -> int:
    """Return a size in bytes of a JSON object; refuse anything else (400)."""
    value = fields.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LARGEST_FILE:
        raise bad_request(f"{name!r} must be a number of bytes, at most {_LARGEST_FILE}.")
    return value


def object_list(fields: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return a list of objects of a JSON object; refuse anything else (400)."""
    value = fields.get(name)
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise bad_request(f"{name!r} must be a list of objects.")
    return value


def page_of(call: Call, items: Sequence[object], size: int, present: Callable[[Any], object]) -> Response:
    """Return one page of a list as JSON, with a link to the next one."""
    cursor = call.request.query_params.get("cursor", "0")
    if not re.fullmatch("[0-9]{1,9}", cursor):
        raise bad_request("The cursor was not given out by this Hub.")
    start, end = int(cursor), int(cursor) + size
    headers = {}
    if end < len(items):
        query = [pair for pair in call.request.query_params.multi_items() if pair[0] != "cursor"]
        url = f"{call.endpoint}{call.request.scope['path']}?{urlencode([*query, ('cursor', str(end))])}"
        headers["Link"] = f'<{url}>; rel="next"'
    return JSONResponse([present(item) for item in items[start:end]], headers=headers)


async def _read_body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_BODY:
            raise RefusalError(413, f"The body is larger than {_LARGEST_BODY} bytes.")
    return bytes(body)


def _header_text(message: str) -> str:
    """Return a message as a header can hold it: one line of ASCII."""
    return re.sub(r"[\x00-\x1f\x7f]", " ", message).strip().encode("ascii", "backslashreplace").decode()
