from __future__ import annotations

import gzip
import os
import subprocess
import sys
import zlib
from typing import TYPE_CHECKING

import pytest

from packager.model import SourceFile
from packager.reading import Empty, Form, Item, Unreadable, find_form, read_items

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Write = Callable[[str, bytes], SourceFile]

LINES = b'{"a":1}\n{"a":2}\n'


def read_values(source: SourceFile) -> list[object]:
    return [read.value for read in read_items(source) if isinstance(read, Item) and not read.problems]


def find_end(source: SourceFile) -> tuple[str, int]:
    """Return rule and line of the only problem of a file that is unreadable."""
    *_, last = read_items(source)
    assert isinstance(last, Unreadable)
    (problem,) = last.problems
    return problem.rule, problem.line


# --- compression ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.jsonl", LINES),
        ("a.jsonl.gz", gzip.compress(LINES, mtime=0)),
        ("a.ndjson.zst", zstd.compress(LINES)),
        ("two members.jsonl.gz", gzip.compress(LINES[:5], mtime=0) + gzip.compress(LINES[5:], mtime=0)),
        (
            "an empty member.jsonl.gz",
            gzip.compress(b"", mtime=0) + gzip.compress(LINES, mtime=0) + gzip.compress(b"", mtime=0),
        ),
        ("padded with zeros.jsonl.gz", gzip.compress(LINES, mtime=0) + b"\0" * 512),
        ("two frames.jsonl.zst", zstd.compress(LINES[:5]) + zstd.compress(LINES[5:])),
        ("a skippable frame.jsonl.zst", b"\x50\x2a\x4d\x18\x02\0\0\0xx" + zstd.compress(LINES)),
        ("a.json", b'[{"a":1},{"a":2}]'),
        ("a.json.gz", gzip.compress(b'[{"a":1},{"a":2}]', mtime=0)),
        ("a.json.zst", zstd.compress(b'[{"a":1},{"a":2}]')),
    ],
)
def test_a_file_is_read_whole_in_every_packing(name: str, data: bytes, write_source: Write) -> None:
    assert read_values(write_source(name, data)) == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize(
    ("name", "compress"), [("a.jsonl.gz", gzip.compress), ("a.jsonl.zst", zstd.compress)]
)
def test_compressed_data_cut_off_at_any_byte_is_unreadable(
    name: str, compress: Callable[[bytes], bytes], write_source: Write
) -> None:
    data = compress(LINES)
    for length in range(len(data)):
        assert find_end(write_source(name, data[:length])) == ("json/compression", 1)
    for length in range(1, len(data)):
        assert find_end(write_source(name, data + data[:length])) == ("json/compression", 1)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("garbage behind.jsonl.gz", gzip.compress(LINES, mtime=0) + b"garbage"),
        ("garbage behind.jsonl.zst", zstd.compress(LINES) + b"garbage"),
        ("not compressed.jsonl.gz", LINES),
        ("not compressed.jsonl.zst", LINES),
        (
            "bad checksum.jsonl.gz",
            gzip.compress(LINES, mtime=0)[:-8] + b"\0\0\0\0" + gzip.compress(LINES, mtime=0)[-4:],
        ),
        ("bad length.json.gz", gzip.compress(b"{}", mtime=0)[:-4] + b"\1\0\0\0"),
        ("bad block.jsonl.gz", gzip.compress(LINES, mtime=0)[:10] + b"\xff" * 20),
        ("zlib, not gzip.jsonl.gz", zlib.compress(LINES)),
    ],
)
def test_damaged_compressed_data_is_unreadable(name: str, data: bytes, write_source: Write) -> None:
    assert find_end(write_source(name, data)) == ("json/compression", 1)


def test_a_zstd_checksum_is_verified(write_source: Write) -> None:
    data = zstd.compress(LINES, options={zstd.CompressionParameter.checksum_flag: 1})
    assert read_values(write_source("a.jsonl.zst", data)) == [{"a": 1}, {"a": 2}]
    damaged = data[:-1] + bytes([data[-1] ^ 1])
    assert find_end(write_source("a.jsonl.zst", damaged)) == ("json/compression", 1)


def test_lines_before_the_damage_are_yielded_first(write_source: Write) -> None:
    lines = b"".join(
        b'{"a":%d,"b":"%s"}\n' % (number, os.urandom(20).hex().encode()) for number in range(100_000)
    )
    data = gzip.compress(lines, 1, mtime=0)
    reads = list(read_items(write_source("a.jsonl.gz", data[:-100])))
    assert len(reads) > 1000
    assert all(isinstance(read, Item) for read in reads[:-1])
    assert isinstance(reads[-1], Unreadable)


# --- what is no file to read ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.json.gz", "a.jsonl.zst"])
def test_a_file_that_is_not_there_is_unreadable(name: str, tmp_path: Path) -> None:
    source = SourceFile(str(tmp_path / name), name, "recording", "folder")
    assert find_end(source) == ("json/unreadable", 1)
    assert find_form(source) == (Form.LINES if ".jsonl" in name else Form.OBJECT)


