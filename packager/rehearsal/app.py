"""Put the routes together into one ASGI application.

It is a plain ASGI callable from outside in: raw path and request id, then Starlette. Whatever must stand
before any of it (such as faults on demand) wraps the callable that `build_app` returns.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.convertors import Convertor, register_url_convertor
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Route

from packager.rehearsal import (
    access_routes,
    clone_routes,
    file_routes,
    lfs_routes,
    pages,
    pull_routes,
    repository_routes,
    upload_routes,
)
from packager.rehearsal.calls import Hub, answering, refusing, streaming
from packager.rehearsal.refusal import RefusalError
from packager.rehearsal.xet import routes as xet_routes

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from packager.rehearsal.account import Accounts
    from packager.rehearsal.repositories import Repositories


class _Segment(Convertor[str]):
    """One part of a path as it was sent; handlers decode it."""

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


# An address without a kind is a model's, unless its first part means something else.
_SEGMENTS = {
    "kind": "models|datasets|spaces",
    "prefix": "datasets|spaces",
    "scope": "read|write",
    "state": "pending|accepted|rejected",
    "question": "revision|commits|tree|refs",
    "change": "comment|title|status|merge",
    "owner": "(?!(?:api|lfs|datasets|spaces)/)[^/]+",
}


def build_app(repositories: Repositories, accounts: Accounts) -> ASGIApp:
    """Return the application that serves these repositories to these accounts and to strangers."""
    for name, regex in _SEGMENTS.items():
        register_url_convertor(name, type("_Kind", (_Segment,), {"regex": regex})())
    hub = Hub(repositories, accounts)
    plain = (
        *repository_routes.ROUTES,
        *upload_routes.ROUTES,
        *lfs_routes.ROUTES,
        *file_routes.ROUTES,
        *access_routes.ROUTES,
        *clone_routes.ROUTES,
        *pull_routes.ROUTES,
        *xet_routes.ROUTES,
        *pages.ROUTES,
        *repository_routes.LAST_ROUTES,
    )
    routes = [Route(path, answering(hub, handler), methods=[method]) for method, path, handler in plain]
    streams = [
        Route(path, streaming(hub, handler), methods=[method])
        for rooms in (upload_routes, lfs_routes, xet_routes)
        for method, path, handler in rooms.STREAM_ROUTES
    ]
    app = Starlette(
        routes=[*routes, *streams],
        # A name that merely resolves to this machine must not let a web page in.
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
        exception_handlers={RefusalError: refusing, HTTPException: _not_implemented, ClientDisconnect: _gone},
    )
    app.router.redirect_slashes = False
    return _with_raw_path(app)


def _with_raw_path(app: ASGIApp) -> ASGIApp:
    """Route on the path as it was sent, since `a%2Fb` is one part of it; give every answer an id."""

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Request-Id"] = str(uuid.uuid4())
            await send(message)

        await app({**scope, "path": scope["raw_path"].decode("latin-1")}, receive, send_with_id)

    return outer


def _gone(_request: Request, _error: Exception) -> Response:
    return Response(status_code=400)  # nobody is there to read it


def _not_implemented(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException) or error.status_code not in {404, 405}:
        raise error
    asked = f"{request.method} {request.scope['path']}"
    return refusing(request, RefusalError(501, f"{asked[:200]} is not implemented by the rehearsal Hub."))
