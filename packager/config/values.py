"""What dataset.toml says, as frozen values. Pure, but that paths are values here."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from packager.config.bounds import Bounds
from packager.model import Deal, SplitRatio

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ONE_SPLIT: Final = (SplitRatio("train", Decimal(1)),)
PATTERNS: Final = ("segments/**/*.json", "segments/**/*.jsonl", "segments/**/*.ndjson")
POLICIES: Final = ("tfds", "datapackage")
"""Names of the policies by which `diff` chooses a version; the first is the default."""


@dataclass(frozen=True, slots=True)
class Choices:
    """Which rules are judged, and how bad what they find is; as written, for the check to understand.

    A rule is named by its id, its family (`text`) or a pattern of either (`text/*`).
    """

    select: tuple[str, ...] = ()
    """Empty: all."""
    ignore: tuple[str, ...] = ()
    severity: tuple[tuple[str, str], ...] = ()
    """Rules and `error`, `warning`, `note` or `off`, in the order of the file."""
    reason: str = ""
    """Why this differs from what all rules say; for the readers of the card. May be empty."""


_ALL_RULES: Final = Choices()


@dataclass(frozen=True, slots=True)
class Checks:
    """The table [check]."""

    text: str = "Text"
    """The property that holds what is said; rules about it are silent if the schema lacks such a string."""
    speaker: str = "Speaker"
    """The property that names who says it; likewise."""
    formats: bool = True
    """Whether the schema's `format` is asserted."""
    choices: Choices = _ALL_RULES
    limits: tuple[tuple[str, float], ...] = ()
    """Thresholds that differ from their defaults, by name."""
    paths: tuple[tuple[str, Choices], ...] = ()
    """Patterns, as those of `segments`, and what else holds for the files that match them."""


DEFAULT_CHECKS: Final = Checks()


@dataclass(frozen=True, slots=True)
class Config:
    """One dataset project. Every path is absolute."""

    root: Path
    repo_id: str = ""
    """Empty only where files are checked without a project."""
    segments: tuple[str, ...] = PATTERNS
    schema: Path | None = None
    """None: the schema that is shipped with the tool."""
    card: Path | None = None
    """None: the card template that is shipped with the tool."""
    recording: str = "auto"
    """`auto`, `file`, `folder`, or the name of the property that names the recording."""
    start: str = "Start"
    end: str = "End"
    columns: tuple[tuple[str, str], ...] = ()
    """Properties whose columns are to be `timestamp` or `class_label` in place of text."""
    splits: tuple[SplitRatio, ...] = ONE_SPLIT
    """In the order of the file; the ratios sum to exactly 1."""
    salt: str = ""
    group_by: tuple[str, ...] = ()
    """The properties whose values, equal throughout a recording, decide its split; empty: its name does."""
    pins: tuple[tuple[str, str], ...] = ()
    """Splits, and the name or pattern of recordings that are in each."""
    lock: bool = False
    """Whether placements are recorded in `splits.lock`, and may not change."""
    given: tuple[str, ...] = ()
    """Which names of properties dataset.toml gives itself, of `time.start`, `time.end`, `check.text` and
    `check.speaker`."""
    checks: Checks = DEFAULT_CHECKS
    policy: str = POLICIES[0]
    """By which a version follows from what differs: one of `POLICIES`."""
    citation: Mapping[str, Any] = field(default_factory=dict)
    """The table of this name as written, for the card to understand; likewise `rai`."""
    rai: Mapping[str, Any] = field(default_factory=dict)
    bounds: Bounds = Bounds()  # noqa: RUF009 - frozen
    """Where its files may lie."""

    @property
    def recording_property(self) -> str | None:
        """The property that names the recording; None if files or folders do."""
        return None if self.recording in {"auto", "file", "folder"} else self.recording

    @property
    def card_name(self) -> str:
        """The path of the card as messages name it: relative to the project where it lies in it."""
        if self.card is None:
            return "dataset_card.md"
        return self.name_file(self.card)

    def name_file(self, path: Path) -> str:
        """Return how messages name a file: relative to the project where it lies in it."""
        within = path.is_relative_to(self.root)
        return (path.relative_to(self.root) if within else path).as_posix()

    @property
    def deal(self) -> Deal:
        """How recordings are dealt to the splits."""
        return Deal(self.splits, self.salt, self.group_by, self.pins)
