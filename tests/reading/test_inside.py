"""Segments inside of documents: which, where, and what they receive."""

from __future__ import annotations

import gzip
import json
import pickle
import tracemalloc
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from benchmarks.reading_fuzz import reading_in
from packager.model import Inside, SourceFile
from packager.reading import (
    Block,
    Empty,
    Form,
    Item,
    Unreadable,
    cut_objects,
    find_form,
    frame,
    locate,
    locate_key,
    read_blocks,
    read_exactly,
    read_items,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    Write = Callable[[str, bytes], SourceFile]
    Told = list[tuple[str, int, int]]

WHISPER = Inside(("/segments",), (("Language", "/language"), ("Model", "/model/name")))
PRETTY = b"""{
  "text": "a ] } b",
  "segments": [
    {"n": 0},
    {"n": 1, "segments": [{}]}
  ],
  "language": "en",
  "model": {"name": "large"}
}
"""


def read(source: SourceFile, inside: Inside = WHISPER) -> list[Item | Empty | Unreadable]:
    """Return what a file holds, which is the same on both roads and in blocks of any size."""
    source = replace(source, inside=inside)
    found = list(read_items(source))
    assert repr(list(read_exactly(source))) == repr(found)
    for block_bytes in (5, 17, 64):
        with reading_in(block_bytes, 0):
            assert repr(list(read_items(source))) == repr(found)
    return found


def items_of(source: SourceFile, inside: Inside = WHISPER) -> list[Item]:
    found = read(source, inside)
    items = [each for each in found if isinstance(each, Item)]
    assert len(items) == len(found)
    return items


def problems_of(found: list[Item | Empty | Unreadable]) -> Told:
    return [(problem.rule, problem.line, problem.column) for each in found for problem in each.problems]


def test_the_items_of_a_document_are_where_they_are_in_the_file(write_source: Write) -> None:
    items = items_of(write_source("a.json", PRETTY))

    assert [(item.number, item.pointer, item.line, item.column) for item in items] == [
        (0, "/segments/0", 4, 5),
        (1, "/segments/1", 5, 5),
    ]
    assert [item.value for item in items] == [
        {"n": 0, "Language": "en", "Model": "large"},
        {"n": 1, "segments": [{}], "Language": "en", "Model": "large"},
    ]
    assert [item.problems for item in items] == [(), ()]


def test_what_is_carried_is_where_it_is_in_the_document(write_source: Write) -> None:
    carry = (("Language", "/language"), ("All", "/model"), ("a/b", "/model/name"))
    source = write_source("a.json", PRETTY)
    item = items_of(source, Inside(("/segments",), carry))[1]

    assert locate(source, item, "/Language") == (7, 15)
    assert locate_key(source, item, "", "Language") == (7, 3)
    assert locate(source, item, "/All") == (8, 12)
    assert locate(source, item, "/All/name") == (8, 21)
    assert locate_key(source, item, "/All", "name") == (8, 13)
    assert locate(source, item, "/a~1b") == (8, 21)
    assert locate(source, item, "/n") == (5, 11)
    assert locate(source, item, "/segments/0") == (5, 27)
    assert locate(source, item, "/absent") == (5, 5)


def test_each_line_is_a_document(write_source: Write) -> None:
    data = b'{"segments":[{"n":0},{"n":1}],"language":"en"}\n\n{"language":null,"segments":[{"n":2}]}\n'
    items = items_of(write_source("a.jsonl", data))

    assert [(item.number, item.pointer, item.line, item.column, item.value) for item in items] == [
        (0, "/segments/0", 1, 14, {"n": 0, "Language": "en"}),
        (1, "/segments/1", 1, 22, {"n": 1, "Language": "en"}),
        (2, "/segments/0", 3, 30, {"n": 2, "Language": None}),
    ]


def test_a_json_file_may_be_an_array_of_documents(write_source: Write) -> None:
    data = b'[{"segments":[{"n":0}],"language":"en"},\n {"segments":[]}, {"segments":[{"n":1},{"n":2}]}]'
    items = items_of(write_source("a.json", data))

    assert [(item.number, item.pointer, item.line, item.column, item.value) for item in items] == [
        (0, "/0/segments/0", 1, 15, {"n": 0, "Language": "en"}),
        (1, "/2/segments/0", 2, 32, {"n": 1}),
        (2, "/2/segments/1", 2, 40, {"n": 2}),
    ]


@pytest.mark.parametrize(
    ("pointers", "data", "values"),
    [
        (("/a", "/b"), b'{"b":[{"n":1}],"a":[{"n":2}]}', [{"n": 2}]),
        (("/c", "/b"), b'{"b":[{"n":1}],"a":[{"n":2}]}', [{"n": 1}]),
        (("/a/0/b", "/a"), b'{"a":[{"b":[{"n":1}]}]}', [{"n": 1}]),
        (("/a/1/b", "/a"), b'{"a":[{"b":[{"n":1}]}]}', [{"b": [{"n": 1}]}]),
        (
            ("/results/channels/1/words",),
            b'{"results":{"channels":[{},{"x":0,"words":[{"n":1}]}]}}',
            [{"n": 1}],
        ),
        (("/~1~0",), b'{"x":"/~","/~":[{"n":1}]}', [{"n": 1}]),
        (("/\u00e9",), b'{"\\u00e9":[{"n":1}]}', [{"n": 1}]),
        (("/",), b'{"":[{"n":1}]}', [{"n": 1}]),
        (("",), b'[{"n":1}]', [{"n": 1}]),
        (("/segments", ""), b'[{"n":1}]', [{"n": 1}]),
        (("/0/0", ""), b'[[[{"n":1}]]]', [{"n": 1}]),
    ],
)
@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_the_first_pointer_that_leads_somewhere_leads_to_the_items(
    name: str, pointers: tuple[str, ...], data: bytes, values: list[object], write_source: Write
) -> None:
    assert [item.value for item in items_of(write_source(name, data), Inside(pointers))] == values


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b' {"a":1}', [("json/no-items", 1, 2)]),
        (b'{"segments":null}', [("json/no-items", 1, 1)]),
        (b'{"segments":{"0":{}}}', [("json/no-items", 1, 1)]),
        (b'"segments"', [("json/no-items", 1, 1)]),
        (b'{"a":1,"a":2}', [("json/duplicate-key", 1, 8), ("json/no-items", 1, 1)]),
        (b'[{"segments":[{"n":0}]},\n{"a":1},{"segments":[{"n":0}]}]', [("json/no-items", 2, 1)]),
    ],
)
def test_a_document_without_the_array_is_told(data: bytes, told: Told, write_source: Write) -> None:
    found = read(write_source("a.json", data))
    assert problems_of(found) == told
    assert not any(isinstance(each, Unreadable) for each in found)


