"""Write a report as JSON. Pure. A contract: keys may be added, never changed or taken away."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from packager.model import Severity
from packager.reports.wording import PLAIN, Setting

if TYPE_CHECKING:
    from packager.model import Problem, Report

VERSION: Final = 1


def to_json(report: Report, setting: Setting = PLAIN) -> str:
    """Return the report, with every problem, as one JSON object."""
    return json.dumps(to_document(report, setting), ensure_ascii=False, indent=2) + "\n"


def to_document(report: Report, setting: Setting = PLAIN) -> dict[str, object]:
    """Return what the JSON report says, as plain values; keys that would say nothing are left out."""
    return {
        "version": VERSION,
        "files": report.files,
        "segments": report.segments,
        "counts": {severity.value: report.count(severity) for severity in Severity},
        "not_read": dict(report.not_read),
        **({} if setting.known is None else {"known": setting.known}),
        **({"hidden": report.more} if report.more else {}),
        **({"warnings": list(report.warnings)} if report.warnings else {}),
        "problems": [_to_plain(problem) for problem in report.problems],
    }


def _to_plain(problem: Problem) -> dict[str, object]:
    document = asdict(problem)
    del document["found"]
    return document
