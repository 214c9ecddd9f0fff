from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from packager.errors import ConfigError
from packager.model import Severity
from packager.reading import Empty, Item, Unreadable, read_items
from packager.reading.strict import MAX_DEPTH, read_document

if TYPE_CHECKING:
    from collections.abc import Callable

    from packager.model import SourceFile

    Write = Callable[[str, bytes], SourceFile]

Found = list[tuple[str, int, int]]


def find_problems(source: SourceFile) -> Found:
    return [
        (problem.rule, problem.line, problem.column)
        for read in read_items(source)
        for problem in read.problems
    ]


LINES: dict[str, tuple[bytes, Found]] = {
    "a duplicate key": (b'{"a":1,"b":2,"a":3}', [("json/duplicate-key", 1, 14)]),
    "a duplicate key written with an escape": (b'{"a":1,"\\u0061":3}', [("json/duplicate-key", 1, 8)]),
    "a duplicate key in an inner object": (b'{"a":[{"b":1,"b":2}]}', [("json/duplicate-key", 1, 14)]),
    "a duplicate key hidden by a string": (b'{"a" :1,"b":"\\":","a":1}', [("json/duplicate-key", 1, 19)]),
    "a duplicate key of bad bytes": (
        b'{"a\xff":1,"a\xff":2}',
        [("json/encoding", 1, 4), ("json/duplicate-key", 1, 9), ("json/encoding", 1, 11)],
    ),
    "a key three times": (
        b'{"a":1,"a":2,"a":3}',
        [("json/duplicate-key", 1, 8), ("json/duplicate-key", 1, 14)],
    ),
    "a column behind astral characters": (
        '{"a":"\U0001f600\U0001f600é","b":NaN}'.encode(),
        [("json/nan", 1, 16)],
    ),
    "NaN": (b'{"a":NaN}', [("json/nan", 1, 6)]),
    "Infinity and -Infinity": (b'{"a":Infinity,"b":-Infinity}', [("json/nan", 1, 6), ("json/nan", 1, 19)]),
    "a leading zero": (b'{"a":01}', [("json/number", 1, 6)]),
    "a plus sign": (b'{"a":+1}', [("json/number", 1, 6)]),
    "no digit before the point": (b'{"a":.5}', [("json/number", 1, 6)]),
    "no digit behind the point": (b'{"a":1.}', [("json/number", 1, 6)]),
    "a minus alone": (b'{"a":-}', [("json/number", 1, 6)]),
    "a hexadecimal number": (b'{"a":0x10}', [("json/number", 1, 6)]),
    "a double that overflows": (
        b'{"a":[1e400,-1e400]}',
        [("json/number-range", 1, 7), ("json/number-range", 1, 13)],
    ),
    "numbers too small for a double": (
        b'{"a":[1e-400,-0.1e-999]}',
        [("json/number-range", 1, 7), ("json/number-range", 1, 14)],
    ),
    "an integer that overflows a double": (b'{"a":1' + b"0" * 309 + b"}", [("json/number-range", 1, 6)]),
    "an integer of 5000 digits": (b'{"a":' + b"7" * 5000 + b"}", [("json/number-range", 1, 6)]),
    "a lone high surrogate": (b'{"a":"x\\ud83dx"}', [("json/surrogate", 1, 8)]),
    "a lone low surrogate": (b'{"a":"\\udE00"}', [("json/surrogate", 1, 7)]),
    "two high surrogates, then a low one": (b'{"a":"\\ud83d\\ud83d\\ude00"}', [("json/surrogate", 1, 7)]),
    "a lone surrogate in a key": (b'{"\\ud83d":1}', [("json/surrogate", 1, 3)]),
    "two keys with different lone surrogates": (
        b'{"\\ud800":1,"\\ud801":2}',
        [("json/surrogate", 1, 3), ("json/surrogate", 1, 14)],
    ),
    "a raw tab in a string": ('{"a":"é\t"}'.encode(), [("json/control-character", 1, 8)]),
    "a raw NUL in a string": (b'{"a":"\x00"}', [("json/control-character", 1, 7)]),
    "a raw control character in a key": (b'{"\x1f":1}', [("json/control-character", 1, 3)]),
    "an unknown escape": (b'{"a":"\\x41\\\'"}', [("json/escape", 1, 7), ("json/escape", 1, 11)]),
    "an escape with a digit too few": (b'{"a":"\\u12"}', [("json/escape", 1, 7)]),
    "a byte of Latin-1": (b'{"a":"caf\xe9"}', [("json/encoding", 1, 10)]),
    "an overlong form of NUL": (b'{"a":"\xc0\x80"}', [("json/encoding", 1, 7)]),
    "a surrogate as bytes": (b'{"a":"\xed\xa0\x80"}', [("json/encoding", 1, 7)]),
    "a character beyond Unicode": (b'{"a":"\xf4\x90\x80\x80"}', [("json/encoding", 1, 7)]),
    "a character cut off": (b'{"a":"\xf0\x9f\x98"}', [("json/encoding", 1, 7)]),
    "bad bytes in two strings": (
        b'{"a":"\xff\xff","b":"\xff"}',
        [("json/encoding", 1, 7), ("json/encoding", 1, 16)],
    ),
    "bad bytes outside strings": (b'{"a":\xff}', [("json/encoding", 1, 6)]),
    "a byte order mark": (b'\xef\xbb\xbf{"a":1}', [("json/bom", 1, 1)]),
    "a byte order mark in mid-file": (b'{"a":1}\n\xef\xbb\xbf{"a":1}', [("json/bom", 2, 1)]),
    "a byte order mark behind a value": (b'{"a":1}\xef\xbb\xbf', [("json/bom", 1, 8)]),
    "a trailing comma in an object": (b'{"a":1 , }', [("json/trailing-comma", 1, 8)]),
    "a trailing comma in an array": (b'{"a":[1,]}', [("json/trailing-comma", 1, 8)]),
    "a trailing comma behind the object": (b'{"a":1},\n{"a":1}', [("json/trailing-comma", 1, 8)]),
    "garbage behind the value": (b'{"a":1} x', [("json/trailing-data", 1, 9)]),
    "a NUL behind the value": (b'{"a":1}\x00', [("json/trailing-data", 1, 8)]),
    "a bracket too many": (b'{"a":1}}', [("json/trailing-data", 1, 8)]),
    "a form feed as white space": (b'{"a":1}\x0c', [("json/trailing-data", 1, 8)]),
    "a no-break space as white space": (b'{"a":1}\xc2\xa0', [("json/trailing-data", 1, 8)]),
    "two objects on a line": (b'{"a":1}{"b":2}', [("json/two-values", 1, 8)]),
    "two objects on a line with a comma": (b'{"a":1}, {"b":2}', [("json/two-values", 1, 10)]),
    "a text that ends in an object": (b'{"a":1', [("json/truncated", 1, 7)]),
    "a text that ends in a string": ('{"a":"\U0001f600'.encode(), [("json/truncated", 1, 8)]),
    "a text that ends in an escape": (b'{"a":"\\u00', [("json/truncated", 1, 11)]),
    "a text that ends in a literal": (b'{"a":tru', [("json/truncated", 1, 9)]),
    "a text that ends behind a comma": (b'{"a":1,', [("json/truncated", 1, 8)]),
    "an array": (b"[1]", [("json/not-an-object", 1, 1)]),
    "a string": (b' "x"', [("json/not-an-object", 1, 2)]),
    "null": (b"null", [("json/not-an-object", 1, 1)]),
    "single quotes": (b"{'a':1}", [("json/syntax", 1, 2)]),
    "curly quotes": ("{“a”:1}".encode(), [("json/syntax", 1, 2)]),
    "a word of Python": (b'{"a":None}', [("json/syntax", 1, 6)]),
    "a name without quotes": (b"{a:1}", [("json/syntax", 1, 2)]),
    "a comment": (b'{"a":1 /* x */}', [("json/syntax", 1, 8)]),
    "no comma": (b'{"a":1 "b":2}', [("json/syntax", 1, 8)]),
    "no colon": (b'{"a" 1}', [("json/syntax", 1, 6)]),
    "two commas": (b'{"a":[1,,2]}', [("json/syntax", 1, 9)]),
    "the wrong bracket": (b'{"a":[1}', [("json/syntax", 1, 8)]),
    "a time without quotes": (b'{"a":00:01:02}', [("json/number", 1, 6), ("json/syntax", 1, 8)]),
    "plain text": (b"hello\nworld", [("json/syntax", 1, 1), ("json/syntax", 2, 1)]),
    "an object over three lines": (
        b'{"x":1}\n{\n"a":1\n}\n{"b":NaN}',
        [("json/multiline", 2, 1), ("json/nan", 5, 6)],
    ),
    "an object over lines with more inside": (
        b'{"a":NaN,\r\n "a":1},\n{"b":1}',
        [("json/multiline", 1, 1), ("json/nan", 1, 6), ("json/duplicate-key", 2, 2)],
    ),
    "a line break in a string": (
        b'{"a":"x\ny"}\n{"b":1}',
        [("json/multiline", 1, 1), ("json/control-character", 1, 8)],
    ),
    "an array over lines": (b'[\n{"a":1},\n{"a":2}\n]\n', [("json/multiline", 1, 1)]),
    "objects over lines one after another": (
        b'{\n"a":1\n}\n{\n"a":1\n}\n',
        [("json/multiline", 1, 1), ("json/multiline", 4, 1)],
    ),
    "an object that no line completes": (b'{"a":\n{"b":1}\n', [("json/truncated", 1, 6)]),
    "an object cut off before a sound line": (b'{"a":[1,2\n{"b":1}\n', [("json/truncated", 1, 10)]),
    "many flaws at once": (
        b'{"a":NaN,"a":1e999,"b":"\\q\x01\\ud800",}',
        [
            ("json/nan", 1, 6),
            ("json/duplicate-key", 1, 10),
            ("json/number-range", 1, 14),
            ("json/escape", 1, 25),
            ("json/control-character", 1, 27),
            ("json/surrogate", 1, 28),
            ("json/trailing-comma", 1, 35),
        ],
    ),
}


