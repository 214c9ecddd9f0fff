"""Compile a JSON Schema, and judge segments by it.

The verdict is jsonschema-rs's, which equals the specification's on the official test suite (patterns are
ECMA-262). The schema itself is checked first, and all that is wrong with it and with the files that it refers
to is told, each at its line and column. A reference is followed inside the schema and into files of the
project, and never fetched from a network.
"""

from __future__ import annotations

import os
import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

import jsonschema_rs

from packager.config import Bounds, find_bounds
from packager.errors import ConfigError, UsageError
from packager.model import to_pointer
from packager.schema.drafts import DRAFTS, LATEST
from packager.schema.engine import Engine
from packager.schema.library import Flaw, Library, Source, UnavailableError
from packager.schema.oddities import find_oddities
from packager.schema.patterns import UndecidedError, find_exact_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from packager.model import JsonObject, JsonValue
    from packager.schema.engine import Judge
    from packager.schema.explain import Case, Finding

__all__ = ["DRAFTS", "SegmentSchema", "compile_schema", "compile_source", "to_pointer"]

_NOWHERE: Final = "json-schema:///schema"  # where a schema lies that has no folder
_MOST_FLAWS: Final = 100
_FEW: Final = 8  # segments that are asked for one by one


@dataclass(frozen=True, slots=True)
class SegmentSchema:
    """A compiled schema."""

    document: JsonObject
    """An open schema, `{}`, if the file says `true`."""
    data: bytes
    """The schema file."""
    engine: Engine
    """Makes what judges."""
    targets: Mapping[int, JsonValue] = field(default_factory=dict)
    """By the id() of a schema with a `$ref`: the schema that it leads to, in whatever file."""
    files: tuple[tuple[str, str], ...] = ()
    """What the verdict depends on besides the schema file: the name of each file and its sha256."""
    odd_names: bool = False
    """Whether the schema holds names that the validator's paths lose (see failures.py)."""
    oddities: tuple[Flaw, ...] = ()
    """What the schema and its files say in vain."""

    @property
    def sha256(self) -> str:
        """The digest of the schema file."""
        from hashlib import sha256  # noqa: PLC0415 - as in _digests

        return sha256(self.data).hexdigest()

    def is_valid(self, segment: JsonValue) -> bool:
        """Return the verdict."""
        try:
            return self.engine.judge([segment]).validator.is_valid(segment)
        except UndecidedError:
            return False

    def find_invalid(self, segments: Sequence[JsonValue]) -> list[int]:
        """Return the indices of those that are not: the verdict is asked for all, then for halves."""
        if not segments or self._all_valid(segments):
            return []
        if len(segments) == 1:
            return [0]
        if len(segments) <= _FEW:
            return [index for index, segment in enumerate(segments) if not self.is_valid(segment)]
        middle = len(segments) // 2
        later = self.find_invalid(segments[middle:])
        return self.find_invalid(segments[:middle]) + [middle + index for index in later]

    def explain(self, segment: JsonValue) -> Iterator[Finding]:
        """Yield everything that is wrong with a segment; nothing if it is valid."""
        from packager.schema.explain import explain, explain_undecided  # noqa: PLC0415 - most are valid

        try:
            return iter(list(explain(self._case(segment, self.engine.judge([segment])))))
        except UndecidedError:
            make_judge = self.engine.judge_anew
            return explain_undecided(segment, lambda test: self._case(segment, make_judge([segment], test)))

    def _all_valid(self, segments: Sequence[JsonValue]) -> bool:
        """Return whether all of these are valid: one call, which is faster than one for each."""
        try:
            return self.engine.judge(segments).all_valid(segments)
        except UndecidedError:
            return False

    def _case(self, segment: JsonValue, judge: Judge) -> Case:
        from packager.schema.explain import Case  # noqa: PLC0415 - as in explain

        return Case(
            segment, judge.validator, self.document, self.targets, judge.part, judge.originals, self.odd_names
        )


def find_engines() -> list[str]:
    """Return where the libraries that judge lie: another version of one is another file."""
    return [str(jsonschema_rs.__file__), find_exact_engine()]


