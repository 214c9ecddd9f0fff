"""Decide what a release changes on the Hub and which version it gets. Pure.

A release is the difference between the manifest just built and what stands at the head of `main`. Nothing
that we did not write is overwritten, deleted or served beside our data: a plan that would is an error that
names every such file. A version that exists is never moved.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from packager.built import (
    BuiltFile,
    Manifest,
    ReleaseFacts,
    ReleasePlan,
    RemoteFile,
    RemoteState,
    Tag,
    Version,
)
from packager.card import NAME as CARD
from packager.card import describe_edit
from packager.diff import RowDiff
from packager.errors import DataError, UsageError
from packager.manifest import NAME as MANIFEST
from packager.manifest import dump_manifest
from packager.model import is_repository_name
from packager.publish.versions import as_text, check_asked, find_step, read_asked
from packager.release import facts_from, finish_release

_PLACEHOLDER: Final = "me/"
_LISTED: Final = 20  # files named in one message


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a publisher may want of a release beside its version."""

    notes: str = ""
    """What they say of it, in words."""
    adopt: bool = False
    """Take over a repository with files and tags of others: what stands in the way is overwritten or deleted,
    and the plan shows it."""

    policy: str = "tfds"
    """What a difference is to the version: `tfds` or `datapackage`; see `packager.diff`."""
    private: bool = False
    """Nobody may see the repository but who is allowed to."""
    pull_request: bool = False
    """Open the release as a pull request."""


NO_WISHES: Final = Wishes()


def plan_release(  # noqa: PLR0913 - what stands, what was built, what is wanted
    manifest: Manifest,
    remote: RemoteState,
    *,
    version: str | None = None,
    texts: Mapping[str, bytes] | None = None,
    wishes: Wishes = NO_WISHES,
    rows: RowDiff | None = None,
) -> ReleasePlan:
    """Return what publishing this build would do. Nothing is read, sent or changed.

    Without a `version` (`X.Y.Z`), the first is 1.0.0, and a later one the least that the difference asks
    for. The release fills in `texts`, as `load_texts` returns them; None: they are published as they are.
    `rows` is what differs within recordings with other digests; None: these count as changed.

    Raises:
        UsageError: the repository's name is wrong or a placeholder, or the version is taken, too low or none.
        DataError: files on the Hub that are not of our writing stand in the way.
    """
    check_repository(remote.repo_id, loopback=remote.loopback)
    asked = read_asked(version)
    there = None if remote.manifest is None else remote.manifest.release
    before = manifest.release if texts is None else there
    served = _served_strangers(manifest, remote)
    draft = _make_draft(manifest, texts, before, remote, served if wishes.adopt else ())
    standing = draft.standing if draft.is_unchanged else ()
    if draft.release is not None and draft.release.version in standing:
        standing = (draft.release.version,)  # somebody else may have given the same commit another tag
    published = asked if asked in standing else max(standing, default=None)
    taken = _version_tags(remote).keys()
    stranded = not _is_released(remote)
    step = find_step(
        remote.manifest,
        draft.manifest,
        max(taken, default=None),
        policy=wishes.policy,
        stranded=stranded,
        rows=rows,
    )
    if asked is not None and asked not in standing and not (published and asked not in taken):
        check_asked(asked, step, set(taken), remote.repo_id)
    chosen = published or asked or _unfinished_version(draft, remote) or step.least
    if not published and (name := f"v{as_text(chosen)}") in remote.branches:
        raise UsageError(  # who asks for its tag may be given the branch
            f"{remote.repo_id} has a branch called {name}, and who asks for that version may be given what "
            "it holds: delete or rename the branch on the Hub, or ask for a higher version with --version"
        )
    # Files without facts may get any version's tag.
    fits = draft.is_unchanged and (draft.release is None or draft.release.version == chosen)
    if texts is not None and not published and not fits:
        facts = _next_facts(remote, chosen, step.news, wishes.notes, stranded=stranded)
        draft = _make_draft(manifest, texts, facts, remote, served if wishes.adopt else ())
    return ReleasePlan(
        repo_id=remote.repo_id,
        endpoint=remote.endpoint,
        parent=remote.head,
        version=as_text(chosen),
        add=draft.add,
        keep=draft.keep,
        delete=draft.delete,
        tag_commit=remote.head if draft.is_unchanged and not published else None,
        published_as=f"v{as_text(chosen)}" if published else None,
        reread=draft.is_unchanged and (not published or published == asked),
        release=draft.release,
        why="" if published else step.why if chosen == step.least else f"asked for; {step.why}",
        adopt=_check_strangers(remote, draft, served, adopt=wishes.adopt),
    )


