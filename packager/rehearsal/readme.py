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
        MetadataError: the block is not YAML, holds a key twice, is no mapping, or holds what is no Unicode.
    """
    block, _ = split_readme(readme)
    try:
        yaml = YAML(typ="safe", pure=True)
        yaml.composer.warn_double_anchors = False  # YAML allows them
        value = yaml.load(StringIO(block))
        # Dates become text, and what JSON cannot say (.nan, .inf) becomes null.
        value = json.loads(_write_json(value), parse_constant=lambda _: None)
    except (YAMLError, ValueError, TypeError, LookupError, ArithmeticError, RecursionError) as error:
        # Values that are not what their tag says (`!!bool maybe`) are not errors of YAML to the library.
        raise MetadataError(str(error).encode("utf-8", "backslashreplace").decode()) from None
    if not is_unicode(json.dumps(value, ensure_ascii=False)):
        raise MetadataError("The metadata block holds half a surrogate pair, which is no text.")
    if value is not None and not isinstance(value, dict):
        raise MetadataError("The metadata block must be a mapping of keys to values.")
    return value or {}


def is_unicode(text: str) -> bool:
    """Return whether a text can be written at all; escapes can spell half a surrogate pair, which cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


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
