"""The values that travel between the rooms, in the order they are made. Pure.

    SourceFile -- check --> Problem, Report
        `- build --> Manifest -- plan(RemoteState) --> ReleasePlan -- publish --> Receipt

A type comes here when a second room needs it; until then it lives with its maker.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias

from packager.secrets import hide_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
"""What strict JSON can say. Floats are finite; integers have any size."""

JsonObject: TypeAlias = dict[str, JsonValue]


# --- configuration -------------------------------------------------------------------------------------


_PART: Final = r"\w(?:[\w.-]{0,94}\w)?"
_REPO_ID: Final = re.compile(rf"(?!.*(?:--|\.\.)){_PART}/{_PART}(?<!\.git)", re.ASCII)  # the Hub's rule


def is_repository_name(text: str) -> bool:
    """Return whether this is `namespace/name` as the Hub allows it."""
    return _REPO_ID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class SplitRatio:
    """A split and the share of the recordings that it is to receive."""

    name: str
    ratio: Decimal


@dataclass(frozen=True, slots=True)
class Deal:
    """How recordings are dealt to splits."""

    splits: tuple[SplitRatio, ...]
    """In the order of the configuration."""
    salt: str = ""
    group_by: tuple[str, ...] = ()
    """The properties whose values are hashed; empty: the recording's name is."""
    pins: tuple[tuple[str, str], ...] = ()
    """Splits, and the name or pattern of recordings that are in each whatever their hash."""


# --- sources -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Inside:
    """Where the segments are in a document, and what they receive of what is around them.

    A .json file is a document, or an array of documents; of a .jsonl file each line is one.
    """

    items: tuple[str, ...]
    """RFC 6901 JSON Pointers: the first that leads somewhere leads to the array of segments. The empty one
    leads to the document: then a .json file may be an array of segments, but not of documents."""
    carry: tuple[tuple[str, str], ...] = ()
    """Properties, each with the JSON Pointer of the value that every segment receives, where there is one.
    It is not inside of the array."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One segment file, found but not read."""

    place: str
    """Where it lies on this machine; text, because a corpus has many files, and a Path takes its time."""
    name: str
    """How it is reported: relative to the project (or as the user gave it), with `/`."""
    recording: str
    """The recording that the file's own name gives: below the pattern's fixed part, NFC, no extension."""
    folder: str
    """The recording that the file's folder gives."""
    is_named_in_utf8: bool = True
    """False: the name has bytes that are no UTF-8, here written as `\\xff`; it can name no recording."""
    inside: Inside | None = None
    """Where the segments are in it; None: they are its lines, its items, or the whole of it."""

    def __reduce__(self) -> tuple[type[SourceFile], tuple[str, str, str, str, bool, Inside | None]]:
        # Travels to workers by the ten thousand: twice as fast as what a data class does by itself.
        values = self.place, self.name, self.recording, self.folder, self.is_named_in_utf8, self.inside
        return SourceFile, values


# --- check ---------------------------------------------------------------------------------------------


class Severity(StrEnum):
    """How bad a problem is: an error stops a build, a warning and a note do not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something wrong at one place of one file. Sorts by place."""

    path: str
    """As SourceFile.name."""
    line: int
    """From 1; 1 if the problem has no place."""
    column: int
    """From 1, in code points; 1 if the problem has no place."""
    pointer: str
    """RFC 6901 JSON Pointer into the segment; the empty string is the whole segment."""
    rule: str
    """`family/name`, such as `schema/required`; stable for ever."""
    severity: Severity
    message: str
    """`***` stands in the place of each secret, in the pointer too, whoever makes the problem."""
    found: tuple[str, str] | None = field(default=None, compare=False, repr=False)
    """Pointer and message with the secrets; None if there are none. Never shown: see `fingerprint`."""

    def __post_init__(self) -> None:
        """Take secrets out."""
        shown = hide_secrets(self.pointer), hide_secrets(self.message)
        if shown != (self.pointer, self.message):
            object.__setattr__(self, "found", (self.pointer, self.message))
            object.__setattr__(self, "pointer", shown[0])
            object.__setattr__(self, "message", shown[1])

    @property
    def fingerprint(self) -> tuple[str, str]:
        """Pointer and message as digests are made of them: the same, whatever is taken for a secret."""
        return self.found or (self.pointer, self.message)


def to_pointer(path: Iterable[str | int]) -> str:
    """Return the RFC 6901 JSON Pointer of a path of keys and indices.

    >>> to_pointer(["a/b", 0])
    '/a~1b/0'
    """
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found."""

    files: int
    segments: int
    problems: tuple[Problem, ...]
    """Sorted by path, line and column."""
    warnings: tuple[str, ...] = ()
    """What has no place in a file, such as why rules cannot run; it fails nothing."""
    hidden: tuple[int, int, int] = (0, 0, 0)
    """How many errors, warnings and notes are not among the problems: of each file the first are."""

    not_read: tuple[tuple[str, int], ...] = ()
    """How many files beside the segment files are not read, by their ending in small letters; most first."""
    left_out: tuple[str, ...] = ()
    """Folders of builds among the sources, which are left out."""

    @property
    def more(self) -> int:
        """How many problems are not among the problems."""
        return sum(self.hidden)

    def count(self, severity: Severity) -> int:
        """Return how many problems have this severity."""
        hidden = self.hidden[[*Severity].index(severity)]
        return sum(problem.severity is severity for problem in self.problems) + hidden


# --- build ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the built data set."""

    name: str
    type: str
    """`string`, `bool`, `int64`, `float64`, `json` (JSON text), `list<T>`, `struct<name: T, ...>`,
    `timestamp[us, tz=UTC]` or `class_label<"a", "b">`."""
    nullable: bool


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


# --- publish -------------------------------------------------------------------------------------------


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


# --- readback ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ExpectedRow:
    """What one row of a published data set must say, by its source."""

    recording: str
    segment: int
    value: JsonObject
    """The segment as its source says it."""
    start_seconds: float | None = None
    """What the column of this name must hold; None also if there is no such column."""
    end_seconds: float | None = None
