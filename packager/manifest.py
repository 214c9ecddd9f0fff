"""Write and read manifests: the truth about a build. Pure; the same manifest is always the same bytes.

`dump_manifest` and `parse_manifest` are each other's inverse. Format 1 is a public contract
(docs/contract.md): keys may be added to it, never changed or taken away, so a reader ignores keys that it
does not know.
"""

from __future__ import annotations

from dataclasses import asdict, is_dataclass
from decimal import Decimal, InvalidOperation
from functools import cache, partial
from types import NoneType
from typing import TYPE_CHECKING, Any, Final, TypeVar, get_args, get_type_hints

import orjson

from packager.built import Manifest, Version, parse_version, version_text
from packager.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from packager.built import ReleaseFacts, Statistics
    from packager.model import Deal

_Plain = TypeVar("_Plain", str, int, bool)

FORMAT: Final = 1
NAME: Final = "manifest.json"

_OF_A_BUILD: Final = frozenset({NAME, "README.md", "data"})


def dump_manifest(manifest: Manifest) -> bytes:
    """Return the manifest as UTF-8 JSON: keys sorted, two spaces deep, a line for each recording."""
    document: dict[str, object] = {
        "format": FORMAT,
        "schema_sha256": manifest.schema_sha256,
        "columns": [asdict(column) for column in manifest.columns],
        "splits": {
            split.name: {"rows": split.rows, "shards": split.shards, "bytes": split.bytes}
            for split in manifest.splits
        },
        "files": [asdict(file) for file in manifest.files],
        "recordings": _dump_lines([asdict(recording) for recording in manifest.recordings]),
        "dropped": [asdict(dropped) for dropped in manifest.dropped],
        "warnings": manifest.warnings,
        "repo_id": manifest.repo_id,
        "statistics": {name: _dump_statistics(each) for name, each in manifest.statistics},
    }
    if manifest.deal is not None:
        document["deal"] = _dump_deal(manifest.deal)
    if manifest.release is not None:
        document["release"] = _dump_release(manifest.release)
    return orjson.dumps(
        document, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    )


def _dump_lines(entries: list[dict[str, object]]) -> orjson.Fragment:
    """Return a list with one entry a line: with many recordings every release sends much of it anew."""
    lines = [orjson.dumps(entry, option=orjson.OPT_SORT_KEYS) for entry in entries]
    return orjson.Fragment(b"[\n    " + b",\n    ".join(lines) + b"\n  ]" if lines else b"[]")


def is_build(names: Iterable[str]) -> bool:
    """Return whether a folder that lists these names looks like a build."""
    return _OF_A_BUILD.issubset(names)


def parse_manifest(data: bytes, origin: str) -> Manifest:
    """Return the manifest that these bytes are; `origin` names them in errors.

    Raises:
        DataError: they are no manifest, or one of a format that this version does not know.
    """
    try:
        document: dict[str, Any] = orjson.loads(data)
        known = document["format"] == FORMAT
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise DataError(f"{origin} is not a manifest of packager") from error
    if not known:
        raise DataError(
            f"{origin} is a manifest of format {document['format']!r}; this version reads format {FORMAT}: "
            "install a newer segment-packager"
        )
    try:
        return _from_document(document)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{origin} is a manifest with a missing or wrong part ({error})") from error


def _from_document(document: dict[str, Any]) -> Manifest:
    deal, splits, statistics = document.get("deal"), document["splits"], document.get("statistics", {})
    manifest: Manifest = _reader(Manifest)(
        {
            "release": None,
            "repo_id": "",
            **document,
            "splits": [entry | {"name": name} for name, entry in sorted(splits.items())],
            "deal": deal and deal | {"pins": [(pin["split"], pin["recordings"]) for pin in deal["pins"]]},
            "statistics": [(name, _nest(entry)) for name, entry in sorted(statistics.items())],
        }
    )
    for file in manifest.files:  # whoever ships a build, or writes to a Hub, writes its manifest
        if any(part in {"", ".", ".."} for part in file.path.split("/")) or set(file.path) & _FOREIGN:
            raise ValueError(f"{file.path!r} is no file of a build")
    return manifest


def _nest(entry: dict[str, Any]) -> dict[str, Any]:
    """Return the entry of statistics with the parts that it holds side by side."""
    filled = sorted(entry["filled"].items())
    return entry | {"totals": entry, "characters": entry["character_spread"], "filled": filled}


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:  # noqa: ANN401 - a type of the model
    """Return what makes a value of this type of plain JSON; a data class is an object with its fields."""
    if isinstance(kind, type) and is_dataclass(kind):
        fields = [(name, _reader(each)) for name, each in get_type_hints(kind, None, _NAMES).items()]
        return lambda entry: kind(*[read(entry[name]) for name, read in fields])
    if kind in _PARSERS:
        return lambda value: _PARSERS[kind](_demand(str, value))
    of = get_args(kind)
    if not of:
        return partial(_demand, kind)
    parts = [_reader(each) for each in of if each not in {..., NoneType}]
    if NoneType in of:
        return lambda value: None if value is None else parts[0](value)
    if ... in of:
        return lambda entries: tuple(map(parts[0], entries))
    return lambda entries: tuple(read(each) for read, each in zip(parts, entries, strict=True))


def _dump_deal(deal: Deal) -> dict[str, object]:
    return {
        # Texts: a double would not hold every ratio; a list: the order decides.
        "splits": [{"name": split.name, "ratio": f"{split.ratio:f}"} for split in deal.splits],
        "salt": deal.salt,
        "group_by": deal.group_by,
        "pins": [{"split": split, "recordings": pattern} for split, pattern in deal.pins],
    }


def _dump_release(release: ReleaseFacts) -> dict[str, object]:
    return {
        **asdict(release),
        "version": version_text(release.version),
        "history": [asdict(past) | {"version": version_text(past.version)} for past in release.history],
    }


def _dump_statistics(statistics: Statistics) -> dict[str, object]:
    entry: dict[str, object] = asdict(statistics)
    totals = asdict(statistics.totals)
    spread = {"character_spread": entry.pop("characters"), "filled": dict(statistics.filled)}
    del entry["totals"]
    return totals | entry | spread


def _load_version(text: str) -> Version:
    if (version := parse_version(text)) is None:
        raise ValueError(f"{text!r} is no version")
    return version


def _load_ratio(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"{text!r} is no ratio") from error


def _demand(kind: type[_Plain], value: object) -> _Plain:
    if type(value) is not kind:
        raise TypeError(f"{value!r} stands where a {_CALLED[kind]} belongs")
    return value


_PARSERS: Final[dict[Any, Callable[[str], object]]] = {Version: _load_version, Decimal: _load_ratio}
"""Of what is text in a manifest."""
_FOREIGN: Final = frozenset("\\:\0")
"""Characters that no file of ours has, and that lead out of a folder on some system."""
_NAMES: Final = {"Decimal": Decimal}
_CALLED: Final[dict[type, str]] = {str: "string", int: "count", bool: "truth value"}
