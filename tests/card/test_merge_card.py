"""What people change on the Hub and what they change in the project go together, or the conflict is shown."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packager.card import CardFacts, SplitFacts, check_card, merge_card, render_card
from packager.model import Problem

OPEN, CLOSE = "<!-- packager:glance -->\n", "<!-- /packager:glance -->\n"
SOURCE = f"---\n# ours\nlicense: mit\ntags:\n- a\n---\n# Turns\n\nBy us.\n\n{OPEN}{CLOSE}\nThe end.\n"


def card(source: str = SOURCE, rows: int = 10) -> bytes:
    splits = (SplitFacts("train", 2, rows, 1, 300, 200, None),)
    facts = CardFacts("me/turns", splits, (), [], (), "5c")
    return render_card(source.encode(), facts)


def conflicts(ours: str, theirs: str) -> list[tuple[int, str]]:
    found = merge_card(card(), card(ours), card(theirs))
    assert isinstance(found, tuple)
    assert all(isinstance(each, Problem) and each.rule == "card/merge" for each in found)
    return [(each.line, each.message) for each in found]


CHANGES = {
    "words": ("By us.", "By us and others."),
    "a paragraph": ("The end.\n", "The end.\n\nOr not.\n"),
    "a value": ("license: mit", "license: cc-by-4.0"),
    "a list": ("- a\n", "- a\n- b\n"),
    "a new key": ("tags:", "pretty_name: Turns\ntags:"),
    "a comment": ("# ours\n", "# ours, all of it\n"),
    "a key that goes": ("tags:\n- a\n", ""),
}


@pytest.mark.parametrize(("before", "after"), CHANGES.values(), ids=CHANGES)
def test_what_was_changed_on_the_hub_alone_stays(before: str, after: str) -> None:
    changed = SOURCE.replace(before, after)
    assert merge_card(card(), card(rows=99), card(changed)) == card(changed, rows=99)


@pytest.mark.parametrize(("before", "after"), CHANGES.values(), ids=CHANGES)
def test_what_was_changed_in_the_project_alone_counts(before: str, after: str) -> None:
    changed = SOURCE.replace(before, after)
    assert merge_card(card(), card(changed, rows=99), card()) == card(changed, rows=99)
    assert merge_card(card(), card(changed), card(changed)) == card(changed)


def test_changes_at_different_places_go_together() -> None:
    ours = SOURCE.replace("license: mit", "license: cc0-1.0").replace("By us.", "By all of us.")
    theirs = SOURCE.replace("- a", "- b").replace("The end.", "The end?")
    both = SOURCE.replace("license: mit", "license: cc0-1.0").replace("By us.", "By all of us.")
    both = both.replace("- a", "- b").replace("The end.", "The end?")
    assert merge_card(card(), card(ours, rows=7), card(theirs)) == card(both, rows=7)


def test_what_was_generated_is_never_taken_from_the_hub() -> None:
    theirs = card().replace(b"| 10 | 2 | 1 |", b"| lies |").replace(b"n<1K", b"n>1T")
    assert theirs != card()
    assert merge_card(card(), card(rows=11), theirs) == card(rows=11)


def test_a_key_changed_on_both_sides_is_a_conflict() -> None:
    ours, theirs = SOURCE.replace("mit", "cc0-1.0"), SOURCE.replace("mit", "cc-by-4.0")
    [(line, message)] = conflicts(ours, theirs)
    assert line == 2
    assert message == (
        '`license` was changed on the Hub to "# ours license: cc-by-4.0" and in the project to '
        '"# ours license: cc0-1.0"'
    )


def test_words_changed_on_both_sides_are_a_conflict() -> None:
    [(line, message)] = conflicts(SOURCE.replace("By us.", "By me."), SOURCE.replace("By us.", "By you."))
    assert card().decode().split("\n")[line - 1] == "By us."
    assert message == 'this was changed on the Hub to "By you." and in the project to "By me."'


def test_a_part_placed_on_the_hub_alone_is_a_conflict() -> None:
    theirs = SOURCE + "<!-- packager:splits -->\n<!-- /packager:splits -->\n"
    [(line, message)] = conflicts(SOURCE, theirs)
    assert card(theirs).decode().split("\n")[line - 1] == "<!-- packager:splits -->"
    assert message.startswith("the part `splits` stands here and not in the project's card")


def test_a_part_taken_away_on_the_hub_stays_away() -> None:
    theirs = SOURCE.replace(OPEN + CLOSE, "")
    assert merge_card(card(), card(rows=5), card(theirs)) == card(theirs, rows=5)


def test_a_card_that_was_broken_on_the_hub_is_located() -> None:
    found = merge_card(card(), card(), card().replace(CLOSE.encode(), b""))
    assert isinstance(found, tuple)
    assert [each.rule for each in found] == ["card/marker"]


def test_breaks_of_another_editor_are_no_change() -> None:
    assert merge_card(card(), card(rows=3), card().replace(b"\n", b"\r\n")) == card(rows=3)


LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "\n", "# T\n", OPEN + CLOSE]), max_size=8).filter(
    lambda lines: lines.count(OPEN + CLOSE) <= 1
)


@settings(deadline=None)
@given(LINES, LINES, LINES)
def test_no_line_that_was_added_on_one_side_is_lost(
    base: list[str], ours: list[str], theirs: list[str]
) -> None:
    cards = [card("".join(["start\n\n", *lines, "\nend\n"])) for lines in (base, ours, theirs)]
    merged = merge_card(*cards)
    if isinstance(merged, bytes):
        assert check_card(merged, "README.md") == ()
        for side, other in ((ours, theirs), (theirs, ours)):
            for line in {"a\n", "b\n", "c\n"} & set(side) - set(base) - set(other):
                assert line.encode() in merged
        assert merge_card(cards[0], cards[1], cards[0]) == cards[1]
