"""What the check found, and what was left out. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from packager.card.escape import code, table

if TYPE_CHECKING:
    from packager.card.facts import CardFacts

_LISTED: Final = 50
"""How many dropped places a card names."""


def quality(facts: CardFacts) -> str:
    """Return what was left out, by rule and by place."""
    total = len(facts.dropped)
    if not total:
        return "Every segment of the sources kept the rules; nothing was left out."
    counts = Counter(rule for dropped in facts.dropped for rule in dropped.rules)
    most_first = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    places = [
        [
            code(f"{dropped.path}:{dropped.line}"),
            code(dropped.pointer),
            ", ".join(map(code, dropped.rules)),
        ]
        for dropped in facts.dropped[:_LISTED]
    ]
    parts = [
        "1 place of the sources broke a rule and was left out."
        if total == 1
        else f"{total:,} places of the sources broke a rule and were left out.",
        table(["Rule", "Broken:"], [[code(rule), f"{count:,}"] for rule, count in most_first]),
        table(["Place", "Pointer", "Rules"], places),
        *([f"… and {total - _LISTED:,} more."] if total > _LISTED else ()),
    ]
    return "\n\n".join(parts)
