"""What a data set holds: at a glance, by split, by speaker, by column, and a segment of each split. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from packager.card.escape import code, table, text
from packager.card.wording import decimals, hours, seconds_text, share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from packager.built import Spread, Statistics
    from packager.card.facts import CardFacts, SplitFacts

_SECOND: Final = 10**9


def glance(facts: CardFacts) -> str:
    """Return what the data set holds, in one row."""
    seconds = [split.seconds for split in facts.splits if split.seconds is not None]
    known = bool(seconds) and len(seconds) == len(facts.splits)
    figures = {
        "Segments:": f"{sum(split.rows for split in facts.splits):,}",
        "Recordings:": f"{sum(split.recordings for split in facts.splits):,}",
        "Splits:": f"{sum(split.recordings > 0 for split in facts.splits):,}",
    } | ({"Hours:": hours(sum(seconds))} if known else {})
    if facts.statistics:
        totals = facts.statistics.totals
        counts = {"Speakers:": totals.speakers, "Words:": totals.words, "Characters:": totals.characters}
        figures |= {name: f"{count:,}" for name, count in counts.items() if count is not None}
    if facts.languages:
        figures["Languages"] = ", ".join(map(code, facts.languages))
    return table(list(figures), [list(figures.values())])


def splits(facts: CardFacts) -> str:
    """Return a table of the splits, those without a recording too."""
    rows = [
        [code(split.name), f"{split.recordings:,}", f"{split.rows:,}", f"{split.shards:,}"]
        for split in facts.splits
    ]
    head = ["Split", "Recordings:", "Segments:", "Shards:"]
    if any(split.seconds is not None for split in facts.splits):
        head.append("Hours:")
        for row, split in zip(rows, facts.splits, strict=True):
            row.append("" if split.seconds is None else hours(split.seconds))
    return table(head, rows)


def statistics(facts: CardFacts) -> str:
    """Return how long the segments are and how fast people speak, by split and in all."""
    columns = [(code(split.name), split.statistics) for split in facts.splits if split.statistics]
    if facts.statistics and len(columns) > 1:
        columns.append(("all", facts.statistics))
    if not columns:
        return "There are no statistics of this build."
    rows = [
        [name, *(cell(each) for _, each in columns)]
        for name, cell in _ROWS.items()
        if any(cell(each) for _, each in columns)
    ]
    return table(["Figure", *(f"{name}:" for name, _ in columns)], rows)


def speakers(facts: CardFacts) -> str:
    """Return who says most, with their share."""
    if facts.statistics is None or facts.statistics.totals.speakers is None:
        return "Who speaks is not counted here."
    totals = facts.statistics.totals
    timed = totals.nanoseconds is not None
    rows = []
    for name, each in facts.speakers:
        row = [text(name), f"{each.segments:,}"]
        if timed:
            row += [hours(each.nanoseconds / _SECOND), share(each.nanoseconds, totals.nanoseconds or 0)]
        else:
            row.append(share(each.segments, totals.segments))
        rows.append(row)
    head = ["Speaker", "Segments:", *(["Hours:", "Share of time:"] if timed else ["Share of segments:"])]
    more = (totals.speakers or 0) - len(rows)
    listed = table(head, rows)
    return f"{listed}\n\n… and {more:,} more." if more > 0 else listed


def _tenths(spread: Spread | None) -> str:
    return decimals(spread.median, 10) if spread else ""


_ROWS: Final[dict[str, Callable[[Statistics], str]]] = {
    "Segments": lambda each: f"{each.totals.segments:,}",
    "Speakers": lambda each: "" if each.totals.speakers is None else f"{each.totals.speakers:,}",
    "Words": lambda each: "" if each.totals.words is None else f"{each.totals.words:,}",
    "Characters": lambda each: "" if each.totals.characters is None else f"{each.totals.characters:,}",
    "Shortest segment": lambda each: seconds_text(each.length.least) if each.length else "",
    "Median segment": lambda each: seconds_text(each.length.median) if each.length else "",
    "Longest segment": lambda each: seconds_text(each.length.most) if each.length else "",
    "Median characters of a segment": lambda each: f"{each.characters.median:,}" if each.characters else "",
    "Median characters a second": lambda each: _tenths(each.rate),
}


def fields(facts: CardFacts) -> str:
    """Return a table of the columns."""
    columns = {
        "Field": [code(field.name) for field in facts.fields],
        "Type": [code(field.type) for field in facts.fields],
        "May be null": ["yes" if field.nullable else "no" for field in facts.fields],
        "Description": [text(field.description) for field in facts.fields],
    }
    if any(field.constraint for field in facts.fields):
        columns["Constraint"] = [text(field.constraint) for field in facts.fields]
    if any(field.example for field in facts.fields):
        columns["Example"] = [text(field.example) for field in facts.fields]
    if facts.statistics and facts.statistics.totals.segments:
        filled, rows = dict(facts.statistics.filled), facts.statistics.totals.segments
        columns["Filled:"] = [share(filled.get(field.name, 0), rows) for field in facts.fields]
    return table(list(columns), [list(row) for row in zip(*columns.values(), strict=True)])


def example(facts: CardFacts) -> str:
    """Return one segment of each split: the first that has all columns and a text of middling length."""
    shown = [block for split in facts.splits for block in _show(split)]
    return "\n\n".join(shown) or "No split holds a segment yet."


def _show(split: SplitFacts) -> Iterator[str]:
    if split.example is not None:
        yield f"From {code(split.name)}:"
        rows = [[code(name), _value(value)] for name, value in split.example.values if value is not None]
        yield table(["Field", "Value"], rows)


def _value(value: object) -> str:
    return text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
