"""Read what a card promises to programs: the splits with their rows, and the columns. Pure."""

from __future__ import annotations

from typing import NamedTuple

from packager.card.front import read_entries
from packager.card.source import read_card


class Promises(NamedTuple):
    """What `dataset_info` says."""

    splits: tuple[tuple[str, int], ...]
    """Names and rows."""
    features: tuple[str, ...]
    """The names of the columns."""


def read_promises(source: bytes) -> Promises | None:
    """Return what the card of a data set with one config says of it; None if it says nothing, or is wrong."""
    card = read_card(source)
    if card.faults:
        return None
    found = {entry.path: entry.value for entry in read_entries(card.whole_front)}
    if ("dataset_info",) not in found:
        return None
    splits = _list(found, "splits", "name", "num_examples")
    features = _list(found, "features", "name")
    return Promises(
        tuple((str(name), rows) for name, rows in splits if isinstance(rows, int)),
        tuple(str(name) for (name,) in features),
    )


def _list(found: dict[tuple[str | int, ...], object], key: str, *fields: str) -> list[tuple[object, ...]]:
    entries = found.get(("dataset_info", key))
    count = len(entries) if isinstance(entries, list) else 0
    return [
        tuple(found.get(("dataset_info", key, index, field)) for field in fields) for index in range(count)
    ]
