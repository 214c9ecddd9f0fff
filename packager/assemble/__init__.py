"""Build a data set: check, write, manifest; whole or not at all.

engine.py   the steps
scan.py     sources -> what became of each
keeping.py  what passed -> rows of a spool file
memory.py   what is known of unchanged sources
placing.py  pieces of recordings -> splits and shards
shards.py   rows -> Parquet
texts.py    the card, its pictures, and what stands beside it
"""

from packager.assemble.engine import Built, InvalidSegments, build_dataset, run_build

__all__ = ["Built", "InvalidSegments", "build_dataset", "run_build"]
