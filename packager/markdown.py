"""Turn the Markdown of a card into HTML that can do nothing. Pure.

HTML in it is shown as text. A link leads to the web, to mail, or into the repository; what leads elsewhere
(`javascript:`, `data:`, `file:`) stays text. A picture is shown if it is a file of the repository; any other
one becomes a link, so that looking at a card asks no other machine for anything. The rehearsal Hub shows
cards with it, and so does the page that `packager card --open` writes.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, MutableMapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from markdown_it.renderer import RendererHTML
    from markdown_it.token import Token
    from markdown_it.utils import OptionsDict

_LARGEST = 256 << 10
"""Characters; longer cards are shown as they are, since rendering takes a second for each MB or more."""
_SCHEME = re.compile(r"[^/?#]*:")
_OUTSIDE = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)
_Environment = MutableMapping[str, Any]


def render_markdown(text: str, files: str, pictures: Mapping[str, str] | None = None) -> str:
    """Return HTML.

    Args:
        text: Markdown, of anybody.
        files: the address of the folder in which the card lies, with a final slash.
        pictures: addresses of the pictures that are shown, by path; None: every file has its own.
    """
    if len(text) > _LARGEST:
        return f"<pre>{escape(text)}</pre>"
    rendered: str = _PARSER.render(text, {"files": files, "pictures": pictures})
    return rendered


def _is_harmless(address: str) -> bool:
    return bool(_OUTSIDE.match(address)) or not (_SCHEME.match(address) or address.startswith(("//", "\\")))


def _inside(address: str, files: str) -> str | None:
    """Return the address of a file of the repository; None if this leads anywhere else."""
    if _SCHEME.match(address) or address.startswith(("/", "\\", "#", "?")):
        return None
    path = posixpath.normpath(unquote(address.partition("#")[0].partition("?")[0]))
    return None if path.startswith((".", "/")) else files + address.removeprefix("./")


def _open_link(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, environment: _Environment
) -> str:
    token = tokens[index]
    address = str(token.attrGet("href") or "")
    token.attrSet("href", _inside(address, environment["files"]) or address)
    token.attrSet("rel", "noreferrer noopener nofollow")
    return self.renderToken(tokens, index, options, environment)


def _show_image(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, environment: _Environment
) -> str:
    token = tokens[index]
    address = str(token.attrGet("src") or "")
    words = escape(self.renderInlineAsText(token.children, options, environment))
    inside = _inside(address, environment["files"])
    if inside is not None and environment["pictures"] is not None:
        path = posixpath.normpath(unquote(address.partition("#")[0].partition("?")[0]))
        inside = environment["pictures"].get(path)
    if inside is not None:
        return f'<img src="{escape(inside)}" alt="{words}">'
    return f'<a href="{escape(address)}" rel="noreferrer noopener nofollow">{words or escape(address)}</a>'


def _open_cell(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, environment: _Environment
) -> str:
    """Say how a cell is aligned by a class: a style of its own is what a strict policy forbids."""
    token = tokens[index]
    style = str(token.attrs.pop("style", ""))
    if style:
        token.attrSet("class", style.removeprefix("text-align:"))
    return self.renderToken(tokens, index, options, environment)


def _make_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.validateLink = _is_harmless  # type: ignore[method-assign, assignment]
    parser.add_render_rule("link_open", _open_link)
    parser.add_render_rule("image", _show_image)
    parser.add_render_rule("th_open", _open_cell)
    parser.add_render_rule("td_open", _open_cell)
    return parser


_PARSER = _make_parser()
