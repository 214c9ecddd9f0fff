"""Build Parquet of segment files as a peer does, which validates nothing.

    python -m benchmarks.peers (datasets | polars | duckdb) PATTERN OUTPUT CACHE

Each function imports its library alone, so that the whole process is that library's.
"""

from __future__ import annotations

import glob
import sys

PEERS = ("datasets", "polars", "duckdb")


def build_with_datasets(pattern: str, output: str, cache: str) -> None:
    """Load the files with `load_dataset("json")` in an empty cache, and write one Parquet file."""
    from datasets import load_dataset  # noqa: PLC0415

    loaded = load_dataset("json", data_files=pattern, cache_dir=cache, split="train")
    loaded.to_parquet(output)


def build_with_polars(pattern: str, output: str, _cache: str) -> None:
    """Scan lines and sink them; files of one pretty-printed object are read one by one."""
    import polars as pl  # noqa: PLC0415

    if ".jsonl" in pattern:  # of optional keys, the first hundred segments may lack one
        lines = pl.scan_ndjson(pattern, infer_schema_length=10_000)
        lines.sink_parquet(output, compression="zstd", compression_level=1)
        return
    paths = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 - the quicker one
    frame = pl.concat([pl.read_json(path) for path in paths])
    frame.write_parquet(output, compression="zstd", compression_level=1)


def build_with_duckdb(pattern: str, output: str, _cache: str) -> None:
    """Copy what `read_json` finds; of many files, of which it looks at a few, the texts as texts.

    Else it takes the first times for times of day, and stops at `24:01:15`.
    """
    import duckdb  # noqa: PLC0415

    texts = ", ".join(f"'{name}': 'VARCHAR'" for name in ("Speaker", "Start", "End", "Text"))
    columns = "" if pattern.endswith(".jsonl") else f", columns = {{{texts}}}"
    duckdb.sql(
        f"COPY (SELECT * FROM read_json('{pattern}'{columns})) TO '{output}' "  # noqa: S608 - our own paths
        "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
    )


if __name__ == "__main__":
    peer, *places = sys.argv[1:]
    builders = {
        "datasets": build_with_datasets,
        "polars": build_with_polars,
        "duckdb": build_with_duckdb,
    }
    builders[peer](*places)
