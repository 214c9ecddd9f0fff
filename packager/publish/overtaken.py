"""What is raised where somebody else was quicker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packager.errors import EnvironmentFailure

if TYPE_CHECKING:
    from packager.model import ReleasePlan


class OvertakenError(EnvironmentFailure):
    """Somebody else changed the repository between the plan and the commit (exit code 3)."""

    def __init__(self, plan: ReleasePlan) -> None:
        super().__init__(
            f"somebody else changed {plan.repo_id} meanwhile; nothing was published: publish again, "
            "and the plan is made anew"
        )
