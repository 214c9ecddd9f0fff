"""The files beside the card: CITATION.cff, CHANGELOG.md and, by croissant.py, croissant.json. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from packager.built import version_text
from packager.card.croissant import CROISSANT, HUB, describe_croissant, finish_croissant
from packager.card.escape import paragraph
from packager.card.owned import dump_yaml
from packager.card.vocabulary import SPDX
from packager.card.wording import tag_of
from packager.card.words import read_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packager.built import Manifest, ReleaseFacts, Version
    from packager.card.about import Author
    from packager.card.croissant import DatasetFacts
    from packager.card.words import Words


def describe_dataset(source: bytes, facts: DatasetFacts) -> dict[str, bytes]:
    """Return the files beside the card of this source, by path, as a build alone has them."""
    words = read_words(source)
    return {
        _CITATION: _describe_citation(words, facts),
        CROISSANT: describe_croissant(words, facts),
    }


def finish_companions(
    files: Mapping[str, bytes], manifest: Manifest, release: ReleaseFacts | None
) -> dict[str, bytes]:
    """Return those of these files that stand beside the card, as this release has them, by path.

    `files` are those of a build, finished or not; with None they come back as the build wrote them. A build
    of an earlier version of the tool has none of them.
    """
    finish = {_CITATION: _finish_citation, CROISSANT: finish_croissant}
    return {name: write(files[name], manifest, release) for name, write in finish.items() if name in files}


_CITATION: Final = "CITATION.cff"
_OF_THE_RELEASE: Final = re.compile(rb"^(?:version|url|repository-artifact): .*\n", re.MULTILINE)


def _describe_citation(words: Words, facts: DatasetFacts) -> bytes:
    """Return CITATION.cff of a build that is not released.

    The format demands an author: where nobody named one, it is the account that publishes.
    """
    account, _, name = facts.repo_id.partition("/")
    about = facts.about
    document: dict[str, object] = {
        "cff-version": "1.2.0",
        "message": "If you use this data set, please cite it as below.",
        "type": "dataset",
        "title": about.title or words.title or name,
        "authors": [_author(author) for author in about.authors] or [{"name": account}],
        "abstract": words.summary,
        "keywords": sorted(set(words.keywords), key=words.keywords.index),
        "license": SPDX.get(words.license, ""),
        "doi": about.doi.removeprefix("https://doi.org/"),
    }
    return dump_yaml({key: value for key, value in document.items() if value}, 0, "\n").encode()


def _finish_citation(data: bytes, manifest: Manifest, release: ReleaseFacts | None) -> bytes:
    """Return CITATION.cff with the version and the addresses of a release; with None, without them."""
    unreleased = _OF_THE_RELEASE.sub(b"", data)
    if release is None:
        return unreleased
    version = version_text(release.version)
    home = f"{HUB}/{manifest.repo_id}"
    facts: dict[str, object] = {
        "version": version,
        "url": home,
        "repository-artifact": f"{home}/tree/v{version}",
    }
    return unreleased + dump_yaml(facts, 0, "\n").encode()


def _author(author: Author) -> dict[str, object]:
    named = (
        {"family-names": author.family, "given-names": author.given}
        if author.family
        else {"name": author.name}
    )
    entry = named | {"orcid": author.orcid, "affiliation": author.affiliation if author.family else ""}
    return {key: value for key, value in entry.items() if value}


CHANGELOG: Final = "CHANGELOG.md"


def write_changelog(release: ReleaseFacts) -> bytes:
    """Return the changelog of a data set that is released with these facts."""
    entries = [_entry(past.version, past.news, past.notes) for past in release.history]
    entries.append(_entry(release.version, release.news, release.notes))
    return ("\n\n".join(["# Changelog", *reversed(entries)]) + "\n").encode()


def _entry(version: Version, news: tuple[str, ...], notes: str) -> str:
    said = "\n".join(f"* {paragraph(sentence)}" for sentence in news)
    paragraphs = [paragraph(each) for each in notes.split("\n\n")]
    return "\n\n".join(block for block in (f"## {tag_of(version)}", said, *paragraphs) if block)
