"""Segment files made for one test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from packager.model import SourceFile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def write_source(tmp_path: Path) -> Callable[[str, bytes], SourceFile]:
    def write(name: str, data: bytes) -> SourceFile:
        path = tmp_path / name
        path.write_bytes(data)
        return SourceFile(str(path), name, recording="recording", folder="folder")

    return write
