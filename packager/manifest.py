"""Write and read manifests: the truth about a build. Pure; the same manifest is always the same bytes.

`dump_manifest` and `parse_manifest` are each other's inverse. Format 1 is a public contract
(docs/contract.md): keys may be added to it, never changed or taken away, so a reader ignores keys that it
does not know.
"""

from __future__ import annotations

from dataclasses import asdict, fields
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

import orjson

from packager.errors import DataError
from packager.model import (
    BuiltFile,
    Column,
    Deal,
    Dropped,
    Manifest,
    PastVersion,
    Recording,
    ReleaseFacts,
    Split,
    SplitRatio,
    Spread,
    Statistics,
    Totals,
    parse_version,
    version_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packager.model import Version

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
    return Manifest(
        schema_sha256=_text(document["schema_sha256"]),
        columns=tuple(
            Column(_text(entry["name"]), _text(entry["type"]), bool(entry["nullable"]))
            for entry in document["columns"]
        ),
        splits=tuple(
            Split(name, int(entry["rows"]), int(entry["shards"]), int(entry["bytes"]))
            for name, entry in sorted(document["splits"].items())
        ),
        files=tuple(
            BuiltFile(
                _text(entry["path"]),
                int(entry["size"]),
                _text(entry["sha256"]),
                None if entry["rows"] is None else int(entry["rows"]),
            )
            for entry in document["files"]
        ),
        recordings=tuple(
            Recording(
                _text(entry["name"]),
                _text(entry["split"]),
                int(entry["shard"]),
                int(entry["segments"]),
                _text(entry["digest"]),
            )
            for entry in document["recordings"]
        ),
        dropped=tuple(
            Dropped(
                _text(entry["path"]),
                int(entry["line"]),
                _text(entry["pointer"]),
                tuple(_text(rule) for rule in entry["rules"]),
            )
            for entry in document["dropped"]
        ),
        warnings=tuple(_text(warning) for warning in document["warnings"]),
        deal=_load_deal(document["deal"]) if "deal" in document else None,
        repo_id=_text(document.get("repo_id", "")),
        statistics=tuple(
            (name, _load_statistics(entry)) for name, entry in sorted(document.get("statistics", {}).items())
        ),
        release=_load_release(document["release"]) if "release" in document else None,
    )


def _dump_deal(deal: Deal) -> dict[str, object]:
    return {
        # Texts: a double would not hold every ratio; a list: the order decides.
        "splits": [{"name": split.name, "ratio": f"{split.ratio:f}"} for split in deal.splits],
        "salt": deal.salt,
        "group_by": deal.group_by,
        "pins": [{"split": split, "recordings": pattern} for split, pattern in deal.pins],
    }


def _load_deal(entry: dict[str, Any]) -> Deal:
    return Deal(
        splits=tuple(
            SplitRatio(_text(split["name"]), _ratio(_text(split["ratio"]))) for split in entry["splits"]
        ),
        salt=_text(entry["salt"]),
        group_by=tuple(map(_text, entry["group_by"])),
        pins=tuple((_text(pin["split"]), _text(pin["recordings"])) for pin in entry["pins"]),
    )


def _dump_release(release: ReleaseFacts) -> dict[str, object]:
    return {
        **asdict(release),
        "version": version_text(release.version),
        "history": [asdict(past) | {"version": version_text(past.version)} for past in release.history],
    }


def _load_release(entry: dict[str, Any]) -> ReleaseFacts:
    return ReleaseFacts(
        version=_load_version(entry["version"]),
        news=tuple(map(_text, entry["news"])),
        notes=_text(entry["notes"]),
        history=tuple(
            PastVersion(
                _load_version(past["version"]),
                _load_totals(past["totals"]),
                tuple(map(_text, past["news"])),
                _text(past["notes"]),
            )
            for past in entry["history"]
        ),
    )


def _load_version(value: object) -> Version:
    version = parse_version(_text(value))
    if version is None:
        raise ValueError(f"{value!r} is no version")
    return version


def _load_totals(entry: dict[str, Any]) -> Totals:
    return Totals(**{field.name: _count(entry[field.name]) for field in fields(Totals)})


def _dump_statistics(statistics: Statistics) -> dict[str, object]:
    entry: dict[str, object] = asdict(statistics)
    totals = asdict(statistics.totals)
    spread = {"character_spread": entry.pop("characters"), "filled": dict(statistics.filled)}
    del entry["totals"]
    return totals | entry | spread


def _load_statistics(entry: dict[str, Any]) -> Statistics:
    return Statistics(
        totals=_load_totals(entry),
        timed=int(entry["timed"]),
        length=_load_spread(entry["length"]),
        characters=_load_spread(entry["character_spread"]),
        rate=_load_spread(entry["rate"]),
        length_bins=tuple(map(int, entry["length_bins"])),
        rate_bins=tuple(map(int, entry["rate_bins"])),
        filled=tuple((name, int(count)) for name, count in sorted(entry["filled"].items())),
    )


def _load_spread(entry: dict[str, Any] | None) -> Spread | None:
    return None if entry is None else Spread(int(entry["least"]), int(entry["median"]), int(entry["most"]))


def _count(value: object) -> Any:  # noqa: ANN401 - recordings and segments are never null
    if value is not None and type(value) is not int:
        raise TypeError(f"{value!r} stands where a count belongs")
    return value


def _ratio(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"{text!r} is no ratio") from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} stands where a string belongs")
    return value
