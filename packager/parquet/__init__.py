"""Arrow tables and Parquet files.

writer.py    rows -> one shard
groups.py    where its row groups end
records.py   frames -> columns, and the RFC 8785 form of each record
"""

from packager.parquet.preview import read_first_rows
from packager.parquet.records import write_forms
from packager.parquet.writer import ShardWriter, arrow_schema

__all__ = ["ShardWriter", "arrow_schema", "read_first_rows", "write_forms"]
