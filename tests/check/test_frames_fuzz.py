"""Real transcripts, damaged at random, get the same report with frames and without."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING, Final

from framed import Blocks
from packager.check import check_segments
from project import make_project

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

CASES = int(os.environ.get("FUZZ_CASES", "150"))
FIRST = int(os.environ.get("FUZZ_FIRST", "0"))
FOLDERS: Final = ("seed", "bitcointranscripts/segments", "kallaama/segments", "transcriptator/segments")
CONFIGS: Final = (
    "",
    '[check]\nselect = ["time/not-a-time", "time/end-before-start", "text/secret"]\n',
    '[check]\nselect = ["time"]\n',
    '[check]\nignore = ["*"]\n',
)
"""A frame answers for some rules; for others segments are made of it."""
PIECES: Final = (
    *(
        b"",
        b" ",
        b"\n",
        b"\r\n",
        b"\t",
        b'"',
        b"\\",
        b"\\u0041",
        b"\\ud800",
        b"\\/",
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
    ),
    *(
        b"\x00",
        b"\x1f",
        b"\x7f",
        b"\xff",
        b"\xc3",
        b"\xc3\xa9",
        b"\xf0\x9f\x98\x80",
        b"\xed\xa0\x80",
        b"\xef\xbb\xbf",
    ),
    *(
        b"null",
        b"true",
        b"-0",
        b"1e400",
        b"NaN",
        b'""',
        b'"Text"',
        b'"Text": "again", ',
        b"}\n{",
        b'", "',
        b'": "',
    ),
    *(b"00:00:01", b"100:00:00", b"AKIAIOSFODNN7EXAMPLE", b"0", b"9", b"Start", b"/", b"//"),
)


def damage(chance: random.Random, data: bytes) -> bytes:
    """Return bytes with one change."""
    at = chance.randrange(len(data) + 1)
    end = min(len(data), at + chance.choice((0, 1, 1, 2, 8, 100)))
    match chance.randrange(6):
        case 0 | 1:
            return data[:at] + chance.choice(PIECES) + data[end:]
        case 2:
            return data[:at] + data[end:]
        case 3:
            return data[:at] + data[at:end] * 2 + data[end:]
        case 4:
            lines = data.split(b"\n")
            lines.insert(chance.randrange(len(lines)), chance.choice(lines))
            return b"\n".join(lines)
        case _:
            found, put = chance.choice(PIECES[9:]), chance.choice(PIECES)
            return data.replace(found, put, chance.choice((1, 3)))


def take_lines(chance: random.Random, data: bytes) -> bytes:
    """Return some successive lines of a file; of one that is an array or an object, its beginning too."""
    lines = data.splitlines(keepends=True)
    first = chance.randrange(len(lines))
    return b"".join(lines[first : first + chance.choice((1, 10, 60, 200))])


def test_a_damaged_transcript_has_the_same_report_with_frames_and_without(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    framed = flawed = 0
    files = [path for folder in FOLDERS for path in sorted((shared / folder).rglob("*.json*"))]
    for seed in range(FIRST, FIRST + CASES):
        chance = random.Random(f"fuzz {seed}")
        source = chance.choice(files)
        data = take_lines(chance, source.read_bytes())
        for _ in range(chance.choice((0, 1, 1, 2, 5))):
            data = damage(chance, data)
        project = make_project(tmp_path, chance.choice(CONFIGS))
        (project / "segments").mkdir(exist_ok=True)
        (project / "segments" / "a.jsonl").write_bytes(data)
        blocks = Blocks(monkeypatch)
        blocks.frame_all(chance.choice((300, 2000, 8000, 1 << 20)))
        found = check_segments(project)
        blocks.frame_nothing()
        assert found == check_segments(project), f"case {seed}: {source}"
        monkeypatch.undo()
        framed += blocks.frames > 0
        flawed += bool(found.problems)
    # Else this would be a test of nothing.
    assert framed > CASES / 4
    assert flawed > CASES / 4
