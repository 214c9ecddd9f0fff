"""The pictures of a card, and the part that shows them. Pure; a new one is an entry of `_pictures`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from packager.built import version_text
from packager.card.drawing import Bar, draw_columns, draw_rows
from packager.card.wording import decimals, hours, seconds_text
from packager.statistics import LENGTH_EDGES, RATE_EDGES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from packager.built import ReleaseFacts, Totals
    from packager.card.facts import CardFacts, Subject

GROWTH: Final = "card/growth.svg"
_VERSIONS: Final = 10
_SECOND: Final = 10**9


class _Picture(NamedTuple):
    draw: Callable[[str, str, Sequence[Bar], str], bytes]
    title: str
    about: str
    """What it shows, in figures and no data."""
    bars: Sequence[Bar]
    caption: str = ""


def draw_pictures(facts: CardFacts) -> dict[str, bytes]:
    """Return the pictures of a build by path: those about which there is something to show."""
    shown = _pictures(facts).items()
    drawn = {path: each.draw(each.title, each.about, each.bars, each.caption) for path, each in shown}
    return drawn | {GROWTH: draw_growth(facts.subject, None)}


def pictures(facts: CardFacts) -> str:
    """Return the images, each with what it shows in words."""
    shown = [f"![{picture.about}]({path})" for path, picture in _pictures(facts).items()]
    return "\n\n".join(shown) or "There is nothing to draw yet."


def draw_growth(subject: Subject, release: ReleaseFacts | None) -> bytes:
    """Return how many segments each version has; of a build alone, how many it has itself."""
    past = [] if release is None else [(version_text(each.version), each.totals) for each in release.history]
    here = "not released yet" if release is None else version_text(release.version)
    versions = [*past, (here, subject.totals)]
    bars = [Bar(name, totals.segments, _growth(totals)) for name, totals in versions[-_VERSIONS:]]
    count, segments = len(versions), subject.totals.segments
    said = f"{count:,} version{'s' * (count != 1)}; the newest has {segments:,} segments."
    return draw_rows("Growth over versions", said, bars)


def _growth(totals: Totals) -> str:
    spoken = "" if totals.nanoseconds is None else f", {hours(totals.nanoseconds / _SECOND)} h"
    return f"{totals.segments:,} segments{spoken}"


def _pictures(facts: CardFacts) -> dict[str, _Picture]:
    statistics = facts.statistics
    found: dict[str, _Picture] = {}
    if statistics is not None and statistics.length is not None:
        median = seconds_text(statistics.length.median)
        about = f"Length of the segments: half of them last at most {median}."
        bars, caption = _columns(statistics.length_bins, LENGTH_EDGES), "seconds, share of segments"
        found["card/lengths.svg"] = _Picture(draw_columns, "Segment length", about, bars, caption)
    if statistics is not None and statistics.rate is not None:
        median = decimals(statistics.rate.median, 10)
        about = f"Speaking rate: half of the segments have at most {median} characters a second."
        bars, caption = _columns(statistics.rate_bins, RATE_EDGES), "characters a second, share of segments"
        found["card/rates.svg"] = _Picture(draw_columns, "Speaking rate", about, bars, caption)
    if facts.speakers and statistics is not None and statistics.totals.nanoseconds is not None:
        about = f"Hours of the {len(facts.speakers)} who speak longest."
        times = [(name, each.nanoseconds) for name, each in facts.speakers]
        bars = [Bar(name, time, f"{hours(time / _SECOND)} h") for name, time in times]
        found["card/speakers.svg"] = _Picture(draw_rows, "Hours per speaker", about, bars)
    if count := sum(split.recordings > 0 for split in facts.splits):
        about = f"Segments in each of {count:,} splits."
        bars = [
            Bar(split.name, split.rows, f"{split.rows:,} segments, {split.recordings:,} recordings")
            for split in facts.splits
        ]
        found["card/splits.svg"] = _Picture(draw_rows, "Splits", about, bars)
    return found


def _columns(counts: Sequence[int], edges: Sequence[int]) -> list[Bar]:
    whole = sum(counts) or 1
    return [
        Bar(str(edge), count, f"{(200 * count + whole) // (2 * whole)}%" if 200 * count >= whole else "")
        for edge, count in zip(edges, counts, strict=True)
    ]
