from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from huggingface_hub import constants

import packager
from packager import folders
from packager.cli import main
from packager.store import origins
from project import make_corpus, make_project, make_segment, write_json, write_lines

if TYPE_CHECKING:
    from pathlib import Path


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def test_check_prints_each_problem_on_a_line_and_returns_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_corpus(tmp_path, recordings=1, segments=1)
    write_lines(tmp_path / "segments" / "x.jsonl", [{**make_segment(), "Text": " "}, {"Text": "x"}])
    assert run("check", "--project", tmp_path) == 1
    assert capsys.readouterr().out == (
        'segments/x.jsonl:1:68 /Text " " holds nothing but white space [schema/pattern]\n'
        'segments/x.jsonl:2:1 the property "End" is missing [schema/required]\n'
        'segments/x.jsonl:2:1 the property "Speaker" is missing [schema/required]\n'
        'segments/x.jsonl:2:1 the property "Start" is missing [schema/required]\n'
        "\n"
        "1 schema/pattern\n"
        "3 schema/required\n"
        "\n"
        "2 files, 3 segments: 4 errors\n"
    )


def test_check_json_has_the_promised_keys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_corpus(tmp_path, recordings=1, segments=2)
    write_lines(
        tmp_path / "segments" / "x.jsonl", [{**make_segment(), "End": "00:00:00", "Start": "00:00:01"}]
    )
    assert run("check", "--project", tmp_path, "--format", "json", "--jobs", "1") == 1
    assert json.loads(capsys.readouterr().out) == {
        "version": 1,
        "files": 2,
        "segments": 3,
        "counts": {"error": 1, "warning": 0, "note": 0},
        "not_read": {},
        "problems": [
            {
                "path": "segments/x.jsonl",
                "line": 1,
                "column": 48,
                "pointer": "/End",
                "rule": "time/end-before-start",
                "severity": "error",
                "message": "the segment ends at 00:00:00, before it starts at 00:00:01",
            }
        ],
    }


def test_check_returns_0_on_good_files_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_corpus(tmp_path)
    assert run("check", "--project", tmp_path) == 0
    assert capsys.readouterr().out == "12 files, 60 segments: no problems\n"


