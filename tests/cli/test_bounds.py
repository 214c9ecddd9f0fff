"""A repository that was made to have files of a person read, published or written: whole commands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import packager
from packager.cli import main
from packager.config import shipped_file
from packager.errors import UsageError
from packager.fix import Properties, fix_file
from packager.model import SourceFile
from project import make_corpus, make_segment, write_json, write_lines

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Trap = Callable[[Path, Path], None]

SEEN = "what nobody else may see"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a folder of a person beside the project `talks`."""
    write_json(tmp_path / "home" / "secret.json", {**make_segment(), "Text": f" {SEEN}"})
    write_json(tmp_path / "home" / "schema.json", {"properties": {"Text": {"const": SEEN}}})
    return tmp_path / "home"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = make_corpus(tmp_path / "talks", recordings=2, segments=2)
    (root / "schema").mkdir()
    (root / "schema" / "segment.schema.json").write_bytes(shipped_file("segment.schema.json"))
    return root


def configure(project: Path, key: str, value: str) -> None:
    path = project / "dataset.toml"
    lines = [line for line in path.read_text().splitlines() if not line.startswith(f"{key} ")]
    at = lines.index("[dataset]") + 1
    path.write_text(
        "\n".join(
            [*lines[:at], f"{key} = {json.dumps([value] if key == 'segments' else value)}", *lines[at:]]
        )
        + "\n"
    )


def link_source(project: Path, home: Path) -> None:
    (project / "segments" / "sly.json").symlink_to(home / "secret.json")


def link_folder(project: Path, home: Path) -> None:
    (project / "segments" / "sly").symlink_to(home)


def link_schema(project: Path, home: Path) -> None:
    (project / "schema" / "sly.json").symlink_to(home / "schema.json")
    configure(project, "schema", "schema/sly.json")


def name_schema(project: Path, home: Path) -> None:
    configure(project, "schema", str(home / "schema.json"))


def climb_to_schema(project: Path, home: Path) -> None:
    configure(project, "schema", f"../{home.name}/schema.json")


def link_default_schema(project: Path, home: Path) -> None:
    (project / "schema" / "segment.schema.json").unlink()
    (project / "schema" / "segment.schema.json").symlink_to(home / "schema.json")


def refer(project: Path, reference: str) -> None:
    write_json(project / "schema" / "segment.schema.json", {"type": "object", "$ref": reference})


def refer_to_link(project: Path, home: Path) -> None:
    (project / "schema" / "sly.json").symlink_to(home / "schema.json")
    refer(project, "sly.json")


def refer_through_folder(project: Path, home: Path) -> None:
    (project / "schema" / "sly").symlink_to(home)
    refer(project, "sly/schema.json")


def refer_out(project: Path, home: Path) -> None:
    refer(project, f"../../{home.name}/schema.json")


def refer_by_address(project: Path, home: Path) -> None:
    refer(project, (home / "schema.json").as_uri())


def link_card(project: Path, home: Path) -> None:
    (project / "dataset_card.md").unlink(missing_ok=True)
    (project / "dataset_card.md").symlink_to(home / "secret.json")


def link_configuration(project: Path, home: Path) -> None:
    (home / "dataset.toml").write_bytes((project / "dataset.toml").read_bytes())
    (project / "dataset.toml").unlink()
    (project / "dataset.toml").symlink_to(home / "dataset.toml")


def link_lock(project: Path, home: Path) -> None:
    (project / "splits.lock").symlink_to(home / "secret.json")
    path = project / "dataset.toml"
    path.write_text(path.read_text().replace("[splits]\n", "[splits]\nlock = true\n"))


TRAPS = [
    *(
        link_source,
        link_folder,
        link_schema,
        name_schema,
        climb_to_schema,
        link_default_schema,
        refer_to_link,
    ),
    *(refer_through_folder, refer_out, refer_by_address, link_card, link_configuration, link_lock),
]


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.__name__)
@pytest.mark.parametrize("command", ["check", "check --fix", "check --diff", "build"])
def test_what_leads_out_is_refused_and_neither_shown_nor_touched(
    project: Path, home: Path, capsys: pytest.CaptureFixture[str], trap: Trap, command: str
) -> None:
    trap(project, home)
    before = {path: path.read_bytes() for path in home.iterdir()}
    assert main([*command.split(), "--project", str(project)]) == 2
    printed = capsys.readouterr()
    assert f" leads to {home}/" in printed.err or f" leads to {home}, outside" in printed.err
    assert "or allow it with --allow " in printed.err
    assert SEEN not in printed.out + printed.err
    assert {path: path.read_bytes() for path in home.iterdir()} == before
    assert not (project / "build").exists()


@pytest.mark.parametrize("trap", [link_source, link_schema, climb_to_schema, refer_to_link, link_card])
def test_allow_lets_it_pass(
    project: Path, home: Path, capsys: pytest.CaptureFixture[str], trap: Trap
) -> None:
    trap(project, home)
    (home / "schema.json").write_bytes((project / "schema" / "segment.schema.json").read_bytes())
    if trap is refer_to_link:
        (home / "schema.json").write_bytes(shipped_file("segment.schema.json"))
    for command in ("check", "build"):
        main([command, "--project", str(project), "--allow", str(home / ".."), "--allow", str(project)])
        assert "leads to" not in capsys.readouterr().err


