"""How to load a data set, at the tag of its release. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from packager.card.wording import tag_of

if TYPE_CHECKING:
    from packager.card.facts import Subject
    from packager.model import ReleaseFacts


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