def test_a_folder_and_a_pipe_are_unreadable_and_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "folder.json").mkdir()
    os.mkfifo(tmp_path / "pipe.jsonl")
    for name in ("folder.json", "pipe.jsonl"):
        assert find_end(SourceFile(str(tmp_path / name), name, "recording", "folder")) == (
            "json/unreadable",
            1,
        )


def test_a_loop_of_links_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "a.json").symlink_to("a.json")
    assert find_end(SourceFile(str(tmp_path / "a.json"), "a.json", "r", "f")) == ("json/unreadable", 1)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-16-le", "utf-32"])
def test_a_file_in_another_encoding_has_no_sound_item(encoding: str, write_source: Write) -> None:
    data = LINES.decode().encode(encoding)
    assert read_values(write_source("a.jsonl", data)) == []
    assert read_values(write_source("a.json", data)) == []


# --- form ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data", "form"),
    [
        ("a.jsonl", b"[1]", "lines"),
        ("a.ndjson", b"", "lines"),
        ("a.ndjson.gz", b"", "lines"),
        ("a.json", b"{}", "object"),
        ("a.json", b" \r\n\t[", "array"),
        ("a.json", b" " * 10_000 + b"[]", "array"),
        ("a.json", b"\xef\xbb\xbf\n[]", "array"),
        ("a.json", b"", "object"),
        ("a.json", b'"["', "object"),
        ("a.json.gz", gzip.compress(b"[]", mtime=0), "array"),
        ("a.json.gz", b"[]", "object"),
        ("a.json.zst", zstd.compress(b" {}"), "object"),
        ("jsonl.json", b"[]", "array"),
    ],
)
def test_the_form_follows_from_the_name_and_the_first_character(
    name: str, data: bytes, form: str, write_source: Write
) -> None:
    assert find_form(write_source(name, data)) == form


# --- blocks --------------------------------------------------------------------------------------------


def test_lines_are_whole_wherever_a_block_ends(write_source: Write) -> None:
    block = 1 << 20
    for more in range(-3, 4):
        first = b'{"a":"' + b"x" * (block + more - 8) + b'"}'
        assert read_values(write_source("a.jsonl", first + b'\n{"a":2}'))[1] == {"a": 2}
    long = b'{"a":"' + b"x" * (3 * block) + b'"}'
    (first_value, second) = read_values(write_source("a.jsonl", long + b"\r\n" + LINES[:7]))
    assert first_value == {"a": "x" * (3 * block)}
    assert second == {"a": 1}


@pytest.mark.parametrize(
    ("rest", "rule", "line"),
    [
        (b'{"a":2}', "json/two-values", 2),
        (b"]", "json/trailing-data", 1),
        (b"", "json/trailing-comma", 1),
    ],
)
def test_what_follows_an_array_is_judged_however_far_it_is(
    rest: bytes, rule: str, line: int, write_source: Write
) -> None:
    space = b" " * (3 << 20)
    assert find_end(write_source("a.json", b'[{"a":1}]' + space + b"," + space + b"\n" + rest)) == (
        rule,
        line,
    )


@pytest.mark.parametrize("size", [1 << 14, 1 << 15, 3 << 20])
def test_a_file_that_is_cut_off_at_a_round_size_is_told(size: int, write_source: Write) -> None:
    for name, begin in (("a.json", b'[{"a":"'), ("a.json", b'{"a":"'), ("a.jsonl", b'{"a":"')):
        (read,) = read_items(write_source(name, begin + b"x" * (size - len(begin))))
        assert [(each.rule, each.column) for each in read.problems] == [("json/truncated", size + 1)]


def test_an_object_over_lines_is_joined_across_blocks(write_source: Write) -> None:
    filler = b'{"a":"' + b"x" * ((1 << 20) - 12) + b'"}\n'
    source = write_source("a.jsonl", filler + b'{\n"a":1\n}\n{"a":2}\n')
    reads = [read for read in read_items(source) if isinstance(read, Item)]
    assert [(read.line, len(read.problems)) for read in reads] == [(1, 0), (2, 1), (5, 0)]


def test_the_search_for_lost_ends_is_given_up_after_many_failures(write_source: Write) -> None:
    cut = b'{"a":"' + b"x" * 100_000 + b'",\n'
    over_lines = b'{\n"b":1\n}\n'
    rules = [read.problems[0].rule for read in read_items(write_source("a.jsonl", cut * 3 + over_lines))]
    assert rules == ["json/truncated"] * 3 + ["json/multiline"]
    rules = [read.problems[0].rule for read in read_items(write_source("a.jsonl", cut * 30 + over_lines))]
    assert rules == ["json/truncated"] * 31 + ["json/trailing-data", "json/syntax"]


# --- sizes ---------------------------------------------------------------------------------------------

MEGABYTE = 1 << 20


