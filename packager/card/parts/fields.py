"""The columns of a data set. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packager.card.escape import code, table, text
from packager.card.wording import share

if TYPE_CHECKING:
    from packager.card.facts import CardFacts


def fields(facts: CardFacts) -> str:
    """Return a table of the columns."""
    columns = {
        "Field": [code(field.name) for field in facts.fields],
        "Type": [code(field.type) for field in facts.fields],
        "May be null": ["yes" if field.nullable else "no" for field in facts.fields],
        "Description": [text(field.description) for field in facts.fields],
    }
    if any(field.constraint for field in facts.fields):
        columns["Constraint"] = [text(field.constraint) for field in facts.fields]
    if any(field.example for field in facts.fields):
        columns["Example"] = [text(field.example) for field in facts.fields]
    if facts.statistics and facts.statistics.totals.segments:
        filled, rows = dict(facts.statistics.filled), facts.statistics.totals.segments
        columns["Filled:"] = [share(filled.get(field.name, 0), rows) for field in facts.fields]
    return table(list(columns), [list(row) for row in zip(*columns.values(), strict=True)])
