"""What is wrong with a card's source, before it has a path."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """A problem before it has a path."""

    line: int
    column: int
    rule: str
    message: str
