"""Put files where they stay: whole, and still there after a power cut. The only place that knows how.

What is to be kept is written elsewhere first, on the same file system, and then placed.
"""

from __future__ import annotations

import os
from pathlib import Path


def place_file(made: Path, place: Path) -> None:
    """Move a finished file to its place, replacing what is there; the folder must exist."""
    with made.open("r+b") as file:
        os.fsync(file.fileno())
    made.replace(place)
    sync_folder(place.parent)


def write_file(place: Path, content: bytes, beside: Path) -> None:
    """Write a file through a name `beside` it that nobody looks at."""
    beside.write_bytes(content)
    place_file(beside, place)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last; where a folder cannot be opened, the system does it by itself."""
    if hasattr(os, "O_DIRECTORY"):
        opened = os.open(folder, os.O_DIRECTORY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
