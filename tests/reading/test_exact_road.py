"""What a native parser reads otherwise, or does not see, in the middle of a block of clean segments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from benchmarks.reading_fuzz import reading_in
from packager.model import SourceFile
from packager.reading import Block, Item, read_blocks, read_exactly, read_items

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from packager.model import JsonObject
    from packager.reading import Empty, Unreadable

    Members = list[tuple[bytes, bytes]]
    Found = list[tuple[str, int, int]]

CLEAN: Final = 100
"""Segments before and behind."""
FORMS: Final = ("lines", "array", "pretty")
WHOLE: Final = 1 << 20

SOUND: dict[str, tuple[Members, JsonObject]] = {
    "integers beyond 53 bits": (
        [(b'"a"', b"9007199254740993"), (b'"b"', b"-9007199254740993")],
        {"a": 9007199254740993, "b": -9007199254740993},
    ),
    "integers at the edge of 64 bits": (
        [(b'"a"', b"9223372036854775808"), (b'"b"', b"18446744073709551615")],
        {"a": 9223372036854775808, "b": 18446744073709551615},
    ),
    "integers beyond 64 bits": (
        [(b'"a"', b"18446744073709551616"), (b'"b"', b"-9223372036854775809")],
        {"a": 18446744073709551616, "b": -9223372036854775809},
    ),
    "an integer of thirty digits in a list": (
        [(b'"a"', b"[1, 123456789012345678901234567890]")],
        {"a": [1, 123456789012345678901234567890]},
    ),
    "an integer of 309 digits that a double holds": ([(b'"a"', b"1" + b"0" * 308)], {"a": 10**308}),
    "a whole number as a double": ([(b'"a"', b"1.0"), (b'"b"', b"1e2")], {"a": 1.0, "b": 100.0}),
    "zeros with a sign": ([(b'"a"', b"-0.0"), (b'"b"', b"-0")], {"a": -0.0, "b": 0}),
    "zeros with exponents": (
        [(b'"a"', b"0.0e-400"), (b'"b"', b"0e-999"), (b'"c"', b"-0e-400"), (b'"d"', b"0e400")],
        {"a": 0.0, "b": 0.0, "c": -0.0, "d": 0.0},
    ),
    "the least and the greatest double": (
        [(b'"a"', b"5e-324"), (b'"b"', b"1.7976931348623157e308"), (b'"c"', b"2.2250738585072011e-308")],
        {"a": 5e-324, "b": 1.7976931348623157e308, "c": 2.2250738585072011e-308},
    ),
    "many digits": (
        [(b'"a"', b"0.1000000000000000055511151231257827"), (b'"b"', b"0." + b"0" * 30 + b"1")],
        {"a": 0.1, "b": 1e-31},
    ),
    "the mark in a text": ([(b'"a"', b'"\x7f"'), (b'"\x7f"', b'"x\x7fx"')], {"a": "\x7f", "\x7f": "x\x7fx"}),
    "the mark escaped": ([(b'"a"', b'"\\u007f"'), (b'"b"', b'"\\u007F"')], {"a": "\x7f", "b": "\x7f"}),
    "the mark in a list": ([(b'"a"', b'["\x7f","\\u007f", "\x7f"]')], {"a": ["\x7f", "\x7f", "\x7f"]}),
    "what joins lines in a text": ([(b'"a"', b'"x\\",\\"\x7f\\",\\"x"')], {"a": 'x","\x7f","x'}),
    "quotes by number": (
        [(b'"a"', b'"\\u0022,\\u0022"'), (b'"\\u0022b\\u0022"', b"1")],
        {"a": '","', '"b"': 1},
    ),
    "what only looks like a quote by number": (
        [(b'"a"', b'"u0022 \\\\u0022"'), (b'"b"', b'"\\\\\\u0022"')],
        {"a": "u0022 \\u0022", "b": '\\"'},
    ),
    "keys beyond ASCII": (
        [('"é"'.encode(), b"1"), ('"日本"'.encode(), b"2"), ('"\U0001f600"'.encode(), b"3"), (b'"z"', b"4")],
        {"é": 1, "日本": 2, "\U0001f600": 3, "z": 4},
    ),
    "keys beyond ASCII by number": (
        [(b'"\\u00e9"', b"1"), (b'"\\ud83d\\ude00"', b"2"), (b'"\\uFFFF"', b"3")],
        {"é": 1, "\U0001f600": 2, "\uffff": 3},
    ),
    "keys that differ in how they are composed": (
        [('"é"'.encode(), b"1"), ('"e\u0301"'.encode(), b"2")],
        {"é": 1, "e\u0301": 2},
    ),
    "noncharacters": (
        [(b'"a"', '"\uffff\ufdd0\U0001fffe"'.encode()), (b'"b"', b'"\\uFFFF\\uFDD0\\ud83f\\udffe"')],
        {"a": "\uffff\ufdd0\U0001fffe", "b": "\uffff\ufdd0\U0001fffe"},
    ),
    "a brace and a comma in texts": (
        [(b'"a"', b'"},"'), (b'"b"', b'"},{"'), (b'"c"', b'"}, {\\"a\\": 1}, {"'), (b'"d"', b'"},\\n"')],
        {"a": "},", "b": "},{", "c": '}, {"a": 1}, {', "d": "},\n"},
    ),
    "brackets in texts": (
        [(b'"a"', b'"]"'), (b'"b"', b'"],["'), (b'"},"', b'"}]"')],
        {"a": "]", "b": "],[", "},": "}]"},
    ),
    "backslashes before quotes": (
        [(b'"a"', b'"\\\\"'), (b'"b"', b'"\\\\\\""'), (b'"c"', b'"},\\\\"')],
        {"a": "\\", "b": '\\"', "c": "},\\"},
    ),
    "lists and objects": (
        [(b'"a"', b'[{"b": []}, {}, {"b": [{"c": null}]}]'), (b'"d"', b"{}")],
        {"a": [{"b": []}, {}, {"b": [{"c": None}]}], "d": {}},
    ),
    "a byte order mark in a text": ([(b'"a"', b'"\xef\xbb\xbf"')], {"a": "\ufeff"}),
    "separators of lines that are none": (
        [(b'"a"', '"\u2028\u0085\x7f"'.encode())],
        {"a": "\u2028\u0085\x7f"},
    ),
    "escapes of all kinds": (
        [(b'"a"', b'"\\b\\f\\n\\r\\t\\/\\u0000\\u001f"')],
        {"a": "\b\f\n\r\t/\x00\x1f"},
    ),
}

UNSOUND: dict[str, tuple[Members, list[tuple[str, bytes]]]] = {
    "a number that is too large": ([(b'"a"', b"1e400")], [("json/number-range", b"1e400")]),
    "a number that is too far below zero": ([(b'"a"', b"[-1e400]")], [("json/number-range", b"-1e400")]),
    "an integer of 310 digits": ([(b'"a"', b"1" + b"0" * 309)], [("json/number-range", b"1" + b"0" * 309)]),
    "a number that is too small": ([(b'"a"', b"1e-400")], [("json/number-range", b"1e-400")]),
    "numbers that are too small": (
        [(b'"a"', b"[2e-324, -1E-400]"), (b'"b"', b"0." + b"0" * 400 + b"1")],
        [
            ("json/number-range", b"2e-324"),
            ("json/number-range", b"-1E-400"),
            ("json/number-range", b"0.0000"),
        ],
    ),
    "a key twice": ([(b'"a"', b"1"), (b'"b"', b"2"), (b'"a" ', b"1")], [("json/duplicate-key", b'"a" ')]),
    "a key twice in a list": (
        [(b'"a"', b'[{"b": 1, "b":2}]')],
        [("json/duplicate-key", b'"b":2')],
    ),
    "a key twice, once by number": (
        [(b'"a"', b"1"), (b'"\\u0061"', b"2")],
        [("json/duplicate-key", b'"\\u0061"')],
    ),
    "a key twice, with a quote by number": (
        [(b'"a\\u0022"', b'"\\u0022"'), (b'"a\\""', b'"\\u0022"')],
        [("json/duplicate-key", b'"a\\""')],
    ),
    "a key twice, and quotes by number beside it": (
        [(b'"a"', b'"\\u0022\\u0022\\u0022\\u0022"'), (b'"a" ', b'"\\u0022"')],
        [("json/duplicate-key", b'"a" ')],
    ),
    "a key twice, hidden by a text": (
        [(b'"a"', b"1"), (b'"b"', b'"\\":"'), (b'"a" ', b"1")],
        [("json/duplicate-key", b'"a" ')],
    ),
    "a key twice, beyond ASCII": (
        [('"日"'.encode(), b"1"), (b'"\\u65e5"', b"2")],
        [("json/duplicate-key", b'"\\u65e5"')],
    ),
    "NaN": ([(b'"a"', b"NaN")], [("json/nan", b"NaN")]),
    "halves of characters": (
        [(b'"a"', b'"\\ud83d"'), (b'"b"', b'"\\ude00"')],
        [("json/surrogate", b"\\ud83d"), ("json/surrogate", b"\\ude00")],
    ),
    "a control character": ([(b'"a"', b'"x\x1bx"')], [("json/control-character", b"\x1b")]),
    "a byte that is no UTF-8": ([(b'"a"', b'"x\xffx"')], [("json/encoding", b"\xff")]),
    "half a character in bytes": ([(b'"a"', b'"\xc3"')], [("json/encoding", b'\xc3"')]),
    "an unknown escape": ([(b'"a"', b'"\\x41"')], [("json/escape", b"\\x41")]),
    "a leading zero": ([(b'"a"', b"01")], [("json/number", b"01")]),
    "a comma too many": ([(b'"a"', b"[1,]")], [("json/trailing-comma", b",]")]),
}

LINES: dict[str, tuple[bytes, Found]] = {
    "a value on two lines beside two values on one line": (
        b'{"a":1,\n"b":2}\n{"a":1},{"b":2}',
        [("json/multiline", 1, 1), ("json/two-values", 3, 9)],
    ),
    "two values on one line before a value on two lines": (
        b'{"a":1},{"b":2}\n{"a":[1\n,2]}',
        [("json/two-values", 1, 9), ("json/multiline", 2, 1)],
    ),
    "a list that a break divides like a comma": (
        b'{"a":[1\n2]}\n{"a":1},{"b":2}',
        [("json/truncated", 1, 8), ("json/trailing-data", 2, 2), ("json/two-values", 3, 9)],
    ),
    "a list of objects over lines": (
        b'{"a":[{"x":1}\n{"y":2}]}\n{"a":1},{"b":2}',
        [("json/truncated", 1, 14), ("json/trailing-data", 2, 8), ("json/two-values", 3, 9)],
    ),
    "brackets that balance over lines": (b'{"a":[1,\n2]}', [("json/multiline", 1, 1)]),
    "a text that holds the end of a line": (
        b'{"a":"x}\n{y"}\n{"a":1},{"b":2}',
        [("json/multiline", 1, 1), ("json/control-character", 1, 9), ("json/two-values", 3, 9)],
    ),
    "the mark between two values of a line": (
        b'{"a":1},"\x7f",{"b":2}\n{"a":[1\n2]}',
        [("json/trailing-data", 1, 8), ("json/truncated", 2, 8), ("json/trailing-data", 3, 2)],
    ),
    "the mark on a line of its own": (
        b'"\x7f"\n"\\u007f"',
        [("json/not-an-object", 1, 1), ("json/not-an-object", 2, 1)],
    ),
    "the mark where a value is missing": (b'{"a":[1,"\x7f"\n,2]}', [("json/multiline", 1, 1)]),
    "two values without a comma": (b'{"a":1}{"b":2}', [("json/two-values", 1, 8)]),
    "a comma behind a value": (b'{"a":1},', [("json/trailing-comma", 1, 8)]),
    "scalars": (
        b'1\n"x"\nnull\n[]\n[{"a":1}]',
        [("json/not-an-object", line, 1) for line in range(1, 6)],
    ),
    "a byte order mark in the middle": (b'\xef\xbb\xbf{"a":1}', [("json/bom", 1, 1)]),
    "a line that is cut off": (b'{"a":1,"b', [("json/truncated", 1, 10)]),
}

ITEMS: dict[str, tuple[bytes, Found]] = {
    "no objects": (
        b'1,"x",null,[],[{"a":1}],"\x7f"',
        [("json/not-an-object", 1, column) for column in (1, 3, 7, 12, 15, 25)],
    ),
    "a comma too many": (b'{"a":1},,{"a":2}', [("json/syntax", 1, 9)]),
    "a comma too few": (b'{"a":1} {"a":2}', [("json/syntax", 1, 9)]),
    "the end too early": (b'{"a":1}],[{"a":2}', [("json/two-values", 1, 10)]),
    "a bracket too many": (b'{"a":1}]},{"a":[{"a":2}', [("json/trailing-data", 1, 9)]),
    "a value of an object": (
        b'{"a":1},"b":2,{"a":1}',
        [("json/not-an-object", 1, 9), ("json/syntax", 1, 12)],
    ),
}


@pytest.mark.parametrize("block_bytes", [WHOLE, 1000, 64])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("case", SOUND)
def test_a_sound_segment_is_read_to_the_letter(
    case: str, form: str, block_bytes: int, tmp_path: Path
) -> None:
    members, value = SOUND[case]
    source, _, _ = write(tmp_path, form, members)

    with reading_in(block_bytes, 0):
        read = list(read_items(source))

    assert [each.problems for each in read] == [()] * (2 * CLEAN + 1)
    assert repr(value_of(read[CLEAN])) == repr(value)
    assert repr(read) == repr(list(read_exactly(source)))


@pytest.mark.parametrize("block_bytes", [WHOLE, 1000, 64])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("case", UNSOUND)
def test_an_unsound_segment_is_found_among_clean_ones(
    case: str, form: str, block_bytes: int, tmp_path: Path
) -> None:
    members, flaws = UNSOUND[case]
    source, data, begin = write(tmp_path, form, members)

    with reading_in(block_bytes, 0):
        read = list(read_items(source))

    expected = [(rule, *place_of(data, data.index(token, begin))) for rule, token in flaws]
    assert find_problems(read) == expected
    assert [len(each.problems) for each in read] == [0] * CLEAN + [len(flaws)] + [0] * CLEAN
    assert [value_of(each) for each in read[:CLEAN] + read[-CLEAN:]] == [*map(clean, range(2 * CLEAN))]


@pytest.mark.parametrize("block_bytes", [WHOLE, 1000, 64])
@pytest.mark.parametrize("case", LINES)
def test_what_a_line_may_not_be_is_found_among_clean_lines(
    case: str, block_bytes: int, tmp_path: Path
) -> None:
    text, flaws = LINES[case]
    source = write_data(tmp_path, "a.jsonl", b"\n".join([*clean_texts(0), text, *clean_texts(CLEAN), b""]))

    with reading_in(block_bytes, 0):
        read = list(read_items(source))

    assert find_problems(read) == [(rule, CLEAN + line, column) for rule, line, column in flaws]
    assert [value_of(each) for each in read[:CLEAN] + read[-CLEAN:]] == [*map(clean, range(2 * CLEAN))]


@pytest.mark.parametrize("block_bytes", [WHOLE, 1000, 64])
@pytest.mark.parametrize("case", ITEMS)
def test_what_an_array_may_not_hold_is_found_among_clean_items(
    case: str, block_bytes: int, tmp_path: Path
) -> None:
    text, flaws = ITEMS[case]
    items = b",\n".join([*clean_texts(0), text, *clean_texts(CLEAN)])
    source = write_data(tmp_path, "a.json", b"[\n%b\n]" % items)

    with reading_in(block_bytes, 0):
        read = list(read_items(source))

    assert find_problems(read) == [(rule, CLEAN + 1 + line, column) for rule, line, column in flaws]
    assert [value_of(each) for each in read[:CLEAN]] == [*map(clean, range(CLEAN))]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_a_segment_may_be_64_deep_and_no_deeper(
    form: str, opening: bytes, closing: bytes, tmp_path: Path
) -> None:
    least = b"" if opening == b"[" else b"1"
    deep = [(b'"a"', opening * 63 + least + closing * 63)]
    source, _, _ = write(tmp_path, form, deep)
    assert [each.problems for each in read_items(source)] == [()] * (2 * CLEAN + 1)

    for depth in (64, 300, 1100):
        deeper = [(b'"a"', opening * depth + least + closing * depth)]
        source, data, begin = write(tmp_path, form, deeper)
        offset = data.index(opening * 2, begin) + 63 * len(opening)
        assert find_problems(read_items(source)) == [("json/depth", *place_of(data, offset))]


@pytest.mark.parametrize("form", FORMS)
def test_a_cut_may_fall_anywhere(form: str, tmp_path: Path) -> None:
    members, _ = SOUND["a brace and a comma in texts"]
    source, _, begin = write(tmp_path, form, members)
    exact = repr(list(read_exactly(source)))

    for block_bytes in range(begin, begin + 120):
        with reading_in(block_bytes, 0):
            assert repr(list(read_items(source))) == exact


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("case", UNSOUND)
def test_only_what_is_not_proven_goes_the_exact_way(case: str, form: str, tmp_path: Path) -> None:
    source, _, _ = write(tmp_path, form, UNSOUND[case][0])

    blocks = [each for each in read_blocks(source) if isinstance(each, Block)]

    assert sum(block.count for block in blocks) >= 1.9 * CLEAN


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "number",
    [
        b"0.0023828810080885887",  # as Whisper writes the probability that nobody speaks
        b"-0.00037327724954356317",
        b"6.758261588402092e-05",
        b"1700000000000000000",  # nanoseconds
        b"9223372036854775807",
    ],
)
def test_numbers_that_tools_write_are_read_in_blocks(number: bytes, form: str, tmp_path: Path) -> None:
    source, _, _ = write(tmp_path, form, [(b'"a"', number)])

    blocks = [each for each in read_blocks(source) if isinstance(each, Block)]

    assert [block.count for block in blocks] == [2 * CLEAN + 1]


def clean(number: int) -> JsonObject:
    return {"n": number, "Text": "Clean."}


def clean_texts(first: int) -> list[bytes]:
    return [b'{"n":%d,"Text":"Clean."}' % number for number in range(first, first + CLEAN)]


def write(folder: Path, form: str, members: Members) -> tuple[SourceFile, bytes, int]:
    """Write a segment of these members among clean ones; return its bytes and where it begins too."""
    start, between, end, inside = {
        "lines": (b"", b"\n", b"\n", (b"{", b", ", b"}")),
        "array": (b"[", b", ", b"]", (b"{", b",", b"}")),
        "pretty": (b"[\n  ", b",\n  ", b"\n]\n", (b"{\n    ", b",\n    ", b"\n  }")),
    }[form]

    def spell(each: Members) -> bytes:
        return inside[0] + inside[1].join(b"%b: %b" % member for member in each) + inside[2]

    texts = [spell([(b'"n"', b"%d" % number), (b'"Text"', b'"Clean."')]) for number in range(2 * CLEAN)]
    before = start + b"".join(text + between for text in texts[:CLEAN])
    data = before + between.join([spell(members), *texts[CLEAN:]]) + end
    return write_data(folder, "a.jsonl" if form == "lines" else "a.json", data), data, len(before)


def write_data(folder: Path, name: str, data: bytes) -> SourceFile:
    path = folder / name
    path.write_bytes(data)
    return SourceFile(str(path), name, "recording", "folder")


def place_of(data: bytes, offset: int) -> tuple[int, int]:
    line = data[:offset].split(b"\n")
    return len(line), len(line[-1].decode(errors="replace")) + 1


def find_problems(read: Iterable[Item | Empty | Unreadable]) -> Found:
    return [(problem.rule, problem.line, problem.column) for each in read for problem in each.problems]


def value_of(read: Item | Empty | Unreadable) -> JsonObject | None:
    assert isinstance(read, Item)
    return read.value
