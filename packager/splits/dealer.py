"""Deal recordings to splits: by a pin, else by the group of their segments, else by their name.

This is the one place that says which split a recording is in; check looks for leaks with it, build places.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from packager.config import FILE_NAME
from packager.errors import ConfigError
from packager.reading import compile_pattern
from packager.recordings import name_group
from packager.splits.place import Placement, place_recording

if TYPE_CHECKING:
    from collections.abc import Callable

    from packager.model import Deal, JsonObject

_WILDCARDS: Final = frozenset("*?[")
_REMEMBERED: Final = 4096  # recordings whose split is not computed again for each segment


class Dealer:
    """Knows the split of each recording.

    Raises:
        ConfigError: a pin is no pattern.
    """

    def __init__(self, deal: Deal) -> None:
        self.deal = deal
        self._numbers = {split.name: number for number, split in enumerate(deal.splits)}
        self._named: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        self._globs: list[tuple[Callable[[str], object], tuple[str, str]]] = []
        self._known: dict[tuple[str, bytes | None], int] = {}
        for pin in deal.pins:
            # Names of recordings may hold what is a wildcard elsewhere: the very name always counts. Those
            # that paths give are in NFC, those that a property gives may be anything.
            for name in {pin[1], unicodedata.normalize("NFC", pin[1])}:
                self._named[name].append(pin)
            if _WILDCARDS.intersection(pin[1]):
                self._globs.append((_compile(pin), pin))

    def find_pins(self, recording: str) -> list[tuple[str, str]]:
        """Return the pins of a recording: those of its very name, or else those whose pattern matches."""
        return self._named.get(recording, []) or [pin for matches, pin in self._globs if matches(recording)]

    def group_of(self, segment: JsonObject) -> bytes | None:
        """Return the group of a segment's recording; None if there are no groups."""
        return name_group(segment, self.deal.group_by) if self.deal.group_by else None

    def place(self, recording: str, group: bytes | None) -> Placement:
        """Return where a recording goes."""
        pin = next(iter(self.find_pins(recording)), None)
        return place_recording(
            recording, self.deal.splits, self.deal.salt, group=group, pinned=None if pin is None else pin[0]
        )

    def number_of(self, recording: str, group: bytes | None) -> int:
        """Return the number of the split of a recording."""
        number = self._known.get((recording, group))
        if number is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            number = self._known[recording, group] = self._numbers[self.place(recording, group).split]
        return number


open_dealer = lru_cache(maxsize=4)(Dealer)


def _compile(pin: tuple[str, str]) -> Callable[[str], object]:
    split, pattern = pin
    try:
        return compile_pattern(unicodedata.normalize("NFC", pattern))
    except ConfigError as error:
        raise ConfigError(f"{FILE_NAME}: splits.pin.{split}: {pattern!r} is no pattern") from error
