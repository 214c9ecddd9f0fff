"""Bring together a card that was changed in the project and on the Hub. Pure.

Merged is what people write: the body by lines, the front matter by keys. What is generated is taken from the
new card. What was changed on both sides is a conflict, located and shown; nothing is overwritten in silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher, unified_diff
from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeVar

from packager.card.escape import on_one_line, show_unseen
from packager.card.front import split_keys
from packager.card.render import NAME
from packager.card.source import read_card
from packager.model import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from packager.built import EditedCard
    from packager.card.source import Card

_RULE: Final = "card/merge"
_SHOWN: Final = 60
_LISTED: Final = 40  # lines of a difference
_Side = TypeVar("_Side", str, tuple[str, ...])


@dataclass(frozen=True, slots=True)
class _Lines:
    """Lines that people write, each with its number in the file; generated text is left out."""

    texts: tuple[str, ...]
    numbers: tuple[int, ...]

    def place(self, index: int) -> int:
        """Return the number of a line, or of the last one."""
        return self.numbers[min(index, len(self.numbers) - 1)] if self.numbers else 1


def merge_card(base: bytes, ours: bytes, theirs: bytes) -> bytes | tuple[Problem, ...]:
    """Return the card with both changes, or the conflicts, located in `theirs`.

    Args:
        base: the README.md that the latest release wrote.
        ours: the README.md of this build.
        theirs: the README.md that stands on the Hub.
    """
    old, new = read_card(base), read_card(ours)
    there = read_card(_with_breaks_of(new, theirs))
    if there.faults:
        return tuple(_problem(fault.line, fault.message, fault.rule, fault.column) for fault in there.faults)
    if old.faults:
        old = there
    front, front_conflicts = _merge_front(old, new, there)
    body, body_conflicts = _merge_body(_human_lines(old), _human_lines(new), _human_lines(there))
    if front_conflicts or body_conflicts:
        return tuple(sorted((*front_conflicts, *body_conflicts), key=lambda each: each.line))
    # Keys of ours come last, as in every card that is rendered.
    merged = read_card("".join((new.opening, *front, *new.owned, new.closing, *body)).encode())
    if merged.faults:
        message = "what was changed here and in the project does not go together; change one of them"
        return (_problem(1, message),)
    if unknown := tuple(_unknown_parts(merged, new, there)):
        return unknown
    texts = (merged.opening, *merged.front, *merged.owned, merged.closing, *_fill(merged, new))
    return "".join(texts).encode()


def describe_edit(edited: EditedCard, ours: bytes) -> str:
    """Return what the build's card lacks of an edit, in words; empty if it lacks nothing."""
    if merge_card(edited.base, ours, edited.theirs) == ours:
        return ""
    before, after = (
        show_unseen(text.decode("utf-8", "replace")).splitlines() for text in (edited.base, edited.theirs)
    )
    lines = list(unified_diff(before, after, edited.tag, "now", n=0, lineterm=""))
    shown = "\n".join(f"  {line}" for line in lines[:_LISTED])
    return f"{shown}\n  and {len(lines) - _LISTED} more lines" if len(lines) > _LISTED else shown


def _with_breaks_of(card: Card, data: bytes) -> bytes:
    unix = data.replace(b"\r\n", b"\n")
    return unix.replace(b"\n", b"\r\n") if card.newline == "\r\n" else unix


def _problem(line: int, message: str, rule: str = _RULE, column: int = 1) -> Problem:
    return Problem(NAME, line, column, "", rule, Severity.ERROR, message)


def _merge_front(old: Card, new: Card, there: Card) -> tuple[list[str], list[Problem]]:
    """Merge the keys of people, each with the comments before it."""
    before, ours, theirs = (dict(split_keys(card.front)) for card in (old, new, there))
    merged, conflicts = [], []
    sides = (theirs, ours) if list(ours) == list(before) else (ours, theirs)
    keys = [key for key in dict.fromkeys((*sides[0], *sides[1])) if key]
    for key in (*keys, ""):
        was, mine, yours = (side.get(key, "") for side in (before, ours, theirs))
        chosen = _choose(was, mine, yours)
        if chosen is None:
            message = f"`{key}` was changed on the Hub to {_show(yours)} and in the project to {_show(mine)}"
            conflicts.append(_problem(_line_of(there, yours), message))
        else:
            merged.append(chosen)
    return merged, conflicts


def _line_of(card: Card, block: str) -> int:
    text = "".join(card.whole_front)
    return 2 + text[: max(text.find(block), 0)].count("\n") if block else 1


def _human_lines(card: Card) -> _Lines:
    """Return the body with its markers and without what stands between them."""
    first = len(card.whole_front) + 3 if card.whole_front or card.owned else 1
    inside = {line for part in card.parts for line in range(part.opening + 1, part.closing)}
    kept = [index for index in range(len(card.body)) if index not in inside]
    return _Lines(tuple(card.body[index] for index in kept), tuple(index + first for index in kept))


def _merge_body(old: _Lines, new: _Lines, there: _Lines) -> tuple[list[str], list[Problem]]:
    merged, conflicts = list[str](), list[Problem]()
    for (was0, mine0, yours0), (was1, mine1, yours1) in pairwise(_common_lines(old, new, there)):
        mine, yours = new.texts[mine0 + 1 : mine1], there.texts[yours0 + 1 : yours1]
        chosen = _choose(old.texts[was0 + 1 : was1], mine, yours)
        if chosen is None:
            said = f"this was changed on the Hub to {_show(''.join(yours))} and in the project to "
            conflicts.append(_problem(there.place(yours0 + 1), f"{said}{_show(''.join(mine))}"))
        else:
            merged += chosen
        merged += new.texts[mine1 : mine1 + 1]
    return merged, conflicts


def _common_lines(old: _Lines, new: _Lines, there: _Lines) -> Iterator[tuple[int, int, int]]:
    """Yield the places of each line that all three have, in order; and one before and one behind them all."""
    mine, yours = _matches(old.texts, new.texts), _matches(old.texts, there.texts)
    yield -1, -1, -1
    yield from ((place, mine[place], yours[place]) for place in sorted(mine.keys() & yours.keys()))
    yield len(old.texts), len(new.texts), len(there.texts)


def _matches(one: Sequence[str], other: Sequence[str]) -> dict[int, int]:
    blocks = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    return {block.a + step: block.b + step for block in blocks for step in range(block.size)}


def _choose(was: _Side, mine: _Side, yours: _Side) -> _Side | None:
    """Return the side that was changed; None if both were, and differently."""
    if yours in {mine, was}:
        return mine
    return yours if mine == was else None


def _unknown_parts(merged: Card, new: Card, there: Card) -> Iterator[Problem]:
    """Yield the parts that came from the Hub: what they would say, this build has not written."""
    unknown = {part.name for part in merged.parts if not new.has(part.name)}
    for part in there.parts:
        if part.name in unknown:
            told = f"the part `{part.name}` stands here and not in the project's card"
            line = len(there.whole_front) + 3 + part.opening
            yield _problem(line, f"{told}; place it there too, or remove it here")


def _fill(merged: Card, new: Card) -> Iterator[str]:
    """Yield the merged body with the parts as the new card has them."""
    texts = {part.name: new.body[part.opening + 1 : part.closing] for part in new.parts}
    position = 0
    for part in merged.parts:
        yield from merged.body[position : part.opening + 1]
        yield from texts[part.name]
        position = part.closing
    yield from merged.body[position:]


def _show(text: str) -> str:
    line = on_one_line(text)
    return f'"{line}"' if len(line) <= _SHOWN else f'"{line[:_SHOWN]}…"'
