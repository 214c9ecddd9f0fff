"""One set of facts that most tests of the card share."""

from __future__ import annotations

import pytest

from packager.card import CardFacts, FieldFacts, SplitFacts


@pytest.fixture(scope="session")
def facts() -> CardFacts:
    return CardFacts(
        repo_id="me/podcast-turns",
        splits=(
            SplitFacts("train", 3, 1500, 2, 4000, 2000, 3600.0),
            SplitFacts("validation", 0, 0, 0, 0, 0, 0.0),
            SplitFacts("test", 1, 34, 1, 90, 70, 1800.0),
        ),
        fields=(
            FieldFacts("recording", "string", nullable=False, description=""),
            FieldFacts("start_seconds", "float64", nullable=True, description="Start, in seconds."),
        ),
        features=[
            {"name": "recording", "dtype": "string"},
            {"name": "start_seconds", "dtype": "float64"},
        ],
        dropped=(),
        schema_sha256="5ec7" * 16,
    )
