"""Hear the segments of one source: judge them, and keep what the rules that look beyond it need.

Where a recording is a source, it is judged as it comes. Where it lies in many sources (a folder of
one-object files, a property that names it), a trace of 69 bytes is kept of each segment, and `corpus` judges
the recording when all are there. Of long texts and whole recordings digests are kept; no text is.
"""

from __future__ import annotations

import hashlib
from itertools import islice, repeat
from struct import Struct
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from xxhash import xxh3_128_digest

from packager.check.ledger import DIGEST, Pile
from packager.check.rules import Evidence, Memory, has_property
from packager.check.rules.duplicates import RECORDING_CHARACTERS
from packager.check.rules.leaks import LEAKAGE_CHARACTERS, simplify

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from packager.check.rules import Columns, Finding, RulePack
    from packager.model import JsonObject
    from packager.splits import Dealer

TEXTS: Final = Struct(">16sIIB")
"""Of a long text: digest; numbers of its source and segment; number of its split."""
RECORDINGS: Final = Struct(">16sII")
"""Of a recording: digest of its texts; numbers of the source and the segment that come first."""
TRACES: Final = Struct(">16sIIBqq8s16sI")
"""Of a segment: digest of its recording; numbers of source and segment; as Voice.single; start and end, its
speaker and its text (digests, zero for none), characters."""

_NAMES: Final = 10_000  # speakers of a source that are remembered; further ones are not compared
_NAME_CHARACTERS: Final = 200
_KEYS: Final = 100
_NOTHING: Final = bytes(16)


class Heard(NamedTuple):
    """Segments that follow one another."""

    values: Sequence[JsonObject]
    data: bytes | None
    """JSON text in which all of them stand; None if they have more, which their document gave them."""
    number: int = 0
    """Of the first one in its source, as `Item.number`."""
    recordings: Sequence[str | None] | None = None
    """The recording of each, where each has its own; None where a segment names none."""
    sources: Sequence[int] | None = None
    """The number of the source of each, where each is a whole source, which then has a recording above."""


class SourceEvidence(NamedTuple):
    """What came of one source, or of many small ones. Travels from a worker."""

    names: tuple[tuple[str, tuple[int, int]], ...]
    """Each name of a speaker; numbers of the source and the segment that have it first."""
    recording: bytes
    """A record of RECORDINGS; empty if the source is no recording, or one that is not compared."""
    texts: Pile
    near: Pile
    """Of long texts, as `texts`, but for what `simplify` takes away."""
    voices: tuple[tuple[str, int, tuple[int, int]], ...]
    """Each speaker, with the number of each split that has them, and the first such segment."""
    traces: Pile
    seen: frozenset[str] = frozenset()
    """Which of start, end, text and speaker some segment has."""
    keys: tuple[str, ...] = ()
    """The properties of the first segment, as far as they tell anybody anything."""


class Voice(NamedTuple):
    """What is known of a source before it is read."""

    number: int
    """In the order of the corpus."""
    recording: str | None
    """The recording that the source is, or is a part of; None if each segment names its own."""
    spread: bool
    """The recording lies in more than one source."""
    single: bool
    """The source is one object, and its place in the recording follows from when it starts."""
    folder: Path | None
    """Where to put what is too much to be held; None: hold it."""
    dealer: Dealer | None
    """Knows the splits; None: there is only one, or they cannot be known."""