def repeat_gzip(*parts: tuple[bytes, int]) -> bytes:
    """Compress each part alone and repeat it: members of one file, made without holding what they grow to."""
    return b"".join(gzip.compress(part, mtime=0) * count for part, count in parts)


def test_a_line_beyond_the_limit_is_refused_and_the_next_is_read(write_source: Write) -> None:
    data = repeat_gzip((b"[" * MEGABYTE, 65), (b"\n" + LINES, 1))
    reads = list(read_items(write_source("a.jsonl.gz", data)))
    assert [(read.line, read.value) for read in reads if isinstance(read, Item)] == [
        (1, None),
        (2, {"a": 1}),
        (3, {"a": 2}),
    ]
    assert [problem.rule for problem in reads[0].problems] == ["json/size"]


def test_a_line_without_end_ends_the_reading(write_source: Write) -> None:
    data = repeat_gzip((LINES, 1), (b"[" * MEGABYTE, 10_000))
    assert find_end(write_source("a.jsonl.gz", data)) == ("json/size", 3)


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_a_file_of_ten_gigabytes_on_one_line_is_refused(name: str, tmp_path: Path) -> None:
    with (tmp_path / name).open("wb") as file:
        file.truncate(10 << 30)  # sparse: it takes no room
    assert find_end(SourceFile(str(tmp_path / name), name, "recording", "folder")) == ("json/size", 1)


def test_a_segment_beyond_the_limit_is_refused_and_the_next_item_is_read(write_source: Write) -> None:
    data = repeat_gzip((b'[{"a":"', 1), (b"x" * MEGABYTE, 64), (b'"},\n{"a":2}]', 1))
    reads = [read for read in read_items(write_source("a.json.gz", data)) if isinstance(read, Item)]
    assert [(read.line, read.column, read.value) for read in reads] == [(1, 2, None), (2, 1, {"a": 2})]
    assert [problem.rule for problem in reads[0].problems] == ["json/size"]


def test_an_item_that_is_not_closed_within_the_limit_is_refused(write_source: Write) -> None:
    data = repeat_gzip((b'[{"a":"', 1), (b"x" * MEGABYTE, 65))
    assert find_end(write_source("a.json.gz", data)) == ("json/size", 1)


def test_one_object_beyond_the_limit_is_refused(write_source: Write) -> None:
    data = repeat_gzip((b'{"a":"', 1), (b"x" * MEGABYTE, 64), (b'"}', 1))
    assert find_end(write_source("a.json.gz", data)) == ("json/size", 1)


MEASURE = """
import sys, tracemalloc
from pathlib import Path
from packager.model import SourceFile
from packager.reading import read_items
tracemalloc.start()
for _ in read_items(SourceFile(sys.argv[1], "a", "r", "f")):
    pass
print(tracemalloc.get_traced_memory()[1])
"""


def measure_peak(source: SourceFile) -> int:
    """Return the most bytes that reading a file held at once."""
    run = subprocess.run(  # the interpreter that runs this test
        [sys.executable, "-c", MEASURE, source.place], capture_output=True, check=True, text=True
    )
    return int(run.stdout)


def test_a_bomb_of_one_line_is_held_no_longer_than_a_line_may_be(write_source: Write) -> None:
    data = repeat_gzip((b"[" * MEGABYTE, 2_000))
    assert measure_peak(write_source("a.jsonl.gz", data)) < 80 * MEGABYTE


def test_a_json_file_beyond_the_limit_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "a.json").open("wb") as file:
        file.truncate(1 << 30)
    assert measure_peak(SourceFile(str(tmp_path / "a.json"), "a.json", "recording", "folder")) < 4 * MEGABYTE


def test_many_lines_are_held_a_block_at_a_time(write_source: Write) -> None:
    data = repeat_gzip((b'{"a":"' + b"x" * 10_000 + b'"}\n', 6_000))
    assert measure_peak(write_source("a.jsonl.gz", data)) < 40 * MEGABYTE


def test_the_items_of_a_large_array_are_made_one_by_one(write_source: Write) -> None:
    item = b',{"a":[' + b"1," * 5_000 + b"1]}"
    data = repeat_gzip((b"[0", 1), (item, 2_000), (b"]", 1))
    # A block is held, and what is made of it; the text has 19 MiB, and the lists of all items 76.
    assert measure_peak(write_source("a.json.gz", data)) < 60 * MEGABYTE


def test_reading_imports_nothing_heavy() -> None:
    code = "import sys, packager.reading.read; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)  # as above
    loaded = set(run.stdout.split())
    assert "orjson" in loaded
    assert not loaded & {"pyarrow", "numpy", "pandas", "datasets", "huggingface_hub", "jsonschema_rs", "gzip"}


def test_an_empty_file_and_an_empty_compressed_file_differ(write_source: Write) -> None:
    (read,) = read_items(write_source("a.jsonl.gz", gzip.compress(b"", mtime=0)))
    assert isinstance(read, Empty)
    assert find_end(write_source("b.jsonl.gz", b"")) == ("json/compression", 1)
