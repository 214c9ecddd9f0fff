"""Build a data set: judge and spool the sources, place the recordings, write shards, card and manifest.

Whole or not at all; the same sources give the same bytes with any number of jobs.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packager.assemble.memory import open_builds, recall_sources, remember_sources
from packager.assemble.placing import Placed, place_recordings, plan_shards, settle_splits
from packager.assemble.scan import Scanned, ScanTask, scan
from packager.assemble.shards import ShardTask, WrittenShard, dump_shard, load_shard, write
from packager.built import Dropped, Manifest, Recording
from packager.check import (
    cut_units,
    find_project_sources,
    find_run_rules,
    load_schema,
    load_schema_anew,
    make_criteria,
    make_gathering,
    make_report,
    open_scratch,
    tell_silent,
)
from packager.config import Config, load_project
from packager.errors import DataError, EnvironmentFailure
from packager.files import default_build
from packager.folders import replace_folder
from packager.manifest import NAME, dump_manifest
from packager.model import Problem, Report, Severity
from packager.recordings import find_clashes, find_odd_names
from packager.reports import say_number
from packager.schema import guard_schema
from packager.splits import read_lock, write_lock
from packager.store import Builds, keep_origins, look_at_origins, survey_sources
from packager.work import open_pool, run_in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Executor

    from packager.assemble.pieces import Piece
    from packager.built import Split
    from packager.check import Criteria
    from packager.model import SourceFile
    from packager.recordings import NumberedClaim
    from packager.schema import SegmentSchema
    from packager.store import Survey
    from packager.work import Progress

_SMALL: Final = 8 << 20  # bytes below which a pool of processes costs more than it saves


class InvalidSegments(DataError):  # noqa: N818 - the name says what is wrong
    """The sources have errors, so nothing was built; `report` names each."""

    def __init__(self, report: Report) -> None:
        errors = report.count(Severity.ERROR)
        super().__init__(
            f"nothing was built: the check found {say_number(errors, 'error')}; "
            + (
                "these are more than the first 10,000 of a file, too many to leave out; correct some first"
                if report.more
                else "mend them, or leave the segments out with --drop-invalid"
            )
        )
        self.report = report


@dataclass(frozen=True, slots=True)
class Built:
    """A build that succeeded."""

    folder: Path
    manifest: Manifest
    report: Report
    """Warnings and notes; with `drop_invalid` also the errors of what was dropped."""


def build_dataset(  # noqa: PLR0913 - what a user may want to say
    project: str | Path | None = None,
    *,
    out: str | Path | None = None,
    jobs: int = 1,
    drop_invalid: bool = False,
    progress: Progress | None = None,
    remember: bool = False,
    executor: Executor | None = None,
    allow: Sequence[str | Path] = (),
) -> Manifest:
    """Check a project's segments and build the data set from them.

    Args:
        project: a folder with a dataset.toml; None looks for one from the working directory upwards.
        out: the folder to write, `build` in the project by default. It appears whole or not at all, and
            replaces an earlier build, but nothing else.
        jobs: how many processes share the work. Scripts that ask for more than one need the usual
            `if __name__ == "__main__":`.
        drop_invalid: leave out what has errors, and name it in manifest and card.
        progress: called with bytes done and bytes in all.
        remember: keep in the user's cache what became of each file, and read and write only
            what has changed since such a build. The result is the same.
        executor: where the work is to run instead, which must see the same files; `jobs` says how many of its
            workers are kept busy.
        allow: folders outside of the project that its links and paths may lead to.

    Raises:
        InvalidSegments: the sources have errors; nothing was written.
        DataError: the card has errors, or no segment is left.
        UsageError: `out` is in the way, no file matches, or a link leads out of the project.
        ConfigError: dataset.toml or the schema is wrong.
    """
    config = load_project(None if project is None else Path(project), allow)
    folder = default_build(config.root) if out is None else Path(out)
    return run_build(
        config,
        folder,
        jobs=jobs,
        drop_invalid=drop_invalid,
        progress=progress,
        remember=remember,
        executor=executor,
    ).manifest


def run_build(  # noqa: PLR0913 - likewise
    config: Config,
    out: Path,
    *,
    jobs: int = 1,
    drop_invalid: bool = False,
    progress: Progress | None = None,
    remember: bool = False,
    executor: Executor | None = None,
) -> Built:
    """Build the project of a configuration; as `build_dataset`, and return the report too."""
    criteria = make_criteria(config, errors_only=True)
    schema, _ = load_schema_anew(criteria)
    found = find_project_sources(config, out)
    sources = found.sources
    survey = survey_sources(sources)
    referred = [config.name_file(config.root / name) for name, _ in schema.files]
    origins = look_at_origins(config, zip(sources, survey.stamps, strict=True), referred)
    builds = open_builds(config, criteria, schema, out) if remember else None
    known = recall_sources(sources, survey, builds, criteria)
    fresh = [number for number in range(len(sources)) if number not in known]
    workers = jobs if sum(survey.sizes[number] for number in fresh) > _SMALL else 1
    with replace_folder(out, config.root) as work, _open_crew(executor, workers, jobs, work) as crew:
        new = work / "new"
        (new / "data").mkdir()
        scanner = _Scanner(sources, survey, config, criteria, crew, progress)
        card = b""

        def prepare() -> None:
            nonlocal card
            card = _prepare(config, schema, criteria)

        scanned = {**known, **scanner.scan(fresh, prepare)}
        gathered = _gather(sources, scanned, scanner.found, config, criteria)
        silent = tell_silent(criteria, sources, gathered.seen, scanner.keys) if gathered.segments else ()
        report = replace(
            make_report(len(sources), gathered.segments, gathered.problems, gathered.hidden, silent),
            not_read=found.not_read,
            left_out=found.left_out,
        )
        if gathered.stuck or report.more or (report.count(Severity.ERROR) and not drop_invalid):
            raise InvalidSegments(report)
        placed = place_recordings(gathered.pieces, gathered.group_of, config)
        splits = settle_splits(placed, config)
        tasks = plan_shards(placed, splits, new)
        shards = _write_shards(list(tasks.values()), scanner, builds, criteria, crew)
        manifest = _describe(
            placed, splits, tasks, shards, gathered, config, card, new, criteria, sources, report
        )
    if builds is not None:
        remember_sources(sources, survey, scanned, config, builds)
    keep_origins(config.root, out, manifest, origins, referred)
    if config.lock:
        write_lock(config.root, ((each.name, each.split) for each in manifest.recordings))
    return Built(out, manifest, report)


# --- what the steps share ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Crew:
    """Who works, and where there is room for what lies between the steps."""

    pool: Executor | None
    jobs: int
    work: Path


@contextmanager
def _open_crew(executor: Executor | None, workers: int, jobs: int, work: Path) -> Iterator[_Crew]:
    """Open a pool of processes, unless there is an executor that was given."""
    if executor is not None:
        yield _Crew(executor, jobs, work)
        return
    with open_pool(workers) as pool:
        yield _Crew(pool, jobs, work)


@dataclass(slots=True)
class _Gathered:
    """All that was scanned, as the driver needs to know it: no segment, but every recording."""

    segments: int
    problems: list[Problem]
    stuck: bool
    """True if there is a problem that no dropping mends."""
    pieces: list[Piece]
    dropped: list[Dropped]
    group_of: Callable[[str], bytes | None]
    warnings: tuple[str, ...]
    """About the pins."""
    seen: set[str]
    """Which of start, end, text and speaker some segment has."""
    hidden: Counter[Severity]
    """How many problems are not among the problems."""


# --- the steps -----------------------------------------------------------------------------------------


def _prepare(config: Config, schema: SegmentSchema, criteria: Criteria) -> bytes:
    """Judge the schema and the card, while others read the sources; return the card's source."""
    from packager.assemble.texts import read_card  # noqa: PLC0415 - loaded when the workers are busy

    if criteria.schema_folder is not None:  # the schema that is shipped is guarded by a test
        guard_schema(schema.document, criteria.schema_name)
    card, problems = read_card(config)
    if any(problem.severity is Severity.ERROR for problem in problems):
        raise InvalidSegments(Report(0, 0, problems))
    return card


