"""Say which recording a source belongs to, which group a segment, and find two sources of one name. Pure.

docs/contract.md holds the rules as a promise; versions live for ever.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from packager.canonical import canonical_json
from packager.model import Problem, Severity, to_pointer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from packager.model import JsonObject, SourceFile


class Claim(NamedTuple):
    """A source says: I am (a part of) the recording of this name."""

    recording: str
    origin: str
    """The file, or the folder with a final `/`, that is the recording. Two origins of one name clash."""


def claim_recording(source: SourceFile, mode: str, *, single: bool) -> Claim:
    """Return the recording of a source whose form or place names it.

    `mode` is `auto`, `file` or `folder`; `single` says that the file is one object, which by `auto` is one
    segment of the recording that its folder is.
    """
    if mode == "folder" or (mode == "auto" and single):
        return Claim(source.folder, source.name.rpartition("/")[0] + "/")
    return Claim(source.recording, source.name)


NumberedClaim: TypeAlias = tuple[int, Claim, str]
"""The number of a source, what it claims, and its name."""


def find_clashes(claims: Iterable[NumberedClaim]) -> Iterator[Problem]:
    """Yield the problem of each file or folder that claims a name that another one has taken before it."""
    taken: dict[str, tuple[str, str]] = {}
    told = set[tuple[str, str]]()
    for _, claim, path in sorted(claims, key=itemgetter(0)):
        origin, first = taken.setdefault(claim.recording, (claim.origin, path))
        if origin == claim.origin or (claim.recording, claim.origin) in told:
            continue
        told.add((claim.recording, claim.origin))
        both = f"{claim.origin} and {origin} ({first}) both name the recording {claim.recording!r}"
        yield Problem(path, 1, 1, "", "split/recording-clash", Severity.ERROR, f"{both}: rename one")


def name_recording(segment: JsonObject, key: str) -> str | None:
    """Return the recording that the property `key` names; None if it names none."""
    value = segment.get(key)
    return value if isinstance(value, str) and value else None


def name_group(segment: JsonObject, group_by: Sequence[str]) -> bytes:
    """Return the group of a segment: the RFC 8785 form of the array of what these properties hold.

    >>> name_group({"Show": "Night Train", "Season": 2.0}, ["Show", "Season", "Part"])
    b'["Night Train",2,null]'
    """
    return canonical_json([segment.get(key) for key in group_by])


def missing_name(path: str, line: int, column: int, key: str) -> Problem:
    """Return the problem of a segment whose property does not name its recording."""
    message = f"the property {key!r} names the recording, and must be a string that is not empty"
    return Problem(path, line, column, to_pointer([key]), "split/no-recording", Severity.ERROR, message)


def find_odd_names(sources: Iterable[SourceFile]) -> Iterator[Problem]:
    """Yield the problem of each file whose name is not valid UTF-8, and so can name no recording."""
    for source in sources:
        if not source.is_named_in_utf8:
            message = "the name of this file is not valid UTF-8: rename it"
            yield Problem(source.name, 1, 1, "", "split/recording-name", Severity.ERROR, message)
