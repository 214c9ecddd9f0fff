"""Show a person what was published: plain HTML, no scripts, nothing loaded from another machine."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from urllib.parse import quote

from starlette.responses import HTMLResponse, Response

from packager.markdown import render_markdown
from packager.rehearsal.calls import Call, asking_for_token
from packager.rehearsal.metadata import split_readme
from packager.rehearsal.pull_routes import find_pull, show_difference
from packager.rehearsal.repositories import Repository

# Colours are the reader's own, light or dark.
_STYLE = """\
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}
p,li,td{overflow-wrap:anywhere}
pre,code{font:.9em/1.4 ui-monospace,monospace;background:#8882;border-radius:.2em}
pre{padding:.6em;overflow-x:auto}pre code{background:none}
table{border-collapse:collapse;display:block;overflow-x:auto}
th,td{border:1px solid #8886;padding:.2em .6em;text-align:left}
td.right,th.right{text-align:right}td.center,th.center{text-align:center}
td.number{text-align:right;white-space:nowrap}
article{border:1px solid #8886;border-radius:.4em;padding:0 1rem}
blockquote{border-left:.3em solid #8886;margin-left:0;padding-left:1em}
img{max-width:100%}
"""
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def show_all(call: Call) -> Response:
    """Show the repositories; private ones only with the token."""
    caller = call.caller
    shown = [found for found in call.hub.repositories.list_all() if found.is_visible_to(caller)]
    items = [_link(f"/{found.identity.page}", found.identity.page) for found in shown]
    return _page("Rehearsal Hub", _list(items) if items else "<p>Nothing has been published yet.</p>")


def show_one(call: Call) -> Response:
    """Show the card, the files and the versions of a repository; `?revision=` names one of these."""
    with asking_for_token():
        found = call.repository()
    revision = call.request.query_params.get("revision") or "main"
    commit = found.git.resolve(revision)
    page = f"/{found.identity.page}"
    files = f"{page}/resolve/{quote(revision, safe='')}/"
    record = found.git.describe(commit)
    made = f"{escape(record.title)}, {record.date:%Y-%m-%d %H:%M} UTC"
    body = [
        f"<p>{escape(revision)}: <code>{commit}</code>, {made}",
        _card(found, commit, files),
        "<h2>Files</h2>",
        _files(found, commit, files),
        "<h2>Versions</h2>",
        _revisions(page, found.git.refs("tags")),
        "<h2>Branches</h2>",
        _revisions(page, found.git.refs("heads")),
        "<h2>Open pull requests</h2>",
        _list(
            _link(f"{page}/discussions/{pull.number}", f"#{pull.number} {pull.title}")
            for pull in found.pulls.list_all()
            if pull.is_pull and pull.status in {"draft", "open"}
        ),
    ]
    return _page(found.identity.page, "\n".join(body))


def show_pull(call: Call) -> Response:
    """Show a pull request: who wants what, and the difference."""
    with asking_for_token():
        found = call.repository()
    pull = find_pull(call, found)
    page = f"/{found.identity.page}"
    body = [f"<p>{_link(page, found.identity.page)}: {pull.status}, by {escape(pull.author)}, {pull.created}"]
    if pull.is_pull:
        head = found.git.head(pull.ref)
        difference = show_difference(found.git, pull.base, head) or "It changes nothing yet."
        body += [
            f"<p>{_link(f'{page}?revision={quote(pull.ref)}', pull.ref)} into {escape(pull.target)}",
            f"<pre>{escape(difference)}</pre>",
        ]
    return _page(f"#{pull.number} {pull.title}", "\n".join(body))


def _card(found: Repository, commit: str, files: str) -> str:
    readme = found.git.find_text(commit, "README.md")
    if readme is None:
        return "<p>There is no README.md."
    metadata, text = split_readme(readme.decode("utf-8", "replace"))
    shown = f"<details><summary>Metadata</summary><pre>{escape(metadata)}</pre></details>"
    return f"{shown if metadata else ''}<article>{render_markdown(text, files)}</article>"


def _files(found: Repository, commit: str, files: str) -> str:
    entries = found.git.list_folder(commit, "", recursive=True)
    rows = (
        f'<tr><td>{_link(files + quote(entry.path), entry.path)}<td class="number">{entry.size:,}'
        for entry in entries
        if not entry.is_folder
    )
    return f"<table><tr><th>path<th>bytes{''.join(rows)}</table>"


def _list(items: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{item}' for item in items)}</ul>"


def _revisions(page: str, refs: dict[str, str]) -> str:
    return _list(
        f"{_link(f'{page}?revision={quote(name)}', name)} <code>{commit}</code>"
        for name, commit in refs.items()
    )


def _link(href: str, text: str) -> str:
    return f'<a href="{escape(href)}">{escape(text)}</a>'


def _page(title: str, body: str) -> Response:
    name = escape(title)
    head = '<!doctype html><html lang="en"><meta charset="utf-8">'
    top = '<p><a href="/">Rehearsal Hub</a>'
    return HTMLResponse(
        f"{head}<title>{name}</title><style>{_STYLE}</style>{top}<h1>{name}</h1>{body}", headers=_HEADERS
    )
