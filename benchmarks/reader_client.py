"""Load a build as one reader does, and print what was read as JSON: `python reader_client.py WAY PLACE`.

Runs under the Python of that reader, where nothing of this project is: the standard library alone.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any


def load(place: str, *, streaming: bool, revision: str | None = None) -> tuple[Any, dict[str, str]]:
    """Return the rows that `datasets` loads, and the names of the types of its features."""
    import datasets  # noqa: PLC0415

    more = {"revision": revision} if revision else {}
    loaded = datasets.load_dataset(place, streaming=streaming, **more)
    features: dict[str, str] = {}
    for split in loaded.values():
        features |= {name: name_feature(feature) for name, feature in (split.features or {}).items()}
    return (row for split in loaded.values() for row in split), features


def name_feature(feature: Any) -> str:  # noqa: ANN401 - of any version of `datasets`
    """Return the name of a feature as the manifest writes types."""
    if isinstance(feature, list):
        return f"list<{name_feature(feature[0])}>"
    if isinstance(feature, dict):
        return f"struct<{', '.join(f'{name}: {name_feature(part)}' for name, part in feature.items())}>"
    if hasattr(feature, "names"):
        names = (json.dumps(name, ensure_ascii=False) for name in feature.names)
        return f"class_label<{', '.join(names)}>"
    if hasattr(feature, "dtype") and type(feature).__name__ == "Value":
        return str(feature.dtype)
    if hasattr(feature, "feature"):
        return f"list<{name_feature(feature.feature)}>"
    return str(feature)


def read_pyarrow(place: str) -> Iterable[dict[str, Any]]:
    """Return the rows that pyarrow reads."""
    import pyarrow.parquet as pq  # noqa: PLC0415

    for path in find_shards(place):
        yield from pq.read_table(path).to_pylist()


def read_polars(place: str) -> Iterable[dict[str, Any]]:
    """Return the rows that polars reads."""
    import polars as pl  # noqa: PLC0415

    for path in find_shards(place):
        yield from pl.read_parquet(path).to_dicts()


def read_duckdb(place: str) -> Iterable[dict[str, Any]]:
    """Return the rows that duckdb reads."""
    import duckdb  # noqa: PLC0415

    for path in find_shards(place):
        found = duckdb.read_parquet(path)
        names = found.columns
        yield from (dict(zip(names, row, strict=True)) for row in found.fetchall())


def read_pandas(place: str) -> Iterable[dict[str, Any]]:
    """Return the rows that pandas reads."""
    import pandas as pd  # noqa: PLC0415

    for path in find_shards(place):
        for row in pd.read_parquet(path).to_dict("records"):
            yield {str(name): value for name, value in row.items()}


def find_shards(place: str) -> Iterator[str]:
    """Yield the Parquet files of a build."""
    yield from map(str, sorted(Path(place, "data").glob("*.parquet")))


def make_plain(value: Any) -> Any:  # noqa: ANN401 - whatever a reader gives
    """Return a value as JSON can say it: no arrays of numpy, no NaN of pandas for null."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, dict):
        return {str(key): make_plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [make_plain(part) for part in value]
    if value is None or value != value:  # noqa: PLR0124 - NaN and NaT are unlike themselves
        return None
    if hasattr(value, "astimezone"):
        # An instant, in whatever zone the reader shows it.
        return f"instant {value.timestamp():.6f}"
    return value


WAYS: dict[str, Callable[[str], Any]] = {
    "folder": lambda place: load(place, streaming=False),
    "folder, streaming": lambda place: load(place, streaming=True),
    "Hub": lambda place: load(place, streaming=False, revision="v1.0.0"),
    "Hub, streaming": lambda place: load(place, streaming=True, revision="v1.0.0"),
    "polars": lambda place: (read_polars(place), {}),
    "duckdb": lambda place: (read_duckdb(place), {}),
    "pandas": lambda place: (read_pandas(place), {}),
    "pyarrow": lambda place: (read_pyarrow(place), {}),
}

if __name__ == "__main__":
    rows, types = WAYS[sys.argv[1]](sys.argv[2])
    print(json.dumps({"rows": [make_plain(row) for row in rows], "features": types}))
