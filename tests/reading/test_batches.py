"""Many lines at once are what they are one by one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packager.model import SourceFile
from packager.reading.lines import split_lines
from packager.reading.quick import load_flat, load_lines
from packager.reading.read import Batch, Item, read_batches, read_items
from packager.reading.strict import demand_object, parse_value

if TYPE_CHECKING:
    from pathlib import Path

PIECES = st.lists(
    st.sampled_from(
        [
            *('{"a":1}', '{"a":1,"a":2}', '{"a" :1}', '{"a"\t:1,"a":2}', '{"a":"\\":"}', '{"a": {"b":[{}]}}'),
            *("[1]", "{", "}", '{"a":1e400}', '{"a":18446744073709551616}', '{"a":NaN}', "", " ", '{"a":1} '),
            *('{"a":"x}', '{y"}', '{"a":1', '{"a":"x}', '{y"},{"b":1}', '"b":2},{"c":3}'),
            *('{"a":1},{"b":2}', '{"a":{"x":1}', '{"y":2}]}', '{"a":[{"x":1}', '"b":2}', '{"a" : 1}\r'),
        ]
    ),
    max_size=6,
)


@settings(max_examples=1000)
@given(PIECES, st.sampled_from([b"", b"\n"]))
def test_what_is_loaded_at_once_is_what_the_exact_parser_reads(pieces: list[str], end: bytes) -> None:
    lines = [piece.encode() for piece in pieces]
    run = b"\n".join(lines) + end
    values = load_flat(run) or load_lines(run, split_lines(run))
    if values is not None:
        if not end and lines[-1:] == [b""]:
            lines.pop()  # what is empty and not ended is no line
        exact = [demand_object(line, parse_value(line)) for line in lines]
        assert [parsed.flaws for parsed in exact] == [()] * len(lines)
        assert repr([parsed.value for parsed in exact]) == repr(values)


@settings(max_examples=200)
@given(PIECES)
def test_a_file_in_batches_holds_the_items_of_the_file_line_by_line(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str]
) -> None:
    path = tmp_path_factory.mktemp("batches") / "a.jsonl"
    path.write_text("\n".join([*pieces, json.dumps({"end": "."})]), newline="")
    source = SourceFile(str(path), "a.jsonl", "a", "segments")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("packager.reading.records.load_flat", lambda _: None)
        patch.setattr("packager.reading.records.load_lines", lambda *_: None)
        one_by_one = list(read_items(source))
    assert list(read_items(source)) == one_by_one


@pytest.mark.parametrize("end", ["", "\n"])
def test_an_object_behind_a_space_stands_where_it_stands(tmp_path: Path, end: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('  {"a": 1}\n{"a": 2}' + end)
    items = list(read_items(SourceFile(str(path), "a.jsonl", "a", "segments")))
    assert [(item.line, item.column) for item in items if isinstance(item, Item)] == [(1, 3), (2, 1)]


def test_a_sound_file_comes_in_batches_with_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(f'{{"n": {number}}}\n' for number in range(30_000)))
    batches = list(read_batches(SourceFile(str(path), "a.jsonl", "a", "segments")))
    assert len(batches) > 2
    assert all(isinstance(batch, Batch) for batch in batches)
    values = [value for batch in batches if isinstance(batch, Batch) for value in batch.values]
    assert values == [{"n": number} for number in range(30_000)]
    last = batches[-1]
    assert isinstance(last, Batch)
    assert last.line == last.number + 1


def test_one_bad_line_leaves_the_blocks_after_it_fast(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = [f'{{"n": {number}}}' for number in range(60_000)]
    lines[20_000] = '{"n": }'
    path.write_text("\n".join(lines))
    kinds = [type(read) for read in read_batches(SourceFile(str(path), "a.jsonl", "a", "segments"))]
    assert kinds[0] is Batch
    assert kinds[-1] is Batch
    assert sum(kind is not Batch for kind in kinds) < 12_000
