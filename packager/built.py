"""The values that tell of a build and of its release, in the order they are made. Pure.

    Manifest -- plan(RemoteState) --> ReleasePlan -- publish --> Receipt

What goes before them is in `model`; a check needs no more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

from packager.model import Column, Deal  # noqa: TC001 - `manifest` reads these types


@dataclass(frozen=True, slots=True)
class Split:
    """One split that received at least one recording."""

    name: str
    rows: int
    shards: int
    bytes: int
    """Length of the RFC 8785 forms of its segments, from which `shards` follows."""


@dataclass(frozen=True, slots=True)
class BuiltFile:
    """One file of a build, without the manifest itself."""

    path: str
    """Relative to the build folder, with `/`."""
    size: int
    sha256: str
    rows: int | None
    """None for what is not a shard."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Where one recording went and what it holds."""

    name: str
    split: str
    shard: int
    segments: int
    digest: str
    """sha256 of the RFC 8785 form of the array of its segments, in order."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """One segment or file that `--drop-invalid` left out."""

    path: str
    line: int
    """Where it begins, from 1."""
    pointer: str
    """`/7` is the eighth item of a JSON array; the empty string is the whole line or file."""
    rules: tuple[str, ...]
    """The ids of the rules that it broke, sorted, each once."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What a data set, or a split of one, holds: whole numbers, exact, the same with any number of jobs."""

    recordings: int
    segments: int
    speakers: int | None
    """Different ones; None if the segments name no speaker."""
    nanoseconds: int | None
    """Sum of the lengths of the segments; None if they have no times."""
    words: int | None
    """In what is said; None if the segments have no text."""
    characters: int | None
    """Likewise, in code points."""


@dataclass(frozen=True, slots=True)
class Spread:
    """The least, the middle and the greatest of some whole numbers."""

    least: int
    median: int
    """The lower one of two."""
    most: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a data set, or a split of one, holds in detail."""

    totals: Totals
    timed: int
    """Segments with a start and an end that is not before it."""
    length: Spread | None
    """Of the segments, in nanoseconds; the median to a hundredth of a second."""
    characters: Spread | None
    """Of their texts; what is beyond 65,535 is told as that."""
    rate: Spread | None
    """Tenths of a character a second; likewise."""
    length_bins: tuple[int, ...]
    """How many segments are of each length; `statistics.LENGTH_EDGES` says from where to where."""
    rate_bins: tuple[int, ...]
    filled: tuple[tuple[str, int], ...]
    """By column, how many values are not null."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The truth about one build. Equal sources give equal manifests, byte for byte."""

    schema_sha256: str
    columns: tuple[Column, ...]
    splits: tuple[Split, ...]
    """Sorted by name; those that received no recording are left out."""
    files: tuple[BuiltFile, ...]
    """Sorted by path."""
    recordings: tuple[Recording, ...]
    """Sorted by name."""
    dropped: tuple[Dropped, ...]
    """Sorted by path and line."""
    warnings: tuple[str, ...]
    """Sentences, such as that a split received no recording."""
    deal: Deal | None = None
    """How splits were made, if there are groups or pins; None: by the names of the recordings alone."""
    repo_id: str = ""
    """Where the project publishes to; empty in manifests of earlier versions of the tool."""
    statistics: tuple[tuple[str, Statistics], ...] = ()
    """By split, and `all`; empty in manifests of earlier versions of the tool."""
    release: ReleaseFacts | None = None
    """What was released; None for a build alone."""


Version: TypeAlias = tuple[int, int, int]
"""Major, minor, patch; versions are ordered as tuples."""


_VERSION: Final = re.compile(r"\.".join([r"(0|[1-9][0-9]{0,8})"] * 3))


def parse_version(text: str) -> Version | None:
    """Return the version that `X.Y.Z` says; None for every other text, such as `v1.0.0` or `1.0.00`."""
    match = _VERSION.fullmatch(text)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


def version_text(version: Version) -> str:
    """Return `X.Y.Z`."""
    return ".".join(map(str, version))


