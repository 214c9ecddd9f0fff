"""Build a data set: judge and spool the sources, place the recordings, write shards, card and manifest.

Whole or not at all; the same sources give the same bytes with any number of jobs.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packager.assemble.at_once import plan_at_once, write_at_once
from packager.assemble.memory import ask_status, open_memory
from packager.assemble.shards import ShardTask, WrittenShard, write_shard
from packager.assemble.spans import cut_spans, may_be_divided
from packager.assemble.spool import SpooledFile, SpoolTask, join_spans, spool_sources
from packager.check.engine import (
    NumberedUnit,
    cut_units,
    find_project_sources,
    make_criteria,
    make_gathering,
    open_scratch,
)
from packager.check.judge import load_schema, load_schema_anew, looks_beyond
from packager.config import Config, load_project
from packager.errors import DataError
from packager.folders import replace_folder
from packager.manifest import NAME, dump_manifest
from packager.model import Dropped, Manifest, Problem, Recording, Report, Severity, Split
from packager.recordings import find_clashes, find_odd_names
from packager.splits import count_shards, open_dealer, read_lock, shard_path, write_lock
from packager.store.origins import keep_origins, look_at_origins
from packager.work import open_pool, run_in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import Executor

    from packager.assemble.at_once import AtOnce
    from packager.assemble.memory import Memory, Status
    from packager.assemble.pieces import Piece
    from packager.check.judge import Criteria
    from packager.check.roster import Roster
    from packager.model import SourceFile
    from packager.recordings import NumberedClaim
    from packager.schema.validate import SegmentSchema
    from packager.work import Progress

_SMALL: Final = 8 << 20  # bytes below which a pool of processes costs more than it saves


class InvalidSegments(DataError):  # noqa: N818 - the name says what is wrong
    """The sources have errors, so nothing was built; `report` names each."""

    def __init__(self, report: Report) -> None:
        errors = report.count(Severity.ERROR)
        super().__init__(
            f"nothing was built: the check found {errors} error{'s' * (errors != 1)}; "
            "mend them, or leave the segments out with --drop-invalid"
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
        remember: keep in `.packager/built/` of the project what became of each file, and read and write only
            what has changed since such a build. The result is the same.
        executor: where the work is to run instead, which must see the same files; `jobs` says how many of its
            workers are kept busy.

    Raises:
        InvalidSegments: the sources have errors; nothing was written.
        DataError: the card has errors, or no segment is left.
        UsageError: `out` is in the way, or no file matches.
        ConfigError: dataset.toml or the schema is wrong.
    """
    config = load_project(None if project is None else Path(project))
    folder = config.root / "build" if out is None else Path(out)
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
    sources = find_project_sources(config)
    statuses = [ask_status(source) for source in sources]
    referred = [config.name_file(config.root / name) for name, _ in schema.files]
    stamps = (status.stamp for status in statuses)
    origins = look_at_origins(config, zip(sources, stamps, strict=True), referred)
    rolls = bool(config.group_by or config.pins or config.lock)
    depends = (criteria, schema.files, config.segments, config.repo_id, rolls)
    memory = open_memory(config.root, depends, out.resolve()) if remember else None
    known = _recall(sources, statuses, _Crew(criteria, None, 1, memory))
    fresh = sum(status.size for number, status in enumerate(statuses) if number not in known)
    workers = jobs if fresh > _SMALL else 1
    card = b""

    def prepare() -> None:
        nonlocal card
        card = _prepare(config, schema, criteria)

    with replace_folder(out, config.root) as work:
        (work / "new" / "data").mkdir()
        spooled = None
        if not known and workers > 1:
            crew = _Crew(criteria, None, jobs, memory)
            spooled = _spool_at_once(
                sources, statuses, config, work / "new", crew, executor, progress, prepare
            )
        if spooled is None:
            with _open_pool(executor, workers) as pool:
                crew = _Crew(criteria, pool, jobs, memory)
                spooled = _spool(sources, statuses, known, config, work / "spool", crew, progress, prepare)
        gathered = _gather(sources, spooled, config, crew)
        report = Report(len(sources), gathered.segments, tuple(sorted(gathered.problems)))
        if gathered.stuck or (report.count(Severity.ERROR) and not drop_invalid):
            raise InvalidSegments(report)
        crew = _Crew(criteria, executor, jobs, memory, spooled.written)
        manifest = _write(gathered, config, card, work / "new", crew)
    if memory is not None:
        for numbers, became in spooled.files:
            if len(numbers) == 1:
                memory.keep_source(sources[numbers[0]], statuses[numbers[0]], became)
        memory.save()
    keep_origins(config.root, out, manifest, origins, referred)
    if config.lock:
        write_lock(config.root, ((each.name, each.split) for each in manifest.recordings))
    return Built(out, manifest, report)


