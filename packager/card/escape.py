"""Write data so that it stays data: text, code and tables in Markdown. Pure.

Nothing that a segment, a name or a path says becomes Markdown, HTML, YAML, a template or a marker.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Names, places and types such as `list<struct<start: float64>>`; what could begin or end a tag is not code.
_PLAINLY_CODE: Final = re.compile(r"(?! )(?:[\w \"'./:#,@+=()-]|(?<=list)<|(?<=struct)<|(?<!-)>)+(?<! )")
_UNSEEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# Not the _ inside a word; but what would make an address or a name of the Hub a link.
_MARKUP: Final = re.compile(r"[&<>|`*{}\[\]\\~$@]|(?<![^\W_])_|_(?![^\W_])|:(?=//)|(?<=www)\.", re.IGNORECASE)
_OPENS_BLOCK: Final = re.compile(r"[#+=-]|(?<=\d)[.)]")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; a column whose head ends with a colon is aligned to the right."""
    lines = [
        [name.rstrip(":") for name in head],
        ["---:" if name.endswith(":") else "---" for name in head],
        *rows,
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def code(data: str) -> str:
    """Return data as code where nothing in it could end the code or its cell, else as text."""
    return f"`{data}`" if _PLAINLY_CODE.fullmatch(data) else text(data)


def text(data: str) -> str:
    """Return data on one line, as text that is nothing else to Markdown, HTML and templates."""
    return _MARKUP.sub(lambda match: f"&#{ord(match[0])};", on_one_line(data))


def paragraph(data: str) -> str:
    """Return data on one line, as words that begin a paragraph and no heading, list or rule."""
    escaped = text(data)
    digits = len(escaped) - len(escaped.lstrip("0123456789"))
    opening = _OPENS_BLOCK.match(escaped, digits)
    return f"{escaped[:digits]}&#{ord(opening[0])};{escaped[opening.end() :]}" if opening else escaped


def show_unseen(data: str) -> str:
    """Return data with a mark for each character that cannot be seen or turns the direction of others."""
    return _UNSEEN.sub(lambda match: match[0] if match[0] in "\n\t" else "\ufffd", data)


def on_one_line(data: str) -> str:
    """Return data without breaks and without what cannot be seen."""
    return _UNSEEN.sub("\ufffd", " ".join(data.split()))
