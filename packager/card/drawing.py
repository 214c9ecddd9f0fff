"""Draw bars as SVG: the same numbers are the same bytes. Pure.

A drawing has its own ground, so that it can be read on any page; it follows the reader's light or dark, grows
and shrinks with the page, and has a title and a description for those who do not see it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from packager.card.escape import on_one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH: Final = 520
_MARGIN: Final = 20
_TOP: Final = 64
_LONGEST: Final = 26
"""Characters of a name."""
_NO_XML: Final = re.compile("[\ufffe\uffff]")
_STYLE: Final = (
    "text{font:15px system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;fill:#1f2328}"
    ".h{font-size:19px;font-weight:600}.m{fill:#59636e}"
    ".g{fill:#ffffff;stroke:#d1d9e0}.b{fill:#2f6fdb}.a{stroke:#8c959f}"
    "@media (prefers-color-scheme:dark){text{fill:#f0f6fc}.m{fill:#aab4be}"
    ".g{fill:#0d1117;stroke:#3d444d}.b{fill:#6ea8fe}.a{stroke:#656c76}}"
)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar."""

    label: str
    """Whose it is; data, of any length."""
    value: int
    shown: str
    """The value in words; may be empty."""


def draw_columns(title: str, about: str, bars: Sequence[Bar], caption: str) -> bytes:
    """Return columns side by side, each labelled where it begins, as those of a histogram are."""
    height, base = 300, 238
    room = (_WIDTH - 2 * _MARGIN) / max(len(bars), 1)
    most = max((bar.value for bar in bars), default=0) or 1
    lines = []
    for number, bar in enumerate(bars):
        left, tall = _MARGIN + number * room, bar.value * (base - _TOP - 24) / most
        if bar.value:
            lines.append(
                f'<rect class="b" x="{left + 1:.1f}" y="{base - tall:.1f}" width="{room - 2:.1f}" '
                f'height="{max(tall, 1):.1f}" rx="2"/>'
            )
        if bar.shown:
            lines.append(_text(left + room / 2, base - tall - 6, bar.shown, "middle", "m"))
        lines.append(_text(left, base + 20, bar.label, "start" if number == 0 else "middle", "m"))
    lines.append(f'<path class="a" d="M{_MARGIN} {base}H{_WIDTH - _MARGIN}"/>')
    lines.append(_text(_WIDTH - _MARGIN, base + 46, caption, "end", "m"))
    return _frame(title, about, height, lines)


def draw_rows(title: str, about: str, bars: Sequence[Bar], caption: str = "") -> bytes:
    """Return bars below each other, each with its name above it."""
    lines: list[str] = []
    most = max((bar.value for bar in bars), default=0) or 1
    top = _TOP - 4
    for bar in bars:
        wide = bar.value * (_WIDTH - 2 * _MARGIN) / most
        lines += [
            _text(_MARGIN, top + 14, _cut(bar.label), "start"),
            _text(_WIDTH - _MARGIN, top + 14, bar.shown, "end", "m"),
            f'<rect class="b" x="{_MARGIN}" y="{top + 21}" width="{max(wide, 1):.1f}" height="9" rx="2"/>',
        ]
        top += 42
    if caption:
        lines.append(_text(_WIDTH - _MARGIN, top + 14, caption, "end", "m"))
        top += 22
    return _frame(title, about, top + 10, lines)


def _frame(title: str, about: str, height: int, lines: Sequence[str]) -> bytes:
    root = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img"'
    return "\n".join(
        [
            f'{root} aria-labelledby="t d">',
            f'<title id="t">{_escape(title)}</title>',
            f'<desc id="d">{_escape(about)}</desc>',
            f"<style>{_STYLE}</style>",
            f'<rect class="g" x="0.5" y="0.5" width="{_WIDTH - 1}" height="{height - 1}" rx="8"/>',
            f'<text class="h" x="{_MARGIN}" y="36">{_escape(title)}</text>',
            *lines,
            "</svg>\n",
        ]
    ).encode()


def _text(x: float, y: float, words: str, anchor: str, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{_escape(words)}</text>'


def _cut(name: str) -> str:
    line = on_one_line(name)
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _escape(data: str) -> str:
    return escape(_NO_XML.sub("\ufffd", on_one_line(data)))
