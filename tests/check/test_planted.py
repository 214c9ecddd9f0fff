"""Every rule finds its bad example in the midst of clean segments, in whatever shape they are written."""

from __future__ import annotations

import json
import random
import re
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest

from packager.check import check_segments
from packager.check.rules import RULES
from project import make_project, write_json, write_lines

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from packager.check.rules import Rule
    from packager.check.rules.rule import Example

    Found = tuple[str, int, int, str, str]
    """Path, line, column, pointer and rule."""

LENIENT: Final = {
    "properties": {
        "Speaker": {"type": ["string", "null"]},
        "Start": {"type": ["string", "number"]},
        "End": {"type": ["string", "number"]},
        "Text": {"type": "string"},
    }
}
"""Allows what the shipped schema refuses, so that the rules can be seen to find it."""
SPLITS: Final = "[splits]\ntrain = 0.5\ntest = 0.5\n"
LATER: Final = 10 * 3600
"""Seconds by which examples are moved, so that clean segments fit before them."""

ALONE: Final = [rule for rule in RULES if len(rule.bad) == 1]
TOGETHER: Final = [rule for rule in RULES if len(rule.bad) > 1]


class Shape(NamedTuple):
    """How recordings are written."""

    write: Callable[[dict[str, Any]], str]
    """A segment."""
    form: str = "lines"
    around: int = 400
    """Clean segments before an example, and behind it."""
    alter: Callable[[random.Random, dict[str, Any]], dict[str, Any]] = lambda _, segment: segment


def write_plain(segment: dict[str, Any]) -> str:
    return json.dumps(segment, ensure_ascii=False)


def write_spread(segment: dict[str, Any]) -> str:
    return json.dumps(segment, ensure_ascii=False, indent=2)


def add_words(chance: random.Random, segment: dict[str, Any]) -> dict[str, Any]:
    # A secret would be found in the words as well.
    words = [word for word in segment["Text"].split(" ") if len(word) < 20]
    return segment | {"Words": [{"word": word, "score": round(chance.random(), 3)} for word in words]}


def vary(chance: random.Random, segment: dict[str, Any]) -> dict[str, Any]:
    more = {"Language": "en", "Confidence": round(chance.random(), 3), "Note": None}
    members = [*segment.items(), *chance.sample(list(more.items()), chance.randint(0, 3))]
    chance.shuffle(members)
    return dict(members)


SHAPES: Final = {
    "lines": Shape(write_plain),
    "escaped": Shape(json.dumps),
    "optional": Shape(write_plain, alter=vary),
    "words": Shape(write_plain, alter=add_words),
    "array": Shape(write_plain, "array"),
    "pretty": Shape(write_spread, "array"),
    "files": Shape(write_spread, "files", around=60),
}


@pytest.mark.parametrize("name", SHAPES)
def test_each_example_of_one_recording_breaks_its_rule_alone(name: str, tmp_path: Path) -> None:
    """All of them stand in one project, the good ones too."""
    project = make_planted(tmp_path / "planted", "")
    expected: list[Found] = []
    for number, rule in enumerate(ALONE):
        places = find_alone(tmp_path / rule.id, rule, "")
        planted = plant(project, SHAPES[name], rule.bad, number)
        expected += [planted[place, at, pointer, rule.id] for place, at, pointer in places]
        if rule.id == "time/negative":  # what begins before the recording begins before its predecessor
            expected += [planted[place, at, pointer, "time/unsorted"] for place, at, pointer in places]
        plant(project, SHAPES[name], rule.good, len(ALONE) + number)

    report = check_segments(project)

    if SHAPES[name].form == "files":  # their place in the recording is that of their time
        expected = [found for found in expected if found[-1] != "time/unsorted"]
    assert find_all(report.problems) == sorted(expected)
    assert report.segments > 2 * 2 * len(ALONE) * SHAPES[name].around


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("rule", TOGETHER, ids=[rule.id for rule in TOGETHER])
def test_each_example_of_several_recordings_breaks_its_rule_alone(
    rule: Rule, name: str, tmp_path: Path
) -> None:
    config = SPLITS if rule.id != "duplicate/recording" else ""
    config += f'[check.severity]\n"{rule.id}" = "{rule.severity.value}"\n' if rule.optional else ""
    places = find_alone(tmp_path / "alone", rule, config)
    bad = make_planted(tmp_path / "bad", config)
    good = make_planted(tmp_path / "good", config)

    alike = rule.id == "duplicate/recording"
    planted = plant(bad, SHAPES[name], rule.bad, alike=alike)
    plant(good, SHAPES[name], rule.good, alike=alike)

    if alike:  # it is the recording that is there twice: its first segment is told
        places = [(place, -SHAPES[name].around, pointer) for place, _, pointer in places]
    expected = [planted[place, at, pointer, rule.id] for place, at, pointer in places]
    assert find_all(check_segments(bad).problems) == expected
    assert find_all(check_segments(good).problems) == []


