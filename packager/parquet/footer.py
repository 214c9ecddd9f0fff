"""Read what the end of a Parquet file says of it: rows, columns and features. No row is read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

_TRAILER: Final = 8  # bytes: the length of the footer, and a mark


@dataclass(frozen=True, slots=True)
class Footer:
    """What a shard says of itself."""

    rows: int
    columns: tuple[tuple[str, str], ...]
    """Names, and types as the manifest writes them; a type that is stored as another one is that one."""
    features: tuple[tuple[str, str], ...] | None
    """The same as the `datasets` library will read it; None if the file does not say."""


def read_footer(end: bytes) -> Footer | None:
    """Return what the last bytes of a Parquet file say; None if the footer is longer, or there is none."""
    if int.from_bytes(end[-_TRAILER:-4], "little") + _TRAILER > len(end):
        return None
    try:
        metadata = pq.read_metadata(pa.BufferReader(end))
        schema = metadata.schema.to_arrow_schema()
    except (pa.ArrowException, OSError):
        return None
    columns = tuple((field.name, _name_type(field.type)) for field in schema)
    return Footer(metadata.num_rows, columns, _read_features(schema.metadata or {}))


def _name_type(kind: Any) -> str:  # noqa: ANN401 - pyarrow has no types
    if pa.types.is_dictionary(kind):
        return _name_type(kind.value_type)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return f"list<{_name_type(kind.value_type)}>"
    if pa.types.is_struct(kind):
        return f"struct<{', '.join(f'{_name(field.name)}: {_name_type(field.type)}' for field in kind)}>"
    return {"double": "float64", "large_string": "string"}.get(str(kind), str(kind))


def _read_features(metadata: dict[bytes, bytes]) -> tuple[tuple[str, str], ...] | None:
    try:
        features = json.loads(metadata[b"huggingface"])["info"]["features"]
        return tuple((name, _name_feature(feature)) for name, feature in features.items())
    except (KeyError, ValueError, TypeError, AttributeError):
        return None


def _name_feature(feature: Any) -> str:  # noqa: ANN401 - any JSON
    if isinstance(feature, list):
        return f"list<{_name_feature(feature[0])}>"
    match feature.get("_type"):
        case "Value":
            return str(feature["dtype"])
        case "ClassLabel":
            names = (json.dumps(name, ensure_ascii=False) for name in feature["names"])
            return f"class_label<{', '.join(names)}>"
        case _:
            inside = (f"{_name(name)}: {_name_feature(field)}" for name, field in feature.items())
            return f"struct<{', '.join(inside)}>"


def _name(name: str) -> str:
    return name if name.isidentifier() and name.isascii() else json.dumps(name, ensure_ascii=False)
