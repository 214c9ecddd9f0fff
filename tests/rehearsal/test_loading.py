"""Loading reads HF_ENDPOINT when the clients are imported, so each of these runs in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import BytesIO
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from huggingface_hub import CommitOperationAdd, HfApi

from packager.rehearsal import export_lines

if TYPE_CHECKING:
    from pathlib import Path

    from packager.rehearsal import HubAddress

CARD = b"""---
license: cc0-1.0
configs:
- config_name: default
  data_files:
  - split: train
    path: data/train-*
  - split: test
    path: data/test-*
---
# Turns
"""

LOAD_TAGS = """
import json
from datasets import load_dataset
found = {}
for tag in ("v1.0.0", "v1.1.0"):
    whole = load_dataset("me/turns", revision=tag)
    flowing = load_dataset("me/turns", revision=tag, streaming=True)
    found[tag] = [{name: list(rows) for name, rows in dataset.items()} for dataset in (whole, flowing)]
print(json.dumps(found))
"""

READ_FRAMES = """
import json
import os
import pandas
import polars
path = "hf://datasets/me/turns@v1.0.0/data/train-00000-of-00001.parquet"
# The reader of polars' own knows only the public Hub; with pyarrow it goes through the file system.
frames = [
    pandas.read_parquet(path).to_dict("records"),
    polars.read_parquet(path, use_pyarrow=True).to_dicts(),
    pandas.read_parquet("hf://datasets/me/turns/data/test-00000-of-00001.parquet").to_dict("records"),
]
print(json.dumps(frames), flush=True)
os._exit(0)  # Arrow's threads may still hold a file of Python's when the interpreter ends, and abort it
"""


def shard(*texts: str) -> bytes:
    table = pa.table({"segment": list(range(len(texts))), "Text": list(texts)})
    file = BytesIO()
    pq.write_table(table, file)
    return file.getvalue()


def rows(*texts: str) -> list[dict[str, object]]:
    return [{"segment": number, "Text": text} for number, text in enumerate(texts)]


@pytest.fixture
def published(api: HfApi) -> None:
    """Two versions of a private data set."""
    api.create_repo("me/turns", repo_type="dataset", private=True)
    for tag, texts in (("v1.0.0", ("jedna", "dvě")), ("v1.1.0", ("jedna", "dvě", "tři"))):
        operations = [
            CommitOperationAdd("README.md", CARD),
            CommitOperationAdd("data/train-00000-of-00001.parquet", shard(*texts)),
            CommitOperationAdd("data/test-00000-of-00001.parquet", shard("konec")),
        ]
        made = api.create_commit("me/turns", operations, commit_message=f"Release {tag}", repo_type="dataset")
        api.create_tag("me/turns", tag=tag, revision=made.oid, repo_type="dataset")


def run_client(code: str, hub: HubAddress, home: Path) -> object:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    environment |= dict(line.split("=", 1) for line in export_lines(hub))
    environment |= {
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.usefixtures("published")
def test_each_version_loads_its_own_rows_whole_and_streaming(hub: HubAddress, tmp_path: Path) -> None:
    first = {"train": rows("jedna", "dvě"), "test": rows("konec")}
    second = {"train": rows("jedna", "dvě", "tři"), "test": rows("konec")}
    assert run_client(LOAD_TAGS, hub, tmp_path / "home") == {
        "v1.0.0": [first, first],
        "v1.1.0": [second, second],
    }


@pytest.mark.usefixtures("published")
def test_frames_are_read_by_their_hf_addresses(hub: HubAddress, tmp_path: Path) -> None:
    first = rows("jedna", "dvě")
    assert run_client(READ_FRAMES, hub, tmp_path / "home") == [first, first, rows("konec")]
