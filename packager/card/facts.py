"""What a card is told. Pure values, made by the build."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from packager.built import Totals

if TYPE_CHECKING:
    from packager.built import Dropped, Statistics
    from packager.statistics import Example, Speaker


@dataclass(frozen=True, slots=True)
class SplitFacts:
    """What a card says of one split."""

    name: str
    recordings: int
    """0: the split is in the tables, and not in the front matter."""
    rows: int
    shards: int
    num_bytes: int
    """Size of its rows in memory, as `datasets` counts it."""
    file_bytes: int
    """Size of its shards."""
    seconds: float | None
    """Sum of the lengths of its segments; None if the segments have no times."""
    statistics: Statistics | None = None
    example: Example | None = None


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """What a card says of one column."""

    name: str
    type: str
    nullable: bool
    description: str
    """May be empty."""
    constraint: str = ""
    """What the schema demands beyond the type; may be empty."""
    example: str = ""
    """A value of the example, as JSON; empty if it is null."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """Rules that the project does not judge, or judges less, or only in some files."""

    rules: str
    """As dataset.toml names them."""
    files: str
    """A pattern; empty: all."""
    reason: str
    """May be empty."""


@dataclass(frozen=True, slots=True)
class CardFacts:
    """All that the generated parts of a card say."""

    repo_id: str
    splits: tuple[SplitFacts, ...]
    fields: tuple[FieldFacts, ...]
    features: list[dict[str, object]]
    """Ready for YAML, as `datasets` writes it under `dataset_info.features`."""
    dropped: tuple[Dropped, ...]
    schema_sha256: str
    statistics: Statistics | None = None
    """Of all splits."""
    speakers: tuple[tuple[str, Speaker], ...] = ()
    """Who says most, first."""
    rules: tuple[tuple[str, str], ...] = ()
    """The rules that ran, whose findings stop a build or leave a segment out: id, and what each finds."""
    counts: tuple[tuple[str, int], ...] = ()
    """What was found in all: `error`, `warning` and `note`, and how many."""
    waivers: tuple[Waiver, ...] = ()
    sources_sha256: str = ""
    tool_version: str = ""
    languages: tuple[str, ...] = ()
    title: str = ""
    authors: tuple[str, ...] = ()
    doi: str = ""

    @property
    def subject(self) -> Subject:
        """What the parts say that depend on the release."""
        filled = sorted((split for split in self.splits if split.recordings), key=lambda split: split.name)
        recordings, rows = sum(split.recordings for split in filled), sum(split.rows for split in filled)
        if self.statistics:
            totals = self.statistics.totals
        else:
            totals = Totals(recordings, rows, None, None, None, None)
        return Subject(self.repo_id, tuple((split.name, split.shards) for split in filled), totals)


@dataclass(frozen=True, slots=True)
class Subject:
    """What the parts say that depend on the release, beside the release: all of it is in the manifest."""

    repo_id: str
    shards: tuple[tuple[str, int], ...]
    """The splits that received a recording, by name, and how many shards each has."""
    totals: Totals
