"""Say how a data set is cited: CITATION.cff, as the Citation File Format 1.2.0 has it. Pure.

A build alone has no version and no address; `finish_citation` puts both in, and takes them out again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from packager.card.croissant import HUB
from packager.card.owned import dump_yaml
from packager.card.vocabulary import SPDX

if TYPE_CHECKING:
    from packager.card.about import Author
    from packager.card.croissant import DatasetFacts
    from packager.card.words import Words
    from packager.model import Manifest, ReleaseFacts

NAME: Final = "CITATION.cff"
_OF_THE_RELEASE: Final = re.compile(rb"^(?:version|url|repository-artifact): .*\n", re.MULTILINE)


def describe_citation(words: Words, facts: DatasetFacts) -> bytes:
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


def finish_citation(data: bytes, manifest: Manifest, release: ReleaseFacts | None) -> bytes:
    """Return CITATION.cff with the version and the addresses of a release; with None, without them."""
    unreleased = _OF_THE_RELEASE.sub(b"", data)
    if release is None:
        return unreleased
    version = "{}.{}.{}".format(*release.version)
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