class _Scanner:
    """Scans sources, as many at a time as there are workers."""

    def __init__(  # noqa: PLR0913, PLR0917 - all that it takes to read the sources
        self,
        sources: Sequence[SourceFile],
        survey: Survey,
        config: Config,
        criteria: Criteria,
        crew: _Crew,
        progress: Progress | None,
    ) -> None:
        self.sources, self.survey, self.config, self.criteria = sources, survey, config, criteria
        self.crew, self.progress = crew, progress
        self.found: list[Problem] = []
        """What no source shows alone."""
        self.keys: tuple[str, ...] = ()
        """The properties of a segment, as `Corpus.keys`."""
        self._spools = 0

    def scan(self, numbers: Sequence[int], meanwhile: Callable[[], None] | None = None) -> dict[int, Scanned]:
        """Return what became of these sources, by the first number of each; `meanwhile` is called once."""
        units = [
            unit for run in _find_runs(numbers) for unit in cut_units(self.sources, self.survey.sizes, run)
        ]
        total = sum(unit.size for unit in units)
        scanned: dict[int, Scanned] = {}
        done = 0
        with open_scratch(total, self.crew.work) as scratch:
            gathering = make_gathering(self.config, self.criteria, scratch)
            corpus = gathering.open_corpus(self.sources)
            tasks = [
                ScanTask(unit, str(self.crew.work / f"spool-{self._spools + i:06d}"))
                for i, unit in enumerate(units)
            ]
            self._spools += len(tasks)
            work = partial(scan, gathering=gathering, mode=self.config.recording)
            running = run_in_order(work, tasks, self.crew.pool, self.crew.jobs, meanwhile)
            for task, results in zip(tasks, running, strict=True):
                for result in results:
                    scanned[result.sources[0]] = result
                    if result.evidence is not None:
                        corpus.add(result.evidence)
                done += task.unit.size
                if self.progress is not None:
                    self.progress(done, total)
            self.found += corpus.find()
            self.keys = self.keys or corpus.keys
        return scanned