@dataclass(frozen=True, slots=True)
class _Draft:
    """What stands on the Hub beside the files that a build has if these facts are released."""

    release: ReleaseFacts | None
    add: tuple[BuiltFile, ...]
    keep: tuple[BuiltFile, ...]
    delete: tuple[str, ...]
    manifest: Manifest
    """Of the build, finished with these facts."""
    card: bytes | None
    """README.md; None if it is not known what it says."""
    standing: tuple[Version, ...]
    """The versions whose tags name exactly these files."""

    @property
    def is_unchanged(self) -> bool:
        """Whether the head holds exactly these files."""
        return not self.add and not self.delete


def _make_draft(
    manifest: Manifest,
    texts: Mapping[str, bytes] | None,
    release: ReleaseFacts | None,
    remote: RemoteState,
    served: tuple[str, ...],
) -> _Draft:
    files, finished = ({}, manifest) if texts is None else finish_release(texts, manifest, release)
    wanted = _files_of(finished)
    head = {file.path: file for file in remote.files}
    keep = tuple(file for file in wanted if _same_bytes(head.get(file.path), file))
    add = tuple(file for file in wanted if not _same_bytes(head.get(file.path), file))
    earlier = {file.path for file in remote.manifest.files} if remote.manifest else set()
    stale = (earlier & head.keys()) - {file.path for file in wanted}
    delete = tuple(sorted({*stale, *served}))
    return _Draft(release, add, keep, delete, finished, files.get(CARD), _standing_versions(wanted, remote))


def _unfinished_version(draft: _Draft, remote: RemoteState) -> Version | None:
    """Return the version that the head was committed as, if only its tag is missing."""
    if not draft.is_unchanged or draft.release is None or draft.release.version in _version_tags(remote):
        return None
    return draft.release.version


def _next_facts(
    remote: RemoteState, version: Version, news: tuple[str, ...], notes: str, *, stranded: bool
) -> ReleaseFacts:
    """Return what the release says; a commit below that never got its tag is no part of the history."""
    earlier = remote.manifest
    if stranded and earlier is not None and earlier.release is not None:
        return replace(earlier.release, version=version, news=news, notes=notes)
    return facts_from(earlier, version, news=news, notes=notes)


def _is_released(remote: RemoteState) -> bool:
    """Return whether the tag of what the head's manifest says to be holds it, as far as can be seen."""
    manifest, tags = remote.manifest, _version_tags(remote)
    if manifest is None or manifest.release is None:
        return True
    version = manifest.release.version
    if version not in tags or version != max(tags):
        return version in tags
    return version in _standing_versions(_files_of(manifest), remote)


def check_repository(repo_id: str, *, loopback: bool) -> None:
    """Refuse a name that no repository can have, and a placeholder but on this machine (UsageError)."""
    if not is_repository_name(repo_id):
        raise UsageError(
            f"{repo_id!r} does not name a repository: repo_id is namespace/name, made of letters, "
            "digits, `-`, `_` and `.`"
        )
    if repo_id.startswith(_PLACEHOLDER) and not loopback:
        raise UsageError(
            f"{repo_id} is a placeholder and is published to this machine only: "
            "set repo_id in dataset.toml to a repository of your own"
        )


def _files_of(manifest: Manifest) -> tuple[BuiltFile, ...]:
    """Return every file of the build, the manifest's own included, sorted by path."""
    data = dump_manifest(manifest)
    own = BuiltFile(MANIFEST, len(data), hashlib.sha256(data).hexdigest(), None)
    return tuple(sorted((*manifest.files, own), key=lambda file: file.path))


