"""Show the card of the latest build, or lint its source."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from packager.errors import DataError, UsageError
from packager.model import Report, Severity

if TYPE_CHECKING:
    import argparse

    from packager.config import Config


def run_card(given: argparse.Namespace) -> int:
    """Do what the arguments of `packager card` say and return the exit code.

    Raises:
        UsageError: there is no build yet.
    """
    from pathlib import Path

    from packager.config import load_project

    config = load_project(Path(given.project) if given.project else None)
    if given.check:
        return _check(given, config)
    card = config.root / "build" / "README.md"
    if not card.is_file():
        raise UsageError(f"there is no {card}: run `packager build` first")
    sys.stdout.buffer.write(card.read_bytes())
    sys.stdout.buffer.flush()
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
