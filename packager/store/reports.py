"""Remember the report of a whole check, so that a second one of unchanged files costs next to nothing.

A report is kept in the user's cache, under the path of the project. It holds for the same bytes in
the same files, the same schema, configuration and version of the tool, and for nothing else. That the bytes
are the same is known by their sha256 or, without reading them, by their stamps.
"""

from __future__ import annotations

import hashlib
from dataclasses import astuple, replace
from typing import TYPE_CHECKING, Any, Final

from packager.model import Problem, Report, Severity
from packager.reading import CannotReadError, read_pieces
from packager.store.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from packager.model import SourceFile
    from packager.store.stamps import Clock, Survey

_KEPT: Final = 8  # reports, of other configurations and schemas
_PROBLEMS: Final = 100_000  # beyond which a report is not kept


class Reports:
    """The report of one project, schema and configuration, if one was kept."""

    def __init__(self, project: Path, depends: Iterable[object]) -> None:
        """Remember what tells the report from others; `depends` as for `Shelf`."""
        self._shelf = Shelf(project, "checked", depends, most=_KEPT)
        self._clock: Clock | None = None
        """Before any source was read."""

    def recall(self, sources: Sequence[SourceFile], survey: Survey) -> Report | None:
        """Return the report of these sources, if one was kept; call it before they are read."""
        kept = self._shelf.read()
        if kept is not None and kept["shape"] == survey.shape:
            report = _load(kept["report"])
            if kept["stamp"] == survey.stamp:
                return report
            self._clock = self._shelf.open_clock()
            if kept["content"] == _digest_all(sources):
                self._keep(report, survey, kept["content"])
                return report
        self._clock = self._shelf.open_clock()
        return None

    def keep(self, report: Report, survey: Survey, digests: Iterable[tuple[int, bytes]]) -> None:
        """Keep a report; `digests` has the number and the digest of the bytes of each source."""
        self._keep(report, survey, _combine(digests))

    def _keep(self, report: Report, survey: Survey, content: str) -> None:
        if len(report.problems) <= _PROBLEMS and self._clock is not None:
            sure = self._clock.is_sure(survey.newest, survey.devices)
            stamp = survey.stamp if sure else ""
            kept = {"shape": survey.shape, "stamp": stamp, "content": content, "report": astuple(report)}
            self._shelf.keep(kept)


def _combine(digests: Iterable[tuple[int, bytes]]) -> str:
    """Return one digest of all sources, of the digest of each and its number."""
    return hashlib.sha256(b"".join(digest for _, digest in sorted(digests))).hexdigest()


def _digest_all(sources: Sequence[SourceFile]) -> str | None:
    """Return the same of the sources as they are now; None if one cannot be read."""
    digests = []
    for number, source in enumerate(sources):
        digest = hashlib.sha256()
        try:
            for piece in read_pieces(source.place):
                digest.update(piece)
        except CannotReadError:
            return None
        digests.append((number, digest.digest()))
    return _combine(digests)


def _load(kept: list[Any]) -> Report:
    files, segments, problems, warnings, hidden, *_ = kept  # what is not read is found anew
    read = [replace(Problem(*each), severity=Severity(each[5])) for each in problems]
    return Report(files, segments, tuple(read), tuple(warnings), tuple(hidden))
