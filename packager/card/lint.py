"""Judge what a person wrote in the card, offline: values that the Hub knows, and what is left to do. Pure.

A wrong value is an error; what is only missing (a licence, the answer to a prompt, the text of a section) is
a warning. A rule is a function and a line in `RULES`; its id keeps its meaning for ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from packager.card.lint_body import judge_body
from packager.card.lint_front import judge_front
from packager.card.source import read_card
from packager.model import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packager.card.fault import Fault

RULES: Final = {
    "card/bom": (Severity.ERROR, "a byte order mark, which hides the front matter"),
    "card/configs": (Severity.ERROR, "a pattern of `configs` that matches no file of the build"),
    "card/duplicate-key": (Severity.ERROR, "a key of the front matter that stands there twice"),
    "card/empty-section": (Severity.WARNING, "a heading without a text"),
    "card/encoding": (Severity.ERROR, "bytes that are not UTF-8"),
    "card/language": (
        Severity.ERROR,
        "a language that is no code of ISO 639, or no BCP 47 tag where one belongs",
    ),
    "card/license": (
        Severity.ERROR,
        "a licence that the Hub does not know, or `other` without name and link",
    ),
    "card/link": (Severity.ERROR, "a link that leads nowhere by its form"),
    "card/marker": (Severity.ERROR, "a marker of a part without its partner, doubled, nested or unknown"),
    "card/no-license": (Severity.WARNING, "no licence"),
    "card/norway": (Severity.ERROR, "a language that YAML reads as true or false"),
    "card/placeholder": (Severity.WARNING, "a placeholder of a template"),
    "card/prompt": (Severity.WARNING, "a prompt of the template that nobody has answered"),
    "card/size": (Severity.ERROR, "a size category that there is not, or not that of the rows"),
    "card/task": (Severity.ERROR, "a task category that the Hub does not know"),
    "card/task-id": (Severity.ERROR, "a task id that the Hub does not know"),
    "card/value": (Severity.ERROR, "a value of a kind that the Hub refuses"),
    "card/yaml": (Severity.ERROR, "front matter that is no YAML, or not what all readers take for it"),
}
"""Every rule of the card: how bad, and what it finds."""


def lint_card(
    source: bytes, name: str, *, rows: int | None = None, files: Sequence[str] = ()
) -> tuple[Problem, ...]:
    """Return every problem of a card, sorted by place; `name` is their path.

    `rows` and `files` are those of the build whose README.md this is; None: it is a source, and whatever it
    says in the keys of the tool is written anew.
    """
    card = read_card(source)
    faults: list[Fault] = list(card.faults)
    if not faults:
        faults += judge_front(card, rows, files)
        faults += judge_body(card)
    return tuple(
        sorted(
            Problem(name, fault.line, fault.column, "", fault.rule, RULES[fault.rule][0], fault.message)
            for fault in faults
        )
    )
