"""Judge the Markdown of a card: prompts, placeholders, empty sections, links. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from markdown_it import MarkdownIt

from packager.card.escape import on_one_line
from packager.card.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

    from packager.card.source import Card

_PROMPT: Final = re.compile(r"<!--\s*prompt:\s*(.*?)\s*(?:-->|$)", re.IGNORECASE | re.DOTALL)
_PLACEHOLDER: Final = re.compile(
    r"\[more information needed\]|\bTODO\b|\bTBD\b|\bFIXME\b|lorem ipsum|(?<![\w/])me/[\w.-]+", re.IGNORECASE
)
_COMMENT: Final = re.compile(r"<!--(?!\s*/?packager:).*?-->", re.DOTALL)
_ANY_COMMENT: Final = re.compile(r"<!--.*?-->", re.DOTALL)
_BROKEN: Final = re.compile(r"[\s<>{}|\\^`\"]")


def judge_body(card: Card) -> Iterator[Fault]:
    """Yield what is wrong with the body, outside of the generated parts."""
    inside = {line for part in card.parts for line in range(part.opening + 1, part.closing)}
    before = card.lines_before
    tokens = [
        token
        for token in MarkdownIt("commonmark").enable("table").parse("".join(card.body))
        if not token.map or token.map[0] not in inside
    ]
    for token in tokens:
        first, end = token.map or (0, 0)
        if token.type == "html_block":
            yield from _judge_comments(token, before + first + 1)
        elif token.type == "inline":
            yield from _judge_text(card.body[first:end], before + first + 1)
            yield from _judge_links(token, card.body[first:end], before + first + 1)
    yield from _judge_sections(tokens, before)


def _judge_comments(token: Token, line: int) -> Iterator[Fault]:
    for match in _PROMPT.finditer(token.content):
        down = token.content[: match.start()].count("\n")
        column = match.start() - (token.content.rfind("\n", 0, match.start()) + 1)
        asked = on_one_line(match[1])
        yield Fault(
            line + down, column + 1, "card/prompt", f"not answered yet: {asked} (then delete the comment)"
        )


def _judge_text(lines: tuple[str, ...], line: int) -> Iterator[Fault]:
    for number, text in enumerate(lines):
        for match in _PLACEHOLDER.finditer(text):
            yield Fault(
                line + number,
                match.start() + 1,
                "card/placeholder",
                f"`{on_one_line(match[0])}` is a placeholder",
            )


def _judge_links(token: Token, lines: tuple[str, ...], line: int) -> Iterator[Fault]:
    for child in token.children or ():
        address = child.attrGet("href") if child.type == "link_open" else child.attrGet("src")
        if child.type not in {"link_open", "image"} or (flaw := _flaw_of(str(address or ""))) is None:
            continue
        at = _find_address(str(address or ""), lines)
        yield Fault(line + at[0], at[1] + 1, "card/link", flaw)


def _find_address(address: str, lines: tuple[str, ...]) -> tuple[int, int]:
    """Return the line and column, from 0, of a link; of the first one if it is written in another way."""
    for wanted in (f"]({address})", f"]({address}", "]("):
        for number, text in enumerate(lines):
            if (column := text.find(wanted)) >= 0:
                return number, column
    return 0, 0


def _flaw_of(address: str) -> str | None:
    """Return why an address leads nowhere; None if it may lead somewhere."""
    if not address:
        return "a link without an address"
    if _BROKEN.search(address):
        return f"the address `{on_one_line(address)}` holds what no address can"
    try:
        parts = urlsplit(address)
    except ValueError:
        return f"`{on_one_line(address)}` is no address"
    if (
        parts.scheme in {"http", "https"}
        and "." not in (parts.hostname or "")
        and parts.hostname != "localhost"
    ):
        return f"the address `{on_one_line(address)}` names no host"
    if parts.scheme == "mailto" and "@" not in parts.path:
        return f"`{on_one_line(address)}` is no mail address"
    return None


def _judge_sections(tokens: list[Token], before: int) -> Iterator[Fault]:
    """Yield the headings under which nothing stands: neither text, nor a part, nor a deeper heading."""
    waiting: Token | None = None
    for token in tokens:
        if token.type == "heading_open":
            if waiting is not None and token.tag <= waiting.tag:
                yield _empty(waiting, before)
            waiting = token
        elif token.level == 0 and not token.type.startswith("heading") and not is_comment(token):
            waiting = None
    if waiting is not None:
        yield _empty(waiting, before)


def is_comment(token: Token, *, markers: bool = False) -> bool:
    """Tell whether a token is nothing but comments; with `markers`, those of generated parts count too."""
    comment = _ANY_COMMENT if markers else _COMMENT
    return token.type == "html_block" and not comment.sub("", token.content).strip()


def _empty(heading: Token, before: int) -> Fault:
    line = before + (heading.map or [0])[0] + 1
    return Fault(line, 1, "card/empty-section", "nothing stands under this heading; write it, or take it out")