def test_a_control_character_in_a_problem_cannot_forge_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_corpus(tmp_path, recordings=1, segments=1)
    write_lines(tmp_path / "segments" / "a\nb.jsonl", [{**make_segment(), "x\ny\u202e\x1b[31m": 1}])
    assert run("check", "--project", tmp_path) == 1
    [line, *_] = capsys.readouterr().out.splitlines()
    assert line.startswith(r"segments/a\nb.jsonl:1:78 /x\ny\u202e\x1b[31m ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "nowhere.jsonl"], "nowhere.jsonl does not exist"),
        (["check", "--project", "nowhere"], "nowhere holds no dataset.toml"),
        (["check"], "packager init"),
        (["build"], "packager init"),
        (["publish"], "packager init"),
        (["build", "--jobs", "0"], "not a number from 1"),
        (["check", "--form", "json"], "unrecognized arguments"),
        (["hub", "serve"], "--root"),
        ([], "COMMAND"),
        (["polish"], "invalid choice"),
    ],
)
def test_wrong_usage_returns_2_and_says_what_to_do(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        code: object = main(arguments)
    except SystemExit as ended:
        code = ended.code
    captured = capsys.readouterr()
    assert code == 2
    assert said in captured.err
    assert captured.out == ""


def test_build_tells_what_it_built_and_warns_on_stderr(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_corpus(tmp_path)
    assert run("build", "--project", tmp_path, "--jobs", "1") == 0
    captured = capsys.readouterr()
    assert captured.out == (
        f"built {tmp_path}/build\n"
        "  train: 11 recordings, 55 segments, 1 shard\n"
        "  validation: 1 recording, 5 segments, 1 shard\n"
    )
    assert captured.err == (
        "packager: warning: the split test received no recording\n"
        "packager: a build looks for errors alone; `packager check` shows warnings too\n"
    )


def test_build_json_holds_the_counts_of_the_check_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_corpus(tmp_path)
    write_lines(tmp_path / "segments" / "x.jsonl", [{"Speaker": 1}])
    assert run("build", "--project", tmp_path, "--drop-invalid", "--format", "json", "--quiet") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["counts"]["error"] == 4
    assert document["splits"] == {
        "train": {"rows": 55, "shards": 1},
        "validation": {"rows": 5, "shards": 1},
    }
    assert document["dropped"] == [
        {
            "path": "segments/x.jsonl",
            "line": 1,
            "pointer": "",
            "rules": ["schema/required", "schema/type"],
        }
    ]
    assert document["warnings"] == ["the split test received no recording"]


def test_a_build_with_errors_reports_them_and_returns_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_corpus(tmp_path, recordings=1)
    write_lines(tmp_path / "segments" / "x.jsonl", [{"Speaker": 1}])
    assert run("build", "--project", tmp_path) == 1
    captured = capsys.readouterr()
    assert "segments/x.jsonl:1:13 /Speaker 1 is an integer, not a string [schema/type]\n" in captured.out
    assert captured.err == (
        "packager: nothing was built: the check found 4 errors; mend them, or leave the segments out with "
        "--drop-invalid\n"
    )


def test_every_command_finishes_a_half_made_swap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_corpus(tmp_path)
    for number, command in enumerate((["check"], ["publish", "--endpoint", "nonsense"], ["init", "other"])):
        folder = tmp_path / f"copy{number}"
        make_corpus(folder, recordings=2)
        ready = folder / ".build.packager" / "ready"
        ready.mkdir(parents=True)
        (ready / "here").write_text("x")
        secret = folders._remember(folder / "build", folder)  # noqa: SLF001 - as a build that was killed
        (ready.parent / "trace").write_text(secret)
        monkeypatch.chdir(folder)
        main(command)
        assert (folder / "build" / "here").exists(), command


def test_a_disk_that_refuses_returns_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_corpus(tmp_path, recordings=1)
    (tmp_path / "file").write_text("")
    assert run("build", "--project", tmp_path, "--out", tmp_path / "file" / "build") == 3
    assert str(tmp_path / "file") in capsys.readouterr().err


def test_a_reader_that_goes_away_leaves_no_traceback(tmp_path: Path) -> None:
    make_corpus(tmp_path, recordings=1)
    write_lines(tmp_path / "segments" / "x.jsonl", [{"Speaker": 1}] * 5000)
    command = f'"{sys.executable}" -m packager check --format json --project "{tmp_path}" | head -1'
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False)
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


def test_an_interrupt_ends_the_rehearsal_hub_and_its_lines_can_be_exported(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "packager", "--quiet", "hub", "--root", str(tmp_path / "hub")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        assert serving.stderr is not None
        lines = [serving.stdout.readline() for _ in range(2)]
        os.kill(serving.pid, signal.SIGINT)
        assert serving.wait(timeout=20) == 0
        assert serving.stderr.read() == ""
    assert [line.partition("=")[0] for line in lines] == ["HF_ENDPOINT", "HF_TOKEN"]
    assert lines[0].startswith("HF_ENDPOINT=http://127.0.0.1:")


def test_a_rehearsal_publishes_loads_back_and_says_that_nothing_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_corpus(tmp_path)
    assert run("build", "--project", tmp_path, "--quiet") == 0
    capsys.readouterr()
    assert run("publish", "--project", tmp_path, "--rehearse") == 0
    out = capsys.readouterr().out
    assert "plan: publish v1.0.0 of me/turns" in out
    assert "every row equals its source: 60 rows\n" in out
    cost = re.search(
        r"^cost of v1\.0\.0: \d+ files, ([0-9.]+) kB; ([0-9.]+) kB new after deduplication$",
        out,
        re.MULTILINE,
    )
    assert cost is not None
    assert 0 < float(cost[2]) <= float(cost[1])
    assert out.endswith("nothing left this machine; its own Hub stands at v1.0.0\n")

    assert run("publish", "--project", tmp_path, "--rehearse", "--format", "json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["plan"]["published_as"] == "v1.0.0"
    assert document["read_back"]["rows"] == 60

    write_lines(tmp_path / "segments" / "ep0.jsonl", [make_segment("Changed.")])
    assert run("publish", "--project", tmp_path, "--rehearse", "--quiet") == 1
    assert "differs from the sources" in capsys.readouterr().err


@pytest.mark.parametrize("whole", [True, False], ids=["lfs", "xet"])
def test_a_rehearsal_says_how_many_bytes_of_a_release_were_new(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *, whole: bool
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", whole)
    monkeypatch.setenv("HF_HUB_DISABLE_XET", str(int(whole)))
    make_corpus(tmp_path)
    chance = random.Random(1)
    words = [f"{chance.getrandbits(4_000):x}" for _ in range(3_500)]
    write_lines(tmp_path / "segments/ep0.jsonl", [make_segment(text, at) for at, text in enumerate(words)])
    costs: list[dict[str, int]] = []
    for _ in range(2):
        assert run("build", "--project", tmp_path, "--quiet") == 0
        capsys.readouterr()
        for more in (["--dry-run"], []):  # what is shown is what it costs
            assert run("publish", "--project", tmp_path, "--rehearse", "--format", "json", *more) == 0
            costs.append(json.loads(capsys.readouterr().out)["cost"])
        added = [make_segment("Changed.", at) for at in range(2)]
        write_lines(tmp_path / "segments/ep1.jsonl", added)  # in the same shard as ep0
    foreseen_first, first, foreseen_second, second = costs
    assert [(each["files"], each["bytes"]) for each in (foreseen_first, foreseen_second)] == [
        (each["files"], each["bytes"]) for each in (first, second)
    ]
    assert abs(foreseen_first["new_bytes"] - first["new_bytes"]) < 100
    assert abs(foreseen_second["new_bytes"] - second["new_bytes"]) < 100
    assert 1_500_000 < first["new_bytes"] <= first["bytes"]
    assert 1_500_000 < second["bytes"] < first["bytes"]
    assert (second["new_bytes"] == second["bytes"]) is whole
    assert second["new_bytes"] > 1000
    assert (second["new_bytes"] < second["bytes"] / 2) is not whole


def test_a_dry_run_changes_nothing_and_the_publish_does_what_it_showed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_corpus(tmp_path)
    assert run("build", "--project", tmp_path, "--quiet") == 0
    capsys.readouterr()
    plans = []
    for more in (["--dry-run"], ["--dry-run"], []):
        assert run("publish", "--project", tmp_path, "--rehearse", "--format", "json", *more) == 0
        document = json.loads(capsys.readouterr().out)
        plans.append({key: value for key, value in document["plan"].items() if key != "endpoint"})
    assert plans[0] == plans[1] == plans[2]
    assert document["receipt"]["version"] == "1.0.0"


def test_a_placeholder_is_published_to_this_machine_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_corpus(tmp_path)
    assert run("build", "--project", tmp_path, "--quiet") == 0
    # 192.0.2.1 is reserved for documentation: nothing answers there, and nothing may be asked there.
    assert run("publish", "--project", tmp_path, "--endpoint", "https://192.0.2.1") == 2
    assert "placeholder" in capsys.readouterr().err


def test_the_version_is_that_of_the_distribution(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == "packager 0.1.0\n"


def test_the_public_api_is_there_and_importing_it_is_light() -> None:
    for name in packager.__all__:
        assert callable(getattr(packager, name))
    code = "import packager, sys; print(len([m for m in sys.modules if m.startswith(('pyarrow', 'orjson'))]))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "0\n"


def test_check_build_and_publish_never_import_datasets(tmp_path: Path) -> None:
    make_corpus(tmp_path)
    code = (
        "import sys\n"
        "from packager.cli import main\n"
        "from packager.rehearsal import run_hub\n"
        "from pathlib import Path\n"
        "root = sys.argv[1]\n"
        "assert main(['check', '--project', root]) == 0\n"
        "assert main(['build', '--project', root]) == 0\n"
        "with run_hub(Path(root) / 'hub') as address:\n"
        "    import os\n"
        "    os.environ['HF_TOKEN'] = address.token\n"
        "    assert main(['publish', '--project', root, '--endpoint', address.endpoint]) == 0\n"
        "assert 'datasets' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, capture_output=True)


@pytest.mark.parametrize(
    ("files", "schema"),
    [
        ({"x/1.json": '{"Start": "00:00:09"}', "x/2.json": '{"Start": "00:00:01"}', "x/3.jsonl": ""}, {}),
        ({"x/1.json": '{"Start": 9}', "x/2.json": '{"Start": 1}', "x/3.jsonl.gz": "no gzip"}, {}),
        ({"x.json": "[]", "x/1.json": '{"Start": 9}', "x/2.json": '{"Start": 1}'}, {}),
        ({"a.jsonl": '{"n": 1}\n{"n": 9223372036854775808}\n{"n": 3}'}, {"n": {"type": "integer"}}),
        ({"a.jsonl": '{"n": 1152921504606846976}\n{"n": 1e20}'}, {"n": {"type": "number"}}),
    ],
)
@pytest.mark.parametrize("mode", ["auto", "folder"])
def test_a_rehearsal_reads_the_sources_as_the_build_did(
    tmp_path: Path, files: dict[str, str], schema: dict[str, object], mode: str
) -> None:
    make_project(tmp_path, f'recording = "{mode}"\n')
    write_json(tmp_path / "schema" / "segment.schema.json", {"properties": {"Start": {}} | schema})
    for name, text in files.items():
        path = tmp_path / "segments" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert run("build", "--project", tmp_path, "--drop-invalid", "--quiet") == 0
    assert run("publish", "--project", tmp_path, "--rehearse", "--quiet") == 0


def test_a_closed_stdout_is_no_error_of_the_data(tmp_path: Path) -> None:
    make_corpus(tmp_path, recordings=1)
    command = f'"{sys.executable}" -m packager check --project "{tmp_path}" >&-'
    done = subprocess.run(["/bin/sh", "-c", command], stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_narrow_encoding_of_the_output_loses_nothing(tmp_path: Path) -> None:
    make_corpus(tmp_path, recordings=1)
    write_lines(tmp_path / "segments" / "é.jsonl", [{**make_segment(), "Ü": 1}])
    done = subprocess.run(
        [sys.executable, "-m", "packager", "check", "--project", str(tmp_path)],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout.startswith(r"segments/\xe9.jsonl:1:")


def test_a_file_name_that_is_not_utf8_is_a_problem_beside_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_corpus(tmp_path, recordings=1)
    odd = tmp_path / "segments" / os.fsdecode(b"odd\xff.jsonl")
    odd.write_text('{"Speaker": 1}')
    assert run("check", "--project", tmp_path, "--format", "json") == 1
    document = json.loads(capsys.readouterr().out)
    assert {problem["path"] for problem in document["problems"]} == {r"segments/odd\xff.jsonl"}
    assert {"split/recording-name", "schema/type"} <= {problem["rule"] for problem in document["problems"]}
    assert run("build", "--project", tmp_path, "--drop-invalid") == 1


def test_a_dry_run_refuses_a_build_that_the_publish_would_refuse(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_corpus(tmp_path, recordings=1)
    assert run("publish", "--project", tmp_path, "--rehearse", "--dry-run") == 2
    assert run("build", "--project", tmp_path, "--quiet") == 0
    (tmp_path / "build" / "README.md").write_text("tampered")
    assert run("publish", "--project", tmp_path, "--rehearse", "--dry-run") == 1
    assert "README.md" in capsys.readouterr().err


def test_who_is_strict_neither_builds_nor_publishes_with_a_card_that_is_not_complete(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_corpus(tmp_path, recordings=1)
    card = tmp_path / "dataset_card.md"
    card.write_text("---\nlicense: mit\n---\n# Turns\n\n## Use\n")
    assert run("build", "--project", tmp_path, "--strict") == 1
    captured = capsys.readouterr()
    assert "card/empty-section" in captured.out
    assert "nothing was built: dataset_card.md has 1 warning" in captured.err
    assert not (tmp_path / "build").exists()
    assert run("build", "--project", tmp_path) == 0
    dry_run = ("publish", "--project", tmp_path, "--rehearse", "--dry-run")
    assert run(*dry_run) == 0
    assert "  warning: README.md:" in capsys.readouterr().out
    assert run(*dry_run, "--strict") == 1
    card.write_text("---\nlicense: mit\n---\n# Turns\n\n## Use\n\nRead them.\n")
    assert run("build", "--project", tmp_path, "--strict") == 0
    capsys.readouterr()
    assert run(*dry_run, "--strict") == 0
    captured = capsys.readouterr()
    assert "warning" not in captured.out + captured.err


def test_a_build_that_is_not_what_the_sources_say_is_not_published(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_corpus(tmp_path, recordings=2)
    first, second = (tmp_path / "segments" / f"ep{number}.jsonl" for number in range(2))
    dry_run = ("publish", "--project", tmp_path, "--rehearse", "--dry-run")
    assert run("build", "--project", tmp_path) == 0
    first.touch()
    assert run(*dry_run) == 0
    same_size = first.read_text().replace("Turn 0", "Turn 9")
    first.write_text(same_size)
    third = second.rename(second.with_name("ep7.jsonl"))
    settings = tmp_path / "dataset.toml"
    settings.write_text(f"{settings.read_text()}# a remark\n")
    capsys.readouterr()
    assert run(*dry_run) == 1
    said = capsys.readouterr().err
    for part in (
        "segments/ep7.jsonl was added since the build",
        "segments/ep1.jsonl was removed since the build",
        "dataset.toml, segments/ep0.jsonl were changed since the build: run `packager build` again",
    ):
        assert part in said
    assert run("build", "--project", tmp_path, "--no-cache") == 0
    assert run(*dry_run) == 0
    first.unlink()
    third.unlink()
    capsys.readouterr()
    assert run(*dry_run) == 0
    assert "the sources are not at hand" in capsys.readouterr().err


def test_a_file_that_the_schema_refers_to_is_a_source_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_corpus(tmp_path, recordings=1)
    schema, speaker = tmp_path / "schema" / "segment.schema.json", tmp_path / "schema" / "parts" / "one.json"
    write_json(speaker, {"type": "string"})
    time = {"type": "string"}
    properties = {"Speaker": {"$ref": "parts/one.json"}, "Start": time, "End": time, "Text": time}
    write_json(schema, {"type": "object", "properties": properties})
    dry_run = ("publish", "--project", tmp_path, "--rehearse", "--dry-run")
    assert run("build", "--project", tmp_path) == 0
    speaker.touch()
    assert run(*dry_run) == 0
    write_json(speaker, {"type": "string", "minLength": 1})
    capsys.readouterr()
    assert run(*dry_run) == 1
    assert "schema/parts/one.json was changed since the build: run" in capsys.readouterr().err
    speaker.unlink()
    assert run(*dry_run) == 1
    assert "schema/parts/one.json was removed since the build: run" in capsys.readouterr().err
    write_json(speaker, {"type": "string", "minLength": 1})
    assert run("build", "--project", tmp_path) == 0
    assert run(*dry_run) == 0


def test_a_file_of_a_large_corpus_that_was_touched_asks_for_a_build_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_corpus(tmp_path, recordings=2)
    monkeypatch.setattr(origins, "_MOST_HASHED", 0)
    build = ("build", "--project", tmp_path)
    dry_run = ("publish", "--project", tmp_path, "--rehearse", "--dry-run")
    assert run(*build) == 0
    assert run(*dry_run) == 0
    (tmp_path / "segments" / "ep0.jsonl").touch()
    capsys.readouterr()
    assert run(*dry_run) == 1
    assert "segments/ep0.jsonl was changed since the build: run" in capsys.readouterr().err
    before = (tmp_path / "build" / "manifest.json").read_bytes()
    assert run(*build) == 0
    assert run(*dry_run) == 0
    assert (tmp_path / "build" / "manifest.json").read_bytes() == before


def test_what_was_changed_is_said_too_where_the_build_is_published_already(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_corpus(tmp_path, recordings=1)
    rehearse = ("publish", "--project", tmp_path, "--rehearse", "--format", "json")
    assert run("build", "--project", tmp_path, "--quiet") == 0
    assert run(*rehearse, "--quiet") == 0
    settings = tmp_path / "dataset.toml"
    settings.write_text(f"{settings.read_text()}# a remark\n")
    capsys.readouterr()
    assert run(*rehearse) == 0
    captured = capsys.readouterr()
    change = "dataset.toml was changed since the build: run `packager build` again"
    assert json.loads(captured.out)["warnings"] == [change]
    assert f"warning: {change}" in captured.err
    assert run(*rehearse, "--strict") == 1


def test_a_build_that_came_from_elsewhere_is_published_with_a_remark(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_corpus(tmp_path, recordings=1)
    assert run("build", "--project", tmp_path, "--quiet") == 0
    shutil.copytree(tmp_path / "build", tmp_path / "other")
    capsys.readouterr()
    assert (
        run("publish", "--project", tmp_path, "--rehearse", "--dry-run", "--build", tmp_path / "other") == 0
    )
    assert f"no record here says what {tmp_path / 'other'} was built from" in capsys.readouterr().err
