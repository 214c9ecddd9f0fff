"""Show the card of the latest build, lint its source, or write it as a page to look at."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packager.cli.terminal import remark
from packager.errors import DataError, UsageError
from packager.model import Report, Severity

if TYPE_CHECKING:
    import argparse

    from packager.config import Config
    from packager.model import Problem
    from packager.reports import RuleInfo

_ROWS: Final = 10  # of each split, on the page


def run_card(given: argparse.Namespace) -> int:
    """Do what the arguments of `packager card` say and return the exit code.

    Raises:
        UsageError: there is no build yet.
    """
    from packager.config import load_project
    from packager.files import default_build

    config = load_project(given.project, given.allow)
    if given.check + given.open + given.merge > 1:
        raise UsageError("--check, --open and --merge do different things: take one")
    if given.out and not given.open:
        raise UsageError("--out is where --open writes: add --open")
    if given.merge:
        return _merge(given, config)
    if given.check:
        return _check(given, config)
    card = default_build(config.root) / "README.md"
    if not card.is_file():
        raise UsageError(f"there is no {card}: run `packager build` first")
    if given.open:
        return _open(given, config)
    sys.stdout.buffer.write(_read_built(config, "README.md"))
    sys.stdout.buffer.flush()
    return 0


def _open(given: argparse.Namespace, config: Config) -> int:
    """Write the page of the latest build, print its path, and show it where there is a display."""
    import webbrowser

    from packager.card import Preview, render_page
    from packager.files import state_folder, write_whole
    from packager.folders import load_build
    from packager.parquet import read_first_rows

    build = config.root / "build"
    manifest = load_build(build)
    if gone := [file.path for file in manifest.files if not (build / file.path).is_file()]:
        raise DataError(f"{build} lacks {gone[0]}: run `packager build` again")
    previews = []
    for split in manifest.splits:
        shards = [
            file for file in manifest.files if file.rows and file.path.startswith(f"data/{split.name}-")
        ]
        place = _find_built(config, shards[0].path) if shards else None
        columns, rows = ((), []) if place is None else read_first_rows(place, _ROWS)
        previews.append(Preview(split.name, split.rows, columns, rows))
    pictures = {
        file.path: _read_built(config, file.path) for file in manifest.files if file.path.endswith(".svg")
    }
    page = render_page(config.repo_id, _read_built(config, "README.md"), previews, pictures)
    if given.out:
        path = given.out
        path.write_bytes(page)
    else:
        path = state_folder(config.root) / "card.html"
        write_whole(path, page)
    print(path)
    if sys.platform in {"darwin", "win32"} or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        webbrowser.open(path.resolve().as_uri())
    return 0


def _find_built(config: Config, path: str) -> Path:
    """Return where a file of the latest build lies; a build that came with a repository may hold links."""
    return Path(config.bounds.follow(config.root / "build" / path, f"build/{path}"))


def _read_built(config: Config, path: str) -> bytes:
    return _find_built(config, path).read_bytes()


def _merge(given: argparse.Namespace, config: Config) -> int:
    """Bring into the project's card what was edited in README.md on the Hub since the latest release."""
    from packager.card import merge_card
    from packager.config import CARD_NAME, read_card
    from packager.files import write_whole
    from packager.hub import connect_hub
    from packager.publish import read_edited_card

    hub = connect_hub(given.endpoint, None, say=lambda message: remark(message, quiet=given.quiet))
    edited = read_edited_card(hub, hub.read_state(config.repo_id)).edited_card
    if edited is None:
        print(f"README.md of {config.repo_id} was not edited since the latest release")
        return 0
    merged = merge_card(edited.base, read_card(config), edited.theirs)
    if isinstance(merged, tuple):
        print(_show(merged, "README.md", given.format, strict=False), end="")
        return DataError.exit_code
    path = config.bounds.follow(config.card or config.root / CARD_NAME, config.card_name)
    write_whole(Path(path), merged)
    print(f"{path} has what was edited in README.md of {config.repo_id} since {edited.tag}")
    return 0


def refuse_warnings(config: Config, form: str) -> None:
    """Refuse a project whose card has warnings, and print them.

    Raises:
        DataError: it has.
    """
    failing = {Severity.ERROR, Severity.WARNING}
    from packager.reports import say_number

    problems, name = lint_source(config), config.card_name
    problems = tuple(each for each in problems if each.severity in failing)
    if problems:
        print(_show(problems, name, form, strict=True), end="")
        count = say_number(len(problems), "warning")
        raise DataError(f"nothing was built: {name} has {count} or worse, and --strict lets none pass")


def _check(given: argparse.Namespace, config: Config) -> int:
    if config.card is None:
        raise UsageError(f"{config.root} has no dataset_card.md of its own: `packager init` writes one")
    problems, name = lint_source(config), config.card_name
    print(_show(problems, name, given.format, strict=given.strict), end="")
    failing = {Severity.ERROR, Severity.WARNING} if given.strict else {Severity.ERROR}
    return DataError.exit_code if any(problem.severity in failing for problem in problems) else 0


def lint_source(config: Config) -> tuple[Problem, ...]:
    """Return what is wrong with the source of the card."""
    from packager.card import lint_card
    from packager.check import find_card_severities
    from packager.config import read_card

    source = read_card(config)
    return lint_card(source, config.card_name, severities=find_card_severities(config))


def _show(problems: tuple[Problem, ...], name: str, form: str, *, strict: bool) -> str:
    from packager.reports import FORMATS, Setting

    setting = Setting(rules=describe_rules(), files=(name,), strict=strict)
    return FORMATS[form](Report(1, 0, problems), setting)


def describe_rules() -> dict[str, RuleInfo]:
    """Return what a report says of each rule, by its id."""
    from packager.card_rules import CARD_RULES
    from packager.check import RULES
    from packager.reports import RuleInfo

    return {
        rule.id: RuleInfo(f"Finds {rule.summary}.", rule.explanation, rule.severity)
        for rule in (*RULES, *CARD_RULES)
    }