@pytest.mark.parametrize("name", LINES)
def test_a_line_has_exactly_these_problems_at_these_places(name: str, write_source: Write) -> None:
    data, expected = LINES[name]
    assert find_problems(write_source("a.jsonl", data)) == expected


FILES: dict[str, tuple[bytes, bool, Found]] = {
    "a syntax error in an object": (b'{\n  "a": 1\n  "b": 2\n}\n', False, [("json/syntax", 3, 3)]),
    "a file that was cut off": (b'{\n  "a": 1,\n', False, [("json/truncated", 3, 1)]),
    "an empty file": (b"", False, [("json/truncated", 1, 1)]),
    "white space only": (b" \n\n", False, [("json/truncated", 3, 1)]),
    "lines of objects": (b'{"a":1}\n{"a":2}\n', False, [("json/two-values", 2, 1)]),
    "garbage behind an array": (b'[{"a":1}]\nx', False, [("json/trailing-data", 2, 1)]),
    "a comma behind the last item": (b'[\n {"a":1},\n]', False, [("json/trailing-comma", 2, 9)]),
    "no comma between items": (b'[\n {"a":1}\n {"a":2}]', False, [("json/syntax", 3, 2)]),
    "an array that was cut off": (b'[{"a":1},', False, [("json/truncated", 1, 10)]),
    "an array cut off in an item": (b'[{"a":1},\n {"a"', False, [("json/truncated", 2, 6)]),
    "a syntax error in an item": (b'[{"a":1},\n {"a" 1},{"b":NaN}]', False, [("json/syntax", 2, 7)]),
    "an array with the wrong bracket": (b'[{"a":1}}', False, [("json/syntax", 1, 9)]),
    "a string that is not closed": (b'[{"a":1},{"a":"x},{"b":2}]', False, [("json/syntax", 1, 21)]),
    "UTF-16": ('{"a":1}'.encode("utf-16"), False, [("json/encoding", 1, 1)]),
    "a byte order mark before nothing": (b"\xef\xbb\xbf[]", False, [("json/bom", 1, 1)]),
    "a byte order mark before an object": (b'\xef\xbb\xbf{"a":1}', True, [("json/bom", 1, 1)]),
    "a byte order mark before an array": (b'\xef\xbb\xbf[{"a":1},{"a":2}]', True, [("json/bom", 1, 1)]),
    "items that are no objects": (
        b'[{"a":1},\n null, "x"]',
        True,
        [("json/not-an-object", 2, 2), ("json/not-an-object", 2, 8)],
    ),
    "flaws in items": (
        b'[{"a":"\xf0\x9f\x98\x80","b":NaN},\n {"a":1,"a":2}]',
        True,
        [("json/nan", 1, 15), ("json/duplicate-key", 2, 9)],
    ),
    "flaws in an object": (
        b'{"a":1,\n"a":NaN,}',
        True,
        [("json/duplicate-key", 2, 1), ("json/nan", 2, 5), ("json/trailing-comma", 2, 8)],
    ),
    "a string": (b'"x"', True, [("json/not-an-object", 1, 1)]),
}


