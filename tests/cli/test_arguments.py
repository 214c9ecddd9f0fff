from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from packager.cli import main
from project import make_corpus, make_segment, write_json

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = ("init", "check", "rules", "build", "card", "publish", "diff", "verify", "hub", "demo")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project with one sound file, in which a command runs."""
    root = make_corpus(tmp_path / "talks", recordings=1, segments=1)
    monkeypatch.chdir(root)
    return root


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", ["--schema=x.json", "-h.json", "--help", "-"])
def test_no_command_takes_the_name_of_a_file_for_an_option(
    project: Path, capsys: pytest.CaptureFixture[str], command: str, name: str
) -> None:
    write_json(project / name, {})
    if name == "-":
        assert main(["check", "--", "-"]) == 2
        assert (
            capsys.readouterr().err
            == "packager: - is no segment file (.json, .jsonl or .ndjson, also with .gz or .zst)\n"
        )
        return
    assert main([command, name]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == (
        f"packager: '{name}' is an option and the name of a file: write `--` before file names (packager "
        "check -- FILE ...), or ./ before this one; to give the option, rename the file\n"
    )


@pytest.mark.parametrize("make", ["file", "folder", "dangling link", "in a folder"])
def test_whatever_lies_there_counts(project: Path, capsys: pytest.CaptureFixture[str], make: str) -> None:
    name = "--schema=x/x.json" if make == "in a folder" else "--schema=x.json"
    match make:
        case "file" | "in a folder":
            write_json(project / name, {})
        case "folder":
            (project / name).mkdir()
        case _:
            (project / name).symlink_to("nowhere")
    assert main(["check", name]) == 2
    assert repr(name) in capsys.readouterr().err


def test_behind_two_hyphens_all_are_files(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_json(project / "--schema=x.json", make_segment())
    write_json(project / "-h.json", {})
    assert main(["check", "--", "--schema=x.json"]) == 0
    assert main(["check", "--format", "text", "--", "--schema=x.json", "-h.json"]) == 1
    assert "-h.json:1:1 " in capsys.readouterr().out
    assert main(["check", "./-h.json"]) == 1
    assert main(["check", "--strict", "--", "segments"]) == 0
