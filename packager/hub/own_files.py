"""Read our manifest at a commit, and the sha256 of those of our files for which the Hub lists none.

What is read is held against what is listed: the sha256, or for a regular file the id that git gives it. A
byte may flip on the way, so what differs is read again. Where no id at all is git's, the server has ids of
its own, and what it gives twice alike is taken.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from huggingface_hub.utils.sha import git_hash

from packager.built import Manifest, RemoteFile
from packager.errors import DataError
from packager.hub.failures import CARD, HubFailure
from packager.manifest import NAME as MANIFEST
from packager.manifest import parse_manifest

if TYPE_CHECKING:
    from packager.hub.client import Hub

_TRIES: Final = 2


def read_own_files(
    hub: Hub,
    repo_id: str,
    head: str,
    files: tuple[RemoteFile, ...],
    recall: Callable[[Manifest], Mapping[str, bytes]],
) -> tuple[tuple[RemoteFile, ...], Manifest | None]:
    """Return the files, ours with their sha256, and our manifest; None if there is none of ours.

    `files` is what is listed at the commit `head`. What `recall` says that files of our manifest should hold
    is not read where it is what is listed. HubFailure: the Hub gives other bytes than it lists.
    """
    reader = _Reader(hub, repo_id, head)
    by_path = {file.path: file for file in files}
    manifest = None
    if MANIFEST in by_path:
        data, sha256 = reader.read(by_path[MANIFEST])
        by_path[MANIFEST] = replace(by_path[MANIFEST], sha256=sha256)
        with suppress(DataError):  # a manifest.json that is not ours is like any other foreign file
            manifest = parse_manifest(data, f"{MANIFEST} of {repo_id}")
    known = recall(manifest) if manifest else {}
    own = {CARD} | {file.path for file in (manifest.files if manifest else ())}
    for file in files:
        if file.path in own and by_path[file.path].sha256 is None:
            sha256 = reader.recognize(file, known.get(file.path)) or reader.hash(file)
            by_path[file.path] = replace(file, sha256=sha256)
    reader.refuse_strange()
    return tuple(by_path[file.path] for file in files), manifest


class _Reader:
    def __init__(self, hub: Hub, repo_id: str, head: str) -> None:
        self._hub, self._repo_id, self._head = hub, repo_id, head
        self._sound = False
        """Whether any regular file has the id that git gives it."""
        self._strange: list[RemoteFile] = []

    def read(self, file: RemoteFile) -> tuple[bytes, str]:
        """Return the bytes of a file, and their sha256."""

        def look() -> tuple[str, str]:
            seen.append(self._hub.read_file(self._repo_id, self._head, file.path))
            return hashlib.sha256(seen[-1]).hexdigest(), git_hash(seen[-1])

        seen: list[bytes] = []
        sha256 = self._settle(file, look)
        return seen[-1], sha256

    def recognize(self, file: RemoteFile, data: bytes | None) -> str | None:
        """Return the sha256 of these bytes if they are what is listed."""
        if data is None or git_hash(data) != file.blob_id:
            return None
        self._sound = True
        return hashlib.sha256(data).hexdigest()

    def hash(self, file: RemoteFile) -> str:
        """Return the sha256 of a file, which is not kept."""
        return self._settle(file, lambda: self._hub.identify_file(self._repo_id, self._head, file))

    def refuse_strange(self) -> None:
        """Refuse files with strange ids where others have that of git."""
        if self._sound and self._strange:
            raise self._differs(self._strange[0])

    def _settle(self, file: RemoteFile, look: Callable[[], tuple[str, str]]) -> str:
        seen = set()
        for _ in range(_TRIES):
            sha256, blob_id = look()
            if file.sha256 == sha256:
                return sha256
            if file.sha256 is None and file.blob_id == blob_id:
                self._sound = True
                return sha256
            seen.add(sha256)
        if file.sha256 is not None or len(seen) > 1:
            raise self._differs(file)
        self._strange.append(file)
        return sha256

    def _differs(self, file: RemoteFile) -> HubFailure:
        return HubFailure(
            f"{file.path} of {self._repo_id} came with other bytes than {self._hub.endpoint} lists",
            "publish again; if it stays so, the repository is damaged",
        )
