"""Show the card of the latest build, lint its source, or write it as a page to look at."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

from packager.errors import DataError, UsageError
from packager.model import Report, Severity

if TYPE_CHECKING:
    import argparse

    from packager.config import Config

_ROWS: Final = 10  # of each split, on the page


def run_card(given: argparse.Namespace) -> int:
    """Do what the arguments of `packager card` say and return the exit code.

    Raises:
        UsageError: there is no build yet.
    """
    from pathlib import Path

    from packager.config import load_project

    config = load_project(Path(given.project) if given.project else None)
    if given.check and given.open:
        raise UsageError("--check judges the source, --open shows the build: leave out one of them")
    if given.out and not given.open:
        raise UsageError("--out is where --open writes: add --open")
    if given.check:
        return _check(given, config)
    card = config.root / "build" / "README.md"
    if not card.is_file():
        raise UsageError(f"there is no {card}: run `packager build` first")
    if given.open:
        return _open(given, config)
    sys.stdout.buffer.write(card.read_bytes())
    sys.stdout.buffer.flush()
    return 0


def _open(given: argparse.Namespace, config: Config) -> int:
    """Write the page of the latest build, print its path, and show it where there is a display."""
    import webbrowser
    from pathlib import Path

    from packager.card import Preview, render_page
    from packager.folders import load_build, state_folder
    from packager.parquet import read_first_rows

    build = config.root / "build"
    manifest = load_build(build)
    previews = []
    for split in manifest.splits:
        shards = [
            file for file in manifest.files if file.rows and file.path.startswith(f"data/{split.name}-")
        ]
        columns, rows = read_first_rows(build / shards[0].path, _ROWS) if shards else ((), [])
        previews.append(Preview(split.name, split.rows, columns, rows))
    pictures = {
        file.path: (build / file.path).read_bytes() for file in manifest.files if file.path.endswith(".svg")
    }
    page = render_page(config.repo_id, (build / "README.md").read_bytes(), previews, pictures)
    path = Path(given.out) if given.out else state_folder(config.root) / "card.html"
    path.write_bytes(page)
    print(path)
    if sys.platform in {"darwin", "win32"} or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        webbrowser.open(path.resolve().as_uri())
    return 0


def _check(given: argparse.Namespace, config: Config) -> int:
    from packager.card import RULES, lint_card
    from packager.reports import FORMATS, RuleInfo, Setting

    if config.card is None:
        raise UsageError(f"{config.root} has no dataset_card.md of its own: `packager init` writes one")
    name = config.card.relative_to(config.root).as_posix()
    report = Report(1, 0, lint_card(config.card.read_bytes(), name))
    rules = {rule: RuleInfo(f"Finds {what}.", "", severity) for rule, (severity, what) in RULES.items()}
    setting = Setting(rules=rules, files=(name,), strict=given.strict)
    print(FORMATS[given.format](report, setting), end="")
    failing = (Severity.ERROR, Severity.WARNING) if given.strict else (Severity.ERROR,)
    return DataError.exit_code if any(report.count(severity) for severity in failing) else 0
