"""Know the drafts of JSON Schema: their names, who validates by them, their meta-schemas.

Pure; nothing is fetched: the meta-schemas are those inside jsonschema-rs. A further draft is a line in
`DRAFTS`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import jsonschema_rs

from packager.schema.patterns import is_pattern

if TYPE_CHECKING:
    from packager.model import JsonObject, JsonValue

DRAFTS: Final = {
    "http://json-schema.org/draft-04/schema": jsonschema_rs.Draft4Validator,
    "http://json-schema.org/draft-06/schema": jsonschema_rs.Draft6Validator,
    "http://json-schema.org/draft-07/schema": jsonschema_rs.Draft7Validator,
    "https://json-schema.org/draft/2019-09/schema": jsonschema_rs.Draft201909Validator,
    "https://json-schema.org/draft/2020-12/schema": jsonschema_rs.Draft202012Validator,
}
"""The value of `$schema`, without an empty fragment, and who validates by it."""

LATEST: Final = "https://json-schema.org/draft/2020-12/schema"
"""The draft of a schema that does not say its own."""

DRAFT_4, DRAFT_6, DRAFT_7 = list(DRAFTS)[:3]

REFERENCE_STANDS_ALONE: Final = frozenset({DRAFT_4, DRAFT_6, DRAFT_7})
"""Up to draft 7, what stands beside a `$ref` is ignored."""

_NUMBERS: Final = {
    DRAFT_4: jsonschema_rs.Draft4,
    DRAFT_6: jsonschema_rs.Draft6,
    DRAFT_7: jsonschema_rs.Draft7,
    "https://json-schema.org/draft/2019-09/schema": jsonschema_rs.Draft201909,
    LATEST: jsonschema_rs.Draft202012,
}


def known_draft(stated: JsonValue) -> str | None:
    """Return the draft that a value of `$schema` names; None if it is none of `DRAFTS`."""
    name = stated.removesuffix("#") if isinstance(stated, str) else None
    return name if name in DRAFTS else None


@lru_cache(maxsize=8)
def meta_validator(draft: str) -> jsonschema_rs.Validator:
    """Return what judges schemas by this draft; formats such as `regex` are asserted."""
    return DRAFTS[draft]({"$ref": draft}, validate_formats=True, formats={"regex": is_pattern}, offline=True)


def find_meta_schema(uri: str) -> JsonObject | None:
    """Return the meta-schema (or the part of one) that has this URI; None if there is none."""
    reference: dict[str, Any] = {"$ref": uri}
    for draft, number in _NUMBERS.items():
        if uri == draft or uri.startswith(draft.removesuffix("schema") + "meta/"):
            try:
                bundle = jsonschema_rs.bundle(reference, draft=number, offline=True)
            except jsonschema_rs.ReferencingError:
                return None
            inside = bundle["definitions" if draft in REFERENCE_STANDS_ALONE else "$defs"]
            found: JsonObject = inside[uri]
            return found
    return None
