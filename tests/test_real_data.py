"""The main job on real transcripts: checked, built, rehearsed, loaded back, every row equal to its source."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from packager.check import check_segments
from packager.cli import main
from packager.model import Severity
from project import make_project

if TYPE_CHECKING:
    from pathlib import Path

CORPORA = {
    "seed": (1, 1, {}, 1),
    "bitcointranscripts/segments": (80, 10_213, {"schema/type": 81, "time/end-before-start": 13}, 10_120),
    "bitcointranscripts/segments_one_per_file": (97, 97, {"schema/type": 1}, 96),
    "kallaama/segments": (47, 13_452, {"schema/pattern": 402}, 13_050),
}


@pytest.mark.parametrize("name", CORPORA)
def test_a_real_corpus_is_checked_built_published_and_loaded_back(
    name: str, shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files, segments, rules, rows = CORPORA[name]
    project = make_project(tmp_path / "p", "[splits]\ntrain = 0.9\nvalidation = 0.05\ntest = 0.05\n")
    shutil.copytree(shared / name, project / "segments")

    report = check_segments(project)
    assert (report.files, report.segments) == (files, segments)
    errors = [problem for problem in report.problems if problem.severity is Severity.ERROR]
    assert Counter(problem.rule for problem in errors) == rules

    assert main(["--quiet", "build", "--project", str(project), "--drop-invalid"]) == 0
    capsys.readouterr()
    assert main(["publish", "--project", str(project), "--rehearse", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["receipt"]["version"] == "1.0.0"
    assert document["read_back"]["rows"] == rows
    assert document["read_back"]["different"] == 0
