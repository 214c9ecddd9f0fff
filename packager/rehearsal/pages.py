"""Show a person what was published: plain HTML, no scripts, nothing loaded from anywhere."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import HTMLResponse, Response

from packager.rehearsal.refusal import RefusalError

if TYPE_CHECKING:
    from packager.rehearsal.calls import Call, RouteEntry
    from packager.rehearsal.repositories import Repository

_STYLE = (
    "body{font:16px/1.5 system-ui;margin:2rem auto;max-width:60rem;padding:0 1rem}pre{white-space:pre-wrap}"
)
_HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}


def show_all(call: Call) -> Response:
    """Show the repositories; private ones only with the token."""
    caller = call.caller
    shown = [found for found in call.hub.repositories.list_all() if found.is_visible_to(caller)]
    items = "".join(_item(f"/{found.identity.page}", found.identity.page) for found in shown)
    return _page("Rehearsal Hub", f"<ul>{items}</ul>" if items else "<p>Nothing has been published yet.</p>")


def show_one(call: Call) -> Response:
    """Show the tags, files and README of a repository. A browser may ask for the token as a password."""
    try:
        found = call.repository()
    except RefusalError as refusal:
        if refusal.status == 401:
            refusal.headers["WWW-Authenticate"] = (
                'Basic realm="rehearsal Hub: any user, the token as password"'
            )
        raise
    head = found.git.resolve("main")
    files = [entry for entry in found.git.list_folder(head, "", recursive=True) if not entry.is_folder]
    resolve = f"/{found.identity.page}/resolve"
    tags = "".join(
        f"<li>{escape(name)} <code>{commit}</code></li>" for name, commit in found.git.tags().items()
    )
    items = "".join(
        _item(f"{resolve}/main/{quote(entry.path)}", entry.path, f" {entry.size:,} bytes") for entry in files
    )
    readme = escape(_read_readme(found, head))
    body = f"<p>main: <code>{head}</code></p><h2>Versions</h2><ul>{tags}</ul><h2>Files</h2><ul>{items}</ul>"
    return _page(found.identity.page, f"{body}<h2>README.md</h2><pre>{readme}</pre>")


ROUTES: tuple[RouteEntry, ...] = (
    ("GET", "/", show_all),
    ("GET", "/{kind:prefix}/{namespace}/{name}", show_one),
    ("GET", "/{namespace:owner}/{name}", show_one),
)


def _read_readme(found: Repository, head: str) -> str:
    for entry in found.git.find(head, ["README.md"]):
        if not entry.is_folder and entry.sha256 is None:
            return found.git.read_blob(entry.oid).decode("utf-8", "replace")
    return "There is none."


def _item(href: str, text: str, note: str = "") -> str:
    return f'<li><a href="{escape(href)}">{escape(text)}</a>{escape(note)}</li>'


def _page(title: str, body: str) -> Response:
    name = escape(title)
    head = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{name}</title><style>{_STYLE}</style>'
    )
    return HTMLResponse(f"{head}<h1>{name}</h1>{body}</html>", headers=_HEADERS)
