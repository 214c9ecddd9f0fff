"""Run the check over all files of a project, or over the files that a user names.

Memory holds the problems and one unit of files, never a corpus.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from packager.check.criteria import (
    find_schema_oddities,
    load_schema_anew,
    make_criteria,
    may_join_objects,
    tell_silent,
)
from packager.check.gathering import Gathering, NumberedUnit, cut_units, make_gathering, open_scratch
from packager.check.judge import Judged, judge_blocks, judge_objects
from packager.check.kept import Kept, keep_first
from packager.config import (
    FILE_NAME,
    LOCK_NAME,
    Bounds,
    Config,
    find_allowed,
    find_bounds,
    find_project,
    find_repository,
    load_project,
)
from packager.model import Problem, Report, Severity
from packager.reading import Block, FilePlaces, Found, Unreadable, find_below, find_sources
from packager.recordings import (
    NumberedClaim,
    claim_recording,
    find_clashes,
    find_odd_names,
    name_recording,
)
from packager.splits import read_lock
from packager.store import Reports, survey_sources
from packager.work import open_pool, run_in_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from packager.check.evidence import SourceEvidence
    from packager.check.roster import RollCall
    from packager.model import JsonObject, SourceFile
    from packager.work import Progress

_SMALL: Final = 8 << 20  # bytes below which a pool of processes costs more than it saves


def check_segments(  # noqa: PLR0913 - what a user may want to say
    project: str | Path | None = None,
    *,
    paths: Sequence[str | Path] = (),
    schema: str | Path | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
    remember: bool = False,
    allow: Sequence[str | Path] = (),
) -> Report:
    """Check segment files and return every problem in every file.

    Args:
        project: a folder with a dataset.toml; None looks for one from the working directory upwards. Without
            a project there must be `paths`.
        paths: files, or folders to be searched for segment files; empty means the project's own.
        schema: a JSON Schema file to use in place of the project's.
        jobs: how many processes share the work.
        progress: called with bytes done and bytes in all.
        remember: keep the report in the user's cache, and return that of an earlier check
            if neither the files nor what they are judged by has changed since.
        allow: folders outside of the project that its links and paths may lead to.

    Raises:
        UsageError: no file matches, a path is absent, or a link leads out of the project.
        ConfigError: dataset.toml or the schema is wrong.
    """
    config = find_config(project, paths, allow)
    criteria = make_criteria(config, None if schema is None else Path(schema))
    loaded, _ = load_schema_anew(criteria)
    found = find_files(config, paths)
    sources = found.sources
    survey = survey_sources(sources)
    lock = read_lock(config.root) if config.lock and not paths else None
    memo: Reports | None = None
    if remember and config.repo_id and not paths:
        memo = Reports(config.root, (criteria, loaded.files, config.deal, lock, config.root))
        if (report := memo.recall(sources, survey)) is not None:
            return replace(report, not_read=found.not_read, left_out=found.left_out)
    units = cut_units(sources, survey.sizes)
    total = sum(unit.size for unit in units)
    segments = 0
    problems = [*find_odd_names(sources), *find_schema_oddities(loaded, config.root)]
    hidden: Counter[Severity] = Counter()
    claimed: list[NumberedClaim] = []
    digests: list[tuple[int, bytes]] = []
    with open_scratch(total) as scratch, open_pool(jobs if total > _SMALL else 1) as pool:
        gathering = (
            make_gathering(config, criteria, scratch) if not paths else Gathering(criteria, None, scratch)
        )
        roster = gathering.open_roster(sources, lock)
        corpus = gathering.open_corpus(sources)
        work = partial(_check_unit, gathering=gathering, mode=config.recording)
        done = 0
        for unit, results in zip(units, run_in_order(work, units, pool, jobs), strict=True):
            for result in results:
                segments += result.segments
                problems += result.problems
                hidden.update(dict(result.hidden))
                claimed += result.claims
                digests += result.digests
                if result.evidence is not None:
                    corpus.add(result.evidence)
                roster.add(result.roll)
            done += unit.size
            if progress is not None:
                progress(done, total)
        problems += [*corpus.find(), *roster.find()]
        warnings = tell_silent(criteria, sources, corpus.seen, corpus.keys) if segments else ()
    if not paths:  # some files alone cannot show which names clash
        problems += find_clashes(claimed)
    report = replace(
        make_report(len(sources), segments, problems, hidden, warnings),
        not_read=found.not_read,
        left_out=found.left_out,
    )
    if memo is not None and len(digests) == len(sources):
        memo.keep(report, survey, digests)
    return report


def make_report(
    files: int,
    segments: int,
    problems: Iterable[Problem],
    hidden: Counter[Severity],
    warnings: tuple[str, ...],
) -> Report:
    """Return a report of the first problems of each file; `hidden` are those that were not kept before."""
    first, others = keep_first(problems)
    errors, warned, noted = (hidden[each] + others[each] for each in Severity)
    return Report(files, segments, first, warnings, (errors, warned, noted))


def find_files(config: Config, paths: Sequence[str | Path]) -> Found:
    """Return the segment files that these paths name, or for none those of the project.

    Raises:
        UsageError: no file matches, a path is absent, or a link leads out of the project.
    """
    if not paths:
        return find_project_sources(config)
    root = config.root if config.repo_id else None
    builds = () if root is None else (root / "build",)
    return find_below([Path(path) for path in paths], root, bounds=config.bounds, builds=builds)


def find_project_sources(config: Config, out: Path | None = None) -> Found:
    """Return the segment files of a project; its own schema is none, whatever the patterns.

    The folder `build` and `out`, where another build is written, are left out.
    """
    own = [config.root / FILE_NAME, config.root / LOCK_NAME, config.card]
    return find_sources(
        config.root,
        config.segments,
        config.repo_id.rpartition("/")[2],
        config.schema,
        bounds=config.bounds,
        builds=[path for path in (config.root / "build", out) if path is not None],
        apart=[path for path in own if path is not None],
    )


def find_config(
    project: str | Path | None, paths: Sequence[str | Path], allow: Sequence[str | Path] = ()
) -> Config:
    """Return the project that is meant, as `check_segments` finds it; without one, the defaults.

    Raises:
        UsageError: there is no project, and there are no paths.
        ConfigError: its dataset.toml is wrong.
    """
    if project is None and paths:
        found, here = find_project(Path.cwd()), Path.cwd()
        if found is None:
            top = find_repository(here)
            return Config(root=here, bounds=find_bounds(here, allow) if top else Bounds(find_allowed(allow)))
        return load_project(found, allow)
    return load_project(None if project is None else Path(project), allow)


class _Result(NamedTuple):
    """What came of one source, or of many at once."""

    segments: int
    claims: tuple[NumberedClaim, ...]
    """The recordings that they claim, each with the first source that does."""
    problems: tuple[Problem, ...] = ()
    evidence: SourceEvidence | None = None
    """None if the file cannot be read to the end: nothing of it can be used."""
    digests: tuple[tuple[int, bytes], ...] = ()
    """The number of each and the digest of its bytes, if it could be read."""
    roll: RollCall = ()
    """The recordings in them, if that matters."""
    hidden: tuple[tuple[Severity, int], ...] = ()
    """How many problems are not among those above."""


def _check_unit(unit: NumberedUnit, gathering: Gathering, mode: str) -> list[_Result]:
    numbered = list(enumerate(unit.sources, unit.first))
    results: list[_Result] = []
    if len(numbered) > 1 and may_join_objects(gathering.criteria):
        result, taken = _check_objects(numbered, gathering, mode)
        results.append(result)
        numbered = [(number, source) for number, source in numbered if number not in taken]
    return results + [_check_file(source, gathering, number, mode) for number, source in numbered]


def _check_objects(
    numbered: list[tuple[int, SourceFile]], gathering: Gathering, mode: str
) -> tuple[_Result, set[int]]:
    """Check those of these files that are one object each, together; return their numbers too."""
    sources = dict(numbered)
    listener, roll = gathering.listen_to_objects(numbered), gathering.open_roll()
    problems: list[Problem] = []
    claims: dict[str, NumberedClaim] = {}
    digests: list[tuple[int, bytes]] = []
    for block, became in judge_objects(numbered, gathering.criteria, listener):
        members = [(number, sources[number]) for number in block.sources or ()]
        for index, (number, source) in enumerate(members):
            assert isinstance(block.places, FilePlaces)  # noqa: S101 - as `judge_objects` yields them
            digests.append((number, hashlib.sha256(block.places.whole(index)).digest()))
            if source.folder not in claims:
                claim = claim_recording(source, mode, single=True)
                claims[source.folder] = (number, claim, source.name)
        bad = set[int]()
        for judged, at in became:
            if isinstance(judged, Judged):
                problems += judged.problems
                if judged.segment is None:
                    bad.add(at)
        if roll is not None:
            for index, (number, source) in enumerate(members):
                if index not in bad:
                    roll.hear(source.folder, block.values[index], (number, 0))
    heard = () if roll is None else roll.finish()
    result = _Result(
        len(digests), tuple(claims.values()), tuple(problems), listener.finish(), tuple(digests), heard
    )
    return result, {number for number, _ in digests}


def _check_file(source: SourceFile, gathering: Gathering, number: int, mode: str) -> _Result:
    segments = 0
    kept = Kept()
    listener, digest = gathering.listen_to(source, number), hashlib.sha256()
    roll = gathering.open_roll()
    key = gathering.criteria.recording_property
    claim = None if key else claim_recording(source, mode, single=listener.voice.single)

    def call(segment: JsonObject, place: int) -> None:
        name = name_recording(segment, key) if key else claim and claim.recording
        if roll is not None and name is not None:
            roll.hear(name, segment, (number, place))

    for judged in judge_blocks(source, gathering.criteria, listener, digest.update, kept):
        if isinstance(judged, Block):
            segments += judged.count
            if roll is not None:
                for place, segment in enumerate(judged.values, judged.number):
                    call(segment, place)
            continue
        kept.add(judged.problems)
        if isinstance(judged, Unreadable):
            problems = tuple(kept.finish())
            return _Result(segments, (), problems, hidden=tuple(kept.hidden.items()))
        if isinstance(judged, Judged):
            segments += 1
            kept.hidden.update(judged.hidden)
            if judged.segment is not None:
                call(judged.segment, judged.item.number)
    claims = ((number, claim, source.name),) if segments and claim else ()
    heard = () if roll is None else roll.finish()
    problems = tuple(kept.finish())
    digests = ((number, digest.digest()),)
    return _Result(segments, claims, problems, listener.finish(), digests, heard, tuple(kept.hidden.items()))
