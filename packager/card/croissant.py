"""Describe a data set to machines: croissant.json, as Croissant 1.1 has it. Pure.

Every shard is a file with its size and sha256; every split is a record set with a field for each column, read
from its one shard or from the set of its shards; `splits` lists them. A build alone has no version and no
address: its shards are named relative to the file. `finish_croissant` puts both in, and takes them out again.

What a reader that goes through pandas cannot give back: a null object, or a null list of objects, comes as
one whose values are null; an integer beyond 2^53 in a column that holds nulls loses its last digits.

https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from packager.built import version_text
from packager.card.vocabulary import SPDX
from packager.columns import (
    BOOL,
    FLOAT64,
    INT64,
    JSON,
    TIMESTAMP,
    Labels,
    ListOf,
    Scalar,
    StructOf,
    stored_type,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from packager.built import BuiltFile, Manifest, ReleaseFacts
    from packager.card.about import About, Author
    from packager.card.words import Words
    from packager.columns import BuiltColumn, ColumnType

CROISSANT: Final = "croissant.json"
HUB: Final = "https://huggingface.co/datasets"

_VERSION: Final = "http://mlcommons.org/croissant/1.1"
_RAI: Final = "http://mlcommons.org/croissant/RAI/1.0"
_PARQUET: Final = "application/x-parquet"
_SPLITS: Final = "splits"
_TYPES: Final[dict[ColumnType, str]] = {
    BOOL: "sc:Boolean",
    INT64: "cr:Int64",
    FLOAT64: "cr:Float64",
    TIMESTAMP: "sc:DateTime",
}
"""Of columns that are not text."""
_PLAIN_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CONTEXT: Final[dict[str, Any]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    **{key: f"cr:{key}" for key in ("arrayShape", "citeAs", "column")},
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{
        key: f"cr:{key}"
        for key in ("extract", "field", "fileProperty", "fileObject", "fileSet", "format", "includes")
    },
    **{key: f"cr:{key}" for key in ("isArray", "isLiveDataset", "jsonPath", "key", "md5")},
    "name": {"@container": "@language"},
    **{
        key: f"cr:{key}"
        for key in ("parentField", "path", "recordSet", "references", "regex", "repeated", "replace")
    },
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    **{key: f"cr:{key}" for key in ("separator", "source", "subField", "transform")},
}


@dataclass(frozen=True, slots=True)
class DatasetFacts:
    """What the descriptions beside the card are told."""

    repo_id: str
    about: About
    columns: tuple[BuiltColumn, ...]
    splits: tuple[str, ...]
    """Those that received a recording."""
    shards: tuple[BuiltFile, ...]


def describe_croissant(words: Words, facts: DatasetFacts) -> bytes:
    """Return croissant.json of a build that is not released."""
    about = facts.about
    document: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": [_VERSION, _RAI] if about.rai else _VERSION,
        "name": facts.repo_id.rpartition("/")[2],
        "alternateName": about.title or words.title,
        "description": words.summary or "Transcribed speech, a segment a row.",
        "license": license_of(words),
        "inLanguage": list(words.languages),
        "keywords": list(words.keywords),
        "creator": [_creator(author) for author in about.authors],
        **{f"rai:{name}": list(text) if isinstance(text, tuple) else text for name, text in about.rai},
        "distribution": list(_distribution(facts)),
        "recordSet": [_list_splits(facts.splits), *(_record_set(split, facts) for split in facts.splits)],
    }
    return _dump({key: value for key, value in document.items() if value not in ("", [])})


def finish_croissant(data: bytes, manifest: Manifest, release: ReleaseFacts | None) -> bytes:
    """Return croissant.json with the version and the addresses of a release; with None, without them.

    `data` may be finished or not: what comes back is the same.
    """
    document = json.loads(data)
    for key in ("url", "version"):
        document.pop(key, None)
    base = ""
    if release is not None:
        version = version_text(release.version)
        base = f"{HUB}/{manifest.repo_id}/resolve/v{version}/"
        place = list(document).index("description") + 1
        items = list(document.items())
        items[place:place] = [("url", f"{HUB}/{manifest.repo_id}"), ("version", version)]
        document = dict(items)
    for file in document["distribution"]:
        if file["@type"] == "cr:FileObject":
            file["contentUrl"] = base + file["@id"]
    return _dump(document)


def license_of(words: Words) -> str:
    """Return the address of the licence, or its name where it has none; empty without a licence."""
    if words.license in SPDX:
        return f"https://spdx.org/licenses/{SPDX[words.license]}"
    return words.license_link if words.license_link.startswith("http") else words.license


def _dump(document: dict[str, Any]) -> bytes:
    return f"{json.dumps(document, ensure_ascii=False, indent=2)}\n".encode()


def _creator(author: Author) -> dict[str, object]:
    person = {
        "@type": "sc:Person" if author.family else "sc:Organization",
        "name": author.name,
        "url": author.orcid,
        "affiliation": {"@type": "sc:Organization", "name": author.affiliation} if author.affiliation else "",
    }
    return {key: value for key, value in person.items() if value}


# --- files ---------------------------------------------------------------------------------------------


def _distribution(facts: DatasetFacts) -> Iterator[dict[str, Any]]:
    for file in facts.shards:
        yield {
            "@type": "cr:FileObject",
            "@id": file.path,
            "name": file.path.rpartition("/")[2],
            "contentUrl": file.path,
            "contentSize": f"{file.size} B",
            "encodingFormat": _PARQUET,
            "sha256": file.sha256,
        }
    for split in facts.splits:
        shards = _shards_of(split, facts)
        if len(shards) > 1:
            first, _, count = shards[0].path.partition("-00000-of-")
            yield {
                "@type": "cr:FileSet",
                "@id": _file_set(split),
                "description": f"The shards of the split {split}, relative to this file.",
                "encodingFormat": _PARQUET,
                "includes": f"{first}-*-of-{count}",
            }


def _shards_of(split: str, facts: DatasetFacts) -> list[BuiltFile]:
    return [file for file in facts.shards if file.path.startswith(f"data/{split}-")]


def _file_set(split: str) -> str:
    return f"shards/{quote(split)}"


# --- records -------------------------------------------------------------------------------------------


def _list_splits(splits: Sequence[str]) -> dict[str, Any]:
    key = f"{_SPLITS}/name"
    return {
        "@type": "cr:RecordSet",
        "@id": _SPLITS,
        "name": _SPLITS,
        "description": "The splits of the data set.",
        "dataType": "cr:Split",
        "key": {"@id": key},
        "field": [{"@type": "cr:Field", "@id": key, "name": "name", "dataType": "sc:Text"}],
        "data": [{key: split} for split in splits],
    }


def _record_set(split: str, facts: DatasetFacts) -> dict[str, Any]:
    shards = _shards_of(split, facts)
    source = (
        {"fileObject": {"@id": shards[0].path}}
        if len(shards) == 1
        else {"fileSet": {"@id": _file_set(split)}}
    )
    here = f"default/{quote(split)}"
    taken = {each.column.name for each in facts.columns}
    own = next(name for name in ("split", *(f"split_{n}" for n in range(len(taken)))) if name not in taken)
    columns = [
        _column(f"{here}/{quote(each.column.name, safe='')}", each, source)
        for each in facts.columns
        if _is_readable(each.type)
    ]
    left_out = [each.column.name for each in facts.columns if not _is_readable(each.type)]
    note = f" Croissant has no word for lists of lists of objects: {', '.join(left_out)}." if left_out else ""
    return {
        "@type": "cr:RecordSet",
        "@id": here,
        "name": split,
        "description": f"The segments of the split {split}, a row each.{note}",
        "key": [{"@id": f"{here}/recording"}, {"@id": f"{here}/segment"}],
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{here}/{own}",
                "name": own,
                "description": "The split.",
                "dataType": "sc:Text",
                "value": split,
                "references": {"field": {"@id": f"{_SPLITS}/name"}},
            },
            *columns,
        ],
    }


def _is_readable(column: ColumnType, depth: int = 0) -> bool:
    """Tell whether a value can be found by going down, through one list at most before each object."""
    match column:
        case Scalar():
            return True
        case ListOf(item):
            return _is_readable(item, depth + 1)
        case StructOf(fields):
            return depth < 2 and all(_is_readable(field, depth) for _, field in fields)
        case Labels():
            return True


def _column(identity: str, column: BuiltColumn, source: dict[str, Any]) -> dict[str, Any]:
    description = column.description
    if column.type == JSON:
        description = f"{description} (JSON text)".strip()
    field = _field(
        identity, column.column.name, column.type, source | {"extract": {"column": column.column.name}}, ()
    )
    return {**field, "description": description} if description else field


def _field(
    identity: str, name: str, column: ColumnType, source: dict[str, Any], steps: tuple[str, ...]
) -> dict[str, Any]:
    field: dict[str, Any] = {"@type": "cr:Field", "@id": identity, "name": name}
    depth = 0
    while isinstance(column, ListOf):
        depth, column = depth + 1, column.item
    if depth:
        field |= {"isArray": True, "arrayShape": ",".join(["-1"] * depth)}
    if isinstance(column, StructOf):
        field["subField"] = [
            _field(f"{identity}/{quote(key, safe='')}", key, inner, source, (*steps, key))
            for key, inner in column.fields
        ]
        return field
    transform = [{"jsonPath": _json_path(step)} for step in steps]
    return field | {
        "dataType": _TYPES.get(stored_type(column), "sc:Text"),
        "source": source | ({"transform": transform} if transform else {}),
    }


def _json_path(key: str) -> str:
    """Return the JSON path of a key of an object."""
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return key if _PLAIN_KEY.fullmatch(key) else f'"{escaped}"'
