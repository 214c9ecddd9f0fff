"""The command `verify`: what a version or a folder holds, against its manifest."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from packager.cli.terminal import print_json, remark
from packager.errors import DataError, UsageError

if TYPE_CHECKING:
    import argparse

    from packager.publish import Verified


def run_verify(given: argparse.Namespace) -> int:
    """Print what was verified, or which version was loaded; return 1 if something differs."""
    if given.loaded:
        return _identify(given)
    verified = _verify(given)
    if given.format == "json":
        print_json({"version": 1, **asdict(verified)})
    else:
        for difference in verified.differences:
            print(difference)
        outcome = "differs" if verified.differences else "is as its manifest says"
        print(f"{verified.what} {outcome}: {verified.files:,} files, {verified.bytes:,} bytes")
    return DataError.exit_code if verified.differences else 0


def _verify(given: argparse.Namespace) -> Verified:
    from packager.config import find_project
    from packager.hub import connect_hub
    from packager.publish import Recorded, read_own_receipt, read_receipt, verify_build, verify_release

    repo_id, at, tag = given.what.rpartition("@")
    if not at or Path(given.what).is_dir():
        return verify_build(Path(given.what))
    project = given.project or find_project(Path.cwd())
    hub = connect_hub(given.endpoint, say=lambda message: remark(message, quiet=given.quiet))
    if project is None:
        return verify_release(hub, repo_id, tag)
    receipt = read_receipt(project, repo_id, tag, hub.endpoint) or {}
    own = read_own_receipt(project, repo_id, tag, hub.endpoint) or {}
    recorded = Recorded(receipt.get("commit"), receipt.get("manifest_sha256"), own.get("commit"))
    return verify_release(hub, repo_id, tag, recorded)


def _identify(given: argparse.Namespace) -> int:
    from packager.hub import connect_hub
    from packager.publish import identify_loaded

    repo_id, _, asked = given.what.partition("@")
    place = given.loaded
    if not place.is_dir():
        raise UsageError(f"{place} is no folder")
    hub = connect_hub(given.endpoint, say=lambda message: remark(message, quiet=given.quiet))
    found = identify_loaded(hub, repo_id, place)
    if given.format == "json":
        print(json.dumps({"version": 1, "loaded": str(place), "versions": list(found)}, indent=2))
    else:
        print(f"{place} holds {', '.join(found) or 'no version'} of {repo_id}")
    return 0 if found and (not asked or asked in found) else DataError.exit_code
