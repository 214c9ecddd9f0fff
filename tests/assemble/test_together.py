"""Small files that are judged together are built as one by one."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import pytest

from packager.assemble import build_dataset
from packager.errors import DataError
from project import make_project

if TYPE_CHECKING:
    from pathlib import Path


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def write_objects(folder: Path, seed: int) -> None:
    """Write recordings of many files of one object each: some written otherwise, some wrong or not JSON."""
    chance = random.Random(seed)
    for number in range(chance.choice([1, 3, 5])):
        place = folder / "segments" / f"talk{number}"
        place.mkdir()
        for index in range(chance.choice([5, 40, 70])):
            start = chance.randrange(5000)
            segment = {
                "Speaker": chance.choice(["Ada", "Grace"]),
                "Start": f"{start // 3600:02}:{start // 60 % 60:02}:{start % 60:02}",
                "End": "09:00:00",
                "Text": chance.choice(["So.", 'He said "no".', "Grüße", "Well \u2028 then"]),
            }
            odd = chance.random()
            if odd < 0.02:
                segment["End"] = "00:00:00"
            if odd > 0.98:
                segment = dict(reversed(segment.items()))
            text = json.dumps(segment, indent=2, ensure_ascii=odd > 0.5)
            (place / f"{index:03}.json").write_text("{" if 0.5 < odd < 0.51 else text)
    if chance.random() < 0.5:
        line = '{"Speaker": "Ada", "Start": "00:00:01", "End": "00:00:02", "Text": "By the way."}\n'
        (folder / "segments" / "alone.jsonl").write_text(line * 3)


@pytest.mark.parametrize(
    "config", ["", '[splits]\ntrain = 1\ngroup_by = "Speaker"\n', 'recording = "folder"\n']
)
@pytest.mark.parametrize("seed", range(6))
def test_files_of_one_object_are_built_as_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: str, seed: int
) -> None:
    make_project(tmp_path, config)
    (tmp_path / "segments").mkdir(exist_ok=True)
    write_objects(tmp_path, seed)

    def build(name: str) -> dict[str, bytes] | str:
        try:
            build_dataset(tmp_path, out=tmp_path / name, drop_invalid=True)
        except DataError as error:
            return str(error)
        return contents(tmp_path / name)

    together = build("together")
    monkeypatch.setattr("packager.assemble.scan.may_join_objects", lambda _: False)
    assert build("alone") == together
