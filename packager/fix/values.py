"""Repair one string: what is safe in a text, a name, a time. Pure.

To repair twice is to repair once. To add a repair, write it here and give it to a property in `repairs_of`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias

from packager.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable


class Repair(StrEnum):
    """What was repaired."""

    MARK = "byte order mark"
    NFC = "Unicode NFC"
    ENTITY = "HTML entity"
    SPACE = "white space"
    TIME = "zero-padding"


Repaired: TypeAlias = tuple[str, tuple[Repair, ...]]
"""The string, and what was done; nothing was done to a string that comes back as it is."""


@dataclass(frozen=True, slots=True)
class Properties:
    """The names of the properties that are repaired."""

    start: str = "Start"
    end: str = "End"
    text: str = "Text"
    speaker: str = "Speaker"


def repairs_of(properties: Properties) -> dict[str, Callable[[str], Repaired]]:
    """Return how each property is repaired, by its name."""
    return {
        properties.text: repair_text,
        properties.speaker: repair_speaker,
        properties.start: repair_time,
        properties.end: repair_time,
    }


def repair_text(text: str) -> Repaired:
    """Return a text in NFC, its HTML entities decoded, without white space around it; and what was done.

    A text whose decoding shows another entity (`&amp;lt;`) is not decoded: how often it was encoded, and
    whether it speaks of HTML, only a person can tell. A text of nothing but white space is left alone.
    """
    composed = unicodedata.normalize("NFC", text)
    decoded = unicodedata.normalize("NFC", _ENTITY.sub(_decode, composed))
    if _has_entity(decoded):
        decoded = composed
    return _trim(text, composed, decoded)


def repair_speaker(name: str) -> Repaired:
    """Return a name in NFC, without white space around it; and what was done."""
    composed = unicodedata.normalize("NFC", name)
    return _trim(name, composed, composed)


def repair_time(time: str) -> Repaired:
    """Return a time with two digits for minutes and seconds, and at least two for hours; and what was done.

    Only hours, minutes and seconds together are clear: `0:07` stays as it is.
    """
    match = _CLOCK.fullmatch(time)
    if match is None:
        return time, ()
    hours, minutes, seconds, fraction = match.groups()
    padded = f"{hours:0>2}:{minutes:0>2}:{seconds:0>2}{fraction or ''}"
    return (time, ()) if padded == time or parse_time(padded) is None else (padded, (Repair.TIME,))


_ENTITY: Final = re.compile(r"&(?:(amp|lt|gt|quot|apos|nbsp)|#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6}));")
_NAMED: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "nbsp": "\N{NO-BREAK SPACE}"}
_SPACE: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""White space of Unicode, and what ECMA-262's `\\s` adds to it."""
_CLOCK: Final = re.compile(r"([0-9]{1,300}):([0-9]{1,2}):([0-9]{1,2})(\.[0-9]{1,9})?")


def _trim(text: str, composed: str, decoded: str) -> Repaired:
    trimmed = decoded.strip(_SPACE)
    if not trimmed:
        return text, ()
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
