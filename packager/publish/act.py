"""Carry out a release plan: one commit, one tag on that commit, one proof that the Hub holds the bytes.

What makes a release visible comes last: files are sent unseen, one commit shows them, and a tag is set only
on a commit that lists exactly the plan's files. A write whose answer is lost is looked for before it is sent
again, so that running the same command again finishes a release exactly once.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packager.built import Receipt
from packager.errors import DataError, EnvironmentFailure, UsageError
from packager.folders import describe_differences, load_build, verify_folder
from packager.manifest import NAME as MANIFEST
from packager.manifest import dump_manifest
from packager.publish.finish import finish_folder, load_finished
from packager.publish.listing import find_unlisted, find_unproven
from packager.publish.stage import MOST_CHANGES, OvertakenError, Stage, is_staged, title_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from packager.built import ReleasePlan
    from packager.hub import Hub

_PLANS: Final = 5
"""How often a plan is made anew; others may go on committing for ever."""
_NEW_REPOSITORY: Final = {".gitattributes"}  # what a Hub puts into a repository that it creates


def publish_as_planned(  # noqa: PLR0913 - as `publish_release`, and how a plan is made anew
    plan: ReleasePlan,
    hub: Hub,
    build: str | Path,
    plan_anew: Callable[[], ReleasePlan],
    *,
    private: bool = False,
    most: int = MOST_CHANGES,
) -> Receipt:
    """Do what `publish_release` does; where others were quicker, plan anew, and go on if it is the same.

    Raises:
        OvertakenError: another plan follows from what stands there now; nothing was sent.
    """
    for _ in range(_PLANS):
        try:
            return publish_release(plan, hub, build, private=private, most=most)
        except OvertakenError:
            new = plan_anew()
            if new.published_as is None and _deeds(new) != _deeds(plan):
                raise
            plan = new
    return publish_release(plan, hub, build, private=private, most=most)


def _deeds(plan: ReleasePlan) -> object:
    """Return what users see of a plan; what of its files is added and what is kept may differ."""
    files = {file.path: file.sha256 for file in (*plan.add, *plan.keep)}
    return plan.version, files, plan.delete


def publish_release(
    plan: ReleasePlan, hub: Hub, build: str | Path, *, private: bool = False, most: int = MOST_CHANGES
) -> Receipt:
    """Make the plan true on the Hub and prove it. What stands already is only proven.

    First the build folder comes to hold exactly what the tag will hold. A release of more than `most`
    changes is staged in a pull request, and merged.

    Raises:
        DataError: the folder is not the build that was planned.
        UsageError: the plan is for another Hub, or somebody took the version meanwhile.
        EnvironmentFailure: the Hub could not be reached, refused, holds another head than the plan saw, or
            does not hold the right bytes. Running the same command again finishes what is begun.
    """
    build = Path(build)
    if plan.endpoint != hub.endpoint:
        raise UsageError(f"the plan is for {plan.endpoint}, not for {hub.endpoint}: plan again")
    if private and plan.parent is not None:
        check_private(plan, hub)
    if plan.published_as is None and plan.tag_commit is None:
        check_build(plan, build, hashed=False)  # what is sent is hashed when that begins
    finish_folder(build, plan.release)
    if plan.published_as is None:
        hub.check_login()
        commit = plan.tag_commit or _commit_release(plan, hub, build, private=private, most=most)
        _tag_release(plan, hub, commit)
    return _prove_release(plan, hub, build)


# --- the commit ----------------------------------------------------------------------------------------


def _commit_release(plan: ReleasePlan, hub: Hub, build: Path, *, private: bool, most: int) -> str:
    """Make the one commit that shows the release, and return its id."""
    upload = hub.prepare_files(build, plan.add)
    parent = plan.parent or _create_repository(plan, hub, private=private)
    hub.send_files(plan.repo_id, upload)
    if parent is not None and is_staged(plan, most):
        stage = Stage(replace(plan, parent=parent), hub, build, upload, most)
        return stage.merge(
            stage.fill(
                f"`packager publish` stages {plan.tag} here, and merges it: too many files for one commit."
            )
        )
    commit = hub.insist(
        lambda: hub.commit(plan.repo_id, upload, delete=plan.delete, parent=parent, title=title_of(plan)),
        lambda: _find_commit(plan, hub, build, parent),
    )
    wrong = find_unlisted(plan, hub, commit, build)
    if wrong:
        raise EnvironmentFailure(
            f"commit {commit} of {plan.repo_id} does not hold what was sent ({', '.join(wrong)}); "
            "no tag was set: publish again"
        )
    return commit


def check_build(plan: ReleasePlan, build: Path, *, hashed: bool = True) -> None:
    """Refuse a folder whose files are not the plan's, before the first byte leaves (DataError).

    With `hashed`, every byte is read; without, the bytes of shards are not.
    """
    differences = verify_folder(build, load_build(build), hashed=hashed)
    if differences:
        raise DataError(describe_differences(build, differences))
    _, manifest = load_finished(build, plan.release)
    planned = {file.path: file.sha256 for file in (*plan.add, *plan.keep)}
    found = {file.path: file.sha256 for file in manifest.files}
    found[MANIFEST] = hashlib.sha256(dump_manifest(manifest)).hexdigest()
    if found != planned:
        raise DataError(f"{build} holds another build than the plan: plan again")


def check_private(plan: ReleasePlan, hub: Hub) -> None:
    """Refuse a repository that everybody may see (UsageError)."""
    if not hub.is_private(plan.repo_id):
        raise UsageError(
            f"{plan.repo_id} exists, and everybody may see it; nothing was published: make it private in its "
            "settings on the Hub, or leave out --private"
        )


def _create_repository(plan: ReleasePlan, hub: Hub, *, private: bool) -> str | None:
    """Create the repository and return its first commit; None if it has none."""

    def write() -> str:
        hub.create_repository(plan.repo_id, private=private)
        return "ours"

    def settled() -> str | None:
        return "somebody's" if hub.has_repository(plan.repo_id) else None

    created = hub.insist(write, settled) == "ours"
    if private:
        check_private(plan, hub)
    state = hub.read_state(plan.repo_id)
    filled = bool({file.path for file in state.files} - _NEW_REPOSITORY)
    if filled and created:  # what stands in its one commit, the Hub itself has put there
        filled = len(hub.list_commits(plan.repo_id)) > 1
    if state.tags or filled:
        raise OvertakenError(plan)
    return state.head


def _find_commit(plan: ReleasePlan, hub: Hub, build: Path, parent: str | None) -> str | None:
    """Return our commit if it stands although its answer was lost; None if nothing was committed.

    The commit that follows `parent` is ours if it lists exactly the plan's files, whoever sent the request.
    """
    commits = hub.list_commits(plan.repo_id)
    if parent is not None and parent not in commits:
        raise OvertakenError(plan)
    position = len(commits) if parent is None else commits.index(parent)
    if position == 0:
        return None
    candidate = commits[position - 1]
    if find_unlisted(plan, hub, candidate, build):
        raise OvertakenError(plan)
    return candidate


# --- the tag -------------------------------------------------------------------------------------------


def _tag_release(plan: ReleasePlan, hub: Hub, commit: str) -> None:
    def write() -> str:
        hub.create_tag(plan.repo_id, plan.tag, commit=commit, message=title_of(plan))
        return commit

    try:
        tagged = hub.insist(write, lambda: _find_tag(plan, hub))
    except EnvironmentFailure as failure:
        raise EnvironmentFailure(
            f"{failure}. Commit {commit} stands without its tag; publishing again sets it"
        ) from failure
    if tagged != commit:
        raise UsageError(
            f"{plan.tag} of {plan.repo_id} was taken by somebody else meanwhile. Commit {commit} stands "
            "without a tag: publish again without --version, and it gets the next version"
        )


def _find_tag(plan: ReleasePlan, hub: Hub) -> str | None:
    return next((tag.commit for tag in hub.list_tags(plan.repo_id) if tag.name == plan.tag), None)


# --- the proof -----------------------------------------------------------------------------------------


def _prove_release(plan: ReleasePlan, hub: Hub, build: Path) -> Receipt:
    """Read back at the tag what was sent, and compare what the Hub lists there for the rest."""
    commit = _find_tag(plan, hub)
    if commit is None:
        raise EnvironmentFailure(f"{plan.tag} of {plan.repo_id} has vanished: publish again")
    reread = (*plan.add, *(plan.keep if plan.reread else ()))
    rest = () if plan.reread else plan.keep
    wrong = find_unproven(hub, plan.repo_id, plan.tag, reread)
    if rest:
        wrong += find_unlisted(replace(plan, add=(), keep=rest, delete=()), hub, plan.tag, build)
    if wrong:
        raise EnvironmentFailure(
            f"{plan.tag} of {plan.repo_id} is NOT proven: the Hub has other bytes than the build for "
            f"{', '.join(sorted(wrong))}. Do not use this version: publish again with --version "
            f"{plan.version} to prove it anew; if that fails too, the Hub's copy is damaged"
        )
    return Receipt(
        repo_id=plan.repo_id,
        endpoint=plan.endpoint,
        version=plan.version,
        commit=commit,
        created=plan.published_as is None,
        proven=tuple(file.path for file in reread),
        listed=tuple(file.path for file in rest),
    )
