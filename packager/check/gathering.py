"""How the work on many sources is cut, and how evidence is gathered from all of them."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from packager.check.corpus import Corpus
from packager.check.criteria import Criteria, find_pack
from packager.check.evidence import Listener, Voice
from packager.check.roster import Roll, Roster
from packager.model import Deal
from packager.reading import Form, find_form
from packager.recordings import claim_recording
from packager.splits import Dealer, Lock, open_dealer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from packager.config import Config
    from packager.model import SourceFile


_UNIT_BYTES: Final = 8 << 20


_UNIT_FILES: Final = 1000
_HELD: Final = 8 << 20  # bytes of sources of which all evidence is held


def listen_to(
    source: SourceFile,
    criteria: Criteria,
    number: int = 0,
    *,
    folder: Path | None = None,
    dealer: Dealer | None = None,
) -> Listener:
    """Return what hears the segments of a source, which is the `number`th of its corpus; see `Voice`."""
    pack = find_pack(criteria, source.name)
    mode, key = criteria.recording, criteria.recording_property
    # A property orders its segments by path, whatever their files hold.
    single = key is None and find_form(source) is Form.OBJECT
    claim = None if key else claim_recording(source, mode, single=single)
    spread = key is not None or mode == "folder" or (mode == "auto" and single)
    recording = None if claim is None else claim.recording
    return Listener(pack, Voice(number, recording, spread, single, folder, dealer))


def listen_to_objects(
    numbered: Sequence[tuple[int, SourceFile]],
    criteria: Criteria,
    *,
    folder: Path | None = None,
    dealer: Dealer | None = None,
) -> Listener:
    """Return what hears files of one object each, given with their numbers; see `Voice`."""
    number, source = numbered[0]
    # No source has a number below zero, so nobody else puts anything into a file of that name.
    return Listener(find_pack(criteria, source.name), Voice(-1 - number, None, True, True, folder, dealer))


class NumberedUnit(NamedTuple):
    """A unit of work; the numbers of its files follow one another."""

    first: int
    sources: tuple[SourceFile, ...]
    size: int
    """In bytes, on disk."""


class Gathering(NamedTuple):
    """How evidence is gathered from all sources of a run; small, so that it can travel to a worker."""

    criteria: Criteria
    deal: Deal | None
    """None: nobody can know a recording's split."""
    scratch: Path | None
    """Where to put what is too much to be held; None: hold it."""
    rolls: bool = False
    """Whether it matters which recordings there are, and of which group each is."""

    def listen_to(self, source: SourceFile, number: int) -> Listener:
        """Return what hears the segments of a source."""
        return listen_to(source, self.criteria, number, folder=self.scratch, dealer=self._find_dealer())

    def listen_to_objects(self, numbered: Sequence[tuple[int, SourceFile]]) -> Listener:
        """Return what hears sources of one object each, given with their numbers."""
        return listen_to_objects(numbered, self.criteria, folder=self.scratch, dealer=self._find_dealer())

    def open_roll(self) -> Roll | None:
        """Return what hears the recordings of a source; None if nobody asks."""
        return Roll(self.criteria.group_by) if self.rolls else None

    def open_roster(self, sources: Sequence[SourceFile], lock: Lock | None) -> Roster:
        """Return what takes the rolls."""
        return Roster(sources, open_dealer(self.deal or Deal(())), lock)

    def _find_dealer(self) -> Dealer | None:
        return None if self.deal is None or len(self.deal.splits) == 1 else open_dealer(self.deal)

    def open_corpus(self, sources: Sequence[SourceFile]) -> Corpus:
        """Return what takes the evidence."""
        splits = () if self.deal is None else tuple(split.name for split in self.deal.splits)
        return Corpus(
            sources,
            partial(find_pack, self.criteria),
            uniform=not self.criteria.checks.paths,
            splits=splits,
            folder=self.scratch,
        )


def make_gathering(config: Config, criteria: Criteria, scratch: Path | None) -> Gathering:
    """Return how evidence is gathered from all sources of a project."""
    rolls = bool(config.group_by or config.pins or config.lock)
    return Gathering(criteria, config.deal, scratch, rolls)


@contextmanager
def open_scratch(size: int, inside: Path | None = None) -> Iterator[Path | None]:
    """Open a folder for what is too much to be held, and take it away; None for files of this size in all.

    It is made `inside` a folder that somebody clears after a crash, or else where temporary files are.
    """
    if size <= _HELD:
        yield None
        return
    from tempfile import TemporaryDirectory  # noqa: PLC0415 - a check of few files does without

    with TemporaryDirectory(prefix="packager-", dir=inside) as folder:
        yield Path(folder)


def cut_units(
    sources: Sequence[SourceFile], sizes: Sequence[int], numbers: Sequence[int] | None = None
) -> list[NumberedUnit]:
    """Cut files into units of work by their number and sizes alone, never by the number of workers.

    `numbers` are those of the files that are to be cut, which follow one another; None: all.
    """
    units: list[NumberedUnit] = []
    unit: list[SourceFile] = []
    numbers = range(len(sources)) if numbers is None else numbers
    size, first = 0, numbers[0] if numbers else 0
    for number in numbers:
        unit.append(sources[number])
        size += sizes[number]
        if size >= _UNIT_BYTES or len(unit) >= _UNIT_FILES:
            units.append(NumberedUnit(first, tuple(unit), size))
            first += len(unit)
            unit, size = [], 0
    if unit:
        units.append(NumberedUnit(first, tuple(unit), size))
    return units
