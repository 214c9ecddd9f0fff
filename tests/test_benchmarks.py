"""The corpora of the benchmarks: figures can be compared only while their bytes stay the same."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from itertools import groupby
from typing import TYPE_CHECKING

import pytest

from benchmarks import chunking, corpora, publish, publish_faults
from packager.rehearsal import run_hub

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.mark.parametrize(
    ("make", "digest"),
    [
        (corpora.make_short, "c2be946031158102"),
        (corpora.make_long, "954cb7d14e52fcaf"),
        (corpora.make_more, "c53069c75354e958"),
        (corpora.make_short_quoted, "9fbd3a2fadfaca61"),
        (corpora.make_long_quoted, "8393375528a6d03f"),
    ],
)
def test_a_corpus_has_the_same_bytes_as_ever(
    make: Callable[[Path, int], Path], digest: str, tmp_path: Path
) -> None:
    made = make(tmp_path / "corpus", 1)

    found = hashlib.sha256()
    for path in sorted((made / "segments").iterdir()):
        found.update(path.read_bytes())

    assert found.hexdigest()[:16] == digest


def test_the_one_file_holds_the_rows_of_the_many_with_the_recording_together(tmp_path: Path) -> None:
    many = corpora.make_more(tmp_path / "many", 1)
    one = corpora.make_one_file(tmp_path / "one", many)

    lines = (one / "segments" / "all.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    names = [name for name, _ in groupby(rows, key=lambda row: str(row["Episode"]))]
    sources = sorted((many / "segments").iterdir())

    assert names == [f"ep{number:03}" for number in range(200)]
    assert [{k: v for k, v in row.items() if k != "Episode"} for row in rows] == [
        json.loads(line) for path in sources for line in path.read_text().splitlines()
    ]


def test_two_of_a_hundred_short_segments_hold_quotation_marks_or_accents(tmp_path: Path) -> None:
    made = corpora.make_short_quoted(tmp_path / "corpus", 2)

    lines = [line for path in (made / "segments").iterdir() for line in path.read_bytes().splitlines()]
    quoted = sum(b'\\"' in line for line in lines) / len(lines)
    accented = sum(not line.isascii() for line in lines) / len(lines)

    assert 0.005 < quoted < 0.02
    assert 0.005 < accented < 0.02


def test_the_model_of_chunks_finds_its_place_again_after_an_insertion() -> None:
    before = hashlib.shake_256(b"content").digest(2 << 20)

    chunks = dict(chunking.cut(before))
    after = dict(chunking.cut(before[: 1 << 20] + b"a few bytes more" + before[1 << 20 :]))

    assert sum(chunks.values()) == 2 << 20
    assert max(chunks.values()) <= 128 << 10
    assert sum(size for digest, size in after.items() if digest not in chunks) <= 256 << 10


def test_the_publisher_that_is_measured_publishes_and_proves(tmp_path: Path) -> None:
    build = publish_faults.write_build(tmp_path / "project")
    with run_hub(tmp_path / "hub") as address:
        environment = {**os.environ, "HF_ENDPOINT": address.endpoint, "HF_TOKEN": address.token}
        command = [sys.executable, "-W", "ignore", "-c", publish.PACKAGER, str(build)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        assert publish_faults.find_flaws(address.endpoint, address.token, build) == ()
    upload, proof = map(float, done.stdout.split())
    assert min(upload, proof) > 0
