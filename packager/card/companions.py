"""The files beside the card that say the same to machines: croissant.json and CITATION.cff. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packager.card import citation, croissant
from packager.card.words import read_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packager.card.croissant import DatasetFacts
    from packager.model import Manifest, ReleaseFacts


def describe_dataset(source: bytes, facts: DatasetFacts) -> dict[str, bytes]:
    """Return the files beside the card of this source, by path, as a build alone has them."""
    words = read_words(source)
    return {
        citation.NAME: citation.describe_citation(words, facts),
        croissant.NAME: croissant.describe_croissant(words, facts),
    }


def finish_companions(
    files: Mapping[str, bytes], manifest: Manifest, release: ReleaseFacts | None
) -> dict[str, bytes]:
    """Return those of these files that stand beside the card, as this release has them, by path.

    `files` are those of a build, finished or not; with None they come back as the build wrote them. A build
    of an earlier version of the tool has none of them.
    """
    finish = {citation.NAME: citation.finish_citation, croissant.NAME: croissant.finish_croissant}
    return {name: write(files[name], manifest, release) for name, write in finish.items() if name in files}
