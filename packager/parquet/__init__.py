"""Arrow tables and Parquet files.

cells.py     RFC 8785 forms -> columns of strings
rows.py      segments -> a batch of rows
spool.py     rows on disk, between the reading of the sources and the writing of the shards
writer.py    rows -> one shard
footer.py    what a shard says of itself
groups.py    where its row groups end
reader.py    shard -> rows of some recordings, or its first rows
"""

from packager.parquet.arrays import ARROW_VERSION
from packager.parquet.footer import Footer, read_footer
from packager.parquet.groups import choose_ends
from packager.parquet.reader import read_first_rows, read_rows
from packager.parquet.rows import make_batch
from packager.parquet.spool import (
    Rows,
    SpoolReader,
    SpoolWriter,
    join_rows,
    make_rows,
    numbers_of,
    renumber,
)
from packager.parquet.types import arrow_schema
from packager.parquet.writer import ShardWriter

__all__ = [
    "ARROW_VERSION",
    "Footer",
    "Rows",
    "ShardWriter",
    "SpoolReader",
    "SpoolWriter",
    "arrow_schema",
    "choose_ends",
    "join_rows",
    "make_batch",
    "make_rows",
    "numbers_of",
    "read_first_rows",
    "read_footer",
    "read_rows",
    "renumber",
]
