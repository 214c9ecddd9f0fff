"""What differs within recordings: segments added, removed, changed. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RecordingDiff:
    """What differs between the segments of one recording in two versions; counts of segments.

    A segment that was changed in several ways counts under each of `retimed`, `text`, `speaker` and `other`.
    """

    name: str
    added: int = 0
    removed: int = 0
    changed: int = 0
    """In any of the ways below."""
    retimed: int = 0
    text: int = 0
    speaker: int = 0
    other: int = 0


@dataclass(frozen=True, slots=True)
class RowDiff:
    """What differs within the recordings whose digests differ, as far as their rows were read."""

    recordings: tuple[RecordingDiff, ...]
    """Sorted by name; those in which nothing differs too, such as where a column is new and no value."""
