"""The corpora of the benchmarks: figures can be compared only while their bytes stay the same."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from benchmarks import chunking, corpora, publish, publish_faults, shapes
from packager.check import check_segments
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


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("lines", "27b700a55b049a22"),
        ("array", "7d961083ff4b5c3a"),
        ("pretty", "baf857a66ed3adfc"),
        ("escaped", "c73609435e16a7d3"),
        ("words", "be7f779a5dd19726"),
        ("optional", "dfa8de5a4376e03b"),
        ("curly", "03fcb2d6e738a30d"),
        ("gz", "5ea5c32dbcf44c6c"),
        ("files", "f52145483ee7a487"),
        ("one", "02f5fdb3b4d33605"),
        ("own", "e8851b68c2b8e485"),
    ],
)
def test_a_shape_has_the_same_segments_as_ever_and_only_speakers_in_several_splits(
    name: str, digest: str, tmp_path: Path
) -> None:
    made = shapes.make_shape(tmp_path / name, name, 1)

    found = hashlib.sha256()
    for path in sorted((made / "segments").rglob("*.json*")):
        data = path.read_bytes()
        found.update(gzip.decompress(data) if path.suffix == ".gz" else data)
    report = check_segments(made)

    assert found.hexdigest()[:16] == digest
    assert report.segments > 500
    assert {problem.rule for problem in report.problems} <= {"speaker/across-splits"}


def test_an_array_over_many_lines_is_what_json_writes(tmp_path: Path) -> None:
    made = shapes.make_shape(tmp_path / "one", "one", 1)

    text = (made / "segments" / "talk000.json").read_text(encoding="utf-8")

    assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=2)


def test_the_measurement_of_shapes_prints_a_row_a_shape(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.shapes", str(tmp_path), "--megabytes", "1", "--runs", "1"]
    environment = {**os.environ, "PYTHONPATH": str(shapes.ROOT)}
    done = subprocess.run(
        [*command, "--shapes", "pretty,gz", "--peers", "polars"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in done.stdout.splitlines()]

    assert rows[0][:6] == ["shape", "MB", "check, s", "build, s", "polars, s", "check/datasets"]
    assert [row[0] for row in rows[2:]] == ["pretty", "gz"]
    assert all(float(cell) > 0 for row in rows[2:] for cell in row[1:5])


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
