"""Verify a version that stands on the Hub, or a folder, against its manifest; tell which version was loaded.

Every byte is read. Nothing is changed, and no cache is asked.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from packager.errors import DataError, UsageError
from packager.files import hash_file
from packager.folders import load_build, verify_folder
from packager.manifest import NAME as MANIFEST
from packager.manifest import parse_manifest
from packager.publish.versions import as_text

if TYPE_CHECKING:
    from pathlib import Path

    from packager.built import BuiltFile, Manifest
    from packager.hub import Hub

_CARD: Final = "README.md"
_END: Final = 16 << 20  # bytes; the footer of a shard is shorter, and so is a card
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class Verified:
    """What was compared, and what differs."""

    what: str
    """`org/name v1.2.0`, or a folder."""
    commit: str | None
    """The commit that the tag names; None for a folder."""
    files: int
    bytes: int
    differences: tuple[str, ...]
    """A sentence each; empty: all is as the manifest says."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What receipts say of a version; see `receipts`."""

    commit: str | None = None
    """By the receipt in the project, which others may have written: it raises doubts, and allays none."""
    manifest_sha256: str | None = None
    """By the same."""
    own: str | None = None
    """The commit that this user has published; None if that is not known."""


_NOTHING: Final = Recorded()


def verify_release(hub: Hub, repo_id: str, tag: str, recorded: Recorded = _NOTHING) -> Verified:
    """Read a version from the Hub and compare it with its manifest, and with its receipts if there are any.

    UsageError: there is no such tag. DataError: there is no manifest at the tag.
    """
    commit = next((each.commit for each in hub.list_tags(repo_id) if each.name == tag), None)
    if commit is None:
        raise UsageError(f"{repo_id} at {hub.endpoint} has no tag {tag}")
    listing = {file.path for file in hub.list_files(repo_id, commit)}
    if MANIFEST not in listing:
        raise DataError(f"{repo_id} {tag} holds no {MANIFEST}: it was not published by packager")
    data = hub.read_file(repo_id, commit, MANIFEST)
    manifest = parse_manifest(data, f"{MANIFEST} of {repo_id} {tag}")
    differences = [*_moved(tag, commit, recorded, hub.read_title(repo_id, commit))]
    if recorded.manifest_sha256 not in {None, hashlib.sha256(data).hexdigest()}:
        differences.append(f"{MANIFEST} is not the one that the receipt of {tag} names")
    if manifest.release is not None and (released := f"v{as_text(manifest.release.version)}") != tag:
        differences.append(f"{tag} holds what was released as {released}")
    differences += check_sums(manifest)
    if tag in hub.list_branches(repo_id):
        differences.append(f"a branch is called {tag} too: who asks for {tag} may be given what it holds")
    for file in manifest.files:
        if file.path not in listing:
            differences.append(f"{file.path} is missing")
            continue
        size, sha256, end = hub.hash_with_end(repo_id, commit, file.path, _END)
        if size != file.size:
            differences.append(f"{file.path} has {size} bytes, not {file.size}")
        elif sha256 != file.sha256:
            differences.append(f"{file.path} has other bytes than when it was built")
        else:
            differences += _look_inside(manifest, file, end)
    own = {MANIFEST, *(file.path for file in manifest.files)}
    differences += [
        f"{path} is served beside the data, and is not of this version"
        for path in sorted(listing - own)
        if path.startswith("data/") and path.endswith(".parquet")
    ]
    size = sum(file.size for file in manifest.files)
    return Verified(f"{repo_id} {tag}", commit, len(manifest.files), size, tuple(differences))


def verify_build(folder: Path) -> Verified:
    """Compare a folder (a build, or a downloaded snapshot) with the manifest in it.

    Hidden files, such as a download leaves, are passed over. Raises what `load_build` raises.
    """
    manifest = load_build(folder)
    size = sum(file.size for file in manifest.files)
    found = verify_folder(folder, manifest)
    differences = [*check_sums(manifest), *(each for each in found if not each.startswith("."))]
    wrong = {each.partition(" ")[0] for each in found}
    for file in manifest.files:
        if file.path not in wrong:
            with (folder / file.path).open("rb") as stream:
                stream.seek(max(0, file.size - _END))
                differences += _look_inside(manifest, file, stream.read())
    return Verified(str(folder), None, len(manifest.files), size, tuple(differences))


def check_sums(manifest: Manifest) -> tuple[str, ...]:
    """Return where a manifest contradicts itself: rows, shards and segments of its splits."""
    rows, shards, segments = Counter[str](), Counter[str](), Counter[str]()
    for file in manifest.files:
        if file.rows is not None:
            name = file.path.removeprefix("data/").rpartition("-of-")[0].rpartition("-")[0]
            rows[name] += file.rows
            shards[name] += 1
    for recording in manifest.recordings:
        segments[recording.split] += recording.segments
    found = []
    for split in manifest.splits:
        if rows[split.name] != split.rows:
            found.append(f"split {split.name} has {split.rows} rows, its shards {rows[split.name]}")
        if shards[split.name] != split.shards:
            found.append(f"split {split.name} has {split.shards} shards, not {shards[split.name]}")
        if manifest.recordings and segments[split.name] != split.rows:
            found.append(
                f"split {split.name} has {split.rows} rows, its recordings {segments[split.name]} segments"
            )
    return tuple(found)


def identify_loaded(hub: Hub, repo_id: str, place: Path) -> tuple[str, ...]:
    """Return the tags of the versions that a folder holds: a snapshot, a download, or a cache of `datasets`.

    A cache is known by the commit in its path; Parquet files by their sha256. Files in which several versions
    are equal give all of them; none: this is no version of the repository.
    """
    tags = [tag for tag in hub.list_tags(repo_id) if tag.version is not None]
    shards = {hash_file(path) for path in sorted(place.rglob("*.parquet")) if path.is_file()}
    if shards:
        return tuple(tag.name for tag in tags if shards == _shards_at(hub, repo_id, tag.commit))
    parts = {part for path in [place.absolute(), *place.rglob("*")] for part in path.parts}
    commits = {part for part in parts if _COMMIT.fullmatch(part)}
    return tuple(tag.name for tag in tags if tag.commit in commits)


def _shards_at(hub: Hub, repo_id: str, commit: str) -> set[str]:
    return {
        file.sha256 or hub.hash_file(repo_id, commit, file.path)[1]
        for file in hub.list_files(repo_id, commit)
        if file.path.startswith("data/") and file.path.endswith(".parquet")
    }


def _moved(tag: str, commit: str, recorded: Recorded, title: str) -> list[str]:
    for known in (recorded.own, recorded.commit):
        if known not in {None, commit}:
            return [f"{tag} names the commit {commit}; it was published as {known}: somebody moved the tag"]
    if recorded.own is None and not re.fullmatch(
        rf"Release {re.escape(tag)}( \(#\d+\))?", title
    ):  # merged: (#7)
        return [f"{tag} names the commit {commit}, which is not the release of {tag}: somebody moved the tag"]
    return []


def _look_inside(manifest: Manifest, file: BuiltFile, end: bytes) -> list[str]:
    """Compare what a file says of itself with what the manifest says, given its last bytes."""
    from packager.parquet import read_footer  # noqa: PLC0415 - publish does without Arrow
    from packager.publish.inside import compare_card, compare_shard  # noqa: PLC0415

    if file.rows is not None:
        return compare_shard(manifest, file, read_footer(end))
    return compare_card(manifest, end) if file.path == _CARD else []
