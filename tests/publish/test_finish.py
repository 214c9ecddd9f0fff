"""A release fills in what the build could not know: the folder then holds exactly what the tag holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from packager.assemble import build_dataset
from packager.errors import DataError, EnvironmentFailure, UsageError
from packager.folders import load_build, load_texts, recover_folders, verify_folder
from packager.publish import Wishes, check_build, plan_release, publish_release
from packager.publish.finish import finish_folder
from packager.release import facts_from, finish_release
from project import make_corpus, make_segment, write_lines

if TYPE_CHECKING:
    from packager.built import Manifest, Receipt, ReleasePlan
    from packager.hub import Hub
    from publish.conftest import Stranger, Wire

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")

REPO = "me/turns"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    make_corpus(tmp_path / "project", recordings=4)
    build_dataset(tmp_path / "project")
    return tmp_path / "project"


def make_plan(hub: Hub, project: Path, *, version: str | None = None, notes: str = "") -> ReleasePlan:
    manifest, texts = load_build(project / "build"), load_texts(project / "build")

    def recall(there: Manifest) -> dict[str, bytes]:
        return finish_release(texts, manifest, there.release)[0]

    state = hub.read_state(REPO, recall)
    return plan_release(manifest, state, version=version, texts=texts, wishes=Wishes(notes))


def publish(hub: Hub, project: Path, *, notes: str = "") -> Receipt:
    return publish_release(make_plan(hub, project, notes=notes), hub, project / "build")


def read_folder(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def change(project: Path) -> None:
    write_lines(project / "segments/ep9.jsonl", [make_segment("One more.", Speaker="Guest of day 9")])
    build_dataset(project)


def test_the_folder_holds_exactly_what_the_tag_holds(hub: Hub, project: Path) -> None:
    publish(hub, project, notes="The first.")
    folder = read_folder(project / "build")
    assert {path: hub.read_file(REPO, "v1.0.0", path) for path in folder} == folder
    assert {file.path for file in hub.list_files(REPO, "v1.0.0")} == {".gitattributes", *folder}
    assert b'revision="v1.0.0"' in folder["README.md"]
    assert folder["CHANGELOG.md"] == b"# Changelog\n\n## v1.0.0\n\nThe first.\n"
    assert verify_folder(project / "build", load_build(project / "build")) == ()


def test_planning_writes_nothing_and_the_plan_is_what_is_sent(hub: Hub, project: Path) -> None:
    before = read_folder(project / "build")
    plan = make_plan(hub, project)
    check_build(plan, project / "build")
    assert read_folder(project / "build") == before
    receipt = publish_release(plan, hub, project / "build")
    assert list(receipt.proven) == [file.path for file in plan.add]


def test_the_next_release_knows_the_one_before_from_its_manifest(hub: Hub, project: Path) -> None:
    publish(hub, project, notes="The first.")
    change(project)
    assert load_build(project / "build").release is None
    receipt = publish(hub, project, notes="The second.")
    assert receipt.version == "1.1.0"
    text = hub.read_file(REPO, "v1.1.0", "CHANGELOG.md").decode()
    assert text.index("## v1.1.0\n\n* Added 1 recording with 1 segment.\n\nThe second.") < text.index(
        "## v1.0.0\n\nThe first."
    )
    release = load_build(project / "build").release
    assert release is not None
    assert [(past.version, past.totals.recordings) for past in release.history] == [((1, 0, 0), 4)]


@pytest.mark.parametrize("rebuilt", [False, True])
def test_the_same_data_are_no_new_version_whatever_the_folder_says_of_releases(
    hub: Hub, project: Path, *, rebuilt: bool
) -> None:
    publish(hub, project, notes="The first.")
    finished = read_folder(project / "build")
    if rebuilt:
        build_dataset(project)
        assert read_folder(project / "build") != finished
    receipt = publish(hub, project, notes="Other words.")
    assert (receipt.version, receipt.created) == ("1.0.0", False)
    assert read_folder(project / "build") == finished


def test_the_version_of_before_is_no_obstacle_for_one_that_goes_back_to_its_data(
    hub: Hub, project: Path
) -> None:
    publish(hub, project)
    change(project)
    publish(hub, project)
    (project / "segments/ep9.jsonl").unlink()
    build_dataset(project)
    assert publish(hub, project).version == "2.0.0"


def test_an_unchanged_release_takes_at_most_six_requests_and_reads_no_shard(
    wire: Wire, wired_hub: Hub, project: Path
) -> None:
    publish(wired_hub, project)
    wire.requests.clear()
    for shard in (project / "build/data").iterdir():
        shard.unlink()
    assert publish(wired_hub, project).created is False
    assert len(wire.requests) <= 6


def test_a_commit_without_its_tag_gets_it_and_keeps_what_it_says(
    wire: Wire, wired_hub: Hub, project: Path, stranger: Stranger
) -> None:
    wire.break_next("POST", "/tag/", "503", times=3)
    with pytest.raises(EnvironmentFailure, match="stands without its tag"):
        publish(wired_hub, project, notes="The first.")
    build_dataset(project)
    receipt = publish(wired_hub, project)
    assert (receipt.version, receipt.created) == ("1.0.0", True)
    assert stranger.titles() == ["Release v1.0.0", "initial commit"]
    assert b"The first." in wired_hub.read_file(REPO, "v1.0.0", "CHANGELOG.md")


def test_a_tag_that_was_taken_meanwhile_gives_a_commit_that_says_its_own_version(
    hub: Hub, project: Path, stranger: Stranger
) -> None:
    first = publish(hub, project)
    change(project)
    plan = make_plan(hub, project)
    stranger.api.create_tag(REPO, tag="v1.1.0", revision=first.commit, repo_type="dataset")
    with pytest.raises(UsageError, match=r"v1\.1\.0 of me/turns was taken"):
        publish_release(plan, hub, project / "build")
    assert publish(hub, project).version == "1.2.0"
    assert b'revision="v1.2.0"' in hub.read_file(REPO, "v1.2.0", "README.md")
    release = load_build(project / "build").release
    assert release is not None
    assert [past.version for past in release.history] == [(1, 0, 0)]


def test_a_text_that_was_changed_in_the_folder_is_neither_planned_nor_finished(
    hub: Hub, project: Path
) -> None:
    plan = make_plan(hub, project)
    (project / "build/README.md").write_bytes(b"---\nlicense: mit\n---\n# Mine\n")
    for act in (lambda: make_plan(hub, project), lambda: publish_release(plan, hub, project / "build")):
        with pytest.raises(DataError, match=r"is not as it was built:\n  README\.md has "):
            act()
    assert hub.read_state(REPO).head is None


def test_finishing_a_folder_and_taking_it_out_again_leaves_what_was_built(project: Path) -> None:
    before = read_folder(project / "build")
    shard = next((project / "build/data").iterdir())
    inode = shard.stat().st_ino
    for _ in range(2):
        finish_folder(project / "build", facts_from(None, (1, 0, 0)))
    assert read_folder(project / "build").keys() == {*before, "CHANGELOG.md"}
    assert shard.stat().st_ino == inode
    finish_folder(project / "build", None)
    assert read_folder(project / "build") == before


@pytest.mark.parametrize("moment", [1, 2, 3])
def test_a_kill_at_any_rename_leaves_the_folder_as_it_was_or_finished(project: Path, moment: int) -> None:
    build = project / "build"
    before = read_folder(build)
    rename, left = Path.rename, [moment]

    def killed(path: Path, target: Path) -> Path:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt
        return rename(path, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("packager.folders._forget", lambda *_: None)  # as a kill, which cleans nothing up
        patch.setattr("packager.folders.shutil.rmtree", lambda *_, **__: None)
        patch.setattr(Path, "rename", killed)
        with pytest.raises(KeyboardInterrupt):
            finish_folder(build, facts_from(None, (1, 0, 0)))
    recover_folders(project)
    found = read_folder(build)
    assert found == before or set(found) == {*before, "CHANGELOG.md"}
    assert verify_folder(build, load_build(build)) == ()
    finish_folder(build, facts_from(None, (1, 0, 0)))
    assert verify_folder(build, load_build(build)) == ()
    assert not (project / ".build.packager").exists()


def test_a_stranger_s_tag_on_our_commit_is_not_our_version(
    hub: Hub, project: Path, stranger: Stranger
) -> None:
    publish(hub, project)
    stranger.api.create_tag(REPO, tag="v99.0.0", revision="main", repo_type="dataset")
    assert publish(hub, project).version == "1.0.0"
    stranger.put("NOTES.txt", b"mine")
    assert publish(hub, project).version == "1.0.0"
    change(project)
    assert publish(hub, project).version == "99.1.0"
