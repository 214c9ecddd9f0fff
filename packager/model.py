"""The values that travel between the rooms, in the order they are made. Pure.

    SourceFile -- check --> Problem, Report
        `- build --> Manifest, and what follows (see `built`)

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


# --- publish -------------------------------------------------------------------------------------------


# --- readback ------------------------------------------------------------------------------------------