@dataclass(frozen=True, slots=True)
class PastVersion:
    """A version that was released earlier."""

    version: Version
    totals: Totals
    news: tuple[str, ...]
    """What was new in it, a sentence each."""
    notes: str = ""
    """What the publisher said of it."""


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """What the parts of a build that depend on the release say: all that is not known when it is built."""

    version: Version
    news: tuple[str, ...]
    """What is new in it, a sentence each; computed from the difference to the version before."""
    notes: str
    """What the publisher says of it; may be empty. Their text, so never markup of ours."""
    history: tuple[PastVersion, ...]
    """All earlier versions, oldest first."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file as the Hub lists it at a revision."""

    path: str
    size: int
    blob_id: str
    """The git object id (sha1 of the blob; for a large file that of its pointer)."""
    sha256: str | None
    """None for a regular (not LFS) file that nobody has read: the Hub lists only its blob_id."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag of the repository and the commit that it names."""

    name: str
    commit: str

    @property
    def version(self) -> Version | None:
        """The version that it names; None if it is not of the form `vX.Y.Z`."""
        return parse_version(self.name[1:]) if self.name.startswith("v") else None


@dataclass(frozen=True, slots=True)
class EditedCard:
    """README.md as a release wrote it, and as somebody edited it on the Hub since."""

    tag: str
    """Of the release."""
    base: bytes
    theirs: bytes


@dataclass(frozen=True, slots=True)
class RemoteState:
    """What stands on the Hub at the moment of planning."""

    repo_id: str
    endpoint: str
    loopback: bool
    """True if the endpoint is this machine: what is published there leaves it nowhere."""
    head: str | None
    """The commit of `main`; None while the repository does not exist."""
    files: tuple[RemoteFile, ...]
    """The files at the head, sorted by path."""
    tags: tuple[Tag, ...]
    """Sorted by name."""
    manifest: Manifest | None
    """The manifest.json at the head; None if there is none of ours."""
    released: tuple[RemoteFile, ...]
    """The files at the highest `vX.Y.Z` tag, sorted by path; empty if there is no such tag."""
    edited_card: EditedCard | None = None
    """Set if README.md was edited since the latest release, and somebody has read both."""
    branches: tuple[str, ...] = ()
    """Their names, sorted."""


@dataclass(frozen=True, slots=True)
class ReleasePlan:
    """What publishing will do: commit and tag, or only tag, or (with `published_as`) nothing."""

    repo_id: str
    endpoint: str
    parent: str | None
    """The head that was seen; the commit names it as its parent. None: create the repository first."""
    version: str
    """`X.Y.Z`, without the `v`."""
    add: tuple[BuiltFile, ...]
    """New or changed files, sorted by path, manifest.json included."""
    keep: tuple[BuiltFile, ...]
    """Files that the head already has with these bytes."""
    delete: tuple[str, ...]
    """Files of the earlier release that this one does not have."""
    tag_commit: str | None
    """Set if the head already holds this release and only its tag is missing."""
    published_as: str | None
    """The tag, if one names these files already: there is nothing to do, and `version` is its version."""
    reread: bool
    """True if every file is proven by reading it back, although this run sends none: an earlier one did."""
    release: ReleaseFacts | None = None
    """What the finished files say; None if they are those of the build alone."""
    why: str = ""
    """Why it is this version: a sentence."""
    adopt: tuple[str, ...] = ()
    """Files of others among those that are overwritten or deleted, because it was asked for."""

    @property
    def tag(self) -> str:
        """The tag of the release: `vX.Y.Z`."""
        return f"v{self.version}"

    @property
    def send_bytes(self) -> int:
        """How many bytes of files will be sent, before deduplication."""
        return sum(file.size for file in self.add)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was published, and the proof."""

    repo_id: str
    endpoint: str
    version: str
    commit: str
    created: bool
    """False if the release already stood on the Hub."""
    proven: tuple[str, ...]
    """Files read back at the tag and hashed."""
    listed: tuple[str, ...]
    """Files kept, whose sha256 the Hub lists at the tag."""


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A release that was proposed, and is not published before it is merged."""

    number: int
    url: str
    created: bool
    """False if it stood on the Hub already."""
    proven: tuple[str, ...] = ()
    """Files read back from it and hashed."""
