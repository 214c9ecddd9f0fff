from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from huggingface_hub import constants

from packager.cli import main
from packager.folders import load_build, verify_folder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("whole", [True, False], ids=["lfs", "xet"])
def test_the_demo_shows_the_whole_job_and_keeps_it_in_the_folder(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *, whole: bool
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", whole)
    monkeypatch.setenv("HF_HUB_DISABLE_XET", str(int(whole)))
    folder = tmp_path / "demo"
    assert main(["demo", str(folder)]) == 0
    out = capfd.readouterr().out
    assert "segments/broken.jsonl:" in out
    assert "published: me/kitchen-table-talk v1.0.0" in out
    assert "published: me/kitchen-table-talk v1.1.0" in out
    assert "v1.0.0 {'train': 55, 'validation': 11, 'test': 7}\n" in out
    assert "v1.1.0 {'train': 61, 'validation': 11, 'test': 7} streamed\n" in out
    hub = folder / ".packager/hub"
    assert (any(hub.glob("**/lfs/*/*/*")), any(hub.glob("xet/xorbs/*/*"))) == (whole, not whole)
    assert verify_folder(folder / "build", load_build(folder / "build")) == ()


def test_the_demo_never_touches_a_folder_that_is_not_empty(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").write_text("x")
    assert main(["demo", str(tmp_path)]) == 2
    assert "not empty" in capfd.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
