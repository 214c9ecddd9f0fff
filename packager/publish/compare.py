"""Compare two builds or versions, wherever they stand: manifests first, and rows where they are asked for.

Of a version on the Hub the manifest is read; where rows are asked for, also the shards that hold recordings
whose digests differ, and no others. They are kept in a folder for as long as the comparison takes. The rows
of some recordings are in memory at a time.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from packager.columns import END_SECONDS, RECORDING, SEGMENT, START_SECONDS
from packager.diff import (
    ManifestDiff,
    RecordingDiff,
    Row,
    RowDiff,
    compare_manifests,
    compare_recording,
    count,
)
from packager.errors import DataError, UsageError
from packager.files import hash_file
from packager.folders import load_build
from packager.manifest import NAME as MANIFEST
from packager.manifest import parse_manifest
from packager.splits import shard_path

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from packager.built import Manifest, Recording, RemoteState
    from packager.config import Config
    from packager.hub import Hub

MOST_FETCHED: Final = 1 << 30
"""Bytes that planning a release fetches at most to see what became of segments."""

_AT_A_TIME: Final = 200_000  # segments of the recordings that are compared together, unless one has more
_NOT_FOUND: Final = 404


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: a folder, or a version on a Hub."""

    name: str
    manifest: Manifest
    fetch: Callable[[str, Path], Path]
    """Return where a file of it can be read; what has to be fetched goes into the folder given."""


Parts: TypeAlias = tuple[str, str, str, str]
"""The properties that hold the start, the end, what is said, and who says it."""


def name_parts(config: Config) -> Parts:
    """Return what a project calls them."""
    return config.start, config.end, config.checks.text, config.checks.speaker


def open_folder(folder: Path) -> Side:
    """Return a build folder; raises what `load_build` raises."""
    return Side(str(folder), load_build(folder), lambda path, _: folder / path)


def open_version(hub: Hub, repo_id: str, revision: str) -> Side:
    """Return a version: a tag, a branch or a commit. UsageError: there is none, or no manifest in it."""
    from packager.hub import HubFailure  # noqa: PLC0415 - folders alone need no Hub

    name = f"{repo_id}@{revision}"
    commit = next((tag.commit for tag in hub.list_tags(repo_id) if tag.name == revision), revision)
    try:
        data = hub.read_file(repo_id, commit, MANIFEST)
    except HubFailure as failure:
        if failure.status != _NOT_FOUND:
            raise
        raise UsageError(f"{hub.endpoint} has no {name} that packager published") from failure

    def fetch(path: str, cache: Path) -> Path:
        place = cache / f"{repo_id} {commit} {path}".replace("/", " ")
        if not place.exists():
            hub.fetch_file(repo_id, commit, path, place)
        return place

    return Side(name, parse_manifest(data, f"{MANIFEST} of {name}"), fetch)


def compare_sides(
    old: Side, new: Side, parts: Parts, cache: Path | None, *, edits: bool = True
) -> ManifestDiff:
    """Return what differs; with a folder for shards also what differs within recordings.

    Without `edits` it is only counted there, which is what memory has room for whatever differs.
    """
    diff = compare_manifests(old.manifest, new.manifest)
    if cache is None or not diff.changed:
        return diff
    found = _compare_rows(old, new, diff, parts, cache)
    rows = [each if edits else replace(each, edits=()) for each in found]
    return replace(diff, rows=RowDiff(tuple(sorted(rows, key=lambda each: each.name))))


def compare_release(  # noqa: PLR0913 - two sides, and how they are compared
    hub: Hub,
    remote: RemoteState,
    build: Path,
    manifest: Manifest,
    parts: Parts,
    *,
    most: int = MOST_FETCHED,
    say: Callable[[str], None] = lambda _: None,
) -> ManifestDiff | None:
    """Return what a build changes of our release at the head, counted by segments; None: there is none.

    The shards that hold recordings with other digests are fetched, from the head or the latest version, and
    no others; if these are more than `most` bytes, or are gone, none is, and the difference says so.
    DataError: the build's own shards are damaged. HubFailure: the Hub cannot be asked.
    """
    from packager.hub import HubFailure  # noqa: PLC0415 - likewise

    if remote.manifest is None or remote.head is None or not any(tag.version for tag in remote.tags):
        return None
    earlier, places = remote.manifest, _find_places(remote)
    diff = compare_manifests(earlier, manifest)
    needed = {_shard_of(earlier, each) for each, _ in diff.changed}
    if unread := _why_unread(earlier, places.keys(), needed, most):
        return replace(diff, rows=RowDiff((), unread))
    sums = {file.path: file.sha256 for file in earlier.files}
    segments = sum(old.segments + new.segments for old, new in diff.changed)
    if segments > _AT_A_TIME:
        recordings = count(len(diff.changed), "recording")
        say(f"comparing {segments:,} segments of {recordings} with the release before")

    def fetch(path: str, cache: Path) -> Path:
        place = cache / sums[path]
        if not place.exists():
            hub.fetch_file(remote.repo_id, *places[sums[path]], place)
            if hash_file(place) != sums[path]:
                raise HubFailure(f"{path} of {remote.repo_id} came with other bytes", "publish again")
        return place

    name = f"{remote.repo_id}@{remote.head}"
    with tempfile.TemporaryDirectory(prefix="packager-", ignore_cleanup_errors=True) as cache:
        old, new = Side(name, earlier, fetch), Side(str(build), manifest, lambda path, _: build / path)
        return compare_sides(old, new, parts, Path(cache), edits=False)


