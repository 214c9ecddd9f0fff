"""Read what the end of a Parquet file says of it: rows, columns and features. No row is read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from packager.columns import ColumnType, parse_feature
from packager.parquet.types import column_type

_TRAILER: Final = 8  # bytes: the length of the footer, and a mark


@dataclass(frozen=True, slots=True)
class Footer:
    """What a shard says of itself."""

    rows: int
    columns: tuple[tuple[str, ColumnType], ...]
    """Names, and types as they are stored."""
    features: tuple[tuple[str, ColumnType], ...] | None
    """Names, and types as the `datasets` library will read them; None if the file does not say."""


def read_footer(end: bytes) -> Footer | None:
    """Return what the last bytes of a Parquet file say; None if the footer is longer, or there is none."""
    if int.from_bytes(end[-_TRAILER:-4], "little") + _TRAILER > len(end):
        return None
    try:
        metadata = pq.read_metadata(pa.BufferReader(end))
        schema = metadata.schema.to_arrow_schema()
    except (pa.ArrowException, OSError):
        return None
    columns = tuple((field.name, column_type(field.type)) for field in schema)
    return Footer(metadata.num_rows, columns, _read_features(schema.metadata or {}))


def _read_features(metadata: dict[bytes, bytes]) -> tuple[tuple[str, ColumnType], ...] | None:
    try:
        features = json.loads(metadata[b"huggingface"])["info"]["features"]
        return tuple((name, parse_feature(feature)) for name, feature in features.items())
    except (LookupError, ValueError, TypeError, AttributeError):
        return None
