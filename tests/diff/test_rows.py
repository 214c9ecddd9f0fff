"""What differs within a recording explains the new rows exactly, and no more than it must."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from packager.diff import Row, align_rows, compare_recording


def rows_of(*texts: str) -> list[Row]:
    return [Row(number, f"{number:04}", f"{number + 1:04}", text, "Ann") for number, text in enumerate(texts)]


def numbered(rows: list[Row]) -> list[Row]:
    return [replace(row, number=number) for number, row in enumerate(rows)]


def explain(old: list[Row], new: list[Row]) -> list[Row]:
    """Apply the difference to the old rows."""
    diff = compare_recording("r", old, new)
    gone = {edit.old.number for edit in diff.edits if edit.old}
    come = {edit.new.number: edit.new for edit in diff.edits if edit.new}
    kept = (row for row in old if row.number not in gone)
    count = len(old) - len(gone) + len(come)
    return [come[number] if number in come else next(kept) for number in range(count)]


def edit_at_random(chance: random.Random, rows: list[Row], words: str) -> list[Row]:
    new = list(rows)
    for _ in range(chance.randrange(5)):
        at = chance.randrange(len(new) + 1)
        match chance.choice(("insert", "delete", "text", "time", "speaker", "other", "swap")):
            case "insert":
                new.insert(at, Row(0, chance.random(), 9, chance.choice(words), "Bob"))
            case "swap" if at + 1 < len(new):
                new[at], new[at + 1] = new[at + 1], new[at]
            case kind if at < len(new):
                new[at : at + 1] = {
                    "delete": [],
                    "text": [replace(new[at], text=chance.choice(words))],
                    "time": [replace(new[at], start=chance.random())],
                    "speaker": [replace(new[at], speaker=chance.choice("AB"))],
                    "other": [replace(new[at], other=chance.choice("xy"))],
                }.get(kind, [new[at]])
    return numbered(new)


@pytest.mark.parametrize("words", ["a", "ab", "abcdefghijklmnopqrstuvwxyz"])
def test_the_difference_applied_to_the_old_rows_gives_the_new_ones(words: str) -> None:
    chance = random.Random(words)
    for _ in range(1_000):
        old = rows_of(*(chance.choice(words) for _ in range(chance.randrange(12))))
        if chance.random() < 0.5:
            old = [replace(row, start=None, end=None) for row in old]
        new = edit_at_random(chance, old, words)
        assert explain(old, new) == new
        pairs = align_rows(old, new)
        assert [one for one, _ in pairs if one is not None] == list(range(len(old)))
        assert [other for _, other in pairs if other is not None] == list(range(len(new)))
        diff = compare_recording("r", old, new)
        assert len(new) - len(old) == diff.added - diff.removed
        assert bool(diff.edits) is (old != new)
        assert compare_recording("r", old, old).edits == ()


def test_an_inserted_segment_is_one_added() -> None:
    old = rows_of("a", "b", "c", "b", "c")
    new = numbered([*old[:2], Row(0, "x", "y", "new", "Ann"), *old[2:]])
    diff = compare_recording("r", old, new)
    assert (diff.added, diff.removed, diff.changed) == (1, 0, 0)
    assert [edit.new and edit.new.number for edit in diff.edits] == [2]


def test_every_way_to_change_is_told_from_the_others() -> None:
    old = rows_of("a", "b", "c", "d", "e")
    new = [
        replace(old[0], text="A"),
        replace(old[1], start="x", end="y"),
        replace(old[2], speaker="Bob"),
        replace(old[3], other="z"),
        replace(old[4], text="E", speaker="Bob"),
    ]
    diff = compare_recording("r", old, new)
    assert (diff.changed, diff.added, diff.removed) == (5, 0, 0)
    assert (diff.text, diff.retimed, diff.speaker, diff.other) == (2, 1, 2, 1)


def test_a_shift_of_all_times_retimes_every_segment() -> None:
    old = rows_of(*"abcabc")
    new = [replace(row, start=f"1{row.start}", end=f"1{row.end}") for row in old]
    diff = compare_recording("r", old, new)
    assert (diff.retimed, diff.changed, diff.added, diff.removed) == (6, 6, 0, 0)


def test_a_segment_with_nothing_in_common_was_removed_and_added() -> None:
    old, new = rows_of("a"), [Row(0, "x", "y", "b", "Bob")]
    diff = compare_recording("r", old, new)
    assert (diff.added, diff.removed, diff.changed) == (1, 1, 0)


def test_a_long_recording_without_anything_unique_is_still_aligned() -> None:
    old = [Row(number, None, None, "yes no"[number % 2], None) for number in range(20_000)]
    new = numbered([row for row in old if row.number % 1_000 != 5])
    diff = compare_recording("r", old, new)
    assert (diff.removed - diff.added, explain(old, new)) == (20, new)


@pytest.mark.parametrize("words", [3, 100])
def test_few_phrases_said_again_and_again_are_still_found_at_other_times(words: int) -> None:
    chance = random.Random(words)
    old = [Row(at, at, at + 1, f"{chance.randrange(words)}", "Ann") for at in range(5_000)]
    kept = [row for row in old if chance.random() > 0.01]
    new = numbered([replace(row, start=f"s{row.start}", end=f"s{row.end}") for row in kept])
    diff = compare_recording("r", old, new)
    assert explain(old, new) == new
    assert diff.removed - diff.added == len(old) - len(new)
    assert (diff.changed, diff.retimed) == (len(new), len(new))
