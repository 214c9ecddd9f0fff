"""Read what a card says, as values: a person's words, and what it promises to programs. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from markdown_it import MarkdownIt
from ruamel.yaml import YAML

from packager.card.escape import on_one_line
from packager.card.front import read_entries
from packager.card.source import read_card

if TYPE_CHECKING:
    from markdown_it.token import Token

    from packager.card.source import Card

_SAID: Final = frozenset({"text", "code_inline"})


@dataclass(frozen=True, slots=True)
class Words:
    """What descriptions of a data set take from its card."""

    title: str
    """`pretty_name`; may be empty, as all of these."""
    summary: str
    """The first paragraph, as plain text."""
    license: str
    """As the Hub names it."""
    license_link: str
    languages: tuple[str, ...]
    keywords: tuple[str, ...]


@lru_cache(maxsize=4)
def read_words(source: bytes) -> Words:
    """Return what a card says whose front matter is sound."""
    card = read_card(source)
    front = load_front(card)
    licenses = _texts(front.get("license"))
    return Words(
        title=_text(front.get("pretty_name")),
        summary=first_paragraph("".join(_own_lines(card))),
        license=licenses[0] if licenses else "",
        license_link=_text(front.get("license_link")),
        languages=_texts(front.get("language")),
        keywords=_texts(front.get("tags")),
    )


def first_paragraph(body: str) -> str:
    """Return the first paragraph of Markdown that is no part of a list or table, without its markup."""
    tokens = MarkdownIt("commonmark").enable("table").parse(body)
    for opening, inline in pairwise(tokens):
        if opening.type == "paragraph_open" and not opening.level:
            text = plain_text(inline)
            if text:
                return text
    return ""


def plain_text(inline: Token) -> str:
    """Return what an inline token says, on one line, without its markup."""
    breaks = {"softbreak", "hardbreak"}
    pieces = [
        " " if child.type in breaks else child.content if child.type in _SAID else ""
        for child in inline.children or ()
    ]
    return on_one_line("".join(pieces))


def _own_lines(card: Card) -> list[str]:
    """Return the body without what stands in the generated parts, and will be written anew."""
    inside = {line for part in card.parts for line in range(part.opening, part.closing + 1)}
    return ["\n" if number in inside else line for number, line in enumerate(card.body)]


def load_front(card: Card) -> dict[str, object]:
    """Return what the front matter says."""
    yaml = YAML(typ="safe", pure=True)
    loaded = yaml.load("".join(card.whole_front)) if card.whole_front else None
    return {str(key): value for key, value in loaded.items()} if isinstance(loaded, dict) else {}


def _text(value: object) -> str:
    return on_one_line(value) if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    entries = value if isinstance(value, list) else [value]
    return tuple(on_one_line(entry) for entry in entries if isinstance(entry, str) and entry.strip())


class Promises(NamedTuple):
    """What `dataset_info` says."""

    splits: tuple[tuple[str, int], ...]
    """Names and rows."""
    features: tuple[str, ...]
    """The names of the columns."""


def read_promises(source: bytes) -> Promises | None:
    """Return what the card of a data set with one config says of it; None if it says nothing, or is wrong."""
    card = read_card(source)
    if card.faults:
        return None
    found = {entry.path: entry.value for entry in read_entries(card.whole_front)}
    if ("dataset_info",) not in found:
        return None
    splits = _list(found, "splits", "name", "num_examples")
    features = _list(found, "features", "name")
    return Promises(
        tuple((str(name), rows) for name, rows in splits if isinstance(rows, int)),
        tuple(str(name) for (name,) in features),
    )


def _list(found: dict[tuple[str | int, ...], object], key: str, *fields: str) -> list[tuple[object, ...]]:
    entries = found.get(("dataset_info", key))
    count = len(entries) if isinstance(entries, list) else 0
    return [
        tuple(found.get(("dataset_info", key, index, field)) for field in fields) for index in range(count)
    ]
