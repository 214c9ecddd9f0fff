"""How `packager check` writes its reports: to stdout, into files, for GitHub, strictly."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from packager.cli import main
from packager.cli.arguments import make_parser
from packager.reports import FORMATS
from project import make_corpus, write_lines


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a repository with a project in a folder of it, whose only flaw is a segment without properties."""
    for name in ("GITHUB_WORKSPACE", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".git").mkdir()
    root = make_corpus(tmp_path / "talks", recordings=1, segments=2)
    write_lines(root / "segments" / "x.jsonl", [{"Speaker": 1}])
    monkeypatch.chdir(root)
    return root


def test_every_format_can_be_asked_for() -> None:
    for form in FORMATS:
        given = make_parser().parse_args(["check", "--format", form, "--output", f"{form}=out=1.txt"])
        assert (given.format, given.output) == (form, [(form, Path("out=1.txt"))])


def test_one_run_writes_several_reports(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = [argument for form in FORMATS for argument in ("--output", f"{form}={form}.txt")]
    assert main(["check", *wanted]) == 1
    printed = capsys.readouterr().out
    assert (project / "text.txt").read_text() == printed
    assert json.loads((project / "json.txt").read_text())["counts"]["error"] == 4
    assert (project / "junit.txt").read_text().count("<testcase ") == 2
    assert (project / "github.txt").read_text().count("::error file=talks/segments/x.jsonl,line=1,") == 4
    [run] = json.loads((project / "sarif.txt").read_text())["runs"]
    places = [result["locations"][0]["physicalLocation"]["artifactLocation"] for result in run["results"]]
    assert places == [{"uri": "talks/segments/x.jsonl", "uriBaseId": "%SRCROOT%"}] * 4
    assert run["tool"]["driver"]["version"] == "0.1.0"
    assert [path.name for path in project.glob(".packager-*")] == []


def test_a_report_replaces_an_earlier_one_and_keeps_a_link(project: Path) -> None:
    (project / "real.json").write_text("old" * 9999)
    (project / "link.json").symlink_to("real.json")
    assert main(["check", "--output", "json=link.json"]) == 1
    assert (project / "link.json").is_symlink()
    assert json.loads((project / "real.json").read_text())["files"] == 2


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("xml=a.xml", "'xml=a.xml' is not FORMAT=FILE"),
        ("json", "'json' is not FORMAT=FILE"),
        ("json=", "'json=' is not FORMAT=FILE"),
        ("json=absent/a.json", "there is no folder absent"),
        ("json=segments", "segments is no regular file"),
        ("json=/dev/null", "/dev/null is no regular file"),
    ],
)
@pytest.mark.usefixtures("project")
def test_a_report_that_cannot_be_written_is_wrong_usage(
    capsys: pytest.CaptureFixture[str], output: str, said: str
) -> None:
    try:
        code: object = main(["check", "--output", output])
    except SystemExit as ended:
        code = ended.code
    assert code == 2
    assert said in capsys.readouterr().err


@pytest.mark.usefixtures("project")
def test_github_finds_files_from_its_workspace_and_gets_a_summary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "talks"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    assert main(["check", "--format", "github"]) == 1
    assert capsys.readouterr().out.startswith("::error file=segments/x.jsonl,line=1,col=1,")
    assert summary.read_text().startswith("before\n### packager check: 4 errors\n")


def test_a_warning_fails_only_a_strict_check(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "segments" / "x.jsonl").write_bytes(b"\n")  # an empty file is a warning
    assert main(["check"]) == 0
    assert main(["check", "--strict"]) == 1
    assert "x.jsonl:1:1 warning: the file holds no segment" in capsys.readouterr().out


@pytest.mark.parametrize(("variable", "coloured"), [("LANG", True), ("NO_COLOR", False)])
@pytest.mark.usefixtures("project")
def test_a_terminal_gets_colours_unless_it_wants_none(variable: str, *, coloured: bool) -> None:
    environment = {**os.environ, "TERM": "xterm", variable: "C.UTF-8"}
    controller, terminal = pty.openpty()
    command = [sys.executable, "-m", "packager", "--quiet", "check"]
    subprocess.run(command, stdout=terminal, check=False, env=environment)
    os.close(terminal)
    with open(controller, "rb", buffering=0) as stream:  # noqa: PTH123 - a handle has no path to open
        printed = stream.read(1 << 16)
    assert (b"\x1b[31m[schema/required]\x1b[0m" in printed) is coloured
    assert (b"\x1b" in printed) is coloured


# --- docs/ci.md ----------------------------------------------------------------------------------------

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")


def test_the_commands_in_the_page_about_ci_can_be_given() -> None:
    commands = re.findall(r"packager (check(?: --?[\w=. -]+)?)", PAGE)
    assert len(commands) >= 8
    for command in commands:
        assert make_parser().parse_args(command.split())


def test_the_workflows_in_the_page_about_ci_name_what_there_is() -> None:
    yaml = YAML(typ="safe")
    blocks = [yaml.load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
    workflow, scanning, gitlab, pre_commit, _cache = blocks
    action = yaml.load(ROOT / "action.yml")
    steps = workflow["jobs"]["check"]["steps"] + scanning
    used = [step["with"] for step in steps if step["uses"].startswith("OWNER/segment-packager@")]
    assert [sorted(inputs) for inputs in used] == [["args", "path"], ["args"]]
    assert {name for inputs in used for name in inputs} <= set(action["inputs"])
    assert gitlab["check"]["artifacts"]["reports"]["junit"] == "check.xml"
    hooks = yaml.load(ROOT / ".pre-commit-hooks.yaml")
    assert [hook["id"] for hook in hooks] == [hook["id"] for hook in pre_commit["repos"][0]["hooks"]]


@pytest.mark.parametrize(
    ("path", "matches"),
    [
        ("segments/a.jsonl", True),
        ("talks/segments/en/a.json.gz", True),
        ("segments/a.ndjson.zst", True),
        ("schema/segment.schema.json", False),
        ("package.json", False),
        ("mysegments/a.json", False),
        ("segments/a.json5", False),
    ],
)
def test_the_hook_looks_at_segment_files_alone(path: str, *, matches: bool) -> None:
    [hook] = YAML(typ="safe").load(ROOT / ".pre-commit-hooks.yaml")
    assert (re.search(hook["files"], path) is not None) is matches
