"""Choose the version of a release from what differs, and say why; what is new in it. Pure.

Asked for may be a higher version, never a lower one. A commit that never got its tag counts as part of the
release that follows it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from packager.built import Manifest, ReleaseFacts, Version, parse_version
from packager.diff import (
    Level,
    RowDiff,
    choose_version,
    compare_manifests,
    describe_news,
    judge_diff,
    raise_version,
)
from packager.errors import UsageError


@dataclass(frozen=True, slots=True)
class Step:
    """What a release is, beside the one before it."""

    least: Version
    """The least version that it may have."""
    why: str
    news: tuple[str, ...]


def find_step(  # noqa: PLR0913 - what a version follows from
    earlier: Manifest | None,
    new: Manifest,
    latest: Version | None,
    *,
    policy: str,
    stranded: bool,
    rows: RowDiff | None = None,
) -> Step:
    """Return the step from the release whose manifest is `earlier`, and stands at the head, to a build.

    `new` is the build, finished with the facts of `earlier`, so that only what was built differs; `latest`
    the highest version that there is; `stranded`: the head was committed as a release that got no tag.
    `rows` is what differs within the recordings that both have; None: these count as changed.
    """
    if latest is None:
        return Step((1, 0, 0), "the first version is 1.0.0", ())
    if earlier is None:
        version = raise_version(latest, Level.MINOR)
        return Step(version, f"the versions up to {as_text(latest)} are of others", ())
    diff = replace(compare_manifests(earlier, new), rows=rows)
    least, why = choose_version(latest, diff, policy=policy)
    news = describe_news(diff)
    if stranded and earlier.release is not None:
        level = _level_of(earlier.release)
        news = (*earlier.release.news, *news)
        if level > judge_diff(diff, policy=policy)[0]:
            least, why = (
                raise_version(latest, level),
                f"{level.name}: {as_text(earlier.release.version)} got no tag",
            )
    return Step(least, why, news)


def read_asked(version: str | None) -> Version | None:
    """Return the version that was asked for. UsageError: the text is none."""
    if version is None:
        return None
    parsed = parse_version(version)
    if parsed is None:
        raise UsageError(
            f"{version!r} is not a version: give three numbers without leading zeros and without a `v`, "
            "such as 1.2.0"
        )
    return parsed


def check_asked(asked: Version, step: Step, taken: set[Version], repo_id: str) -> None:
    """Refuse a version that exists with other files, or promises less than was changed (UsageError)."""
    least = as_text(step.least)
    if asked in taken:
        raise UsageError(
            f"version {as_text(asked)} of {repo_id} exists and holds other files; a version is never "
            f"moved. Publish as {least}, which is free (and what publish chooses without --version)"
        )
    if taken and asked < step.least:
        raise UsageError(
            f"version {as_text(asked)} of {repo_id} would be too low: the least is {least} ({step.why})"
        )


def as_text(version: Version) -> str:
    """Return `X.Y.Z`."""
    return ".".join(map(str, version))


def _level_of(release: ReleaseFacts) -> Level:
    """Return how much higher a version is than the one before it."""
    before = release.history[-1].version if release.history else (0, 0, 0)
    if release.version[0] > before[0]:
        return Level.MAJOR if release.history else Level.NONE
    return Level.MINOR if release.version[1] > before[1] else Level.PATCH
