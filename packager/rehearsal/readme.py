"""Take a README.md apart into its metadata block and its text, as the Hub does. Pure."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

_BLOCK = re.compile(r"\s*---[ \t]*\r?\n(.*?)(?:^|\r?\n)---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)


_LARGEST_JSON = 4 << 20


class MetadataError(Exception):
    """The metadata block cannot be read; the message says why and where."""


def split_readme(readme: str) -> tuple[str, str]:
    """Return the metadata block, empty if there is none, and the Markdown that follows it."""
    block = _BLOCK.match(readme)
    return (block[1], readme[block.end() :]) if block else ("", readme)


@lru_cache(maxsize=32)
def read_metadata(readme: str) -> dict[str, Any]:
    """Return the metadata of a README as plain JSON values, not to be changed; empty if there is none.

    Raises:
        MetadataError: the block is not YAML, holds a key twice, or is no mapping.
    """
    block, _ = split_readme(readme)
    try:
        value = YAML(typ="safe", pure=True).load(StringIO(block))
        # Dates become text, and what JSON cannot say (.nan, .inf) becomes null.
        value = json.loads(_write_json(value), parse_constant=lambda _: None)
    except (YAMLError, ValueError, TypeError, RecursionError) as error:
        raise MetadataError(str(error)) from None
    if value is not None and not isinstance(value, dict):
        raise MetadataError("The metadata block must be a mapping of keys to values.")
    return value or {}


def _write_json(value: object) -> str:
    # A few lines of YAML aliases can stand for gigabytes.
    pieces: list[str] = []
    size = 0
    for piece in json.JSONEncoder(default=str).iterencode(value):
        size += len(piece)
        if size > _LARGEST_JSON:
            raise MetadataError(f"The metadata block stands for more than {_LARGEST_JSON} bytes.")
        pieces.append(piece)
    return "".join(pieces)