def make_planted(folder: Path, config: str) -> Path:
    project = make_project(folder, config)
    write_json(project / "schema" / "segment.schema.json", LENIENT)
    return project


def find_alone(folder: Path, rule: Rule, config: str) -> list[tuple[str, int, str]]:
    """Return what is wrong with an example alone: recording, number of the segment, pointer."""
    project = make_planted(folder, config)
    for name, segments in rule.bad:
        write_lines(project / "segments" / name, segments)
    problems = check_segments(project).problems
    assert {problem.rule for problem in problems} == {rule.id}
    return [
        (problem.path.removeprefix("segments/"), problem.line - 1, problem.pointer) for problem in problems
    ]


def find_all(problems: Any) -> list[Found]:  # noqa: ANN401 - a tuple of problems
    return sorted((each.path, each.line, each.column, each.pointer, each.rule) for each in problems)


class Planted(dict[tuple[str, int, str, str], "Found"]):
    """Where each segment stands once its example is planted, whose first one has the number 0."""

    def __init__(self, places: dict[tuple[str, int], tuple[str, str, int]]) -> None:
        super().__init__()
        self._places = places

    def __missing__(self, key: tuple[str, int, str, str]) -> Found:
        name, at, pointer, rule = key
        path, text, begin = self._places[name, at]
        offset = begin
        if pointer:
            label = f'"{pointer[1:]}": '
            offset = text.index(label, begin) + len(label)
        line = text.count("\n", 0, offset) + 1
        return path, line, offset - text.rfind("\n", 0, offset), pointer, rule


def plant(
    project: Path, shape: Shape, example: Example, number: int | None = None, *, alike: bool = False
) -> Planted:
    """Write an example, each of its recordings with clean segments before and behind.

    With a number, that is a part of the recordings' names. The clean segments are those of nobody else in
    other recordings, unless they are to be `alike`.
    """
    places: dict[tuple[str, int], tuple[str, str, int]] = {}
    for name, segments in example:
        stem = name.removesuffix(".jsonl") + ("" if number is None else f"{number:03}")
        topic = "honour" if alike else stem
        before, behind = range(shape.around), range(shape.around, 2 * shape.around)
        rows = [
            *(make_clean(at, 2 * at, topic) for at in before),
            *(move(segment) for segment in segments),
            *(make_clean(at, 2 * at + LATER + 3600, topic) for at in behind),
        ]
        chance = random.Random(stem)
        texts = [shape.write(shape.alter(chance, row)) for row in rows]
        for at, place in enumerate(lay_out(project, shape, stem, texts), -shape.around):
            places[name, at] = place
    return Planted(places)


def lay_out(project: Path, shape: Shape, stem: str, texts: list[str]) -> list[tuple[str, str, int]]:
    """Write a recording; return where each of its segments is: path, text of the file and offset."""
    folder = project / "segments"
    if shape.form == "files":
        (folder / stem).mkdir(parents=True)
        for number, text in enumerate(texts):
            (folder / stem / f"{number:04}.json").write_text(text, encoding="utf-8")
        return [(f"segments/{stem}/{number:04}.json", text, 0) for number, text in enumerate(texts)]
    folder.mkdir(exist_ok=True)
    array = shape.form == "array"
    start, between, end = ("[", ", ", "]") if array else ("", "\n", "\n")
    whole = start + between.join(texts) + end
    path = f"segments/{stem}.{'json' if array else 'jsonl'}"
    (project / path).write_text(whole, encoding="utf-8")
    ends = accumulate((len(text) + len(between) for text in texts[:-1]), initial=len(start))
    return [(path, whole, begin) for begin in ends]


def make_clean(number: int, start: int, topic: str) -> dict[str, Any]:
    text = f"Of {topic} we spoke in case {number}, and so on."
    return {"Speaker": f"Guest of {topic}", "Start": tell(start), "End": tell(start + 2), "Text": text}


def move(segment: Any) -> dict[str, Any]:  # noqa: ANN401 - a segment of an example
    """Return a segment as it would be said later; one that begins below zero stays."""
    if isinstance(segment["Start"], float) and segment["Start"] < 0:
        return dict(segment)
    return {**segment, **{name: move_time(segment[name]) for name in ("Start", "End")}}


def move_time(time: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(time, str):
        return f"10{time[2:]}" if re.match("00:", time) else time
    return time + LATER if isinstance(time, int | float) else time


def tell(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
