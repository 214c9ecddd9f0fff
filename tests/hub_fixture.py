"""A fresh rehearsal Hub for one test; tests/conftest.py imports it, so that every test can ask for it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import pytest

from packager.rehearsal import run_hub

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from packager.rehearsal import HubAddress


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubAddress]:
    # huggingface_hub 2.4 uploads large files with an argument that its HTTP library is giving up. pytest
    # puts the filters back after the test.
    warnings.filterwarnings("ignore", "Use 'content=", DeprecationWarning)
    with run_hub(tmp_path / "hub") as address:
        yield address
