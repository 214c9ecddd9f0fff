"""Hold a schema and the files that it refers to: check each by its draft, follow every reference.

Pure: what lies outside is fetched by a function that is handed in. All that is wrong is told, each flaw at
its place. How all of it is written down for the validator stands in edition.py. A relative reference means a
file as seen from the file that it is written in, whatever `$id` says: an `$id` is a name, and what it shares
with another name is looked for at the same place among the files.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

import jsonschema_rs

from packager.errors import ConfigError
from packager.model import to_pointer
from packager.schema.drafts import (
    DRAFT_4,
    DRAFTS,
    REFERENCE_STANDS_ALONE,
    find_meta_schema,
    known_draft,
    meta_validator,
)
from packager.schema.edition import Edition
from packager.schema.failures import has_lost_names
from packager.schema.patterns import Pattern, PatternError, compile_pattern
from packager.schema.phrases import cut, quote
from packager.schema.walk import escape_uri, follow_pointer, join_uri, split_fragment, subschemas

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from packager.model import JsonObject, JsonValue

_FOLLOWED: Final = ("$ref", "$dynamicRef")
_ANCHORS: Final = ("$anchor", "$dynamicAnchor")
_VALIDATION: Final = re.compile("/vocab/validation$")


class Source(NamedTuple):
    """One schema file, read but not parsed."""

    uri: str
    """Where it lies, absolute; relative references start from there."""
    name: str
    """How it is reported."""
    data: bytes


class UnavailableError(Exception):
    """What a reference names is not to be had; the message says why and what to do."""


class Document(NamedTuple):
    """A parsed schema file."""

    source: Source
    value: JsonObject | bool
    draft: str
    base: str
    """Its own `$id` in full, else where it lies."""
    validates: bool = True
    """Whether `pattern` has a force: the vocabularies of a meta-schema may leave validation out."""


class Target(NamedTuple):
    """What a reference leads to."""

    base: str
    """The URI of the resource that holds it."""
    fragment: str
    """With its mark, as the reference has it."""
    root: JsonValue = None
    """What a pointer in the fragment starts from."""


class Flaw(NamedTuple):
    """Something wrong with a schema file."""

    source: Source
    pointer: str
    """RFC 6901, into the file."""
    message: str


class _Place(NamedTuple):
    """A schema and all that its references depend on."""

    value: JsonValue
    document: Document
    pointer: str
    base: str
    draft: str


class Library:
    """A schema, the files that it refers to, and where each reference leads."""

    def __init__(
        self,
        fetch: Callable[[str], Source],
        parse: Callable[[bytes, str], JsonObject],
        draft: str,
    ) -> None:
        self.flaws: list[Flaw] = []
        """What is wrong with the files that can be parsed."""
        self.unparsed: list[str] = []
        """What is wrong with those that cannot, located."""
        self.targets: dict[int, JsonValue] = {}
        """By the id() of a schema with a `$ref`: the schema that it leads to."""
        self.sources: dict[str, Source] = {}
        """Every file that was read, by its URI."""
        self.patterns: dict[str, Pattern] = {}
        """Every regular expression of these files, in the order of their places."""
        self.name_patterns: dict[str, Pattern] = {}
        """Those of `patternProperties`."""
        self.documents: dict[str, Document] = {}
        """The files, by what their schemas are called."""
        self.addresses: dict[int, tuple[Document, str]] = {}
        """By the id() of a schema: the file that it stands in, and the pointer to it."""
        self.full: dict[tuple[int, str], Target] = {}
        """By the id() of a schema and the keyword: where a reference leads that is to be written in full."""
        self._fetch = fetch
        self._parse = parse
        self._draft = draft
        self._documents: dict[str, Document | None] = {}
        self._resources: dict[str, _Place] = {}
        self._anchors: dict[tuple[str, str], _Place] = {}
        self._sites: list[tuple[_Place, str]] = []
        self._seen: set[int] = set()

    def add(self, source: Source) -> Document | None:
        """Take in a file and all that it refers to; None if it cannot be used, and why is told."""
        document = self._load(source)
        self._follow_all()
        return document

    def has_odd_names(self) -> bool:
        """Return whether a schema holds names that the validator's paths lose."""
        return any(has_lost_names(document.value) for document in self.documents.values())

    # --- taking in a file ----------------------------------------------------------------------------------

    def _load(self, source: Source) -> Document | None:
        if source.uri in self._documents:
            return self._documents[source.uri]
        self.sources[source.uri] = source
        self._documents[source.uri] = None  # while it is being loaded: a meta-schema may name itself
        try:
            value = _parse_schema(source, self._parse)
        except ConfigError as error:
            self.unparsed.append(str(error))
            return None
        draft, validates = self._find_draft(source, value)
        if draft is None:
            return None
        base = _base_of(value, draft, source.uri)
        document = Document(source, value, draft, base, validates)
        if not self._is_valid(document):
            return None
        if base in self._resources:
            other = self._resources[base].document.source.name
            pointer = "/id" if draft == DRAFT_4 else "/$id"
            self.flaws.append(
                Flaw(source, pointer, f"this is the name of a schema in {other} too: rename one")
            )
            return None
        self._documents[source.uri] = document
        self._resources[source.uri] = self._enter(document)
        return document

    def _enter(self, document: Document) -> _Place:
        place = _Place(document.value, document, "", document.source.uri, document.draft)
        self._scan(place)
        self.documents[document.base] = document
        return self._resources.setdefault(document.base, place)

    def _find_draft(self, source: Source, value: JsonValue) -> tuple[str | None, bool]:
        """Return the draft of a schema, as it or its meta-schema says, and whether that knows `pattern`."""
        stated = value.get("$schema") if isinstance(value, dict) else None
        if stated is None:
            return self._draft, True
        draft = known_draft(stated)
        if draft is not None:
            return draft, True
        uri = join_uri(source.uri, stated) if isinstance(stated, str) else None
        try:
            meta = self._find((uri or "").partition("#")[0])
            self._follow_all()
            self.full[id(value), "$schema"] = Target(meta.base, "")
        except UnavailableError:
            known = ", ".join(DRAFTS)
            message = f"{quote(stated)} is not a draft of JSON Schema that is known here: use one of {known}"
            self.flaws.append(Flaw(source, "/$schema", message))
            return None, True
        words = meta.value.get("$vocabulary") if isinstance(meta.value, dict) else None
        return meta.draft, not isinstance(words, dict) or any(_VALIDATION.search(name) for name in words)

    def _is_valid(self, document: Document) -> bool:
        """Return whether a schema is valid by its meta-schema; what is not is told."""
        try:
            validator = self._judge_of(document)
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
            message = f"this meta-schema cannot be used: {cut(str(error).partition(chr(10))[0])}"
            self.flaws.append(Flaw(document.source, "/$schema", message))
            return False
        if validator.is_valid(document.value):
            return True
        is_valid = True
        from packager.schema.explain import Case, explain  # noqa: PLC0415 - most schemas are right

        for finding in explain(Case(document.value, validator)):
            if finding.keyword == "format" and finding.pointer.endswith(_FOLLOWED):
                continue  # what a URI must escape may stand in a reference: see _complete
            is_valid = False
            key = [] if finding.key is None else [finding.key]
            pointer = finding.pointer + to_pointer(key)
            self.flaws.append(Flaw(document.source, pointer, finding.message))
        return is_valid

    def _judge_of(self, document: Document) -> jsonschema_rs.Validator:
        meta = self.full.get((id(document.value), "$schema"))
        if meta is None:
            return meta_validator(document.draft)
        return Edition(self, formats=True).make(document.draft, {"$ref": meta.base})

    # --- finding the way inside ----------------------------------------------------------------------------

    def _scan(self, around: _Place) -> None:
        """Note every name, anchor and reference of a schema and of those inside it."""
        schema = around.value
        if not isinstance(schema, dict) or id(schema) in self._seen:
            return
        self._seen.add(id(schema))
        self.addresses[id(schema)] = around.document, around.pointer
        draft = known_draft(schema.get("$schema")) or around.draft
        base = _base_of(schema, draft, around.base)
        place = _Place(schema, around.document, around.pointer, base, draft)
        self._resources.setdefault(base, place)
        for name in _anchors_of(schema, draft):
            self._anchors.setdefault((base, name), place)
        self._sites += [(place, keyword) for keyword in _FOLLOWED if isinstance(schema.get(keyword), str)]
        if base != around.base and "$schema" in schema and known_draft(schema["$schema"]) is None:
            self._sites.append((place, "$schema"))
        if around.document.validates:
            self._note_pattern(place, schema.get("pattern"), "/pattern")
        named = schema.get("patternProperties")
        for name in named if isinstance(named, dict) else ():
            self._note_pattern(place, name, to_pointer(["patternProperties", name]))
        for suffix, inner in subschemas(schema):
            self._scan(_Place(inner, place.document, place.pointer + suffix, base, draft))

    def _note_pattern(self, place: _Place, source: JsonValue, suffix: str) -> None:
        if not isinstance(source, str):
            return
        try:
            pattern = self.patterns[source] = compile_pattern(source)
        except PatternError as error:
            message = f"{quote(source)} is no regular expression of ECMA-262 with the flag u: {error}"
            self.flaws.append(Flaw(place.document.source, place.pointer + suffix, message))
            return
        if suffix != "/pattern":
            self.name_patterns[source] = pattern

    # --- following references ------------------------------------------------------------------------------

    def _follow_all(self) -> None:
        while self._sites:
            self._follow(*self._sites.pop(0))

    def _follow(self, site: _Place, keyword: str) -> None:
        schema = site.value
        assert isinstance(schema, dict)  # noqa: S101 - only objects are sites
        reference = str(schema[keyword])
        try:
            uri = self._complete(site, reference)
            target = self._find(uri)
        except _ToldError:
            return
        except UnavailableError as error:
            self.flaws.append(Flaw(site.document.source, f"{site.pointer}/{keyword}", str(error)))
            return
        address, mark, fragment = uri.partition("#")
        resource = self._resources[address]
        if resource.base != site.base or mark + fragment != reference or "/patternProperties/" in fragment:
            self.full[id(schema), keyword] = Target(resource.base, mark + fragment, resource.value)
        if keyword == "$ref":
            self.targets[id(schema)] = target.value
        self._scan(target)

    def _complete(self, site: _Place, reference: str) -> str:
        """Return a reference in full; where a URN as `$id` has no folder to start from, the file has."""
        escaped = escape_uri(reference)
        uri = join_uri(site.base, escaped) or join_uri(site.document.source.uri, escaped)
        if uri is None:
            raise UnavailableError(f"{quote(reference)} is no reference: write a relative path or `#/…`")
        return uri

    def _find(self, uri: str) -> _Place:
        """Return what a full URI names.

        Raises:
            UnavailableError: nothing, or nothing that is a schema.
        """
        address, fragment = split_fragment(uri)
        root = self._resources.get(address) or self._find_file(address)
        if not fragment:
            return root
        if not fragment.startswith("/"):
            place = self._anchors.get((root.base, fragment))
            if place is None:
                raise UnavailableError(f"there is no anchor {quote(fragment)} in {quote(address)}")
            return place
        try:
            value = follow_pointer(root.value, fragment)
        except LookupError:
            where = root.document.source.name
            raise UnavailableError(
                f"nothing stands at #{fragment} in {where}: correct the reference"
            ) from None
        if not isinstance(value, dict | bool):
            raise UnavailableError(f"#{fragment} leads to {quote(value)}, which is not a schema")
        return _Place(value, root.document, root.pointer + fragment, root.base, root.draft)

    def _find_file(self, address: str) -> _Place:
        meta = find_meta_schema(address)
        if meta is None:
            source = self._fetch_nearest(address)
            if self._load(source) is None:
                raise _ToldError
            return self._resources.setdefault(address, self._resources[source.uri])
        draft = known_draft(meta["$schema"]) or self._draft
        return self._enter(Document(Source(address, address, b""), meta, draft, address))

    def _fetch_nearest(self, address: str) -> Source:
        """Fetch a URI itself, or else from where it must lie if the files lie as their names do."""
        try:
            return self._fetch(address)
        except UnavailableError as error:
            failure = error
        for candidate in self._places_of(address):
            try:
                return self._fetch(candidate)
            except UnavailableError as error:
                if urlsplit(address).scheme != "file":
                    failure = UnavailableError(f"{failure} ({error})")
        raise failure

    def _places_of(self, address: str) -> Iterator[str]:
        named = urlsplit(address)
        for document in [each for each in self._documents.values() if each]:
            base = urlsplit(document.base)
            folder = posixpath.dirname(base.path or "/")
            if document.base == document.source.uri or base[:2] != named[:2] or not folder.startswith("/"):
                continue
            path = posixpath.relpath(named.path, folder)
            found = join_uri(document.source.uri, path)
            if found is not None:
                yield found


