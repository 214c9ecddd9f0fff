"""Compare what the files of a version say of themselves with its manifest: rows, columns, the card. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from packager.card import lint_card, read_promises
from packager.model import Severity

if TYPE_CHECKING:
    from packager.model import BuiltFile, Manifest
    from packager.parquet import Footer

_CARD: Final = "README.md"
_LABELS: Final = re.compile(r'class_label<"(?:\\.|[^"\\])*"(?:, "(?:\\.|[^"\\])*")*>')


def compare_shard(manifest: Manifest, file: BuiltFile, footer: Footer | None) -> list[str]:
    """Return where a shard says something else than the manifest."""
    if footer is None:
        return [f"{file.path} has no footer that can be read"]
    found = []
    if footer.rows != file.rows:
        found.append(f"{file.path} holds {footer.rows} rows, not {file.rows}")
    columns = [(column.name, _stored(column.type)) for column in manifest.columns]
    if _plain(footer.columns) != columns:
        found.append(f"{file.path} has other columns than the manifest: {_first(footer.columns, columns)}")
    said = [(column.name, _as_text(column.type)) for column in manifest.columns]
    if footer.features is not None and _plain(footer.features) != said:
        found.append(f"{file.path} has other features than the manifest: {_first(footer.features, said)}")
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


def _stored(kind: str) -> str:
    return _as_text(_LABELS.sub("int64", kind))


def _as_text(kind: str) -> str:
    """JSON is stored as text, and features know no difference."""
    return re.sub(r"\bjson\b", "string", kind)


def _plain(columns: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    return [(name, _as_text(kind)) for name, kind in columns]


def _first(there: tuple[tuple[str, str], ...], here: list[tuple[str, str]]) -> str:
    for one, other in zip(there, here, strict=False):
        if one != other:
            return f"{one[0]} ({one[1]}) instead of {other[0]} ({other[1]})"
    return f"{len(there)} instead of {len(here)}"
