"""What is new in a version, and the versions before it. Pure.

A build alone belongs to no version yet, and says so; publishing knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from packager.card.escape import paragraph, table, text
from packager.card.pictures import GROWTH
from packager.card.wording import hours, tag_of

if TYPE_CHECKING:
    from packager.built import ReleaseFacts, Totals, Version
    from packager.card.facts import Subject

_NANOSECONDS: Final = 10**9
_LISTED: Final = 30
"""How many versions a card names."""


def news(_subject: Subject, release: ReleaseFacts | None) -> str:
    """Return what is new in this version: sentences of the tool, then the publisher's own words."""
    if release is None:
        return "This build is not released yet; what is new in it is told when it is published."
    said = [f"* {paragraph(sentence)}" for sentence in release.news]
    blocks = [f"In `{tag_of(release.version)}`:", *(["\n".join(said)] if said else [])]
    paragraphs = [paragraph(each) for each in release.notes.split("\n\n")]
    return "\n\n".join([*blocks, *(f"> {each}" for each in paragraphs if each)])


def history(subject: Subject, release: ReleaseFacts | None) -> str:
    """Return a table of the versions, the newest first."""
    if release is None:
        return "This build is not released yet."
    versions = [(each.version, each.totals, each.news) for each in release.history]
    versions = [(release.version, subject.totals, release.news), *reversed(versions)]
    rows = [_row(*each) for each in versions[:_LISTED]]
    more = len(versions) - _LISTED
    listed = table(["Version", "Recordings:", "Segments:", "Hours:", "What is new"], rows)
    listed = f"{listed}\n\n… and {more:,} earlier." if more > 0 else listed
    return f"{listed}\n\n![Segments of each version.]({GROWTH})" if release.history else listed


def _row(version: Version, totals: Totals, said: tuple[str, ...]) -> list[str]:
    spoken = "" if totals.nanoseconds is None else hours(totals.nanoseconds / _NANOSECONDS)
    return [
        f"`{tag_of(version)}`",
        f"{totals.recordings:,}",
        f"{totals.segments:,}",
        spoken,
        " ".join(map(text, said)),
    ]
