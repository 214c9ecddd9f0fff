"""The README.md that somebody edited on the Hub since our latest release: read both."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from packager.card import NAME as CARD
from packager.model import EditedCard

if TYPE_CHECKING:
    from packager.hub import Hub
    from packager.model import RemoteState


def read_edited_card(hub: Hub, remote: RemoteState) -> RemoteState:
    """Return the state with both texts of README.md, if it was edited since our latest release."""
    if remote.manifest is None or remote.head is None:
        return remote
    ours = next((file.sha256 for file in remote.manifest.files if file.path == CARD), None)
    there = next((file.sha256 for file in remote.files if file.path == CARD), None)
    if there in {None, ours}:
        return remote
    for tag in sorted(remote.tags, key=lambda tag: tag.version or (), reverse=True):
        if tag.version is None or (
            remote.manifest.release is not None and tag.version != remote.manifest.release.version
        ):
            continue
        base = hub.read_file(remote.repo_id, tag.commit, CARD)
        if hashlib.sha256(base).hexdigest() != ours:
            break
        theirs = hub.read_file(remote.repo_id, remote.head, CARD)
        return replace(remote, edited_card=EditedCard(tag.name, base, theirs))
    return remote
