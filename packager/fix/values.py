"""Repair one string: what is safe in a text, a name, a time. Pure.

To repair twice is to repair once, whichever repairs are wanted. To add a repair, write it here, name the rule
that it belongs to in `_RULES`, and give it to a property in `repairs_of`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

from packager.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Container


class Repair(StrEnum):
    """What was repaired."""

    MARK = "byte order mark"
    NFC = "Unicode NFC"
    ENTITY = "HTML entity"
    SPACE = "white space"
    TIME = "zero-padding"


ALL_REPAIRS: Final = frozenset(Repair)

Repaired: TypeAlias = tuple[str, tuple[Repair, ...]]
"""The string, and what was done; nothing was done to a string that comes back as it is."""


@dataclass(frozen=True, slots=True)
class Properties:
    """The names of the properties that are repaired, and how."""

    start: str = "Start"
    end: str = "End"
    text: str = "Text"
    speaker: str = "Speaker"
    wanted: frozenset[Repair] = ALL_REPAIRS


def select_repairs(rules: Container[str]) -> frozenset[Repair]:
    """Return the repairs that belong to these rules, and those that belong to none that can be ignored."""
    return frozenset(repair for repair in Repair if repair not in _RULES or _RULES[repair] in rules)


def repairs_of(properties: Properties) -> dict[str, Callable[[str], Repaired]]:
    """Return how each property is repaired, by its name."""
    return {
        properties.text: partial(repair_text, wanted=properties.wanted),
        properties.speaker: partial(repair_speaker, wanted=properties.wanted),
        properties.start: partial(repair_time, wanted=properties.wanted),
        properties.end: partial(repair_time, wanted=properties.wanted),
    }


def repair_text(text: str, wanted: Container[Repair] = ALL_REPAIRS) -> Repaired:
    """Return a text in NFC, its HTML entities decoded, without white space around it; and what was done.

    A text whose decoding shows another entity (`&amp;lt;`) is not decoded: how often it was encoded, and
    whether it speaks of HTML, only a person can tell. A text of nothing but white space is left alone.
    """
    composed = decoded = _compose(text, wanted)
    if Repair.ENTITY in wanted:
        decoded = _compose(_ENTITY.sub(_decode, composed), wanted)
        if _has_entity(decoded):
            decoded = composed
    return _trim(text, composed, decoded, wanted)


def repair_speaker(name: str, wanted: Container[Repair] = ALL_REPAIRS) -> Repaired:
    """Return a name in NFC, without white space around it; and what was done."""
    composed = _compose(name, wanted)
    return _trim(name, composed, composed, wanted)


def repair_time(time: str, wanted: Container[Repair] = ALL_REPAIRS) -> Repaired:
    """Return a time with two digits for minutes and seconds, and at least two for hours; and what was done.

    Only hours, minutes and seconds together are clear: `0:07` stays as it is.
    """
    match = _CLOCK.fullmatch(time) if Repair.TIME in wanted else None
    if match is None:
        return time, ()
    hours, minutes, seconds, fraction = match.groups()
    padded = f"{hours:0>2}:{minutes:0>2}:{seconds:0>2}{fraction or ''}"
    return (time, ()) if padded == time or parse_time(padded) is None else (padded, (Repair.TIME,))


_RULES: Final = {
    Repair.NFC: "text/not-nfc",
    Repair.ENTITY: "text/entity",
    Repair.SPACE: "text/whitespace",
    Repair.TIME: "time/not-a-time",
}
"""The rule that a repair belongs to, in every property. That of a byte order mark cannot be ignored."""
_ENTITY: Final = re.compile(r"&(?:(amp|lt|gt|quot|apos|nbsp)|#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6}));")
_NAMED: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "nbsp": "\N{NO-BREAK SPACE}"}
_SPACE: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""White space of Unicode, and what ECMA-262's `\\s` adds to it."""
_CLOCK: Final = re.compile(r"([0-9]{1,300}):([0-9]{1,2}):([0-9]{1,2})(\.[0-9]{1,9})?")


def _compose(text: str, wanted: Container[Repair]) -> str:
    return unicodedata.normalize("NFC", text) if Repair.NFC in wanted else text


def _trim(text: str, composed: str, decoded: str, wanted: Container[Repair]) -> Repaired:
    trimmed = decoded.strip(_SPACE)
    if not trimmed:
        return text, ()
    trimmed = trimmed if Repair.SPACE in wanted else decoded
    done = ((Repair.NFC, composed != text), (Repair.ENTITY, decoded != composed))
    repairs = (*done, (Repair.SPACE, trimmed != decoded))
    return trimmed, tuple(repair for repair, was_needed in repairs if was_needed)


def _decode(entity: re.Match[str]) -> str:
    named, decimal, hexadecimal = entity.groups()
    if named:
        return _NAMED[named]
    code = int(decimal) if decimal else int(hexadecimal, 16)
    # A control character, half a character or none stays as it is written: what is meant is not clear.
    known = code <= 0x10FFFF and unicodedata.category(chr(code)) not in {"Cc", "Cs", "Cn"}
    return chr(code) if known else entity[0]


def _has_entity(text: str) -> bool:
    return any(_decode(entity) != entity[0] for entity in _ENTITY.finditer(text))
