"""Publish a build as a version of a dataset repository: one commit, one tag, one proof.

`plan_release` decides and does nothing (pure); `publish_release` does what the plan says and nothing else.
"""

from __future__ import annotations

from packager.publish.act import check_build, check_private, publish_as_planned, publish_release
from packager.publish.compare import Side, compare_sides, name_parts, open_folder, open_version
from packager.publish.document import (
    check_agreed,
    describe_diff,
    describe_plan,
    describe_wishes,
    read_document,
)
from packager.publish.plan import Wishes, check_repository, plan_release
from packager.publish.planner import Planner, read_edited_card
from packager.publish.preflight import check_release, find_obstacles
from packager.publish.propose import propose_release
from packager.publish.receipts import read_own_receipt, read_receipt, write_receipt
from packager.publish.stage import OvertakenError, is_staged
from packager.publish.verify import Recorded, Verified, identify_loaded, verify_build, verify_release

__all__ = [
    "OvertakenError",
    "Planner",
    "Recorded",
    "Side",
    "Verified",
    "Wishes",
    "check_agreed",
    "check_build",
    "check_private",
    "check_release",
    "check_repository",
    "compare_sides",
    "describe_diff",
    "describe_plan",
    "describe_wishes",
    "find_obstacles",
    "identify_loaded",
    "is_staged",
    "name_parts",
    "open_folder",
    "open_version",
    "plan_release",
    "propose_release",
    "publish_as_planned",
    "publish_release",
    "read_document",
    "read_edited_card",
    "read_own_receipt",
    "read_receipt",
    "verify_build",
    "verify_release",
    "write_receipt",
]
