"""Run the check over all files of a project, or over the files that a user names.

Memory holds the problems and one unit of files, never a corpus.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packager.check.judge import Criteria, judge_file, load_schema
from packager.config import Config, find_project, load_project, shipped_file
from packager.errors import UsageError
from packager.model import Problem, Report
from packager.recordings import Claim, Claims, claim_recording
from packager.segments.find import find_below, find_sources
from packager.segments.read import Empty, Form, Unreadable, find_form
from packager.work import open_pool, run_in_order

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from packager.model import SourceFile
    from packager.work import Progress

_UNIT_BYTES: Final = 8 << 20
_UNIT_FILES: Final = 1000
_SMALL: Final = 8 << 20  # bytes below which a pool of processes costs more than it saves


def check_segments(
    project: str | Path | None = None,
    *,
    paths: Sequence[str | Path] = (),
    schema: str | Path | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
) -> Report:
    """Check segment files and return every problem in every file.

    Args:
        project: a folder with a dataset.toml; None looks for one from the working directory upwards. Without
            a project there must be `paths`.
        paths: files, or folders to be searched for segment files; empty means the project's own.
        schema: a JSON Schema file to use in place of the project's.
        jobs: how many processes share the work.
        progress: called with bytes done and bytes in all.

    Raises:
        UsageError: no file matches, or a path is absent.
        ConfigError: dataset.toml or the schema is wrong.
    """
    config = _find_config(project, paths)
    criteria = make_criteria(config, None if schema is None else Path(schema))
    load_schema(criteria)
    if paths:
        sources = find_below([Path(path) for path in paths], config.root if config.repo_id else None)
    else:
        sources = find_project_sources(config)
    work = partial(_check_unit, criteria=criteria, mode=config.recording)
    claims = None if paths else Claims()  # some files alone cannot show which names clash
    total = sum(map(size_of, sources))
    segments, problems = 0, list[Problem]()
    with open_pool(jobs if total > _SMALL else 1) as pool:
        done = 0
        for results, size in run_in_order(work, cut_units(sources), pool, jobs):
            for result in results:
                segments += result.segments
                problems += result.problems
                clash = claims and result.claim and claims.add(result.claim, result.path)
                problems += [clash] if clash else []
            done += size
            if progress is not None:
                progress(done, total)
    return Report(len(sources), segments, tuple(sorted(problems)))


def make_criteria(config: Config, schema: Path | None = None) -> Criteria:
    """Return what a project's segments are judged by.

    Raises:
        UsageError: the schema file that was named is absent.
    """
    path = config.schema if schema is None else schema
    if path is None:
        data, name = shipped_file("segment.schema.json"), "segment.schema.json"
    else:
        try:
            data, name = path.read_bytes(), str(path)
        except OSError as error:
            raise UsageError(f"the schema {path} cannot be read: {error.strerror}") from error
    return Criteria(
        schema=data,
        schema_name=name,
        schema_folder=None if path is None else path.resolve().parent,
        start=config.start,
        end=config.end,
        recording_property=config.recording_property,
    )


def find_project_sources(config: Config) -> tuple[SourceFile, ...]:
    """Return the segment files of a project, in order."""
    return find_sources(config.root, config.segments, config.repo_id.rpartition("/")[2])


def cut_units(sources: Sequence[SourceFile]) -> Iterator[tuple[SourceFile, ...]]:
    """Cut files into units of work by their number and sizes alone, never by the number of workers."""
    unit: list[SourceFile] = []
    size = 0
    for source in sources:
        unit.append(source)
        size += size_of(source)
        if size >= _UNIT_BYTES or len(unit) >= _UNIT_FILES:
            yield tuple(unit)
            unit, size = [], 0
    if unit:
        yield tuple(unit)


def size_of(source: SourceFile) -> int:
    """Return the size of a file on disk; 0 if it cannot be known."""
    try:
        return source.path.stat().st_size
    except OSError:
        return 0


def _find_config(project: str | Path | None, paths: Sequence[str | Path]) -> Config:
    if project is None and paths:
        found = find_project(Path.cwd())
        return load_project(found) if found else Config(root=Path.cwd())
    return load_project(None if project is None else Path(project))


@dataclass(frozen=True, slots=True)
class _FileResult:
    path: str
    segments: int
    claim: Claim | None
    problems: tuple[Problem, ...]


def _check_unit(
    sources: tuple[SourceFile, ...], criteria: Criteria, mode: str
) -> tuple[list[_FileResult], int]:
    results = [_check_file(source, criteria, mode) for source in sources]
    return results, sum(map(size_of, sources))


def _check_file(source: SourceFile, criteria: Criteria, mode: str) -> _FileResult:
    segments = 0
    problems: list[Problem] = []
    for judged in judge_file(source, criteria):
        problems += judged.problems
        if isinstance(judged, Unreadable):
            return _FileResult(source.name, segments, None, tuple(problems))
        segments += not isinstance(judged, Empty)
    if criteria.recording_property or not segments:
        return _FileResult(source.name, segments, None, tuple(problems))
    claim = claim_recording(source, mode, single=find_form(source) is Form.OBJECT)
    return _FileResult(source.name, segments, claim, tuple(problems))
