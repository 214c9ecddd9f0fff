"""What is installed: the wheel holds what it ships, and the scripts find their way to the same functions."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from project import make_corpus

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).resolve().parent.parent


def test_a_wheel_ships_the_schema_and_the_card_and_works_without_the_checkout(tmp_path: Path) -> None:
    wheel = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run(
        [*wheel, "--no-index", "--wheel-dir", str(tmp_path), str(ROOT)], check=True, capture_output=True
    )
    [path] = tmp_path.glob("segment_packager-*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        archive.extractall(installed)
    assert "packager/shipped/segment.schema.json" in names
    assert "packager/shipped/dataset_card.md" in names
    assert "packager/py.typed" in names
    assert not [name for name in names if name.startswith(("tests", "scripts", "packager/tests"))]

    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import packager; assert packager.__file__.startswith(sys.argv[1]), packager.__file__\n"
        "from packager.cli import main; sys.exit(main(['--quiet', 'init', sys.argv[2]]))\n"
    )
    made = tmp_path / "made"
    subprocess.run(
        [sys.executable, "-c", code, str(installed), str(made)], check=True, cwd=tmp_path, capture_output=True
    )
    shipped = (made / "schema" / "segment.schema.json").read_bytes()
    assert shipped == (ROOT / "schema" / "segment.schema.json").read_bytes()
    assert (made / "dataset_card.md").read_bytes() == (ROOT / "dataset_card.md").read_bytes()


def test_the_scripts_are_doors_to_the_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_corpus(tmp_path)
    # The scripts would set up `.venv`; here they are run as that set-up runs them, in the environment itself.
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "scripts"))
    prelude = "import environment; environment.run_in_environment = lambda: None; import runpy, sys; "
    for name, expected in (("check", "no problems"), ("build", "built "), ("publish", "")):
        script = str(ROOT / "scripts" / f"{name}.py")
        more = ["--endpoint", "nonsense"] if name == "publish" else []
        code = f"{prelude}sys.argv = sys.argv[1:]; runpy.run_path({script!r}, run_name='__main__')"
        done = subprocess.run(
            [sys.executable, "-c", code, script, "--project", str(tmp_path), *more],
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == (2 if name == "publish" else 0), done.stderr
        assert expected in done.stdout


def test_the_set_up_installs_once_and_again_only_after_a_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import environment  # noqa: PLC0415 - a script, found by the path just set

    installed: list[tuple[str, ...]] = []
    python = tmp_path / ".venv" / "bin" / "python"

    def create(folder: Path, **_: object) -> None:
        python.parent.mkdir(parents=True)
        python.touch()
        assert folder == tmp_path / ".venv"

    for name in ("pyproject.toml", "requirements.lock"):
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(environment, "PYTHON", python)
    monkeypatch.setattr(environment, "_LOCK", tmp_path / "requirements.lock")
    monkeypatch.setattr(environment, "_STAMP", tmp_path / ".venv" / "stamp")
    monkeypatch.setattr("venv.create", create)
    monkeypatch.setattr(environment, "_pip", lambda *arguments: installed.append(arguments))
    environment.set_up()
    assert len(installed) == 2
    environment.set_up()
    assert len(installed) == 2
    (tmp_path / "requirements.lock").write_text("changed")
    environment.set_up()
    assert len(installed) == 4
