"""Remember the report of a whole check, so that a second one of unchanged files costs next to nothing.

A report is kept in `.packager/checked/` of the project, which may be deleted at any time. It holds for the
same bytes in the same files, the same schema, configuration and version of the tool, and for nothing else.
That the bytes are the same is known by their digest or, without reading them, by what the file system says:
as git does, a file that has its size, times and number is taken for unchanged, unless it was changed so
shortly before it was read that the clock could not tell a later change.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import astuple
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from xxhash import xxh3_128

from packager.folders import STATE, state_folder
from packager.model import Problem, Report, Severity
from packager.reading.blocks import CannotReadError, read_blocks
from packager.schema.validate import find_engine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from packager.check.survey import Survey
    from packager.model import SourceFile

_KEPT: Final = 8  # reports, of other configurations and schemas
_PROBLEMS: Final = 100_000  # beyond which a report is not kept
_TICK: Final = 2 * 10**9  # nanoseconds; no file system in use has a coarser clock (FAT has this one)
_ROOMS: Final = (".", "check", "check/rules", "columns", "framing", "reading", "schema", "splits")


class Memo:
    """The report of one project, schema and configuration, if one was kept."""

    def __init__(self, project: Path, depends: Iterable[object]) -> None:
        """Remember what tells the report from others.

        Args:
            project: the folder of the project.
            depends: all that a report depends on besides the sources; told apart by what repr says.
        """
        tools = (sys.version, sys.executable, tuple(_describe_tool()))
        digest = xxh3_128(repr((tools, tuple(depends))).encode("utf-8", "backslashreplace"))
        self.project = project
        self.folder = folder = project / STATE / "checked"
        self.path = folder / f"{digest.hexdigest()}.json"
        self._clock: tuple[int, int] | None = None
        """Time and device of the file system of the reports, before any source was read."""

    def recall(self, sources: Sequence[SourceFile], survey: Survey) -> Report | None:
        """Return the report of these sources, if one was kept; call it before they are read."""
        kept = self._read()
        if kept is not None and kept["shape"] == survey.shape:
            report = _load(kept["report"])
            if kept["stamp"] == survey.stamp:
                return report
            self._clock = self._tell_time()
            if kept["content"] == _digest_all(sources):
                self._keep(report, survey, kept["content"])
                return report
        self._clock = self._tell_time()
        return None

    def keep(self, report: Report, survey: Survey, digests: Iterable[tuple[int, bytes]]) -> None:
        """Keep a report; `digests` has the number and the digest of the bytes of each source."""
        self._keep(report, survey, _combine(digests))

    def _keep(self, report: Report, survey: Survey, content: str) -> None:
        if len(report.problems) > _PROBLEMS or self._clock is None:
            return
        now, device = self._clock
        sure = survey.newest < now - _TICK and survey.devices <= {device}
        kept = {
            "shape": survey.shape,
            "stamp": survey.stamp if sure else "",
            "content": content,
            "report": _dump(report),
        }
        try:
            data = json.dumps(kept).encode()
            with tempfile.NamedTemporaryFile(dir=self.folder, delete=False) as file:
                file.write(xxh3_128(data).hexdigest().encode() + b"\n" + data)
            os.replace(file.name, self.path)  # noqa: PTH105 - the name is text
            self._forget_old()
        except OSError:
            return  # a disk that is full or may not be written: the check itself is done

    def _read(self) -> dict[str, str] | None:
        try:
            digest, _, data = self.path.read_bytes().partition(b"\n")
        except OSError:
            return None
        if xxh3_128(data).hexdigest().encode() != digest:
            return None  # cut off by a crash, or edited
        kept: dict[str, str] = json.loads(data)
        return kept

    def _tell_time(self) -> tuple[int, int] | None:
        """Return time and device of the file system of the reports; None if nothing can be written there."""
        try:
            state_folder(self.project)
            self.folder.mkdir(exist_ok=True)
            with tempfile.TemporaryFile(dir=self.folder) as file:
                file.write(b"\0")
                file.flush()
                status = os.fstat(file.fileno())
        except OSError:
            return None
        return status.st_mtime_ns, status.st_dev

    def _forget_old(self) -> None:
        kept = sorted(self.folder.iterdir(), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        for path in kept[_KEPT:]:
            path.unlink(missing_ok=True)


def _combine(digests: Iterable[tuple[int, bytes]]) -> str:
    """Return one digest of all sources, of the digest of each and its number."""
    return xxh3_128(b"".join(digest for _, digest in sorted(digests))).hexdigest()


def _digest_all(sources: Sequence[SourceFile]) -> str | None:
    """Return the same of the sources as they are now; None if one cannot be read."""
    digests = []
    for number, source in enumerate(sources):
        digest = xxh3_128()
        try:
            for block in read_blocks(source.place):
                digest.update(block)
        except CannotReadError:
            return None
        digests.append((number, digest.digest()))
    return _combine(digests)


def _describe_tool() -> Iterator[tuple[str, int, int]]:
    """Yield what tells one version of the code that judges from another one, if only by an edit."""
    package = Path(__file__).parent.parent
    for folder in (*(package / room for room in _ROOMS), Path(find_engine()).parent):
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=attrgetter("name")):
                if entry.is_file():
                    status = entry.stat()
                    yield entry.name, status.st_size, status.st_mtime_ns


def _dump(report: Report) -> str:
    return json.dumps([report.files, report.segments, list(map(astuple, report.problems))])


def _load(text: str) -> Report:
    files, segments, problems = json.loads(text)
    return Report(
        files,
        segments,
        tuple(
            Problem(path, line, column, pointer, rule, Severity(severity), message)
            for path, line, column, pointer, rule, severity, message in problems
        ),
    )
