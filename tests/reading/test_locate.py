from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from packager.model import to_pointer
from packager.reading import Item, locate, locate_key, read_items
from packager.reading.places import Text
from packager.reading.scan import skip_value
from packager.reading.strict import parse_value

if TYPE_CHECKING:
    from collections.abc import Callable

    from packager.model import JsonValue, SourceFile

    Write = Callable[[str, bytes], SourceFile]

KEYS = st.sampled_from(["", "a", "a/b", "~", "~1", "é", "\U0001f600", '":', "0"]) | st.text(max_size=3)
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["}", '"', "],", "\n"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=15,
)


class Writer:
    """Writes JSON with white space as drawn, and notes where each value and each name begins."""

    def __init__(self, spaces: list[str]) -> None:
        self.text = ""
        self.spaces = spaces
        self.values: dict[str, tuple[int, int]] = {}
        self.names: dict[tuple[str, str], tuple[int, int]] = {}

    def here(self) -> tuple[int, int]:
        return self.text.count("\n") + 1, len(self.text) - self.text.rfind("\n")

    def space(self) -> None:
        self.spaces.append(self.spaces.pop(0))
        self.text += self.spaces[0]

    def write(self, value: JsonValue, pointer: str) -> None:
        self.values[pointer] = self.here()
        match value:
            case dict():
                self.text += "{"
                for number, (name, member) in enumerate(value.items()):
                    self.separate(number)
                    self.names[pointer, name] = self.here()
                    self.text += json.dumps(name, ensure_ascii=len(name) % 2 == 0)
                    self.space()
                    self.text += ":"
                    self.space()
                    self.write(member, f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}")
                self.space()
                self.text += "}"
            case list():
                self.text += "["
                for number, item in enumerate(value):
                    self.separate(number)
                    self.write(item, f"{pointer}/{number}")
                self.space()
                self.text += "]"
            case _:
                self.text += json.dumps(value, ensure_ascii=False)

    def separate(self, number: int) -> None:
        self.space()
        if number:
            self.text += ","
            self.space()


SPACES = st.lists(st.sampled_from(["", "", " ", "\n", "\r\n\t", "  \n "]), min_size=1, max_size=6)


@given(VALUES, SPACES, st.integers(1, 5), st.integers(1, 5))
@settings(max_examples=300)
def test_every_value_and_name_is_found_where_it_was_written(
    value: JsonValue, spaces: list[str], line: int, column: int
) -> None:
    writer = Writer(spaces)
    writer.space()
    writer.write(value, "")
    writer.space()
    text = Text(writer.text.encode(), line, column)

    def shift(place: tuple[int, int]) -> tuple[int, int]:
        return place[0] + line - 1, place[1] + (column - 1 if place[0] == 1 else 0)

    for pointer, place in writer.values.items():
        assert text.place(text.find_value(pointer)) == shift(place)
    for (pointer, name), place in writer.names.items():
        assert text.place(text.find_name(pointer + to_pointer([name]))) == shift(place)


@given(VALUES, SPACES, st.binary(max_size=3))
def test_a_value_is_skipped_to_where_the_exact_parser_ends(
    value: JsonValue, spaces: list[str], more: bytes
) -> None:
    writer = Writer(spaces)
    writer.write(value, "")
    data = writer.text.encode() + b" " + more
    assert skip_value(data, 0) == parse_value(data).end == len(writer.text.encode())


def read_item(source: SourceFile, number: int) -> Item:
    item = list(read_items(source))[number]
    assert isinstance(item, Item)
    return item


@pytest.mark.parametrize(
    ("pointer", "place"),
    [
        ("", (3, 2)),
        ("/é", (3, 9)),
        ("/é/1", (4, 2)),
        ("/é/1/x", (4, 8)),
        ("/é/1/y", (4, 2)),
        ("/é/1/y/z", (4, 2)),
        ("/é/2", (3, 9)),
        ("/é/01", (3, 9)),
        ("/é/-", (3, 9)),
        ("/é/99999999999999999999", (3, 9)),
        ("/é/x", (3, 9)),
        ("/nothing/0", (3, 2)),
    ],
)
def test_a_pointer_that_leads_nowhere_is_placed_at_the_nearest_value(
    pointer: str, place: tuple[int, int], write_source: Write
) -> None:
    source = write_source("a.json", '[{},\n\n {"é" : ["\U0001f600",\n {"x": 1}]}]'.encode())
    assert locate(source, read_item(source, 1), pointer) == place


def test_a_name_is_placed_apart_from_its_value(write_source: Write) -> None:
    source = write_source("a.jsonl", '{}\n{"\U0001f600":{"a/b":1}}'.encode())
    item = read_item(source, 1)
    assert locate(source, item, "/\U0001f600/a~1b") == (2, 13)
    assert locate_key(source, item, "/\U0001f600", "a/b") == (2, 7)
    assert locate_key(source, item, "", "\U0001f600") == (2, 2)
    assert locate_key(source, item, "/\U0001f600", "c") == (2, 2)


def test_places_are_found_in_texts_with_flaws_that_leave_a_value(write_source: Write) -> None:
    source = write_source("a.jsonl", b'\xef\xbb\xbf {"a":"\t","b":[1,],}')
    item = read_item(source, 0)
    assert item.value == {"a": "\t", "b": [1]}
    assert locate(source, item, "/b/0") == (1, 17)
    assert locate_key(source, item, "", "b") == (1, 12)


def test_an_item_without_a_value_is_placed_at_its_beginning(write_source: Write) -> None:
    source = write_source("a.jsonl", b'\n  {"a":1,"a":[')
    assert locate(source, read_item(source, 0), "/a/0") == (2, 3)
    assert locate_key(source, read_item(source, 0), "", "a") == (2, 3)


def test_places_in_a_long_text_are_exact_whatever_the_order_of_asking() -> None:
    line = "é\U0001f600x" * 5000
    whole = f"{line}\n{line}{line}\n{line}"
    data = whole.encode()
    text = Text(data)
    for index in (40000, 3, 14999, 15000, 15001, 59999, 45002, 45001, 29999):
        expected = whole.count("\n", 0, index) + 1, index - whole.rfind("\n", 0, index)
        assert text.place(len(whole[:index].encode())) == expected


def test_columns_in_bytes_that_are_not_utf_8_do_not_depend_on_the_distance() -> None:
    data = b"\x80" * 50000 + b"x"
    text = Text(data)
    assert text.place(50000) == (1, 50001)
    assert text.place(20000) == (1, 20001)


@given(
    st.lists(st.sampled_from([b"\xf0\x9f\x98\x80", b"\xf0", b"\x9f", b"\xe2\x82", b"a", b"\n"]), max_size=8)
)
@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
def test_the_end_of_any_bytes_is_placed_as_a_decoder_counts(pieces: list[bytes]) -> None:
    data = b"".join(pieces) * 4000 + b"!"
    shown = data.decode(errors="replace")
    expected = shown.count("\n") + 1, len(shown) - 1 - shown.rfind("\n")
    assert Text(data).place(len(data) - 1) == expected
