"""Compare two manifests: recordings added, removed, changed, moved; columns; files. Pure.

Recordings are compared by name, and their segments by the digest that the manifest holds of them; so no row
is read. What became of the segments within a recording whose digest differs, only its rows tell: `RowDiff`.
"""

from __future__ import annotations

from dataclasses import dataclass

from packager.built import Manifest, Recording
from packager.diff.rows import RowDiff
from packager.model import Column


@dataclass(frozen=True, slots=True)
class ManifestDiff:
    """What differs between an old and a new manifest. Everything is sorted by name."""

    added: tuple[Recording, ...]
    removed: tuple[Recording, ...]
    changed: tuple[tuple[Recording, Recording], ...]
    """The old and the new one, whose digests differ."""
    moved: tuple[tuple[Recording, Recording], ...]
    """The old and the new one, which are in different splits; they may be changed too."""
    columns_added: tuple[Column, ...]
    columns_removed: tuple[Column, ...]
    columns_retyped: tuple[tuple[Column, Column], ...]
    """The old and the new one, whose types differ; a class label with one more name is another type."""
    columns_loosened: tuple[str, ...]
    """Columns that may now be null."""
    columns_tightened: tuple[str, ...]
    """Columns that may no longer be null."""
    reordered: bool
    """Whether the columns that both have stand in another order."""
    shards: tuple[str, ...]
    """Shards that were added, removed, or have other bytes."""
    files: tuple[str, ...]
    """Other files of which that is true, such as README.md."""
    old_segments: int
    new_segments: int
    rows: RowDiff | None = None
    """What the rows of `changed` say; None: they were not read."""

    def __bool__(self) -> bool:
        """Return whether anything differs."""
        return self.changes_data or bool(self.shards or self.files)

    @property
    def changes_data(self) -> bool:
        """Whether segments or columns differ, and not their serialisation alone."""
        recordings = self.added or self.removed or self.changed or self.moved
        columns = self.columns_added or self.columns_removed or self.columns_retyped
        nulls = self.columns_loosened or self.columns_tightened
        return bool(recordings or columns or nulls or self.reordered)


def compare_manifests(old: Manifest, new: Manifest) -> ManifestDiff:
    """Return what differs, from the manifests alone."""
    before = {each.name: each for each in old.recordings}
    after = {each.name: each for each in new.recordings}
    files = {*old.files} ^ {*new.files}
    both = [(before[name], after[name]) for name in sorted(before.keys() & after.keys())]
    columns = {each.name: each for each in old.columns}
    columns_after = {each.name: each for each in new.columns}
    shared = [(columns[name], columns_after[name]) for name in sorted(columns.keys() & columns_after.keys())]
    return ManifestDiff(
        added=tuple(after[name] for name in sorted(after.keys() - before.keys())),
        removed=tuple(before[name] for name in sorted(before.keys() - after.keys())),
        changed=tuple((one, other) for one, other in both if one.digest != other.digest),
        moved=tuple((one, other) for one, other in both if one.split != other.split),
        columns_added=tuple(columns_after[name] for name in sorted(columns_after.keys() - columns.keys())),
        columns_removed=tuple(columns[name] for name in sorted(columns.keys() - columns_after.keys())),
        columns_retyped=tuple((one, other) for one, other in shared if one.type != other.type),
        columns_loosened=tuple(one.name for one, other in shared if other.nullable and not one.nullable),
        columns_tightened=tuple(one.name for one, other in shared if one.nullable and not other.nullable),
        reordered=[name for name in columns if name in columns_after]
        != [name for name in columns_after if name in columns],
        shards=tuple(sorted({file.path for file in files if file.rows is not None})),
        files=tuple(sorted({file.path for file in files if file.rows is None})),
        old_segments=sum(split.rows for split in old.splits),
        new_segments=sum(split.rows for split in new.splits),
    )
