"""Read the sources of a project anew and yield every valid segment with its place in the data set.

This is not how build reads them: it is what a published data set is compared with.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packager.check.criteria import load_schema, make_criteria
from packager.check.engine import find_project_sources
from packager.check.fit import judge_to_fit
from packager.columns import seconds_of
from packager.reading import Empty, Form, Unreadable, find_form, read_blocks
from packager.recordings import claim_recording, name_recording
from packager.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction
    from pathlib import Path

    from packager.check.criteria import Criteria
    from packager.check.judge import Judged
    from packager.columns import Layout
    from packager.config import Config
    from packager.model import JsonObject, SourceFile


@dataclass(frozen=True, slots=True)
class ExpectedRow:
    """What one row of a published data set must say, by its source."""

    recording: str
    segment: int
    value: JsonObject
    """The segment as its source says it."""
    start_seconds: float | None = None
    """What the column of this name must hold; None also if there is no such column."""
    end_seconds: float | None = None


def read_rows(config: Config, build: Path | None = None) -> Iterator[ExpectedRow]:
    """Yield every valid segment of the project with its recording, number and times, in any order.

    `build` is the folder of the build that they are compared with.

    The segments of a recording that is a folder of one-object files are held together; else memory holds one.
    """
    criteria = make_criteria(config, errors_only=True)
    _, layout = load_schema(criteria)
    sources = find_project_sources(config, build).sources
    key = config.recording_property
    placed = (
        _by_place(sources, criteria, config.recording)
        if key is None
        else _by_property(sources, criteria, key)
    )
    for recording, number, segment in placed:
        yield _expect(recording, number, segment, layout)


def _by_property(
    sources: Sequence[SourceFile], criteria: Criteria, key: str
) -> Iterator[tuple[str, int, JsonObject]]:
    numbers: Counter[str] = Counter()
    for source in sources:
        for judged in _judge_whole(source, criteria):
            value = judged.item.value
            if value is not None and (recording := name_recording(value, key)) is not None:
                if judged.segment is not None:
                    yield recording, numbers[recording], judged.segment
                numbers[recording] += 1


def _by_place(
    sources: Sequence[SourceFile], criteria: Criteria, mode: str
) -> Iterator[tuple[str, int, JsonObject]]:
    gathered: dict[str, list[tuple[SourceFile, bool]]] = {}
    for source in sources:
        single = find_form(source) is Form.OBJECT
        if single or _holds_segments(source):
            claim = claim_recording(source, mode, single=single)
            gathered.setdefault(claim.recording, []).append((source, single))
    for recording, members in gathered.items():
        if len(members) > 1 and all(single for _, single in members):
            members.sort(key=lambda member: _start_of(member[0], criteria))
        number = 0
        for source, single in members:
            before = number
            for judged in _judge_whole(source, criteria):
                if judged.segment is not None:
                    yield recording, number, judged.segment
                number += 1
            if single:
                number = before + 1  # also when its one segment cannot be read


def _holds_segments(source: SourceFile) -> bool:
    """Return whether the file has segments and can be read to the end."""
    return not any(isinstance(read, Empty | Unreadable) for read in read_blocks(source))


def _judge_whole(source: SourceFile, criteria: Criteria) -> Iterator[Judged]:
    """Yield the values of a file; none if it cannot be read to the end."""
    if _holds_segments(source):
        yield from judge_to_fit(source, criteria)


def _start_of(source: SourceFile, criteria: Criteria) -> tuple[bool, int | Fraction]:
    for judged in _judge_whole(source, criteria):
        if judged.item.value is not None:
            start = parse_time(judged.item.value.get(criteria.start))
            return start is None, start or 0
    return True, 0


def _expect(recording: str, number: int, segment: JsonObject, layout: Layout) -> ExpectedRow:
    start = None if layout.start is None else seconds_of(segment.get(layout.start))
    end = None if layout.end is None else seconds_of(segment.get(layout.end))
    return ExpectedRow(recording, number, segment, start, end)
