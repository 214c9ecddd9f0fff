"""The commands against a Hub that shares no code with this project, in every shape that is permitted."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from huggingface_hub import constants

from packager.cli import main
from project import make_corpus, make_segment, write_lines
from publish.plain_hub import TOKEN, Habits, PlainHub, run_plain_hub

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")

REPO = "me/turns"
SHAPES = {
    "usual": Habits(),
    "spare": Habits(spare=True, codes=False),
    "words in plain text": Habits(errors="text", codes=False),
    "words in HTML": Habits(errors="html", codes=False),
    "words in another JSON": Habits(errors="list"),
    "words in no UTF-8": Habits(errors="latin", codes=False),
    "pages of two": Habits(page=2),
    "pages of one, links without a host": Habits(page=1, relative=True),
    "storage elsewhere": Habits(elsewhere=True),
    "uploads that are verified": Habits(lfs="verified", elsewhere=True),
    "uploads in parts": Habits(lfs="parts", elsewhere=True),
    "every file is large": Habits(large="all", elsewhere=True),
    "no file is large": Habits(large="nothing"),
    "ids that are not git's": Habits(git_ids=False),
    "no file is large, ids that are not git's": Habits(git_ids=False, large="nothing"),
    "answers zipped": Habits(zipped=True),
    "repositories born empty": Habits(birth=""),
    "repositories born with a card": Habits(birth="README.md"),
    "409 for a stale parent": Habits(stale=409),
    "a page for what it does not know": Habits(unknown=(200, b"<html>Welcome</html>")),
    "501 for what it does not know": Habits(unknown=(501, b"no")),
    "400 for what it does not know": Habits(unknown=(400, b"no")),
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", False)
    return make_corpus(tmp_path / "project")


@pytest.fixture(params=SHAPES)
def hub(request: pytest.FixtureRequest) -> Iterator[PlainHub]:
    with run_plain_hub(SHAPES[request.param]) as hub:
        yield hub


def run(project: Path, hub: PlainHub, command: str, *more: str) -> int:
    endpoint = ["--endpoint", hub.endpoint] if command in {"publish", "verify", "diff"} else []
    return main([command, *more, *endpoint, "--project", str(project)])


def change(project: Path) -> None:
    write_lines(project / "segments" / "new.jsonl", [make_segment("Something new.")])
    assert main(["build", "--project", str(project)]) == 0


def test_two_releases_their_proof_and_their_difference(
    project: Path, hub: PlainHub, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["build", "--project", str(project)]) == 0
    for _ in range(2):  # the second time nothing changes
        assert run(project, hub, "publish") == 0
    change(project)
    for _ in range(2):
        assert run(project, hub, "publish") == 0
    there = hub.repositories[REPO]
    assert [title for _, title, _ in there.commits][-2:] == ["Release v1.0.0", "Release v1.1.0"]
    assert list(there.tags.items()) == [
        ("v1.0.0", there.commits[-2][0]),
        ("v1.1.0", there.commits[-1][0]),
    ]
    for tag in ("v1.0.0", "v1.1.0"):
        assert run(project, hub, "verify", f"{REPO}@{tag}") == 0
    capfd.readouterr()
    assert run(project, hub, "diff", "v1.0.0", "v1.1.0", "--details", "--format", "json") == 0
    document: dict[str, Any] = json.loads(capfd.readouterr().out)
    assert document["level"] == "MINOR"
    built = {
        path.relative_to(project / "build").as_posix(): path.read_bytes()
        for path in (project / "build").rglob("*")
        if path.is_file()
    }
    assert {path: data for path, data in there.commits[-1][2].items() if path in built} == built
    assert there.commits[-1][2].keys() - built.keys() <= {".gitattributes"}


@pytest.fixture
def usual() -> Iterator[PlainHub]:
    with run_plain_hub() as hub:
        yield hub


def test_a_plan_is_carried_out_and_files_of_others_stay(
    project: Path, usual: PlainHub, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["build", "--project", str(project)]) == 0
    assert run(project, usual, "publish") == 0
    there = usual.repositories[REPO]
    there.add("mine", {**there.commits[-1][2], "NOTES.txt": b"mine", "data/train-extra.parquet": b"PAR1"})
    change(project)
    assert run(project, usual, "publish") == 1
    capfd.readouterr()
    assert run(project, usual, "publish", "--adopt", "--dry-run", "--format", "json") == 0
    (tmp_path / "plan.json").write_text(capfd.readouterr().out)
    assert len(there.commits) == 3
    assert run(project, usual, "publish", "--plan", str(tmp_path / "plan.json")) == 0
    assert there.commits[-1][2]["NOTES.txt"] == b"mine"
    assert "data/train-extra.parquet" not in there.commits[-1][2]
    assert run(project, usual, "verify", f"{REPO}@v1.1.0") == 0


def test_a_repository_that_was_renamed_is_found_under_its_old_name(project: Path, usual: PlainHub) -> None:
    assert main(["build", "--project", str(project)]) == 0
    assert run(project, usual, "publish", "--private") == 0
    usual.repositories["me/words"] = usual.repositories.pop(REPO)
    usual.renamed[REPO] = "me/words"
    change(project)
    assert run(project, usual, "publish") == 0
    assert list(usual.repositories["me/words"].tags) == ["v1.0.0", "v1.1.0"]
    assert run(project, usual, "verify", f"{REPO}@v1.1.0") == 0


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        (
            {"Retry-After": "Wed, 25 Nov 2026 00:00:02 GMT", "Date": "Wed, 25 Nov 2026 00:00:00 GMT"},
            "in 2 s",
        ),
        ({"Retry-After": "Wed, 25 Nov 2020 00:00:02 GMT"}, "in 1 s"),
        ({"Retry-After": "soon"}, "in 1 s"),
        ({"Retry-After": " 2 "}, "in 2 s"),
        ({"RateLimit": '"api";r=0;t=2', "RateLimit-Policy": '"fixed window";"api";q=500;w=300'}, "in 2 s"),
        ({"RateLimit": '"api";r=7;t=200'}, "in 1 s"),
    ],
)
def test_a_pause_that_is_asked_for_is_kept(
    project: Path,
    usual: PlainHub,
    capfd: pytest.CaptureFixture[str],
    headers: dict[str, str],
    wait: str,
) -> None:
    assert main(["build", "--project", str(project)]) == 0
    usual.once["GET refs"] = (429, headers, b"<html>slow down</html>")
    assert run(project, usual, "publish", "--dry-run") == 0
    assert f"answered 429 while looking for {REPO}; trying again {wait}" in capfd.readouterr().err.replace(
        " (<html>slow down</html>)", ""
    )


NONSENSE = [b"", b"null", b"[1]", b"{}", b'{"branches": [1]}', b"<html>", b"\xff\xfe{"]
ASKED = [
    "GET whoami",
    "POST repos/create",
    "GET refs",
    "GET tree",
    "POST validate-yaml",
    "GET xet-write-token",
    "POST preupload",
    "POST objects/batch",
    "POST commit",
    "POST tag",
]


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("request_", ASKED)
def test_an_answer_that_makes_no_sense_ends_in_a_message_and_running_again_heals(
    project: Path,
    usual: PlainHub,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    request_: str,
    status: int,
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    assert main(["build", "--project", str(project)]) == 0
    for number, body in enumerate(NONSENSE):
        usual.repositories.clear()
        usual.once[request_] = (status, {"Content-Type": "application/json"}, body)
        assert run(project, usual, "publish") in {0, 3}, (number, body)
        assert usual.once == {}
        assert run(project, usual, "publish") == 0, (number, body)
        there = usual.repositories[REPO]
        assert [title for _, title, _ in there.commits] == ["initial commit", "Release v1.0.0"]
        assert there.tags == {"v1.0.0": there.commits[-1][0]}
    assert TOKEN not in "".join(capfd.readouterr())


def test_a_plan_that_was_private_makes_a_private_repository(
    project: Path, usual: PlainHub, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["build", "--project", str(project)]) == 0
    capfd.readouterr()
    assert run(project, usual, "publish", "--private", "--dry-run", "--format", "json") == 0
    plan = tmp_path / "plan.json"
    plan.write_text(capfd.readouterr().out)
    assert run(project, usual, "publish", "--plan", str(plan), "--private") == 2
    assert run(project, usual, "publish", "--plan", str(plan)) == 0
    assert usual.repositories[REPO].private


def test_what_stands_in_the_way_of_a_plan_is_said_with_all_else(
    project: Path, usual: PlainHub, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["build", "--project", str(project)]) == 0
    assert run(project, usual, "publish") == 0
    there = usual.repositories[REPO]
    there.add("mine", {**there.commits[-1][2], "data/train-extra.parquet": b"PAR1"})
    write_lines(project / "segments" / "new.jsonl", [make_segment("Something new.")])
    monkeypatch.setenv("HF_TOKEN", "of-somebody-else")
    assert run(project, usual, "publish") == 1
    said = capfd.readouterr().err
    for part in (
        "3 things stand in the way, and nothing was sent:",
        "data/train-extra.parquet",
        "segments/new.jsonl was added since the build",
        "answered 401",
    ):
        assert part in said


def test_who_may_not_write_is_told_before_anything_is_sent(
    project: Path, usual: PlainHub, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["build", "--project", str(project)]) == 0
    assert run(project, usual, "publish") == 0
    change(project)
    usual.once["GET xet-write-token"] = (403, {}, b"not yours")
    usual.requests.clear()
    assert run(project, usual, "publish") == 3
    assert "answered 403 (not yours) while preparing to send files to me/turns" in capfd.readouterr().err
    assert [each for each in usual.requests if "preupload" in each] == []


@pytest.mark.parametrize(
    "endpoint", ["http://127.0.0.1:99999", "http://127.0.0.1:0", "http://a b", "ftp://x"]
)
def test_what_is_no_address_is_wrong_usage(
    project: Path, capfd: pytest.CaptureFixture[str], endpoint: str
) -> None:
    assert main(["build", "--project", str(project)]) == 0
    assert main(["publish", "--endpoint", endpoint, "--project", str(project)]) == 2
    assert f"{endpoint!r} is not an endpoint" in capfd.readouterr().err


def test_a_token_that_no_request_can_carry_is_told_and_not_shown(
    project: Path, usual: PlainHub, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["build", "--project", str(project)]) == 0
    monkeypatch.setenv("HF_TOKEN", "hf_tökén")
    assert run(project, usual, "publish") == 2
    said = capfd.readouterr().err
    assert "the token has a space or another character that no token has" in said
    assert "tök" not in said


def test_a_fault_of_the_tool_is_a_message_without_a_secret(
    project: Path, usual: PlainHub, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["build", "--project", str(project)]) == 0
    secret = "hf_" + "a1B2c3D4" * 5

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError(secret)

    monkeypatch.setattr("packager.publish.planner.plan_release", fail)
    assert run(project, usual, "publish") == 3
    said = capfd.readouterr().err
    assert "packager: a fault of packager itself, not of your data: ZeroDivisionError at planner.py:" in said
    assert secret not in said


def test_a_disk_that_takes_no_more_leaves_the_build_as_it_was_and_sends_nothing(
    project: Path, usual: PlainHub
) -> None:
    assert main(["build", "--project", str(project)]) == 0
    before = (project / "build" / "manifest.json").read_bytes()
    code = (
        "import resource, sys; from packager.cli import main; "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)); sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, "publish", "--endpoint", usual.endpoint, "--project", str(project)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert f"{project / 'build'} cannot be finished for the release (File too large); it stays" in done.stderr
    assert (project / "build" / "manifest.json").read_bytes() == before
    assert usual.repositories == {}
    assert run(project, usual, "publish") == 0


def test_who_interrupts_a_publish_is_told_how_it_is_finished(
    project: Path, usual: PlainHub, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["build", "--project", str(project)]) == 0

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("packager.publish.act._tag_release", interrupt)
        assert run(project, usual, "publish") == 3
    told = "packager: interrupted; run the same command again: what is begun is finished then\n"
    assert capfd.readouterr().err.endswith(told)
    there = usual.repositories[REPO]
    assert (len(there.commits), there.tags) == (2, {})
    assert run(project, usual, "publish") == 0
    assert (len(there.commits), there.tags) == (2, {"v1.0.0": there.commits[-1][0]})
