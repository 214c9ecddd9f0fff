"""Hold the judge against another implementation, on random schemas and on segments that were tampered with.

Left out is where the two differ knowingly: patterns that Python reads otherwise than ECMA-262 (`$` before a
final line break, `\\s` and `\\d` beyond ASCII), 1e300 as a multiple of 3 (it is one as a double only), and
`additionalProperties` in draft 2019-09, whose work the peer's `unevaluatedProperties` does not see.
"""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any, Final

import jsonschema
import pytest

from packager.config import shipped_file
from packager.demo_corpus import write_corpus
from packager.model import to_pointer
from packager.reading.strict import read_document
from packager.schema.validate import DRAFTS, SegmentSchema, compile_schema
from schema_generator import SchemaGenerator, make_value

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

D4: Final = next(iter(DRAFTS))
PEERS: Final = (
    jsonschema.Draft4Validator,
    jsonschema.Draft6Validator,
    jsonschema.Draft7Validator,
    jsonschema.Draft201909Validator,
    jsonschema.Draft202012Validator,
)
SHARED_KEYWORDS: Final = frozenset(
    {
        *("type", "enum", "const", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
        *("multipleOf", "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"),
        *("required", "uniqueItems", "not", "anyOf", "oneOf", "dependentRequired"),
    }
)
"""Those whose errors both implementations report one by one at the same places."""


def compiled(schema: dict[str, Any]) -> SegmentSchema:
    return compile_schema(json.dumps(schema).encode(), "s.json", None, read_document, formats=False)


def places_by_peer(errors: list[jsonschema.ValidationError], draft: str) -> set[tuple[str, str]]:
    found = set()
    for error in errors:
        inside = {"propertyNames", "unevaluatedItems", "unevaluatedProperties"} & {*error.schema_path}
        keyword = str(error.validator)
        exclusive = f"exclusive{keyword.title()}"
        if draft == D4 and isinstance(error.schema, dict) and error.schema.get(exclusive):
            keyword = exclusive  # the keyword that makes the bound what it is
        if keyword in SHARED_KEYWORDS and not inside:
            found.add((to_pointer(error.absolute_path), keyword))
    return found


@pytest.mark.parametrize("number", range(len(PEERS)))
def test_verdict_and_places_are_those_of_another_implementation(number: int) -> None:
    draft = list(DRAFTS)[number]
    counts = {True: 0, False: 0}
    for seed in range(150):
        chance = random.Random(seed)
        schema = SchemaGenerator(chance, draft).make()
        judge, peer = compiled(schema), PEERS[number](schema)
        for value in [make_value(chance) for _ in range(8)]:
            try:
                errors = list(peer.iter_errors(value))
            except TypeError:  # the peer asks for the length of `items: true`
                continue
            told = f"{json.dumps(schema)}\n{json.dumps(value)}"
            findings = list(judge.explain(value))
            assert judge.is_valid(value) is (not errors), told
            assert (not findings) is (not errors), told
            found = {
                (each.pointer, each.keyword)
                for each in findings
                if each.key is None and each.keyword in SHARED_KEYWORDS
            }
            assert found == places_by_peer(errors, draft), told
            counts[not errors] += 1
    assert min(counts.values()) > 300


def tamper(chance: random.Random, segment: dict[str, Any]) -> dict[str, Any]:
    """Return a segment with one to three things changed."""
    changed = dict(segment)
    for _ in range(chance.randrange(1, 4)):
        key = chance.choice(("Speaker", "Start", "End", "Text", "text", "", "Start "))
        match chance.randrange(5):
            case 0:
                changed.pop(key, None)
            case 1:
                changed[key] = make_value(chance, 2)
            case 2 | 3 if isinstance(text := changed.get(key), str):
                at = chance.randrange(len(text) + 1)
                piece = chance.choice(("", "0", ":", ".", " ", "\t", "٣", "😀", "5", "-"))
                changed[key] = text[:at] + piece + text[at + chance.randrange(3) :]
            case _:
                changed[key] = chance.choice(("", " ", "00:00:01", "1:00:00", "00:00:60", "100:59:59.5"))
    return changed


def segments_of(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.rglob("*.json*")):
        lines = path.read_text(encoding="utf-8")
        for text in lines.splitlines() if path.suffix == ".jsonl" else [lines]:
            value = json.loads(text)
            yield from value if isinstance(value, list) else [value]


def test_a_tampered_segment_has_the_verdict_of_another_implementation(tmp_path: Path) -> None:
    write_corpus(tmp_path)
    data = shipped_file("segment.schema.json")
    judge = compile_schema(data, "segment.schema.json", None, read_document)
    peer = jsonschema.Draft202012Validator(json.loads(data))
    segments = [each for each in segments_of(tmp_path) if judge.is_valid(each)]
    counts = {True: 0, False: 0}
    for seed in range(1500):
        chance = random.Random(seed)
        value = tamper(chance, chance.choice(segments))
        valid = peer.is_valid(value)
        assert judge.is_valid(value) is valid, value
        assert (not list(judge.explain(value))) is valid, value
        counts[valid] += 1
    assert min(counts.values()) > 100
