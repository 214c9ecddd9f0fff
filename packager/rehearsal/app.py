"""Put the routes together into one ASGI application.

It is a plain ASGI callable from outside in: raw path and request id, then Starlette. Whatever must stand
before any of it (such as faults on demand) wraps the callable that `build_app` returns.
"""

from __future__ import annotations

import uuid

from starlette.applications import Starlette
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from packager.rehearsal import (
    clone_routes,
    file_routes,
    lfs_routes,
    pages,
    pull_routes,
    repository_routes,
    upload_routes,
)
from packager.rehearsal.account import Accounts
from packager.rehearsal.calls import Handler, Hub, StreamHandler, answering, refusing
from packager.rehearsal.refusal import RefusalError
from packager.rehearsal.repositories import Repositories
from packager.rehearsal.xet import routes as xet_routes

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
_API = "/api/{kind:kind}/{namespace}/{name}"
_PAGES = ("/{kind:prefix}/{namespace}/{name}", "/{namespace:owner}/{name}")
_LFS = "/lfs/{kind:kind}/{namespace}/{name}/{oid}"
_XET = "/api/xet/{store}"

_ROUTES: tuple[tuple[str, str, Handler | StreamHandler], ...] = (
    ("GET", "/api/whoami-v2", repository_routes.whoami),
    ("POST", "/api/validate-yaml", repository_routes.validate_yaml),
    ("POST", "/api/repos/create", repository_routes.create_repository),
    ("DELETE", "/api/repos/delete", repository_routes.delete_repository),
    ("POST", "/api/repos/move", repository_routes.move_repository),
    ("GET", "/api/{kind:kind}", repository_routes.list_repositories),
    ("GET", _API, repository_routes.repository_info),
    ("GET", _API + "/revision/{revision}", repository_routes.repository_info),
    ("PUT", _API + "/settings", repository_routes.change_settings),
    ("GET", _API + "/auth-check", repository_routes.check_access),
    ("GET", _API + "/auth-check/write", repository_routes.check_access),
    ("GET", _API + "/refs", repository_routes.list_refs),
    ("GET", _API + "/commits/{revision}", repository_routes.list_commits),
    ("POST", _API + "/super-squash/{ref}", repository_routes.squash_history),
    ("POST", _API + "/branch/{ref}", repository_routes.add_branch),
    ("DELETE", _API + "/branch/{ref}", repository_routes.remove_branch),
    ("POST", _API + "/tag/{ref}", repository_routes.add_tag),
    ("DELETE", _API + "/tag/{ref}", repository_routes.remove_tag),
    ("GET", _API + "/user-access-request/{state:state}", repository_routes.list_requests),
    ("POST", _API + "/user-access-request/grant", repository_routes.grant_access),
    ("POST", _API + "/user-access-request/handle", repository_routes.decide_access),
    ("POST", _API + "/discussions", pull_routes.open_pull),
    ("GET", _API + "/discussions", pull_routes.list_pulls),
    ("GET", _API + "/discussions/{number}", pull_routes.show_pull),
    ("POST", _API + "/discussions/{number}/{change:change}", pull_routes.change_pull),
    ("POST", _API + "/preupload/{revision}", upload_routes.preupload),
    ("POST", _API + "/commit/{revision}", upload_routes.commit),
    ("GET", _API + "/tree/{revision}", file_routes.list_tree),
    ("GET", _API + "/tree/{revision}/{path:path}", file_routes.list_tree),
    ("POST", _API + "/paths-info/{revision}", file_routes.paths_info),
    ("POST", _API + "/lfs-verify", lfs_routes.verify_object),
    ("GET", _LFS, lfs_routes.send_object),
    ("PUT", _LFS, lfs_routes.receive_object),
    ("POST", _LFS, lfs_routes.complete_object),
    ("GET", _API + "/xet-{scope:scope}-token/{revision}", xet_routes.give_token),
    # Until 1.1 hf_xet knew no versions, and named a shard by its hash.
    *(
        ("GET", _XET + path + "/{digest}", xet_routes.describe_file)
        for path in ("/v1/reconstructions", "/reconstruction")
    ),
    *(
        ("GET", _XET + path + "/{prefix}/{digest}", xet_routes.describe_chunk)
        for path in ("/v1/chunks", "/chunk")
    ),
    *(
        ("POST", _XET + path + "/{prefix}/{digest}", xet_routes.receive_xorb)
        for path in ("/v1/xorbs", "/xorb")
    ),
    ("POST", _XET + "/v1/shards", xet_routes.receive_shard),
    ("POST", _XET + "/shard/{prefix}/{digest}", xet_routes.receive_shard),
    ("PUT", _XET + "/shard/{prefix}/{digest}", xet_routes.receive_shard),
    ("GET", _XET + "/xorbs/{digest}", xet_routes.send_xorb),
    ("GET", _XET + "/{rest:path}", xet_routes.not_spoken),
    ("POST", _XET + "/{rest:path}", xet_routes.not_spoken),
    ("GET", "/", pages.show_all),
    *(
        (method, page + path, handler)
        for page in _PAGES
        for method, path, handler in (
            ("GET", "/resolve/{revision}/{path:path}", file_routes.send_file),
            ("POST", ".git/info/lfs/objects/batch", lfs_routes.answer_batch),
            ("POST", "/ask-access", repository_routes.ask_access),
            *(
                (method, git + path, handler)
                for git in (".git", "")
                for method, path, handler in (
                    ("GET", "/info/refs", clone_routes.list_refs),
                    ("POST", "/git-upload-pack", clone_routes.send_pack),
                    ("POST", "/git-receive-pack", clone_routes.refuse_pack),
                )
            ),
            ("GET", "", pages.show_one),
            ("GET", "/discussions/{number}", pages.show_pull),
        )
    ),
    # What else a client may ask about a repository without a namespace: there are none here.
    ("GET", "/api/{kind:kind}/{name}", repository_routes.no_namespace),
    ("GET", "/api/{kind:kind}/{name}/{question:question}/{rest:path}", repository_routes.no_namespace),
    ("GET", "/{name:owner}/resolve/{rest:path}", repository_routes.no_namespace),
    ("GET", "/{kind:prefix}/{name}/resolve/{rest:path}", repository_routes.no_namespace),
)


def build_app(repositories: Repositories, accounts: Accounts) -> ASGIApp:
    """Return the application that serves these repositories to these accounts and to strangers."""
    for name, regex in _SEGMENTS.items():
        register_url_convertor(name, type("_Segment", (StringConvertor,), {"regex": regex})())
    hub = Hub(repositories, accounts)
    app = Starlette(
        routes=[Route(path, answering(hub, handler), methods=[method]) for method, path, handler in _ROUTES],
        # A name that merely resolves to this machine must not let a web page in.
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
        exception_handlers={
            RefusalError: refusing,
            HTTPException: _not_implemented,
            ClientDisconnect: lambda *_: Response(status_code=400),  # nobody is there to read it
        },
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


def _not_implemented(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException) or error.status_code not in {404, 405}:
        raise error
    asked = f"{request.method} {request.scope['path']}"
    return refusing(request, RefusalError(501, f"{asked[:200]} is not implemented by the rehearsal Hub."))
