"""The formats that other programs read: SARIF, GitHub's commands, JUnit. Any text must come through them."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from packager.model import Report, Severity
from packager.reports import FORMATS, RuleInfo, Setting, to_github, to_junit, to_markdown, to_sarif
from sample_report import ODD_NAME, make_problem, make_report

ABOUT = RuleInfo(
    "Finds nothing said.", "Say *something*.", Severity.WARNING, "https://example.org/text-empty"
)
ANYTHING = st.text(st.characters(exclude_categories=["Cs"]))


def read_sarif(report: Report, **setting: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    log = json.loads(to_sarif(report, Setting(**setting)))
    assert log["version"] == "2.1.0"
    [run] = log["runs"]
    assert isinstance(run, dict)
    return run


# --- SARIF ---------------------------------------------------------------------------------------------


def test_sarif_says_all_of_a_problem() -> None:
    run = read_sarif(make_report(2), version="1.2.3", rules={"text/empty": ABOUT})
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["tool"]["driver"] == {
        "name": "packager",
        "version": "1.2.3",
        "rules": [
            {"id": "schema/required"},
            {
                "id": "text/empty",
                "shortDescription": {"text": "Finds nothing said."},
                "help": {"text": "Say *something*.", "markdown": "Say *something*."},
                "defaultConfiguration": {"level": "warning"},
                "helpUri": "https://example.org/text-empty",
            },
        ],
    }
    assert run["results"][1] == {
        "ruleId": "text/empty",
        "ruleIndex": 1,
        "level": "warning",
        "message": {"text": "/Text 50%\\nor\\x1b less"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {
                        "uri": "segments/a%20b%2Cc%3Ad%25.jsonl",
                        "uriBaseId": "%SRCROOT%",
                    },
                    "region": {"startLine": 3, "startColumn": 7},
                },
                "logicalLocations": [{"fullyQualifiedName": "/Text", "kind": "value"}],
            }
        ],
        "partialFingerprints": {"problem/v1": "914ad51b122d8fb774a9ffcbd0c57206:0"},
    }
    assert "logicalLocations" not in run["results"][0]["locations"][0]


def test_a_path_outside_the_repository_is_a_file_uri() -> None:
    run = read_sarif(Report(1, 1, (make_problem("/data/ü.jsonl"),)))
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "file:///data/%C3%BC.jsonl"}


def test_a_fingerprint_stays_when_lines_move_and_equal_problems_have_their_own() -> None:
    before = [make_problem(line=3, message="as in line 2"), make_problem(line=8, message="as in line 2")]
    after = [make_problem(line=4, message="as in line 3"), make_problem(line=9, message="as in line 3")]
    prints = []
    for found in (before, after, [make_problem(message="else")]):
        results = read_sarif(Report(1, 9, tuple(found)))["results"]
        prints.append([each["partialFingerprints"]["problem/v1"] for each in results])
    assert prints[0] == prints[1]
    assert len({*prints[0], *prints[2]}) == 3


def test_sarif_holds_no_more_than_github_takes_and_tells_how_many_are_left_out() -> None:
    run = read_sarif(Report(1, 1, tuple(make_problem(line=line) for line in range(1, 25_003))))
    assert len(run["results"]) == 25_000
    [notification] = run["invocations"][0]["toolExecutionNotifications"]
    assert notification["message"]["text"] == "2 more problems not told here: --format json tells all"
    assert read_sarif(make_report())["invocations"][0]["toolExecutionNotifications"] == []


# --- GitHub --------------------------------------------------------------------------------------------


def test_annotations_escape_what_github_would_take_for_its_own() -> None:
    assert to_github(make_report()) == (
        "::error file=segments/a b%2Cc%3Ad%25.jsonl,line=2,col=7,title=schema/required::"
        'the property "End" is missing\n'
        "::warning file=segments/a b%2Cc%3Ad%25.jsonl,line=3,col=7,title=text/empty::"
        "/Text 50%25\\nor\\x1b less\n"
        "::notice file=segments/z.json,line=1,col=7,title=text/nfc::/Text write <é> & ]]> as one\n"
        "::group::problems by rule\n"
        "1 schema/required\n"
        "1 text/empty\n"
        "1 text/nfc\n"
        "::endgroup::\n"
        "3 files, 9 segments: 1 error, 1 warning, 1 note\n"
    )
    assert to_github(make_report(0)) == "3 files, 9 segments: no problems\n"


def test_a_problem_of_each_rule_is_among_the_ten_that_github_shows() -> None:
    problems = [make_problem(line=line) for line in range(1, 301)]
    problems += [make_problem("segments/z.jsonl", rule="json/nan")]
    lines = to_github(Report(2, 301, tuple(problems))).splitlines()
    assert [line.rpartition("title=")[2] for line in lines[:3]] == [
        "text/empty::/Text nothing is said",
        "json/nan::/Text nothing is said",
        "text/empty::/Text nothing is said",
    ]
    assert "101 more problems not shown: --format json shows all" in lines


def test_the_summary_of_a_step_shows_any_text_as_it_is() -> None:
    shown = to_markdown(make_report(), Setting(rules={"text/empty": ABOUT}))
    assert shown == (
        "### packager check: 1 error, 1 warning, 1 note\n"
        "\n"
        "3 files, 9 segments: 1 error, 1 warning, 1 note\n"
        "\n"
        "| problems | rule | |\n"
        "|---:|---|---|\n"
        "| 1 | schema\\/required |  |\n"
        "| 1 | text\\/empty | Finds nothing said\\. |\n"
        "| 1 | text\\/nfc |  |\n"
        "\n"
        "| place | problem | rule |\n"
        "|---|---|---|\n"
        r"| segments\/a b\,c\:d\%\.jsonl\:2\:7 "
        r"| error\: the property \"End\" is missing | schema\/required |"
        "\n"
        r"| segments\/a b\,c\:d\%\.jsonl\:3\:7 | warning\: \/Text 50\%\\nor\\x1b less | text\/empty |"
        "\n"
        r"| segments\/z\.json\:1\:7 | note\: \/Text write \<é\> \& \]\]\> as one | text\/nfc |"
        "\n"
    )
    assert to_markdown(make_report(0), Setting(known=2)) == (
        "### packager check: no new problems\n\n3 files, 9 segments: no new problems, 2 known\n\n"
    )


def test_the_summary_of_a_step_stays_below_the_mebibyte_that_github_takes() -> None:
    problem = make_problem(message="é" * 9000, pointer="/" * 999)
    summary = to_markdown(Report(1, 9998, (problem,) * 9998))
    assert len(summary.encode()) < 1 << 20
    assert summary.endswith("\n9,948 more problems not shown.\n")


# --- JUnit ---------------------------------------------------------------------------------------------


def test_junit_has_a_case_for_each_file_and_fails_those_with_errors() -> None:
    files = (ODD_NAME, "segments/good.jsonl", "segments/z.json")
    for strict, failures in ((False, "1"), (True, "1")):
        suites = ET.fromstring(to_junit(make_report(), Setting(files=files, strict=strict)))  # noqa: S314 - ours
        [suite] = suites
        assert suites.tag == "testsuites"
        assert suite.attrib == {
            "name": "packager check",
            "tests": "3",
            "failures": failures,
            "errors": "0",
            "skipped": "0",
        }
        assert [(case.get("name"), [child.tag for child in case]) for case in suite] == [
            (ODD_NAME, ["failure"]),
            ("segments/good.jsonl", []),
            ("segments/z.json", ["system-out"]),
        ]
    [failure] = suite[0]
    assert failure.attrib == {"message": "1 error, 1 warning", "type": "schema/required, text/empty"}
    assert failure.text == (
        'segments/a b,c:d%.jsonl:2:7 the property "End" is missing [schema/required]\n'
        "segments/a b,c:d%.jsonl:3:7 /Text warning: 50%\\nor\\x1b less [text/empty]"
    )


def test_a_warning_fails_a_case_only_if_the_check_is_strict() -> None:
    report = Report(1, 1, (make_problem(severity=Severity.WARNING),))
    assert 'failures="0"' in to_junit(report)
    assert 'failures="1"' in to_junit(report, Setting(strict=True))


@given(ANYTHING, ANYTHING, ANYTHING)
def test_any_text_gives_sound_documents(path: str, message: str, pointer: str) -> None:
    report = Report(1, 1, (make_problem(path or "x", message=message, pointer=pointer),))
    [suite] = ET.fromstring(to_junit(report).encode())  # noqa: S314 - ours
    assert len(suite) == 1
    assert len(read_sarif(report)["results"]) == 1
    assert to_github(report).count("\n") == 5
    assert to_markdown(report).count("\n") == 11


# --- secrets -------------------------------------------------------------------------------------------


def test_no_format_shows_a_secret_and_fingerprints_are_those_of_before() -> None:
    token = "hf_" + "a1B2" * 9
    problem = make_problem(rule="schema/enum", message=f'"{token}" is not "a"', pointer=f"/{token}")
    report = Report(1, 1, (problem,))
    for name, write in FORMATS.items():
        for colour in (False, True):
            assert token not in write(report, Setting(colour=colour)), name
    assert token not in to_markdown(report, Setting())
    [result] = read_sarif(report)["results"]
    assert result["partialFingerprints"] == {"problem/v1": "3da6d016d49579264d338be2856d45d7:0"}