@pytest.mark.parametrize("name", FILES)
def test_a_json_file_has_exactly_these_problems_at_these_places(name: str, write_source: Write) -> None:
    data, readable, expected = FILES[name]
    source = write_source("a.json", data)
    assert find_problems(source) == expected
    assert [isinstance(read, Unreadable) for read in read_items(source)].count(True) == (not readable)


def test_nothing_follows_unreadable(write_source: Write) -> None:
    reads = list(read_items(write_source("a.json", b'[{"a":1},{"a" 1},{"b":2}]')))
    assert [type(read) for read in reads] == [Item, Unreadable]


SOUND: dict[str, tuple[bytes, list[object]]] = {
    "blank lines and CRLF": (b'\r\n{"a":1}\r\n \t\n\n{"a":2}\r\n', [{"a": 1}, {"a": 2}]),
    "no newline at the end": (b'{"a":1}\n{"a":2}', [{"a": 1}, {"a": 2}]),
    "a lone CR between tokens": (b'{"a":\r1}', [{"a": 1}]),
    "U+2028 and U+0085 in a string": ('{"a":"\u2028\u0085"}'.encode(), [{"a": "\u2028\u0085"}]),
    "escapes": (
        b'{"a":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\\u0000"}',
        [{"a": '"\\/\b\f\n\r\té\U0001f600\0'}],
    ),
    "spaces around": (b' { "a" : [ 1 , 2 ] } ', [{"a": [1, 2]}]),
    "a string that looks like a key": (b'{"a":"\\":","b":{}}', [{"a": '":', "b": {}}]),
    "a byte order mark inside a string": ('{"a":"\ufeff"}'.encode(), [{"a": "\ufeff"}]),
    "an empty name": (b'{"":1}', [{"": 1}]),
    "one key at two levels": (b'{"a":{"a":[{"a":1},{"a":2}]}}', [{"a": {"a": [{"a": 1}, {"a": 2}]}}]),
}


