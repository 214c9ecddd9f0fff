"""Rules whose properties nobody has: told once, with what to write, and never claimed to have run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from packager.assemble import run_build
from packager.check import check_segments
from packager.cli import main
from packager.config import load_project
from packager.errors import ConfigError
from project import make_project, write_json, write_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STRING = {"type": "string"}
NUMBER = {"type": "number"}
LOWER = {"speaker": STRING, "start": NUMBER, "end": NUMBER, "text": STRING}
BACKWARDS = {"speaker": "Ada", "start": 9.5, "end": 5.0, "text": " So."}
SILENT = (
    'the schema declares no property "Start", "End", "Text" or "Speaker", so 27 rules that look at that '
    "cannot run (time, rate, text, loop, speaker, duplicate, split): say in dataset.toml which properties "
    "they are, or ignore the rules"
)
MINE = '[time]\nstart = "start"\nend = "end"\n[check]\ntext = "text"\nspeaker = "speaker"\n'


def make(folder: Path, schema: dict[str, Any], config: str = "", *segments: object) -> Path:
    make_project(folder, config)
    write_json(folder / "schema" / "segment.schema.json", schema)
    write_lines(folder / "segments" / "a.jsonl", segments or (BACKWARDS,))
    return folder


def test_names_that_nothing_has_are_one_warning_with_the_lines_to_write(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path, {"properties": LOWER})
    assert main(["check", "--project", str(tmp_path), "--strict", "--format", "json"]) == 0
    printed = capsys.readouterr()
    [warning] = json.loads(printed.out)["warnings"]
    assert warning.splitlines() == [
        SILENT,
        "[time]",
        'start = "start"  # the property that says when a segment starts',
        'end = "end"  # and when it ends',
        "[check]",
        'text = "text"  # the property that holds what is said',
        'speaker = "speaker"  # and who says it',
    ]
    assert printed.err == f"packager: warning: {warning}\n"


def test_the_lines_of_the_warning_mend_it(tmp_path: Path) -> None:
    make(tmp_path, {"properties": LOWER})
    [warning] = check_segments(tmp_path).warnings
    make_project(tmp_path, "\n".join(warning.splitlines()[1:]))
    report = check_segments(tmp_path)
    assert report.warnings == ()
    assert [each.rule for each in report.problems] == ["time/end-before-start", "text/whitespace"]


@pytest.mark.parametrize("closing", ["additionalProperties", "unevaluatedProperties"])
def test_a_given_name_that_a_closed_schema_does_not_declare_is_an_error(
    tmp_path: Path, closing: str, capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path, {"properties": LOWER, closing: False}, '[time]\nstart = "Start"\n[check]\ntext = "txet"\n')
    assert main(["check", "--project", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert 'declares no property "Start", which time.start of dataset.toml names' in said
    assert 'did you mean "start"?' in said
    assert 'did you mean "text"?' in said
    with pytest.raises(ConfigError):
        run_build(load_project(tmp_path), tmp_path / "build")


def test_a_default_name_that_a_closed_schema_does_not_declare_is_a_warning(tmp_path: Path) -> None:
    report = check_segments(make(tmp_path, {"properties": LOWER, "additionalProperties": False}))
    assert len(report.warnings) == 1


def declaring() -> Iterator[dict[str, Any]]:
    part: dict[str, Any] = {"properties": LOWER}
    for keyword in ("oneOf", "anyOf", "allOf"):
        yield {keyword: [part]}
    yield {"if": {"required": ["text"]}, "then": part}
    yield {"if": {"required": ["TEXT"]}, "else": part}
    yield {"dependentSchemas": {"text": part}}
    yield {"$ref": "#/$defs/turn", "$defs": {"turn": part}}
    yield {"anyOf": [{"$ref": "#/$defs/turn"}], "$defs": {"turn": {"allOf": [{"oneOf": [part]}]}}}


@pytest.mark.parametrize("schema", list(declaring()), ids=lambda schema: next(iter(schema)))
@pytest.mark.parametrize("closed", [False, True])
def test_a_property_that_some_branch_declares_is_declared(
    tmp_path: Path, schema: dict[str, Any], *, closed: bool
) -> None:
    schema |= {"unevaluatedProperties": False} if closed else {}
    report = check_segments(make(tmp_path, schema, MINE))
    assert report.warnings == ()
    assert {each.rule for each in report.problems} == {"time/end-before-start", "text/whitespace"}


def test_a_schema_whose_branches_are_all_closed_is_closed(tmp_path: Path) -> None:
    branch = {"properties": LOWER, "additionalProperties": False}
    make(tmp_path, {"oneOf": [branch, False]}, '[check]\ntext = "words"\n')
    with pytest.raises(ConfigError, match='declares no property "words"'):
        check_segments(tmp_path)
    make(tmp_path, {"oneOf": [branch, {"required": ["words"]}]}, '[check]\ntext = "words"\n')
    assert "words" in check_segments(tmp_path).warnings[0]


def test_a_schema_inside_itself_is_walked_once(tmp_path: Path) -> None:
    schema = {"$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}, {"properties": LOWER}]}}, "$ref": "#/$defs/a"}
    assert check_segments(make(tmp_path, schema, MINE)).warnings == ()


def test_what_an_open_schema_does_not_declare_is_looked_at_where_it_was_named(tmp_path: Path) -> None:
    report = check_segments(make(tmp_path, {}, MINE))
    assert report.warnings == ()
    assert [each.rule for each in report.problems] == ["time/end-before-start", "text/whitespace"]


def test_one_segment_in_many_files_is_enough(tmp_path: Path) -> None:
    make(tmp_path, {}, MINE, {"text": "So."})
    for number in range(3):
        write_lines(tmp_path / "segments" / f"b{number}.jsonl", [{"speaker": "Ada"}, {"start": 1, "end": 2}])
    assert check_segments(tmp_path).warnings == ()


def test_a_remembered_report_keeps_the_warning(tmp_path: Path) -> None:
    make(tmp_path, {"properties": LOWER})
    first = check_segments(tmp_path, remember=True)
    assert check_segments(tmp_path, remember=True) == first
    assert first.warnings


def test_rules_that_the_project_does_not_want_are_not_missed(tmp_path: Path) -> None:
    make(tmp_path, {"properties": LOWER}, '[check]\nignore = ["*"]\n')
    assert check_segments(tmp_path).warnings == ()


def test_names_that_would_steer_a_terminal_are_escaped(tmp_path: Path) -> None:
    make(tmp_path, {}, '[check]\ntext = "\\u001b[31m\\""\n')
    [warning] = check_segments(tmp_path).warnings
    assert r'"\U0000001B[31m\""' in warning
    assert "\x1b" not in warning


def listed(folder: Path) -> list[str]:
    card = (folder / "build" / "README.md").read_text()
    return [line.split("`")[1] for line in card.splitlines() if line.startswith(("| `time/", "| `text/"))]


def test_the_card_lists_only_rules_that_ran(tmp_path: Path) -> None:
    sound = {**BACKWARDS, "end": 12}
    make(tmp_path, {"properties": LOWER}, "", sound)
    run_build(load_project(tmp_path), tmp_path / "build")
    assert listed(tmp_path) == ["text/secret"]  # which looks at every string, whatever it is called
    make_project(tmp_path, MINE)
    run_build(load_project(tmp_path), tmp_path / "build")
    assert listed(tmp_path) == ["time/not-a-time", "time/end-before-start", "text/secret"]
    write_lines(tmp_path / "segments" / "a.jsonl", [{"text": "So."}])
    run_build(load_project(tmp_path), tmp_path / "build")
    assert listed(tmp_path) == ["text/secret"]


def test_a_build_that_remembers_lists_the_same(tmp_path: Path) -> None:
    make(tmp_path, {}, MINE, {"text": "So."})
    for number in range(3):
        write_json(tmp_path / "segments" / "many" / f"{number}.json", {"start": number, "end": number + 1})
    for _ in range(2):
        run_build(load_project(tmp_path), tmp_path / "build", remember=True)
        assert listed(tmp_path) == ["time/not-a-time", "time/end-before-start", "text/secret"]
    (tmp_path / "segments" / "a.jsonl").unlink()
    run_build(load_project(tmp_path), tmp_path / "build", remember=True)
    assert listed(tmp_path) == ["time/not-a-time", "time/end-before-start", "text/secret"]


def test_no_name_is_advised_that_would_be_told_of_again(tmp_path: Path) -> None:
    rows = {"start": 0.5, "end": 5.0, "text": "So.", "speaker": 1}
    make(tmp_path, {"properties": {**LOWER, "speaker": {"type": "integer"}}}, "", rows)
    [warning] = check_segments(tmp_path).warnings
    assert 'text = "text"' in warning
    assert 'speaker = "…"' in warning
