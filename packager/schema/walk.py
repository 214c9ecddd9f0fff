"""Find the way in a JSON Schema: where its subschemas stand, how its URIs and pointers lead. Pure.

A keyword that holds subschemas is a name in one of the three sets.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote, urljoin, urlsplit

from packager.model import to_pointer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packager.model import JsonObject, JsonValue

SINGLE: Final = frozenset(
    {
        *(
            "additionalItems",
            "additionalProperties",
            "contains",
            "contentSchema",
            "else",
            "if",
            "items",
            "not",
        ),
        *("propertyNames", "then", "unevaluatedItems", "unevaluatedProperties"),
    }
)
"""The value is a subschema."""

LISTED: Final = frozenset({"allOf", "anyOf", "items", "oneOf", "prefixItems"})
"""The value is a list of subschemas; `items` was until 2019-09."""

NAMED: Final = frozenset(
    {
        *("$defs", "definitions", "dependencies", "dependentRequired", "dependentSchemas"),
        *("patternProperties", "properties"),
    }
)
"""The value is an object whose values are subschemas (or lists of names)."""

_INDEX: Final = re.compile("0|[1-9][0-9]{0,9}")

_LONE_PERCENT: Final = re.compile("%(?![0-9A-Fa-f]{2})")
_IN_URI: Final = "%:/?@!$&'()*+,;=~"

REFERENCES: Final = frozenset({"$ref", "$dynamicRef", "$recursiveRef"})


def subschemas(schema: JsonObject) -> Iterator[tuple[str, JsonValue]]:
    """Yield every subschema directly inside a schema, with its pointer from there."""
    for keyword, value in schema.items():
        if keyword in NAMED and isinstance(value, dict):
            for name, inner in value.items():
                yield to_pointer([keyword, name]), inner
        elif keyword in LISTED and isinstance(value, list):
            for index, inner in enumerate(value):
                yield f"/{keyword}/{index}", inner
        elif keyword in SINGLE:
            yield f"/{keyword}", value


def follow_pointer(value: JsonValue, pointer: str) -> JsonValue:
    """Return what stands at a JSON Pointer.

    Raises:
        LookupError: nothing stands there.
    """
    for key in read_pointer(pointer):
        if isinstance(value, dict):
            value = value[key]
        elif isinstance(value, list) and _INDEX.fullmatch(key):
            value = value[int(key)]
        else:
            raise LookupError(pointer)
    return value


def read_pointer(pointer: str) -> list[str]:
    """Return the names and indices that a JSON Pointer is made of.

    >>> read_pointer("/a~1b/0")
    ['a/b', '0']
    """
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def join_uri(base: str, reference: str) -> str | None:
    """Return what a reference means at a base, None if nothing: a name such as `urn:a:b` has no folder.

    >>> join_uri("https://example.org/a/b.json", "../c.json#/d")
    'https://example.org/c.json#/d'
    """
    try:
        if urlsplit(reference).scheme:
            return reference
    except ValueError:
        return None
    if not reference or reference.startswith("#"):
        return base.partition("#")[0] + reference
    scheme, _, rest = base.partition(":")
    if not rest.startswith("/"):
        return None
    if rest.startswith("//") and "/" not in rest[2:]:
        rest += "/"
    # urljoin joins only under the schemes that it knows; all that have a path are joined alike.
    return scheme + urljoin(f"http:{rest}", reference).removeprefix("http")


def escape_uri(text: str) -> str:
    """Return a reference with every character escaped that a URI must not hold as it is.

    >>> escape_uri("größe 1%.json#/a[b]")
    'gr%C3%B6%C3%9Fe%201%25.json#/a%5Bb%5D'
    """
    address, mark, fragment = _LONE_PERCENT.sub("%25", text).partition("#")
    return quote(address, safe=_IN_URI) + mark + quote(fragment, safe=_IN_URI)


def split_fragment(uri: str) -> tuple[str, str]:
    """Return a URI without its fragment, and the fragment decoded."""
    address, _, fragment = uri.partition("#")
    return address, unquote(fragment)
