"""Propose a release: open it as a pull request on the Hub, for others to look at and to merge. No tag is set.

Once it is merged the head holds the release, and publishing it again sets the tag and proves it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from packager.built import PullRequest
from packager.errors import EnvironmentFailure, UsageError
from packager.publish.act import check_build
from packager.publish.finish import finish_folder
from packager.publish.listing import find_unlisted, find_unproven
from packager.publish.stage import MOST_CHANGES, Stage, is_staged, ref_of, title_of

if TYPE_CHECKING:
    from packager.built import ReleasePlan
    from packager.hub import Hub


def propose_release(
    plan: ReleasePlan, hub: Hub, build: str | Path, *, most: int = MOST_CHANGES
) -> PullRequest:
    """Open a pull request that makes the plan true once it is merged; if one stands there, it is found.

    The build folder comes to hold what the tag will hold. A plan of more than `most` changes is proposed in
    several commits, which only who may write can.

    Raises:
        UsageError: there is no repository, or nothing to propose.
        DataError: the folder is not the build that was planned.
        EnvironmentFailure: the Hub could not be reached, refused, or does not hold what was sent.
    """
    build = Path(build)
    if plan.parent is None:
        raise UsageError(
            f"there is no {plan.repo_id} to open a pull request in: publish without --pull-request"
        )
    if plan.tag_commit is not None or plan.published_as is not None:
        raise UsageError(f"{plan.repo_id} holds these files already: publish without --pull-request")
    check_build(plan, build, hashed=False)
    finish_folder(build, plan.release)
    hub.check_login()
    standing = _find_standing(plan, hub, build)
    number = standing or _open(plan, hub, build, most)
    wrong = find_unproven(hub, plan.repo_id, ref_of(number), plan.add)
    if wrong:
        raise EnvironmentFailure(
            f"pull request {number} of {plan.repo_id} does not hold what was sent ({', '.join(wrong)}): "
            "close it, and publish again"
        )
    return PullRequest(
        number,
        url=f"{hub.endpoint}/datasets/{plan.repo_id}/discussions/{number}",
        created=standing is None,
        proven=tuple(file.path for file in plan.add),
    )


def _open(plan: ReleasePlan, hub: Hub, build: Path, most: int) -> int:
    upload = hub.prepare_files(build, plan.add)
    hub.send_files(plan.repo_id, upload, pull_request=True)
    text = f"Once this is merged, `packager publish` sets the tag {plan.tag} and proves the release."
    if is_staged(plan, most):
        return Stage(plan, hub, build, upload, most).fill(text)

    def write() -> int:
        hub.commit(
            plan.repo_id,
            upload,
            delete=plan.delete,
            parent=plan.parent,
            title=title_of(plan),
            pull_request=text,
        )
        number = _find_standing(plan, hub, build)
        if number is None:
            raise EnvironmentFailure(f"{plan.repo_id} does not show the pull request: publish again")
        return number

    return hub.insist(write, lambda: _find_standing(plan, hub, build))


def _find_standing(plan: ReleasePlan, hub: Hub, build: Path) -> int | None:
    """Return the open pull request that has just the files of the plan, whoever opened it."""
    for number in hub.list_pull_requests(plan.repo_id, title_of(plan)):
        if not find_unlisted(plan, hub, ref_of(number), build):
            return number
    return None
