"""Turn an HTTP request into what the handlers work with, and their refusals into answers.

A plain handler gets the body read (at most 16 MB) and runs in a worker thread; a stream handler is `async`
and reads the body itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import Any, TypeAlias
from urllib.parse import unquote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from packager.rehearsal.account import Accounts, Caller, Role
from packager.rehearsal.metadata import is_unicode
from packager.rehearsal.names import RepositoryId, check_repository
from packager.rehearsal.refusal import RefusalError, bad_request, repository_not_found
from packager.rehearsal.repositories import Repositories, Repository

_LARGEST_BODY = 16 << 20
_LONGEST_MESSAGE = 500
_LARGEST_FILE = 1 << 40


@dataclass(frozen=True, slots=True)
class Hub:
    """What all handlers share."""

    repositories: Repositories
    accounts: Accounts


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
    def caller(self) -> Caller | None:
        """Return who calls; None is a stranger. A wrong token is refused (401)."""
        return self.hub.accounts.caller(self.request.headers.get("authorization"))

    def require_account(self, namespace: str | None = None) -> Caller:
        """Return who calls; refuse a stranger (401), and who may not write under a namespace (403)."""
        caller = self.caller
        if caller is None:
            raise RefusalError(401, "Invalid username or password.")
        if namespace is not None and not (caller.owns(namespace) and caller.role is not Role.READ):
            is_owner = caller.owns(namespace)
            reason = "this token may only read" if is_owner else f"{namespace} is not {caller.name}'s"
            raise RefusalError(
                403, f"You don't have the rights to write under the namespace {namespace}: {reason}."
            )
        return caller

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

    def sign(self, path: str, fields: Mapping[str, str]) -> str:
        """Return an address of this Hub that proves that it was given out by it, with these fields."""
        signature = self.hub.accounts.sign(path, fields)
        return f"{self.endpoint}{path}?{urlencode({**fields, 'signature': signature})}"

    def identity(self) -> RepositoryId:
        """Return the repository that the path names."""
        kind = self.request.path_params.get("kind", "models")
        return check_repository(kind, self.segment("namespace"), self.segment("name"))

    def repository(self, *, write: bool = False, files: bool = False, contribute: bool = False) -> Repository:
        """Return the repository that the path names, if the caller may read it, write it, or read its files.

        To `contribute`, in a pull request, another account may write as well.
        """
        found = self.hub.repositories.find(self.identity())
        caller = self.caller
        if found is None or not found.is_visible_to(caller) or (write and caller is None):
            raise repository_not_found(known=caller is not None)
        if write:
            self.require_account(caller.name if contribute and caller else found.identity.namespace)
        if files:
            _refuse_gated(found, caller)
        return found


Answer: TypeAlias = Response | dict[str, Any] | list[Any] | None
"""JSON values are sent as such; None is an empty object."""
Handler: TypeAlias = Callable[[Call], Answer]
StreamHandler: TypeAlias = Callable[[Call], Awaitable[Answer]]


def answering(hub: Hub, handler: Handler | StreamHandler) -> Callable[[Request], Awaitable[Response]]:
    """Return the Starlette endpoint that answers with a handler."""

    async def endpoint(request: Request) -> Response:
        if iscoroutinefunction(handler):
            answer = await handler(Call(request, hub))
        else:
            answer = await run_in_threadpool(handler, Call(request, hub, await _read_body(request)))
        return answer if isinstance(answer, Response) else JSONResponse({} if answer is None else answer)

    return endpoint


def refusing(_request: Request, refusal: Exception) -> Response:
    """Return the answer that says no, with the headers that the clients read."""
    if not isinstance(refusal, RefusalError):
        raise refusal
    # A message may quote the request, which may be long and hold what no answer can.
    message = refusal.message[:_LONGEST_MESSAGE].encode("utf-8", "backslashreplace").decode()
    # A header holds one line of ASCII.
    line = re.sub(r"[\x00-\x1f\x7f]", " ", message).strip().encode("ascii", "backslashreplace").decode()
    headers = {**refusal.headers, "X-Error-Message": line}
    if refusal.code:
        headers["X-Error-Code"] = refusal.code
    return JSONResponse({"error": message, **refusal.fields}, refusal.status, headers)


@contextmanager
def asking_for_token() -> Iterator[None]:
    """Let a stranger who is refused be asked for the token: by a browser, by git, by `git lfs`."""
    try:
        yield
    except RefusalError as refusal:
        if refusal.status == 401:
            refusal.headers["WWW-Authenticate"] = (
                'Basic realm="rehearsal Hub: any user, the token as password"'
            )
        raise


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
    """Return a text of a JSON object; refuse another type, and absence where there is no default (400).

    Half a surrogate pair is no text: JSON can spell it, but no answer could say it again.
    """
    value = fields.get(name)
    value = default if value is None else value
    if not isinstance(value, str) or not is_unicode(value):
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


def _refuse_gated(repository: Repository, caller: Caller | None) -> None:
    """Refuse the files of a gated repository to who is not its owner and has not been let in."""
    gated, name = repository.settings.gated, repository.identity.repo_id
    is_open = not gated or (caller and caller.owns(repository.identity.namespace))
    if is_open or (caller and repository.settings.admits(caller.name)):
        return
    if caller is None:
        message = f"Access to {name} is restricted. You must be authenticated."
        raise RefusalError(401, message, code="GatedRepo")
    raise RefusalError(403, f"Access to {name} is restricted, and {caller.name} is not in.", code="GatedRepo")


async def _read_body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_BODY:
            raise RefusalError(413, f"The body is larger than {_LARGEST_BODY} bytes.")
    return bytes(body)
