"""Find and read segment files: bytes in, blocks of located values out.

find.py      patterns and paths -> segment files
patterns.py  ] what matches,
walk.py      ] and the way through the folders
read.py      the door: a segment file -> its values
lines.py     ] the three ways to cut: lines,
arrays.py    ] items of an array,
objects.py   ] files of one object
inside.py    the same arrays inside of documents:
frame.py     ] finds them, and holds what is around them,
carry.py     ] which is given to their items
window.py    a part of a text that comes in pieces
block.py     values that follow one another, with their text; places when asked for
native.py    the fast way, with its proofs; what it does not prove goes to
strict.py    the exact parser, which says what is wrong and where

Another form of source is another way to cut, made known in read.py.
"""

from packager.reading.block import Block, FilePlaces, Places
from packager.reading.find import Found, describe_not_read, find_below, find_sources
from packager.reading.flaws import BOM, Flaw, Rule
from packager.reading.items import Empty, Item, Unreadable
from packager.reading.lines import holds_lines
from packager.reading.native import load_object
from packager.reading.objects import cut_objects
from packager.reading.patterns import Pattern, compile_pattern
from packager.reading.places import Text
from packager.reading.read import (
    Form,
    find_form,
    locate,
    locate_key,
    read_blocks,
    read_exactly,
    read_items,
)
from packager.reading.runs import MAX_VALUE_BYTES
from packager.reading.scan import skip_space
from packager.reading.stream import CannotReadError, Tap, read_pieces
from packager.reading.strict import (
    MAX_DEPTH,
    demand_object,
    parse_value,
    read_document,
    read_string,
    split_array,
)

__all__ = [
    "BOM",
    "MAX_DEPTH",
    "MAX_VALUE_BYTES",
    "Block",
    "CannotReadError",
    "Empty",
    "FilePlaces",
    "Flaw",
    "Form",
    "Found",
    "Item",
    "Pattern",
    "Places",
    "Rule",
    "Tap",
    "Text",
    "Unreadable",
    "compile_pattern",
    "cut_objects",
    "demand_object",
    "describe_not_read",
    "find_below",
    "find_form",
    "find_sources",
    "holds_lines",
    "load_object",
    "locate",
    "locate_key",
    "parse_value",
    "read_blocks",
    "read_document",
    "read_exactly",
    "read_items",
    "read_pieces",
    "read_string",
    "skip_space",
    "split_array",
]
