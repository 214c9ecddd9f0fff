"""What people read, and the JSON of the same report."""

from __future__ import annotations

import json
import re

from packager.model import Report, Severity
from packager.reports import Setting, to_json, to_text
from packager.reports.wording import forget_lines
from sample_report import make_problem, make_report


def test_text_is_one_line_a_problem_then_the_rules_then_the_counts() -> None:
    assert to_text(make_report()) == (
        'segments/a b,c:d%.jsonl:2:7 the property "End" is missing [schema/required]\n'
        "segments/a b,c:d%.jsonl:3:7 /Text warning: 50%\\nor\\x1b less [text/empty]\n"
        "segments/z.json:1:7 /Text note: write <é> & ]]> as one [text/nfc]\n"
        "\n"
        "1 schema/required\n"
        "1 text/empty\n"
        "1 text/nfc\n"
        "\n"
        "3 files, 9 segments: 1 error, 1 warning, 1 note\n"
    )


def test_colours_and_headings_change_no_word_of_a_line() -> None:
    coloured = to_text(make_report(), Setting(colour=True))
    assert coloured.startswith("\x1b[1msegments/a b,c:d%.jsonl\x1b[0m: 1 error, 1 warning\n")
    words = re.sub(r"\x1b\[\d+m", "", coloured).splitlines()
    assert words[1:3] == to_text(make_report()).splitlines()[:2]
    assert words[3:6] == [
        "",
        "segments/z.json: 1 note",
        "segments/z.json:1:7 /Text note: write <é> & ]]> as one [text/nfc]",
    ]


def test_no_data_can_colour_a_terminal() -> None:
    problem = make_problem("\x1b[31m.jsonl", pointer="/\x1b[31m", message="\x1b[31m")
    lines = to_text(Report(1, 1, (problem,)), Setting(colour=True))
    assert "\x1b[31m" not in lines.replace("\x1b[31m[text/empty]", "")
    assert lines.count("\\x1b[31m") == 4


def test_two_hundred_problems_are_shown_the_rest_is_counted_and_errors_come_first() -> None:
    warnings = [make_problem(line=line, severity=Severity.WARNING) for line in range(1, 1251)]
    error = make_problem("segments/z.jsonl", rule="json/nan")
    lines = to_text(Report(2, 1251, (*warnings, error))).splitlines()
    assert lines[198] == "segments/a.jsonl:199:7 /Text warning: nothing is said [text/empty]"
    assert lines[199:] == [
        "segments/z.jsonl:1:7 /Text nothing is said [json/nan]",
        "",
        "1,051 more problems not shown: --format json shows all",
        "",
        "   1 json/nan",
        "1250 text/empty",
        "",
        "2 files, 1,251 segments: 1 error, 1,250 warnings",
    ]


def test_known_problems_are_counted_in_the_last_line() -> None:
    assert (
        to_text(make_report(0), Setting(known=1200)) == "3 files, 9 segments: no new problems, 1,200 known\n"
    )
    assert to_text(make_report(1), Setting(known=0)).endswith("3 files, 9 segments: 1 error, 0 known\n")


def test_json_holds_all_problems_and_known_only_with_a_baseline() -> None:
    many = Report(1, 1, tuple(make_problem(line=line) for line in range(1, 302)))
    assert len(json.loads(to_json(many))["problems"]) == 301
    assert sorted(json.loads(to_json(make_report()))) == [
        "counts",
        "files",
        "not_read",
        "problems",
        "segments",
        "version",
    ]
    assert json.loads(to_json(make_report(0), Setting(known=4))) == {
        "version": 1,
        "files": 3,
        "segments": 9,
        "counts": {"error": 0, "warning": 0, "note": 0},
        "not_read": {},
        "known": 4,
        "problems": [],
    }


def test_numbers_of_lines_are_forgotten_and_times_are_not() -> None:
    assert forget_lines("as in line 12 and lines 3") == "as in line and lines"
    assert forget_lines("said in segments/a.jsonl.gz:12:3 before") == "said in segments/a.jsonl.gz before"
    assert forget_lines("ends at 00:00:12, after 3 words") == "ends at 00:00:12, after 3 words"
