"""A second build reads and writes only what has changed, and is never stale."""

from __future__ import annotations

import os
import random
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from packager.assemble import InvalidSegments, build_dataset
from packager.assemble import scan as scan_module
from packager.cache import project_cache
from packager.splits import SHARD_BYTES
from packager.store import stamps
from project import make_project

if TYPE_CHECKING:
    from pathlib import Path

    from packager.model import SourceFile

CASES = int(os.environ.get("INCREMENTAL_CASES", "12"))


@pytest.fixture(autouse=True)
def trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust files that were changed just now: each change here has a time of its own."""
    monkeypatch.setattr(stamps, "_TICK", -(10**12))
    assert SHARD_BYTES == 64 << 20
    monkeypatch.setattr("packager.splits.place.SHARD_BYTES", 6000)


class Files:
    """Segment files of a project, each change of which the file system tells."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.chance = random.Random(seed)
        self.clock = 10**18
        (folder / "segments").mkdir(exist_ok=True)

    def write(self, name: str, text: str) -> None:
        path = self.folder / "segments" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        self.clock += 10**9
        os.utime(path, ns=(self.clock, self.clock))

    def names(self) -> list[str]:
        found = (self.folder / "segments").rglob("*.json*")
        return sorted(path.relative_to(self.folder / "segments").as_posix() for path in found)

    def make_lines(self) -> str:
        chance = self.chance
        rows = chance.choice([1, 3, 40, 60])
        lines = []
        for index in range(rows):
            text = chance.choice(['So we \\"went\\" on', "Grüße", "and then it never compiled at all"])
            lines.append(
                f'{{"Speaker": "{chance.choice(["Ada", "Grace"])}", "Start": "00:{index:02}:00", '
                f'"End": "00:{index:02}:30", "Text": "{text} {chance.random()}"}}'
            )
        if chance.random() < 0.3:  # a line that is written otherwise
            lines[chance.randrange(rows)] = (
                '{"Start":"00:00:00","End":"00:00:01","Speaker":"Ada","Text":"odd"}'
            )
        return "\n".join(lines) + chance.choice(["", "\n"])

    def mutate(self) -> None:
        chance, names = self.chance, self.names()
        lines = [name for name in names if name.endswith(".jsonl")]
        match chance.choice(["add", "change", "remove", "rename", "touch", "single", "swap"]):
            case "add":
                self.write(f"ep{chance.randrange(40):02}.jsonl", self.make_lines())
            case "change" if lines:
                self.write(chance.choice(lines), self.make_lines())
            case "remove" if len(names) > 2:
                (self.folder / "segments" / chance.choice(names)).unlink()
            case "rename" if names:
                old = self.folder / "segments" / chance.choice(names)
                if old.suffix == ".jsonl":
                    old.rename(old.with_name(f"ep{chance.randrange(40):02}.jsonl"))
            case "touch" if names:
                name = chance.choice(names)
                self.write(name, (self.folder / "segments" / name).read_text())
            case "single":
                line = '{"Speaker": "Ada", "Start": "00:00:0%d", "End": "00:01:00", "Text": "one"}'
                self.write(f"talk/{chance.randrange(9)}.json", line % chance.randrange(9))
            case "swap" if len(names) > 1:
                one, other = (self.folder / "segments" / name for name in chance.sample(names, 2))
                if one.suffix == other.suffix == ".jsonl":
                    texts = one.read_text(), other.read_text()
                    self.write(one.name, texts[1])
                    self.write(other.name, texts[0])


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@pytest.mark.parametrize("seed", range(CASES))
def test_a_second_build_is_a_clean_build_byte_for_byte(tmp_path: Path, seed: int) -> None:
    config = ["", "lock = true\n", 'pin = { test = ["ep0*"] }\n'][seed % 3]
    make_project(tmp_path, f"[splits]\ntrain = 0.6\ntest = 0.4\n{config}")
    files = Files(tmp_path, seed)
    for number in range(8):
        files.write(f"ep{number:02}.jsonl", files.make_lines())
    for _ in range(6):
        build_dataset(tmp_path, remember=True)
        clean = tmp_path.parent / f"clean-{seed}"
        build_dataset(tmp_path, out=clean)
        assert contents(tmp_path / "build") == contents(clean)
        shutil.rmtree(clean)
        for _ in range(files.chance.choice([0, 1, 1, 2, 5])):
            files.mutate()


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Hear which sources are judged."""
    names: list[str] = []
    real = scan_module._scan_source  # noqa: SLF001 - what a build reads is seen nowhere else

    def spy(number: int, source: SourceFile, *rest: Any) -> object:  # noqa: ANN401 - what it has otherwise
        names.append(source.name)
        return real(number, source, *rest)

    monkeypatch.setattr(scan_module, "_scan_source", spy)
    return names


def test_one_changed_recording_is_read_alone_and_rewrites_one_shard(
    tmp_path: Path, judged: list[str]
) -> None:
    make_project(tmp_path, "")
    files = Files(tmp_path, 1)
    alike = (
        '{{"Speaker": "Ada", "Start": "00:00:{0:02}", "End": "00:00:{0:02}", "Text": "Line {1} of {0}"}}\n'
    )
    for number in range(12):
        files.write(f"ep{number:02}.jsonl", "".join(alike.format(index, number) for index in range(60)))
    build_dataset(tmp_path, remember=True)
    before = {path.name: path.stat().st_ino for path in (tmp_path / "build" / "data").iterdir()}
    assert (len(judged), len(before)) == (12, 16)
    judged.clear()
    files.write("ep03.jsonl", "".join(alike.format(index, 99) for index in range(60)))
    build_dataset(tmp_path, remember=True)
    after = {path.name: path.stat().st_ino for path in (tmp_path / "build" / "data").iterdir()}
    assert judged == ["segments/ep03.jsonl"]
    assert len(set(after.values()) - set(before.values())) == 1


def test_a_shard_that_somebody_changed_is_written_anew(tmp_path: Path) -> None:
    make_project(tmp_path, "")
    files = Files(tmp_path, 1)
    files.write("ep1.jsonl", files.make_lines())
    build_dataset(tmp_path, remember=True)
    built = contents(tmp_path / "build")
    shard = next((tmp_path / "build" / "data").iterdir())
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.write_bytes(data)
    build_dataset(tmp_path, remember=True)
    assert contents(tmp_path / "build") == built


@pytest.mark.parametrize("damage", [b"", b"{}", b"\xff" * 100, b"0" * 32 + b"\n{}"])
def test_a_damaged_memory_is_no_memory(tmp_path: Path, damage: bytes) -> None:
    make_project(tmp_path, "")
    files = Files(tmp_path, 1)
    files.write("ep1.jsonl", files.make_lines())
    build_dataset(tmp_path, remember=True)
    built = contents(tmp_path / "build")
    cache = project_cache(tmp_path)
    assert cache is not None
    for path in (cache / "built").iterdir():
        path.write_bytes(damage)
    build_dataset(tmp_path, remember=True)
    assert contents(tmp_path / "build") == built


def test_a_rule_that_looks_beyond_a_source_hears_it_again(tmp_path: Path) -> None:
    make_project(tmp_path, '[check.severity]\n"duplicate/recording" = "error"\n')
    files = Files(tmp_path, 1)
    line = (
        '{{"Speaker": "Ada", "Start": "00:00:{0:02}", "End": "00:00:{0:02}", "Text": "Line {0} of many"}}\n'
    )
    text = "".join(line.format(index) for index in range(60))
    files.write("ep1.jsonl", text)
    files.write("ep2.jsonl", text.replace("many", "more"))
    build_dataset(tmp_path, remember=True)
    files.write("ep3.jsonl", text)
    with pytest.raises(InvalidSegments, match="1 error"):
        build_dataset(tmp_path, remember=True)


def test_the_place_of_a_known_source_is_the_one_that_it_has_now(tmp_path: Path) -> None:
    make_project(tmp_path, '[splits]\ntrain = 1\ngroup_by = "Speaker"\n')
    files = Files(tmp_path, 1)
    line = (
        '{{"Speaker": "Ada", "Start": "00:00:{0:02}", "End": "00:00:{0:02}", "Text": "Line {0} of many"}}\n'
    )
    text = "".join(line.format(index) for index in range(60))
    files.write("b.jsonl", text)
    build_dataset(tmp_path, remember=True)
    files.write("a.jsonl", text + text.replace("Ada", "Grace"))
    with pytest.raises(InvalidSegments) as told:
        build_dataset(tmp_path, remember=True)
    assert [(each.path, each.line) for each in told.value.report.problems] == [("segments/a.jsonl", 61)]
    (tmp_path / "segments" / "a.jsonl").unlink()
    files.write("a/b.jsonl", text)
    build_dataset(tmp_path, remember=True)
