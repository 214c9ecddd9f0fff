"""Write a library of schemas down as the validator is to see it, and make the validator. Pure.

References that lead elsewhere are written in full, and regular expressions so that the validator takes them
as ECMA-262 has them (patterns.py). A plain one is spelled for its own engine. Another one becomes

* as a `pattern`, a format of that name, which the exact engine judges;
* as a name in `patternProperties`, where no function can stand, a list of those names of the values at hand
  that it matches. So such a schema has an edition for the names that occur.

`originals` leads back from a spelling to the pattern; `failures.py` reads by it what the validator says.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import jsonschema_rs

from packager.model import to_pointer
from packager.schema.drafts import DRAFTS
from packager.schema.patterns import Pattern, is_pattern, spell_names
from packager.schema.walk import escape_uri, follow_pointer, read_pointer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from packager.model import JsonObject, JsonValue
    from packager.schema.library import Document, Library, Target

AS_FORMAT: Final = "pattern: "
"""Begins the name of a format that stands for a `pattern`."""
BESIDE_FORMAT: Final = "pattern beside a format: "
"""The same, in a last alternative of `allOf`: the schema has a `format` of its own."""

_DATA: Final = frozenset({"const", "default", "enum", "examples"})
"""Keywords whose values are no schemas."""


class Edition:
    """A library as the validator sees it.

    Args:
        library: the schemas.
        formats: whether `format` is asserted.
        names: by a pattern of `patternProperties` that is not plain, the names that it matches.
        test: decides whether a pattern matches a text.
    """

    def __init__(
        self,
        library: Library,
        *,
        formats: bool,
        names: Mapping[str, Sequence[str]] | None = None,
        test: Callable[[Pattern, str], bool] = Pattern.test,
    ) -> None:
        self._library = library
        self._formats = formats
        self._spelled: dict[str, str] = {}
        self.originals: dict[str, str] = {}
        self._judges: dict[str, Callable[[str], bool]] = {}
        for number, (source, pattern) in enumerate(library.patterns.items()):
            text = pattern.native
            if text is None:
                self._judges[AS_FORMAT + source] = partial(test, pattern)
                self._judges[BESIDE_FORMAT + source] = partial(test, pattern)
                text = spell_names((names or {}).get(source, ()))
            if text in self.originals:
                text += f"|$-{number}"  # matches nothing; two patterns of one object stay two
            self._spelled[source] = text
            self.originals[text] = source
        self._by_format = bool(self._judges)
        self._registry = jsonschema_rs.Registry(
            [(each.base, self._with_draft(each)) for each in library.documents.values()]
        )

    def make(
        self,
        draft: str,
        schema: Any,  # noqa: ANN401 - any JSON
        base_uri: str | None = None,
    ) -> jsonschema_rs.Validator:
        """Return what judges by a schema that was prepared, or refers to one by its address."""
        return DRAFTS[draft](
            schema,
            base_uri=base_uri,
            registry=self._registry,
            validate_formats=self._formats or self._by_format,
            formats=self._judges or None,  # with functions it is slower by a third, also where none is asked
            pattern_options=jsonschema_rs.RegexOptions(),
            offline=True,
        )

    def address_of(self, schema: JsonValue) -> str | None:
        """Return the URI of a subschema of these files; None if it is none."""
        place = self._library.addresses.get(id(schema))
        if place is None:
            return None
        document, pointer = place
        return f"{document.base}#{self._write_pointer(document.value, pointer)}"

    def prepare(self, value: JsonValue) -> JsonValue:
        """Return a schema, or what stands in one, as the validator sees it."""
        if isinstance(value, list):
            return [self.prepare(each) for each in value]
        if not isinstance(value, dict):
            return value
        known = self._library.addresses.get(id(value))
        full = {
            key: self._write_target(target)
            for key in ("$ref", "$dynamicRef", "$schema")
            if (target := self._library.full.get((id(value), key)))
        }
        made = {
            key: full.get(key) or (inner if known and key in _DATA else self.prepare(inner))
            for key, inner in value.items()
        }
        return self._spell(made, known[0]) if known else made

    def _with_draft(self, document: Document) -> JsonValue:
        value = self.prepare(document.value)
        # Without it the validator takes the latest draft.
        return {"$schema": document.draft, **value} if isinstance(value, dict) else value

    def _spell(self, made: JsonObject, document: Document) -> JsonObject:
        """Return a schema of this document with its patterns spelled for the validator."""
        if self._by_format and not self._formats:
            made.pop("format", None)
        if made.get("format") == "regex":
            self._judges["regex"] = is_pattern
        named = made.get("patternProperties")
        if isinstance(named, dict):
            made["patternProperties"] = {
                self._spelled.get(name, name): inner for name, inner in named.items()
            }
        source = made.pop("pattern", None)
        if not isinstance(source, str) or not document.validates:
            return made
        if AS_FORMAT + source not in self._judges:
            made["pattern"] = self._spelled.get(source, source)
        elif "format" not in made:
            made["format"] = AS_FORMAT + source
        else:
            others = made.get("allOf")
            made["allOf"] = [
                *(others if isinstance(others, list) else ()),
                {"format": BESIDE_FORMAT + source},
            ]
        return made

    def _write_target(self, target: Target) -> str:
        if "/patternProperties/" not in target.fragment:
            return target.base + target.fragment
        return f"{target.base}#{self._write_pointer(target.root, unquote(target.fragment[1:]))}"

    def _write_pointer(self, value: JsonValue, pointer: str) -> str:
        """Return a pointer, as part of a URI, with the patterns on its way as they are spelled."""
        written = []
        among_patterns = False
        for name in read_pointer(pointer):
            written.append(self._spelled.get(name, name) if among_patterns else name)
            among_patterns = name == "patternProperties" and id(value) in self._library.addresses
            value = follow_pointer(value, to_pointer([name]))
        return escape_uri(to_pointer(written).replace("%", "%25"))
