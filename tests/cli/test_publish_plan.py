"""A plan that was printed is carried out, or refused with what differs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from packager.cli import main
from packager.hub import connect_hub
from project import make_corpus, make_segment, write_lines

if TYPE_CHECKING:
    from pathlib import Path

    from packager.rehearsal import HubAddress

REPO = "me/turns"


@pytest.fixture(autouse=True)
def _logged_in(hub: HubAddress, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", hub.token)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    make_corpus(tmp_path / "project", recordings=3)
    return tmp_path / "project"


def run(project: Path, command: str, *arguments: object) -> int:
    return main([command, "--project", str(project), "--quiet", *map(str, arguments)])


def publish(project: Path, hub: HubAddress, *arguments: object) -> int:
    return run(project, "publish", "--endpoint", hub.endpoint, *arguments)


def save_plan(project: Path, hub: HubAddress, capsys: pytest.CaptureFixture[str], *arguments: object) -> Path:
    capsys.readouterr()
    assert publish(project, hub, "--dry-run", "--format", "json", *arguments) == 0
    path = project / "plan.json"
    path.write_text(capsys.readouterr().out)
    return path


def tags(hub: HubAddress) -> list[str]:
    return [tag.name for tag in connect_hub(hub.endpoint, hub.token).list_tags(REPO)]


def add_recording(project: Path, name: str) -> None:
    write_lines(project / f"segments/{name}.jsonl", [make_segment(f"News of {name}.", Speaker=name)])
    assert run(project, "build") == 0


def test_a_plan_is_carried_out_with_its_version_and_notes_and_a_second_run_changes_nothing(
    project: Path, hub: HubAddress, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(project, "build") == 0
    plan = save_plan(project, hub, capsys, "--version", "3.0.0", "--notes", "Hello.")
    assert tags(hub) == []
    for _ in range(2):
        assert publish(project, hub, "--plan", plan) == 0
        assert tags(hub) == ["v3.0.0"]
    assert b"Hello." in (project / "build/CHANGELOG.md").read_bytes()


def test_a_plan_for_another_build_is_refused_with_the_files_that_differ(
    project: Path, hub: HubAddress, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(project, "build") == 0
    plan = save_plan(project, hub, capsys)
    add_recording(project, "ep9")
    assert publish(project, hub, "--plan", plan) == 1
    assert "is not the one that was planned" in (said := capsys.readouterr().err)
    assert "\n  manifest.json\n" in said
    assert tags(hub) == []


def test_a_plan_for_another_head_is_refused(
    project: Path, hub: HubAddress, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(project, "build") == 0
    assert publish(project, hub) == 0
    add_recording(project, "ep8")
    plan = save_plan(project, hub, capsys)
    add_recording(project, "ep9")
    assert publish(project, hub) == 0
    add_recording(project, "ep10")
    assert publish(project, hub, "--plan", plan) == 3
    assert "Nothing was sent: plan again" in capsys.readouterr().err
    assert tags(hub) == ["v1.0.0", "v1.1.0"]


@pytest.mark.parametrize(
    ("where", "key", "value"),
    [
        ("plan", "endpoint", 5),
        ("plan", "delete", [1]),
        ("plan", "version", 3),
        ("plan", "add", [{"path": 5, "sha256": "0"}]),
        ("wishes", "notes", None),
        ("wishes", "notes", "\ud800"),
        ("wishes", "policy", []),
        ("wishes", "version", 1),
    ],
)
def test_a_plan_with_values_that_are_none_is_wrong_usage(
    project: Path, hub: HubAddress, capsys: pytest.CaptureFixture[str], where: str, key: str, value: object
) -> None:
    assert run(project, "build") == 0
    plan = save_plan(project, hub, capsys)
    document = json.loads(plan.read_text())
    document[where][key] = value
    plan.write_text(json.dumps(document))
    assert publish(project, hub, "--plan", plan) == 2
    assert "is no plan: write one with" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "[" * 100_000, '{"version": 1, "plan": {}, "wishes": {}}', "\xff"]
)
def test_a_file_that_is_no_plan_is_wrong_usage(
    project: Path, hub: HubAddress, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    assert run(project, "build") == 0
    (project / "plan.json").write_text(text, encoding="latin-1")
    assert publish(project, hub, "--plan", project / "plan.json") == 2
    assert "is no plan: write one with" in capsys.readouterr().err


def test_a_plan_says_all_and_must_be_there(
    project: Path, hub: HubAddress, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(project, "build") == 0
    assert publish(project, hub, "--plan", project / "absent.json") == 2
    assert publish(project, hub, "--plan", "x", "--version", "1.0.0") == 2
    assert "leave out --version" in capsys.readouterr().err


def test_notes_are_read_from_a_file(project: Path, hub: HubAddress) -> None:
    assert run(project, "build") == 0
    (project / "notes.txt").write_text("\nOne.\n\nTwo.\n")
    assert publish(project, hub, "--notes", f"@{project / 'notes.txt'}") == 0
    assert (project / "build/CHANGELOG.md").read_text() == "# Changelog\n\n## v1.0.0\n\nOne.\n\nTwo.\n"


@pytest.mark.parametrize(("data", "said"), [(None, "No such file"), (b"\xff", "is not UTF-8")])
def test_notes_that_cannot_be_read_are_wrong_usage(
    project: Path, hub: HubAddress, *, capsys: pytest.CaptureFixture[str], data: bytes | None, said: str
) -> None:
    assert run(project, "build") == 0
    if data is not None:
        (project / "notes.txt").write_bytes(data)
    assert publish(project, hub, "--notes", f"@{project / 'notes.txt'}") == 2
    assert said in capsys.readouterr().err


def test_a_secret_in_the_notes_stops_a_release(
    project: Path, hub: HubAddress, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(project, "build") == 0
    key = "AKIA" + "IOSFODNN7EXAMPLE"
    assert publish(project, hub, "--notes", f"Made with {key}.") == 1
    assert "the notes:1: holds what looks like" in (said := capsys.readouterr().err)
    assert key not in said
    assert tags(hub) == []


def test_a_plan_of_a_rehearsal_is_rehearsed_and_is_for_no_other_hub(
    project: Path, hub: HubAddress, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(project, "build") == 0
    capsys.readouterr()
    assert run(project, "publish", "--rehearse", "--dry-run", "--format", "json") == 0
    plan = project / "plan.json"
    plan.write_text(capsys.readouterr().out)
    assert run(project, "publish", "--rehearse", "--plan", plan) == 0
    document = json.loads(plan.read_text())
    document["plan"]["endpoint"] = "https://hub.example"
    plan.write_text(json.dumps(document))
    assert publish(project, hub, "--plan", plan) == 2
    assert "the plan is for https://hub.example, and this would publish to" in capsys.readouterr().err
    assert tags(hub) == []
