from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from packager.assemble import InvalidSegments, build_dataset
from packager.card import lint_card
from packager.card_rules import CARD_RULES, CardRule
from packager.cli import main
from packager.config import shipped_file
from packager.folders import load_build
from packager.model import Severity
from project import make_corpus, make_segment, write_lines

WRONG = """\
---
license: cc-by-5.0
language:
- eng-US
- qq
language_bcp47:
- not a tag
task_categories:
- automatic speech recognition
task_ids: [speaker-identity]
tags: transcripts
pretty_name: [Turns]
---

# Turns

[More Information Needed] in `me/turns`. See [the site](http://) or [nothing]().

<!-- prompt: Who
speaks? -->

## Empty

<!-- a remark -->

## Full

### Deeper

TODO
"""

FOUND = [
    (2, 10, "license"),
    (4, 3, "language"),
    (5, 3, "language"),
    (7, 3, "language"),
    (9, 3, "task"),
    (10, 12, "task-id"),
    (11, 7, "value"),
    (12, 14, "value"),
    (17, 1, "placeholder"),
    (17, 31, "placeholder"),
    (17, 55, "link"),
    (17, 77, "link"),
    (19, 1, "prompt"),
    (22, 1, "empty-section"),
    (30, 1, "placeholder"),
]


def places(source: str) -> list[tuple[int, int, str]]:
    found = lint_card(source.encode(), "card.md")
    return [(each.line, each.column, each.rule.removeprefix("card/")) for each in found]


def test_a_deliberately_wrong_card_is_told_everything_at_its_place() -> None:
    assert places(WRONG) == FOUND


def test_a_prompt_may_stand_in_the_front_matter_too() -> None:
    front = "# prompt: Which?\n# Prompt:\nlicense: mit\nmore: |\n  # prompt: no\ntags: [] # prompt: no\n"
    assert places(f"---\n{front}---\n# Turns\n\nText.\n") == [(2, 1, "prompt"), (3, 1, "prompt")]


def lint_example(text: str) -> list[str]:
    found = lint_card(
        text.encode(errors="surrogateescape"), "card.md", rows=9, files=("data/train-0.parquet",)
    )
    return [each.rule for each in found]


@pytest.mark.parametrize("rule", CARD_RULES, ids=[rule.id for rule in CARD_RULES])
def test_the_bad_example_of_a_rule_breaks_it_alone_and_the_good_one_none(rule: CardRule) -> None:
    assert lint_example(rule.bad) == [rule.id]
    assert lint_example(rule.good) == []