@contextmanager
def _open_pool(executor: Executor | None, workers: int) -> Iterator[Executor | None]:
    """Open a pool of processes, unless there is an executor that was given."""
    if executor is not None:
        yield executor
        return
    with open_pool(workers) as pool:
        yield pool


def _prepare(config: Config, schema: SegmentSchema, criteria: Criteria) -> bytes:
    """Judge the schema and the card, while others read the sources; return the card's source.

    Here is loaded what takes long to load and is not needed before.
    """
    import packager.parquet  # noqa: F401, PLC0415
    from packager.assemble.texts import read_card  # noqa: PLC0415
    from packager.schema.guard import guard_schema  # noqa: PLC0415

    if criteria.schema_folder is not None:  # the schema that is shipped is guarded by a test
        guard_schema(schema.document, criteria.schema_name)
    card, problems = read_card(config)
    if any(problem.severity is Severity.ERROR for problem in problems):
        raise InvalidSegments(Report(0, 0, problems))
    return card


@dataclass(frozen=True, slots=True)
class _Crew:
    """Who works, and by what criteria."""

    criteria: Criteria
    pool: Executor | None
    jobs: int
    memory: Memory | None
    written: Mapping[str, AtOnce] = field(default_factory=dict)
    """By path, the shards that were written while their sources were judged."""


@dataclass(slots=True)
class _Gathered:
    """All that the spool holds, as the driver needs to know it: no segment, but every recording."""

    segments: int
    problems: list[Problem]
    stuck: bool
    """True if there is a problem that no dropping mends."""
    dropped: list[Dropped]
    pieces: dict[str, list[tuple[int, int, Piece]]]
    """By recording: the numbers of the source and of the piece in it, and the piece."""
    roster: Roster
    warnings: tuple[str, ...] = ()
    """About the pins."""


def _recall(sources: Sequence[SourceFile], statuses: Sequence[Status], crew: _Crew) -> dict[int, SpooledFile]:
    """Return what is known of sources that are as they were, by their numbers."""
    found: dict[int, SpooledFile] = {}
    for number, (source, status) in enumerate(zip(sources, statuses, strict=True)):
        # A rule that looks beyond a source has to hear it again.
        if crew.memory is None or looks_beyond(crew.criteria, source.name):
            continue
        became = crew.memory.recall_source(source, number, status)
        if became is not None:
            found[number] = became
    return found


def _plan_work(
    sources: Sequence[SourceFile], statuses: Sequence[Status], known: Container[int]
) -> Iterator[tuple[NumberedUnit, tuple[int, int] | None]]:
    """Yield the units of work: sources of which nothing is known, or a span of a large one."""
    sizes = [status.size for status in statuses]

    def kind(number: int) -> int:
        return 0 if number in known else -1 - number if may_be_divided(sources[number], sizes[number]) else 1

    for what, group in groupby(range(len(sources)), kind):
        numbers = list(group)
        if what < 0:
            for span in cut_spans(sizes[numbers[0]]):
                yield NumberedUnit(numbers[0], (sources[numbers[0]],), span[1] - span[0]), span
        elif what:
            for unit in cut_units(sources, sizes, numbers):
                yield unit, None


