"""Write a report as SARIF 2.1.0 (OASIS), which code scanning and editors read. Pure.

A problem's fingerprint is made of what it says and not of where it stands, so it stays when lines move.
GitHub refuses a run of more than 25,000 results: of more, the worst are told, and how many are not.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from packager.reports.wording import (
    PLAIN,
    Setting,
    count_rules,
    forget_lines,
    make_printable,
    say_number,
    select_problems,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from packager.model import Problem, Report

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_MOST: Final = 25_000


def to_sarif(report: Report, setting: Setting = PLAIN) -> str:
    """Return a log of one run, with what is known of each rule that was broken."""
    shown = select_problems(report.problems, _MOST)
    rules = [rule for rule, _ in count_rules(shown)]
    log = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _describe_tool(rules, setting)},
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": {
                    "%SRCROOT%": {"description": {"text": "The folder that paths are relative to."}}
                },
                "invocations": [
                    {
                        "executionSuccessful": True,
                        "toolExecutionNotifications": [
                            *_notify(len(report.problems) - len(shown), report.more)
                        ],
                    }
                ],
                "results": [*_list_results(shown, rules)],
            }
        ],
    }
    return json.dumps(log, ensure_ascii=False, indent=1) + "\n"


def _describe_tool(rules: Sequence[str], setting: Setting) -> dict[str, object]:
    version = {"version": setting.version} if setting.version else {}
    return {"name": "packager", **version, "rules": [_describe_rule(rule, setting) for rule in rules]}


def _describe_rule(rule: str, setting: Setting) -> dict[str, object]:
    about = setting.rules.get(rule)
    if about is None:
        return {"id": rule}
    page = {"helpUri": about.page} if about.page else {}
    return {
        "id": rule,
        "shortDescription": {"text": about.summary},
        "help": {"text": about.explanation, "markdown": about.explanation},
        "defaultConfiguration": {"level": about.severity.value},
        **page,
    }


def _notify(hidden: int, more: int) -> Iterator[dict[str, object]]:
    if more:
        message = f"{say_number(more, 'more problem')} not kept: of each file the first 10,000 are"
        yield {"level": "warning", "message": {"text": message}}
    if hidden:
        message = f"{say_number(hidden, 'more problem')} not told here: --format json tells all"
        yield {"level": "warning", "message": {"text": message}}


def _list_results(problems: Sequence[Problem], rules: Sequence[str]) -> Iterator[dict[str, object]]:
    index = {rule: number for number, rule in enumerate(rules)}
    seen: Counter[str] = Counter()
    for problem in problems:
        digest = _digest(problem)
        yield {
            "ruleId": problem.rule,
            "ruleIndex": index[problem.rule],
            "level": problem.severity.value,
            "message": {"text": make_printable(f"{problem.pointer} {problem.message}".lstrip())},
            "locations": [_locate(problem)],
            # Equal problems of a file are told apart by their order.
            "partialFingerprints": {"problem/v1": f"{digest}:{seen[digest]}"},
        }
        seen[digest] += 1


def _digest(problem: Problem) -> str:
    pointer, message = problem.fingerprint
    parts = (problem.path, problem.rule, pointer, forget_lines(message))
    from hashlib import sha256  # noqa: PLC0415 - every check imports this room, and OpenSSL loads slowly

    return sha256(json.dumps(parts).encode()).hexdigest()[:32]


def _locate(problem: Problem) -> dict[str, object]:
    location: dict[str, object] = {
        "physicalLocation": {
            "artifactLocation": _to_artifact(problem.path),
            "region": {"startLine": problem.line, "startColumn": problem.column},
        }
    }
    if problem.pointer:
        location["logicalLocations"] = [{"fullyQualifiedName": problem.pointer, "kind": "value"}]
    return location


def _to_artifact(path: str) -> dict[str, object]:
    """Return a path as a URI; quoting the colon keeps a name such as `a:b` from being read as a scheme."""
    uri = quote(path, safe="/")
    return {"uri": f"file://{uri}"} if path.startswith("/") else {"uri": uri, "uriBaseId": "%SRCROOT%"}
