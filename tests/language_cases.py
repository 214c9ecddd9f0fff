"""Schemas, lines and verdicts for the tests of languages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from packager.model import SourceFile
from packager.reading.items import Item
from packager.reading.read import read_items
from packager.reading.strict import read_document
from packager.schema.language import Line, find_layout
from packager.schema.validate import SegmentSchema, compile_schema

if TYPE_CHECKING:
    from pathlib import Path

SEPARATORS: Final = ((", ", ": "), (",", ":"))
SEGMENTS: Final = [
    {"Speaker": "Ada Lovelace", "Start": "00:00:00", "End": "00:00:07.25", "Text": "Where were we?"},
    {
        "Speaker": "Пёс 𝄞",
        "Start": "00:00:07",
        "End": "100:00:09.000000001",
        "Text": 'He said "no\\yes".\n\t/',
    },
    {
        "Speaker": " x",
        "Start": "00:59:59",
        "End": "01:00:00",
        "Text": "\u2028\u00a0é\u0000\u001f\u007f\ud7ff\ue000",
    },
    {"Speaker": "Ж", "Start": "00:59:59", "End": "01:00:00", "Text": "𝄞"},
]

BAD_BYTES: Final = [
    *(b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xc0\x80", b"\xc1\xbf", b"\xe0\x80\x80", b"\xe0\x9f\xbf"),
    *(b"\xf0\x80\x80\x80", b"\xf0\x8f\xbf\xbf", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xff", b"\x80"),
    *(b"\xc2", b"\xe2\x80", b"\xf0\x9f\x98", b"\xc2\x20", b"\xfc\x80\x80\x80\x80\x80"),
]
TIME: Final = r"^[0-9]{2,}:[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?$"


def compiled(schema: dict[str, Any], *, formats: bool = True) -> SegmentSchema:
    return compile_schema(json.dumps(schema).encode(), "s.json", None, read_document, formats=formats)


def layout_of(text: str) -> Line:
    found = find_layout(text.encode())
    assert found is not None, text
    return found


def accepts(schema: dict[str, Any], block: bytes, first: str = '{"a": 0}', *, formats: bool = True) -> bool:
    language = compiled(schema, formats=formats).language_of(layout_of(first))
    assert language is not None, "no language"
    return language(block)


def of(a: dict[str, Any], **more: object) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"a": a},
        "required": ["a"],
        "additionalProperties": False,
        **more,
    }


def is_sound(block: bytes, schema: SegmentSchema, path: Path) -> bool:
    """Return what the exact path says: a value a line, and nothing wrong with any."""
    path.write_bytes(block)
    read = list(read_items(SourceFile(str(path), path.name, "x", "")))
    values = [item.value for item in read if isinstance(item, Item) and not item.problems]
    lines = block.count(b"\n") + (not block.endswith(b"\n"))
    return len(values) == len(read) == lines and None not in values and all(map(schema.is_valid, values))