def compile_schema(  # noqa: PLR0913 - what varies is a parameter
    data: bytes,
    name: str,
    folder: Path | None,
    parse: Callable[[bytes, str], JsonObject],
    *,
    formats: bool = True,
    place: Callable[[bytes, str], tuple[int, int]] | None = None,
    bounds: Bounds | None = None,
) -> SegmentSchema:
    """Return the schema ready to use.

    Args:
        data: the bytes of the schema file.
        name: how to report it.
        folder: where it lies and relative references start from; None: there are no files.
        parse: reads the JSON object of a file of a name.
        formats: whether `format` is asserted.
        place: finds line and column of a JSON Pointer in a file; None: places are told by pointer alone.
        bounds: where the files may lie that it refers to; None: in the project of its folder.

    Raises:
        ConfigError: the schema is not valid by its draft, or refers to what is not there.
    """
    if data.strip() == b"false":
        raise ConfigError(f"{name}: by the schema `false` no segment is valid: write an object")
    folder = None if folder is None else folder.resolve()
    uri = _NOWHERE if folder is None else (folder / name.replace("\\", "/").rpartition("/")[2]).as_uri()
    files = _Files(folder, name, bounds)
    return compile_source(Source(uri, name, data), files.fetch, parse, formats=formats, place=place)


def compile_source(  # noqa: PLR0913 - what varies is a parameter
    source: Source,
    fetch: Callable[[str], Source],
    parse: Callable[[bytes, str], JsonObject],
    *,
    formats: bool = True,
    place: Callable[[bytes, str], tuple[int, int]] | None = None,
    draft: str = LATEST,
) -> SegmentSchema:
    """Return a schema ready to use, its references served by `fetch`; `draft` is for one without `$schema`.

    Raises:
        ConfigError: the schema is not valid by its draft, or refers to what is not there.
    """
    library = Library(fetch, parse, draft)
    document = library.add(source)
    if document is None or library.flaws or library.unparsed:
        raise ConfigError("\n".join(_report(library, place)))
    try:
        engine = Engine(library, document, formats=formats)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        pointer = to_pointer(getattr(error, "instance_path", []))
        message = getattr(error, "message", str(error)).partition("\n")[0]
        library.flaws.append(Flaw(source, pointer, message))
        raise ConfigError("\n".join(_report(library, place))) from error
    return SegmentSchema(
        document.value if isinstance(document.value, dict) else {},
        source.data,
        engine,
        library.targets,
        _digests(library, source),
        library.has_odd_names(),
        tuple(find_oddities(library, formats=formats)),
    )


class _Files:
    """What a schema may refer to: JSON files of its project, or of folders that a person allowed."""

    def __init__(self, folder: Path | None, name: str, bounds: Bounds | None) -> None:
        self.folder = folder
        self.bounds = find_bounds(folder) if bounds is None and folder is not None else bounds or Bounds()
        self.prefix = name.replace("\\", "/").rpartition("/")[0]

    def fetch(self, uri: str) -> Source:
        parts = urlsplit(uri)
        if parts.scheme == "json-schema":
            raise UnavailableError("this schema lies in no folder, so it can refer to no files")
        if parts.scheme != "file" or parts.netloc or self.folder is None:
            raise UnavailableError(
                f"{uri} is never fetched from a network: put the file beside the schema and refer to it by a "
                "relative path"
            )
        written = unquote(parts.path)
        try:
            path = type(self.folder)(self.bounds.follow(written, os.path.relpath(written, self.folder)))
        except UsageError as error:
            raise UnavailableError(str(error)) from error
        shown = os.path.relpath(path, self.folder).replace(os.sep, "/")
        name = posixpath.normpath(posixpath.join(self.prefix, shown))
        try:
            return Source(path.as_uri(), name, path.read_bytes())
        except OSError as error:
            raise UnavailableError(
                f"{name} cannot be read ({error.strerror}): correct the reference"
            ) from error


def _digests(library: Library, source: Source) -> tuple[tuple[str, str], ...]:
    others = [each for each in library.sources.values() if each is not source]
    if not others:
        return ()
    from hashlib import sha256  # noqa: PLC0415 - few schemas have other files, and OpenSSL loads slowly

    return tuple(sorted((each.name, sha256(each.data).hexdigest()) for each in others))


def _report(library: Library, place: Callable[[bytes, str], tuple[int, int]] | None) -> Iterator[str]:
    """Yield a line for each thing that is wrong: `name:line:column: pointer: message`."""
    yield from library.unparsed
    lines = [(flaw.source.name, *_place_of(flaw, place), flaw) for flaw in library.flaws]
    lines.sort(key=lambda line: line[:3])
    for name, row, column, flaw in lines[:_MOST_FLAWS]:
        where = name if place is None else f"{name}:{row}:{column}"
        yield f"{where}: {flaw.pointer}: {flaw.message}" if flaw.pointer else f"{where}: {flaw.message}"
    if len(lines) > _MOST_FLAWS:
        yield f"and {len(lines) - _MOST_FLAWS} more"


def _place_of(flaw: Flaw, place: Callable[[bytes, str], tuple[int, int]] | None) -> tuple[int, int]:
    return (0, 0) if place is None else place(flaw.source.data, flaw.pointer)