@dataclass(slots=True)
class _Spooled:
    """What became of all sources."""

    files: list[tuple[tuple[int, ...], SpooledFile]]
    """With the numbers of the sources, in the order of the first of them."""
    found: list[Problem]
    """What no source shows alone."""
    written: dict[str, AtOnce] = field(default_factory=dict)
    """By path, the shards that were written meanwhile."""


def _spool_at_once(  # noqa: PLR0913, PLR0917 - as `_spool`
    sources: Sequence[SourceFile],
    statuses: Sequence[Status],
    config: Config,
    new: Path,
    crew: _Crew,
    executor: Executor | None,
    progress: Progress | None,
    meanwhile: Callable[[], None],
) -> _Spooled | None:
    """Judge all sources and write their shards in one pass; None if that cannot be done."""
    gathering = make_gathering(config, crew.criteria, None)
    tasks = plan_at_once(sources, statuses, config, gathering, open_dealer(config.deal), new)
    if not tasks:
        return None
    import packager.parquet  # noqa: F401, PLC0415 - here once, rather than in each worker

    total, done = sum(task.size for task in tasks), 0
    spooled = _Spooled([], [])
    work = partial(write_at_once, gathering=gathering, mode=config.recording)
    with _open_pool(executor, crew.jobs) as pool:
        for task, written in zip(tasks, run_in_order(work, tasks, pool, crew.jobs, meanwhile), strict=True):
            if written is None:
                break
            spooled.files += [((number,), file) for number, file in written.files]
            spooled.written[task.path] = written
            done += task.size
            if progress is not None:
                progress(done, total)
        else:
            spooled.files.sort(key=lambda entry: entry[0])
            return spooled
    for path in (new / "data").iterdir():
        path.unlink()
    return None


def _spool(  # noqa: PLR0913, PLR0917 - all that it takes to read the sources
    sources: Sequence[SourceFile],
    statuses: Sequence[Status],
    known: Mapping[int, SpooledFile],
    config: Config,
    spool: Path,
    crew: _Crew,
    progress: Progress | None,
    meanwhile: Callable[[], None],
) -> _Spooled:
    """Judge all sources of which nothing is known; do something else once the workers are at work."""
    spool.mkdir()
    planned = list(_plan_work(sources, statuses, known))
    total, done = sum(unit.size for unit, _ in planned), 0
    files: list[tuple[tuple[int, ...], SpooledFile]] = [((each,), file) for each, file in known.items()]
    parts: dict[int, list[SpooledFile | None]] = {}
    waiting = [meanwhile]
    with open_scratch(total, spool.parent) as scratch:
        gathering = make_gathering(config, crew.criteria, scratch)
        corpus = gathering.open_corpus(sources)
        work = partial(spool_sources, gathering=gathering, mode=config.recording)

        def run(units: Sequence[tuple[NumberedUnit, tuple[int, int] | None]], first: int) -> None:
            nonlocal done
            tasks = [
                SpoolTask(unit, str(spool / f"unit-{first + index:06d}"), span)
                for index, (unit, span) in enumerate(units)
            ]
            running = run_in_order(work, tasks, crew.pool, crew.jobs, waiting.pop() if waiting else None)
            for task, results in zip(tasks, running, strict=True):
                if task.span is not None:
                    parts.setdefault(task.unit.first, []).append(results[0][1] if results else None)
                else:
                    files.extend(results)
                    for _, file in results:
                        if file.evidence is not None:
                            corpus.add(file.evidence)
                done += task.unit.size
                if progress is not None:
                    progress(done, total)

        run(planned, 0)
        if waiting:
            waiting.pop()()
        doubtful = []
        for number, spans in parts.items():
            whole = [part for part in spans if part is not None]
            if len(whole) == len(spans):
                files.append(((number,), join_spans(whole)))
            else:
                doubtful.append((NumberedUnit(number, (sources[number],), 0), None))
        run(doubtful, len(planned))
        return _Spooled(sorted(files, key=lambda entry: entry[0]), list(corpus.find()))