def _find_runs(numbers: Sequence[int]) -> Iterator[list[int]]:
    """Yield numbers that follow one another together."""
    run: list[int] = []
    for number in numbers:
        if run and number != run[-1] + 1:
            yield run
            run = []
        run.append(number)
    if run:
        yield run


def _gather(
    sources: Sequence[SourceFile],
    scanned: dict[int, Scanned],
    found: Sequence[Problem],
    config: Config,
    criteria: Criteria,
) -> _Gathered:
    """Bring together what became of the sources, and what is only seen of all of them."""
    odd = list(find_odd_names(sources))
    roster = make_gathering(config, criteria, None).open_roster(
        sources, read_lock(config.root) if config.lock else None
    )
    claims: list[NumberedClaim] = []
    gathered = _Gathered(0, odd, bool(odd), [], [], roster.group_of, (), set(), Counter())
    for _, each in sorted(scanned.items()):
        gathered.segments += each.segments
        gathered.hidden.update(dict(each.hidden))
        gathered.problems += each.problems
        gathered.dropped += each.dropped
        gathered.pieces += each.pieces
        claims += each.claims
        roster.add(each.roll)
        gathered.seen.update(*each.seen)
    clashes, told = list(find_clashes(claims)), list(roster.find())
    gathered.problems += [*clashes, *found, *told]
    gathered.stuck |= bool(clashes or found) or any(each.severity is Severity.ERROR for each in told)
    gathered.warnings = tuple(each.message for each in told if each.severity is Severity.WARNING)
    return gathered


