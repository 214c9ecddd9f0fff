"""Hold what a Hub lists at a revision against the files of a plan: by sha256, or by the id that git gives.

A Hub may list regular files under ids of its own; what is not recognized by its id is read back.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from packager.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from packager.built import BuiltFile, ReleasePlan, RemoteFile
    from packager.hub import Hub

_PIECE: Final = 1 << 20  # bytes hashed at a time


def find_unlisted(
    plan: ReleasePlan,
    hub: Hub,
    revision: str,
    build: Path,
    listing: tuple[RemoteFile, ...] | None = None,
) -> list[str]:
    """Return the files of the plan that a revision holds with other bytes, not at all, or still.

    `listing` is what the Hub lists there; without it, it is asked.
    """

    def is_listed(here: BuiltFile) -> bool:
        there = listed.get(here.path)
        if there is None or there.size != here.size:
            return False
        if there.sha256 is not None:
            return there.sha256 == here.sha256
        known = there.blob_id == _git_id(build, here)
        return known or hub.hash_file(plan.repo_id, revision, here.path) == (here.size, here.sha256)

    found = hub.list_files(plan.repo_id, revision) if listing is None else listing
    listed = {file.path: file for file in found}
    wrong = [file.path for file in (*plan.add, *plan.keep) if not is_listed(file)]
    return sorted([*wrong, *(path for path in plan.delete if path in listed)])


def find_unproven(hub: Hub, repo_id: str, revision: str, files: Iterable[BuiltFile]) -> list[str]:
    """Return the files that a Hub does not give back as they were sent.

    Each is asked for twice, since a byte may flip on the way.
    """

    def is_proven(file: BuiltFile) -> bool:
        answers = (hub.hash_file(repo_id, revision, file.path) for _ in range(2))
        return (file.size, file.sha256) in answers

    return [file.path for file in files if not is_proven(file)]


def _git_id(build: Path, file: BuiltFile) -> str:
    """Return the id that git gives a file of the build; raises if its bytes are not those that were built."""
    sha256, sha1 = hashlib.sha256(), hashlib.sha1(b"blob %d\0" % file.size, usedforsecurity=False)
    with (build / file.path).open("rb") as stream:
        while piece := stream.read(_PIECE):
            sha256.update(piece)
            sha1.update(piece)
    if sha256.hexdigest() != file.sha256:
        raise DataError(f"{build / file.path} is not as it was built: run `packager build` again")
    return sha1.hexdigest()
