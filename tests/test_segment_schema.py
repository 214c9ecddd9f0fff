"""The shipped schema says what a segment is, and two independent validators read it the same way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
import pytest

from packager.demo_corpus import write_broken, write_corpus, write_next_recording

REPOSITORY = Path(__file__).parent.parent
SCHEMA: dict[str, Any] = json.loads((REPOSITORY / "schema" / "segment.schema.json").read_bytes())
SEGMENT: dict[str, object] = {
    "Speaker": "Ada",
    "Start": "01:10:59",
    "End": "01:14:22",
    "Text": "Good morning.",
}

FAST = jsonschema_rs.Draft202012Validator(SCHEMA)
REFERENCE = jsonschema.Draft202012Validator(SCHEMA)

GOOD: list[dict[str, object]] = [
    SEGMENT,
    *(
        SEGMENT | {"End": time}
        for time in (
            "00:00:00",
            "99:59:59",
            "100:00:00",
            "01:14:22.5",
            "01:14:22.123456789",
            "0000000:00:00.0",
        )
    ),
    *(SEGMENT | {"Text": text} for text in (".", " a ", "\n\tb", "你好", "😀", "\u200b", "  \u00e4")),
    SEGMENT | {"Speaker": "SPEAKER_00"},
]
BAD: list[object] = [
    *({key: value for key, value in SEGMENT.items() if key != absent} for absent in SEGMENT),
    *(
        SEGMENT | {"Start": time}
        for time in (
            *("", "1:10:59", "01:10", "01:60:00", "01:10:60", "01:10:5", "01:10:590", "011059"),
            *("01:10:59.", "01:10:59.1234567890", "01:10:59,5", "-01:10:59", "+01:10:59", "01:10:59Z"),
            *(" 01:10:59", "01:10:59 ", "x01:10:59", "01:10:59\n01:10:59", "\n01:10:59", "01-10-59"),
            *("\u0660\u0661:10:59", "01:10:\u0665\u0669", "\uff10\uff11:10:59", "01:10:59.\u0665"),
        )
    ),
    *(SEGMENT | {"Start": value} for value in (4259, 4259.5, None, True, ["01:10:59"])),
    *(SEGMENT | {"Text": text} for text in ("", " ", "\n\t ", "\u00a0", "\u3000", "\u2028", 5, None)),
    *(SEGMENT | {"Speaker": speaker} for speaker in ("", " ", "\t", 0, None, ["Ada"])),
    SEGMENT | {"Language": "en"},
    SEGMENT | {"text": "Good morning."},
    [SEGMENT],
    "Good morning.",
    None,
]


def test_the_schema_is_valid_by_its_own_draft() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert jsonschema_rs.meta.is_valid(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_the_schema_is_named_without_a_host() -> None:
    assert SCHEMA["$id"] == "urn:segment-packager:schema:segment"


@pytest.mark.parametrize("segment", GOOD, ids=repr)
def test_a_good_segment_is_valid(segment: dict[str, object]) -> None:
    assert FAST.is_valid(segment)
    assert REFERENCE.is_valid(segment)


@pytest.mark.parametrize("segment", BAD, ids=repr)
def test_a_bad_segment_is_invalid(segment: object) -> None:
    assert not FAST.is_valid(segment)
    assert not REFERENCE.is_valid(segment)


def test_a_time_ends_where_its_text_ends() -> None:
    # jsonschema takes Python's `$`, which also stands before a final line break; ECMA-262's does not.
    assert not FAST.is_valid(SEGMENT | {"Start": "01:10:59\n"})


def test_the_first_segment_of_the_project_is_valid(shared: Path) -> None:
    [path] = (shared / "seed").glob("*.json")
    segment = json.loads(path.read_bytes())
    assert segment["Speaker"] == "Andrej Karpathy"
    assert FAST.is_valid(segment)
    assert REFERENCE.is_valid(segment)


def test_every_property_is_documented_and_shows_valid_examples() -> None:
    assert SCHEMA["title"]
    assert SCHEMA["description"]
    assert list(SCHEMA["properties"]) == ["Speaker", "Start", "End", "Text"]
    for name, described in SCHEMA["properties"].items():
        assert described["title"] == name
        assert described["description"].endswith(".")
        assert described["examples"]
        for example in described["examples"]:
            assert REFERENCE.is_valid(SEGMENT | {name: example})
    for example in SCHEMA["$defs"]["time"]["examples"]:
        assert REFERENCE.is_valid(SEGMENT | {"Start": example})
    for example in SCHEMA["examples"]:
        assert REFERENCE.is_valid(example)


def test_every_segment_of_the_demo_is_valid(tmp_path: Path) -> None:
    write_corpus(tmp_path)
    write_next_recording(tmp_path)
    count = 0
    for path in tmp_path.rglob("*.json*"):
        text = path.read_text(encoding="utf-8")
        values = (
            [json.loads(line) for line in text.splitlines()] if path.suffix == ".jsonl" else json.loads(text)
        )
        for segment in values if isinstance(values, list) else [values]:
            assert REFERENCE.is_valid(segment)
            count += 1
    assert count == 79


def test_the_broken_file_of_the_demo_breaks_two_rules_of_the_schema(tmp_path: Path) -> None:
    lines = (tmp_path / write_broken(tmp_path)).read_text(encoding="utf-8").splitlines()
    rules = [[error.validator for error in REFERENCE.iter_errors(json.loads(line))] for line in lines[:4]]
    assert rules == [[], ["pattern"], [], ["required"]]
