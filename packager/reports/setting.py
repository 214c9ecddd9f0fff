"""What a report says besides its problems. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packager.model import Severity


class RuleInfo(NamedTuple):
    """What a report can say about a rule itself."""

    summary: str
    """One sentence: what the rule finds."""
    explanation: str
    """Why it matters and what to do, in Markdown."""
    severity: Severity
    """Unless the project changes it."""
    page: str = ""
    """The address of its page; empty if it has none."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How and with what a report is written; a format takes from it what it can say."""

    version: str = ""
    """Of the tool; empty if it is not to be told."""
    rules: Mapping[str, RuleInfo] = field(default_factory=dict)
    """By id. A rule that is not here is told by its id alone."""
    files: tuple[str, ...] = ()
    """Every file that was checked; those with problems need not be among them."""
    known: int | None = None
    """How many problems a baseline took out of the report; None: there is no baseline."""
    strict: bool = False
    """Whether a warning fails the check too."""
    colour: bool = False
    """Whether the text is for a terminal: with colours and a heading for each file."""


PLAIN: Final = Setting()
