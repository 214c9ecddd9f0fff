"""Remember what became of sources and shards, so that the next build reads and writes only what has changed.

It is kept in the user's cache, under the path of the project. A source is known by its stamp; a shard by the
digests of all that goes into it, and is used again only if the file in the earlier build has its sha256.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from packager.files import hash_file
from packager.store.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from packager.store.stamps import Stamp

_KEPT: Final = 4  # memories, of other configurations and schemas


class Builds:
    """What earlier builds of one project, schema and configuration have found, as plain values."""

    def __init__(self, project: Path, depends: Iterable[object], out: Path) -> None:
        """Read it; `depends` as for `Shelf`, `out` is where builds of this kind stand."""
        self.out = out
        self._shelf = Shelf(project, "built", depends, most=_KEPT)
        kept = self._shelf.read()
        self._before: dict[str, dict[str, Any]] = {"sources": {}, "shards": {}} if kept is None else kept
        self._clock = self._shelf.open_clock()
        self._sources: dict[str, Any] = {}
        self._shards: dict[str, Any] = {}

    def recall_source(self, name: str, stamp: Stamp | None) -> Any | None:  # noqa: ANN401 - as it was kept
        """Return what became of a source, if it is known to be the same."""
        kept = self._before["sources"].get(name)
        if kept is None or stamp is None or kept["stamp"] != list(stamp):
            return None
        self._sources[name] = kept
        return kept["became"]

    def keep_source(self, name: str, stamp: Stamp | None, became: object) -> None:
        """Keep what became of a source, if a later change of it could not pass unseen."""
        if stamp is None or self._clock is None:
            return
        if self._clock.is_sure(max(stamp.changed, stamp.status_changed), frozenset({stamp.device})):
            self._sources[name] = {"stamp": list(stamp), "became": became}

    def recall_shard(self, content: str, target: Path) -> Any | None:  # noqa: ANN401 - as it was kept
        """Return a shard of the earlier build with just this content, linked to where it belongs."""
        kept = self._before["shards"].get(content)
        if kept is None:
            return None
        try:
            os.link(self.out / kept["path"], target)
        except OSError:
            return None  # it is gone, or the file system has no links: write it anew
        if target.stat().st_size != kept["size"] or hash_file(target) != kept["sha256"]:
            target.unlink()
            return None
        return kept["shard"]

    def keep_shard(self, content: str, path: str, size: int, sha256: str, shard: object) -> None:
        """Keep a shard of this content, and what is known of it."""
        self._shards[content] = {"path": path, "size": size, "sha256": sha256, "shard": shard}

    def save(self) -> None:
        """Write what is to be remembered."""
        if self._clock is not None:
            self._shelf.keep({"sources": self._sources, "shards": self._shards})
