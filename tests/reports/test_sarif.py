"""What `packager check` writes as SARIF is valid by the official schema, whatever was found.

The schema is gathered by the set-up (see scripts/environment.py) and never by a test.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.cli import main
from packager.model import Report, Severity
from packager.reports import RuleInfo, Setting, to_sarif
from project import make_project, make_segment, write_json, write_lines
from sample_report import make_problem, make_report

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
ABOUT = RuleInfo("Finds nothing said.", "Say *something*.", Severity.WARNING, "https://example.org/a%20b")
ANYTHING = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.fixture(scope="module")
def environment() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "scripts"))
        import environment  # noqa: PLC0415 - a script, found by the path just set

        yield environment


@pytest.fixture(scope="module")
def schema(environment: ModuleType) -> jsonschema_rs.Draft4Validator:
    """Return the official schema; without it, on a machine that cannot reach OASIS, a test is skipped."""
    path = cast("Path", environment.SARIF_SCHEMA)
    if not path.is_file():
        pytest.skip(f"{path} is absent: the set-up could not gather it")
    data = path.read_bytes()
    assert hashlib.sha256(data).hexdigest() == environment.SARIF_SCHEMA_SHA256
    # Draft 4 does not know this format, though the schema asks for it.
    reference = jsonschema_rs.Draft7Validator({"format": "uri-reference"}, validate_formats=True)
    return jsonschema_rs.Draft4Validator(
        json.loads(data), validate_formats=True, formats={"uri-reference": reference.is_valid}
    )


def read_run(schema: jsonschema_rs.Draft4Validator, text: str) -> dict[str, Any]:
    """Return the run of a log, which must be valid."""
    log = json.loads(text)
    assert [f"{list(error.instance_path)} {error.message}" for error in schema.iter_errors(log)] == []
    [run] = log["runs"]
    return cast("dict[str, Any]", run)


# --- the schema ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of_result", "value"),
    [
        ("level", "fatal"),
        ("ruleIndex", "1"),
        ("unheard of", 1),
        ("locations", [{"physicalLocation": {"region": {"startLine": 1}}}]),
        ("locations", [{"physicalLocation": {"artifactLocation": {"uri": "a b.jsonl"}}}]),
        (
            "locations",
            [{"physicalLocation": {"artifactLocation": {"uri": "a"}, "region": {"startLine": 0}}}],
        ),
    ],
)
def test_the_schema_refuses_what_is_not_sarif(
    schema: jsonschema_rs.Draft4Validator, of_result: str, value: object
) -> None:
    log = json.loads(to_sarif(make_report()))
    log["runs"][0]["results"][0][of_result] = value
    assert not schema.is_valid(log)


def test_the_log_names_the_schema_by_which_it_is_valid(
    schema: jsonschema_rs.Draft4Validator, environment: ModuleType
) -> None:
    text = to_sarif(make_report())
    assert len(read_run(schema, text)["results"]) == 3
    assert json.loads(text)["$schema"] == environment.SARIF_SCHEMA_URL


@given(path=ANYTHING, message=ANYTHING, pointer=ANYTHING, rule=ANYTHING)
def test_any_text_gives_a_valid_log(
    schema: jsonschema_rs.Draft4Validator, path: str, message: str, pointer: str, rule: str
) -> None:
    problems = tuple(
        make_problem(prefix + path, rule=rule, message=message, pointer=pointer)
        for prefix in ("a", "/b", "../")
    )
    run = read_run(schema, to_sarif(Report(1, 1, problems), Setting(version="1", rules={rule: ABOUT})))
    assert len(run["results"]) == 3


def test_a_log_of_more_than_code_scanning_takes_is_valid(schema: jsonschema_rs.Draft4Validator) -> None:
    report = Report(1, 1, tuple(make_problem(line=line) for line in range(1, 25_003)))
    assert len(read_run(schema, to_sarif(report))["results"]) == 25_000


# --- the command ---------------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a project, in a folder of a repository, with problems of every kind in files of odd names."""
    for name in ("GITHUB_WORKSPACE", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".git").mkdir()
    root = make_project(tmp_path / "my talks", "[check.severity]\n'text/whitespace' = 'error'\n")
    segments = root / "segments"
    write_lines(
        segments / "Gespräch ü" / "日本:1 100%.jsonl", [make_segment(" a"), make_segment("[Music]", 9)]
    )
    write_lines(segments / "a#b?.jsonl", [{**make_segment("é́", 9), "Text": 3, "x": 1}, {"Start": "0:1"}])
    write_json(segments / "array.json", [make_segment("caf\u00c3\u00a9 &amp; co", 9), make_segment("b", 3)])
    (segments / "flawed.jsonl").write_bytes(b'\xef\xbb\xbf{"Text": NaN,}\n[]\n{"Text": "\\ud800"')
    (segments / "empty.json").write_bytes(b"")
    (segments / "torn.jsonl.gz").write_bytes(b"x")
    with Path(os.fsdecode(os.fsencode(segments) + b"/\xff.jsonl")).open("w") as file:
        json.dump(make_segment(), file)
    monkeypatch.chdir(root)
    return root


