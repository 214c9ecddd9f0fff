"""How to cite a data set, as BibTeX. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from packager.card.escape import on_one_line
from packager.card.wording import version_text

if TYPE_CHECKING:
    from packager.card.facts import CardFacts
    from packager.model import ReleaseFacts

_SPECIAL: Final = re.compile(r"[\\{}$&#%_^~`]")
_ESCAPES: Final = {
    "\\": "\\textbackslash{}",
    "^": "\\textasciicircum{}",
    "~": "\\textasciitilde{}",
    "`": "'",
}
_VERSION: Final = re.compile(r"^  version = \{[^}\n]*\},\n", re.MULTILINE)
_OPENING: Final = re.compile(r"^@misc\{[^\n]*\n", re.MULTILINE)


def citation(facts: CardFacts) -> str:
    """Return the entry of a build that is not released: it has no version yet."""
    account, _, name = facts.repo_id.partition("/")
    authors = " and ".join(f"{{{_escape(author)}}}" for author in facts.authors or (account,))
    lines = {
        "title": _escape(facts.title or name),
        "author": authors,
        "publisher": "Hugging Face",
        "url": f"https://huggingface.co/datasets/{_plain(facts.repo_id)}",
    } | ({"doi": _plain(facts.doi.removeprefix("https://doi.org/"))} if facts.doi else {})
    entry = "".join(f"  {key} = {{{value}}},\n" for key, value in lines.items())
    key = re.sub(r"[^A-Za-z0-9]+", "-", facts.repo_id).strip("-") or "dataset"
    return f"```bibtex\n@misc{{{key},\n{entry}}}\n```"


def finish_citation(part: str, release: ReleaseFacts | None) -> str:
    """Return the entry with the version of a release, or with None, without one."""
    unreleased = _VERSION.sub("", part)
    opening = _OPENING.search(unreleased)
    if release is None or opening is None:
        return unreleased
    line = f"  version = {{{version_text(release.version)}}},\n"
    return unreleased[: opening.end()] + line + unreleased[opening.end() :]


def _escape(data: str) -> str:
    return _SPECIAL.sub(lambda match: _ESCAPES.get(match[0], f"\\{match[0]}"), on_one_line(data))


def _plain(data: str) -> str:
    """Return an address without what could end it, or the block of code."""
    return re.sub(r"[{}`\\\s]", "", on_one_line(data))
