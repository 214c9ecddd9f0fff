"""Arrow tables and Parquet files.

writer.py    rows -> one shard
footer.py    what a shard says of itself
groups.py    where its row groups end
reader.py    shard -> rows of some recordings
records.py   frames -> columns, and the RFC 8785 form of each record
"""

from packager.parquet.footer import Footer, read_footer
from packager.parquet.preview import read_first_rows
from packager.parquet.reader import read_rows
from packager.parquet.records import write_forms
from packager.parquet.writer import ShardWriter, arrow_schema

__all__ = [
    "Footer",
    "ShardWriter",
    "arrow_schema",
    "read_first_rows",
    "read_footer",
    "read_rows",
    "write_forms",
]
