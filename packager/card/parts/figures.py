"""The figures of a data set: at a glance, and by split. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packager.card.escape import code, table
from packager.card.parts.wording import hours

if TYPE_CHECKING:
    from packager.card.facts import CardFacts


def glance(facts: CardFacts) -> str:
    """Return what the data set holds, in one row."""
    seconds = [split.seconds for split in facts.splits if split.seconds is not None]
    known = bool(seconds) and len(seconds) == len(facts.splits)
    figures = {
        "Segments": f"{sum(split.rows for split in facts.splits):,}",
        "Recordings": f"{sum(split.recordings for split in facts.splits):,}",
        "Splits": f"{sum(split.recordings > 0 for split in facts.splits):,}",
    } | ({"Hours": hours(sum(seconds))} if known else {})
    return table([f"{name}:" for name in figures], [list(figures.values())])


def splits(facts: CardFacts) -> str:
    """Return a table of the splits, those without a recording too."""
    rows = [
        [code(split.name), f"{split.recordings:,}", f"{split.rows:,}", f"{split.shards:,}"]
        for split in facts.splits
    ]
    return table(["Split", "Recordings:", "Segments:", "Shards:"], rows)