def _write_shards(
    tasks: Sequence[ShardTask],
    scanner: _Scanner,
    builds: Builds | None,
    criteria: Criteria,
    crew: _Crew,
) -> dict[str, WrittenShard]:
    """Write the shards, but for those that the earlier build has already; return each by its path."""
    written: dict[str, WrittenShard] = {}
    for task in tasks if builds is not None else ():
        assert builds is not None  # noqa: S101 - as just said
        if (kept := builds.recall_shard(task.content, task.folder / task.path)) is not None:
            written[task.path] = load_shard(kept, task.path)
    missing = _find_rows([task for task in tasks if task.path not in written], scanner)
    # The largest first, so that no worker begins with one when the others are done.
    missing.sort(key=lambda task: -task.size)
    running = run_in_order(partial(write, criteria=criteria), missing, crew.pool, crew.jobs)
    for task, shard in zip(missing, running, strict=True):
        written[task.path] = shard
    for task in tasks if builds is not None else ():
        assert builds is not None  # noqa: S101 - likewise
        shard = written[task.path]
        builds.keep_shard(task.content, task.path, shard.file.size, shard.file.sha256, dump_shard(shard))
    return written


def _find_rows(tasks: list[ShardTask], scanner: _Scanner) -> list[ShardTask]:
    """Return these tasks with all their pieces in the spool; what was only known of is scanned now.

    Raises:
        EnvironmentFailure: a source has changed since it was looked at.
    """
    lacking = {
        piece.source
        for task in tasks
        for _, pieces in task.recordings
        for piece in pieces
        if piece.kept and not piece.parts
    }
    if not lacking:
        return tasks
    found = {
        (each.source, each.recording): each
        for scanned in scanner.scan(sorted(lacking)).values()
        for piece in scanned.pieces
        for each in (piece, *piece.by_member())
    }

    def bring(piece: Piece) -> Piece:
        if not piece.kept or piece.parts:
            return piece
        now = found.get((piece.source, piece.recording))
        if now is None or (now.positions, now.kept, now.size) != (piece.positions, piece.kept, piece.size):
            place = scanner.sources[piece.source].place
            raise EnvironmentFailure(f"{place} changed while it was being built: run the build again")
        return now

    return [
        ShardTask(
            task.folder,
            task.path,
            tuple((name, tuple(map(bring, pieces))) for name, pieces in task.recordings),
        )
        for task in tasks
    ]


def _describe(  # noqa: PLR0913, PLR0917 - all that a build knows
    placed: Sequence[Placed],
    splits: Sequence[Split],
    tasks: dict[tuple[str, int], ShardTask],
    written: dict[str, WrittenShard],
    gathered: _Gathered,
    config: Config,
    card: bytes,
    new: Path,
    criteria: Criteria,
    sources: Sequence[SourceFile],
    report: Report,
) -> Manifest:
    """Write card, pictures and manifest."""
    from packager.assemble.texts import write_file, write_texts  # noqa: PLC0415 - as in `_prepare`

    schema, layout = load_schema(criteria)
    kept = {each.name: each.kept for each in placed}
    shards, recordings = [], []
    for (split, number), task in tasks.items():
        shard = written[task.path]
        shards.append((split, shard))
        for (name, _), digest in zip(task.recordings, shard.digests, strict=True):
            recordings.append(Recording(name, split, number, kept[name], digest))
    by_name = tuple(sorted(recordings, key=lambda each: each.name))
    dropped = tuple(sorted(gathered.dropped, key=lambda each: (each.path, each.line, each.pointer)))
    files, statistics = write_texts(
        new,
        config,
        card,
        schema,
        layout,
        splits=splits,
        shards=shards,
        recordings=by_name,
        dropped=dropped,
        ran=find_run_rules(criteria, sources, gathered.seen),
        report=report,
    )
    files += [shard.file for _, shard in shards]
    manifest = Manifest(
        schema_sha256=schema.sha256,
        columns=tuple(each.column for each in layout.columns),
        splits=tuple(sorted(splits, key=lambda split: split.name)),
        files=tuple(sorted(files, key=lambda file: file.path)),
        recordings=by_name,
        dropped=dropped,
        warnings=_warn_of_empty(splits, config) + gathered.warnings,
        deal=config.deal if config.group_by or config.pins else None,
        repo_id=config.repo_id,
        statistics=statistics,
    )
    write_file(new, NAME, dump_manifest(manifest))
    return manifest


def _warn_of_empty(splits: Sequence[Split], config: Config) -> tuple[str, ...]:
    filled = {split.name for split in splits}
    return tuple(
        f"the split {split.name} received no recording" for split in config.splits if split.name not in filled
    )
