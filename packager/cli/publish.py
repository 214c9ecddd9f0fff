"""The command publish: plan, show, act."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from packager.cli.terminal import remark, warn
from packager.errors import PackagerError, UsageError
from packager.reports import say_number

if TYPE_CHECKING:
    import argparse

    from packager.built import Manifest, Receipt, ReleasePlan
    from packager.config import Config
    from packager.hub import Hub
    from packager.publish import Wishes

_WARNINGS: Final = 20  # that a plan shows


def publish(
    config: Config, given: argparse.Namespace, endpoint: str | None, token: str | None
) -> tuple[dict[str, object], Receipt | None]:
    """Plan, show, act; return what the JSON form says, and the receipt unless it was a dry run."""
    from packager.files import default_build
    from packager.folders import load_build
    from packager.hub import connect_hub, is_loopback
    from packager.publish import (
        OvertakenError,
        Planner,
        check_repository,
        describe_diff,
        describe_plan,
        describe_wishes,
        publish_as_planned,
        write_receipt,
    )

    folder = given.build or default_build(config.root)
    load_build(folder)  # before anything else
    agreed, asked, wishes = read_wishes(config, given)
    say = partial(remark, quiet=given.quiet)
    hub = connect_hub(endpoint, token, say=say)
    check_repository(config.repo_id, loopback=is_loopback(hub.endpoint))  # before anything is asked there

    if agreed is not None and not _same_hub(agreed["endpoint"], hub.endpoint):
        raise UsageError(f"the plan is for {agreed['endpoint']}, and this would publish to {hub.endpoint}")
    planner = Planner(config, hub, folder, asked, wishes, say=say)
    try:
        plan = planner.plan()
    except PackagerError as error:
        _look_first(config, given, None, hub, folder, planner.manifest, wishes, error)
        raise
    if given.format == "text":
        print(_show_plan(plan, wishes), flush=True)
    document: dict[str, object] = {
        "version": 1,
        "plan": describe_plan(plan),
        "diff": None if planner.diff is None else describe_diff(planner.diff),
        "wishes": describe_wishes(asked, wishes),
        "receipt": None,
    }
    refusal = _disagreement(agreed, plan)
    warnings = _look_first(config, given, plan, hub, folder, planner.manifest, wishes, refusal)
    if given.format == "text":
        _show_warnings(warnings)
    else:
        warn(warnings, quiet=given.quiet)
    document["warnings"] = list(warnings)
    if given.dry_run:
        return document, None
    if wishes.pull_request and plan.published_as is None:
        return {**document, **_propose(plan, hub, folder, given.format)}, None
    try:
        receipt = publish_as_planned(plan, hub, folder, planner.plan, private=wishes.private)
    except OvertakenError:
        remark(f"what would be done now:\n{_show_plan(planner.plan(), wishes)}", quiet=False)
        raise
    document["receipt"] = asdict(receipt)
    write_receipt(config.root, receipt, folder, version("segment-packager"))
    if given.format == "text":
        print(_show_receipt(receipt))
    return document, receipt


def _disagreement(agreed: dict[str, Any] | None, plan: ReleasePlan) -> PackagerError | None:
    """Return why a plan is not the one that was agreed on; None if it is, or there is none."""
    from packager.publish import check_agreed

    try:
        if agreed is not None:
            check_agreed(agreed, plan)
    except PackagerError as error:
        return error
    return None


def _propose(plan: ReleasePlan, hub: Hub, folder: Path, form: str) -> dict[str, object]:
    """Open the release as a pull request, and say how it is finished."""
    from packager.publish import propose_release

    pull = propose_release(plan, hub, folder)
    if form == "text":
        did = "opened" if pull.created else "stands"
        print(f"{did}: {pull.url}; {say_number(len(pull.proven), 'file')} read back and hashed")
        print(f"merge it there, then run `packager publish` again: it sets the tag {plan.tag} and proves it")
    return {"pull_request": asdict(pull)}


def read_wishes(
    config: Config, given: argparse.Namespace
) -> tuple[dict[str, Any] | None, str | None, Wishes]:
    """Return the plan that was agreed on, if there is one, the version asked for, and the wishes."""
    from packager.publish import Wishes, read_document

    if given.plan is None:
        notes = _read_notes(given.notes)
        wishes = Wishes(notes, given.adopt, config.policy, given.private, given.pull_request)
        return None, given.version, wishes
    if given.version or given.notes or given.adopt or given.private or given.pull_request:
        raise UsageError(
            "--plan says all: leave out --version, --notes, --adopt, --private and --pull-request"
        )
    try:
        data = Path(given.plan).read_bytes()
    except OSError as error:
        raise UsageError(f"--plan {given.plan}: {error.strerror}") from error
    return read_document(data, given.plan)


def _read_notes(given: str | None) -> str:
    """Return the publisher's words: the text itself, or with `@` before it what that file says."""
    text = given or ""
    try:
        if text.startswith("@"):
            text = Path(text[1:]).read_bytes().decode()
        text.encode()  # an argument may hold what is no UTF-8
    except OSError as error:
        raise UsageError(f"--notes {given}: {error.strerror}") from error
    except UnicodeError as error:
        raise UsageError("--notes is not UTF-8") from error
    return "\n".join(text.strip().splitlines())