def test_a_project_chooses_the_rules_of_its_card(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = make_started(tmp_path / "turns")
    config = (project / "dataset.toml").read_text()

    def told(table: str) -> dict[str, int]:
        (project / "dataset.toml").write_text(f"{config}\n{table}\n")
        capsys.readouterr()
        for command in (["check"], ["card", "--check"]):
            main([*command, "--project", str(project), "--format", "json"])
        one, two = (json.loads(text) for text in _documents(capsys.readouterr().out))
        assert one["problems"] == two["problems"]
        return Counter(f"{each['rule']} {each['severity']}" for each in one["problems"])

    assert told("") == {"card/prompt warning": 6, "card/no-license warning": 1}
    assert told('[check]\nignore = ["card/*"]') == {}
    assert told('[check]\nselect = ["text", "card/prompt"]') == {"card/prompt warning": 6}
    assert told('[check]\nignore = ["card/prompt"]\nseverity = { card = "note" }') == {
        "card/no-license note": 1
    }
    path = '[[check.path]]\npattern = "dataset_card.md"\nseverity = { "card/prompt" = "off" }'
    assert told(path) == {"card/no-license warning": 1}
    (project / "dataset_card.md").write_text("---\nlicense: mit\nlicense: gpl\n---\n")
    assert told('[check]\nignore = ["*"]') == {"card/duplicate-key error": 1}


def _documents(text: str) -> list[str]:
    return [f"{part}}}" for part in text.split("\n}\n")[:-1]]


@pytest.mark.parametrize(
    "front",
    [
        "license: mit",
        "license: [cc-by-4.0]",
        "license: other\nlicense_name: ours\nlicense_link: LICENSE",
        'license: mit\nlanguage: ["no", en, nds, code]',
        "license: mit\nlanguage_bcp47: [pt-BR, zh-Hant-TW]",
        "license: mit\ntask_categories: [automatic-speech-recognition]\ntask_ids: [speaker-identification]",
        "license: mit\nsize_categories: [nonsense]\nconfigs: nonsense",
    ],
)
def test_a_right_card_is_told_nothing(front: str) -> None:
    body = "# Turns\n\nText with `code`, a [link](docs/a.md), ![a picture](card/a.svg) and <https://a.example/b>.\n"
    assert places(f"---\n{front}\n---\n{body}") == []


def test_other_needs_a_name_and_a_link() -> None:
    assert places("---\nlicense: other\n---\n") == [(2, 10, "license"), (2, 10, "license")]


def test_what_is_only_missing_is_a_warning() -> None:
    found = lint_card(shipped_file("dataset_card.md"), "dataset_card.md")
    assert {each.severity for each in found} == {Severity.WARNING}
    assert {each.rule for each in found} == {"card/no-license", "card/prompt"}


def test_the_card_of_a_build_is_held_against_it(tmp_path: Path) -> None:
    manifest = build_dataset(make_corpus(tmp_path))
    readme = (tmp_path / "build" / "README.md").read_text()
    names = [file.path for file in load_build(tmp_path / "build").files]
    rows = sum(split.rows for split in manifest.splits)

    def told(text: str) -> list[str]:
        found = lint_card(text.encode(), "README.md", rows=rows, files=names)
        return [each.rule for each in found if each.severity is Severity.ERROR]

    assert told(readme) == []
    assert told(readme.replace("n<1K", "1K<n<10K")) == ["card/size"]
    assert told(re.sub("data/train-.*", "data/dev-*", readme)) == ["card/configs"]


def make_started(folder: Path) -> Path:
    assert main(["--quiet", "init", str(folder)]) == 0
    write_lines(folder / "segments" / "ep1.jsonl", [make_segment()])
    return folder


def test_a_fresh_project_checks_builds_and_rehearses_unless_strict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = str(make_started(tmp_path / "turns"))
    assert main(["check", "--project", project]) == 0
    assert "6 card/prompt" in capsys.readouterr().out
    assert main(["check", "--project", project, "--strict"]) == 1
    assert main(["card", "--check", "--project", project]) == 0
    assert main(["card", "--check", "--strict", "--project", project]) == 1
    capsys.readouterr()
    assert main(["build", "--project", project]) == 0
    assert "dataset_card.md has 7 warnings" in capsys.readouterr().err
    assert main(["card", "--project", project]) == 0
    assert capsys.readouterr().out == Path(project, "build", "README.md").read_text()
    assert main(["--quiet", "publish", "--rehearse", "--project", project]) == 0


def test_a_wrong_value_stops_check_and_build(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = make_started(tmp_path / "turns")
    (project / "dataset_card.md").write_text("---\nlicense: apache\n---\n# Turns\n\nText.\n")
    capsys.readouterr()
    assert main(["check", "--project", str(project), "--format", "json"]) == 1
    [problem] = json.loads(capsys.readouterr().out)["problems"]
    assert (problem["path"], problem["line"], problem["rule"]) == ("dataset_card.md", 2, "card/license")
    assert main(["check", "--project", str(project), str(project / "segments")]) == 0
    with pytest.raises(InvalidSegments):
        build_dataset(project)
    for form in ("text", "json", "sarif", "github", "junit"):
        assert main(["card", "--check", "--project", str(project), "--format", form]) == 1
        assert "card/license" in capsys.readouterr().out
