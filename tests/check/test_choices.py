"""Which rules hold, how bad they are, and for which files, is the project's to say."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest

from packager.check import check_segments
from packager.check.criteria import make_criteria
from packager.check.rules import RULES, resolve_severities
from packager.config import Choices, load_project
from packager.errors import ConfigError
from project import make_project, make_segment, write_json, write_lines

if TYPE_CHECKING:
    from pathlib import Path

OPTIONAL = {rule.id for rule in RULES if rule.optional}
ALL = {rule.id for rule in RULES} - OPTIONAL


def resolve(*choices: Choices) -> dict[str, str]:
    return {rule: severity.value for rule, severity in resolve_severities(choices).items()}


def check(folder: Path, config: str) -> list[tuple[str, str, str]]:
    make_project(folder, config)
    bad = {**make_segment(" &amp; "), "Speaker": "SPEAKER_00"}
    write_lines(folder / "segments" / "new" / "a.jsonl", [bad])
    write_lines(folder / "segments" / "old" / "b.jsonl", [bad])
    return [(each.path[9:12], each.rule, each.severity.value) for each in check_segments(folder).problems]


def test_without_choices_every_rule_holds_as_it_is_documented() -> None:
    assert resolve(Choices()) == {rule.id: rule.severity.value for rule in RULES if not rule.optional}


def test_an_optional_rule_holds_only_where_its_own_id_is_named() -> None:
    assert {"split/near-leakage"} == OPTIONAL
    name = "split/near-leakage"
    assert name not in resolve(Choices(select=("split", "split/*"), severity=(("split/*", "error"),)))
    assert resolve(Choices(select=("text/empty", name))) == {"text/empty": "warning", name: "warning"}
    assert resolve(Choices(severity=((name, "note"),))) == {**resolve(Choices()), name: "note"}
    assert name not in resolve(Choices(severity=((name, "off"),)))
    assert name not in resolve(Choices(ignore=("split",), severity=((name, "note"),)))
    assert resolve(Choices(), Choices(severity=((name, "error"),)))[name] == "error"


def test_rules_are_named_by_id_by_family_and_by_pattern() -> None:
    assert set(resolve(Choices(select=("loop", "text/empty", "time/not*")))) == {
        *("loop/phrase", "loop/segments", "text/empty", "time/not-a-time"),
    }
    assert ALL - set(resolve(Choices(ignore=("text/*", "duplicate")))) == {
        rule for rule in ALL if rule.startswith(("text/", "duplicate/"))
    }
    assert resolve(Choices(ignore=("*",))) == {}


def test_what_names_one_rule_goes_before_what_names_many() -> None:
    choices = Choices(select=("text",), severity=(("text/empty", "error"), ("text/*", "off")))
    assert resolve(choices) == {"text/empty": "error"}


def test_a_severity_does_not_bring_back_what_is_ignored() -> None:
    assert "text/empty" not in resolve(Choices(ignore=("text/empty",), severity=(("text/empty", "error"),)))


def test_choices_of_paths_come_on_top_of_those_of_the_project() -> None:
    project = Choices(ignore=("text/*",))
    path = Choices(select=("text/empty",), severity=(("time/*", "note"),))
    assert set(resolve(project, path)) == set(resolve(project)) | {"text/empty"}
    assert resolve(project, path)["time/not-a-time"] == "note"


def test_a_project_says_how_bad_a_rule_is(tmp_path: Path) -> None:
    config = '[check]\nselect = ["text"]\nseverity = { "text/whitespace" = "error", "text/entity" = "off" }\n'
    assert check(tmp_path, config) == [
        ("new", "text/whitespace", "error"),
        ("old", "text/whitespace", "error"),
    ]


def test_a_path_has_rules_of_its_own(tmp_path: Path) -> None:
    config = (
        '[check]\nselect = ["text/entity"]\n'
        '[[check.path]]\npattern = "segments/old/**"\nselect = ["text/whitespace"]\n'
        'severity = { text = "note" }\n'
        '[[check.path]]\npattern = "segments/*/b.jsonl"\nignore = ["text/entity"]\n'
    )
    assert check(tmp_path, config) == [
        ("new", "text/entity", "warning"),
        ("old", "text/whitespace", "note"),
    ]


def test_rules_that_look_beyond_a_file_heed_the_path_of_the_later_one(tmp_path: Path) -> None:
    config = (
        '[check]\nselect = ["speaker"]\n[[check.path]]\npattern = "segments/new/**"\nignore = ["speaker"]\n'
    )
    assert check(tmp_path, config) == [("old", "speaker/placeholder", "note")]


def test_the_properties_have_the_names_that_the_project_gives(tmp_path: Path) -> None:
    make_project(tmp_path, '[check]\ntext = "body"\nspeaker = "who"\n')
    properties = {"body": {"type": "string"}, "who": {"type": "string"}, "Text": {"type": "string"}}
    write_json(tmp_path / "schema" / "segment.schema.json", {"properties": properties})
    write_lines(tmp_path / "segments" / "a.jsonl", [{"body": " x", "Text": " x", "who": "SPEAKER_00"}])
    found = [(each.pointer, each.rule) for each in check_segments(tmp_path).problems]
    assert found == [("/body", "text/whitespace"), ("/who", "speaker/placeholder")]


def test_a_property_that_may_be_no_string_has_no_rules(tmp_path: Path) -> None:
    make_project(tmp_path)
    schema = {"properties": {"Text": {"type": ["string", "integer"]}, "Speaker": {}}}
    write_json(tmp_path / "schema" / "segment.schema.json", schema)
    write_lines(tmp_path / "segments" / "a.jsonl", [{"Text": " x", "Speaker": "SPEAKER_00"}])
    assert check_segments(tmp_path).problems == ()


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (
            '[check]\nselect = ["txt"]\n',
            r"check\.select: 'txt' is no rule; .*packager rules.*time/\*, rate/\*",
        ),
        ('[check]\nignore = ["json/empty"]\n', r"check\.ignore: 'json/empty' is no rule"),
        ('[check]\nseverity = { "text/emty" = "off" }\n', r"check\.severity: 'text/emty' is no rule"),
        (
            "[check.limits]\nlongest = 3\n",
            r"check\.limits\.longest: unknown threshold; allowed: .*longest_seconds",
        ),
        (
            "[check.limits]\nlongest_seconds = 0\n",
            r"check\.limits\.longest_seconds: must be 1 or more, not 0",
        ),
        ('[[check.path]]\npattern = "x"\nignore = ["?/"]\n', r"check\.path\.ignore: '\?/' is no rule"),
        ('[[check.path]]\npattern = "[z-a]"\n', r"check\.path\.pattern: '\[z-a\]' is no pattern"),
    ],
)
def test_a_rule_or_threshold_that_there_is_not_is_named(tmp_path: Path, config: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        check(tmp_path, config)
    assert str(caught.value).startswith(f"{tmp_path / 'dataset.toml'}: ")


def test_what_a_verdict_depends_on_is_small_and_travels(tmp_path: Path) -> None:
    make_project(
        tmp_path, '[check]\nformats = false\nselect = ["text"]\n[check.limits]\nlongest_seconds = 3\n'
    )
    criteria = make_criteria(load_project(tmp_path))
    data = pickle.dumps(criteria)
    assert pickle.loads(data) == criteria  # noqa: S301 - our own
    assert hash(criteria) == hash(pickle.loads(data))  # noqa: S301 - likewise
    assert len(data) < len(criteria.schema) + 2000
    assert not criteria.formats


def test_formats_are_not_asserted_where_the_project_says_so(tmp_path: Path) -> None:
    make_project(tmp_path, "[check]\nformats = false\n")
    schema = {"properties": {"Day": {"type": "string", "format": "date"}}}
    write_json(tmp_path / "schema" / "segment.schema.json", schema)
    write_lines(tmp_path / "segments" / "a.jsonl", [{"Day": "tomorrow"}])
    assert check_segments(tmp_path).problems == ()