def test_a_line_without_the_array_hides_no_other(write_source: Write) -> None:
    data = b'{"segments":[{"n":0}]}\n{"segment":[]}\n{"segments":[{"n":1}\n{"segments":[{"n":2}]}'
    items = items_of(write_source("a.jsonl", data))
    assert [item.value for item in items] == [{"n": 0}, None, None, {"n": 2}]
    assert [item.number for item in items] == [0, 1, 2, 3]
    assert problems_of([*items]) == [("json/no-items", 2, 1), ("json/truncated", 3, 21)]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b'{"a":1,"a":2,"segments":[{"n":0}]}', [("json/duplicate-key", 1, 8)]),
        (b'{"segments":[{"n":0}],"a":NaN}', [("json/nan", 1, 27)]),
        (b'{"segments":[{"n":0}],"segments":[{"n":1}]}', [("json/duplicate-key", 1, 23)]),
        (
            b'{"segments":[{"n":1e400}],"a":1e400}',
            [("json/number-range", 1, 31), ("json/number-range", 1, 19)],
        ),
        (b'{"segments":[{"n":0}],"a":1,}', [("json/trailing-comma", 1, 28)]),
    ],
)
def test_a_flaw_around_the_array_makes_the_document_bad(data: bytes, told: Told, write_source: Write) -> None:
    for name in ("a.json", "a.jsonl"):
        (item,) = items_of(write_source(name, data))
        assert (item.value, item.pointer) == (None, "")
        assert problems_of([item]) == told


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b'{"segments":[{"n":0}]} {', [("json/two-values", 1, 24)]),
        (b'{"segments":[{"n":0}]},', [("json/trailing-comma", 1, 23)]),
        (b'{"segments":[{"n":0}] "a":1}', [("json/syntax", 1, 23)]),
        (b'{"a" 1,"segments":[{"n":0}]}', [("json/syntax", 1, 6)]),
        (b'{"a":[1 2],"segments":[{"n" 0}]}', [("json/syntax", 1, 9)]),
        (b'{"segments":[{"n":0}', [("json/truncated", 1, 21)]),
        (b'{"segments":[{"n":0}]', [("json/truncated", 1, 22)]),
        (b'{"segments":[{"n":0}},"a":NaN}', [("json/syntax", 1, 21)]),
        (b'{"a":NaN,"segments":[{"n" 0}],"b":NaN}', [("json/nan", 1, 6), ("json/syntax", 1, 27)]),
        (b'{"segments":[{"n":0},{"a], "b":"\n"}', [("json/syntax", 1, 29)]),
        (b'{"segments":[{"n":0},],"a":01}', [("json/number", 1, 28), ("json/trailing-comma", 1, 21)]),
        (b"", [("json/truncated", 1, 1)]),
    ],
)
def test_a_document_that_cannot_be_read_to_the_end_is_unreadable(
    data: bytes, told: Told, write_source: Write
) -> None:
    found = read(write_source("a.json", data))
    assert isinstance(found[-1], Unreadable)
    assert problems_of(found) == told


