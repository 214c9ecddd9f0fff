"""The command publish, and its rehearsal.

A rehearsal publishes to a Hub of the project's own, loads back and counts what that Hub had to store; a dry
run asks a copy of it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packager.cli.publish import publish, read_wishes
from packager.cli.terminal import print_json, show_size
from packager.errors import DataError, EnvironmentFailure, UsageError
from packager.reports import say_number

if TYPE_CHECKING:
    import argparse

    from packager.built import Receipt
    from packager.config import Config
    from packager.rehearsal import HubAddress

_TRIAL: Final = "trial-"
_SMALL: Final = 1 << 16  # bytes up to which a file may be one that is written in place


def run_publish(given: argparse.Namespace) -> int:
    """Publish the build as a version, or rehearse that."""
    from packager.config import load_project

    config = load_project(given.project, given.allow)
    if given.rehearse and given.endpoint:
        raise UsageError("--rehearse publishes to a Hub of its own: leave out --endpoint")
    try:
        if given.rehearse:
            document = _rehearse(config, given)
        else:
            document, _ = publish(config, given, given.endpoint, None)
    except KeyboardInterrupt as interrupt:
        raise EnvironmentFailure(
            "interrupted; run the same command again: what is begun is finished then"
        ) from interrupt
    if given.format == "json":
        print_json(document)
    return 0


def _rehearse(config: Config, given: argparse.Namespace) -> dict[str, object]:
    """Publish to a Hub of the project's own, load back, and count what that Hub had to store."""
    from packager.files import refuse_links, state_folder
    from packager.rehearsal import run_hub

    root = state_folder(config.root, "hub")
    refuse_links(root)
    with run_hub(root) as address:
        document, receipt = publish(config, given, address.endpoint, address.token)
        if receipt is None:
            if not given.dry_run:
                return document
            document["cost"] = cost = _try(config, given, root)
            if given.format == "text" and cost["files"]:
                print(f"  new to this Hub after deduplication: {show_size(cost['new_bytes'])}")
            return document
        document["read_back"] = _read_back(config, given, address, receipt)
    document["cost"] = cost = _cost_of(root, receipt.commit)
    if given.format == "text":
        print(
            f"cost of v{receipt.version}: {say_number(cost['files'], 'file')}, {show_size(cost['bytes'])}; "
            f"{show_size(cost['new_bytes'])} new after deduplication"
        )
        print(f"this was a rehearsal: nothing left this machine; its own Hub stands at v{receipt.version}")
    return document


def _read_back(
    config: Config, given: argparse.Namespace, address: HubAddress, receipt: Receipt
) -> dict[str, object]:
    """Load the rehearsed version as its users will, and compare every row with the sources."""
    from packager.check import read_rows
    from packager.files import default_build
    from packager.folders import load_build
    from packager.readback import read_back

    tag = f"v{receipt.version}"
    manifest = load_build(given.build or default_build(config.root))
    found = read_back(
        address.endpoint, address.token, config.repo_id, tag, read_rows(config, given.build), manifest.columns
    )
    if found.different:
        shown = "\n  ".join(found.differences)
        raise DataError(
            f"{tag} as loaded back differs from the sources in {say_number(found.different, 'place')}:\n"
            f"  {shown}\nif the sources changed since the build, run `packager build` again"
        )
    if given.format == "text":
        splits = ", ".join(f"{name} {rows:,}" for name, rows in found.splits)
        print(f"loaded back with datasets.load_dataset({config.repo_id!r}, revision={tag!r}): {splits}")
        print(f"every row equals its source: {say_number(found.rows, 'row')}")
    return asdict(found)


def _try(config: Config, given: argparse.Namespace, root: Path) -> dict[str, int]:
    """Return what a release would cost: it is published to a copy of the Hub, from a copy of the build."""
    from packager.files import default_build, state_folder
    from packager.hub import connect_hub
    from packager.publish import Planner, publish_release
    from packager.rehearsal import run_hub

    _, asked, wishes = read_wishes(config, given)
    state = state_folder(config.root)
    for left in state.glob(f"{_TRIAL}*"):  # by a run that was killed; while the Hub runs no other is here
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=state, prefix=_TRIAL) as scratch:
        copy, build = Path(scratch) / "hub", Path(scratch) / "build"
        shutil.copytree(root, copy, copy_function=_clone)
        shutil.copytree(given.build or default_build(config.root), build, copy_function=_clone)
        with run_hub(copy) as address:
            hub = connect_hub(address.endpoint, address.token, say=lambda _: None)
            plan = Planner(config, hub, build, asked, wishes).plan()
            if not plan.add:
                return {"files": 0, "bytes": 0, "new_bytes": 0}
            receipt = publish_release(plan, hub, build)
        return _cost_of(copy, receipt.commit)


def _clone(there: str, place: str) -> str:
    """Copy a file; a large one, which nobody writes into, comes under a second name."""
    if Path(there).stat().st_size > _SMALL:
        try:
            os.link(there, place)
        except OSError:  # a file system without links
            pass
        else:
            return place
    return shutil.copyfile(there, place)


def _cost_of(root: Path, commit: str) -> dict[str, int]:
    """Return what a commit of a Hub that is not served has cost."""
    from packager.rehearsal import measure_commits

    cost = next(cost for cost in measure_commits(root) if cost.commit == commit)
    return {"files": cost.files, "bytes": cost.size, "new_bytes": cost.new_bytes}
