"""Plan the release of a build folder: read what stands on the Hub, find what differs, decide.

May be asked again when others were quicker; what was fetched to compare with a release is not fetched twice.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from packager.built import EditedCard
from packager.card import NAME as CARD
from packager.folders import load_build, load_texts
from packager.publish.compare import compare_release, name_parts
from packager.publish.plan import plan_release
from packager.release import finish_release

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from packager.built import Manifest, ReleasePlan, RemoteState
    from packager.config import Config
    from packager.diff import ManifestDiff
    from packager.hub import Hub
    from packager.publish.plan import Wishes


class Planner:
    """Plans releases of one build to one Hub. Raises what `load_build` raises."""

    def __init__(  # noqa: PLR0913 - what is published, where to, and how
        self,
        config: Config,
        hub: Hub,
        folder: Path,
        version: str | None,
        wishes: Wishes,
        *,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.manifest = load_build(folder)
        self.diff: ManifestDiff | None = None
        """What differs from the release at the head, as the plan made last saw it; None: there is none."""
        self._texts = load_texts(folder)
        self._config, self._hub, self._folder = config, hub, folder
        self._version, self._wishes, self._say = version, wishes, say
        self._known: dict[Manifest, ManifestDiff] = {}

    def plan(self) -> ReleasePlan:
        """Return what publishing the build would do now; raises what `plan_release` raises."""
        state = self._hub.read_state(self._config.repo_id, lambda there: self._finish(there)[0])
        remote = read_edited_card(self._hub, state)
        self.diff = self._compare(remote)
        return plan_release(
            self.manifest,
            remote,
            version=self._version,
            texts=self._texts,
            wishes=self._wishes,
            rows=self.diff.rows if self.diff else None,
        )

    def _compare(self, remote: RemoteState) -> ManifestDiff | None:
        there = remote.manifest
        if there is None or there in self._known:
            return None if there is None else self._known[there]
        finished, parts = self._finish(there)[1], name_parts(self._config)
        diff = compare_release(self._hub, remote, self._folder, finished, parts, say=self._say)
        if diff is not None:
            self._known[there] = diff
        return diff

    def _finish(self, there: Manifest) -> tuple[dict[str, bytes], Manifest]:
        return finish_release(self._texts, self.manifest, there.release)


def read_edited_card(hub: Hub, remote: RemoteState) -> RemoteState:
    """Return the state with both texts of README.md, if it was edited on the Hub since our latest release."""
    if remote.manifest is None or remote.head is None:
        return remote
    ours = next((file.sha256 for file in remote.manifest.files if file.path == CARD), None)
    there = next((file.sha256 for file in remote.files if file.path == CARD), None)
    if there in {None, ours}:
        return remote
    released = remote.manifest.release.version if remote.manifest.release else None
    versions = [tag for tag in remote.tags if tag.version and released in {None, tag.version}]
    for tag in sorted(versions, key=lambda tag: tag.version or (), reverse=True)[:1]:
        base = hub.read_file(remote.repo_id, tag.commit, CARD)
        if hashlib.sha256(base).hexdigest() == ours:
            theirs = hub.read_file(remote.repo_id, remote.head, CARD)
            return replace(remote, edited_card=EditedCard(tag.name, base, theirs))
    return remote