def _gather(sources: Sequence[SourceFile], spooled: _Spooled, config: Config, crew: _Crew) -> _Gathered:
    found, odd = spooled.found, list(find_odd_names(sources))
    claims: list[NumberedClaim] = []
    gathering = make_gathering(config, crew.criteria, None)
    roster = gathering.open_roster(sources, read_lock(config.root) if config.lock else None)
    gathered = _Gathered(0, odd, stuck=bool(odd), dropped=[], pieces={}, roster=roster)
    for numbers, file in spooled.files:
        _take(gathered, claims, file, numbers[0])
        roster.add(file.roll)
    clashes = list(find_clashes(claims))
    gathered.problems += clashes
    gathered.stuck |= bool(clashes)
    gathered.problems += found
    gathered.stuck |= bool(found)
    told = list(roster.find())
    gathered.problems += told
    gathered.stuck |= any(problem.severity is Severity.ERROR for problem in told)
    gathered.warnings = tuple(each.message for each in told if each.severity is Severity.WARNING)
    return gathered


def _take(gathered: _Gathered, claims: list[NumberedClaim], file: SpooledFile, place: int) -> None:
    gathered.segments += file.segments
    gathered.problems += file.problems
    gathered.dropped += file.dropped
    claims += file.claims
    for index, piece in enumerate(file.pieces):
        gathered.pieces.setdefault(piece.recording, []).append((place, index, piece))


@dataclass(slots=True)
class _Placed:
    """A recording and where it goes."""

    name: str
    split: str
    bucket: int
    pieces: tuple[Piece, ...]

    @property
    def kept(self) -> int:
        return sum(piece.kept for piece in self.pieces)

    @property
    def size(self) -> int:
        return sum(piece.size for piece in self.pieces)


def _place(gathered: _Gathered, config: Config) -> list[_Placed]:
    """Return every recording of which something is left, in the order of their names."""
    placed = []
    dealer = open_dealer(config.deal)
    for name in sorted(gathered.pieces):
        pieces = _order(gathered.pieces[name], by_start=config.recording_property is None)
        if any(piece.kept for piece in pieces):
            placement = dealer.place(name, gathered.roster.group_of(name))
            placed.append(_Placed(name, placement.split, placement.bucket, pieces))
    if not placed:
        raise DataError(f"nothing was built: no segment of {config.root} is left")
    return placed


def _order(pieces: list[tuple[int, int, Piece]], *, by_start: bool) -> tuple[Piece, ...]:
    """Return the pieces of a recording in order; sources come in the order of their paths."""
    if len(pieces) > 1 and any(piece.starts is not None for _, _, piece in pieces):
        pieces = [entry for each in pieces for entry in _divide(*each)]
    ordered = sorted(pieces, key=lambda entry: entry[:2])
    if by_start and all(piece.single for _, _, piece in pieces):
        # Stable: equal starts, and those without one, stay in the order of their paths.
        ordered.sort(key=lambda entry: (entry[2].start is None, entry[2].start or 0))
    return tuple(piece for _, _, piece in ordered)


def _divide(number: int, index: int, piece: Piece) -> list[tuple[int, int, Piece]]:
    if piece.starts is None:
        return [(number, index, piece)]
    return [(own, 0, single) for own, single in piece.divide()]


