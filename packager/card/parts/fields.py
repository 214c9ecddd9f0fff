"""The columns of a data set. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packager.card.escape import code, table, text

if TYPE_CHECKING:
    from packager.card.facts import CardFacts


def fields(facts: CardFacts) -> str:
    """Return a table of the columns."""
    rows = [
        [code(field.name), code(field.type), "yes" if field.nullable else "no", text(field.description)]
        for field in facts.fields
    ]
    return table(["Field", "Type", "May be null", "Description"], rows)
