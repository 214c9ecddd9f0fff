"""Look at all that could stop a release, before the first byte leaves. All is said at once."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, NamedTuple

from packager.card import lint_card
from packager.card_rules import CARD_RULES
from packager.errors import DataError, EnvironmentFailure, PackagerError
from packager.folders import describe_differences, load_build, verify_folder
from packager.model import Severity
from packager.publish.act import check_build
from packager.secrets import find_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from packager.built import Manifest, ReleasePlan
    from packager.hub import Hub

_CARD: Final = "README.md"


class Obstacle(NamedTuple):
    """Something that stands in the way of a release."""

    message: str
    is_data: bool
    """True: the data has the problem; False: the token, the network, the Hub."""
    stops: bool = True
    """False: a warning, which only a strict publisher takes for an obstacle."""


def check_release(  # noqa: PLR0913 - all that may stand in the way
    plan: ReleasePlan | None,
    hub: Hub | None,
    build: Path,
    schema: bytes | None = None,
    *,
    changes: Iterable[str] = (),
    strict: bool = False,
    card_rules: Mapping[str, Severity] | None = None,
    propose: bool = False,
    refusal: PackagerError | None = None,
) -> tuple[str, ...]:
    """Refuse a release that could not be carried out, or should not be, with everything that is wrong.

    Args:
        plan: None: no plan could be made, and `refusal` says why.
        hub: None: the Hub is not asked, as for a plan that is only shown.
        build: the folder of the build.
        schema: the project's schema file as it is now; None: the sources are not at hand.
        changes: what was changed since the build, a sentence each.
        strict: warnings stand in the way too; else they are returned.
        card_rules: the rules of the card that hold; None: as they are without a project.
        propose: it is to be a pull request.
        refusal: what stands in the way already; raised as it is if nothing else does.

    Raises:
        DataError: the build or what it says is wrong, perhaps among other things.
        EnvironmentFailure: the token will not do, or the Hub has moved on.
    """
    found = [
        *(Obstacle(change, is_data=True) for change in changes),
        *find_obstacles(plan, hub, build, schema, card_rules, propose=propose),
    ]
    if refusal is not None:
        found.insert(0, Obstacle(str(refusal), is_data=isinstance(refusal, DataError)))
    obstacles = [obstacle for obstacle in found if obstacle.stops or strict]
    if not obstacles:
        return tuple(obstacle.message for obstacle in found)
    if refusal is not None and len(obstacles) == 1:
        raise refusal
    text = "\n".join(obstacle.message for obstacle in obstacles)
    if len(obstacles) > 1:
        text = f"{len(obstacles)} things stand in the way, and nothing was sent:\n{text}"
    kind = EnvironmentFailure if refusal is None else type(refusal)
    raise (DataError if any(obstacle.is_data for obstacle in obstacles) else kind)(text)


def find_obstacles(  # noqa: PLR0913 - as above
    plan: ReleasePlan | None,
    hub: Hub | None,
    build: Path,
    schema: bytes | None = None,
    card_rules: Mapping[str, Severity] | None = None,
    *,
    propose: bool = False,
) -> tuple[Obstacle, ...]:
    """Return all that stands in the way, and the warnings; see `check_release`."""
    found: list[Obstacle] = []

    def check_folder() -> None:
        if plan is not None:
            check_build(plan, build)
        elif differences := verify_folder(build, load_build(build)):
            raise DataError(describe_differences(build, differences))

    def check_rights() -> None:
        if hub is not None:
            hub.check_login(writing=True)
            if plan is not None and plan.parent is not None:
                hub.check_write(plan.repo_id, pull_request=propose)

    for check in (check_folder, check_rights):
        try:
            check()
        except PackagerError as error:
            found.append(Obstacle(str(error), is_data=isinstance(error, DataError)))
    manifest = load_build(build)
    if schema is not None and hashlib.sha256(schema).hexdigest() != manifest.schema_sha256:
        found.append(Obstacle("the schema was changed since the build: run `packager build` again", True))
    found += _find_card_faults(build, manifest, card_rules)
    found += _find_shown_secrets(build, manifest, plan)
    return tuple(found)


def _find_card_faults(
    build: Path, manifest: Manifest, card_rules: Mapping[str, Severity] | None
) -> list[Obstacle]:
    """Judge the card: a wrong value stops a release, what is only missing is a warning."""
    if not (build / _CARD).is_file():
        return []  # as `check_build` says
    rows = sum(split.rows for split in manifest.splits)
    files = [file.path for file in manifest.files]
    held = {rule.id: rule.severity for rule in CARD_RULES} if card_rules is None else card_rules
    faults = lint_card((build / _CARD).read_bytes(), _CARD, rows=rows, files=files, severities=held)
    return [
        Obstacle(
            f"{fault.path}:{fault.line}: {fault.message} ({fault.rule})",
            is_data=True,
            stops=fault.severity is Severity.ERROR,
        )
        for fault in faults
    ]


def _find_shown_secrets(build: Path, manifest: Manifest, plan: ReleasePlan | None) -> list[Obstacle]:
    """Find secrets in the text files of a build; those in segments are found by the check."""
    names = ["manifest.json", *(file.path for file in manifest.files if file.rows is None)]
    texts = [
        (name, (build / name).read_bytes().decode("utf-8", "replace"))
        for name in names
        if (build / name).is_file()
    ]
    if plan is not None and plan.release is not None:
        texts.append(("the notes", plan.release.notes))
    return [
        Obstacle(
            f"{name}:{text.count(chr(10), 0, secret.start) + 1}: holds what looks like {secret.kind} "
            f"({secret.hint}): revoke it, take it out, and build again",
            is_data=True,
        )
        for name, text in texts
        for secret in find_secrets(text)
    ]
