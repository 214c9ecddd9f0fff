"""What a version, a folder or a cache holds is told from what it should hold."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

import pytest
from huggingface_hub import snapshot_download

from packager import build_dataset
from packager.cli import main
from packager.columns import type_name
from packager.errors import DataError, EnvironmentFailure, UsageError
from packager.folders import load_build
from packager.manifest import dump_manifest, parse_manifest
from packager.parquet import read_footer
from packager.publish import (
    Recorded,
    identify_loaded,
    plan_release,
    publish_release,
    read_own_receipt,
    read_receipt,
    verify_build,
    verify_release,
    write_receipt,
)
from packager.publish.receipts import receipt_path
from project import make_project, write_json, write_lines

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from packager.built import Manifest, Receipt
    from packager.hub import Hub
    from packager.rehearsal import HubAddress
    from publish.conftest import Builds, Stranger

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")

REPO = "me/turns"


def publish(hub: Hub, build: tuple[Path, Manifest]) -> Receipt:
    folder, manifest = build
    return publish_release(plan_release(manifest, hub.read_state(REPO)), hub, folder)


def test_a_version_that_is_right_differs_in_nothing(hub: Hub, builds: Builds) -> None:
    receipt = publish(hub, builds.two_shards())
    verified = verify_release(hub, REPO, "v1.0.0", Recorded(receipt.commit, own=receipt.commit))
    assert (verified.differences, verified.files, verified.commit) == ((), 3, receipt.commit)


def test_a_flipped_byte_in_the_storage_of_the_hub_is_found(hub: Hub, builds: Builds, hub_root: Path) -> None:
    folder, manifest = builds.two_shards()
    publish(hub, (folder, manifest))
    shard = next(file for file in manifest.files if "00001-of" in file.path)
    stored = next(path for path in hub_root.rglob(shard.sha256) if path.is_file())
    data = bytearray(stored.read_bytes())
    data[100] ^= 1
    stored.chmod(0o600)
    stored.write_bytes(data)
    verified = verify_release(hub, REPO, "v1.0.0")
    assert verified.differences == (f"{shard.path} has other bytes than when it was built",)


def test_a_moved_tag_is_found_by_the_receipt_and_without_it(
    hub: Hub, builds: Builds, stranger: Stranger
) -> None:
    receipt = publish(hub, builds.two_shards())
    publish(hub, builds.one_shard())
    stranger.api.delete_tag(REPO, tag="v1.0.0", repo_type="dataset")
    elsewhere = stranger.tags()["v1.0.1"]
    stranger.api.create_tag(REPO, tag="v1.0.0", revision=elsewhere, repo_type="dataset")
    forged = Recorded(elsewhere)
    for recorded in (Recorded(receipt.commit), Recorded(), forged, Recorded(elsewhere, own=receipt.commit)):
        (difference,) = verify_release(hub, REPO, "v1.0.0", recorded).differences
        assert "somebody moved the tag" in difference
    assert verify_release(hub, REPO, "v1.0.1").differences == ()


def test_a_file_that_was_changed_before_the_tag_moved_is_named(
    hub: Hub, builds: Builds, stranger: Stranger
) -> None:
    publish(hub, builds.two_shards())
    stranger.put("README.md", b"---\nlicense: mit\n---\n")
    stranger.put("data/train-extra.parquet", b"PAR1")
    stranger.api.create_tag(REPO, tag="v9.0.0", repo_type="dataset")
    found = verify_release(hub, REPO, "v9.0.0").differences
    assert [difference.split()[0] for difference in found] == [
        "v9.0.0",
        "README.md",
        "data/train-extra.parquet",
    ]


def test_a_version_that_is_none_is_wrong_usage(hub: Hub, builds: Builds, stranger: Stranger) -> None:
    publish(hub, builds.two_shards())
    with pytest.raises(UsageError, match="has no tag v2"):
        verify_release(hub, REPO, "v2.0.0")
    stranger.delete("manifest.json")
    stranger.api.create_tag(REPO, tag="v3.0.0", repo_type="dataset")
    with pytest.raises(DataError, match=r"holds no manifest\.json"):
        verify_release(hub, REPO, "v3.0.0")


def test_a_build_and_a_snapshot_are_verified_in_their_folder(
    hub: Hub, builds: Builds, address: HubAddress, tmp_path: Path
) -> None:
    folder, manifest = builds.two_shards()
    publish(hub, (folder, manifest))
    assert verify_build(folder).differences == ()
    where = tmp_path / "snapshot"
    options: dict[str, Any] = {"endpoint": address.endpoint, "token": address.token, "local_dir": where}
    snapshot_download(REPO, repo_type="dataset", revision="v1.0.0", **options)
    assert verify_build(where).differences == ()
    (where / "README.md").write_text("other")
    (where / "more.txt").write_text("more")
    assert [each.split()[0] for each in verify_build(where).differences] == ["README.md", "more.txt"]


def test_what_was_loaded_is_told_by_its_files_or_by_the_commit_of_its_cache(
    hub: Hub, builds: Builds, stranger: Stranger, tmp_path: Path
) -> None:
    two, manifest = builds.two_shards()
    first = publish(hub, (two, manifest))
    one, _ = build = builds.one_shard()
    publish(hub, build)
    assert identify_loaded(hub, REPO, two) == ("v1.0.0",)
    assert identify_loaded(hub, REPO, one) == ("v1.0.1",)
    cache = tmp_path / "datasets" / "me___turns" / "default" / "0.0.0" / first.commit
    cache.mkdir(parents=True)
    (cache / "turns-train.arrow").write_bytes(b"rows")
    assert identify_loaded(hub, REPO, tmp_path / "datasets") == ("v1.0.0",)
    (tmp_path / "none").mkdir()
    assert identify_loaded(hub, REPO, tmp_path / "none") == ()
    assert list(stranger.tags()) == ["v1.0.0", "v1.0.1"]


# --- what the files say of themselves ------------------------------------------------------------------

SCHEMA = {
    "type": "object",
    "properties": {
        "Text": {"type": "string"},
        "Mood": {"enum": ["calm", "cross"]},
        "Sure": {"type": "number"},
        "Said": {"type": "string", "format": "date-time"},
        "Words": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"at": {"type": "integer"}, "json": {"type": "boolean"}},
                "required": ["at", "json"],
                "additionalProperties": False,
            },
        },
        "More": {},
    },
    "required": ["Text"],
}


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A build with a column of every kind."""
    project = make_project(
        tmp_path / "every",
        '[columns]\nMood = "class_label"\nSaid = "timestamp"\n[splits]\ntrain = 0.5\ntest = 0.5\n',
    )
    write_json(project / "schema" / "segment.schema.json", SCHEMA)
    segment = {
        "Text": "Hm.",
        "Mood": "calm",
        "Sure": 0.5,
        "Said": "2024-05-01T10:00:00Z",
        "Words": [{"at": 1, "json": True}],
        "More": [1],
    }
    for number in range(6):
        write_lines(project / "segments" / f"ep{number}.jsonl", [segment, {"Text": "Yes."}])
    build_dataset(project)
    return project / "build"


