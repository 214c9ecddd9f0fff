"""Compile a JSON Schema, and say what is wrong with a segment by it.

The verdict is jsonschema-rs's, which equals the specification's on the official test suite (patterns are
ECMA-262). The schema itself is guarded first; a reference is followed inside the schema or into files beside
it, and never fetched from a network.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

import jsonschema_rs

from packager.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from packager.model import JsonObject

DRAFTS: Final = {
    "http://json-schema.org/draft-04/schema": jsonschema_rs.Draft4Validator,
    "http://json-schema.org/draft-06/schema": jsonschema_rs.Draft6Validator,
    "http://json-schema.org/draft-07/schema": jsonschema_rs.Draft7Validator,
    "https://json-schema.org/draft/2019-09/schema": jsonschema_rs.Draft201909Validator,
    "https://json-schema.org/draft/2020-12/schema": jsonschema_rs.Draft202012Validator,
}
"""The value of `$schema`, without an empty fragment, and who validates by it. Without `$schema`: the last."""

_LATEST: Final = "https://json-schema.org/draft/2020-12/schema"
_SHOWN: Final = 60  # characters of a value that a message quotes


@dataclass(frozen=True, slots=True)
class Finding:
    """One way in which a segment breaks the schema."""

    pointer: str
    """RFC 6901, into the segment."""
    key: str | None
    """Set if the name of this property, not its value, is what is wrong."""
    keyword: str
    message: str


@dataclass(frozen=True, slots=True)
class SegmentSchema:
    """A compiled schema."""

    document: JsonObject
    sha256: str
    """Of the bytes of the schema file."""
    validator: jsonschema_rs.Validator

    def is_valid(self, segment: JsonObject) -> bool:
        """Return the verdict."""
        return self.validator.is_valid(segment)

    def explain(self, segment: JsonObject) -> Iterator[Finding]:
        """Yield everything that is wrong with a segment; nothing if it is valid."""
        for error in self.validator.iter_errors(segment):
            yield from _findings(error)


def compile_schema(
    data: bytes, name: str, folder: Path | None, parse: Callable[[bytes, str], JsonObject]
) -> SegmentSchema:
    """Return the schema ready to use.

    `data` are the bytes of the schema file, `name` how to report it, `folder` where relative references are
    looked up (None: there are no files), and `parse` reads the JSON of a file of a name.

    Raises:
        ConfigError: the schema is not valid by its draft, or refers to what is not there.
    """
    document = parse(data, name)
    draft = document.get("$schema", _LATEST)
    make = DRAFTS.get(draft.removesuffix("#")) if isinstance(draft, str) else None
    if make is None:
        raise ConfigError(
            f"{name}: /$schema: {draft!r} is not a draft of JSON Schema that is known here; use one of "
            f"{', '.join(DRAFTS)}"
        )
    if not jsonschema_rs.meta.is_valid(document):
        raise ConfigError(_explain_schema(document, name))
    try:
        validator = make(
            document,
            validate_formats=True,
            retriever=_Files(folder, parse).read,
            base_uri=None if folder is None else folder.resolve().as_uri() + "/",
        )
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        pointer = to_pointer(getattr(error, "instance_path", []))
        message = getattr(error, "message", str(error)).partition("\n")[0]
        raise ConfigError(f"{name}: {pointer or '/'}: {message}") from error
    return SegmentSchema(document, hashlib.sha256(data).hexdigest(), validator)


def to_pointer(path: list[str | int]) -> str:
    """Return the RFC 6901 JSON Pointer of a path of keys and indices.

    >>> to_pointer(["a/b", 0])
    '/a~1b/0'
    """
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


class _Files:
    """What a schema may refer to outside itself: JSON files in its own folder or below."""

    def __init__(self, folder: Path | None, parse: Callable[[bytes, str], JsonObject]) -> None:
        self.folder = None if folder is None else folder.resolve()
        self.parse = parse

    def read(self, uri: str) -> JsonObject:
        parts = urlsplit(uri)
        if parts.scheme != "file" or self.folder is None:
            raise ValueError("a reference into a network is never followed; put the file beside the schema")
        path = self.folder.__class__(unquote(parts.path)).resolve()
        if not path.is_relative_to(self.folder):
            raise ValueError("the file lies outside the folder of the schema")
        return self.parse(path.read_bytes(), str(path))


def _explain_schema(document: JsonObject, name: str) -> str:
    # jsonschema takes 90 ms to import and explains better; here it is worth it.
    import jsonschema  # noqa: PLC0415

    draft = jsonschema.validators.validator_for(document, default=jsonschema.Draft202012Validator)
    errors = list(draft(draft.META_SCHEMA).iter_errors(document))
    best = jsonschema.exceptions.best_match(errors)
    if best is None:
        return f"{name}: /: not a valid JSON Schema"
    return f"{name}: {to_pointer(list(best.absolute_path)) or '/'}: {_short(best.message)}"


def _findings(error: jsonschema_rs.ValidationError) -> Iterator[Finding]:
    pointer = to_pointer(error.instance_path)
    keyword = _keyword(error)
    kind = error.kind.name
    if kind in {"additionalProperties", "unevaluatedProperties"}:
        for key in error.kind.as_dict()["unexpected"]:
            yield Finding(pointer, key, keyword, f"the schema does not know a property {_quote(key)}")
    else:
        write = _MESSAGES.get(kind, _as_given)
        yield Finding(pointer, None, keyword, write(error, error.kind.as_dict()))


def _keyword(error: jsonschema_rs.ValidationError) -> str:
    path = error.schema_path
    kind: str = error.kind.name
    if kind == "propertyNames" or not path:
        return kind
    if kind == "falseSchema":
        named = len(path) > 1 and path[-2] in {"properties", "patternProperties", "dependentSchemas"}
        return next(str(part) for part in reversed(path[:-1] if named else path) if isinstance(part, str))
    return str(path[-1])


def _as_given(error: jsonschema_rs.ValidationError, _: dict[str, Any]) -> str:
    return _short(error.message)


def _required(_: jsonschema_rs.ValidationError, details: dict[str, Any]) -> str:
    return f"the property {_quote(details['property'])} is missing"


def _type(error: jsonschema_rs.ValidationError, details: dict[str, Any]) -> str:
    wanted = _one_of([_TYPES.get(name, name) for name in details["types"]])
    if error.instance is None:
        return f"null stands where {wanted} belongs"
    return f"{_quote(error.instance)} is {_kind(error.instance)}, not {wanted}"


def _pattern(error: jsonschema_rs.ValidationError, details: dict[str, Any]) -> str:
    if details["pattern"] == r"\S":
        return f"{_quote(error.instance)} holds nothing but white space"
    return f"{_quote(error.instance)} does not match the pattern {_short(details['pattern'])}"


def _enum(error: jsonschema_rs.ValidationError, details: dict[str, Any]) -> str:
    return f"{_quote(error.instance)} is not {_one_of([_quote(option) for option in details['options']])}"


def _const(error: jsonschema_rs.ValidationError, details: dict[str, Any]) -> str:
    return f"{_quote(error.instance)} is not {_quote(details['expected_value'])}"


def _false(error: jsonschema_rs.ValidationError, _: dict[str, Any]) -> str:
    return f"nothing is allowed here, and here is {_quote(error.instance)}"


def _format(error: jsonschema_rs.ValidationError, details: dict[str, Any]) -> str:
    return f"{_quote(error.instance)} is not of the format {details['format']}"


def _closest(error: jsonschema_rs.ValidationError, details: dict[str, Any]) -> str:
    """Explain by the alternative that comes nearest: fewest errors, and those deepest in the segment."""
    branches = [branch for branch in details["context"] if branch]
    if len(branches) < len(details["context"]):
        return f"{_quote(error.instance)} fits more than one of the alternatives, and may fit only one"
    nearest = min(branches, key=lambda branch: (-max(len(e.instance_path) for e in branch), len(branch)))
    finding = next(iter(_findings(nearest[0])))
    where = f"at {finding.pointer}: " if finding.pointer else ""
    return f"fits none of the {len(branches)} alternatives; of the nearest: {where}{finding.message}"


_MESSAGES: Final = {
    "required": _required,
    "type": _type,
    "pattern": _pattern,
    "enum": _enum,
    "const": _const,
    "falseSchema": _false,
    "format": _format,
    "anyOf": _closest,
    "oneOf": _closest,
}

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
    float: _TYPES["number"],
    list: _TYPES["array"],
    dict: _TYPES["object"],
}


def _kind(value: object) -> str:
    return _KINDS.get(type(value), "something else")


def _one_of(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"one of {', '.join(names)}"


def _quote(value: object) -> str:
    return _short(json.dumps(value, ensure_ascii=False))


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN * 2 else f"{text[:_SHOWN]}…"
