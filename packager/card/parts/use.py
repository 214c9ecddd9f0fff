"""How to load a data set, at the tag of its release, and how to cite it, as BibTeX. Pure."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from packager.built import version_text
from packager.card.escape import on_one_line
from packager.card.wording import tag_of

if TYPE_CHECKING:
    from packager.built import ReleaseFacts
    from packager.card.facts import CardFacts, Subject


def load(subject: Subject, release: ReleaseFacts | None) -> str:
    """Return code for every usual reader; of a build alone it has `vX.Y.Z` where the tag will stand."""
    if not subject.shards:
        return "No split holds a recording yet, so there is nothing to load."
    tag = "vX.Y.Z" if release is None else tag_of(release.version)
    split, count = next((each for each in subject.shards if each[0] == "train"), subject.shards[0])
    shards = f"hf://datasets/{subject.repo_id}@{tag}/data/{split}"
    repository, name = json.dumps(subject.repo_id), json.dumps(split)
    return f"""\
{_introduce(release)}

```python
from datasets import load_dataset

dataset = load_dataset({repository}, revision="{tag}")
```

Row by row, without downloading everything first:

```python
from datasets import load_dataset

for row in load_dataset({repository}, revision="{tag}", split={name}, streaming=True):
    print(row)
```

As a table, with polars, duckdb or pandas (one shard):

```python
import duckdb
import pandas
import polars

frame = polars.read_parquet({json.dumps(f"{shards}-*-of-{count:05d}.parquet")})
table = duckdb.sql({json.dumps(f"from read_parquet('{shards}-*-of-{count:05d}.parquet')")})
shard = pandas.read_parquet({json.dumps(f"{shards}-00000-of-{count:05d}.parquet")})
```

Without a network: keep a copy while there is one, and load that. (By its name, and without a network,
`load_dataset` takes whatever version was loaded last.)

```python
from datasets import load_dataset
from huggingface_hub import snapshot_download

folder = snapshot_download({repository}, repo_type="dataset", revision="{tag}")
dataset = load_dataset(folder)
```"""


def _introduce(release: ReleaseFacts | None) -> str:
    if release is None:
        return (
            "This build is not released yet. Every release has a tag, such as `v1.0.0`. Put the one you\n"
            "want in place of `vX.Y.Z` and you get the same rows for ever; leave `revision` out and you get\n"
            "the newest."
        )
    return (
        f"This is `{tag_of(release.version)}`: a tag never moves, so it gives the same rows for ever. Leave\n"
        "`revision` out and you get the newest."
    )


_SPECIAL: Final = re.compile(r"[\\{}$&#%_^~`]")
_ESCAPES: Final = {
    "\\": "\\textbackslash{}",
    "^": "\\textasciicircum{}",
    "~": "\\textasciitilde{}",
    "`": "'",
}
_VERSION: Final = re.compile(r"^  version = \{[^}\n]*\},\n", re.MULTILINE)
_OPENING: Final = re.compile(r"^@misc\{[^\n]*\n", re.MULTILINE)


def citation(facts: CardFacts) -> str:
    """Return the entry of a build that is not released: it has no version yet."""
    account, _, name = facts.repo_id.partition("/")
    authors = " and ".join(f"{{{_escape(author)}}}" for author in facts.authors or (account,))
    lines = {
        "title": _escape(facts.title or name),
        "author": authors,
        "publisher": "Hugging Face",
        "url": f"https://huggingface.co/datasets/{_plain(facts.repo_id)}",
    } | ({"doi": _plain(facts.doi.removeprefix("https://doi.org/"))} if facts.doi else {})
    entry = "".join(f"  {key} = {{{value}}},\n" for key, value in lines.items())
    key = re.sub(r"[^A-Za-z0-9]+", "-", facts.repo_id).strip("-") or "dataset"
    return f"```bibtex\n@misc{{{key},\n{entry}}}\n```"


def finish_citation(part: str, release: ReleaseFacts | None) -> str:
    """Return the entry with the version of a release, or with None, without one."""
    unreleased = _VERSION.sub("", part)
    opening = _OPENING.search(unreleased)
    if release is None or opening is None:
        return unreleased
    line = f"  version = {{{version_text(release.version)}}},\n"
    return unreleased[: opening.end()] + line + unreleased[opening.end() :]


def _escape(data: str) -> str:
    return _SPECIAL.sub(lambda match: _ESCAPES.get(match[0], f"\\{match[0]}"), on_one_line(data))


def _plain(data: str) -> str:
    """Return an address without what could end it, or the block of code."""
    return re.sub(r"[{}`\\\s]", "", on_one_line(data))