def test_a_mark_leaves_no_doubt_about_the_segments(write_source: Write) -> None:
    for data in (b'{"segments":[{"n":0}],"language":"en"}', b'[{"segments":[{"n":0}],"language":"en"}]'):
        (item,) = items_of(write_source("a.json", b"\xef\xbb\xbf" + data))
        assert item.value == {"n": 0, "Language": "en"}
        assert problems_of([item]) == [("json/bom", 1, 1)]
    (bare,) = items_of(write_source("a.json", b'\xef\xbb\xbf{"segments":[]}'))
    assert (bare.value, problems_of([bare])) == (None, [("json/bom", 1, 1)])


def test_a_file_of_empty_arrays_is_empty(write_source: Write) -> None:
    for name, data in (
        ("a.json", b'{"segments":[ ]}'),
        ("a.json", b'[{"segments":[]}]'),
        ("a.json", b"[]"),
        ("a.jsonl", b'{"segments":[]}\n{"segments":[]}\n'),
    ):
        assert [type(each) for each in read(write_source(name, data))] == [Empty]


def test_a_segment_that_has_what_is_carried_clashes(write_source: Write) -> None:
    data = b'{"language":"en","segments":[{"n":0},{"n":1, "Language":null},{"n":2}]}'
    source = write_source("a.json", data)
    items = items_of(source)

    assert [item.value for item in items] == [
        {"n": 0, "Language": "en"},
        {"n": 1, "Language": None},
        {"n": 2, "Language": "en"},
    ]
    (problem,) = items[1].problems
    assert (problem.rule, problem.line, problem.column, problem.pointer) == (
        "json/carry-clash",
        1,
        46,
        "/Language",
    )
    assert locate(source, items[1], "/Language") == (1, 57)
    assert locate(source, items[2], "/Language") == (1, 13)


