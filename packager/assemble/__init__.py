"""Build a data set: check, write, manifest; whole or not at all.

engine.py   the steps
spool.py    sources -> checked segments on disk
shards.py   checked segments -> Parquet
"""

from packager.assemble.engine import Built, InvalidSegments, build_dataset, run_build

__all__ = ["Built", "InvalidSegments", "build_dataset", "run_build"]
