"""Fill in what a build cannot know before it is released, and take it out again. Pure.

The version, the pinned tag, the news, the history, the addresses and CHANGELOG.md are a function of the build
and of what is released. The same release gives the same bytes; with None the bytes are those of the build.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from packager.built import BuiltFile, PastVersion, ReleaseFacts
from packager.card import CHANGELOG, finish_card, finish_companions, write_changelog
from packager.statistics import total

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packager.built import Manifest, Version


def finish_release(
    files: Mapping[str, bytes], manifest: Manifest, release: ReleaseFacts | None
) -> tuple[dict[str, bytes], Manifest]:
    """Return the text files of a build as this release has them, and the manifest that lists them.

    Args:
        files: every text file of the build by path, without the manifest; finished or not.
        manifest: that of the build, finished or not.
        release: what is released; None: as the build wrote them.

    Raises:
        DataError: the card has been changed so that its parts cannot be found.
    """
    texts = {path: data for path, data in files.items() if path != CHANGELOG}
    texts |= finish_card(texts, manifest, release)
    texts |= finish_companions(texts, manifest, release)
    if release is not None:
        texts[CHANGELOG] = write_changelog(release)
    return texts, replace(manifest, files=_list_files(texts, manifest), release=release)


def facts_from(
    previous: Manifest | None, version: Version, *, news: tuple[str, ...] = (), notes: str = ""
) -> ReleaseFacts:
    """Return what a release of this version says, after the one whose manifest is `previous`.

    The manifest of the latest version is enough: it has the history of those before.
    """
    history: tuple[PastVersion, ...] = ()
    if previous is not None and (past := previous.release) is not None:
        latest = PastVersion(past.version, total(previous), past.news, past.notes)
        history = (*past.history, latest)
    return ReleaseFacts(version, news, notes, history)


def _list_files(texts: Mapping[str, bytes], manifest: Manifest) -> tuple[BuiltFile, ...]:
    listed = {file.path: file for file in manifest.files if file.path != CHANGELOG}
    for path, data in texts.items():
        listed[path] = BuiltFile(path, len(data), hashlib.sha256(data).hexdigest(), None)
    return tuple(listed[path] for path in sorted(listed))
