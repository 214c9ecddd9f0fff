"""Figures and versions in words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packager.built import version_text

if TYPE_CHECKING:
    from packager.built import Version


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


def decimals(count: int, unit: int) -> str:
    """Return so many parts of a unit with as many decimals, rounded down.

    >>> decimals(153, 10)
    '15.3'
    """
    digits = len(str(unit)) - 1
    return f"{count // unit:,}.{count % unit:0{digits}d}"


def seconds_text(nanoseconds: int) -> str:
    """Return a length in seconds, to a hundredth.

    >>> seconds_text(7_250_000_000)
    '7.25 s'
    """
    return f"{decimals(nanoseconds // 10**7, 100)} s"


def share(part: int, whole: int) -> str:
    """Return a share in per cent, to a tenth.

    >>> share(1, 3)
    '33.3 %'
    """
    return f"{decimals(part * 1000 // whole, 10)} %" if whole else ""