class _ToldError(UnavailableError):
    """The file that a reference names is wrong, and that has been told."""


def _parse_schema(source: Source, parse: Callable[[bytes, str], JsonObject]) -> JsonObject | bool:
    words = {b"true": True, b"false": False}
    word = words.get(source.data.strip(b" \t\r\n"))
    return parse(source.data, source.name) if word is None else word


def _own_name(schema: JsonValue, draft: str) -> str:
    """Return what `$id` says; the empty string if there is none that counts."""
    if not isinstance(schema, dict) or (draft in REFERENCE_STANDS_ALONE and "$ref" in schema):
        return ""
    name = schema.get("id" if draft == DRAFT_4 else "$id")
    return name if isinstance(name, str) else ""


def _base_of(schema: JsonValue, draft: str, base: str) -> str:
    """Return the full URI that references in a schema start from, given that of the schema around it."""
    name = _own_name(schema, draft).partition("#")[0]
    return (join_uri(base, name) or base) if name else base


def _anchors_of(schema: JsonObject, draft: str) -> list[str]:
    if draft in REFERENCE_STANDS_ALONE:
        fragment = _own_name(schema, draft).partition("#")[2]
        return [fragment] if fragment else []
    return [name for keyword in _ANCHORS if isinstance(name := schema.get(keyword), str)]