def families(run: dict[str, Any]) -> set[str]:
    return {result["ruleId"].partition("/")[0] for result in run["results"]}


def test_every_kind_of_problem_in_every_file_gives_a_valid_log(
    project: Path, schema: jsonschema_rs.Draft4Validator, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = ["--output", "sarif=a.sarif", "--output", "sarif=b.sarif", "--output", "json=all.json"]
    assert main(["check", "--format", "sarif", *outputs]) == 1
    printed = capsys.readouterr().out
    run = read_run(schema, printed)
    assert families(run) >= {"json", "schema", "text", "time", "split"}
    assert {result["level"] for result in run["results"]} == {"error", "warning", "note"}
    assert len(run["results"]) == len(json.loads((project / "all.json").read_text())["problems"])
    uris = {
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in run["results"]
    }
    assert {
        "my%20talks/segments/Gespr%C3%A4ch%20%C3%BC/%E6%97%A5%E6%9C%AC%3A1%20100%25.jsonl",
        "my%20talks/segments/a%23b%3F.jsonl",
        "my%20talks/segments/array.json",
        "my%20talks/segments/empty.json",
        "my%20talks/segments/flawed.jsonl",
        "my%20talks/segments/torn.jsonl.gz",
    } <= uris
    assert (project / "a.sarif").read_text() == (project / "b.sarif").read_text() == printed


def test_what_a_baseline_knows_is_not_in_the_log_and_what_is_new_is(
    project: Path, schema: jsonschema_rs.Draft4Validator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--write-baseline", "known.json", "--format", "sarif"]) == 0
    assert read_run(schema, capsys.readouterr().out)["results"] == []
    assert main(["check", "--baseline", "known.json", "--format", "sarif"]) == 0
    assert read_run(schema, capsys.readouterr().out)["results"] == []
    write_lines(project / "segments" / "new.jsonl", [make_segment(" new")])
    assert main(["check", "--baseline", "known.json", "--format", "sarif"]) == 1
    [result] = read_run(schema, capsys.readouterr().out)["results"]
    assert result["ruleId"] == "text/whitespace"


def test_a_file_outside_every_repository_gives_a_valid_log(
    tmp_path: Path,
    schema: jsonschema_rs.Draft4Validator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_lines(tmp_path / "ü b.jsonl", [make_segment(" a")])
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    for name in (tmp_path / "ü b.jsonl", "../ü b.jsonl"):
        assert main(["check", str(name), "--format", "sarif"]) == 0
        [result] = read_run(schema, capsys.readouterr().out)["results"]
        place = result["locations"][0]["physicalLocation"]["artifactLocation"]
        assert place["uri"].endswith("/%C3%BC%20b.jsonl")


# --- what the set-up gathers ---------------------------------------------------------------------------


def test_the_set_up_takes_the_file_that_is_meant_and_no_other(
    tmp_path: Path, environment: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "a.json").write_bytes(b"{}")
    digest = hashlib.sha256(b"{}").hexdigest()
    kept = tmp_path / "gathered" / "a.json"
    handler = partial(_Silent, directory=str(tmp_path / "served"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        environment.gather(f"{url}/a.json", "0" * 64, kept)
        assert not kept.exists()
        assert "a.json cannot be fetched (it is another file than expected): " in capsys.readouterr().err
        environment.gather(f"{url}/b.json", digest, kept)
        assert "b.json cannot be fetched (HTTP Error 404: " in capsys.readouterr().err
        environment.gather(f"{url}/a.json", digest, kept)
        server.shutdown()
    environment.gather(f"{url}/a.json", digest, kept)  # nobody serves it, and nobody need
    assert kept.read_bytes() == b"{}"
    assert capsys.readouterr().err == ""


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass
