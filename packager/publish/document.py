"""Write a plan down for machines, and hold a later plan against it. Pure.

`publish --dry-run --format json` prints the document; `publish --plan FILE` does what it says or nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from packager.built import ReleasePlan
from packager.config import POLICIES
from packager.diff import ManifestDiff
from packager.errors import DataError, EnvironmentFailure, UsageError
from packager.publish.plan import Wishes
from packager.publish.versions import as_text

_FORMAT: Final = 1
_NEEDED: Final = {"endpoint", "repo_id", "parent", "version", "add", "keep", "delete"}
_LISTED: Final = 20  # differences in one message


def describe_plan(plan: ReleasePlan) -> dict[str, Any]:
    """Return a plan as JSON has it."""
    document = {**asdict(plan), "tag": plan.tag, "send_bytes": plan.send_bytes}
    if plan.release is not None:
        history = [asdict(past) | {"version": as_text(past.version)} for past in plan.release.history]
        document["release"] = asdict(plan.release) | {"version": plan.version, "history": history}
    return document


def describe_diff(diff: ManifestDiff) -> dict[str, Any]:
    """Return the summary of a difference as JSON has it: how many of what."""
    read = diff.rows is not None and not diff.rows.unread
    columns = {"added": diff.columns_added, "removed": diff.columns_removed, "retyped": diff.columns_retyped}
    nulls = {"loosened": diff.columns_loosened, "tightened": diff.columns_tightened}
    recordings = {"added": diff.added, "removed": diff.removed, "changed": diff.changed, "moved": diff.moved}
    return {
        "recordings": {name: len(found) for name, found in recordings.items()},
        "columns": {name: len(found) for name, found in (columns | nulls).items()},
        "segments": {"old": diff.old_segments, "new": diff.new_segments},
        "segments_of_changed_recordings": diff.rows.totals if diff.rows and read else None,
        "unread": diff.rows.unread if diff.rows else "",
    }


def describe_wishes(version: str | None, wishes: Wishes) -> dict[str, Any]:
    """Return what the publisher asked for, so that the plan can be made again."""
    return {"version": version, **asdict(wishes)}


def read_document(data: bytes, origin: str) -> tuple[dict[str, Any], str | None, Wishes]:
    """Return a document's plan, the version asked for, and the wishes. UsageError: it is no such document."""
    try:
        return _read(json.loads(data))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UsageError(
            f"{origin} is no plan: write one with `packager publish --dry-run --format json`"
        ) from error


def check_agreed(agreed: Mapping[str, Any], plan: ReleasePlan) -> None:
    """Refuse a plan that would do anything else than the agreed one.

    What an earlier run has begun, or finished, of the agreed plan may be finished.

    Raises:
        UsageError: it is for another repository.
        DataError: the build, or what follows from it, is another one.
        EnvironmentFailure: the Hub holds another head than was planned on.
    """
    if agreed["repo_id"] != plan.repo_id:
        raise UsageError(f"the plan is for {agreed['repo_id']}, and the project publishes to {plan.repo_id}")
    there, here = _files(agreed), _files(describe_plan(plan))
    different = sorted(path for path in there.keys() | here.keys() if there.get(path) != here.get(path))
    begun = not plan.add and not plan.delete and agreed["version"] == plan.version and not different
    if begun:
        return
    if agreed["parent"] != plan.parent:
        raise EnvironmentFailure(
            f"the plan was made when {plan.repo_id} stood at {agreed['parent'] or 'nothing'}; it stands at "
            f"{plan.parent or 'nothing'} now. Nothing was sent: plan again"
        )
    if agreed["version"] != plan.version:
        different.insert(0, f"version {plan.version} instead of {agreed['version']}")
    if list(agreed["delete"]) != list(plan.delete):
        different.append("the files to delete")
    if different:
        listed = "\n".join(f"  {each}" for each in different[:_LISTED])
        raise DataError(
            f"the build is not the one that was planned; other than in the plan are:\n{listed}\n"
            "Nothing was sent: plan again"
        )


def _files(plan: Mapping[str, Any]) -> dict[str, str]:
    return {file["path"]: file["sha256"] for file in (*plan["add"], *plan["keep"])}


def _read(document: dict[str, Any]) -> tuple[dict[str, Any], str | None, Wishes]:
    plan, wishes = document["plan"], document["wishes"]
    missing = _NEEDED - plan.keys()
    if document["version"] != _FORMAT or missing:
        raise ValueError(missing)
    asked, notes = wishes["version"], wishes["notes"]
    texts = [plan["repo_id"], plan["version"], plan["endpoint"], *plan["delete"], notes]
    texts += [text for file in _files(plan).items() for text in file]
    if not all(isinstance(text, str) for text in texts) or not isinstance(asked, str | None):
        raise TypeError(asked)
    "".join(texts).encode()  # JSON can say what is no text
    policy = wishes["policy"]
    if policy not in POLICIES:
        raise ValueError(policy)
    private, pull_request = (wishes.get(name) is True for name in ("private", "pull_request"))
    return plan, asked, Wishes(notes, wishes["adopt"] is True, policy, private, pull_request)
