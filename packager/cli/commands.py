"""What each command does: call one function of a lower room, and print what it returns.

Heavy rooms are imported in the command that needs them: `check` never pays for Arrow or the Hub.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from packager.cli.terminal import remark, show_progress
from packager.errors import DataError, UsageError

if TYPE_CHECKING:
    import argparse

    from packager.config import Config
    from packager.model import Manifest, Receipt, ReleasePlan, Report
    from packager.rehearsal import HubAddress


def init(given: argparse.Namespace) -> int:
    """Make a dataset project."""
    from packager.config import shipped_file
    from packager.starter import write_starter

    folder = Path(given.dir)
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


def check(given: argparse.Namespace) -> int:
    """Check segment files."""
    from packager.cli.check import run_check

    return run_check(given)


def rules(given: argparse.Namespace) -> int:
    """Show the rules beyond the schema."""
    from packager.check.rules import RULES, find_family, find_rule
    from packager.check.rules.page import describe_rule, list_rules, render_page, to_document

    rule = find_rule(given.rule) if given.rule else None
    shown = (rule,) if rule else find_family(given.rule) if given.rule else RULES
    if not shown:
        raise UsageError(f"there is no rule {given.rule!r}: `packager rules` lists them")
    if given.format == "json":
        _print_json({"version": 1, "rules": [to_document(each) for each in shown]})
    elif given.format == "markdown":
        print(render_page(shown), end="")
    else:
        print(describe_rule(rule) if rule else list_rules(shown), end="")
    return 0


def build(given: argparse.Namespace) -> int:
    """Check, then build the data set."""
    from packager.build import InvalidSegments, run_build
    from packager.work import count_cpus

    config = _load(given)
    out = Path(given.out) if given.out else config.root / "build"
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
        _print_report(error.report, given.format)
        raise
    for warning in built.manifest.warnings:
        remark(f"warning: {warning}", quiet=given.quiet)
    _tell_card(config, quiet=given.quiet)
    if given.format == "json":
        _print_json(_describe_build(out, built.manifest, built.report))
    else:
        print(_show_build(out, built.manifest))
    remark("a build looks for errors alone; `packager check` shows warnings too", quiet=given.quiet)
    return 0


def card(given: argparse.Namespace) -> int:
    """Show or lint the dataset card."""
    from packager.cli.card import run_card

    return run_card(given)


def publish(given: argparse.Namespace) -> int:
    """Publish the build as a version."""
    config = _load(given)
    if not given.rehearse:
        document, _ = _publish(config, given, given.endpoint, None)
    elif given.endpoint:
        raise UsageError("--rehearse publishes to a Hub of its own: leave out --endpoint")
    else:
        document = _rehearse(config, given)
    if given.format == "json":
        _print_json(document)
    return 0


def verify(given: argparse.Namespace) -> int:
    """Compare a version, or a folder, with its manifest."""
    from packager.cli.verify import run_verify

    return run_verify(given)


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


def demo(given: argparse.Namespace) -> int:
    """Show the whole job."""
    from packager.cli.demo import run_demo

    return run_demo(None if given.dir is None else Path(given.dir))


def _load(given: argparse.Namespace) -> Config:
    from packager.config import load_project

    return load_project(Path(given.project) if given.project else None)


def _print_report(report: Report, form: str) -> int:
    from packager.model import Severity
    from packager.reports import FORMATS, Setting

    print(FORMATS[form](report, Setting()), end="")
    return DataError.exit_code if report.count(Severity.ERROR) else 0


def _print_json(document: object) -> None:
    print(json.dumps(document, ensure_ascii=False, indent=2))


def _tell_card(config: Config, *, quiet: bool) -> None:
    """Say how much of the project's own card is left to do."""
    from packager.card import lint_card

    if config.card is not None and (found := lint_card(config.card.read_bytes(), config.card.name)):
        left = _count(len(found), "warning")
        remark(f"warning: {config.card.name} has {left}; `packager card --check` names them", quiet=quiet)


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
            f"  {split.name}: {_count(recordings, 'recording')}, {_count(split.rows, 'segment')}, "
            f"{_count(split.shards, 'shard')}"
        )
    if manifest.dropped:
        lines.append(f"  dropped: {_count(len(manifest.dropped), 'segment or file', 'segments or files')}")
    return "\n".join(lines)


# --- publish -------------------------------------------------------------------------------------------


