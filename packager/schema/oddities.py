"""Find what a schema says in vain, most likely by mistake: it is allowed, and nothing judges by it. Pure.

That is a keyword within two edits of one of the draft, a `format` that the draft does not assert, and what
stands beside a `$ref` where that stands alone. Any other unknown keyword is an annotation and stays free.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from packager.model import to_pointer
from packager.schema.drafts import DRAFTS, REFERENCE_STANDS_ALONE, known_draft
from packager.schema.library import Flaw
from packager.schema.phrases import quote
from packager.schema.walk import subschemas

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packager.model import JsonObject, JsonValue
    from packager.schema.library import Library, Source

_ANNOTATIONS: Final = "$schema $comment title description default examples readOnly writeOnly"

_SINCE: Final = (  # by draft
    (
        f"{_ANNOTATIONS} $ref id definitions type enum allOf anyOf oneOf not multipleOf maximum minimum "
        "exclusiveMaximum exclusiveMinimum maxLength minLength pattern format items additionalItems maxItems "
        "minItems uniqueItems properties patternProperties additionalProperties required maxProperties "
        "minProperties "
        "dependencies"
    ),
    "$id const contains propertyNames contentEncoding contentMediaType",
    "if then else",
    (
        "$defs $anchor $recursiveRef $recursiveAnchor $vocabulary contentSchema dependentRequired "
        "dependentSchemas deprecated maxContains minContains unevaluatedItems unevaluatedProperties"
    ),
    "$dynamicRef $dynamicAnchor prefixItems",
)
_ALL: Final = frozenset(" ".join(_SINCE).split())
_SILENT_BESIDE_REFERENCE: Final = frozenset(
    {*_ANNOTATIONS.split(), "$ref", "$id", "id", "$defs", "definitions"}
)

_FORMATS: Final = (  # by draft
    "date-time date time email idn-email hostname ipv4 ipv6 uri regex",
    "uri-reference uri-template json-pointer",
    "idn-hostname iri iri-reference relative-json-pointer",
    "duration uuid",
    "",
)
_SHORT: Final = 4
"""So long a name has but one edit: two would make any word of four letters of another one."""


def find_oddities(library: Library, *, formats: bool) -> Iterator[Flaw]:
    """Yield what the files of a library say in vain; `formats`: whether `format` is asserted."""
    for document in library.documents.values():
        if document.source.data and (id(document.value), "$schema") not in library.full:
            yield from _find(document.source, document.value, "", document.draft, formats)


def _find(source: Source, schema: JsonValue, pointer: str, draft: str, formats: bool) -> Iterator[Flaw]:  # noqa: FBT001 - as above
    if not isinstance(schema, dict):
        return
    draft = known_draft(schema.get("$schema")) or draft
    for keyword, message in _judge(schema, draft, formats=formats):
        yield Flaw(source, pointer + to_pointer([keyword]), message)
    if draft in REFERENCE_STANDS_ALONE and "$ref" in schema:
        schema = {key: schema[key] for key in ("$defs", "definitions") if key in schema}
    for suffix, inner in subschemas(schema):
        yield from _find(source, inner, pointer + suffix, draft, formats)


def _judge(schema: JsonObject, draft: str, *, formats: bool) -> Iterator[tuple[str, str]]:
    alone = draft in REFERENCE_STANDS_ALONE and isinstance(schema.get("$ref"), str)
    for keyword, value in schema.items():
        near = _find_near(keyword, draft)
        if near:
            yield keyword, f"there is no keyword {quote(keyword)}: did you mean `{near}`?"
        elif alone and keyword in _known(_SINCE, draft) - _SILENT_BESIDE_REFERENCE:
            yield keyword, f"`{keyword}` has no force beside `$ref` in this draft: put both into an `allOf`"
        elif formats and not alone and keyword == "format" and value not in _known(_FORMATS, draft):
            near = _nearest(str(value), _known(_FORMATS, draft))
            hint = f"did you mean `{near}`?" if near else "it judges nothing"
            yield keyword, f"there is no format {quote(value)} in this draft: {hint}"


@lru_cache(maxsize=1024)
def _find_near(keyword: str, draft: str) -> str | None:
    return None if keyword in _ALL else _nearest(keyword, _known(_SINCE, draft))


@lru_cache(maxsize=16)
def _known(since: tuple[str, ...], draft: str) -> frozenset[str]:
    return frozenset(" ".join(since[: list(DRAFTS).index(draft) + 1]).split())


def _nearest(word: str, known: frozenset[str]) -> str | None:
    """Return the name that is the fewest edits away, two at most; None if none is."""
    most = 1 if len(word) <= _SHORT else 2
    near = [(_count_edits(word, name), name) for name in known if abs(len(name) - len(word)) <= most]
    edits, name = min(near, default=(most + 1, ""))
    return name if edits <= most else None


def _count_edits(one: str, other: str) -> int:
    """Return how many letters to insert, to leave out, to change or to swap with the next make one the other.

    >>> _count_edits("tpye", "type"), _count_edits("requird", "required")
    (1, 1)
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        older, before, row = before, row, [at]
        for index, wanted in enumerate(other, 1):
            edits = min(before[index] + 1, row[-1] + 1, before[index - 1] + (letter != wanted))
            if at > 1 and index > 1 and letter == other[index - 2] and one[at - 2] == wanted:
                edits = min(edits, older[index - 2] + 1)
            row.append(edits)
    return row[-1]
