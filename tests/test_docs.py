"""The documentation is run: what the README shows is what the commands print."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from packager.check import check_segments
from packager.cli import main
from packager.config import parse_config, shipped_file

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
HELP = re.compile(r"```console\n\$ packager ([a-z]*) ?--help\n(.*?)```\n", re.DOTALL)


@pytest.mark.parametrize(("command", "shown"), HELP.findall(README))
def test_the_help_in_the_readme_is_what_the_command_prints(
    command: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"] if command else ["--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == shown


def test_the_readme_shows_the_help_of_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    commands = re.findall(r"^    ([a-z]+) ", capsys.readouterr().out, re.MULTILINE)
    assert commands == ["init", "check", "rules", "build", "card", "publish", "diff", "verify", "hub", "demo"]
    assert [command for command, _ in HELP.findall(README)] == ["", *commands]


def test_the_python_in_the_readme_is_python() -> None:
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        ast.parse(block)


def test_the_segments_in_the_readme_are_valid(tmp_path: Path) -> None:
    lines = [line for line in README.splitlines() if line.startswith('{"Speaker"')]
    (tmp_path / "ep1.jsonl").write_text("\n".join(lines))
    report = check_segments(paths=[tmp_path])
    assert (report.segments, report.problems) == (2, ())


def test_the_check_in_the_readme_is_what_the_check_prints(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [shown] = re.findall(r"\$ packager check\n(segments/.*?)```", README, re.DOTALL)
    first = [line for line in README.splitlines() if line.startswith('{"Speaker"')]
    times = [(0, 3), (3, 7), None, (12, 21), (21, 12), (21, 25), (25, 30)]
    second = [
        '{"Speaker": "Grace", "Start": "0:07", "End": "00:00:12", "Text": "Yes."}'
        if time is None
        else f'{{"Speaker": "Ada", "Start": "00:00:{time[0]:02}", "End": "00:00:{time[1]:02}", "Text": "So"}}'
        for time in times
    ]
    (tmp_path / "dataset.toml").write_text('[dataset]\nrepo_id = "me/my-podcast"\n')
    (tmp_path / "segments").mkdir()
    (tmp_path / "segments" / "ep1.jsonl").write_text("\n".join(first))
    (tmp_path / "segments" / "ep2.jsonl").write_text("\n".join(second))
    assert main(["check", "--project", str(tmp_path)]) == 1
    assert capsys.readouterr().out == shown


def test_the_check_of_real_transcripts_in_the_readme_is_what_the_check_prints(
    shared: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(shared / "bitcointranscripts")
    shown = re.findall(
        r"^\$ packager check (segments\S*)( \| tail -1)?\n((?:[^$`].*\n|\n)*)", README, re.MULTILINE
    )
    assert len(shown) == 2
    for pattern, last, printed in shown:
        assert main(["--quiet", "check", *sorted(map(str, Path().glob(pattern)))]) == 1
        lines = capsys.readouterr().out.splitlines(keepends=True)
        assert "".join(lines[-1:] if last else lines) == printed


def test_links_in_the_documents_lead_somewhere() -> None:
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")):
        if path.name == "dataset_card.md":
            continue
        prose = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)#:]+)\)", prose):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_the_examples_of_the_shipped_schema_are_valid_by_it(tmp_path: Path) -> None:
    schema = json.loads(shipped_file("segment.schema.json"))
    assert schema["examples"]
    (tmp_path / "examples.json").write_text(json.dumps(schema["examples"]))
    assert check_segments(paths=[tmp_path]).problems == ()


def test_the_config_that_init_writes_says_the_defaults(tmp_path: Path) -> None:
    assert main(["--quiet", "init", str(tmp_path / "my-set")]) == 0
    path = tmp_path / "my-set" / "dataset.toml"
    config = parse_config(path.read_text(encoding="utf-8"), path)
    bare = parse_config('[dataset]\nrepo_id = "me/my-set"\n', path)
    assert (config.segments, config.recording, config.start, config.end, config.salt) == (
        *(bare.segments, bare.recording, bare.start, bare.end, bare.salt),
    )
    assert {each.name: str(each.ratio) for each in config.splits} == {
        "train": "0.9",
        "validation": "0.05",
        "test": "0.05",
    }
