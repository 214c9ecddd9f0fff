"""Hear the segments of one source: judge them, and keep what the rules that look beyond it need.

Where a recording is a source, it is judged as it comes. Where it lies in many sources (a folder of
one-object files, a property that names it), a trace of 73 bytes is kept of each segment, and `corpus` judges
the recording when all are there. Of long texts and whole recordings digests are kept; no text is.
"""

from __future__ import annotations

from itertools import repeat
from struct import Struct
from typing import TYPE_CHECKING, Final, NamedTuple

from xxhash import xxh3_128, xxh3_128_digest

from packager.check.ledger import Pile
from packager.check.rules import Evidence, read_columns
from packager.check.rules.duplicates import RECORDING_CHARACTERS
from packager.check.rules.leaks import LEAKAGE_CHARACTERS, simplify
from packager.check.rules.memory import NEVER

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from packager.check.rules import Columns, Finding, RulePack
    from packager.model import JsonObject
    from packager.splits import Dealer

TEXTS: Final = Struct(">16sIIIB")
"""Of a long text: digest; file, line and column of its segment; number of its split."""
RECORDINGS: Final = Struct(">16sIII")
"""Of a recording: digest of its texts; file, line and column of its first segment."""
TRACES: Final = Struct(">16sIIIBqq8s16sI")
"""Of a segment: digest of its recording; file, line, column; as Voice.single; start and end, its speaker and
its text (digests, zero for none), characters."""

_NAMES: Final = 10_000  # speakers of a source that are remembered; further ones are not compared
_NAME_CHARACTERS: Final = 200