def test_what_holds_the_array_is_not_carried(write_source: Write) -> None:
    inside = Inside(("/a/b",), (("Whole", ""), ("A", "/a"), ("B", "/a/b"), ("C", "/a/b/0"), ("D", "/a/c")))
    (item,) = items_of(write_source("a.json", b'{"a":{"b":[{"n":0}],"c":[1]}}'), inside)
    assert item.value == {"n": 0, "D": [1]}


def test_a_segment_is_as_deep_as_in_any_other_array(write_source: Write) -> None:
    def nest(depth: int) -> bytes:
        return b'{"segments":[{"a":' + b"[" * depth + b"]" * depth + b"}]}"

    assert problems_of(read(write_source("a.json", nest(63)))) == []
    assert problems_of(read(write_source("a.json", nest(64)))) == [("json/depth", 1, 18 + 64)]


def test_the_form_of_such_a_file_is_an_array(write_source: Write) -> None:
    source = replace(write_source("a.json", PRETTY), inside=WHISPER)
    assert find_form(source) is Form.ARRAY
    assert list(cut_objects([(0, source)])) == []
    assert pickle.loads(pickle.dumps(source)) == source  # noqa: S301 - our own


def test_the_tap_sees_each_byte_once(write_source: Write) -> None:
    for name, data in (
        ("a.json", PRETTY),
        ("a.json", b'{"a":1}  '),
        ("a.json", b'[{"segments":[]}, {"segments":[{}]} ]\n'),
        ("a.jsonl", b'{"segments":[{}]}\n{"segments":[{}]}\n'),
    ):
        seen: list[bytes] = []
        source = replace(write_source(name, data), inside=WHISPER)
        with reading_in(7, 0):
            assert list(read_blocks(source, seen.append))
        assert b"".join(seen) == data


def test_the_items_come_in_blocks(write_source: Write) -> None:
    segments = [{"n": number, "text": "x" * 100} for number in range(30_000)]
    segments[20_000] = {"n": 20_000, "Language": "de"}
    data = json.dumps({"segments": segments, "language": "en"}).encode()
    for name in ("a.json.gz", "a.jsonl.gz"):
        source = replace(write_source(name, gzip.compress(data, 1, mtime=0)), inside=WHISPER)
        found = list(read_blocks(source))
        assert [each.number for each in found if isinstance(each, Item)] == [20_000]
        blocks = [each for each in found if isinstance(each, Block)]
        assert sum(block.count for block in blocks) == 29_999
        assert len(blocks) >= 3
        last = blocks[-1].item(blocks[-1].count - 1)
        assert (last.number, last.pointer, last.value) == (
            29_999,
            "/segments/29999",
            {"n": 29_999, "text": "x" * 100, "Language": "en"},
        )


def test_a_document_may_have_any_size_but_for_what_is_around_its_array(
    write_source: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame, "MAX_AROUND_BYTES", 1000)
    item = b'{"a":"' + b"x" * 10_000 + b'"},\n'
    large = gzip.compress(item, 1, mtime=0) * 1_000
    data = gzip.compress(b'{"segments":[', mtime=0) + large + gzip.compress(b'{}],"language":"en"}', mtime=0)
    source = replace(write_source("a.json.gz", data), inside=WHISPER)
    tracemalloc.start()
    values = [each.value for each in read_items(source) if isinstance(each, Item)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert values[-1] == {"Language": "en"}
    del values
    assert peak < 40 << 20  # the values themselves have 10 MB

    around = gzip.compress(b'{\n"a":[', mtime=0) + large + gzip.compress(b'{}],"segments":[]}', mtime=0)
    source = replace(write_source("b.json.gz", around), inside=WHISPER)
    (told,) = read_items(source)
    assert isinstance(told, Unreadable)
    assert problems_of([told]) == [("json/size", 2, 1)]
    with reading_in(1 << 16):
        other = replace(source, inside=Inside(("/segments", "/a")))
        assert [problem for each in read_items(other) for problem in each.problems] == [*told.problems]
    other = replace(source, inside=Inside(("/segment", "/a")))
    assert sum(isinstance(each, Item) for each in read_items(other)) == 1_001
