"""A real segment of each split. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from packager.card.escape import code, table, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packager.card.facts import CardFacts, SplitFacts


def example(facts: CardFacts) -> str:
    """Return one segment of each split: the first that has all columns and a text of middling length."""
    shown = [block for split in facts.splits for block in _show(split)]
    return "\n\n".join(shown) or "No split holds a segment yet."


def _show(split: SplitFacts) -> Iterator[str]:
    if split.example is not None:
        yield f"From {code(split.name)}:"
        rows = [[code(name), _value(value)] for name, value in split.example.values if value is not None]
        yield table(["Field", "Value"], rows)


def _value(value: object) -> str:
    return text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