def _look_first(  # noqa: PLR0913, PLR0917 - all that may stand in the way
    config: Config,
    given: argparse.Namespace,
    plan: ReleasePlan | None,
    hub: Hub,
    folder: Path,
    manifest: Manifest,
    wishes: Wishes,
    refusal: PackagerError | None,
) -> tuple[str, ...]:
    """Refuse a release that something stands in the way of, with all of it; return the warnings."""
    from packager.check import find_card_severities
    from packager.hub import HubFailure
    from packager.publish import check_private, check_release

    schema, changes = _read_schema(config), _find_changes(config, folder, manifest, quiet=given.quiet)
    if refusal is None and plan is not None:
        if plan.published_as is not None and not given.dry_run and not given.strict:
            return changes  # nothing is sent, so nothing stands in the way
        try:
            if wishes.private and plan.parent is not None:
                check_private(plan, hub)
        except UsageError as error:
            refusal = error
    asked = None if given.dry_run or isinstance(refusal, HubFailure) else hub
    return check_release(
        plan,
        asked,
        folder,
        schema,
        changes=changes,
        strict=given.strict,
        card_rules=find_card_severities(config),
        propose=wishes.pull_request,
        refusal=refusal,
    )


def _read_schema(config: Config) -> bytes | None:
    """Return the schema as it is now; None if its file is not at hand."""
    from packager.config import shipped_file

    if config.schema is None:
        return shipped_file("segment.schema.json")
    return config.schema.read_bytes() if config.schema.is_file() else None


def _find_changes(config: Config, build: Path, manifest: Manifest, *, quiet: bool) -> tuple[str, ...]:
    """Return what was changed since the build; say it if that cannot be known."""
    from packager.check import find_project_sources
    from packager.store import find_changed_origins, look_at_origins, read_stamp

    try:
        sources = find_project_sources(config, build).sources
    except UsageError:  # no file matches
        remark("the sources are not at hand, so the build may be out of date", quiet=quiet)
        return ()
    stamps = ((source, read_stamp(source.place)) for source in sources)
    found = find_changed_origins(config.root, build, manifest, look_at_origins(config, stamps))
    if found.note:
        remark(found.note, quiet=quiet)
    return found.changes


def _show_plan(plan: ReleasePlan, wishes: Wishes) -> str:
    from packager.publish import is_staged

    where = f"{plan.repo_id} at {plan.endpoint}"
    if plan.published_as is not None:
        return f"nothing changed: {where} already holds this build as {plan.published_as}"
    lines = [f"plan: publish {plan.tag} of {where}"]
    lines += [f"  version {plan.version}: {plan.why}"] if plan.why else []
    if plan.release is not None:
        lines += [f"  news   {sentence}" for sentence in plan.release.news]
    if plan.parent is None:
        lines.append(f"  the repository is new{', and private' * wishes.private}")
    lines += [f"  add    {file.path} ({file.size:,} bytes)" for file in plan.add]
    lines += [f"  keep   {file.path}" for file in plan.keep]
    lines += [f"  delete {path}" for path in plan.delete]
    lines += [f"  taken over although others wrote it: {path}" for path in plan.adopt]
    if plan.tag_commit is not None:
        lines.append(
            f"  the commit {plan.tag_commit[:12]} already holds these files; only the tag is missing"
        )
    elif wishes.pull_request:
        lines.append(f"  one pull request of {plan.send_bytes:,} bytes, and no tag before it is merged")
    elif is_staged(plan):
        lines.append(
            f"  {plan.send_bytes:,} bytes, too many files for one commit: staged in a pull request, which is "
            f"merged at once; then the tag {plan.tag}"
        )
    else:
        lines.append(f"  one commit of {plan.send_bytes:,} bytes, then the tag {plan.tag}")
    return "\n".join(lines)


def _show_warnings(warnings: tuple[str, ...]) -> None:
    for warning in warnings[:_WARNINGS]:
        print(f"  warning: {warning}")
    if len(warnings) > _WARNINGS:
        print(f"  and {len(warnings) - _WARNINGS} more warnings; --format json has all of them", flush=True)


def _same_hub(one: str, other: str) -> bool:
    """Return whether these are one Hub; that of a rehearsal listens at another port every time."""
    from packager.hub import is_loopback

    return one == other or (is_loopback(one) and is_loopback(other))


def _show_receipt(receipt: Receipt) -> str:
    did = "published" if receipt.created else "stands"
    proof = f"{say_number(len(receipt.proven), 'file')} read back and hashed"
    if receipt.listed:
        proof += f", {say_number(len(receipt.listed), 'file')} by the sha256 that the Hub lists"
    return f"{did}: {receipt.repo_id} v{receipt.version} (commit {receipt.commit[:12]}); proven: {proof}"
