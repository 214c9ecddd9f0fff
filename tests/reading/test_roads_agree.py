"""What is read fast is what the exact parser reads; `python -m benchmarks.reading_fuzz` compares far more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.reading_files import NEVER, Case
from benchmarks.reading_fuzz import compare, find_difference

if TYPE_CHECKING:
    from pathlib import Path

CUTS = [
    b'[{"a":"x},","b":"},"},{"a":"},{"},{"a":"\\"},{\\""},{"a":1}]',
    b'[{"a":["},{"],"b":{"c":"}, {"}},\n{"a":"\\\\"},\n{"a":"\\\\\\"},"},{"a":"]"}]',
    '{"é":"\U0001f600"}\n{"日本":"\x7f"}\n\n  {"a":"}\\n{"}\r\n{"a":2}'.encode(),
    b'{"a":[1\n2]}\n{"a":1},{"b":2}\n{"a":"x}\n{y"}\n{"a":1}\n',
    '[{"a":1}\U0001f600{"a":2}]'.encode(),
    b'[{"a":1}, \xef\xbb\xbf{"a":2}]',
    b'[{"a":1}, \xf0\x9f\x98 {"a":2}]',
    '[12345, true, "x", null, nan, {"a":1}, trü, {"a":2}]'.encode(),
    '[{"a":1}] \U0001f600'.encode(),
    b'\xef\xbb\xbf[{"a":1}, {"a":2},\n ]',
    b'[{"a":1}]\n,\n{"a":2}',
    b'[{"a":1}]%b,%b{"a":2}' % (b" " * 20, b"\n" * 20),
    '[{"a":1}] ,          😀'.encode(),
]


@pytest.mark.parametrize("seed", ["first", "second"])
def test_mutated_files_are_read_alike_on_both_roads(seed: str, tmp_path: Path) -> None:
    outcome = compare(seed, 5000, tmp_path)

    assert [difference for _, difference in outcome.differences] == []
    assert outcome.seen["in blocks"] > 1000
    assert outcome.seen["in documents"] > 100
    assert outcome.seen["with problems"] > 100
    assert {"a.json", "a.jsonl", "a.ndjson", "a.json.gz", "a.json.zst"} <= set(outcome.seen)


@pytest.mark.parametrize("data", CUTS)
@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_a_cut_at_any_byte_changes_nothing(name: str, data: bytes, tmp_path: Path) -> None:
    for block_bytes in range(4, len(data) + 1):
        assert find_difference(Case(name, data, block_bytes, NEVER, 1), tmp_path) == ""
