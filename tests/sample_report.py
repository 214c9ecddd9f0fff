"""A small report with every severity, and with names and messages that each format must escape."""

from __future__ import annotations

from packager.model import Problem, Report, Severity

ODD_NAME = "segments/a b,c:d%.jsonl"


def make_problem(
    path: str = "segments/a.jsonl",
    line: int = 1,
    rule: str = "text/empty",
    message: str = "nothing is said",
    severity: Severity = Severity.ERROR,
    pointer: str = "/Text",
) -> Problem:
    """Return a problem in column 7."""
    return Problem(path, line, 7, pointer, rule, severity, message)


def make_report(problems: int = 3) -> Report:
    """Return a report of three files and nine segments with up to three problems."""
    found = (
        make_problem(ODD_NAME, 2, "schema/required", 'the property "End" is missing', pointer=""),
        make_problem(ODD_NAME, 3, severity=Severity.WARNING, message="50%\nor\x1b less"),
        make_problem("segments/z.json", 1, "text/nfc", "write <é> & ]]> as one", Severity.NOTE),
    )
    return Report(files=3, segments=9, problems=found[:problems])
