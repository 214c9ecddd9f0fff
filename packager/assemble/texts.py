"""Write what a build says of itself: the card, its pictures, and what stands beside it for machines."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from packager.assemble.facts import Counted, gather_facts
from packager.built import BuiltFile
from packager.card import (
    DatasetFacts,
    check_card,
    describe_dataset,
    draw_pictures,
    lint_card,
    read_about,
    render_card,
)
from packager.check import find_card_severities
from packager.config import FILE_NAME, Config
from packager.config import read_card as read_source

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from packager.assemble.shards import WrittenShard
    from packager.built import Dropped, Recording, Split, Statistics
    from packager.columns import Layout
    from packager.model import Problem, Report
    from packager.schema import SegmentSchema

_CARD: Final = "README.md"


def read_card(config: Config) -> tuple[bytes, tuple[Problem, ...]]:
    """Return the card's source, and what is wrong with it."""
    source = read_source(config)
    if config.card is None:
        return source, check_card(source, config.card_name)
    return source, lint_card(source, config.card_name, severities=find_card_severities(config))


def write_texts(  # noqa: PLR0913 - all that a build knows
    new: Path,
    config: Config,
    card: bytes,
    schema: SegmentSchema,
    layout: Layout,
    *,
    splits: Sequence[Split],
    shards: Sequence[tuple[str, WrittenShard]],
    recordings: Sequence[Recording],
    dropped: tuple[Dropped, ...],
    ran: Collection[str],
    report: Report,
) -> tuple[list[BuiltFile], tuple[tuple[str, Statistics], ...]]:
    """Write all texts but the manifest; return their files, and the statistics that the manifest holds."""
    counted = Counted(recordings, shards)
    facts = gather_facts(
        config,
        card,
        schema,
        layout,
        splits=splits,
        shards=shards,
        recordings=recordings,
        counted=counted,
        dropped=dropped,
        ran=ran,
        report=report,
    )
    files = [write_file(new, _CARD, render_card(card, facts))]
    (new / "card").mkdir()
    files += [write_file(new, path, data) for path, data in draw_pictures(facts).items()]
    files += _write_descriptions(new, config, card, layout, [shard.file for _, shard in shards])
    return files, counted.statistics


def write_file(folder: Path, path: str, data: bytes) -> BuiltFile:
    """Write a file of a build."""
    (folder / path).write_bytes(data)
    return BuiltFile(path, len(data), hashlib.sha256(data).hexdigest(), None)


def _write_descriptions(
    new: Path, config: Config, card: bytes, layout: Layout, files: Sequence[BuiltFile]
) -> list[BuiltFile]:
    """Write what stands beside the card and says the same to machines."""
    shards = tuple(sorted(files, key=lambda file: file.path))
    filled = {file.path.partition("-")[0] for file in shards}
    splits = tuple(split.name for split in config.splits if f"data/{split.name}" in filled)
    about = read_about(config.citation, config.rai, str(config.root / FILE_NAME))
    facts = DatasetFacts(config.repo_id, about, layout.columns, splits, shards)
    return [write_file(new, path, data) for path, data in describe_dataset(card, facts).items()]
