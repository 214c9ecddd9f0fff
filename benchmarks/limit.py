"""Estimate the least that a build can cost: read, parse with simdjson, encode a ready table with Arrow.

    python -m benchmarks.limit PROJECT BUILD

Prints the processor seconds of each. pysimdjson must be importable; `benchmarks/build.py` sees to it.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Callable


def main(project: Path, build: Path) -> None:
    """Print the least of three tries of each."""
    paths = sorted((project / "segments").rglob("*.json*"))
    read = min(_processor(lambda: [path.read_bytes() for path in paths]) for _ in range(3))
    # One array a file: simdjson walks it whole, and no Python object is made of a segment.
    arrays = [b"[" + path.read_bytes().strip().replace(b"\n", b",") + b"]" for path in paths]
    parser: Any = importlib.import_module("simdjson").Parser()
    parse = min(_processor(lambda: [len(parser.parse(text)) for text in arrays]) for _ in range(3))
    arrays.clear()
    table = pa.concat_tables([pq.read_table(path) for path in sorted(build.glob("data/*.parquet"))])
    encode = min(_processor(lambda: _encode(table)) for _ in range(3))
    print(f"{read:.3f} {parse:.3f} {encode:.3f}")


def _encode(table: Any) -> None:  # noqa: ANN401 - pyarrow has no types
    with tempfile.NamedTemporaryFile(suffix=".parquet") as target:
        pq.write_table(
            table,
            target.name,
            compression="zstd",
            compression_level=1,
            use_dictionary=["recording", "Speaker"],
        )


def _processor(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
