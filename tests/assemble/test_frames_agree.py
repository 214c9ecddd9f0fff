"""What frames make of random projects is what is made without them: reports and every file of the build."""

from __future__ import annotations

import json
import os
import random
import shutil
from typing import TYPE_CHECKING

import pytest

from framed import Blocks
from packager.assemble import InvalidSegments, run_build
from packager.check import check_segments
from packager.config import load_project
from packager.errors import PackagerError
from segment_generator import Case, CaseGenerator

if TYPE_CHECKING:
    from pathlib import Path

    from packager.model import Report

CASES = int(os.environ.get("FRAME_CASES", "50"))
FIRST = int(os.environ.get("FRAME_FIRST", "0"))

Built = tuple["Report | str", dict[str, bytes]]


def write_case(case: Case, folder: Path) -> None:
    """Write a project."""
    (folder / "schema").mkdir(parents=True)
    (folder / "dataset.toml").write_text(case.config)
    (folder / "schema" / "segment.schema.json").write_text(json.dumps(case.schema))
    for name, data in case.files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)


def build(folder: Path, out: Path, *, drop_invalid: bool) -> Built:
    """Return the report of a build, or what stopped it, and the bytes of all it wrote."""
    try:
        built = run_build(load_project(folder), out, drop_invalid=drop_invalid)
    except InvalidSegments as error:
        return error.report, {}
    except PackagerError as error:
        return str(error), {}
    files = {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    return built.report, files


def compare(seed: int, folder: Path, patch: pytest.MonkeyPatch) -> tuple[int, bool]:
    """Build and check a random project twice; return how many blocks had a frame, and if it was built."""
    chance = random.Random(f"frames {seed}")
    case = CaseGenerator(chance).make()
    frames = compare_case(
        case,
        folder,
        patch,
        drop_invalid=chance.random() < 0.7,
        group_bytes=chance.choice((500, 3000, 512 << 10)),
        block_bytes=chance.choice((200, 1500, 5000, 1 << 20)),
        span_bytes=chance.choice((300, 2000, 8 << 20)),
    )
    return frames, (folder / "without").is_dir()


def compare_case(
    case: Case,
    folder: Path,
    patch: pytest.MonkeyPatch,
    *,
    drop_invalid: bool = False,
    group_bytes: int = 512 << 10,
    block_bytes: int = 1 << 20,
    span_bytes: int = 8 << 20,
) -> int:
    """Build and check a project with and without frames; return how many blocks had one."""
    write_case(case, folder)
    blocks = Blocks(patch)
    found: list[tuple[Built, Report | str]] = []
    for out in ("with", "without"):
        if out == "with":
            blocks.frame_all(block_bytes)
            patch.setattr("packager.assemble.spans.SPAN_BYTES", span_bytes)
        else:
            blocks.frame_nothing()
        patch.setattr("packager.parquet.groups.SHORTEST_GROUP", group_bytes)
        patch.setattr("packager.parquet.groups.LONGEST_GROUP", 4 * group_bytes)
        built = build(folder, folder / out, drop_invalid=drop_invalid)
        try:
            checked: Report | str = check_segments(folder)
        except PackagerError as error:
            checked = str(error)
        found.append((built, checked))
    patch.undo()
    (with_frames, without), (checks, others) = zip(*found, strict=True)
    assert checks == others, folder.name
    assert with_frames[0] == without[0], folder.name
    assert sorted(with_frames[1]) == sorted(without[1]), folder.name
    assert [name for name, data in with_frames[1].items() if data != without[1][name]] == [], folder.name
    return blocks.frames


def test_frames_change_no_report_and_no_byte_of_a_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    framed = built = 0
    for seed in range(FIRST, FIRST + CASES):
        folder = tmp_path / f"project-{seed}"
        frames, done = compare(seed, folder, monkeypatch)
        framed += frames > 0
        built += done
        shutil.rmtree(folder)
    # Else this would be a test of nothing.
    assert framed > CASES / 4
    assert built > CASES / 3


@pytest.mark.parametrize(
    ("schema", "times"),
    [
        ({"type": "string"}, ("00:00:01", "100:00:02")),
        ({"type": "string"}, ("soon", "late")),
        ({"type": "boolean"}, (True, False)),
        ({"type": ["number", "null"]}, (None, 1.5)),
        ({"type": "number"}, (-0.0, 2)),
    ],
    ids=["hours", "words", "booleans", "numbers", "zero"],
)
def test_times_that_no_rule_asks_for_are_read_as_without_frames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, schema: dict[str, object], times: tuple[object, object]
) -> None:
    properties = {"Start": schema, "End": schema, "Text": {"type": "string"}}
    line = json.dumps({"Start": times[0], "End": times[1], "Text": "Hello."}) + "\n"
    config = '[dataset]\nrepo_id = "me/turns"\n[check]\nignore = ["*"]\n'
    case = Case(config, {"properties": properties}, {"segments/a.jsonl": line.encode() * 100})
    assert compare_case(case, tmp_path, monkeypatch) > 0


def test_sizes_do_not_tell_how_rows_came_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    properties: dict[str, object] = {name: {"type": ["string", "null"]} for name in ("Text", "Speaker")}
    properties["place"] = {
        "type": "object",
        "properties": {"x": {"type": "integer"}},
        "additionalProperties": False,
    }
    chance = random.Random("sizes")
    for number in range(3):
        # Half of each has no speaker, and some row group ends before the other half.
        lines = [json.dumps({"Text": "x" * chance.randrange(9)}) for _ in range(60)]
        lines += [line.replace("}", ', "Speaker": "b"}') for line in lines]
        files = {
            "segments/a.jsonl": "\n".join(lines).encode(),
            "segments/b.jsonl": "\n".join([*lines[60:], '{"place": {"x": 1}}', *lines[:60]]).encode(),
        }
        case = Case('[dataset]\nrepo_id = "me/turns"\n', {"properties": properties}, files)
        folder = tmp_path / str(number)
        assert compare_case(case, folder, monkeypatch, group_bytes=500, block_bytes=200) > 0
