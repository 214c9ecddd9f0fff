"""Judge what a person wrote in the card, offline: values that the Hub knows, and what is left to do. Pure.

A wrong value is an error; what is only missing (a licence, the answer to a prompt, the text of a section)
is a warning; dataset.toml may say otherwise. A rule is a function here and an entry of `CARD_RULES`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from packager.card.lint_body import judge_body
from packager.card.lint_front import judge_front
from packager.card.source import read_card
from packager.card_rules import CARD_RULES
from packager.model import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
_DEFAULTS: Final = {rule.id: rule.severity for rule in CARD_RULES}


def lint_card(
    source: bytes,
    name: str,
    *,
    severities: Mapping[str, Severity] = _DEFAULTS,
    rows: int | None = None,
    files: Sequence[str] = (),
) -> tuple[Problem, ...]:
    """Return every problem of a card, sorted by place; `name` is their path.

    `severities` are the rules that hold, by id; what keeps a card from being rendered is always an error.

    `rows` and `files` are those of the build whose README.md this is; None: it is a source, and whatever it
    says in the keys of the tool is written anew.
    """
    card = read_card(source)
    if card.faults:
        found = [(fault, Severity.ERROR) for fault in card.faults]
    else:
        faults = (*judge_front(card, rows, files), *judge_body(card))
        found = [(fault, severities[fault.rule]) for fault in faults if fault.rule in severities]
    return tuple(
        sorted(
            Problem(name, fault.line, fault.column, "", fault.rule, severity, fault.message)
            for fault, severity in found
        )
    )
