"""What a data set holds, counted: whole numbers, exact, whatever the number of jobs. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packager.model import Totals

if TYPE_CHECKING:
    from packager.model import Manifest


def total(manifest: Manifest) -> Totals:
    """Return what the data set of a manifest holds in all; of one without statistics, what its lists tell."""
    segments = sum(split.rows for split in manifest.splits)
    return Totals(len(manifest.recordings), segments, None, None, None, None)
