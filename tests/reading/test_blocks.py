"""Many values at once are what they are one by one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packager.model import SourceFile
from packager.reading import Block, Item, read_blocks, read_exactly, read_items
from packager.reading.native import load_items, load_lines
from packager.reading.strict import demand_object, parse_value

if TYPE_CHECKING:
    from pathlib import Path

PIECES = st.lists(
    st.sampled_from(
        [
            *('{"a":1}', '{"a":1,"a":2}', '{"a" :1}', '{"a"\t:1,"a":2}', '{"a":"\\":"}', '{"a": {"b":[{}]}}'),
            *("[1]", "{", "}", '{"a":1e400}', '{"a":18446744073709551616}', '{"a":NaN}', "", " ", '{"a":1} '),
            *('{"a":"x}', '{y"}', '{"a":1', '{"a":"x}', '{y"},{"b":1}', '"b":2},{"c":3}', '{"a":1e-400}'),
            *('{"a":1},{"b":2}', '{"a":{"x":1}', '{"y":2}]}', '{"a":[{"x":1}', '"b":2}', '{"a" : 1}\r'),
            *('{"a":"\x7f"}', '{"a":"\\u007F"}', '{"a":1},"\\u007f",{"b":2}', '{"a\\u0022":1,"a\\"":2}'),
        ]
    ),
    max_size=6,
)


@settings(max_examples=1000)
@given(PIECES, st.sampled_from([b"", b"\n"]))
def test_lines_that_are_loaded_at_once_are_what_the_exact_parser_reads(pieces: list[str], end: bytes) -> None:
    lines = [piece.encode() for piece in pieces]
    loaded = load_lines(b"\n".join(lines) + end)
    if loaded is not None:
        exact = [demand_object(line, parse_value(line)) for line in lines if line.strip()]
        assert [parsed.flaws for parsed in exact] == [()] * len(exact)
        assert repr([parsed.value for parsed in exact]) == repr(loaded.values)
        assert b"[%b]" % loaded.written == orjson.dumps(loaded.values, option=orjson.OPT_SORT_KEYS)


@settings(max_examples=1000)
@given(PIECES)
def test_items_that_are_loaded_at_once_are_what_the_exact_parser_reads(pieces: list[str]) -> None:
    text = ",".join(pieces).encode()
    loaded = load_items(text)
    if loaded is not None:
        parsed = parse_value(b"[" + text + b"]")
        assert (parsed.flaws, parsed.end) == ((), len(text) + 2)
        assert repr(parsed.value) == repr(loaded.values)
        assert b"[%b]" % loaded.written == orjson.dumps(loaded.values, option=orjson.OPT_SORT_KEYS)


@settings(max_examples=200)
@given(PIECES)
def test_a_file_in_blocks_holds_the_items_of_the_file_one_by_one(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str]
) -> None:
    path = tmp_path_factory.mktemp("blocks") / "a.jsonl"
    path.write_text("\n".join([*pieces, json.dumps({"end": "."})]), newline="")
    source = SourceFile(str(path), "a.jsonl", "a", "segments")
    assert list(read_items(source)) == list(read_exactly(source))


@pytest.mark.parametrize("end", ["", "\n"])
def test_an_object_behind_a_space_stands_where_it_stands(tmp_path: Path, end: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('  {"a": 1}\n{"a": 2}' + end)
    items = list(read_items(SourceFile(str(path), "a.jsonl", "a", "segments")))
    assert [(item.line, item.column) for item in items if isinstance(item, Item)] == [(1, 3), (2, 1)]


def test_a_sound_file_comes_in_blocks_with_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(f'{{"n": {number}, "text": "{"x" * 100}"}}\n' for number in range(30_000)))
    blocks = list(read_blocks(SourceFile(str(path), "a.jsonl", "a", "segments")))
    assert len(blocks) > 2
    assert all(isinstance(block, Block) for block in blocks)
    last = blocks[-1]
    assert isinstance(last, Block)
    assert last.item(0).line == last.number + 1
    assert [block.values[0]["n"] for block in blocks if isinstance(block, Block)] == [
        block.number for block in blocks if isinstance(block, Block)
    ]


def test_one_bad_line_is_the_only_one_that_is_read_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = [f'{{"n": {number}}}' for number in range(60_000)]
    lines[20_000] = '{"n": }'
    path.write_text("\n".join(lines))
    read = list(read_blocks(SourceFile(str(path), "a.jsonl", "a", "segments")))
    assert [each.line for each in read if isinstance(each, Item)] == [20_001]


def test_one_bad_item_is_the_only_one_that_is_read_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    items = [f'{{"n": {number}}}' for number in range(60_000)]
    items[20_000] = '{"n": 1, "n": 2}'
    path.write_text("[\n" + ",\n".join(items) + "\n]")
    read = list(read_blocks(SourceFile(str(path), "a.json", "a", "segments")))
    assert [each.line for each in read if isinstance(each, Item)] == [20_002]