class SourceEvidence(NamedTuple):
    """What came of one source, or of many small ones. Travels from a worker."""

    names: tuple[tuple[str, tuple[int, int, int]], ...]
    """Each name of a speaker; file, line and column of the first segment that has it."""
    recording: bytes
    """A record of RECORDINGS; empty if the source is no recording, or one that is not compared."""
    texts: Pile
    near: Pile
    """Of long texts, as `texts`, but for what `simplify` takes away."""
    voices: tuple[tuple[str, int, tuple[int, int, int]], ...]
    """Each speaker, with the number of each split that has them, and the first such segment."""
    traces: Pile


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
    """Hears the segments of one source, in order."""

    def __init__(self, pack: RulePack, voice: Voice) -> None:
        self.pack = pack
        self.voice = voice
        kinds = {check.evidence for _, check in pack.of_corpus}
        self._wants_names = Evidence.NAMES in kinds
        about_splits = {Evidence.TEXTS, Evidence.NEAR_TEXTS, Evidence.VOICES}
        self._of_splits = kinds & about_splits if voice.dealer is not None else set[Evidence]()
        self._wants_recording = Evidence.RECORDINGS in kinds
        self._watch = pack.watch_recording() if pack.of_recording and not voice.spread else None
        self._names: dict[str, tuple[int, int, int]] = {}
        self._digests: dict[str, bytes] = {}
        """Of recordings, which are few, and come again."""
        self._first: tuple[int, int] | None = None
        self._digest = xxh3_128()
        self._characters = 0
        number, folder = voice.number, voice.folder
        self._split: int | None = None
        """Of the recording that the source is or belongs to."""
        self._voices: dict[tuple[str, int], tuple[int, int, int]] = {}
        self._texts = Pile(TEXTS.size, None if folder is None else folder / f"texts-{number}")
        self._near = Pile(TEXTS.size, None if folder is None else folder / f"near-{number}")
        self._traces = Pile(TRACES.size, None if folder is None else folder / f"traces-{number}")

    def hear(
        self,
        segments: Sequence[JsonObject],
        places: Sequence[tuple[int, int]],
        data: bytes,
        recordings: Sequence[str | None] | None = None,
    ) -> list[tuple[int, Finding]]:
        """Judge the next segments; return each finding with the index of its segment, in order.

        Args:
            segments: the segments.
            places: line and column of each.
            data: the JSON text in which all of them stand.
            recordings: the recording of each, where each segment names its own; None where it names none.
        """
        pack = self.pack
        if not pack.severities:
            return []
        if pack.about_order:
            return pack.check_segments(segments, clean=not pack.may_find_secret(data))
        columns = read_columns(pack, segments)
        clean = columns.spoken and pack.is_clean_block(data)
        self.note(columns, places, segments, recordings)
        if self._watch is None:
            return pack.check_segments(segments, clean=clean, columns=columns)
        return self._watch.sweep(segments, places, clean=clean, columns=columns)

    def note(
        self,
        columns: Columns,
        places: Sequence[tuple[int, int]],
        segments: Sequence[JsonObject],
        recordings: Sequence[str | None] | None = None,
        numbers: Sequence[int] | None = None,
    ) -> None:
        """Keep what is needed of the next segments, and judge none; `numbers` are those of their sources."""
        of = repeat(self.voice.number) if numbers is None else numbers
        if self._wants_names:
            self._note_names(columns, places, of)
        if self._of_splits:
            self._note_splits(columns, places, of, self._find_splits(segments, recordings))
        if self.voice.spread:
            if self._wants_recording or self.pack.of_recording:
                self._note_traces(columns, places, of, recordings)
        elif self._wants_recording:
            self._note_recording(columns.words, places)

    def finish(self) -> SourceEvidence:
        """Return what was kept."""
        recording = b""
        if self._first is not None and self._characters >= self.pack.limits[RECORDING_CHARACTERS.name]:
            recording = RECORDINGS.pack(self._digest.digest(), self.voice.number, *self._first)
        voices = tuple((name, split, place) for (name, split), place in self._voices.items())
        names = tuple(self._names.items())
        return SourceEvidence(names, recording, self._texts, self._near, voices, self._traces)

    def _note_names(
        self, columns: Columns, places: Sequence[tuple[int, int]], numbers: Iterable[int]
    ) -> None:
        names = self._names
        if names.keys() >= columns.names:
            return
        for name, place, number in zip(columns.speakers, places, numbers, strict=False):
            if name and name not in names and len(names) < _NAMES and name.strip():
                names[name[:_NAME_CHARACTERS]] = (number, *place)

    def _note_splits(
        self,
        columns: Columns,
        places: Sequence[tuple[int, int]],
        numbers: Iterable[int],
        splits: Sequence[int | None],
    ) -> None:
        """Keep who is in which split, and which long texts are."""
        least = self.pack.limits[LEAKAGE_CHARACTERS.name]
        pack, digest = TEXTS.pack, xxh3_128_digest
        if Evidence.VOICES in self._of_splits and not self._knows_voices(columns, splits):
            for name, place, number, split in zip(columns.speakers, places, numbers, splits, strict=False):
                if name and split is not None and len(self._voices) < _NAMES and name.strip():
                    self._voices.setdefault((name[:_NAME_CHARACTERS], split), (number, *place))
        for evidence, pile, form in (
            (Evidence.TEXTS, self._texts, str.strip),
            (Evidence.NEAR_TEXTS, self._near, simplify),
        ):
            if evidence in self._of_splits:
                said = zip(columns.words, places, numbers, splits, strict=False)
                pile.add(
                    b"".join(
                        [
                            pack(digest(form(text).encode()), number, line, column, split)
                            for text, (line, column), number, split in said
                            if text is not None and len(text) >= least and split is not None
                        ]
                    )
                )

    def _knows_voices(self, columns: Columns, splits: Sequence[int | None]) -> bool:
        """Return whether these speakers were all heard in this split before, as they mostly were."""
        split = splits[0] if splits else None
        if split is None or splits.count(split) < len(splits):
            return False
        return all(not name or (name[:_NAME_CHARACTERS], split) in self._voices for name in columns.names)

    def _find_splits(
        self, segments: Sequence[JsonObject], recordings: Sequence[str | None] | None
    ) -> list[int | None]:
        """Return the split of each segment; None if nobody knows."""
        dealer, own = self.voice.dealer, self.voice.recording
        if dealer is None or (recordings is None and own is None):
            return [None] * len(segments)
        if recordings is None and own is not None and segments:
            if self._split is None:  # where its groups differ, that is told elsewhere
                self._split = dealer.number_of(own, dealer.group_of(segments[0]))
            return [self._split] * len(segments)
        names = repeat(own) if recordings is None else recordings
        return [
            None if name is None else dealer.number_of(name, dealer.group_of(segment))
            for name, segment in zip(names, segments, strict=False)
        ]

    def _note_recording(self, words: Sequence[str | None], places: Sequence[tuple[int, int]]) -> None:
        joined = "\0".join([text or "" for text in words])
        self._digest.update(joined.encode())
        self._digest.update(b"\0")
        self._characters += len(joined) - len(words) + 1
        if self._first is None and places:
            self._first = places[0]

    def _note_traces(
        self,
        columns: Columns,
        places: Sequence[tuple[int, int]],
        numbers: Iterable[int],
        recordings: Sequence[str | None] | None,
    ) -> None:
        names = repeat(self.voice.recording) if recordings is None else recordings
        turns = zip(columns.starts, columns.ends, columns.speakers, columns.words, strict=True)
        single, pack, digest = self.voice.single, TRACES.pack, xxh3_128_digest
        found = []
        for (start, end, speaker, text), (line, column), number, name in zip(
            turns, places, numbers, names, strict=False
        ):
            if name is not None:
                found.append(
                    pack(
                        self._digests.get(name) or self._digest_name(name),
                        *(number, line, column, single, _fit(start), _fit(end)),
                        digest(speaker.encode())[:8] if speaker and speaker.strip() else b"",
                        b"" if text is None else digest(text.encode()),
                        0 if text is None else min(len(text), 0xFFFFFFFF),
                    )
                )
        self._traces.add(b"".join(found))

    def _digest_name(self, name: str) -> bytes:
        if len(self._digests) >= _NAMES:
            self._digests.clear()
        self._digests[name] = digest = xxh3_128_digest(name.encode())
        return digest


def _fit(time: int) -> int:
    """Return a time of 64 bits; what is beyond them is no time."""
    return time if -NEVER > time > NEVER else NEVER
