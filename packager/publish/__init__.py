"""Publish a build as a version of a dataset repository: one commit, one tag, one proof.

`plan_release` decides and does nothing (pure); `publish_release` does what the plan says and nothing else.
"""

from __future__ import annotations

from packager.publish.act import check_build, publish_release
from packager.publish.plan import check_repository, plan_release

__all__ = ["check_build", "check_repository", "plan_release", "publish_release"]
