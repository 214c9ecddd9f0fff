"""What a build does not load: every process of a pool would pay for it again."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from packager.demo_corpus import write_corpus
from project import make_project

if TYPE_CHECKING:
    from pathlib import Path

_BUILD = """
import sys
from packager.cli import main
code = main(["--quiet", "build", "--jobs", "1"])
print(code, sorted({"datasets", "huggingface_hub", "pandas"} & sys.modules.keys()))
"""


def test_a_build_loads_no_library_that_it_does_not_need(tmp_path: Path) -> None:
    make_project(tmp_path, "[splits]\ntrain = 0.7\ntest = 0.3\n")
    write_corpus(tmp_path / "segments")
    line = [sys.executable, "-c", _BUILD]
    ran = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "0 []"
