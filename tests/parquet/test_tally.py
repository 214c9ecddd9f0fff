"""Counted by columns, the statistics are what counting row by row gives, however the rows are cut."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from statistics import median_low
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from packager import statistics
from packager.built import Spread
from packager.parquet.tally import TableTally
from packager.statistics import Tally, merge, summarize

if TYPE_CHECKING:
    import pytest

NANOSECOND = st.integers(0, 10**14)
TIMES = st.none() | NANOSECOND.map(lambda count: count / 10**9) | st.sampled_from([0.0, 4.0, 4.5, 7.25, 1e12])
TEXTS = st.none() | st.text(
    alphabet=st.one_of(
        st.sampled_from("ab  \n\t\x7f\x80\x9f\xa0\x85\u1680\u2003\u2028\u202f\u205f\u3000’éß你😀\x1f"),
        st.characters(exclude_categories=["Cs"]),
    )
)
ROWS = st.lists(
    st.tuples(TEXTS, st.none() | st.sampled_from(["Ada", "Grace", "", "Ünal"]), TIMES, TIMES), max_size=30
)
SCHEMA = pa.schema(
    [
        ("recording", pa.string()),
        ("segment", pa.int64()),
        ("Text", pa.string()),
        ("Speaker", pa.string()),
        ("start_seconds", pa.float64()),
        ("end_seconds", pa.float64()),
    ]
)
# Control characters and white space, as the tally separates words.
GAPS = re.compile("[\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")


def table_of(rows: list[Any], first: int = 0) -> Any:  # noqa: ANN401 - pyarrow has no types
    names = [f"{place // 3:04}" for place in range(first, first + len(rows))]
    numbers = [place % 3 for place in range(first, first + len(rows))]
    columns = zip(*rows, strict=True) if rows else [()] * 4
    return pa.table([names, numbers, *map(list, columns)], schema=SCHEMA)


def tally_of(rows: list[Any], cuts: list[int], shards: list[int]) -> Tally:
    """Count rows that are cut into tables and divided between shards at these places."""
    counters = []
    for begin, end in pairwise([0, *sorted(min(each, len(rows)) for each in shards), len(rows)]):
        counter = TableTally("Text", "Speaker")
        inside = sorted({min(max(cut, begin), end) for cut in cuts} | {begin, end})
        for low, high in pairwise(inside):
            counter.add(table_of(rows[low:high], low))
        counters.append(counter.finish())
    return merge(reversed(counters))


def length_of(start: float | None, end: float | None) -> int | None:
    if start is None or end is None or max(start, end) > 2**53 // 10**9 or end < start:
        return None
    return round(end * 10**9) - round(start * 10**9)


@settings(deadline=None, max_examples=400)
@given(ROWS, st.lists(st.integers(0, 30), max_size=4), st.lists(st.integers(0, 30), max_size=3))
def test_every_count_is_that_of_counting_by_rows(rows: list[Any], cuts: list[int], shards: list[int]) -> None:
    counted = summarize(tally := tally_of(rows, cuts, shards), 7)
    lengths = [length_of(start, end) for _, _, start, end in rows]
    texts = [text for text, *_ in rows if text is not None]
    known = [length for length in lengths if length is not None]
    assert counted.totals.segments == len(rows)
    assert counted.timed == len(known)
    assert counted.totals.nanoseconds == (sum(known) if known else None)
    if rows:
        assert counted.totals.words == sum(len([word for word in GAPS.split(text) if word]) for text in texts)
        assert counted.totals.characters == sum(map(len, texts))
        assert dict(counted.filled)["Text"] == len(texts)
    if texts:
        sizes = sorted(map(len, texts))
        assert counted.characters == Spread(sizes[0], median_low(sizes), sizes[-1])
    if known:
        middle = min(median_low(length // 10**7 for length in known), statistics.MOST) * 10**7
        assert counted.length == Spread(min(known), middle, max(known))
        assert sum(counted.length_bins) == len(known)
    speakers = Counter(speaker for _, speaker, *_ in rows if speaker is not None)
    assert {name: each.segments for name, each in (tally.speakers or {}).items()} == speakers
    for name in speakers:
        spoken = [length or 0 for (_, who, *_), length in zip(rows, lengths, strict=True) if who == name]
        assert (tally.speakers or {})[name].nanoseconds == sum(spoken)


@settings(deadline=None)
@given(ROWS, st.lists(st.integers(0, 30), max_size=4), st.lists(st.integers(0, 30), max_size=3))
def test_neither_tables_nor_shards_are_seen_in_the_result(
    rows: list[Any], cuts: list[int], shards: list[int]
) -> None:
    assert summarize(tally_of(rows, cuts, shards), 1) == summarize(tally_of(rows, [], []), 1)
    assert tally_of(rows, cuts, shards).example == tally_of(rows, [], []).example


def test_a_known_table_has_these_figures() -> None:
    rows = [
        ("Where were we?", "Ada", 0.0, 4.0),
        ("At the\u2003part where…", "Grace", 4.0, 7.0),
        (None, "Ada", 7.0, None),
        ("no\xa0end", None, 8.0, 7.0),
    ]
    counted = summarize(tally_of(rows, [], []), 2)
    assert counted.totals.segments == 4
    assert counted.totals.speakers == 2
    assert counted.totals.nanoseconds == 7 * 10**9
    assert counted.totals.words == 9
    assert counted.totals.characters == 38
    assert counted.length == Spread(3 * 10**9, 3 * 10**9, 4 * 10**9)
    assert counted.rate == Spread(35, 35, 60)
    assert counted.length_bins == (0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0)
    assert counted.rate_bins == (0, 1, 0, 1, *[0] * 9)
    assert dict(counted.filled) == {
        "recording": 4,
        "segment": 4,
        "Text": 3,
        "Speaker": 3,
        "start_seconds": 4,
        "end_seconds": 3,
    }


def test_control_characters_part_words_wherever_the_text_is_cut() -> None:
    parts = [
        "one\u007ftwo",
        "x \u0080\u0081 y",
        "’tis",
        "\u3000あ\u3000い",
        "\u2009",
        "a\u200bb",
        "\u1680z\u205fé\u009f",
    ]
    for lead in range(20):
        texts = [("x" * lead + "".join(parts)) * 20_000, "\u0085"]
        counter = TableTally("Text", "Speaker")
        counter.add(pa.table({"recording": ["a", "a"], "segment": [0, 1], "Text": texts}))
        assert counter.finish().words == sum(
            len([word for word in GAPS.split(text) if word]) for text in texts
        )


def test_the_example_is_the_first_whole_row_of_middling_length() -> None:
    rows = [
        ("short", "Ada", 0.0, 1.0),
        ("x" * 60, None, 1.0, 2.0),
        ("y" * 50, "Ada", 2.0, 3.0),
        ("z" * 50, "Ada", 3.0, 4.0),
    ]
    example = tally_of(rows, [], []).example
    assert example is not None
    assert (example.rank, example.recording, example.segment) == (0, "0000", 2)


def test_a_long_text_of_an_example_is_cut() -> None:
    example = tally_of([("long " * 1000, "Ada", 0.0, 1.0)], [], []).example
    assert example is not None
    assert dict(example.values)["Text"] == ("long " * 1000)[:400] + "…"


def test_a_data_set_without_times_texts_and_speakers_tells_none() -> None:
    counter = TableTally("Text", "Speaker")
    counter.add(pa.table({"recording": ["a"], "segment": [0], "Speaker": pa.array([[1]])}))
    totals = summarize(counter.finish(), 1).totals
    assert (totals.speakers, totals.nanoseconds, totals.words, totals.characters) == (None, None, None, None)


def test_too_many_speakers_are_told_by_none_however_they_are_merged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("packager.statistics.MOST_SPEAKERS", 2)
    monkeypatch.setattr("packager.parquet.tally.MOST_SPEAKERS", 2)
    rows = [("a", name, 0.0, 1.0) for name in "ABAC"]
    for shards in ([], [1], [2], [3], [1, 2, 3]):
        tally = tally_of(rows, [], shards)
        assert tally.many_speakers
        assert tally.speakers is None
    assert not tally_of(rows[:3], [], [1]).many_speakers


def test_lengths_of_absurd_times_are_summed_exactly() -> None:
    rows = [("a", "Ada", 0.0, 9007199.0)] * 2000
    tally = tally_of(rows, [], [])
    assert tally.nanoseconds == 2000 * 9007199 * 10**9
    assert (tally.speakers or {})["Ada"].nanoseconds == tally.nanoseconds
