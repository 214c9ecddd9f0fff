"""Judge by a schema, with an edition of it for the names that occur where its patterns ask for one. Pure.

Only `patternProperties` with a pattern that is not plain do (see edition.py). Such an edition holds the names
that the pattern matches among those seen so far, and is made anew when another one of that kind comes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from packager.schema.edition import Edition
from packager.schema.patterns import Pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import jsonschema_rs

    from packager.model import JsonValue
    from packager.schema.library import Document, Library

_MOST_NAMES: Final = 5_000
"""How many names are remembered; names that never come again would fill the memory."""


class Judge(NamedTuple):
    """What judges values, if their names are those that it was made for."""

    validator: jsonschema_rs.Validator
    all_valid: Callable[[Sequence[JsonValue]], bool]
    """Return whether all of these are valid."""
    part: Callable[[JsonValue], jsonschema_rs.Validator | None]
    """Makes what judges by a subschema alone; None if it is not of this schema."""
    originals: Mapping[str, str]
    """As of `Edition`."""


class Engine:
    """Makes what judges by a schema.

    Raises:
        ValueError: the validator refuses the schema (jsonschema_rs.ValidationError, if it says where).
        jsonschema_rs.ReferencingError: likewise.
    """

    def __init__(self, library: Library, document: Document, *, formats: bool) -> None:
        self._library = library
        self._document = document
        self._formats = formats
        self._patterns = [each for each in library.name_patterns.values() if each.native is None]
        self._names: dict[str, bool] = {}
        """Those seen, and whether a pattern matches them."""
        self._judge = self._make({})

    def judge(self, values: Sequence[JsonValue]) -> Judge:
        """Return what judges these values.

        Raises:
            UndecidedError: a pattern takes too long to decide on a name.
        """
        if not self._patterns:
            return self._judge
        new = {name for value in values for name in _names_of(value)} - self._names.keys()
        if not new:
            return self._judge
        if len(self._names) + len(new) > _MOST_NAMES:
            self._names = {}
            new = {name for value in values for name in _names_of(value)}
        matched = {name: any(pattern.test(name) for pattern in self._patterns) for name in sorted(new)}
        if not self._names or any(matched.values()):
            names = [name for name, matches in {**self._names, **matched}.items() if matches]
            self._judge = self._make(self._share(names, Pattern.test))
        self._names.update(matched)
        return self._judge

    def judge_anew(self, values: Sequence[JsonValue], test: Callable[[Pattern, str], bool]) -> Judge:
        """Return what judges these values alone, with the answers of `test` for the patterns."""
        names = sorted({name for value in values for name in _names_of(value)}) if self._patterns else []
        return self._make(self._share(names, test), test)

    def _share(self, names: list[str], test: Callable[[Pattern, str], bool]) -> dict[str, list[str]]:
        return {each.source: [name for name in names if test(each, name)] for each in self._patterns}

    def _make(
        self, names: Mapping[str, Sequence[str]], test: Callable[[Pattern, str], bool] = Pattern.test
    ) -> Judge:
        edition = Edition(self._library, formats=self._formats, names=names, test=test)
        document = self._document

        def part(schema: JsonValue) -> jsonschema_rs.Validator | None:
            address = edition.address_of(schema)
            return edition.make(document.draft, {"$ref": address}) if address else None

        return Judge(
            edition.make(document.draft, edition.prepare(document.value), document.source.uri),
            edition.make(document.draft, {"items": {"$ref": document.base}}).is_valid,
            part,
            edition.originals,
        )


def _names_of(value: JsonValue) -> set[str]:
    if isinstance(value, dict):
        return {*value}.union(*map(_names_of, value.values()))
    return set().union(*map(_names_of, value)) if isinstance(value, list) else set()