def test_python_has_the_same_rules(project: Path, home: Path) -> None:
    link_source(project, home)
    (home / "secret.json").write_text(json.dumps(make_segment()))
    with pytest.raises(UsageError, match="leads to"):
        packager.check_segments(project)
    with pytest.raises(UsageError, match="leads to"):
        packager.build_dataset(project)
    assert packager.check_segments(project, allow=[home]).files == 3
    assert packager.build_dataset(project, allow=[home]).splits[0].rows == 5


def test_what_is_allowed_must_be_a_folder_and_one_path_is_one(
    project: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    link_source(project, home)
    for wrong in ("", str(project / "absent"), str(home / "secret.json")):
        assert main(["check", "--project", str(project), "--allow", wrong]) == 2
        assert capsys.readouterr().err == f"packager: there is no folder {wrong!r} to allow\n"
    with pytest.raises(UsageError, match="leads to"):
        packager.check_segments(project, allow=str(project))  # "/" is its first letter
    assert packager.check_segments(project, allow=str(home)).files == 3


def test_a_schema_that_is_named_may_lie_anywhere_but_behind_a_link_of_the_project(
    project: Path, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project)
    write_json(home / "schema.json", {"$ref": "more.json"})
    write_json(home / "more.json", {"type": "object"})
    assert main(["check", "--schema", "../home/schema.json"]) == 0
    (project / "schema" / "sly.json").symlink_to(home / "schema.json")
    assert main(["check", "--schema", "schema/sly.json"]) == 2
    assert "schema/sly.json leads to " in capsys.readouterr().err
    assert main(["check", "--schema", "schema/sly.json", "--allow", str(home)]) == 0


def test_fix_leaves_a_file_whose_folder_became_a_link(project: Path, home: Path) -> None:
    """Between the search and the repair."""
    (project / "segments" / "sly").mkdir()
    place = project / "segments" / "sly" / "secret.json"
    place.write_bytes((home / "secret.json").read_bytes())
    (project / "segments" / "sly").rename(project / "segments" / "old")
    (project / "segments" / "sly").symlink_to(home)
    source = SourceFile(str(place), "segments/sly/secret.json", "secret", "sly")
    before = (home / "secret.json").read_bytes()
    outcome = fix_file(source, Properties("Start", "End", "Text", "Speaker"))
    assert outcome.left == "it is a link: repair what it leads to"
    assert (home / "secret.json").read_bytes() == before


# --- what is not read ----------------------------------------------------------------------------------


def test_what_is_not_read_is_told_by_check_and_build(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    for name in ("a.vtt", "b.vtt", "c.srt", "README.md", "x", ".hidden"):
        (project / "segments" / name).write_text("")
    for command in (["check"], ["check", "--no-cache"], ["build"], ["check", "segments"], ["check"]):
        assert main([*command, "--format", "json"]) == 0
        printed = capsys.readouterr()
        told = "packager: 5 files are not read: .vtt 2, without an ending 1, .md 1, .srt 1\n"
        assert told in printed.err, command
        assert json.loads(printed.out)["not_read"] == {".vtt": 2, "": 1, ".md": 1, ".srt": 1}
    assert main(["check", "--quiet"]) == 0
    assert capsys.readouterr().err == ""


def test_a_folder_that_looks_like_a_build_does_not_drop_out(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sly = project / "segments" / "sly"
    (sly / "data").mkdir(parents=True)
    (sly / "README.md").write_text("")
    (sly / "manifest.json").write_text("")
    write_lines(sly / "data" / "bad.jsonl", [{"Text": 3}])
    for command in ("check", "build"):
        assert main([command, "--project", str(project)]) == 1
        printed = capsys.readouterr()
        assert "segments/sly/data/bad.jsonl:1:10 /Text 3 is an integer" in printed.out
        assert "segments/sly/manifest.json:1:1 " in printed.out
        assert "1 file is not read: .md 1" in printed.err


def test_the_folder_of_an_earlier_build_is_left_out_and_told(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    configure(project, "segments", "**/*.json*")
    (project / "schema" / "segment.schema.json").unlink()
    assert main(["build"]) == 0
    for _ in range(2):
        assert main(["build", "--out", "out"]) == 0
    err = capsys.readouterr().err
    assert err.count("packager: 'build' is left out: a build is written there\n") == 2
    assert err.count("packager: 'out' is left out: a build is written there\n") == 1


@pytest.mark.parametrize("path", ["build", "build/README.md", "build/card/segments.svg"])
def test_a_build_that_came_with_links_shows_nothing_of_a_person(
    project: Path, home: Path, capsys: pytest.CaptureFixture[str], path: str
) -> None:
    assert main(["build", "--project", str(project)]) == 0
    built = project / path
    if not built.exists():
        built = next((project / "build" / "card").iterdir())
    if built.is_dir():
        built.rename(home / "built")
        (home / "built" / "README.md").write_text(SEEN)
        built.symlink_to(home / "built")
    else:
        built.unlink()
        (home / "file").write_text(SEEN)
        built.symlink_to(home / "file")
    capsys.readouterr()
    for command in (["card"], ["card", "--open"]):
        code = main([*command, "--project", str(project)])
        printed = capsys.readouterr()
        assert SEEN not in printed.out
        assert code == 2 or (built.suffix == ".svg" and command == ["card"])
