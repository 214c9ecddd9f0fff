"""Arrow tables and Parquet files.

writer.py   rows -> one shard
"""

from packager.parquet.preview import read_first_rows
from packager.parquet.writer import ShardWriter, arrow_schema, ends_group

__all__ = ["ShardWriter", "arrow_schema", "ends_group", "read_first_rows"]
