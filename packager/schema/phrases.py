"""Put values and conditions of a schema into words for people who curate segments. Pure.

No phrase quotes more than 60 characters of a value. A keyword that a condition can be told by is a line in
`_CLAUSES`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from packager.model import JsonValue

_SHOWN: Final = 60  # characters of a value
_LISTED: Final = 160  # characters of a list of values
_TOLD: Final = 200  # characters of a condition

_TYPES: Final = {
    "string": "a string",
    "boolean": "a boolean",
    "integer": "an integer",
    "number": "a number",
    "array": "an array",
    "object": "an object",
}

_KINDS: Final = {
    str: _TYPES["string"],
    bool: _TYPES["boolean"],
    int: _TYPES["integer"],
    list: _TYPES["array"],
    dict: _TYPES["object"],
    type(None): "null",
}

_SILENT: Final = frozenset(
    {"$comment", "$id", "$schema", "default", "deprecated", "description", "examples", "id", "title"}
)
"""Keywords that judge nothing."""


def quote(value: object) -> str:
    """Return a value as JSON for a message: on one line, cut, every character visible."""
    return cut(json.dumps(value, ensure_ascii=False, default=str))


def cut(text: str) -> str:
    """Return a text of at most 60 characters, those that cannot be seen as escapes."""
    visible = "".join(map(_visible, text[: _SHOWN + 1]))
    return visible if len(visible) <= _SHOWN else visible[: _SHOWN - 1] + "…"


def kind_of(value: object) -> str:
    """Return what a value is, such as `a string`."""
    return _KINDS.get(type(value), _TYPES["number"])


def one_of(values: Iterable[JsonValue]) -> str:
    """Return values as a choice: the only one, or `one of "a", "b"`."""
    return _choose([quote(value) for value in values])


def one_type_of(names: Iterable[str]) -> str:
    """Return names of types as a choice: `a string`, or `one of a string, null`."""
    return _choose([_TYPES.get(name, name) for name in names])


def count(number: int, noun: str) -> str:
    """Return a number of things, such as `1 item`, `2 items`, `2 properties`."""
    plural = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{number} {noun if number == 1 else plural}"


def tell_condition(schema: JsonValue, subject: str = "it") -> str | None:
    """Return what a schema demands of a value, such as `"kind" is "b"`; None if it is not told shortly.

    >>> tell_condition({"properties": {"kind": {"const": "b"}}, "required": ["kind"]})
    '"kind" is "b"'
    """
    if not isinstance(schema, dict):
        return None
    clauses = []
    for keyword, value in schema.items():
        if keyword == "required" and isinstance(value, list):
            told = schema.get("properties")
            told = told if isinstance(told, dict) else {}
            clauses += [f"{quote(name)} is there" for name in value if name not in told]
        elif keyword == "properties" and isinstance(value, dict):
            for name, inner in value.items():
                clause = tell_condition(inner, quote(name))
                if clause is None:
                    return None
                clauses.append(clause)
        elif keyword not in _SILENT:
            write = _CLAUSES.get(keyword)
            if write is None:
                return None
            clauses.append(f"{subject} {write(value)}")
    told_all = " and ".join(clauses)
    return told_all if 0 < len(told_all) <= _TOLD else None


def _choose(options: list[str]) -> str:
    if len(options) == 1:
        return options[0]
    return f"one of {', '.join(_first(options))}"


def _first(options: list[str]) -> Iterator[str]:
    length = 0
    for index, option in enumerate(options):
        length += len(option)
        if length > _LISTED:
            yield f"… ({len(options) - index} more)"
            return
        yield option


def _visible(char: str) -> str:
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _is_of_types(value: JsonValue) -> str:
    names = value if isinstance(value, list) else [value]
    return f"is {one_type_of(str(name) for name in names)}"


_CLAUSES: Final[dict[str, Callable[[JsonValue], str]]] = {
    "const": lambda value: f"is {quote(value)}",
    "enum": lambda value: f"is {one_of(value if isinstance(value, list) else [value])}",
    "type": _is_of_types,
    "pattern": lambda value: f"matches the pattern {cut(str(value))}",
    "format": lambda value: f"is of the format {cut(str(value))}",
    "minimum": lambda value: f"is at least {quote(value)}",
    "maximum": lambda value: f"is at most {quote(value)}",
    "minLength": lambda value: f"has at least {quote(value)} characters",
    "maxLength": lambda value: f"has at most {quote(value)} characters",
}
