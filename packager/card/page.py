"""Show a card as the Hub will, on one page of HTML: no script, no network, nothing but itself. Pure.

The front matter stands as chips, pictures are inside the page, the first rows of each split below the card.
Whatever a card or a row says is text: its HTML is shown as it is written, and the page's own policy lets
nothing load or run. Light and dark are the reader's choice.
"""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from typing import TYPE_CHECKING, Any, Final

from markdown_it import MarkdownIt

from packager.card.escape import show_unseen
from packager.card.lint import is_comment
from packager.card.source import read_card
from packager.card.words import load_front
from packager.markdown import render_markdown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_LONGEST: Final = 240
"""Characters of a value that are shown."""
_SHORT: Final = 40
"""Characters up to which a value stands on one line."""
_CHIPS: Final = {
    "license": "License",
    "language": "Language",
    "task_categories": "Task",
    "size_categories": "Size",
    "tags": "Tag",
}
_STYLE: Final = """\
:root{color-scheme:light dark;
--ink:#1c2024;--soft:#57606a;--line:#d0d7de;--paper:#fff;--raised:#f6f8fa;--link:#0a5bc4}
@media (prefers-color-scheme:dark){
:root{--ink:#e6edf3;--soft:#9da7b3;--line:#3d444d;--paper:#0d1117;--raised:#161b22;--link:#6cb6ff}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.6 system-ui,sans-serif}
header,main,footer{max-width:60rem;margin:0 auto;padding:1rem}
header{border-bottom:1px solid var(--line)}
.name{font-size:1.25rem;font-weight:600;margin:.25rem 0;overflow-wrap:anywhere}
.soft,footer{color:var(--soft);font-size:.875rem}
.chips{display:flex;flex-wrap:wrap;gap:.4rem;list-style:none;margin:.75rem 0 0;padding:0}
.chips li{border:1px solid var(--line);border-radius:1rem;background:var(--raised);padding:.1rem .7rem;
font-size:.875rem;overflow-wrap:anywhere}
.chips b{font-weight:400;color:var(--soft)}
h1,h2,h3{line-height:1.25;margin:1.75rem 0 .75rem;overflow-wrap:anywhere}
h1{font-size:1.75rem}h2{font-size:1.35rem;border-bottom:1px solid var(--line);padding-bottom:.3rem}
p,li,blockquote,dd{overflow-wrap:anywhere}
a{color:var(--link)}
code{font:.875em/1.5 ui-monospace,monospace;background:var(--raised);border-radius:.3rem;padding:.1em .3em}
pre{background:var(--raised);border:1px solid var(--line);border-radius:.4rem;padding:.8rem;overflow-x:auto}
pre code{background:none;padding:0}
blockquote{border-left:.25rem solid var(--line);margin:1rem 0;padding:0 1rem;color:var(--soft)}
img{max-width:100%;height:auto}
.wide{overflow-x:auto;margin:1rem 0}
table{border-collapse:collapse;font-size:.9rem}
th,td{border:1px solid var(--line);padding:.35rem .7rem;text-align:left;vertical-align:top}
th{background:var(--raised);white-space:nowrap}
td{min-width:7rem;max-width:28rem;overflow-wrap:anywhere}
td.right{min-width:0;white-space:nowrap}
.rows td{white-space:nowrap}.rows td.long{white-space:normal;min-width:18rem}
.right{text-align:right;font-variant-numeric:tabular-nums}.center{text-align:center}
.null{color:var(--soft);font-style:italic}
summary{cursor:pointer;font-weight:600;padding:.3rem 0}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
"""
_POLICY: Final = (
    "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
    f"style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'"
)


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows of a split."""

    split: str
    total: int
    """How many rows it has."""
    columns: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]


def render_page(
    repo_id: str, readme: bytes, previews: Sequence[Preview], pictures: Mapping[str, bytes]
) -> bytes:
    """Return the page of a README.md; `pictures` are the SVG files beside it, by path."""
    card = read_card(readme)
    front = load_front(card)
    title = front.get("pretty_name")
    inlined = {
        path: f"data:image/svg+xml;base64,{b64encode(data).decode()}" for path, data in pictures.items()
    }
    article = render_markdown(_without_comments("".join(card.body)), "", inlined)
    parts = [
        '<!doctype html><html lang="en"><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f'<meta name="referrer" content="no-referrer"><title>{escape(repo_id)}</title>',
        f"<style>{_STYLE}</style>",
        f'<header><div class="soft">Data set</div><div class="name">{escape(repo_id)}</div>',
        f"<div>{_shown(title)}</div>" if isinstance(title, str) else "",
        f'<ul class="chips" aria-label="Metadata">{"".join(_chips(front))}</ul></header>',
        f"<main><article>{_in_frames(article)}</article>",
        '<section aria-label="First rows"><h2>First rows</h2>',
        *map(_table, previews),
        "</section></main>",
        "<footer>A preview of this machine's latest build. Nothing has been published by it.</footer>",
        "</html>\n",
    ]
    return "\n".join(part for part in parts if part).encode("utf-8", "replace")


def _chips(front: Mapping[str, object]) -> Iterable[str]:
    for key, label in _CHIPS.items():
        value = front.get(key)
        for entry in value if isinstance(value, list) else [value]:
            if entry is not None:
                yield f"<li><b>{label}</b> {_shown(str(entry))}</li>"


def _without_comments(body: str) -> str:
    """Return Markdown without the comments that are blocks of their own: the Hub does not show them."""
    lines = body.splitlines(keepends=True)
    for token in MarkdownIt("commonmark").parse(body):
        if token.type == "html_block" and token.map and is_comment(token, markers=True):
            for number in range(*token.map):
                lines[number] = "\n"
    return "".join(lines)


def _in_frames(article: str) -> str:
    """Let what is wide scroll by itself, also without a mouse. Tags come of the renderer alone."""
    frame = '<div class="wide" role="region" aria-label="Table" tabindex="0"><table>'
    article = article.replace("<table>", frame).replace("</table>", "</table></div>")
    return (
        article.replace("<pre>", '<pre tabindex="0">')
        .replace("<th", '<th scope="col"')
        .replace('<th scope="col"ead', "<thead")
    )


def _table(preview: Preview) -> str:
    head = "".join(f'<th scope="col">{_shown(name)}</th>' for name in preview.columns)
    rows = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in preview.rows)
    split = escape(preview.split)
    return (
        f"<details open><summary>{split}: {len(preview.rows):,} of {preview.total:,} rows</summary>"
        f'<div class="wide" role="region" aria-label="First rows of {split}" tabindex="0">'
        f'<table class="rows"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div></details>'
    )


def _cell(value: object) -> str:
    if value is None:
        return '<td><span class="null">null</span></td>'
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f'<td class="right">{value}</td>'
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    kind = ' class="long"' if len(text) > _SHORT else ""
    return f"<td{kind}>{_shown(text)}</td>"


def _shown(text: str) -> str:
    """Return data as HTML: cut where it is long, and with what cannot be seen made visible."""
    cut = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return escape(show_unseen(cut))
