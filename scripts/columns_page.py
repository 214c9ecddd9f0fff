"""Print docs/columns.md: what of a JSON Schema becomes which column, asked of the code itself.

    .venv/bin/python scripts/columns_page.py > docs/columns.md

Every line of its tables is a schema that is laid out, and a segment that is made a row, when this runs.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from packager.canonical import canonical_json, parse_canonical
from packager.columns import Misfit, card_features, make_row, plan_layout
from packager.parquet import arrow_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from packager.columns import Layout

_PROLOGUE: Final = """\
# Columns

<!-- Generated: .venv/bin/python scripts/columns_page.py > docs/columns.md -->

Every JSON Schema has columns: those of its properties, between `recording` and `segment` before them and,
as they apply, `start_seconds`, `end_seconds` and `extra` after them. [contract.md](contract.md#columns)
holds the rule, which never changes. The type follows from the schema alone, so that no release changes its
shape by its data; what a value is that the type cannot hold exactly is an error of the build, at its line,
never another value.

## From the schema to the column

The name of the type in `manifest.json`, that of Arrow in the shards, and what the `datasets` library makes
of it, which the footer of each shard and the front matter of the card say alike.

"""
_CHOICES: Final = """
## For the asking

Two types are never chosen by the tool, since they say less or more than the source does:

```toml
[columns]                    # in dataset.toml
Recorded = "timestamp"       # a property that is a string of format "date-time"
Speaker = "class_label"      # a property that is an enum (or const) of strings
```

"""
_MORE: Final = """
* **timestamp** holds the instant, in microseconds and UTC, and so loses what else the text said: the offset
  (`+02:00`), and how it was written (`t` for `T`, zeros at the end of a fraction). A leap second, a fraction
  of more than six digits that are not zeros, and an instant outside the years 1 to 9999 are errors of the
  build (`column/timestamp`).
* **class_label** holds the number of the string in the enum, from 0, and the names as metadata, from which
  `datasets`, the viewer and trainers know them. The order is that of the schema, and never of the data:
  append new labels at the end of the enum, for in another place they renumber those after them. null has no
  number and stays null. A string that is no label would be an error of the build (`column/label`).

A choice that the schema does not allow is a wrong configuration (exit code 2). Changing one changes the
type of a published column, which is a new major version. Rules, groups and the digests of recordings look
at the segments, and so do not change with a choice. In an array or an object there is nothing to choose.

## From the value to the cell

What a segment says, and what the row then holds.

"""
_EPILOGUE: Final = """
`null` and an absent property are the same in a row, `[]` is another value than both, and so is `""`. Whether
a property was absent or null is nowhere in the data set, except inside JSON text, where each stays what it
was. JSON text is RFC 8785, with all the digits of an integer of any size. The cells of `extra` in rows
without undeclared properties are null.

The columns that the tool makes, beside those of the schema:

"""

_STRING: Final = {"type": "string"}
_WORD: Final = {
    "type": "object",
    "properties": {"w": _STRING, "t": {"type": "number"}},
    "additionalProperties": False,
}
_TYPES: Final[tuple[Any, ...]] = (
    _STRING,
    {"type": "string", "format": "date-time"},
    {"enum": ["question", "answer"]},
    {"const": "turn"},
    {"type": "boolean"},
    {"type": "integer"},
    {"enum": [1, 2, 3]},
    {"type": "number"},
    {"type": ["integer", "number"]},
    {"type": ["string", "null"]},
    {"anyOf": [{"type": "integer"}, {"type": "null"}]},
    {"type": "array", "items": _STRING},
    {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
    _WORD,
    {"type": "array", "items": _WORD},
    {"type": ["string", "integer"]},
    {"enum": ["a", 1]},
    {"type": "array"},
    {"type": "object", "properties": {"w": _STRING}},
    {},
)
_CHOSEN: Final[tuple[tuple[str, Any], ...]] = (
    ("timestamp", {"type": "string", "format": "date-time"}),
    ("class_label", {"enum": ["question", "answer"]}),
    ("class_label", {"oneOf": [{"const": "a", "title": "…"}, {"const": "b"}, {"type": "null"}]}),
)
_VALUES: Final[tuple[tuple[Any, str, tuple[Any, ...]], ...]] = (
    ({"type": ["string", "null"]}, "", ("é", "", None, ...)),
    ({"type": "boolean"}, "", (True,)),
    ({"type": "integer"}, "", (1, 1.0, 2**63)),
    ({"type": "number"}, "", (0.1, 1, -0.0, 2**53 + 1)),
    ({"type": ["array", "null"], "items": {"type": ["string", "null"]}}, "", (["a", None], [], None, ...)),
    (_WORD, "", ({"w": "hey"}, {"w": "hey", "t": None}, {})),
    ({}, "", ("a", 1.0, {"b": None, "a": []}, {}, [], 2**70 + 1, None, ...)),
    (
        {"type": "string", "format": "date-time"},
        "timestamp",
        (
            "2024-05-01T20:30:00+02:00",
            "1969-12-31T23:59:59.9Z",
            "2016-12-31T23:59:60Z",
            "2024-05-01T00:00:00.1234567Z",
        ),
    ),
    ({"enum": ["question", "answer", None]}, "class_label", ("question", "answer", None, ...)),
)


def render_page() -> str:
    """Return the whole page."""
    types = _table(_TYPE_HEAD, (_type_row(subschema, "") for subschema in _TYPES))
    chosen = _table(_TYPE_HEAD, (_type_row(subschema, choice) for choice, subschema in _CHOSEN))
    values = _table(
        ["Schema", "Column", "In the segment", "In the row"],
        (row for subschema, choice, examples in _VALUES for row in _value_rows(subschema, choice, examples)),
    )
    document = {"properties": {"Start": _STRING, "End": _STRING}}
    layout = _lay_out(document, "")
    made = [each for each in layout.columns if each.column.name not in document["properties"]]
    last = _table(
        ["Column", "Type", "May be null", "What it is"],
        (
            [
                _code(each.column.name),
                _code(each.column.type),
                "yes" if each.column.nullable else "no",
                each.description,
            ]
            for each in made
        ),
    )
    return _PROLOGUE + types + _CHOICES + chosen + _MORE + values + _EPILOGUE + last


_TYPE_HEAD: Final = [
    "JSON Schema of a required property",
    "manifest.json",
    "Arrow",
    "`datasets`",
    "May be null",
]


def _lay_out(document: dict[str, Any], choice: str) -> Layout:
    choices = [("p", choice)] if choice else []
    return plan_layout(document, {}, start="Start", end="End", recording_property=None, choices=choices)


def _lay_out_property(subschema: object, choice: str) -> Layout:
    document = {"properties": {"p": subschema}, "required": ["p"], "additionalProperties": False}
    return _lay_out(document, choice)


def _type_row(subschema: object, choice: str) -> list[str]:
    layout = _lay_out_property(subschema, choice)
    column = layout.columns[2].column
    feature = {key: value for key, value in card_features(layout)[2].items() if key != "name"}
    said = feature["dtype"] if isinstance(feature.get("dtype"), str) else _json(feature)
    field = arrow_schema(layout).field("p")
    return [
        _code(_json(subschema)),
        _code(column.type),
        _code(str(field.type)),
        _code(str(said)),
        "yes" if column.nullable else "no",
    ]


def _value_rows(subschema: object, choice: str, examples: Sequence[Any]) -> Iterable[list[str]]:
    layout = _lay_out_property(subschema, choice)
    first = [_code(_json(subschema)), _code(layout.columns[2].column.type)]
    for example in examples:
        segment = {} if example is ... else {"p": example}
        try:
            read = parse_canonical(canonical_json(segment))
            assert isinstance(read, dict)  # noqa: S101 - as it was
            cell = _show_cell(make_row(layout, "r", 0, read)["p"], layout.columns[2].column.type)
        except Misfit as misfit:
            cell = f"error: {misfit.message} (`{misfit.rule}`)"
        yield [*first, "absent" if example is ... else _code(_json(example)), cell]
        first = ["", ""]


def _show_cell(value: object, type_: str) -> str:
    if type_.startswith("timestamp") and isinstance(value, int):
        return _code((datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=value)).isoformat())
    return f"the text {_code(value)}" if type_ == "json" and isinstance(value, str) else _code(_json(value))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _code(text: str) -> str:
    return "`" + text.replace("|", "\\|") + "`"


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    print(render_page(), end="")
