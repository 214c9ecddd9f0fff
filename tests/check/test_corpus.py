"""Rules that look beyond one file: the same findings however the files are cut and whoever reads them."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from packager.check import check_segments
from packager.check.evidence import TEXTS
from packager.check.ledger import Ledger, Pile
from project import make_project, write_json, write_lines

if TYPE_CHECKING:
    from pathlib import Path

    from packager.model import Report

SPLITS = "[splits]\ntrain = 0.5\ntest = 0.5\n"
TEXTS_ALONE = SPLITS + '[check]\nignore = ["speaker/across-splits"]\n'
LONG = (
    "It is a truth not yet universally acknowledged that a recording in two splits is a leak, "
    "and that leaks are found. "
)


def turn(text: str, start: int = 0, who: str = "Ada") -> dict[str, Any]:
    return {
        "Speaker": who,
        "Start": f"00:{start // 60:02}:{start % 60:02}",
        "End": f"00:{(start + 6) // 60:02}:{(start + 6) % 60:02}",
        "Text": text,
    }


def brief(report: Report) -> list[tuple[str, int, int, str, str]]:
    return [(each.path[9:], each.line, each.column, each.pointer, each.rule) for each in report.problems]


def test_a_finding_stands_at_the_later_place_and_names_the_other(tmp_path: Path) -> None:
    make_project(tmp_path)
    write_lines(tmp_path / "segments" / "a.jsonl", [turn("Yes."), turn("No.", 10, "John Newbery")])
    write_lines(tmp_path / "segments" / "b.jsonl", [turn("Maybe."), turn("Never.", 10, "John Newberry")])
    [problem] = check_segments(tmp_path).problems
    assert (problem.path, problem.line, problem.column) == ("segments/b.jsonl", 2, 13)
    assert problem.message == (
        'differs from "John Newbery" (segments/a.jsonl:2:1) only in one letter: choose one'
    )


def test_a_name_with_a_null_character_cannot_forge_a_place(tmp_path: Path) -> None:
    make_project(tmp_path)
    names = ["John\0Newbery", "john\0newbery"]
    write_lines(
        tmp_path / "segments" / "a.jsonl", [turn("Yes.", 9 * n, name) for n, name in enumerate(names)]
    )
    [problem] = check_segments(tmp_path).problems
    assert problem.message.startswith('differs from "JohnNewbery" (segments/a.jsonl:1:1) only in case')


def test_a_recording_under_two_names_is_one_finding_and_no_leaks(tmp_path: Path) -> None:
    make_project(tmp_path, TEXTS_ALONE)
    talk = [turn(f"{LONG} {number}", 7 * number) for number in range(5)]
    for name in "abcd":
        write_lines(tmp_path / "segments" / f"{name}.jsonl", talk)
    assert brief(check_segments(tmp_path)) == [
        ("b.jsonl", 1, 1, "", "duplicate/recording"),
        ("c.jsonl", 1, 1, "", "duplicate/recording"),
        ("d.jsonl", 1, 1, "", "duplicate/recording"),
    ]


def test_a_text_is_reported_once_for_each_further_split(tmp_path: Path) -> None:
    make_project(tmp_path, TEXTS_ALONE)
    for number, name in enumerate("abcdef"):  # train, test, test, train, test, train
        lines = [turn(f"Only in {name}.", 0), turn(LONG.strip(), 10 + number)]
        write_lines(tmp_path / "segments" / f"{name}.jsonl", lines)
    [problem] = check_segments(tmp_path).problems
    assert (problem.path, problem.line, problem.pointer) == ("segments/b.jsonl", 2, "/Text")
    assert "in the split test here, and in train at segments/a.jsonl:2:1: " in problem.message


ASKED = '[check.severity]\n"split/near-leakage" = "warning"\n"speaker/across-splits" = "note"\n'


def test_texts_that_differ_in_case_space_and_punctuation_leak_when_that_is_asked_for(tmp_path: Path) -> None:
    make_project(tmp_path, SPLITS)
    near = LONG.strip().upper().replace(" ", "\u00a0 — ").replace(".", "…")
    texts = {"a": LONG.strip(), "b": LONG.strip(), "c": near, "d": near[:-12], "e": f"No: {near}"}
    for name, text in texts.items():  # train, test, test, train, test
        lines = [turn(f"Only in {name}.", 0, name), {**turn(text, 10, name), "End": "00:00:40"}]
        write_lines(tmp_path / "segments" / f"{name}.jsonl", lines)
    leak = ("b.jsonl", 2, "split/leakage")
    found = [(path, line, rule) for path, line, _, _, rule in brief(check_segments(tmp_path))]
    assert found == [leak]
    make_project(tmp_path, SPLITS + ASKED)  # b and c are in one split, and b is reported
    found = [(path, line, rule) for path, line, _, _, rule in brief(check_segments(tmp_path))]
    assert found == [leak]
    (tmp_path / "segments" / "b.jsonl").unlink()
    [problem] = check_segments(tmp_path).problems
    assert (problem.path, problem.line, problem.pointer) == ("segments/c.jsonl", 2, "/Text")
    assert problem.rule == "split/near-leakage"
    assert "is in the split test here, and in train at segments/a.jsonl:2:1: " in problem.message


def test_a_speaker_of_several_splits_is_reported_once(tmp_path: Path) -> None:
    make_project(tmp_path, "[splits]\ntrain = 0.4\ntest = 0.3\nrest = 0.3\n")
    for name in "abcdef":  # train, test, rest, train, test, train
        lines = [turn("Yes.", 0, "Host"), turn("No.", 10, f"Guest of {name}."), turn("Ah.", 20, "SPEAKER_1")]
        write_lines(tmp_path / "segments" / f"{name}.jsonl", lines)
    found = [each for each in check_segments(tmp_path).problems if each.rule == "speaker/across-splits"]
    assert [(each.path, each.line, each.pointer, each.severity) for each in found] == [
        ("segments/b.jsonl", 1, "/Speaker", "warning")
    ]
    assert found[0].message.partition(": ")[0] == (
        '"Host" is in the split test here, in rest, and in train at segments/a.jsonl:1:1'
    )


def test_many_speakers_of_several_splits_are_one_problem(tmp_path: Path) -> None:
    make_project(tmp_path, SPLITS)
    names = [f"Guest of {word}" for word in ("Ada", "Bob", "Cleo", "Dora", "Emil")]
    for name in "abc":  # train, test, test
        lines = [turn(f"I am {who}, on day {name}.", 10 * n, who) for n, who in enumerate(names)]
        write_lines(
            tmp_path / "segments" / f"{name}.jsonl", [*lines, turn("So?", 90, f"Nobody else on {name}")]
        )
    assert [each.line for each in check_segments(tmp_path).problems] == [1, 2, 3, 4, 5]
    make_project(tmp_path, SPLITS + "[check.limits]\nsplit_speakers = 4\n")
    [problem] = check_segments(tmp_path).problems
    assert (problem.path, problem.line, problem.rule) == ("segments/b.jsonl", 1, "speaker/across-splits")
    assert problem.message.partition(": ")[0] == (
        '"Guest of Ada" is in the split test here, and in train at segments/a.jsonl:1:1, '
        "and so are 4 more of 8 speakers"
    )


def test_a_recording_without_one_group_is_in_one_split_all_the_same(tmp_path: Path) -> None:
    make_project(tmp_path, SPLITS + 'group_by = "Show"\n')
    write_json(tmp_path / "schema" / "segment.schema.json", lenient("Show"))
    lines = [{**turn(LONG, 10 * number), "Show": f"Show {number}"} for number in range(8)]
    write_lines(tmp_path / "segments" / "a.jsonl", lines)
    assert "speaker/across-splits" not in {each.rule for each in check_segments(tmp_path).problems}


def test_with_one_split_or_some_files_alone_nothing_leaks(tmp_path: Path) -> None:
    make_project(tmp_path)
    for name in "ab":
        write_lines(tmp_path / "segments" / f"{name}.jsonl", [turn(name), turn(LONG.strip(), 10)])
    assert check_segments(tmp_path).problems == ()
    make_project(tmp_path, TEXTS_ALONE)
    assert len(check_segments(tmp_path).problems) == 1
    assert check_segments(tmp_path, paths=[tmp_path / "segments"]).problems == ()


def talk_with_flaws() -> list[dict[str, Any]]:
    talk = [turn(f"And this I say on day {number}, as always.", 10 * number) for number in range(40)]
    talk[5] = turn("It overlaps by five seconds, and more.", 43)
    talk[20] = talk[19]
    talk[30:36] = [turn("Thanks for watching!", 10 * number) for number in range(30, 36)]
    return talk


SPREAD = [("time/overlap", 5), ("duplicate/segment", 20), ("loop/segments", 35)]


def test_a_recording_is_judged_alike_in_one_file_and_in_many(tmp_path: Path) -> None:
    talk = talk_with_flaws()
    make_project(tmp_path / "one")
    write_lines(tmp_path / "one" / "segments" / "talk.jsonl", talk)
    found = check_segments(tmp_path / "one").problems
    assert [(each.rule, each.line - 1) for each in found] == SPREAD

    make_project(tmp_path / "many")
    for number, segment in enumerate(talk):
        write_json(tmp_path / "many" / "segments" / "talk" / f"{number:03}.json", segment)
    found = check_segments(tmp_path / "many").problems
    assert [(each.rule, int(each.path[-8:-5])) for each in found] == SPREAD
    assert found[1].message.startswith("the segment is the same as that at segments/talk/019.json:1:1: ")
    assert (found[0].column, found[0].pointer) == (29, "/Start")

    make_project(tmp_path / "mixed", 'recording = "Talk"\n')
    write_json(tmp_path / "mixed" / "schema" / "segment.schema.json", lenient("Talk"))
    for part in range(4):
        lines = [{"Talk": "t", **segment} for segment in talk[10 * part : 10 * part + 10]]
        write_lines(tmp_path / "mixed" / "segments" / f"{part}.jsonl", lines)
    found = check_segments(tmp_path / "mixed").problems
    assert [(each.rule, 10 * int(each.path[9]) + each.line - 1) for each in found] == SPREAD


def lenient(*more: str) -> dict[str, Any]:
    return {"properties": {name: {"type": "string"} for name in ("Speaker", "Start", "End", "Text", *more)}}


def test_files_of_one_segment_are_in_order_whatever_their_names(tmp_path: Path) -> None:
    make_project(tmp_path)
    for number in range(10):
        write_json(tmp_path / "segments" / f"{number}.json", turn(f"Day {number}.", 100 - 10 * number))
    assert check_segments(tmp_path).problems == ()


def test_recordings_in_many_files_are_copies_too(tmp_path: Path) -> None:
    make_project(tmp_path)
    for name in ("x", "y"):
        for number in range(3):
            write_json(tmp_path / "segments" / name / f"{number}.json", turn(f"{LONG}{number}", 10 * number))
    assert brief(check_segments(tmp_path)) == [("y/0.json", 1, 1, "", "duplicate/recording")]


def test_many_jobs_and_full_tables_find_what_one_job_finds_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_project(tmp_path, SPLITS + ASKED)
    chance = random.Random(5)
    for number in range(12):
        lines = talk_with_flaws()
        lines += [turn(f"{LONG}{chance.randrange(30)}", 500 + 7 * turn_) for turn_ in range(20)]
        lines += [turn(f"{LONG}{'!' * number}", 700)]
        for line in lines:
            line["Speaker"] = chance.choice(["Ada Lovelace", "Ada Lovelacé", "ada lovelace", "SPEAKER_01"])
        if number % 2:
            for index, line in enumerate(lines):
                write_json(tmp_path / "segments" / f"r{number}" / f"{index:03}.json", line)
        else:
            write_lines(tmp_path / "segments" / f"r{number}.jsonl", lines)
    expected = check_segments(tmp_path)
    rules = {problem.rule for problem in expected.problems}
    assert {
        "duplicate/segment",
        "loop/segments",
        "split/leakage",
        "speaker/spelling",
        "speaker/across-splits",
    } <= rules
    assert "split/near-leakage" in rules
    monkeypatch.setattr("packager.check.engine._SMALL", 0)
    monkeypatch.setattr("packager.check.gathering._HELD", 0)
    monkeypatch.setattr("packager.check.gathering._UNIT_FILES", 7)
    monkeypatch.setattr("packager.check.ledger._HELD", 500)
    assert check_segments(tmp_path) == expected
    monkeypatch.setattr("packager.check.gathering._UNIT_FILES", 40)
    assert check_segments(tmp_path, jobs=2) == expected


def test_an_unreadable_file_is_no_evidence(tmp_path: Path) -> None:
    make_project(tmp_path)
    write_lines(tmp_path / "segments" / "a.jsonl", [turn("Yes.", 0, "John Newbery")])
    (tmp_path / "segments" / "b.json").write_text(json.dumps([turn("Yes.", 0, "John Newberry")])[:-1])
    assert {each.rule.partition("/")[0] for each in check_segments(tmp_path).problems} == {"json"}


def test_what_the_schema_demands_is_not_demanded_twice(tmp_path: Path) -> None:
    make_project(tmp_path)
    segment = turn("Yes.")
    del segment["Speaker"]
    write_lines(tmp_path / "segments" / "a.jsonl", [segment, {**turn("No.", 9), "Speaker": None}])
    assert [each.rule for each in check_segments(tmp_path).problems] == ["schema/required", "schema/type"]
    write_json(tmp_path / "schema" / "segment.schema.json", lenient())
    assert [each.rule for each in check_segments(tmp_path).problems] == ["speaker/missing", "schema/type"]


@pytest.mark.parametrize("few", [1, 1 << 20])
@pytest.mark.parametrize("held", [100, 1 << 20])
def test_a_ledger_gathers_equal_digests_on_disk_as_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: int, few: int
) -> None:
    monkeypatch.setattr("packager.check.ledger._HELD", held)
    monkeypatch.setattr("packager.check.ledger._FEW", few)
    monkeypatch.setattr("packager.check.ledger._LEAST", few)
    ledger = Ledger(TEXTS.size, tmp_path / "ledger")
    for number in range(50):
        pile = Pile(TEXTS.size, tmp_path / f"pile-{number}")
        for digest in range(number % 7, 40, 7):
            pile.add(TEXTS.pack(bytes([digest * 6]) * 16, number, digest, 0))
        ledger.add(pile)
    found = list(ledger.groups())
    assert [group for group in found if len(group) > 7 * TEXTS.size] == list(ledger.groups(least=8))
    groups = [[record[1] for record in TEXTS.iter_unpack(group)] for group in found]
    assert groups == [[n for n in range(50) if n % 7 == digest % 7] for digest in range(40)]
    assert not list(tmp_path.glob("pile-*"))


def test_a_property_keeps_the_order_of_the_paths(tmp_path: Path) -> None:
    make_project(tmp_path, 'recording = "Talk"\n')
    write_json(tmp_path / "schema" / "segment.schema.json", lenient("Talk"))
    for number in range(2):
        segment = {"Talk": "t", **turn(f"Day {number}.", 100 - 10 * number)}
        write_json(tmp_path / "segments" / f"{number}.json", segment)
    assert [(path, rule) for path, _, _, _, rule in brief(check_segments(tmp_path))] == [
        ("1.json", "time/unsorted")
    ]
