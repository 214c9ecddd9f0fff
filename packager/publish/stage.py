"""Stage a release of too many files for one commit: in a pull request, portion by portion; merging shows it.

A Hub takes at most so many changes in one commit. All but the merge is unseen by who looks at `main`. A run
that was cut off is gone on with: the pull request that differs from `main` only as the release does is found.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from packager.errors import EnvironmentFailure, PackagerError
from packager.publish.listing import find_unlisted

if TYPE_CHECKING:
    from pathlib import Path

    from packager.built import ReleasePlan, RemoteFile
    from packager.hub import Hub, Upload

MOST_CHANGES: Final = 1_000
"""Files added or deleted in one commit. The Hub refuses more than 25,000; its own client makes commits of at
most 1,000 when it uploads a large folder, because larger ones run into time-outs."""


class OvertakenError(EnvironmentFailure):
    """Somebody else changed the repository between the plan and the commit (exit code 3)."""

    def __init__(self, plan: ReleasePlan) -> None:
        super().__init__(
            f"somebody else changed {plan.repo_id} meanwhile; nothing was published: publish again, "
            "and the plan is made anew"
        )


def is_staged(plan: ReleasePlan, most: int = MOST_CHANGES) -> bool:
    """Return whether the release has too many changes for one commit."""
    return len(plan.add) + len(plan.delete) > most


class Stage:
    """The pull request in which one release is staged."""

    def __init__(self, plan: ReleasePlan, hub: Hub, build: Path, upload: Upload, most: int) -> None:
        self._plan, self._hub, self._build = plan, hub, build
        self._upload, self._most = upload, most
        self._title = title_of(plan)

    def fill(self, text: str) -> int:
        """Return the number of the pull request, once it has every file of the release."""
        number = self._find() or self._hub.insist(lambda: self._open(text), self._find)
        while missing := self._missing(number):
            self._hub.insist(lambda: self._add(number, self._missing(number)), lambda: None)
            if len(self._missing(number)) >= len(missing):
                raise EnvironmentFailure(
                    f"pull request {number} of {self._plan.repo_id} does not show what was sent: close it, "
                    "and publish again"
                )
        return number

    def merge(self, number: int) -> str:
        """Make the release visible, and return the commit that holds exactly its files.

        OvertakenError: there is none, because others changed the repository meanwhile.
        """
        plan, hub = self._plan, self._hub
        before = _foreign(plan, hub.list_files(plan.repo_id, plan.parent or ""))

        def settled() -> str | None:
            commits = hub.list_commits(plan.repo_id)
            if plan.parent not in commits:
                raise OvertakenError(plan)
            for commit in commits[: commits.index(plan.parent)]:
                listing = hub.list_files(plan.repo_id, commit)
                unlisted = find_unlisted(plan, hub, commit, self._build, listing)
                if not unlisted and _foreign(plan, listing) == before:
                    return commit
            if commits[0] != plan.parent:
                raise OvertakenError(plan)
            return None

        def write() -> str:
            if (standing := settled()) is not None:
                return standing
            hub.merge_pull_request(plan.repo_id, number)
            merged = settled()
            if merged is None:
                raise EnvironmentFailure(f"{plan.repo_id} does not show what was merged: publish again")
            return merged

        try:
            commit = hub.insist(write, settled)
        except OvertakenError:
            with suppress(PackagerError):  # it is of no use any more; if it stays open, it harms nobody
                hub.close_pull_request(plan.repo_id, number)
            raise
        self._close_twins(number)
        return commit

    def _close_twins(self, number: int) -> None:
        """Close what others opened at the same time to stage just the same."""
        with suppress(PackagerError):
            for twin in self._hub.list_pull_requests(self._plan.repo_id, self._title):
                if twin != number and not self._missing(twin):
                    self._hub.close_pull_request(self._plan.repo_id, twin)

    def _find(self) -> int | None:
        """Return the pull request that an earlier run began, whoever ran it."""
        plan, hub = self._plan, self._hub
        if plan.parent is None:
            return None
        known = {file.path: file for file in hub.list_files(plan.repo_id, plan.parent)}
        wanted = {file.path for file in plan.add}
        for number in hub.list_pull_requests(plan.repo_id, self._title):
            ref = ref_of(number)
            if plan.parent not in hub.list_commits(plan.repo_id, ref):
                continue
            listing = {file.path: file for file in hub.list_files(plan.repo_id, ref)}
            missing = set(self._missing(number))
            differ = {path for path in listing if path not in known or listing[path] != known[path]}
            gone = known.keys() - listing.keys()
            if not (differ - wanted or differ & missing or gone - {*plan.delete}):
                return number
        return None

    def _missing(self, number: int) -> list[str]:
        return find_unlisted(self._plan, self._hub, ref_of(number), self._build)

    def _open(self, text: str) -> int:
        plan = self._plan
        add, delete = self._portion([*(file.path for file in plan.add), *plan.delete])
        self._hub.commit(
            plan.repo_id, add, delete=delete, parent=plan.parent, title=self._title, pull_request=text
        )
        number = self._find()
        if number is None and self._hub.list_commits(plan.repo_id)[0] != plan.parent:
            raise OvertakenError(plan)  # who merged it is as quick as that
        if number is None:
            raise EnvironmentFailure(f"{plan.repo_id} does not show the pull request: publish again")
        return number

    def _add(self, number: int, missing: list[str]) -> bool:
        repo_id, ref = self._plan.repo_id, ref_of(number)
        if missing:
            add, delete = self._portion(missing)
            head = self._hub.list_commits(repo_id, ref)[0]
            self._hub.commit(repo_id, add, delete=delete, parent=head, title=self._title, revision=ref)
        return True

    def _portion(self, paths: list[str]) -> tuple[Upload, tuple[str, ...]]:
        portion = {*paths[: self._most]}
        return self._upload.take(portion), tuple(path for path in self._plan.delete if path in portion)


def _foreign(plan: ReleasePlan, listing: tuple[RemoteFile, ...]) -> set[tuple[str, str]]:
    """Return the files that the release neither has nor deletes, each with its object id."""
    ours = {*(file.path for file in (*plan.add, *plan.keep)), *plan.delete}
    return {(file.path, file.blob_id) for file in listing if file.path not in ours}


def title_of(plan: ReleasePlan) -> str:
    """Return the title of the pull request of a release."""
    return f"Release {plan.tag}"


def ref_of(number: int) -> str:
    """Return the revision that holds the commits of a pull request."""
    return f"refs/pr/{number}"
