"""Check segment files, repair them, hold them against a baseline, and write the reports.

The order of one run: repair, check, take out what is known, write the files that were asked for, print.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packager.cli.card import describe_rules, lint_source
from packager.cli.terminal import remark, show_progress, tell_not_read, warn
from packager.errors import DataError, UsageError
from packager.model import Severity

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Sequence

    from packager.config import Config
    from packager.fix import Outcome, Properties
    from packager.model import Report, SourceFile
    from packager.reading import Found
    from packager.reports import Setting

_NAMED: Final = 10  # files that are told one by one
_IN_REPOSITORY: Final = frozenset({"github", "sarif"})
"""Formats whose readers look for a file from the top of its git repository on."""


def run_check(given: argparse.Namespace) -> int:
    """Do what the arguments of `packager check` say and return the exit code.

    Raises:
        UsageError: they contradict each other, or a file that they name is absent.
    """
    from packager.check import find_config

    _refuse_contradictions(given)
    config = find_config(given.project, given.paths, given.allow)
    if given.write_baseline and config.repo_id and given.paths:
        raise UsageError("a baseline is of the whole project: leave out the paths")
    if given.diff:
        return _show_diff(given, config)
    if given.fix:
        _fix(given, config)
    report, setting = _settle(given, config, _check(given, config))
    if "GITHUB_STEP_SUMMARY" in os.environ and given.format == "github":
        from packager.reports import to_markdown

        with Path(os.environ["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8") as file:
            file.write(to_markdown(report, setting))
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    setting = replace(setting, colour=sys.stdout.isatty() and not plain)
    print(_render(given.format, report, setting, config.root), end="")
    warn(report.warnings, quiet=given.quiet)
    failing = (Severity.ERROR, Severity.WARNING) if given.strict else (Severity.ERROR,)
    return DataError.exit_code if any(report.count(severity) for severity in failing) else 0


def _refuse_contradictions(given: argparse.Namespace) -> None:
    if given.baseline and given.write_baseline:
        raise UsageError("--write-baseline writes all that is found: leave out --baseline")
    for name in ("output", "baseline", "write_baseline"):
        if given.diff and getattr(given, name):
            option = f"--{name.replace('_', '-')}"
            raise UsageError(f"--diff shows what --fix would do, and checks nothing: leave out {option}")
    written = [path for _, path in given.output]
    written += [Path(given.write_baseline)] if given.write_baseline else []
    for path in written:
        if not path.parent.is_dir():
            raise UsageError(f"there is no folder {path.parent}: make it before {path} can be written")
        if os.path.lexists(path) and not path.is_file():
            raise UsageError(f"{path} is no regular file: name another one")


def _check(given: argparse.Namespace, config: Config) -> Report:
    from packager.check import check_segments
    from packager.work import count_cpus

    with show_progress("checking", quiet=given.quiet) as progress:
        report = check_segments(
            given.project,
            paths=given.paths,
            schema=given.schema,
            jobs=given.jobs or count_cpus(),
            remember=not given.no_cache,
            progress=progress,
            allow=given.allow,
        )
    tell_not_read(report, quiet=given.quiet)
    if given.paths or config.card is None:
        return report
    return replace(report, problems=tuple(sorted((*report.problems, *lint_source(config)))))


# --- repairs -------------------------------------------------------------------------------------------


def _fix(given: argparse.Namespace, config: Config) -> None:
    from packager.fix import fix_file

    order = _order_repairs(given, config)
    outcomes = [fix_file(source, order(source)) for source in _find_files(given, config).sources]
    _tell_repairs(outcomes, "repaired", quiet=given.quiet)


def _show_diff(given: argparse.Namespace, config: Config) -> int:
    from packager.fix import diff_file, survey_file

    order = _order_repairs(given, config)
    outcomes = []
    found = _find_files(given, config)
    tell_not_read(found, quiet=given.quiet)
    for source in found.sources:
        outcomes.append(survey_file(source, order(source)))
        if outcomes[-1].repairs:
            for part in diff_file(source, order(source)):
                sys.stdout.buffer.write(part)
    sys.stdout.buffer.flush()
    _tell_repairs(outcomes, "would repair", quiet=given.quiet)
    return DataError.exit_code if any(outcome.repairs for outcome in outcomes) else 0


def _tell_repairs(outcomes: Sequence[Outcome], did: str, *, quiet: bool) -> None:
    from packager.reports import say_number

    total: Counter[str] = Counter()
    for outcome in outcomes:
        total.update(outcome.repairs)
    files = say_number(sum(bool(outcome.repairs) for outcome in outcomes), "file")
    kinds = ", ".join(f"{kind} {count:,}" for kind, count in sorted(total.items()))
    remark(f"{did} {files}{f' ({kinds})' if kinds else ''}", quiet=quiet)
    left = [outcome for outcome in outcomes if outcome.left]
    for outcome in left[:_NAMED]:
        remark(f"{outcome.name} is left as it is: {outcome.left}", quiet=quiet)
    if len(left) > _NAMED:
        remark(f"{say_number(len(left) - _NAMED, 'more file')} left as they are", quiet=quiet)


def _order_repairs(given: argparse.Namespace, config: Config) -> Callable[[SourceFile], Properties]:
    """Return what tells how to repair a file: by the rules that hold for it."""
    from packager.check import find_pack, make_criteria
    from packager.fix import Properties, select_repairs

    criteria = make_criteria(config, given.schema)
    names = (config.start, config.end, config.checks.text, config.checks.speaker)
    return lambda source: Properties(*names, select_repairs(find_pack(criteria, source.name).severities))


# --- reports -------------------------------------------------------------------------------------------


def _own_version() -> str:
    from importlib.metadata import version  # 15 ms that only SARIF needs

    return version("segment-packager")


def _settle(given: argparse.Namespace, config: Config, report: Report) -> tuple[Report, Setting]:
    """Write every file that was asked for; return the problems that are new, and how to report them."""
    from packager.reports import Setting

    files: dict[Path, str] = {}
    known = None
    if given.write_baseline:
        if report.more:
            raise DataError(
                f"no baseline was written: {report.more:,} problems are beyond the first 10,000 of a file, "
                "and would not be known; correct some first"
            )
        from packager.baseline import make_baseline, write_baseline

        files[Path(given.write_baseline)] = write_baseline(make_baseline(report))
        report, known = replace(report, problems=()), len(report.problems)
    elif given.baseline:
        report, known = _compare(given, config, report)
    wanted = {given.format, *(form for form, _ in given.output)}
    setting = Setting(
        version=_own_version() if "sarif" in wanted else "",
        files=tuple(source.name for source in _find_files(given, config).sources)
        if "junit" in wanted
        else (),
        known=known,
        strict=given.strict,
        rules=describe_rules() if wanted & {"sarif", "github"} else {},
    )
    files |= {path: _render(form, report, setting, config.root) for form, path in given.output}
    _write_whole(files)
    return report, setting


def _compare(given: argparse.Namespace, config: Config, report: Report) -> tuple[Report, int]:
    """Return the problems that the baseline does not know, and how many it knows."""
    from packager.baseline import compare_baseline, parse_baseline

    name = given.baseline
    try:
        baseline = parse_baseline(Path(name).read_bytes(), name)
    except FileNotFoundError as error:
        message = f"there is no baseline {name}: write it with --write-baseline {name}"
        raise UsageError(message) from error
    files = {source.name for source in _find_files(given, config).sources} if given.paths else None
    compared = compare_baseline(report, baseline, files)
    if compared.gone:
        message = f"{compared.gone:,} known problems no longer occur: --write-baseline {name} writes it anew"
        remark(message, quiet=given.quiet)
    return compared.report, compared.known


def _render(form: str, report: Report, setting: Setting, root: Path) -> str:
    from packager.reports import FORMATS

    return FORMATS[form](_relocate(report, root) if form in _IN_REPOSITORY else report, setting)


def _relocate(report: Report, root: Path) -> Report:
    """Return the report with paths from the top of the git repository on, for files that lie in it."""
    workspace = os.environ.get("GITHUB_WORKSPACE")
    tops = [Path(workspace)] if workspace else [root, *root.parents]
    top = next((folder.resolve() for folder in tops if workspace or (folder / ".git").exists()), None)
    if top is None:
        return report
    names = {problem.path for problem in report.problems}
    moved = {name: _find_below(top, name, (root, Path.cwd())) for name in names}
    problems = (replace(problem, path=moved[problem.path]) for problem in report.problems)
    return replace(report, problems=tuple(problems))


def _find_below(top: Path, name: str, folders: Iterable[Path]) -> str:
    for folder in folders:
        path = folder.resolve() / name
        if os.path.lexists(path) and path.is_relative_to(top):
            return path.relative_to(top).as_posix()
    return name


def _write_whole(files: dict[Path, str]) -> None:
    """Write all files beside their places first, then put them there, each whole."""
    written: dict[Path, Path] = {}
    try:
        for path, text in files.items():
            place = path.resolve()  # of a link, what it leads to
            written[place.with_name(f".packager-{os.getpid()}-{len(written)}")] = place
            beside = next(reversed(written))
            beside.unlink(missing_ok=True)
            with beside.open("xb") as file:  # which follows no link that somebody put there
                file.write(text.encode())
        for beside, place in written.items():
            beside.replace(place)
    finally:
        for beside in written:
            beside.unlink(missing_ok=True)


def _find_files(given: argparse.Namespace, config: Config) -> Found:
    from packager.check import find_files

    return find_files(config, given.paths)
