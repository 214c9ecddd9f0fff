"""Prove whole blocks of lines sound and valid in one pass: a flat schema makes a regular language. Pure.

The first line of a block tells how the others are written: the order of their keys and the spaces between.
From it and the schema comes one expression for RE2, which reads each byte once. What it matches is strict
JSON, one object a line with no key twice, and valid. What it does not match proves nothing: the exact path
decides. Whatever is doubtful in a schema gives no language.

A keyword is understood if it is in one of the sets below; any other is doubtful. Nothing depends on the
draft: where one draft ignores what another asserts, it is taken as asserted, which can only refuse more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Final

from packager.schema.drafts import known_draft
from packager.schema.expressions import (
    ANY,
    CHARACTER,
    Chain,
    Chars,
    Choice,
    Node,
    Repeat,
    find_characters,
    holds,
    shortest,
    spell,
    write,
)
from packager.schema.patterns import read_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from packager.model import JsonObject, JsonValue

__all__ = [
    "Demand",
    "Line",
    "StringTest",
    "find_demands",
    "find_layout",
    "make_columns",
    "make_language",
    "make_string_test",
]


@dataclass(frozen=True, slots=True)
class Demand:
    """What a flat schema asks of the values of a property."""

    types: frozenset[str]
    """Of JSON Schema, but `array` and `object`."""
    strings: Node | None
    """What strings may be; None: anything."""
    bounds: tuple[tuple[str, float], ...] = ()
    """Of numbers: `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum`."""
    longest: int | None = None
    """Characters that a string may have; None: any number."""


@dataclass(frozen=True, slots=True)
class Line:
    """How the lines of a block are written."""

    keys: tuple[str, ...]
    """In their order, each once; none holds what JSON escapes."""
    colon: bytes
    """With the space behind it, if there is one."""
    comma: bytes
    """Likewise."""


def find_layout(line: bytes) -> Line | None:
    """Return how the first line of a block is written; None if in a way of which no language is made."""
    line = line.removesuffix(b"\n")
    keys: list[str] = []
    colons, commas = set(), set()
    at = 1
    while found := _MEMBER.match(line, at):
        try:
            keys.append(found["key"].decode())
        except UnicodeDecodeError:
            return None
        at = found.end()
        colons.add(found["colon"])
        if found["comma"] is None:
            break
        commas.add(found["comma"])
    if not (line.startswith(b"{") and line.endswith(b"}") and at == len(line) and len({*keys}) == len(keys)):
        return None
    if len(colons) != 1 or len(commas) > 1:
        return None
    colon = colons.pop()
    return Line(tuple(keys), colon, commas.pop() if commas else colon.replace(b":", b","))


def make_language(
    document: JsonObject, targets: Mapping[int, JsonValue], line: Line, *, formats: bool
) -> Callable[[bytes], bool] | None:
    """Return what tells of a block whether each of its lines is provably sound and valid; None if in doubt.

    A block is whole lines, each of which ends with LF; the last one may lack it.

    Args:
        document: the schema of a segment, valid by its draft.
        targets: by the id() of a schema with a `$ref`, the schema that it leads to.
        line: how the lines are written.
        formats: whether `format` is asserted.
    """
    try:
        expression = _Writer(targets, formats=formats).write_line(document, line)
    except _DoubtError:
        return None
    matches = _compile(expression)
    if matches is None:
        return None
    return lambda block: matches(block if block.endswith(b"\n") else block + b"\n")


def find_demands(
    document: JsonObject, targets: Mapping[int, JsonValue], keys: Sequence[str], *, formats: bool
) -> tuple[Demand, ...] | None:
    """Return what a schema asks of each value of a flat object of just these keys; None if in doubt.

    An object whose values meet their demands is valid.
    """
    writer = _Writer(targets, formats=formats)
    try:
        properties = writer.find_properties(document, keys)
        return tuple(writer.find_demand(properties[key]) for key in keys)
    except _DoubtError:
        return None


@dataclass(frozen=True, slots=True)
class StringTest:
    """Tells of strings, as they stand in JSON, whether all are what they may be; it may err to one side."""

    matches: Callable[[bytes], bool]
    """Of strings one behind the other, each with its closing quote."""
    first_bytes: frozenset[int]
    """A string that begins with one of these surely is."""
    clocks: bool
    """Every `HH:MM:SS` surely is."""


@lru_cache(maxsize=64)
def make_string_test(node: Node) -> StringTest | None:
    """Return what tells whether strings are these; None if nothing can."""
    matches = _compile(f'(?:{write(node)})"')
    if matches is None:
        return None
    return StringTest(matches, _find_first_bytes(node), _holds_clocks(node, matches))


def make_columns(line: Line, keys: Sequence[str]) -> Callable[[bytes], list[tuple[bytes, ...]] | None]:
    """Return what takes the values of these string-valued keys out of a block that a language accepts.

    That gives the bytes between their quotes, one tuple a line; None if one of them holds a backslash, or if
    a line has not all of them as strings.

    Why the keys are found where they are: what is searched for is `, "Start": "`. Its first quote is not
    behind a backslash, so it begins or ends a string. If it ended one, `Start` would stand behind a string,
    where only `:`, `,` and `}` can; a key that begins with these is refused here. So it begins a string,
    which the next quote ends, as no key of a layout holds a backslash; and what a colon follows is a key. Of
    the value, all up to the next quote is taken: it is the whole value, or it ends in a backslash. Each key
    stands at most once in a line, so as many finds as lines are one in each.
    """
    if not keys or not {*keys} <= {*line.keys} or any(key.startswith((":", ",", "}")) for key in keys):
        return lambda _: None
    places = [line.keys.index(key) for key in keys]
    adjacent = places == list(range(places[0], places[0] + len(places)))
    # Keys that stand together are found together, which is faster than one by one.
    groups = [keys] if adjacent else [(key,) for key in keys]
    finders = [re.compile(b"".join(_capture(line, key) for key in group)).findall for group in groups]
    together = len(groups) == 1 and len(keys) > 1

    def find_columns(block: bytes) -> list[tuple[bytes, ...]] | None:
        found = [find(block) for find in finders]
        count = block.count(b"\n") + (not block.endswith(b"\n"))
        if any(len(values) != count for values in found):
            return None
        rows: list[tuple[bytes, ...]] = found[0] if together else list(zip(*found, strict=True))
        if b"\\" in block and any(b"\\" in value for row in rows for value in row):
            return None
        return rows

    return find_columns


# --- how lines are written -----------------------------------------------------------------------------

# Possessive throughout: no backtracking, so time stays linear whatever the text.
_MEMBER: Final = re.compile(
    rb'"(?P<key>[^"\\\x00-\x1f]*+)"(?P<colon>: ?+)'
    rb'(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"|[-+.0-9A-Za-z]++)(?:(?P<comma>, ?+)|\}\Z)',
    re.DOTALL,
)


def _capture(line: Line, key: str) -> bytes:
    lead = b"{" if key == line.keys[0] else line.comma
    return re.escape(lead + _spell_key(key, line)) + b'"([^"]*)"'


def _spell_key(key: str, line: Line) -> bytes:
    return b'"' + key.encode() + b'"' + line.colon


# --- from a schema to an expression --------------------------------------------------------------------

_NOTES: Final = frozenset(
    {
        *("title", "description", "examples", "default", "deprecated", "readOnly", "writeOnly", "$comment"),
        *("$id", "id", "$schema", "$defs", "definitions"),
    }
)
"""They say nothing about a value."""

_OF_SEGMENT: Final = frozenset({"type", "properties", "required", "additionalProperties"})
# `additionalProperties` says nothing about lines all of whose keys are declared.
_OF_PROPERTY: Final = frozenset({"type", "enum", "const", "pattern", "minLength", "minimum"})

_BOUNDS: Final = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})

_MAX_LENGTH = 8  # of `minLength`: each character of it makes the expression longer
_MAX_CHOICES = 4000  # characters in all the strings of an `enum`
_MAX_REFERENCES = 16
_MAX_MEMORY = 32 << 20  # bytes, for RE2 to keep its states in
_MAX_PROGRAM = 20_000  # instructions; many more leave it no room for states, and it is ten times slower

# Short enough for 64 bits and for a double; `integer` shuns -0, which is a float to some.
_INTEGERS: Final = {False: "(?:0|-?[1-9][0-9]{0,14})", True: "(?:0|[1-9][0-9]{0,14})"}
_DECIMALS: Final = r"(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,20})?(?:[eE][-+]?[0-9]{1,2})?"
_NUMBERS: Final = {False: f"-?{_DECIMALS}", True: _DECIMALS}
_WORDS: Final[dict[bool | None, tuple[str, str]]] = {
    True: ("boolean", "true"),
    False: ("boolean", "false"),
    None: ("null", "null"),
}


class _DoubtError(Exception):
    """A schema, or a part of it, is not certain to be understood here."""


class _Writer:
    """Writes the expression of a line."""

    def __init__(self, targets: Mapping[int, JsonValue], *, formats: bool) -> None:
        self.targets = targets
        self.notes = _NOTES if formats else _NOTES | {"format"}

    def write_line(self, document: JsonObject, line: Line) -> str:
        """Write one line with its LF.

        Keys that are not required may be absent; but if all may, the first must not.
        """
        properties = self.find_properties(document, line.keys)
        required = self._resolve(document, _OF_SEGMENT).get("required", [])
        assert isinstance(required, list)  # noqa: S101 - as just seen
        members = [
            f"{_quote_bytes(_spell_key(key, line))}(?:{self._write_value(properties[key])})"
            for key in line.keys
        ]
        needed = [key in required for key in line.keys]
        first = needed.index(True) if any(needed) else 0
        comma = _quote_bytes(line.comma)
        lead = "".join(f"(?:{member}{comma})?" for member in members[:first])
        rest = "".join(
            f"(?:{comma}{member}){'' if need else '?'}"
            for member, need in zip(members[first + 1 :], needed[first + 1 :], strict=True)
        )
        return rf"\{{{lead}{members[first]}{rest}\}}\n"

    def find_properties(self, document: JsonObject, keys: Sequence[str]) -> JsonObject:
        """Return the properties of the segment, if it may have just these keys."""
        schema = self._resolve(document, _OF_SEGMENT)
        properties, required = schema.get("properties"), schema.get("required", [])
        if "object" not in _list(schema.get("type", "object")) or not isinstance(properties, dict):
            raise _DoubtError
        if not isinstance(required, list) or not {*map(str, required)} <= {*keys} <= {*properties}:
            raise _DoubtError
        return properties

    def find_demand(self, subschema: JsonValue) -> Demand:
        """Return what is asked of a value."""
        schema = self._resolve(subschema, _OF_PROPERTY | _BOUNDS | {"maxLength"})
        types = frozenset(_list(schema.get("type", ["string", "number", "boolean", "null"])))
        if "enum" in schema or "const" in schema:
            values = schema.get("enum", [schema.get("const")])
            if {*schema} & (_BOUNDS | {"maxLength"}):
                raise _DoubtError
            if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
                raise _DoubtError
            _write_choices(schema, {*types})  # which has its doubts too
            strings: Node | None = Choice(tuple(spell(str(value)) for value in values))
            return Demand(types & {"string"}, strings)
        strings = _find_strings(schema) if "string" in types else None
        return Demand(types, None if strings == ANY else strings, _find_bounds(schema), _find_longest(schema))

    def _write_value(self, subschema: JsonValue) -> str:
        schema = self._resolve(subschema, _OF_PROPERTY)
        types = {*_list(schema.get("type", ["string", "number", "boolean", "null"]))}
        if "enum" in schema or "const" in schema:
            ways = _write_choices(schema, types)
        else:
            positive = _demand_sign(schema)
            ways = [f'"{write(_find_strings(schema))}"'] if "string" in types else []
            ways += [_NUMBERS[positive]] if "number" in types else []
            ways += [_INTEGERS[positive]] if "integer" in types else []
            ways += [word for kind, word in _WORDS.values() if kind in types]
        if not ways:
            raise _DoubtError
        return "|".join(ways)

    def _resolve(self, schema: JsonValue, known: frozenset[str]) -> JsonObject:
        """Return the schema that references lead to; beside them may stand notes alone."""
        for _ in range(_MAX_REFERENCES):
            if not isinstance(schema, dict):
                break
            if "$schema" in schema and known_draft(schema["$schema"]) is None:
                break  # a dialect of its own, in which keywords may mean anything
            keywords = {*schema} - self.notes
            if "$ref" not in schema:
                if keywords <= known:
                    return schema
                break
            if keywords != {"$ref"}:
                break
            schema = self.targets.get(id(schema))
        raise _DoubtError


def _list(value: JsonValue) -> list[str]:
    return [str(each) for each in (value if isinstance(value, list) else [value])]


def _find_strings(schema: JsonObject) -> Node:
    pattern, least = schema.get("pattern"), schema.get("minLength", 0)
    if type(least) is not int or not 0 <= least <= _MAX_LENGTH:
        raise _DoubtError
    if pattern is None:
        return Repeat(CHARACTER, least, None)
    found = read_pattern(pattern) if isinstance(pattern, str) else None
    if found is None or shortest(found) < least:
        raise _DoubtError
    return found


def _write_choices(schema: JsonObject, types: set[str]) -> list[str]:
    """Write the values of `enum` or `const`; numbers are equal in too many ways."""
    values = schema.get("enum", [schema.get("const")])
    if not isinstance(values, list) or {*schema} & (_OF_PROPERTY - {"type"}) not in ({"enum"}, {"const"}):
        raise _DoubtError
    strings = [value for value in values if isinstance(value, str) and "string" in types]
    if sum(map(len, strings)) > _MAX_CHOICES:
        raise _DoubtError
    ways = [f'"{write(Choice(tuple(map(spell, strings))))}"'] if strings else []
    for value in values:
        if value is None or isinstance(value, bool):
            kind, word = _WORDS[value]
            ways += [word] if kind in types else []
        elif not isinstance(value, str):
            raise _DoubtError
    return ways


def _find_bounds(schema: JsonObject) -> tuple[tuple[str, float], ...]:
    found = []
    for name in sorted({*schema} & _BOUNDS):
        bound = schema[name]
        # In draft 4 an exclusive bound is true or false, and belongs to another one.
        if isinstance(bound, bool) or not isinstance(bound, int | float):
            raise _DoubtError
        found.append((name, bound))
    return tuple(found)


def _find_longest(schema: JsonObject) -> int | None:
    longest = schema.get("maxLength")
    if "maxLength" in schema and (type(longest) is not int or longest < 0):
        raise _DoubtError
    return longest if isinstance(longest, int) else None


def _demand_sign(schema: JsonObject) -> bool:
    """Return whether numbers must not be below zero, the one bound that is known here."""
    if schema.get("minimum", 0) != 0:
        raise _DoubtError
    return "minimum" in schema


_DIGITS: Final = ("0123456789", "0123456789", "012345", "0123456789", "012345", "0123456789")
_BARE: Final = frozenset({*range(0x20, 0x7F)} - {0x22, 0x5C})
"""The bytes that are a character of a JSON string, whatever stands around them."""


def _find_first_bytes(node: Node) -> frozenset[int]:
    """Return the bytes with which a string that surely is one of these begins."""
    match _unwrap(node):
        case Chain((before, middle, rest)) if _unwrap(before) == ANY and _unwrap(rest) == ANY:
            found = _unwrap(middle)
            return frozenset(b for b in _BARE if isinstance(found, Chars) and holds(found.ranges, b))
        case Repeat(part, least, None) if part == CHARACTER and least <= 1:
            return _BARE
    return frozenset()


def _unwrap(node: Node) -> Node:
    while isinstance(node, Chain | Choice) and len(node.parts) == 1:
        node = node.parts[0]
    return node


def _holds_clocks(node: Node, matches: Callable[[bytes], bool]) -> bool:
    """Return whether every `HH:MM:SS` is one of these strings.

    Digits that are in the same sets of an expression are all alike to it; so one of each kind will do.
    """
    found = find_characters(node)
    choices = []
    for digits in _DIGITS:
        kinds = {tuple(holds(each, ord(digit)) for each in found): digit for digit in digits}
        choices.append(sorted(kinds.values()))
    clocks = ("{}{}:{}{}:{}{}".format(*digits) for digits in product(*choices))
    return all(matches(clock.encode() + b'"') for clock in clocks)


def _quote_bytes(text: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in text)


def _compile(expression: str) -> Callable[[bytes], bool] | None:
    """Return what tells whether bytes are one or more of an expression, one behind the other."""
    try:
        import re2  # noqa: PLC0415 - a check of a few small files does without
    except ImportError:  # there is no build of it for every platform; the exact path needs none
        return None
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1  # bytes are bytes: what is UTF-8, the expression says
    options.never_capture = True
    options.log_errors = False
    options.max_mem = _MAX_MEMORY
    try:
        compiled = re2.compile(f"(?:{expression})+".encode("ascii"), options)
    except re2.error:  # too large
        return None
    if compiled.programsize > _MAX_PROGRAM:
        return None
    match = compiled.fullmatch
    return lambda block: match(block) is not None
