"""How a data set was made. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packager.card.escape import code

if TYPE_CHECKING:
    from packager.card.facts import CardFacts


def provenance(facts: CardFacts) -> str:
    """Return which tool made the data set, of what."""
    return (
        "Built by `segment-packager` from segments that were each checked against the schema whose sha256 is "
        f"{code(facts.schema_sha256)}."
    )
