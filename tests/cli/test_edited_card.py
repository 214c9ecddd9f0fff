"""A card that was edited on the Hub: shown, brought into the project, and then published with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from huggingface_hub import CommitOperationAdd, HfApi

from packager.cli import main
from packager.config import shipped_file
from packager.hub import connect_hub
from project import make_corpus, make_segment, write_lines

if TYPE_CHECKING:
    from pathlib import Path

    from packager.rehearsal import HubAddress

REPO = "me/turns"
CARD = (
    "---\nlicense: mit\n---\n# Turns\n\nOf speech.\n\n"
    "<!-- packager:load -->\n<!-- /packager:load -->\n\nThe end.\n"
)


@pytest.fixture
def project(tmp_path: Path, hub: HubAddress, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a published version and, since then, one more recording."""
    monkeypatch.setenv("HF_TOKEN", hub.token)
    folder = tmp_path / "project"
    make_corpus(folder, recordings=3)
    (folder / "dataset_card.md").write_text(CARD)
    assert run(folder, "build") == 0
    assert publish(folder, hub) == 0
    write_lines(folder / "segments/ep9.jsonl", [make_segment("News.", Speaker="Guest of day 9")])
    assert run(folder, "build") == 0
    return folder


def run(project: Path, command: str, *arguments: object) -> int:
    return main([command, "--project", str(project), "--quiet", *map(str, arguments)])


def publish(project: Path, hub: HubAddress, *arguments: object) -> int:
    return run(project, "publish", "--endpoint", hub.endpoint, *arguments)


def merge(project: Path, hub: HubAddress) -> int:
    return run(project, "card", "--merge", "--endpoint", hub.endpoint)


def edit(hub: HubAddress, old: str, new: str) -> None:
    text = read_card(hub, "main")
    assert old in text
    operation = CommitOperationAdd("README.md", text.replace(old, new).encode())
    api = HfApi(hub.endpoint, token=hub.token)
    api.create_commit(REPO, [operation], commit_message="edited", repo_type="dataset")


def read_card(hub: HubAddress, revision: str) -> str:
    return connect_hub(hub.endpoint, hub.token).read_file(REPO, revision, "README.md").decode()


def test_an_edit_on_the_hub_is_shown_merged_and_published(
    project: Path, hub: HubAddress, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(hub, "Of speech.", "Of \u202espoken words.")
    assert publish(project, hub) == 1
    said = capsys.readouterr().err
    assert "  --- v1.0.0\n  +++ now\n" in said
    assert "  -Of speech.\n  +Of \ufffdspoken words.\n" in said
    assert "packager card --merge" in said
    edit(hub, "Of \u202espoken words.", "Of spoken words.")
    assert merge(project, hub) == 0
    assert (project / "dataset_card.md").read_text() == CARD.replace("Of speech.", "Of spoken words.")
    assert run(project, "build") == 0
    assert publish(project, hub) == 0
    text = read_card(hub, "v1.1.0")
    assert "Of spoken words." in text
    assert 'revision="v1.1.0"' in text


def test_an_edit_of_what_is_generated_alone_is_written_anew(project: Path, hub: HubAddress) -> None:
    edit(hub, 'revision="v1.0.0"', 'revision="v9.9.9"')
    assert publish(project, hub) == 0
    assert "v9.9.9" not in read_card(hub, "v1.1.0")


def test_a_conflict_is_shown_with_its_line_and_changes_nothing(
    project: Path, hub: HubAddress, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(hub, "Of speech.", "Of spoken words.")
    mine = CARD.replace("Of speech.", "Of talk.")
    (project / "dataset_card.md").write_text(mine)
    assert merge(project, hub) == 1
    out = capsys.readouterr().out
    assert "README.md:" in out
    assert "[card/merge]" in out
    assert (project / "dataset_card.md").read_text() == mine


def test_an_edit_is_overwritten_where_it_was_asked_for_and_the_plan_says_so(
    project: Path, hub: HubAddress, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(hub, "Of speech.", "Of spoken words.")
    capsys.readouterr()
    assert publish(project, hub, "--adopt") == 0
    assert "taken over although others wrote it: README.md\n" in capsys.readouterr().out
    assert "Of speech." in read_card(hub, "v1.1.0")


def test_without_an_edit_there_is_nothing_to_merge(
    project: Path, hub: HubAddress, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert merge(project, hub) == 0
    assert capsys.readouterr().out == "README.md of me/turns was not edited since the latest release\n"
    assert (project / "dataset_card.md").read_text() == CARD


def test_a_project_with_the_card_that_is_shipped_gets_one_of_its_own(project: Path, hub: HubAddress) -> None:
    (project / "dataset_card.md").unlink()
    assert run(project, "build") == 0
    assert publish(project, hub) == 0
    edit(hub, "<!-- packager:load -->", "Hello.\n\n<!-- packager:load -->")
    assert merge(project, hub) == 0
    own = (project / "dataset_card.md").read_text()
    assert own.replace("Hello.\n\n", "", 1) == shipped_file("dataset_card.md").decode()
