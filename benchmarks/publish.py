"""Measure publishing beside the Hub's own clients, all to the rehearsal Hub; and what a release costs.

    python -m benchmarks.publish speed 1000     1,000 MB of Parquet: packager, upload_folder, push_to_hub
    python -m benchmarks.publish unchanged      requests and files read by a publish that changes nothing
    python -m benchmarks.publish memory         peak memory of a publish of 200 MB and of 1,000 MB

What a release costs in new bytes: see benchmarks.dedup. Each client is a process of its own, without a
memory; the Hub runs in another one. Times are of the whole call, without starting Python. Files are sent
whole (LFS) and in chunks (Xet).
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.hub import served
from benchmarks.measure import Command, peak_memory
from packager.built import BuiltFile, Manifest, Split
from packager.manifest import dump_manifest
from packager.model import Column

REPO: Final = "me/turns"
SHARD: Final = 50_000_000
"""Bytes of a shard."""
RUNS: Final = 3

PACKAGER: Final = """
import sys, time
from pathlib import Path
from packager.folders import load_build
from packager.hub import connect_hub
from packager.publish import act, check_release, plan_release
hub, build = connect_hub(), Path(sys.argv[1])
begin = time.perf_counter()
manifest = load_build(build)
plan = plan_release(manifest, hub.read_state("me/turns"))
check_release(plan, hub, build)
commit = act._commit_release(plan, hub, build, private=False, most=act.MOST_CHANGES)
act._tag_release(plan, hub, commit)
sent = time.perf_counter()
act._prove_release(plan, hub, build)
print(sent - begin, time.perf_counter() - sent)
"""
UPLOAD_FOLDER: Final = """
import sys, time
from huggingface_hub import HfApi
api = HfApi()
begin = time.perf_counter()
api.create_repo("me/turns", repo_type="dataset")
info = api.upload_folder(folder_path=sys.argv[1], repo_id="me/turns", repo_type="dataset")
api.create_tag("me/turns", tag="v1.0.0", repo_type="dataset")
print(time.perf_counter() - begin, 0)
"""
PUSH_TO_HUB: Final = """
import sys, time, glob
from datasets import DatasetDict, Dataset
data = DatasetDict({"train": Dataset.from_parquet(sorted(glob.glob(sys.argv[1] + "/data/*.parquet")))})
begin = time.perf_counter()
data.push_to_hub("me/turns")
print(time.perf_counter() - begin, 0)
"""


def write_build(folder: Path, megabytes: int) -> Path:
    """Write a build of random texts, which nothing compresses much: shards, card and manifest."""
    chance = random.Random(2)  # noqa: S311 - the same bytes each time
    schema = pa.schema([("recording", pa.string()), ("segment", pa.int64()), ("Text", pa.string())])
    (folder / "data").mkdir(parents=True)
    count = max(1, megabytes * 1_000_000 // SHARD)
    files, rows = [], 0
    for shard in range(count):
        path = folder / f"data/train-{shard:05}-of-{count:05}.parquet"
        table = _make_table(shard, chance, schema)
        rows += len(table)
        pq.write_table(table, path, compression="zstd", compression_level=1)
        files.append(_built(folder, path, len(table)))
    (folder / "README.md").write_text(
        "---\nlicense: cc0-1.0\nconfigs:\n- config_name: default\n  data_files:\n  - split: train\n"
        "    path: data/train-*\n---\n# Turns\n"
    )
    files.append(_built(folder, folder / "README.md", None))
    columns = (Column("recording", "string", nullable=False), Column("segment", "int64", nullable=False))
    manifest = Manifest(
        schema_sha256="5" * 64,
        columns=(*columns, Column("Text", "string", nullable=False)),
        splits=(Split("train", rows, count, megabytes * 1_000_000),),
        files=tuple(sorted(files, key=lambda file: file.path)),
        recordings=(),
        dropped=(),
        warnings=(),
    )
    (folder / "manifest.json").write_bytes(dump_manifest(manifest))
    return folder


def _make_table(shard: int, chance: random.Random, schema: pa.Schema) -> pa.Table:
    size = 1000  # characters a row, of which three quarters are left when they are compressed
    count = SHARD * 4 // 3 // size
    texts = [chance.randbytes(size // 2).hex() for _ in range(count * 3 // 2)]
    return pa.table(
        {
            "recording": [f"ep{shard}"] * len(texts),
            "segment": range(len(texts)),
            "Text": texts,
        },
        schema=schema,
    )


def _built(folder: Path, path: Path, rows: int | None) -> BuiltFile:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return BuiltFile(path.relative_to(folder).as_posix(), path.stat().st_size, digest, rows)


def speed(megabytes: int) -> None:
    """Print the seconds that each client takes, and the ratios."""
    for way in ("LFS", "Xet"):
        with tempfile.TemporaryDirectory() as name:
            build = write_build(Path(name, "build"), megabytes)
            size = sum(path.stat().st_size for path in build.rglob("*") if path.is_file()) / 1e6
            clients = {"packager": PACKAGER, "upload_folder": UPLOAD_FOLDER, "push_to_hub": PUSH_TO_HUB}
            took: dict[str, list[tuple[float, float]]] = {client: [] for client in clients}
            for run in range(RUNS):
                for client, code in clients.items():
                    took[client].append(_time(Path(name, f"{client}-{run}"), code, build, way))
            _show(way, size, took)


def _show(way: str, size: float, took: dict[str, list[tuple[float, float]]]) -> None:
    sent = {client: median(each for each, _ in times) for client, times in took.items()}
    proof = median(each for _, each in took["packager"])
    print(f"{way}, {size:.0f} MB, median of {RUNS} interleaved runs:")
    for client, seconds in sent.items():
        print(f"  {client}: {seconds:.2f} s up to the tag, {size / seconds:.0f} MB/s")
    print(f"  packager: {sent['upload_folder'] / sent['packager']:.2f} times the throughput of upload_folder")
    print(f"  packager: {sent['packager'] / sent['push_to_hub']:.2f} times the wall time of push_to_hub")
    print(f"  proof: {proof:.2f} s, {proof / sent['packager']:.2f} times the upload", flush=True)


def _time(place: Path, code: str, build: Path, way: str) -> tuple[float, float]:
    place.mkdir()
    with served(place / "hub") as (_, environment):
        client = environment | {"HF_HUB_DISABLE_XET": str(int(way == "LFS"))}
        command = [sys.executable, "-W", "ignore", "-c", code, str(build)]
        done = subprocess.run(command, env=client, stdout=subprocess.PIPE, text=True, check=True)
    shutil.rmtree(place)
    upload, proof = done.stdout.split()[-2:]
    return float(upload), float(proof)


def unchanged() -> None:
    """Publish twice; print what the second time opened of the build and how many requests it made."""
    with tempfile.TemporaryDirectory() as name:
        build = write_build(Path(name, "build"), 100)
        with served(Path(name, "hub")) as (_, environment):
            whole = PACKAGER.replace("check_release(plan, hub, build)", "").partition("commit = ")[0]
            act = "receipt = act.publish_release(plan, hub, build)\n"
            count = (
                "import sys, huggingface_hub, huggingface_hub.utils\nopened, asked = [], []\n"
                "sys.addaudithook(lambda event, args: event == 'open' and opened.append(str(args[0])))\n"
                "client = huggingface_hub.utils.httpx.Client\n"
                "hooks = {'request': [lambda request: asked.append(request.url.path)]}\n"
                "huggingface_hub.set_client_factory(lambda: client(event_hooks=hooks))\n"
            )
            tell = (
                "print(len(asked), 'requests;', sum(p.endswith('.parquet') for p in opened), "
                "'Parquet files opened; created:', receipt.created)\n"
            )
            for _ in range(2):
                done = subprocess.run(
                    [sys.executable, "-W", "ignore", "-c", count + whole + act + tell, str(build)],
                    env=environment,
                    stdout=subprocess.PIPE,
                    text=True,
                    check=True,
                )
                print(done.stdout.strip(), flush=True)


def memory() -> None:
    """Print the peak memory of the publishing process tree."""
    for megabytes in (200, 1000):
        with tempfile.TemporaryDirectory() as name:
            build = write_build(Path(name, "build"), megabytes)
            for way in ("LFS", "Xet"):
                with served(Path(name, f"hub-{way}")) as (_, environment):
                    os.environ.update(environment | {"HF_HUB_DISABLE_XET": str(int(way == "LFS"))})
                    command = Command(
                        [sys.executable, "-W", "ignore", "-c", PACKAGER, str(build)], Path(name)
                    )
                    print(f"{way}, {megabytes} MB: {peak_memory(command):.0f} MB", flush=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["speed", megabytes]:
            speed(int(megabytes))
        case ["unchanged"]:
            unchanged()
        case ["memory"]:
            memory()
        case _:
            sys.exit(__doc__)
