"""Read the sources of a project anew and yield every valid segment with its place in the data set.

This is not how build reads them: it is what a published data set is compared with.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from packager.check.engine import find_project_sources, make_criteria
from packager.check.judge import Judged, judge_file, load_schema
from packager.model import ExpectedRow
from packager.recordings import claim_recording, name_recording
from packager.schema.rows import seconds_of
from packager.segments.read import Form, Unreadable, find_form, read_items
from packager.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction

    from packager.check.judge import Criteria
    from packager.config import Config
    from packager.model import JsonObject, SourceFile
    from packager.schema.columns import Layout


def read_rows(config: Config) -> Iterator[ExpectedRow]:
    """Yield every valid segment of the project with its recording, number and times, in any order.

    The segments of a recording that is a folder of one-object files are held together; else memory holds one.
    """
    criteria = make_criteria(config)
    _, layout = load_schema(criteria)
    sources = find_project_sources(config)
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
    single = {source: find_form(source) is Form.OBJECT for source in sources}
    gathered: dict[str, list[SourceFile]] = {}
    for source in sources:
        claim = claim_recording(source, mode, single=single[source])
        gathered.setdefault(claim.recording, []).append(source)
    for recording, members in gathered.items():
        if len(members) > 1 and all(single[source] for source in members):
            members.sort(key=lambda source: _start_of(source, criteria))
        number = 0
        for source in members:
            before = number
            for judged in _judge_whole(source, criteria):
                if judged.segment is not None:
                    yield recording, number, judged.segment
                number += 1
            if single[source]:
                number = before + 1  # also when its one segment cannot be read


def _judge_whole(source: SourceFile, criteria: Criteria) -> Iterator[Judged]:
    """Yield the values of a file; none if it cannot be read to the end."""
    if not any(isinstance(item, Unreadable) for item in read_items(source)):
        for judged in judge_file(source, criteria):
            if isinstance(judged, Judged):
                yield judged


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