@pytest.mark.parametrize("name", SOUND)
def test_what_is_sound_has_no_problem(name: str, write_source: Write) -> None:
    data, expected = SOUND[name]
    reads = list(read_items(write_source("a.ndjson", data)))
    assert [read.value for read in reads if isinstance(read, Item)] == expected
    assert [read.problems for read in reads] == [()] * len(expected)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"-0", 0),
        (b"-0.0", -0.0),
        (b"1.0", 1.0),
        (b"1e2", 100.0),
        (b"9007199254740993", 9007199254740993),
        (b"18446744073709551615", 18446744073709551615),
        (b"18446744073709551616", 18446744073709551616),
        (b"-9223372036854775809", -9223372036854775809),
        (b"123456789012345678901234567890", 123456789012345678901234567890),
        (b"1" + b"0" * 308, 10**308),
        (b"0e-400", 0.0),
        (b"4.9e-324", 5e-324),
        (b"1.7976931348623157e308", 1.7976931348623157e308),
    ],
)
def test_a_number_keeps_its_kind_and_size(text: bytes, value: float, write_source: Write) -> None:
    (read,) = read_items(write_source("a.jsonl", b'{"a":' + text + b"}"))
    assert isinstance(read, Item)
    assert repr(read.value) == repr({"a": value})


def nest(depth: int, core: bytes = b"") -> bytes:
    return b'{"a":' + b"[" * (depth - 1) + core + b"]" * (depth - 1) + b"}"


@pytest.mark.parametrize("core", [b"", b"NaN", b"1e20"])
def test_nesting_is_refused_beyond_the_limit_and_not_before(core: bytes, write_source: Write) -> None:
    assert MAX_DEPTH == 64
    within = find_problems(write_source("a.jsonl", nest(64, core)))
    assert [rule for rule, *_ in within] == (["json/nan"] if core == b"NaN" else [])
    assert find_problems(write_source("a.jsonl", nest(65, core))) == [("json/depth", 1, 69)]


def test_the_array_around_the_items_does_not_count_as_a_level(write_source: Write) -> None:
    assert find_problems(write_source("a.json", b"[" + nest(64) + b"]")) == []
    assert find_problems(write_source("a.json", b"[" + nest(65) + b"]")) == [("json/depth", 1, 70)]


