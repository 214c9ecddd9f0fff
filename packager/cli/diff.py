"""The command `diff`: what differs between two builds or versions, and which version that asks for."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packager.built import parse_version
from packager.cli.terminal import print_json, remark
from packager.config import Config, find_project, load_project
from packager.diff import describe_news, judge_diff
from packager.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from packager.built import Recording
    from packager.diff import Edit, ManifestDiff, RecordingDiff
    from packager.publish import Side


def run_diff(given: argparse.Namespace) -> int:
    """Print what differs."""
    from packager.publish import compare_sides, name_parts

    root = given.project or find_project(Path.cwd())
    config = None if root is None else load_project(root, given.allow)
    old, new = _open(given, config, given.old), _open(given, config, given.new)
    named = config or Config(Path.cwd())
    with tempfile.TemporaryDirectory(prefix="packager-diff-") as cache:
        diff = compare_sides(old, new, name_parts(named), Path(cache) if given.details else None)
    level, cause = judge_diff(diff, policy=named.policy)
    judged = {"policy": named.policy, "level": level.name, "cause": cause}
    match given.format:
        case "json":
            document = {"version": 1, "old": old.name, "new": new.name, **judged, **_as_document(diff)}
            print_json(document)
        case "markdown":
            _print_markdown(old, new, diff, judged)
        case _:
            for sentence in describe_news(diff) or ("Nothing differs.",):
                print(_visible(sentence))
            print(f"{level.name} by the policy {named.policy}: {cause}")
            if given.details:
                for line in _details(diff):
                    print(line)
            elif diff.changed:
                remark("--details reads the recordings that changed", quiet=given.quiet)
    return 0


def _open(given: argparse.Namespace, config: Config | None, what: str) -> Side:
    from packager.hub import connect_hub
    from packager.publish import open_folder, open_version

    repo_id, at, revision = what.rpartition("@")
    if not at and parse_version(what.removeprefix("v")) and what.startswith("v") and not Path(what).is_dir():
        if config is None:
            raise UsageError(
                f"{what} is a version of a project: name it with --project DIR, or give NAME@{what}"
            )
        repo_id, revision = config.repo_id, what
    elif not at or Path(what).is_dir():
        return open_folder(Path(what))
    hub = connect_hub(given.endpoint, say=lambda message: remark(message, quiet=given.quiet))
    return open_version(hub, repo_id, revision)


def _print_markdown(old: Side, new: Side, diff: ManifestDiff, judged: dict[str, str]) -> None:
    from packager.card import paragraph

    print(f"## {paragraph(f'From {old.name} to {new.name}')}\n")
    for sentence in describe_news(diff) or ("Nothing differs.",):
        print(f"* {paragraph(sentence)}")
    print(f"\n{judged['level']} by the policy {judged['policy']}: {paragraph(judged['cause'])}")
    if diff.rows:
        print("\n| recording | added | removed | changed | text | retimed | speaker | other |")
        print("|---|--:|--:|--:|--:|--:|--:|--:|")
        for each in diff.rows.recordings:
            name = paragraph(each.name).replace("|", "&#124;")
            counts = (each.added, each.removed, each.changed, each.text)
            cells = (*counts, each.retimed, each.speaker, each.other)
            print(f"| {name} | {' | '.join(map(str, cells))} |")


def _details(diff: ManifestDiff) -> Iterator[str]:
    yield from (f"+ {_shown(each.name)} {each.split} {each.segments}" for each in diff.added)
    yield from (f"- {_shown(each.name)} {each.split} {each.segments}" for each in diff.removed)
    yield from (f"> {_shown(old.name)} {old.split} -> {new.split}" for old, new in diff.moved)
    for each in diff.rows.recordings if diff.rows else ():
        yield f"~ {_shown(each.name)} +{each.added} -{each.removed} ~{each.changed}"
        yield from (f"    {_describe(edit)}" for edit in each.edits)
    yield from (f"* {path}" for path in (*diff.files, *diff.shards))


def _describe(edit: Edit) -> str:
    numbers = "-".join(str(row.number) for row in (edit.old, edit.new) if row is not None)
    told = [f"{kind}: {_change(edit, kind)}" for kind in edit.kinds]
    return f"{numbers} {'; '.join(told)}"


def _change(edit: Edit, kind: str) -> str:
    sides = [_part(row, kind) for row in (edit.old, edit.new) if row is not None]
    return " -> ".join(_shown(side) for side in sides)


def _part(row: Any, kind: str) -> object:  # noqa: ANN401 - a row; its parts are any values
    match kind:
        case "retimed":
            return f"{row.start} to {row.end}"
        case "speaker" | "other":
            return getattr(row, kind)
        case _:
            return row.text


def _shown(value: object) -> str:
    return _visible(json.dumps(value, ensure_ascii=False))


def _visible(text: str) -> str:
    return "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in text)


def _as_document(diff: ManifestDiff) -> dict[str, object]:
    return {
        "news": list(describe_news(diff)),
        "segments": {"old": diff.old_segments, "new": diff.new_segments},
        "recordings": {
            "added": [_recording(each) for each in diff.added],
            "removed": [_recording(each) for each in diff.removed],
            "changed": [{"old": _recording(old), "new": _recording(new)} for old, new in diff.changed],
            "moved": [{"old": _recording(old), "new": _recording(new)} for old, new in diff.moved],
        },
        "columns": {
            "added": [asdict(each) for each in diff.columns_added],
            "removed": [asdict(each) for each in diff.columns_removed],
            "retyped": [{"old": asdict(old), "new": asdict(new)} for old, new in diff.columns_retyped],
            "loosened": list(diff.columns_loosened),
            "tightened": list(diff.columns_tightened),
            "reordered": diff.reordered,
        },
        "files": [*diff.files, *diff.shards],
        "rows": None if diff.rows is None else [_rows(each) for each in diff.rows.recordings],
    }


def _recording(each: Recording) -> dict[str, object]:
    return {"name": each.name, "split": each.split, "segments": each.segments}


def _rows(each: RecordingDiff) -> dict[str, object]:
    edits = [{"kinds": list(edit.kinds), **asdict(edit)} for edit in each.edits]
    return {**asdict(each), "edits": edits}
