"""Put a difference into sentences, for the card and for CHANGELOG.md. Pure; plain text, no markup."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from packager.diff.manifests import ManifestDiff
from packager.diff.rows import RowDiff

_NAMED: Final = 3  # names in one sentence
_WAYS: Final = (
    ("text", "in text"),
    ("retimed", "retimed"),
    ("speaker", "in speaker"),
    ("other", "otherwise"),
)


def describe_news(diff: ManifestDiff) -> tuple[str, ...]:
    """Return what is new, a sentence each; the same difference gives the same sentences."""
    found = tuple(_describe(diff))
    if found:
        return found
    if diff.shards:
        return ("The same data was written anew.",)
    return ("The card or what comes with it changed; the data is the same.",) if diff.files else ()


def count(number: int, noun: str) -> str:
    """Return a number with its noun.

    >>> count(1, "segment"), count(1234, "segment")
    ('1 segment', '1,234 segments')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _describe(diff: ManifestDiff) -> Iterator[str]:
    for verb, found in (("Added", diff.added), ("Removed", diff.removed)):
        if found:
            segments = count(sum(each.segments for each in found), "segment")
            yield f"{verb} {count(len(found), 'recording')} with {segments}."
    yield from _describe_changes(diff)
    if diff.moved:
        yield f"Moved {count(len(diff.moved), 'recording')} to another split."
    yield from _name("Added", [each.name for each in diff.columns_added])
    yield from _name("Removed", [each.name for each in diff.columns_removed])
    yield from (
        f"The type of the column {old.name} is {new.type}; it was {old.type}."
        for old, new in diff.columns_retyped
    )
    yield from (f"The column {name} may now be null." for name in diff.columns_loosened)
    yield from (f"The column {name} is never null any more." for name in diff.columns_tightened)
    if diff.reordered:
        yield "The columns stand in another order."


def _name(verb: str, names: Sequence[str]) -> Iterator[str]:
    if names:
        listed = ", ".join(names[:_NAMED])
        rest = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        yield f"{verb} the column{'' if len(names) == 1 else 's'} {listed}{rest}."


def _describe_changes(diff: ManifestDiff) -> Iterator[str]:
    """Tell how many recordings changed; of those that were read, those in which a column of both did."""
    same = {each.name for each in diff.rows.recordings if not each.edited} if diff.rows else set()
    changed = [new.name for _, new in diff.changed if new.name not in same]
    if changed:
        how = _explain(diff.rows) if diff.rows else ""
        yield f"Changed {count(len(changed), 'recording')}{how}."
    elif same and not (diff.columns_added or diff.columns_removed or diff.columns_retyped):
        yield f"The sources of {count(len(same), 'recording')} changed, and no value of a column did."


def _explain(rows: RowDiff) -> str:
    totals = rows.totals
    parts = [
        f"{count(totals[word], 'segment')} {word}" for word in ("added", "removed", "changed") if totals[word]
    ]
    ways = [f"{totals[kind]:,} {way}" for kind, way in _WAYS if totals[kind]]
    told = f" ({', '.join(ways)})" if ways else ""
    return f": {', '.join(parts)}{told}" if parts else ""
