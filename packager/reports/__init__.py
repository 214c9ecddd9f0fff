"""Write a report for people or machines: text, JSON, SARIF, annotations of GitHub, JUnit. Pure.

A format is a function of a `Report` and its `Setting` that returns the whole text. To add one, write it in a
file of its own, and a line in `FORMATS`; the command line names the same formats.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from packager.reports.document import to_document, to_json
from packager.reports.github import to_github, to_markdown
from packager.reports.junit import to_junit
from packager.reports.sarif import to_sarif
from packager.reports.text import to_text
from packager.reports.wording import RuleInfo, Setting, forget_lines, make_printable, say_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from packager.model import Report

__all__ = [
    "FORMATS",
    "RuleInfo",
    "Setting",
    "forget_lines",
    "make_printable",
    "say_number",
    "to_document",
    "to_github",
    "to_json",
    "to_junit",
    "to_markdown",
    "to_sarif",
    "to_text",
]


FORMATS: Final[dict[str, Callable[[Report, Setting], str]]] = {
    "text": to_text,
    "json": to_json,
    "sarif": to_sarif,
    "github": to_github,
    "junit": to_junit,
}
