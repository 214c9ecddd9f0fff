"""Choose the version that a difference asks for, under a named policy. Pure.

    tfds          MAJOR: existing segments changed, vanished or moved between splits; a column was removed
                  or retyped.
                  MINOR: segments or columns were added; a column may now be null.
                  PATCH: the same data was written anew, or only the card changed.
    datapackage   MAJOR: segments vanished or moved between splits; columns were added, removed, retyped or
                  put in another order, or may no longer be null.
                  MINOR: segments were added; a column may now be null.
                  PATCH: existing segments were corrected; the rest as above.

The first is that of TensorFlow Datasets and Croissant 1.1, the second the recipe of the Data Package standard
(https://datapackage.org/recipes/data-package-version/). A recording whose rows nobody read counts as changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import Final

from packager.built import Version
from packager.diff.manifests import ManifestDiff
from packager.diff.news import count


class Level(IntEnum):
    """How much a difference is to those who use the data."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3


def choose_version(latest: Version | None, diff: ManifestDiff, *, policy: str) -> tuple[Version, str]:
    """Return the least version that comes after `latest` with this difference, and why, in a sentence.

    Without a `latest`, 1.0.0 is the first. If nothing differs, it is a patch; ask `judge_diff` before.
    """
    if latest is None:
        return (1, 0, 0), "the first version is 1.0.0"
    level, cause = judge_diff(diff, policy=policy)
    name = "PATCH" if level is Level.NONE else level.name
    why = f"{name} after {'.'.join(map(str, latest))} by the policy {policy}: {cause}"
    return raise_version(latest, level), why


def raise_version(version: Version, level: Level) -> Version:
    """Return the version that follows; where nothing differs, it is a patch."""
    match level:
        case Level.MAJOR:
            return version[0] + 1, 0, 0
        case Level.MINOR:
            return version[0], version[1] + 1, 0
        case _:
            return version[0], version[1], version[2] + 1


def judge_diff(diff: ManifestDiff, *, policy: str) -> tuple[Level, str]:
    """Return how much a difference is by a policy, and the causes of that level, as a phrase."""
    levels = _POLICIES[policy]
    causes = [(levels[kind], phrase) for kind, phrase in _find_causes(diff)]
    level = max((each for each, _ in causes), default=Level.NONE)
    phrases = [phrase for each, phrase in causes if each is level]
    return level, ", ".join(phrases) or "nothing differs"


def _find_causes(diff: ManifestDiff) -> Iterator[tuple[str, str]]:
    """Yield the kind of every difference, with a phrase; the kinds are the keys of a policy."""
    for kind, noun, happened, things in (
        ("removed", "recording", "vanished", diff.removed),
        ("moved", "recording", "moved to another split", diff.moved),
        ("column removed", "column", "vanished", diff.columns_removed),
        ("column retyped", "column", "changed type", diff.columns_retyped),
        ("column tightened", "column", "may no longer be null", diff.columns_tightened),
        ("added", "recording", "added", diff.added),
        ("column added", "column", "added", diff.columns_added),
        ("column loosened", "column", "may now be null", diff.columns_loosened),
    ):
        if things:
            yield kind, f"{count(len(things), noun)} {happened}"
    yield from _find_changes(diff)
    if diff.reordered:
        yield "reordered", "the columns stand in another order"
    if not diff.changes_data and diff.shards:
        yield "rewritten", "the same data was written anew"
    if diff.files:
        yield "files", "the card or what comes with it changed"


def _find_changes(diff: ManifestDiff) -> Iterator[tuple[str, str]]:
    read = {each.name: each for each in diff.rows.recordings} if diff.rows else {}
    unread = [pair for pair in diff.changed if pair[1].name not in read]
    if unread:
        reason = f" (not known how: {diff.rows.unread})" if diff.rows and diff.rows.unread else ""
        yield "changed", f"{count(len(unread), 'recording')} changed{reason}"
        if any(new.segments < old.segments for old, new in unread):
            yield "removed", "some of them lost segments"
        if any(new.segments > old.segments for old, new in unread):
            yield "added", "some of them gained segments"
    if removed := sum(each.removed for each in read.values()):
        yield "removed", f"{count(removed, 'segment')} of recordings that remain vanished"
    if changed := sum(each.changed for each in read.values()):
        yield "changed", f"{count(changed, 'segment')} changed"
    if added := sum(each.added for each in read.values()):
        yield "added", f"{count(added, 'segment')} added to recordings that there were"
    if any(not each.edited for each in read.values()):
        yield "rewritten", "recordings differ in nothing that the columns of both say"


_POLICIES: Final = {
    "tfds": {
        **dict.fromkeys(("removed", "changed", "moved", "column removed", "column retyped"), Level.MAJOR),
        **dict.fromkeys(("added", "column added", "column loosened"), Level.MINOR),
        **dict.fromkeys(("column tightened", "reordered", "rewritten", "files"), Level.PATCH),
    },
    "datapackage": {
        **dict.fromkeys(("removed", "moved", "column removed", "column retyped"), Level.MAJOR),
        **dict.fromkeys(("column added", "reordered", "column tightened"), Level.MAJOR),
        **dict.fromkeys(("added", "column loosened"), Level.MINOR),
        **dict.fromkeys(("changed", "rewritten", "files"), Level.PATCH),
    },
}
