"""Hear the segments of one source: judge them, and keep what the rules that look beyond it need.

Where a recording is a source, it is judged as it comes. Where it lies in many sources (a folder of
one-object files, a property that names it), a trace of 73 bytes is kept of each segment, and `corpus` judges
the recording when all are there. Of long texts and whole recordings digests are kept; no text is.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from struct import Struct
from typing import TYPE_CHECKING, Final

from packager.check.ledger import DIGEST, Pile
from packager.check.rules import Evidence
from packager.check.rules.duplicates import LEAKAGE_CHARACTERS, RECORDING_CHARACTERS
from packager.check.rules.memory import NEVER
from packager.check.rules.turn import read_turn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from packager.check.rules import Finding, RulePack
    from packager.model import JsonObject

TEXTS: Final = Struct(">16sIIIB")
"""Of a long text: digest; file, line and column of its segment; number of its split."""
RECORDINGS: Final = Struct(">16sIII")
"""Of a recording: digest of its texts; file, line and column of its first segment."""
TRACES: Final = Struct(">16sIIIBqq8s16sI")
"""Of a segment: digest of its recording; file, line, column; as Voice.single; start and end, its speaker and
its text (digests, zero for none), characters."""

_NAMES: Final = 10_000  # speakers of a source that are remembered; further ones are not compared
_NAME_CHARACTERS: Final = 200


@dataclass(frozen=True, slots=True)
class SourceEvidence:
    """What came of one source. Travels from a worker."""

    number: int
    """Of the source, in the order of the corpus."""
    names: tuple[tuple[str, int, int], ...]
    """Each name of a speaker; line and column of the first segment that has it."""
    recording: bytes
    """A record of RECORDINGS; empty if the source is no recording, or one that is not compared."""
    texts: Pile
    traces: Pile


@dataclass(frozen=True, slots=True)
class Voice:
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
    split_of: Callable[[str], int] | None
    """The number of the split of a recording; None: there is only one, or it cannot be known."""


class Listener:
    """Hears the segments of one source, in order."""

    def __init__(self, pack: RulePack, voice: Voice) -> None:
        self.pack = pack
        self.voice = voice
        kinds = {check.evidence for _, check in pack.of_corpus}
        self._wants_names = Evidence.NAMES in kinds
        self._wants_texts = Evidence.TEXTS in kinds and voice.split_of is not None
        self._wants_recording = Evidence.RECORDINGS in kinds
        self._watch = pack.watch_recording() if pack.of_recording and not voice.spread else None
        self._names: dict[str, tuple[int, int]] = {}
        self._first: tuple[int, int] | None = None
        self._digest = blake2b(digest_size=DIGEST)
        self._characters = 0
        number, folder = voice.number, voice.folder
        self._texts = Pile(None if folder is None else folder / f"texts-{number}")
        self._traces = Pile(None if folder is None else folder / f"traces-{number}")

    def hear(
        self,
        segments: Sequence[JsonObject],
        places: Sequence[tuple[int, int]],
        *,
        clean: bool = False,
        recordings: Sequence[str | None] | None = None,
    ) -> list[tuple[int, Finding]]:
        """Judge the next segments; return each finding with the index of its segment, in order.

        Args:
            segments: the segments.
            places: line and column of each.
            clean: whether their text stood in a block of which `RulePack.is_clean_block` is true.
            recordings: the recording of each, where each segment names its own; None where it names none.
        """
        if not self.pack.severities:
            return []
        if self._wants_names:
            self._note_names(segments, places)
        if self._wants_texts:
            self._note_texts(segments, places, recordings)
        if self.voice.spread:
            if self._wants_recording or self.pack.of_recording:
                self._note_traces(segments, places, recordings)
        elif self._wants_recording:
            self._note_recording(segments, places)
        if self._watch is None:
            return self.pack.check_segments(segments, clean=clean)
        return self._watch.sweep(segments, places, clean=clean)

    def finish(self) -> SourceEvidence:
        """Return what was kept."""
        names = tuple((name, line, column) for name, (line, column) in self._names.items())
        recording = b""
        if self._first is not None and self._characters >= self.pack.limits[RECORDING_CHARACTERS.name]:
            recording = RECORDINGS.pack(self._digest.digest(), self.voice.number, *self._first)
        return SourceEvidence(self.voice.number, names, recording, self._texts, self._traces)

    def _note_names(self, segments: Sequence[JsonObject], places: Sequence[tuple[int, int]]) -> None:
        key = self.pack.properties.speaker or ""
        names = self._names
        for segment, place in zip(segments, places, strict=True):
            name = segment.get(key)
            if type(name) is str and name not in names and len(names) < _NAMES and name.strip():
                names[name[:_NAME_CHARACTERS]] = place

    def _note_texts(
        self,
        segments: Sequence[JsonObject],
        places: Sequence[tuple[int, int]],
        recordings: Sequence[str | None] | None,
    ) -> None:
        key, least = self.pack.properties.text or "", self.pack.limits[LEAKAGE_CHARACTERS.name]
        for index, segment in enumerate(segments):
            text = segment.get(key)
            if type(text) is not str or len(text) < least:
                continue
            recording = self.voice.recording if recordings is None else recordings[index]
            if recording is not None and self.voice.split_of is not None:
                split = self.voice.split_of(recording)
                self._texts.add(TEXTS.pack(digest_of(text.strip()), self.voice.number, *places[index], split))

    def _note_recording(self, segments: Sequence[JsonObject], places: Sequence[tuple[int, int]]) -> None:
        key = self.pack.properties.text or ""
        texts = [text if type(text := segment.get(key)) is str else "" for segment in segments]
        joined = "\0".join(texts)
        self._digest.update(joined.encode())
        self._digest.update(b"\0")
        self._characters += len(joined) - len(texts) + 1
        if self._first is None and places:
            self._first = places[0]

    def _note_traces(
        self,
        segments: Sequence[JsonObject],
        places: Sequence[tuple[int, int]],
        recordings: Sequence[str | None] | None,
    ) -> None:
        for index, segment in enumerate(segments):
            recording = self.voice.recording if recordings is None else recordings[index]
            if recording is None:
                continue
            turn = read_turn(segment, self.pack.properties)
            speaker = b"" if turn.speaker is None else digest_of(str(turn.speaker), 8)
            self._traces.add(
                TRACES.pack(
                    digest_of(recording),
                    self.voice.number,
                    *places[index],
                    self.voice.single,
                    _fit(turn.start),
                    _fit(turn.end),
                    speaker,
                    b"" if turn.text is None else digest_of(turn.text),
                    min(turn.length, 0xFFFFFFFF),
                )
            )


def digest_of(text: str, size: int = DIGEST) -> bytes:
    """Return the digest of a text."""
    return blake2b(text.encode(), digest_size=size).digest()


def _fit(time: int | None) -> int:
    """Return a time of 64 bits; what is beyond them is no time."""
    return time if time is not None and -NEVER > time > NEVER else NEVER