def _find_places(remote: RemoteState) -> dict[str, tuple[str, str]]:
    """Return a commit and a path where each file stands, by sha256: at the head or at the latest version."""
    tags = {tag.version: tag.commit for tag in remote.tags if tag.version}
    listings = [(tags[max(tags)], remote.released)] if tags else []
    if remote.head is not None:
        listings.append((remote.head, remote.files))
    return {file.sha256: (commit, file.path) for commit, files in listings for file in files if file.sha256}


def _why_unread(earlier: Manifest, there: Collection[str], needed: set[str], most: int) -> str:
    """Return why the rows of these shards are not read; empty if they can be."""
    files = [file for file in earlier.files if file.path in needed]
    if len(files) < len(needed) or any(file.sha256 not in there for file in files):
        return "the Hub has not all shards of the version before any more"
    size = sum(file.size for file in files)
    return f"{size:,} bytes would have to be fetched for that, more than {most:,}" if size > most else ""


def _compare_rows(
    old: Side, new: Side, diff: ManifestDiff, parts: Parts, cache: Path
) -> Iterator[RecordingDiff]:
    types = {column.name: column.type for column in old.manifest.columns}
    same = [column.name for column in new.manifest.columns if types.get(column.name) == column.type]
    # The columns of content that both have with the same type.
    columns = tuple(name for name in same if name not in {RECORDING, SEGMENT, START_SECONDS, END_SECONDS})
    for pairs in _batches(old.manifest, new.manifest, diff.changed):
        before = _read(old, [one for one, _ in pairs], columns, parts, cache)
        after = _read(new, [other for _, other in pairs], columns, parts, cache)
        for name in before:
            yield compare_recording(name, before[name], after[name])


def _batches(
    old: Manifest, new: Manifest, changed: tuple[tuple[Recording, Recording], ...]
) -> Iterator[list[tuple[Recording, Recording]]]:
    """Yield recordings that lie in one shard of either, as many as may be in memory."""

    def shards(pair: tuple[Recording, Recording]) -> tuple[str, str]:
        return _shard_of(old, pair[0]), _shard_of(new, pair[1])

    for _, group in groupby(sorted(changed, key=lambda pair: (shards(pair), pair[0].name)), shards):
        batch: list[tuple[Recording, Recording]] = []
        size = 0
        for pair in group:
            size += pair[0].segments + pair[1].segments
            if batch and size > _AT_A_TIME:
                yield batch
                batch, size = [], pair[0].segments + pair[1].segments
            batch.append(pair)
        yield batch


def _shard_of(manifest: Manifest, recording: Recording) -> str:
    shards = next((split.shards for split in manifest.splits if split.name == recording.split), 0)
    return shard_path(recording.split, recording.shard, shards)


def _read(
    side: Side, recordings: list[Recording], columns: tuple[str, ...], parts: Parts, cache: Path
) -> dict[str, list[Row]]:
    from packager.parquet import read_rows  # noqa: PLC0415 - Arrow is not loaded where manifests suffice

    found: dict[str, list[Row]] = {each.name: [] for each in recordings}
    place = side.fetch(_shard_of(side.manifest, recordings[0]), cache)
    for name, number, values in read_rows(place, found.keys(), columns):
        found[name].append(_make_row(number, dict(zip(columns, values, strict=True)), parts))
    for each in recordings:
        if len(found[each.name]) != each.segments:
            raise DataError(
                f"{side.name} has {len(found[each.name])} segments of {each.name!r}, "
                f"and its manifest says {each.segments}"
            )
    return found


def _make_row(number: int, values: dict[str, Any], parts: Parts) -> Row:
    start, end, text, speaker = (_frozen(values.pop(name, None)) for name in parts)
    other = repr(values) if any(each is not None for each in values.values()) else ""
    return Row(number, start, end, text, speaker, other)


def _frozen(value: object) -> str | int | float | None:
    return value if isinstance(value, str | int | float | None) else repr(value)