def _write(gathered: _Gathered, config: Config, card: bytes, new: Path, crew: _Crew) -> Manifest:
    from packager.assemble.texts import write_file, write_texts  # noqa: PLC0415 - see `_prepare`

    schema, layout = load_schema(crew.criteria)
    placed = _place(gathered, config)
    splits = _split_sizes(placed, config)
    recordings, shards = _write_shards(placed, splits, new, crew)
    dropped = tuple(sorted(gathered.dropped, key=lambda each: (each.path, each.line, each.pointer)))
    files, statistics = write_texts(
        new,
        config,
        card,
        schema,
        layout,
        splits=splits,
        shards=shards,
        recordings=recordings,
        dropped=dropped,
    )
    files += [shard.file for _, shard in shards]
    manifest = Manifest(
        schema_sha256=schema.sha256,
        columns=tuple(each.column for each in layout.columns),
        splits=tuple(sorted(splits, key=lambda split: split.name)),
        files=tuple(sorted(files, key=lambda file: file.path)),
        recordings=recordings,
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


def _split_sizes(placed: Iterable[_Placed], config: Config) -> list[Split]:
    """Return the splits that received a recording, in the order of the configuration."""
    rows = {split.name: 0 for split in config.splits}
    size = dict(rows)
    for recording in placed:
        rows[recording.split] += recording.kept
        size[recording.split] += recording.size
    return [Split(name, rows[name], count_shards(size[name]), size[name]) for name in rows if rows[name]]


def _write_shards(
    placed: Sequence[_Placed], splits: Sequence[Split], new: Path, crew: _Crew
) -> tuple[tuple[Recording, ...], list[tuple[str, WrittenShard]]]:
    counts = {split.name: split.shards for split in splits}
    members: dict[tuple[str, int], list[_Placed]] = {
        (split.name, shard): [] for split in splits for shard in range(split.shards)
    }
    for recording in placed:
        members[recording.split, recording.bucket % counts[recording.split]].append(recording)
    tasks = [
        ShardTask(
            folder=new,
            path=shard_path(split, shard, counts[split]),
            recordings=tuple((each.name, each.pieces) for each in group),
        )
        for (split, shard), group in members.items()
    ]
    written = _write_tasks(
        tasks,
        {task.path: sum(e.size for e in group) for task, group in zip(tasks, members.values(), strict=True)},
        crew,
    )
    shards, recordings = [], []
    for task, ((split, shard), group) in zip(tasks, members.items(), strict=True):
        result = written[task.path]
        shards.append((split, result))
        for each, digest in zip(group, result.digests, strict=True):
            recordings.append(Recording(each.name, split, shard, each.kept, digest))
    return tuple(sorted(recordings, key=lambda each: each.name)), shards


def _write_tasks(
    tasks: Sequence[ShardTask], sizes: Mapping[str, int], crew: _Crew
) -> dict[str, WrittenShard]:
    """Write the shards, but those that the earlier build has already; return each by its path."""
    memory, written = crew.memory, _use_written(tasks, crew)
    if memory is not None:
        for task in tasks:
            if task.path in written:
                memory.keep_shard(task, written[task.path])
    missing = [task for task in tasks if task.path not in written]
    known = [task for task in missing if memory is not None and memory.knows_shard(task)]
    paths = {task.path for task in known}

    def recall() -> None:
        for task in known:
            if memory is not None and (shard := memory.recall_shard(task)) is not None:
                written[task.path] = shard

    # What the earlier build has is looked at while the rest is written.
    _write_all([task for task in missing if task.path not in paths], sizes, crew, written, recall)
    _write_all([task for task in known if task.path not in written], sizes, crew, written)
    return written


def _write_all(
    tasks: Sequence[ShardTask],
    sizes: Mapping[str, int],
    crew: _Crew,
    written: dict[str, WrittenShard],
    meanwhile: Callable[[], None] | None = None,
) -> None:
    # The largest first, so that no worker begins with one when the others are done.
    ordered = sorted(tasks, key=lambda task: -sizes[task.path])
    work = partial(write_shard, criteria=crew.criteria)
    workers = crew.jobs if sum(sizes[task.path] for task in tasks) > _SMALL else 1
    # A new pool: its workers are copies of this process, which has loaded Arrow meanwhile.
    with _open_pool(crew.pool, workers) as pool:
        for task, shard in zip(ordered, run_in_order(work, ordered, pool, crew.jobs, meanwhile), strict=True):
            written[task.path] = shard
            if crew.memory is not None:
                crew.memory.keep_shard(task, shard)


def _use_written(tasks: Sequence[ShardTask], crew: _Crew) -> dict[str, WrittenShard]:
    """Return the shards that were written already and hold what they are to hold; remove all others."""
    wanted = {task.path: tuple(name for name, _ in task.recordings) for task in tasks}
    right = {path: each.shard for path, each in crew.written.items() if wanted.get(path) == each.recordings}
    for path in crew.written.keys() - right.keys():
        (tasks[0].folder / path).unlink()
    return right