def rewrite(build: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Let the manifest say something else."""
    document = json.loads((build / "manifest.json").read_bytes())
    change(document)
    (build / "manifest.json").write_bytes(
        dump_manifest(parse_manifest(json.dumps(document).encode(), "changed"))
    )


def test_a_build_says_in_every_file_what_its_manifest_says(built: Path, hub: Hub) -> None:
    assert verify_build(built).differences == ()
    manifest = load_build(built)
    publish(hub, (built, manifest))
    assert verify_release(hub, REPO, "v1.0.0").differences == ()
    shard = next(file for file in manifest.files if file.rows is not None)
    footer = read_footer((built / shard.path).read_bytes()[-20_000:])
    assert footer is not None
    assert footer.features is not None
    features = {name: type_name(kind) for name, kind in footer.features}
    assert features["Words"] == "list<struct<at: int64, json: bool>>"
    assert features["Mood"] == 'class_label<"calm", "cross">'


def test_rows_that_the_manifest_counts_otherwise_are_found(built: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        name, split = next(iter(document["splits"].items()))
        split["rows"] += 2
        file = next(file for file in document["files"] if file["path"].startswith(f"data/{name}-"))
        file["rows"] += 2

    rewrite(built, change)
    found = verify_build(built).differences
    assert any("rows, its recordings" in each for each in found)
    assert any(re.search(r"^data/\S+ holds \d+ rows, not \d+$", each) for each in found)
    assert any(each.startswith("README.md names the splits") for each in found)


def test_columns_of_other_types_or_names_are_found(built: Path) -> None:
    def retype(document: dict[str, Any]) -> None:
        next(each for each in document["columns"] if each["name"] == "Sure")["type"] = "int64"

    rewrite(built, retype)
    found = verify_build(built).differences
    assert [each.split(":")[1] for each in found] == [" Sure (float64) instead of Sure (int64)"] * len(found)
    assert {"columns", "features"} == {each.split()[3] for each in found}

    def rename(document: dict[str, Any]) -> None:
        next(each for each in document["columns"] if each["name"] == "Sure")["name"] = "Certain"

    rewrite(built, rename)
    assert any(each.startswith("README.md names the columns") for each in verify_build(built).differences)


# --- receipts ------------------------------------------------------------------------------------------


def test_a_receipt_says_what_was_published_and_stays_as_it_is(
    hub: Hub, built: Path, address: HubAddress, tmp_path: Path
) -> None:
    project = tmp_path / "receipts-of"
    project.mkdir()
    build = (built, load_build(built))
    receipt = publish(hub, build)
    path = write_receipt(project, receipt, built, "0.1")
    first = path.read_bytes()
    assert path.name == "me--turns-v1.0.0-loopback.json"
    assert write_receipt(project, publish(hub, build), built, "0.2").read_bytes() == first
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    found = read_receipt(project, REPO, "v1.0.0", address.endpoint)
    assert found is not None
    assert (found["commit"], found["tool"], len(found["manifest_sha256"])) == (receipt.commit, "0.1", 64)
    digests = {each.name: each.digest for each in build[1].recordings}
    assert len(digests) > 0
    assert found["recordings"] == digests
    assert address.token not in path.read_text()
    path.write_text("[")
    with pytest.raises(DataError, match="is no receipt"):
        read_receipt(project, REPO, "v1.0.0", address.endpoint)


def test_a_receipt_is_not_overwritten_once_the_tag_was_moved(
    hub: Hub, builds: Builds, stranger: Stranger, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    build = builds.two_shards()
    path = write_receipt(project, publish(hub, build), build[0], "0.1")
    first = path.read_bytes()
    moved = stranger.put("NOTES.txt", b"mine")
    stranger.api.delete_tag(REPO, tag="v1.0.0", repo_type="dataset")
    stranger.api.create_tag(REPO, tag="v1.0.0", revision=moved, repo_type="dataset")
    with pytest.raises(DataError, match=f"names the commit {moved}; .*: somebody moved the tag"):
        write_receipt(project, publish(hub, build), build[0], "0.1")
    assert path.read_bytes() == first


def test_a_forged_receipt_does_not_hide_a_moved_tag(
    hub: Hub, builds: Builds, stranger: Stranger, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    build = builds.two_shards()
    first = publish(hub, build)
    path = write_receipt(project, first, build[0], "0.1")
    moved = stranger.put("NOTES.txt", b"mine")
    stranger.api.delete_tag(REPO, tag="v1.0.0", repo_type="dataset")
    stranger.api.create_tag(REPO, tag="v1.0.0", revision=moved, repo_type="dataset")
    path.write_text(path.read_text().replace(first.commit, moved))
    with pytest.raises(DataError, match=f"published as {first.commit}: somebody moved the tag"):
        write_receipt(project, publish(hub, build), build[0], "0.1")
    own = read_own_receipt(project, REPO, "v1.0.0", hub.endpoint)
    assert own is not None
    assert own["commit"] == first.commit
    (difference,) = verify_release(hub, REPO, "v1.0.0", Recorded(moved, own=own["commit"])).differences
    assert "somebody moved the tag" in difference


def test_a_receipt_that_says_other_things_of_the_release_is_written_anew(
    hub: Hub, built: Path, tmp_path: Path
) -> None:
    build = (built, load_build(built))
    path = write_receipt(tmp_path, publish(hub, build), built, "0.1")
    genuine = path.read_bytes()
    document = json.loads(genuine)
    path.write_text(json.dumps(document | {"manifest_sha256": "0" * 64}))
    found = verify_release(hub, REPO, "v1.0.0", Recorded(document["commit"], "0" * 64)).differences
    assert found == ("manifest.json is not the one that the receipt of v1.0.0 names",)
    assert write_receipt(tmp_path, publish(hub, build), built, "0.1").read_bytes() == genuine


@pytest.mark.parametrize("kind", ["link", "fifo", "folder", "list", "deep", "no text"])
def test_what_is_no_receipt_is_told(tmp_path: Path, kind: str) -> None:
    path = receipt_path(tmp_path, REPO, "v1.0.0", "https://huggingface.co")
    path.parent.mkdir()
    match kind:
        case "link":
            (tmp_path / "other").write_text('{"commit": "0", "manifest_sha256": "0"}')
            path.symlink_to(tmp_path / "other")
        case "fifo":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "list":
            path.write_text('{"commit": "0", "manifest_sha256": [1]}')
        case "deep":
            path.write_text("[" * 100_000)
        case _:
            path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="is no receipt: remove it"):
        read_receipt(tmp_path, REPO, "v1.0.0", "https://huggingface.co")


def test_each_hub_has_a_receipt_of_its_own(tmp_path: Path) -> None:
    names = {
        endpoint: receipt_path(tmp_path, REPO, "v1.0.0", endpoint).name
        for endpoint in ("https://huggingface.co", "http://127.0.0.1:8100", "https://hub.example.org/x")
    }
    assert list(names.values()) == [
        "me--turns-v1.0.0.json",
        "me--turns-v1.0.0-loopback.json",
        "me--turns-v1.0.0-hub-example-org-x.json",
    ]


def test_a_receipt_that_cannot_be_written_says_that_the_release_stands(
    hub: Hub, builds: Builds, tmp_path: Path
) -> None:
    build = builds.two_shards()
    receipt = publish(hub, build)
    (tmp_path / ".packager").mkdir()
    (tmp_path / ".packager" / "receipts").write_text("in the way")
    with pytest.raises(
        EnvironmentFailure, match=r"me/turns v1\.0\.0 is published and proven .*receipts: File"
    ):
        write_receipt(tmp_path, receipt, build[0], "0.1")


# --- the command ---------------------------------------------------------------------------------------


def test_the_command_returns_1_with_what_differs(
    hub: Hub,
    builds: Builds,
    address: HubAddress,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder, manifest = builds.two_shards()
    publish(hub, (folder, manifest))
    monkeypatch.setenv("HF_TOKEN", address.token)
    where = ["--endpoint", address.endpoint]
    assert main(["verify", f"{REPO}@v1.0.0", *where]) == 0
    assert "is as its manifest says: 3 files" in capsys.readouterr().out
    assert main(["verify", f"{REPO}@v2.0.0", *where]) == 2
    capsys.readouterr()
    assert main(["verify", f"{REPO}@v1.0.0", "--loaded", str(folder), *where]) == 0
    assert capsys.readouterr().out == f"{folder} holds v1.0.0 of {REPO}\n"
    (folder / "README.md").write_text("other")
    assert main(["verify", str(folder), "--format", "json"]) == 1
    (difference,) = json.loads(capsys.readouterr().out)["differences"]
    assert difference.startswith("README.md has 5 bytes, not ")
