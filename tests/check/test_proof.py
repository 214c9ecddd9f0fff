"""Blocks that are proven without being read are judged as blocks that are read one by one."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.check import check_segments
from packager.check.proof import Proof
from packager.times import are_in_order, parse_time
from project import make_project

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from packager.model import Report

ERRORS = '[check]\nselect = ["time/not-a-time", "time/end-before-start", "text/secret"]\n'
LEAN = '[check]\nselect = ["time/not-a-time", "time/end-before-start"]\n'
CLOCKS = (
    *("00:00:00", "00:00:59", "01:00:00", "10:59:59", "00:60:00", "00:00:60", "0:00:00", "000:00:00"),
    *("00:00:00.5", "00-00-00", "aa:00:00", "00:0a:00", "１0:00:00", "23:59:5 ", "::::::::", "00000000", ""),
)


def write_corpus(folder: Path, chance: random.Random, *, flaws: int) -> None:
    """Write lines of which so many have a flaw of one kind or another."""
    lines = []
    for number in range(3000):
        clock = f"{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}"
        until = f"{(number + 5) // 3600:02}:{(number + 5) // 60 % 60:02}:{(number + 5) % 60:02}"
        text = f'This is what is said in turn {number}, é and ü, "quoted".'
        lines.append(json.dumps({"Speaker": f"S. {number % 7}", "Start": clock, "End": until, "Text": text}))
    for at in chance.sample(range(len(lines)), flaws):
        segment = json.loads(lines[at])
        lines[at] = chance.choice(
            [
                json.dumps(segment | {"Start": segment["End"], "End": segment["Start"]}),
                json.dumps(segment | {"End": "0:1"}),
                json.dumps(segment | {"End": segment["End"] + ".5"}),
                json.dumps(segment | {"Text": " "}),
                json.dumps(segment | {"Text": "My key is AKIAIOSFODNN7EXAMPLE."}),
                json.dumps(segment | {"Text": "It is A-KIAIOSFODNN7EXAMPLE."}).replace("A-K", "\\u0041K"),
                json.dumps(segment | {"Text": "x" * 60_000}),
                json.dumps(segment, separators=(",", ":")),
                json.dumps(dict(reversed(segment.items()))),
                lines[at].replace('"Text"', '"Start"'),
                lines[at] + lines[at],
                " " + lines[at],
                "",
            ]
        )
    (folder / "segments").mkdir(exist_ok=True)
    (folder / "segments" / "a.jsonl").write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize(
    "config", [LEAN, ERRORS, "", '[check]\nignore = ["*"]\n'], ids=["lean", "errors", "default", "none"]
)
@pytest.mark.parametrize("flaws", [0, 1, 5, 60])
def test_the_report_is_the_same_without_proofs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: str, flaws: int
) -> None:
    make_project(tmp_path, config)
    proven: list[bool] = []
    real = {name: getattr(Proof, name) for name in ("frame", "spell")}

    def watch(name: str) -> Callable[[Proof, bytes], object]:
        def prove(self: Proof, run: bytes) -> object:
            found = real[name](self, run)
            proven.append(found is not None)
            return found

        return prove

    def check(*, fast: bool) -> Report:
        for name in real:
            monkeypatch.setattr(Proof, name, watch(name) if fast else lambda *_: None)
        return check_segments(tmp_path)

    for seed in range(4):
        write_corpus(tmp_path, random.Random(f"{flaws} {seed}"), flaws=flaws)
        assert check(fast=True) == check(fast=False)
    assert any(proven)
    if not flaws:
        assert proven.count(False) <= 4  # the last run of each file may be too small


@given(st.lists(st.tuples(st.sampled_from(CLOCKS), st.sampled_from(CLOCKS)), max_size=4))
def test_times_are_in_order_only_if_they_are(times: list[tuple[str, str]]) -> None:
    starts, ends = [start for start, _ in times], [end for _, end in times]
    if are_in_order([time.encode() for time in starts], [time.encode() for time in ends]):
        for start, end in times:
            first, second = parse_time(start), parse_time(end)
            assert first is not None
            assert second is not None
            assert first <= second


def test_ordinary_times_are_known_to_be_in_order() -> None:
    assert are_in_order([b"00:00:09", b"12:34:56"], [b"00:00:10", b"12:34:56"])
    assert not are_in_order([b"00:00:09"], [b"00:00:08"])
