"""Have blocks of lines framed, however small, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packager.check.proof import Proof

if TYPE_CHECKING:
    import pytest


class Blocks:
    """Builds with frames of small blocks, and without any."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.patch = patch
        self.frames = 0
        """How many blocks had one."""
        self.real = Proof.frame

    def frame_all(self, block_bytes: int) -> None:
        """Frame every block, of so many bytes."""

        def watch(proof: Proof, run: bytes) -> object:
            found = self.real(proof, run)
            self.frames += found is not None
            return found

        self.patch.setattr(Proof, "frame", watch)
        self.patch.setattr("packager.check.judge.LEAST_WITH_ARROW", 1)
        self.patch.setattr("packager.check.proof._LEAST_BYTES", 1)
        self.patch.setattr("packager.reading.records._WIDE_BYTES", block_bytes)

    def frame_nothing(self) -> None:
        """Take every block as one that has no proof."""
        self.patch.undo()
        self.patch.setattr(Proof, "frame", lambda *_: None)
        self.patch.setattr(Proof, "spell", lambda *_: None)