def _publish(
    config: Config, given: argparse.Namespace, endpoint: str | None, token: str | None
) -> tuple[dict[str, object], Receipt | None]:
    """Plan, show, act; return what the JSON form says, and the receipt unless it was a dry run."""
    from packager.folders import load_build
    from packager.hub import connect_hub, is_loopback
    from packager.publish import (
        OvertakenError,
        check_build,
        check_release,
        check_repository,
        plan_release,
        publish_as_planned,
        write_receipt,
    )

    folder = Path(given.build) if given.build else config.root / "build"
    manifest = load_build(folder)
    hub = connect_hub(endpoint, token, say=lambda message: remark(message, quiet=given.quiet))
    check_repository(config.repo_id, loopback=is_loopback(hub.endpoint))  # before anything is asked there

    def make_plan() -> ReleasePlan:
        return plan_release(manifest, hub.read_state(config.repo_id), version=given.version)

    plan = make_plan()
    if given.format == "text":
        print(_show_plan(plan), flush=True)
    document: dict[str, object] = {"version": 1, "plan": _describe_plan(plan), "receipt": None}
    if given.dry_run:
        check_build(plan, folder)  # as the publish would, which this is but for the sending
        return document, None
    if plan.published_as is None:
        check_release(plan, hub, folder, _read_schema(config))
    try:
        receipt = publish_as_planned(plan, hub, folder, make_plan)
    except OvertakenError:
        remark(f"what would be done now:\n{_show_plan(make_plan())}", quiet=False)
        raise
    document["receipt"] = asdict(receipt)
    write_receipt(config.root, receipt, folder, version("segment-packager"))
    if given.format == "text":
        print(_show_receipt(receipt))
    return document, receipt


def _read_schema(config: Config) -> bytes | None:
    """Return the schema as it is now; None if its file is not at hand."""
    from packager.config import shipped_file

    if config.schema is None:
        return shipped_file("segment.schema.json")
    return config.schema.read_bytes() if config.schema.is_file() else None


def _describe_plan(plan: ReleasePlan) -> dict[str, object]:
    return {**asdict(plan), "tag": plan.tag, "send_bytes": plan.send_bytes}


def _show_plan(plan: ReleasePlan) -> str:
    where = f"{plan.repo_id} at {plan.endpoint}"
    if plan.published_as is not None:
        return f"nothing changed: {where} already holds this build as {plan.published_as}"
    lines = [f"plan: publish {plan.tag} of {where}"]
    lines += ["  the repository is new"] if plan.parent is None else []
    lines += [f"  add    {file.path} ({file.size:,} bytes)" for file in plan.add]
    lines += [f"  keep   {file.path}" for file in plan.keep]
    lines += [f"  delete {path}" for path in plan.delete]
    if plan.tag_commit is not None:
        lines.append(
            f"  the commit {plan.tag_commit[:12]} already holds these files; only the tag is missing"
        )
    else:
        lines.append(f"  one commit of {plan.send_bytes:,} bytes, then the tag {plan.tag}")
    return "\n".join(lines)


def _show_receipt(receipt: Receipt) -> str:
    did = "published" if receipt.created else "stands"
    proof = f"{_count(len(receipt.proven), 'file')} read back and hashed"
    if receipt.listed:
        proof += f", {_count(len(receipt.listed), 'file')} by the sha256 that the Hub lists"
    return f"{did}: {receipt.repo_id} v{receipt.version} (commit {receipt.commit[:12]}); proven: {proof}"


def _rehearse(config: Config, given: argparse.Namespace) -> dict[str, object]:
    """Publish to a Hub of the project's own, load back, and count what that Hub had to store."""
    from packager.folders import state_folder
    from packager.rehearsal import measure_commits, run_hub

    root = state_folder(config.root) / "hub"
    with run_hub(root) as address:
        document, receipt = _publish(config, given, address.endpoint, address.token)
        if receipt is None:
            return document
        document["read_back"] = _read_back(config, given, address, receipt)
    cost = next(cost for cost in measure_commits(root) if cost.commit == receipt.commit)
    document["cost"] = {"files": cost.files, "bytes": cost.size, "new_bytes": cost.new_bytes}
    if given.format == "text":
        print(
            f"cost of v{receipt.version}: {_count(cost.files, 'file')}, {_size(cost.size)}; "
            f"{_size(cost.new_bytes)} new after deduplication"
        )
        print(f"this was a rehearsal: nothing left this machine; its own Hub stands at v{receipt.version}")
    return document


def _read_back(
    config: Config, given: argparse.Namespace, address: HubAddress, receipt: Receipt
) -> dict[str, object]:
    """Load the rehearsed version as its users will, and compare every row with the sources."""
    from packager.check.rows import read_rows
    from packager.folders import load_build
    from packager.readback import read_back

    tag = f"v{receipt.version}"
    manifest = load_build(Path(given.build) if given.build else config.root / "build")
    found = read_back(
        address.endpoint, address.token, config.repo_id, tag, read_rows(config), manifest.columns
    )
    if found.different:
        shown = "\n  ".join(found.differences)
        raise DataError(
            f"{tag} as loaded back differs from the sources in {_count(found.different, 'place')}:\n"
            f"  {shown}\nif the sources changed since the build, run `packager build` again"
        )
    if given.format == "text":
        splits = ", ".join(f"{name} {rows:,}" for name, rows in found.splits)
        print(f"loaded back with datasets.load_dataset({config.repo_id!r}, revision={tag!r}): {splits}")
        print(f"every row equals its source: {_count(found.rows, 'row')}")
    return asdict(found)


def _size(number: int) -> str:
    """Return a size in bytes as people read it."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if number >= factor:
            return f"{number / factor:,.1f} {unit}"
    return _count(number, "byte")


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
