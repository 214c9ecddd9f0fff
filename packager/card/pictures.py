"""The pictures of a card, and the part that shows them. Pure; a picture is a name, and what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from packager.card.drawing import Bar, draw_columns, draw_rows
from packager.card.wording import decimals, hours, seconds_text
from packager.model import version_text
from packager.statistics import LENGTH_EDGES, RATE_EDGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packager.card.facts import CardFacts, Subject
    from packager.model import ReleaseFacts, Totals

GROWTH: Final = "card/growth.svg"
_VERSIONS: Final = 10
_SECOND: Final = 10**9


def draw_pictures(facts: CardFacts) -> dict[str, bytes]:
    """Return the pictures of a build by path: those about which there is something to show."""
    drawn = {f"card/{name}.svg": draw(facts) for name, (draw, _) in PICTURES.items() if about(name, facts)}
    return drawn | {GROWTH: draw_growth(facts.subject, None)}


def pictures(facts: CardFacts) -> str:
    """Return the images, each with what it shows in words."""
    shown = [f"![{about(name, facts)}](card/{name}.svg)" for name in PICTURES if about(name, facts)]
    return "\n\n".join(shown) or "There is nothing to draw yet."


def about(name: str, facts: CardFacts) -> str:
    """Return what a picture shows, in figures and no data; empty if it shows nothing."""
    return PICTURES[name][1](facts)


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


def _about_lengths(facts: CardFacts) -> str:
    if facts.statistics is None or facts.statistics.length is None:
        return ""
    return (
        f"Length of the segments: half of them last at most {seconds_text(facts.statistics.length.median)}."
    )


def _draw_lengths(facts: CardFacts) -> bytes:
    counts = facts.statistics.length_bins if facts.statistics else ()
    bars = _columns(counts, LENGTH_EDGES)
    return draw_columns("Segment length", _about_lengths(facts), bars, "seconds, share of segments")


def _about_rates(facts: CardFacts) -> str:
    if facts.statistics is None or facts.statistics.rate is None:
        return ""
    median = decimals(facts.statistics.rate.median, 10)
    return f"Speaking rate: half of the segments have at most {median} characters a second."


def _draw_rates(facts: CardFacts) -> bytes:
    bars = _columns(facts.statistics.rate_bins if facts.statistics else (), RATE_EDGES)
    return draw_columns("Speaking rate", _about_rates(facts), bars, "characters a second, share of segments")


def _about_speakers(facts: CardFacts) -> str:
    timed = facts.statistics is not None and facts.statistics.totals.nanoseconds is not None
    return f"Hours of the {len(facts.speakers)} who speak longest." if facts.speakers and timed else ""


def _draw_speakers(facts: CardFacts) -> bytes:
    bars = [
        Bar(name, each.nanoseconds, f"{hours(each.nanoseconds / _SECOND)} h") for name, each in facts.speakers
    ]
    return draw_rows("Hours per speaker", _about_speakers(facts), bars)


def _about_splits(facts: CardFacts) -> str:
    count = sum(split.recordings > 0 for split in facts.splits)
    return f"Segments in each of {count:,} splits." if count else ""


def _draw_splits(facts: CardFacts) -> bytes:
    bars = [
        Bar(split.name, split.rows, f"{split.rows:,} segments, {split.recordings:,} recordings")
        for split in facts.splits
    ]
    return draw_rows("Splits", _about_splits(facts), bars)


def _columns(counts: Sequence[int], edges: Sequence[int]) -> list[Bar]:
    whole = sum(counts) or 1
    return [
        Bar(str(edge), count, f"{(200 * count + whole) // (2 * whole)}%" if 200 * count >= whole else "")
        for edge, count in zip(edges, counts, strict=True)
    ]


PICTURES: Final = {
    "lengths": (_draw_lengths, _about_lengths),
    "rates": (_draw_rates, _about_rates),
    "speakers": (_draw_speakers, _about_speakers),
    "splits": (_draw_splits, _about_splits),
}
