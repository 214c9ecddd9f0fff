"""CHANGELOG.md of a data set: what was new in each version, the newest first. Pure.

Sentences and notes are data: nothing in them becomes a heading or other markup.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from packager.card.escape import paragraph
from packager.card.wording import tag_of

if TYPE_CHECKING:
    from packager.model import ReleaseFacts, Version

CHANGELOG: Final = "CHANGELOG.md"


def write_changelog(release: ReleaseFacts) -> bytes:
    """Return the changelog of a data set that is released with these facts."""
    entries = [_entry(past.version, past.news, past.notes) for past in release.history]
    entries.append(_entry(release.version, release.news, release.notes))
    return ("\n\n".join(["# Changelog", *reversed(entries)]) + "\n").encode()


def _entry(version: Version, news: tuple[str, ...], notes: str) -> str:
    said = "\n".join(f"* {paragraph(sentence)}" for sentence in news)
    paragraphs = [paragraph(each) for each in notes.split("\n\n")]
    return "\n\n".join(block for block in (f"## {tag_of(version)}", said, *paragraphs) if block)
