"""What each command does: call one function of a lower room, and print what it returns.

Heavy rooms are imported in the command that needs them: `check` never pays for Arrow or the Hub.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from packager.cli.card import lint_source, refuse_warnings
from packager.cli.terminal import print_json, remark, show_progress, tell_not_read
from packager.errors import UsageError
from packager.model import Severity
from packager.reports import FORMATS, Setting, say_number

if TYPE_CHECKING:
    import argparse

    from packager.built import Manifest
    from packager.config import Config
    from packager.model import Report
    from packager.rehearsal import HubAddress


def init(given: argparse.Namespace) -> int:
    """Make a dataset project."""
    from packager.config import shipped_file
    from packager.starter import write_starter

    folder = given.dir
    written = write_starter(
        folder, schema=shipped_file("segment.schema.json"), card=shipped_file("dataset_card.md")
    )
    for name in written:
        print(folder / name)
    remark(
        f"put segment files into {folder / 'segments'}, then run: packager check --project {folder}",
        quiet=given.quiet,
    )
    return 0


def rules(given: argparse.Namespace) -> int:
    """Show the rules beyond the schema, and those of the card."""
    from packager.card_rules import CARD_RULES
    from packager.check import (
        RULES,
        describe_rule,
        find_family,
        find_rule,
        list_rules,
        render_page,
        to_document,
    )

    rule = find_rule(given.rule) if given.rule else None
    shown = (rule,) if rule else find_family(given.rule) if given.rule else (*RULES, *CARD_RULES)
    if not shown:
        raise UsageError(f"there is no rule {given.rule!r}: `packager rules` lists them")
    if given.format == "json":
        print_json({"version": 1, "rules": [to_document(each) for each in shown]})
    elif given.format == "markdown":
        print(render_page(shown), end="")
    else:
        print(describe_rule(rule) if rule else list_rules(shown), end="")
    return 0


def build(given: argparse.Namespace) -> int:
    """Check, then build the data set."""
    from packager.assemble import InvalidSegments, run_build
    from packager.config import load_project
    from packager.files import default_build
    from packager.work import count_cpus

    config = load_project(given.project, given.allow)
    if given.strict:
        refuse_warnings(config, given.format)
    out = given.out or default_build(config.root)
    try:
        with show_progress("building", quiet=given.quiet) as progress:
            built = run_build(
                config,
                out,
                jobs=given.jobs or count_cpus(),
                drop_invalid=given.drop_invalid,
                progress=progress,
                remember=not given.no_cache,
            )
    except InvalidSegments as error:
        tell_not_read(error.report, quiet=given.quiet)
        print(FORMATS[given.format](error.report, Setting()), end="")
        raise
    tell_not_read(built.report, quiet=given.quiet)
    for warning in (*built.report.warnings, *built.manifest.warnings):
        remark(f"warning: {warning}", quiet=given.quiet)
    _tell_card(config, quiet=given.quiet)
    if given.format == "json":
        print_json(_describe_build(out, built.manifest, built.report))
    else:
        print(_show_build(out, built.manifest))
    remark("a build looks for errors alone; `packager check` shows warnings too", quiet=given.quiet)
    return 0


def hub(given: argparse.Namespace) -> int:
    """Serve a rehearsal Hub, say what its commits cost, or throw away what they do not need."""
    from packager.rehearsal import collect_garbage, export_lines, measure_commits, serve_hub

    if given.action == "stats":
        for cost in measure_commits(Path(given.root)):
            name = " ".join([cost.commit[:8], *cost.tags])
            print(
                f"{cost.repository} {name}: {cost.files} files, {cost.size:,} bytes, "
                f"{cost.new_bytes:,} of them new  {cost.title}"
            )
        return 0
    if given.action == "gc":
        collected = collect_garbage(Path(given.root))
        print(f"removed {collected.files} files, {collected.size:,} bytes")
        return 0

    def announce(address: HubAddress) -> None:
        for line in export_lines(address):
            print(line, flush=True)
        remark(f"serving {given.root} at {address.endpoint}; stop it with Ctrl-C", quiet=given.quiet)

    serve_hub(Path(given.root), port=given.port, announce=announce)
    return 0


def _tell_card(config: Config, *, quiet: bool) -> None:
    """Say how much of the project's own card is left to do."""
    found = () if config.card is None else lint_source(config)
    if left := sum(problem.severity is Severity.WARNING for problem in found):
        told = say_number(left, "warning")
        remark(f"warning: {config.card_name} has {told}; `packager card --check` names them", quiet=quiet)


# --- build ---------------------------------------------------------------------------------------------


def _describe_build(out: Path, manifest: Manifest, report: Report) -> dict[str, object]:
    from packager.reports import to_document

    return {
        **to_document(report),
        "build": str(out),
        "splits": {split.name: {"rows": split.rows, "shards": split.shards} for split in manifest.splits},
        "recordings": len(manifest.recordings),
        "dropped": [asdict(dropped) for dropped in manifest.dropped],
        "warnings": list(manifest.warnings),
    }


def _show_build(out: Path, manifest: Manifest) -> str:
    lines = [f"built {out}"]
    for split in manifest.splits:
        recordings = sum(recording.split == split.name for recording in manifest.recordings)
        lines.append(
            f"  {split.name}: {say_number(recordings, 'recording')}, {say_number(split.rows, 'segment')}, "
            f"{say_number(split.shards, 'shard')}"
        )
    if dropped := len(manifest.dropped):
        lines.append(f"  dropped: {dropped:,} {'segments or files' if dropped > 1 else 'segment or file'}")
    return "\n".join(lines)
