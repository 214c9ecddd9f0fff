"""A baseline knows old problems whatever line they stand on, and nothing else."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.baseline import compare_baseline, make_baseline, parse_baseline, write_baseline
from packager.cli import main
from packager.errors import ConfigError
from packager.model import Problem, Report, Severity
from project import make_corpus, make_segment, write_lines
from sample_report import make_problem

if TYPE_CHECKING:
    from pathlib import Path


def make_report(*problems: Problem) -> Report:
    return Report(1, 9, tuple(sorted(problems)))


def test_a_baseline_file_is_sorted_with_one_line_an_entry() -> None:
    report = make_report(make_problem("ü.jsonl", 9), make_problem(line=2), make_problem(line=5))
    assert write_baseline(make_baseline(report)) == (
        "{\n"
        ' "format": 1,\n'
        ' "problems": [\n'
        '  {"path": "segments/a.jsonl", "rule": "text/empty", "pointer": "/Text", '
        '"digest": "c150af3f0402a693", "count": 2},\n'
        '  {"path": "ü.jsonl", "rule": "text/empty", "pointer": "/Text", '
        '"digest": "c150af3f0402a693", "count": 1}\n'
        " ]\n"
        "}\n"
    )
    assert write_baseline(make_baseline(make_report())) == '{\n "format": 1,\n "problems": [\n ]\n}\n'


PROBLEMS = st.lists(
    st.builds(
        Problem,
        st.text(st.characters(codec="utf-8"), max_size=3),
        st.integers(1, 4),
        st.integers(1, 4),
        st.sampled_from(["", "/Text", "/a~1b"]),
        st.sampled_from(["json/nan", "text/empty"]),
        st.sampled_from(Severity),
        st.text(st.characters(codec="utf-8"), max_size=3),
    )
)


@given(PROBLEMS)
def test_a_report_has_nothing_new_beside_its_own_baseline(problems: list[Problem]) -> None:
    report = make_report(*problems)
    baseline = parse_baseline(write_baseline(make_baseline(report)).encode(), "known.json")
    compared = compare_baseline(report, baseline, None)
    assert (compared.report.problems, compared.known, compared.gone) == ((), len(problems), 0)


@given(PROBLEMS, PROBLEMS)
def test_what_is_new_known_and_gone_adds_up(before: list[Problem], after: list[Problem]) -> None:
    compared = compare_baseline(make_report(*after), make_baseline(make_report(*before)), None)
    assert compared.known + len(compared.report.problems) == len(after)
    assert compared.known + compared.gone == len(before)
    assert set(compared.report.problems) <= set(after)


def test_a_problem_is_known_on_any_line_and_new_when_it_says_another_thing() -> None:
    baseline = make_baseline(make_report(make_problem(line=3, message="as in line 2")))
    moved = compare_baseline(make_report(make_problem(line=8, message="as in line 7")), baseline, None)
    assert (moved.known, moved.report.problems) == (1, ())
    for other in (
        make_problem(message="as in the first line"),
        make_problem("segments/b.jsonl", message="as in line 2"),
        make_problem(message="as in line 2", rule="text/nfc"),
        make_problem(message="as in line 2", pointer="/Speaker"),
    ):
        assert compare_baseline(make_report(other), baseline, None).report.problems == (other,)


def test_one_more_equal_problem_is_new_and_stands_last() -> None:
    baseline = make_baseline(make_report(make_problem(line=3), make_problem(line=5)))
    three = [make_problem(line=line) for line in (2, 4, 6)]
    assert compare_baseline(make_report(*three), baseline, None).report.problems == (three[2],)


def test_files_that_were_not_checked_are_not_missed() -> None:
    baseline = make_baseline(make_report(make_problem("a.jsonl"), make_problem("b.jsonl")))
    assert compare_baseline(make_report(), baseline, {"a.jsonl"}).gone == 1
    assert compare_baseline(make_report(), baseline, None).gone == 2


ENTRY = {"path": "a", "rule": "b", "pointer": "", "digest": "c", "count": 1}


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"\xff",
        b"[" * 100_000,
        b"[]",
        b"{}",
        b'{"format": 2, "problems": []}',
        b'{"format": 1}',
        b'{"format": 1, "problems": 3}',
        b'{"format": 1, "problems": ["a"]}',
        *(
            json.dumps({"format": 1, "problems": [entry]}).encode()
            for entry in (
                {**ENTRY, "count": 0},
                {**ENTRY, "count": True},
                {**ENTRY, "path": 1},
                {key: value for key, value in ENTRY.items() if key != "digest"},
            )
        ),
    ],
)
def test_a_file_that_is_no_baseline_is_a_configuration_error(document: bytes) -> None:
    with pytest.raises(ConfigError, match=r"^known\.json is no .*write it anew"):
        parse_baseline(document, "known.json")


# --- the command ---------------------------------------------------------------------------------------


def test_an_imperfect_corpus_passes_until_something_new_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_corpus(tmp_path, recordings=1, segments=2)
    bad, path, known = {"Speaker": 1}, tmp_path / "segments" / "x.jsonl", tmp_path / "known.json"
    write_lines(path, [bad])
    project = ["check", "--project", str(tmp_path)]
    assert main([*project, "--write-baseline", str(known)]) == 0
    assert capsys.readouterr().out == "2 files, 3 segments: no new problems, 4 known\n"

    write_lines(path, [make_segment(), make_segment("Again.", 3), bad])
    assert main([*project, "--baseline", str(known)]) == 0
    capsys.readouterr()

    write_lines(path, [make_segment(), bad, {**make_segment(), "Text": 2}])
    assert main([*project, "--baseline", str(known)]) == 1
    assert capsys.readouterr().out == (
        "segments/x.jsonl:3:68 /Text 2 is an integer, not a string [schema/type]\n"
        "\n"
        "1 schema/type\n"
        "\n"
        "2 files, 5 segments: 1 error, 4 known\n"
    )
    assert main([*project, "--baseline", str(known), "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["known"] == 4

    write_lines(path, [make_segment()])
    assert main([*project, "--baseline", str(known)]) == 0
    captured = capsys.readouterr()
    assert captured.out == "2 files, 3 segments: no new problems, 0 known\n"
    assert captured.err == (
        f"packager: 4 known problems no longer occur: --write-baseline {known} writes it anew\n"
    )
    assert main([*project, "--baseline", str(known), str(tmp_path / "segments" / "ep0.jsonl")]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--baseline", "absent.json"], "there is no baseline absent.json"),
        (["--baseline", "dataset.toml"], "dataset.toml is no baseline"),
        (["--baseline", "k.json", "--write-baseline", "k.json"], "leave out --baseline"),
        (["--write-baseline", "k.json", "segments"], "leave out the paths"),
        (["--write-baseline", "absent/k.json"], "there is no folder absent"),
        (["--write-baseline", "segments"], "segments is no regular file"),
        (["--diff", "--baseline", "k.json"], "leave out --baseline"),
    ],
)
def test_a_baseline_that_cannot_be_used_is_wrong_usage(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(make_corpus(tmp_path, recordings=1))
    assert main(["check", *arguments]) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.out == ""
    assert not (tmp_path / "k.json").exists()


def test_a_secret_in_a_message_or_a_pointer_changes_no_fingerprint() -> None:
    token = "hf_" + "a1B2" * 9
    message = f'"{token}" is not one of "a", "b"'
    problem = Problem("a.jsonl", 1, 1, f"/{token}", "schema/enum", Severity.ERROR, message)
    digest = sha256(message.encode()).hexdigest()[:16]
    entry = {"path": "a.jsonl", "rule": "schema/enum", "pointer": f"/{token}", "digest": digest, "count": 1}
    old = parse_baseline(json.dumps({"format": 1, "problems": [entry]}).encode(), "known.json")
    report = Report(1, 1, (problem,))
    assert compare_baseline(report, old, None).known == 1
    assert make_baseline(report) == old
    assert token not in write_baseline(old)