class Listener:
    """Hears the segments of one source, in order; or of many sources of one segment each."""

    def __init__(self, pack: RulePack, voice: Voice) -> None:
        self.pack = pack
        self.voice = voice
        kinds = {check.evidence for _, check in pack.of_corpus}
        self._wants_names = Evidence.NAMES in kinds
        about_splits = {Evidence.TEXTS, Evidence.NEAR_TEXTS, Evidence.VOICES}
        self._of_splits = kinds & about_splits if voice.dealer is not None else set[Evidence]()
        self._wants_recording = Evidence.RECORDINGS in kinds
        self._memory = Memory() if pack.of_recording and not voice.spread else None
        self._names: dict[str, tuple[int, int]] = {}
        self._digests: dict[str | None, bytes] = {None: b""}
        """Of recordings and speakers, which are few, and come again."""
        self._first: int | None = None
        self._halves, self._sizes = (hashlib.sha256(), hashlib.sha256()), hashlib.sha256()
        """Of all texts, by the lower and the higher bytes, and of how long each is."""
        self._characters = 0
        number, folder = voice.number, voice.folder
        self._split: int | None = None
        """Of the recording that the source is or belongs to."""
        self._voices: dict[tuple[str, int], tuple[int, int]] = {}
        self._texts = Pile(TEXTS.size, None if folder is None else folder / f"texts-{number}")
        self._near = Pile(TEXTS.size, None if folder is None else folder / f"near-{number}")
        self._lacking = {kind for kind, key in pack.properties._asdict().items() if key is not None}
        """What no segment has had yet; first of all, whatever it has."""
        self._keys: tuple[str, ...] = ()
        self._traces = Pile(TRACES.size, None if folder is None else folder / f"traces-{number}")

    def hear(self, heard: Heard) -> list[tuple[int, Finding]]:
        """Judge the next segments; return each finding with the index of its segment, in order."""
        if not heard.values:
            return []
        if self._lacking:
            self._look_for_properties(heard.values)
        if not self.pack.severities:
            return []
        columns = self.pack.read(heard.values, heard.data, heard.number)
        found = self.pack.judge(columns, self._memory)
        self._note(columns, heard)
        return found

    def finish(self) -> SourceEvidence:
        """Return what was kept."""
        recording = b""
        if self._first is not None and self._characters >= self.pack.limits[RECORDING_CHARACTERS.name]:
            # Of copies no text is told as a leak, so no two recordings may be made alike.
            parts = b"".join(each.digest() for each in (*self._halves, self._sizes))
            digest = hashlib.sha256(parts).digest()[:DIGEST]
            recording = RECORDINGS.pack(digest, self.voice.number, self._first)
        voices = tuple((name, split, place) for (name, split), place in self._voices.items())
        names = tuple(self._names.items())
        return SourceEvidence(
            names, recording, self._texts, self._near, voices, self._traces, self._seen(), self._keys
        )

    def _seen(self) -> frozenset[str]:
        named = {kind for kind, key in self.pack.properties._asdict().items() if key is not None}
        return frozenset(named - self._lacking)

    def _look_for_properties(self, segments: Sequence[JsonObject]) -> None:
        """Note which properties these have, until each was there once."""
        self._keys = self._keys or tuple(key[:_NAME_CHARACTERS] for key in islice(segments[0], _KEYS))
        for kind in [*self._lacking]:
            if any(has_property(segment, kind, self.pack.properties) for segment in segments):
                self._lacking.discard(kind)

    def _note(self, columns: Columns, heard: Heard) -> None:
        if self._wants_names:
            self._note_names(columns, heard)
        if self._of_splits:
            self._note_splits(columns, heard, self._find_splits(heard))
        if self.voice.spread:
            if self._wants_recording or self.pack.of_recording:
                self._note_traces(columns, heard)
        elif self._wants_recording:
            self._note_recording(columns)

    def _place(self, heard: Heard, row: int) -> tuple[int, int]:
        """Return the numbers of the source and the segment of one."""
        if heard.sources is not None:
            return heard.sources[row], 0
        return self.voice.number, heard.number + row

    def _places(self, heard: Heard) -> Iterable[tuple[int, int]]:
        """Return the numbers of the source and the segment of each."""
        if heard.sources is not None:
            return zip(heard.sources, repeat(0))
        return zip(repeat(self.voice.number), range(heard.number, heard.number + len(heard.values)))

    def _note_names(self, columns: Columns, heard: Heard) -> None:
        names = self._names
        if names.keys() >= columns.names - {None}:
            return
        for name, row in columns.first_rows():
            if name not in names and len(names) < _NAMES:
                names[name[:_NAME_CHARACTERS]] = self._place(heard, row)

    def _note_splits(self, columns: Columns, heard: Heard, splits: Sequence[int | None] | int) -> None:
        """Keep who is in which split, and which long texts are."""
        if Evidence.VOICES in self._of_splits:
            self._note_voices(columns, heard, splits)
        if not self._of_splits & {Evidence.TEXTS, Evidence.NEAR_TEXTS}:
            return
        rows = columns.rows_of_size(int(self.pack.limits[LEAKAGE_CHARACTERS.name]))
        if not isinstance(splits, int):
            rows = [row for row in rows if splits[row] is not None]
        if not rows:
            return
        texts = cast("list[str]", list(map(columns.texts.__getitem__, rows)))
        own = [splits] * len(rows) if isinstance(splits, int) else list(map(splits.__getitem__, rows))
        if heard.sources is None:
            sources, numbers = [self.voice.number] * len(rows), list(map(heard.number.__add__, rows))
        else:
            sources, numbers = list(map(heard.sources.__getitem__, rows)), [0] * len(rows)
        for evidence, pile, form in (
            (Evidence.TEXTS, self._texts, str.strip),
            (Evidence.NEAR_TEXTS, self._near, simplify),
        ):
            if evidence in self._of_splits:
                # Equality is a finding here: two texts that are made alike add one, and hide none.
                digests = map(xxh3_128_digest, map(str.encode, map(form, texts)))
                pile.add(b"".join(map(TEXTS.pack, digests, sources, numbers, own)))

    def _note_voices(self, columns: Columns, heard: Heard, splits: Sequence[int | None] | int) -> None:
        voices = self._voices
        if isinstance(splits, int):
            for name, row in columns.first_rows():
                key = name[:_NAME_CHARACTERS], splits
                if key not in voices and len(voices) < _NAMES:
                    voices[key] = self._place(heard, row)
            return
        for who, place, own in zip(columns.speakers, self._places(heard), splits, strict=False):
            if isinstance(who, str) and own is not None and len(voices) < _NAMES:
                voices.setdefault((who[:_NAME_CHARACTERS], own), place)

    def _find_splits(self, heard: Heard) -> Sequence[int | None] | int:
        """Return the split of each segment, None if nobody knows; or that of all."""
        dealer, own, segments = self.voice.dealer, self.voice.recording, heard.values
        if dealer is None or (heard.recordings is None and own is None):
            return [None] * len(segments)
        if heard.recordings is None and own is not None and segments:
            if self._split is None:  # where its groups differ, that is told elsewhere
                self._split = dealer.number_of(own, dealer.group_of(segments[0]))
            return self._split
        return [
            None if name is None else dealer.number_of(name, dealer.group_of(segment))
            for name, segment in zip(heard.recordings or (), segments, strict=True)
        ]

    def _note_recording(self, columns: Columns) -> None:
        for digest, part in zip(self._halves, columns.divide_text(), strict=True):
            digest.update(part)
        self._sizes.update(columns.list_sizes())
        self._characters += len(columns.text) - len(columns)
        if self._first is None and len(columns):
            self._first = columns.number

    def _note_traces(self, columns: Columns, heard: Heard) -> None:
        names = [self.voice.recording] * len(columns) if heard.recordings is None else heard.recordings
        starts, ends = columns.list_times()
        texts = columns.texts
        fields = (
            map(self._digest_of, names),
            *zip(*self._places(heard), strict=False),
            repeat(self.voice.single),
            starts,
            ends,
            map(self._digest_of, cast("Sequence[str | None]", columns.speakers)),
            (_NOTHING if text is None else _digest(text) for text in texts),
            (0 if text is None else min(len(text), 0xFFFFFFFF) for text in texts),
        )
        records: Iterable[bytes] = map(TRACES.pack, *fields)
        if None in names:
            records = (record for record, name in zip(records, names, strict=True) if name is not None)
        self._traces.add(b"".join(records))

    def _digest_of(self, name: str | None) -> bytes:
        digest = self._digests.get(name)
        if digest is None:
            if len(self._digests) >= _NAMES:
                self._digests = {None: b""}
            digest = self._digests[name] = _digest(cast("str", name))
        return digest


def _digest(text: str) -> bytes:
    """Return a digest whose equality decides: into which recording segments go, and which ones are copies.

    Of 128 bits; whoever ships a corpus would have to try 2**64 texts to make two alike.
    """
    return hashlib.sha256(text.encode()).digest()[:DIGEST]
