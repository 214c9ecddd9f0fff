"""Figures and versions in words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packager.model import Version


def version_text(version: Version) -> str:
    """Return `X.Y.Z`."""
    return ".".join(map(str, version))


def tag_of(version: Version) -> str:
    """Return `vX.Y.Z`."""
    return f"v{version_text(version)}"


def hours(seconds: float) -> str:
    """Return how many hours so many seconds are.

    >>> hours(5400)
    '1.50'
    """
    count = seconds / 3600
    return f"{count:,.1f}" if count >= 10 else f"{count:.2f}"