def test_a_flaw_points_at_its_value_inside_the_segment(write_source: Write) -> None:
    source = write_source("a.json", b'[{}, {"a/b":[0,{"~":NaN}],"c":"\x01","c":2}]')
    pointers = [problem.pointer for read in read_items(source) for problem in read.problems]
    assert pointers == ["/a~1b/1/~0", "/c", "/c"]


def test_a_value_is_kept_only_where_no_flaw_leaves_a_doubt(write_source: Write) -> None:
    lines = [
        b'\xef\xbb\xbf{"a":1}',
        b'{"a":"\t"}',
        b'{"a":[1,],}',
        b'{"a":1},',
        b'{"a":1,"a":1}',
        b'{"a":"\xff"}',
    ]
    reads = list(read_items(write_source("a.jsonl", b"\n".join([*lines, b'{"a":\n1}']))))
    values = [read.value for read in reads if isinstance(read, Item)]
    assert values == [{"a": 1}, {"a": "\t"}, {"a": [1]}, {"a": 1}, None, None, {"a": 1}]
    assert all(read.problems for read in reads)


def test_a_value_with_more_flaws_than_are_told_counts_the_rest_and_is_not_kept(write_source: Write) -> None:
    (read,) = read_items(write_source("a.jsonl", b'{"a":[' + b'"\t",' * 150 + b"0]}"))
    assert isinstance(read, Item)
    assert len(read.problems) == 100
    assert read.problems[-1].message.endswith("(50 more flaws of this value are not shown)")
    assert read.value is None


def test_items_are_numbered_and_placed(write_source: Write) -> None:
    source = write_source("a.jsonl", b'\n {"a":1}\nx\n\n{"a":2}')
    found = [(i.number, i.pointer, i.line, i.column) for i in read_items(source) if isinstance(i, Item)]
    assert found == [(0, "", 2, 2), (1, "", 3, 1), (2, "", 5, 1)]
    source = write_source("a.json", '[ {"é":"\U0001f600"}, {},\n\t3]'.encode())
    found = [(i.number, i.pointer, i.line, i.column) for i in read_items(source) if isinstance(i, Item)]
    assert found == [(0, "/0", 1, 3), (1, "/1", 1, 14), (2, "/2", 2, 2)]


@pytest.mark.parametrize(
    ("name", "data"), [("a.jsonl", b""), ("a.jsonl", b" \r\n\n"), ("a.json", b" [ ] \n")]
)
def test_a_file_without_a_segment_is_a_warning_and_nothing_else(
    name: str, data: bytes, write_source: Write
) -> None:
    (read,) = read_items(write_source(name, data))
    assert isinstance(read, Empty)
    (problem,) = read.problems
    assert (problem.rule, problem.severity) == ("json/empty", Severity.WARNING)


def test_a_message_keeps_to_one_line_of_visible_characters(write_source: Write) -> None:
    key = b'"' + b"\\n\\u001b\\u202e" * 30 + b'"'
    (read,) = read_items(write_source("a.jsonl", b"{" + key + b":1," + key + b":2}"))
    message = read.problems[0].message
    assert message.isprintable()
    assert len(message) < 300


def test_a_problem_can_be_written_as_utf_8(write_source: Write) -> None:
    source = write_source("a.jsonl", b'{"\\ud800":NaN}\n{"\xff":NaN,"\xff":1}\n{"a":\\ud800}')
    for read in read_items(source):
        for problem in read.problems:
            assert f"{problem.pointer} {problem.message}".encode()


def test_a_pointer_through_a_huge_key_stays_short(write_source: Write) -> None:
    source = write_source("a.jsonl", b'{"a":{"' + b"k" * 5000 + b'":[NaN]}}')
    assert [problem.pointer for read in read_items(source) for problem in read.problems] == ["/a"]


def test_a_configuration_file_is_refused_with_every_place() -> None:
    assert read_document(b'{"a": 1}\n', "s.json") == {"a": 1}
    with pytest.raises(ConfigError) as caught:
        read_document(b'{"a": 1,\n "a": NaN}', "s.json")
    first, second = str(caught.value).split("\n")
    assert first.startswith("s.json:2:2: ")
    assert first.endswith("[json/duplicate-key]")
    assert second.startswith("s.json:2:7: ")
    with pytest.raises(ConfigError, match=r"^s\.json:1:1: .*\[json/not-an-object\]$"):
        read_document(b"[]", "s.json")
    with pytest.raises(ConfigError, match=r"^s\.json:1:4: .*\[json/trailing-data\]$"):
        read_document(b"{} x", "s.json")
