"""Compare what the files of a version say of themselves with its manifest: rows, columns, the card. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from packager.card import lint_card, read_promises
from packager.columns import Scalar, feature_type, parse_type, stored_type, type_name
from packager.model import Severity

if TYPE_CHECKING:
    from packager.built import BuiltFile, Manifest
    from packager.columns import ColumnType
    from packager.parquet import Footer

_Columns: TypeAlias = "tuple[tuple[str, ColumnType], ...]"

_CARD: Final = "README.md"


def compare_shard(manifest: Manifest, file: BuiltFile, footer: Footer | None) -> list[str]:
    """Return where a shard says something else than the manifest."""
    if footer is None:
        return [f"{file.path} has no footer that can be read"]
    found = []
    if footer.rows != file.rows:
        found.append(f"{file.path} holds {footer.rows} rows, not {file.rows}")
    types = [(column.name, _read_type(column.type)) for column in manifest.columns]
    stored = tuple((name, stored_type(column)) for name, column in types)
    if other := _tell_other(footer.columns, stored):
        found.append(f"{file.path} has other columns than the manifest: {other}")
    features = tuple((name, feature_type(column)) for name, column in types)
    if footer.features is not None and (other := _tell_other(footer.features, features)):
        found.append(f"{file.path} has other features than the manifest: {other}")
    return found


def compare_card(manifest: Manifest, card: bytes) -> list[str]:
    """Return where a card says something else than the manifest, or what no Hub accepts."""
    rows = sum(split.rows for split in manifest.splits)
    files = [file.path for file in manifest.files]
    faults = lint_card(card, _CARD, rows=rows, files=files)
    found = [f"{_CARD}:{each.line}: {each.message}" for each in faults if each.severity is Severity.ERROR]
    promises = read_promises(card)
    if found or promises is None:
        return found
    splits = {split.name: split.rows for split in manifest.splits}
    if dict(promises.splits) != splits:
        found.append(f"{_CARD} names the splits {dict(promises.splits)}, the manifest {splits}")
    names = tuple(column.name for column in manifest.columns)
    if promises.features != names:
        found.append(f"{_CARD} names the columns {list(promises.features)}, the manifest {list(names)}")
    return found


def _read_type(name: str) -> ColumnType:
    try:
        return parse_type(name)
    except ValueError:  # of a manifest that is none of ours; no shard has it
        return Scalar(name)


def _tell_other(there: _Columns, here: _Columns) -> str | None:
    """Return which column or feature is another one than the manifest says; None if all are the same."""
    for (name, one), (other_name, other) in zip(there, here, strict=False):
        if (name, feature_type(one)) != (other_name, other):
            return f"{name} ({type_name(one)}) instead of {other_name} ({type_name(other)})"
    return None if len(there) == len(here) else f"{len(there)} instead of {len(here)}"
