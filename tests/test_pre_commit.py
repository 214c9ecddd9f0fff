"""The doors for others' continuous integration, really run: pre-commit's hook, and GitHub's action.

Both install this project from its sources into an environment of their own; without a network, from wheels of
what is installed here.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from ruamel.yaml import YAML

from project import make_corpus, make_segment, write_json, write_lines
from wheelhouse import gather_wheels, offline

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parent.parent
SOURCES = (
    *("packager", "schema", "dataset_card.md", "pyproject.toml", "README.md", "LICENSE"),
    *(".pre-commit-hooks.yaml", "action.yml"),
)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the environment of a person without a network, who has our sources' requirements as wheels."""
    scratch = tmp_path_factory.mktemp("offline")
    needs = tomllib.loads((ROOT / "pyproject.toml").read_text())
    gather_wheels(scratch / "wheels", [*needs["project"]["dependencies"], *needs["build-system"]["requires"]])
    return offline(scratch / "wheels", scratch)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of this project's sources, as somebody clones them."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(ROOT / name, folder / name)
    return folder


def git(folder: Path, environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["git", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def commit_all(folder: Path, environment: Mapping[str, str]) -> str:
    """Commit what is there, without hooks, and return the commit."""
    git(folder, environment, "init", "--quiet", "--initial-branch=main")
    git(folder, environment, "add", "--all")
    git(folder, environment, "commit", "--quiet", "--no-verify", "--message", "all")
    return git(folder, environment, "rev-parse", "HEAD").stdout.strip()


def test_pre_commit_stops_a_commit_with_a_bad_segment_file_and_sees_only_what_changed(
    tmp_path: Path, checkout: Path, environment: dict[str, str]
) -> None:
    revision = commit_all(checkout, environment)
    root = make_corpus(tmp_path / "talks", recordings=2)
    (root / ".pre-commit-config.yaml").write_text(
        f"repos:\n  - repo: {checkout}\n    rev: {revision}\n    hooks:\n      - id: packager-check\n"
    )
    write_lines(root / "segments" / "old.jsonl", [{"Speaker": "an old problem"}])
    commit_all(root, environment)
    install = [sys.executable, "-m", "pre_commit", "install", "--install-hooks"]
    subprocess.run(install, cwd=root, env=environment, check=True, capture_output=True)

    bad = root / "segments" / "new ü" / "ep2.jsonl"
    write_lines(bad, [make_segment(), {**make_segment(), "Text": 3}])
    (root / "package.json").write_text("no segments")
    git(root, environment, "add", "--all")
    stopped = git(root, environment, "commit", "--message", "new")
    assert stopped.returncode == 1
    printed = stopped.stdout + stopped.stderr
    assert "segments/new ü/ep2.jsonl:2:68 /Text 3 is an integer, not a string [schema/type]\n" in printed
    assert "1 file, 2 segments: 1 error\n" in printed

    write_lines(bad, [make_segment()])
    lenient = root / "--schema=x" / "segments" / "all.json"  # what the hook passes would be an option
    write_json(lenient, {})
    git(root, environment, "add", "--all")
    refused = git(root, environment, "commit", "--message", "new")
    assert refused.returncode == 1
    assert "--schema=x/segments/all.json:1:1 the property " in refused.stdout + refused.stderr

    write_json(lenient, make_segment())
    git(root, environment, "add", "--all")
    passed = git(root, environment, "commit", "--message", "new")
    assert passed.returncode == 0, passed.stderr
    assert re.search(r"packager check\.+Passed", passed.stdout + passed.stderr)


# --- GitHub's action -----------------------------------------------------------------------------------


def read_action() -> dict[str, Any]:
    return cast("dict[str, Any]", YAML(typ="safe").load(ROOT / "action.yml"))


def test_the_action_is_composite_and_never_writes_what_a_person_gives_into_a_script() -> None:
    action = read_action()
    assert action["runs"]["using"] == "composite"
    assert list(action["inputs"]) == ["path", "format", "args"]
    for about in action["inputs"].values():
        assert sorted(about) == ["default", "description"]
    given = set()
    for step in action["runs"]["steps"]:
        assert step["shell"] == "bash"
        assert "${{" not in step["run"]
        given |= set(re.findall(r"\$\{\{ inputs\.(\w+) \}\}", " ".join(step.get("env", {}).values())))
    assert given == {"path", "format", "args"}


def run_action(folder: Path, environment: Mapping[str, str], **inputs: str) -> tuple[int, str]:
    """Run the steps of the action as a runner does; return the last exit code and what was printed."""
    action = read_action()
    values = {name: inputs.get(name, about["default"]) for name, about in action["inputs"].items()}
    path_file, printed = Path(environment["GITHUB_PATH"]), ""
    for step in action["runs"]["steps"]:
        script = folder / "step.sh"
        script.write_text(step["run"])
        added = path_file.read_text().splitlines() if path_file.exists() else []
        given = {
            name: re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda found: values[found[1]], text)
            for name, text in step.get("env", {}).items()
        }
        command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)]
        done = subprocess.run(
            command,
            cwd=folder,
            env={**environment, **given, "PATH": os.pathsep.join([*reversed(added), environment["PATH"]])},
            capture_output=True,
            text=True,
            check=False,
        )
        printed += done.stdout
        if done.returncode:
            return done.returncode, printed + done.stderr
    return 0, printed


def test_the_action_checks_a_project_and_annotates_its_files(
    tmp_path: Path, checkout: Path, environment: dict[str, str]
) -> None:
    runner = {
        **environment,
        "RUNNER_TEMP": str(tmp_path / "runner"),
        "GITHUB_PATH": str(tmp_path / "path"),
        "GITHUB_ACTION_PATH": str(checkout),
        "GITHUB_WORKSPACE": str(tmp_path),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
    }
    root = make_corpus(tmp_path / "my talks", recordings=1)
    code, printed = run_action(tmp_path, runner, path="my talks")
    assert (code, printed) == (0, "1 file, 5 segments: no problems\n")

    write_lines(root / "segments" / "x.jsonl", [{**make_segment(), "Text": 3}])
    code, printed = run_action(tmp_path, runner, path="my talks", args="--strict --output sarif=out.sarif")
    assert code == 1
    assert printed.startswith(
        "::error file=my talks/segments/x.jsonl,line=1,col=68,title=schema/type::/Text 3 "
    )
    assert (tmp_path / "out.sarif").exists()
    assert (tmp_path / "summary.md").read_text().count("### packager check: ") == 2

    bare = tmp_path / "bare.jsonl"
    write_lines(bare, [make_segment()])
    code, printed = run_action(tmp_path, runner, path="bare.jsonl", format="text", args="$(touch hacked) *")
    assert code == 2
    assert "$(touch does not exist" in printed
    disguised = tmp_path / "--quiet"
    write_lines(disguised / "x.jsonl", [{"Text": 3}])
    code, printed = run_action(tmp_path, runner, path="--quiet", format="text")
    assert code == 1
    assert "--quiet/x.jsonl:1:10 /Text 3 is an integer" in printed
    assert not (tmp_path / "hacked").exists()