def _same_bytes(there: RemoteFile | None, here: BuiltFile) -> bool:
    return there is not None and (there.size, there.sha256) == (here.size, here.sha256)


def _check_strangers(
    remote: RemoteState, draft: _Draft, served: tuple[str, ...], *, adopt: bool
) -> tuple[str, ...]:
    """Refuse a plan that overwrites or deletes what others wrote, or that serves it as our data.

    With `adopt`, return these files instead.
    """
    touched = {*draft.delete, *(file.path for file in draft.add)}
    theirs = touched - _accounted_paths(remote) - {*served}
    edits = None  # it is not known
    if remote.edited_card is not None and draft.card is not None:
        edits = describe_edit(remote.edited_card, draft.card)
    if edits is not None:
        theirs.discard(CARD)
    overwritten = [file.path for file in remote.files if file.path in theirs]
    if adopt and edits:
        overwritten.append(CARD)
    if adopt:
        return tuple(sorted({*overwritten, *served}))
    findings = []
    if edits:
        findings.append(
            f"{CARD} of {remote.repo_id} was edited on the Hub, and this build does not have the edit:\n"
            f"{edits}\nBring it into the project with `packager card --merge`, build, and publish again; or "
            "overwrite it with --adopt."
        )
    if overwritten:
        findings.append(
            f"these files of {remote.repo_id} were not written by an earlier release, or were changed on the "
            f"Hub since, and would be lost:\n{_list_paths(overwritten)}\n"
            "Take what you need of them into the project; then delete them on the Hub, or overwrite them "
            "with --adopt."
        )
    if served:
        findings.append(
            f"these files of {remote.repo_id} are not of this build, and the card's patterns would serve "
            f"them as part of it:\n{_list_paths(list(served))}\n"
            "Move or delete them on the Hub and publish again, or have them deleted with --adopt."
        )
    tags = [tag.name for tag in remote.tags if tag.version is not None]
    if tags and remote.manifest is None:
        findings.append(
            f"these tags of {remote.repo_id} name versions that packager did not publish:\n"
            f"{_list_paths(tags)}\nPublish after them with --adopt."
        )
    if findings:
        raise DataError("\n".join(findings))
    return ()


def _served_strangers(manifest: Manifest, remote: RemoteState) -> tuple[str, ...]:
    """Return the files of others that the card would serve as part of the data, sorted."""
    own = {file.path for file in manifest.files}
    if remote.manifest is not None:
        own |= {file.path for file in remote.manifest.files}
    # What the card's `data/{split}-*` matches, as far as it is Parquet.
    names = "|".join(re.escape(split.name) for split in manifest.splits)
    pattern = re.compile(rf"data/({names})-[^/]*\.parquet") if names else re.compile(r"(?!)")
    return tuple(file.path for file in remote.files if file.path not in own and pattern.fullmatch(file.path))


def _accounted_paths(remote: RemoteState) -> set[str]:
    """Return the files at the head that hold what our manifest there says; it cannot name its own bytes."""
    if remote.manifest is None:
        return set()
    head = {file.path: file for file in remote.files}
    return {MANIFEST} | {
        file.path for file in remote.manifest.files if _same_bytes(head.get(file.path), file)
    }


def _standing_versions(wanted: tuple[BuiltFile, ...], remote: RemoteState) -> tuple[Version, ...]:
    """Return the versions whose tags name exactly these files, which the head holds.

    Such a tag names the head, or a commit below that the highest names too: then others committed files of
    theirs after the release.
    """
    tags = _version_tags(remote)
    released = {file.path: file for file in remote.released}
    below = all(_same_bytes(released.get(file.path), file) for file in wanted)
    commits = {remote.head, tags[max(tags)].commit} if tags and below else {remote.head}
    return tuple(version for version, tag in tags.items() if tag.commit in commits)


def _version_tags(remote: RemoteState) -> dict[Version, Tag]:
    return {tag.version: tag for tag in remote.tags if tag.version is not None}


def _list_paths(paths: list[str]) -> str:
    lines = [f"  {path}" for path in sorted(paths)[:_LISTED]]
    if len(paths) > _LISTED:
        lines.append(f"  and {len(paths) - _LISTED} more")
    return "\n".join(lines)
