"""The plan of a release: a pure table of what stands there, what was built, and what follows."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from packager.built import BuiltFile, Manifest, Recording, RemoteFile, RemoteState, Split, Tag, parse_version
from packager.errors import DataError, UsageError
from packager.manifest import dump_manifest
from packager.publish import Wishes, plan_release

HEAD = "a" * 40
EARLIER = "b" * 40


def built(path: str, content: str) -> BuiltFile:
    data = content.encode()
    return BuiltFile(path, len(data), hashlib.sha256(data).hexdigest(), None)


def manifest_of(**contents: str) -> Manifest:
    """A build with a card, and a shard of the split train for each argument: its name and its content."""
    shards = [built(f"data/train-{name}.parquet", content) for name, content in contents.items()]
    return Manifest(
        schema_sha256="5" * 64,
        columns=(),
        splits=(Split("train", 2, len(shards), 10),),
        files=(built("README.md", "# card"), *shards),
        recordings=(),
        dropped=(),
        warnings=(),
    )


def remote_files(manifest: Manifest) -> tuple[RemoteFile, ...]:
    """What the Hub lists after this build was published."""
    data = dump_manifest(manifest)
    own = BuiltFile("manifest.json", len(data), hashlib.sha256(data).hexdigest(), None)
    files = [RemoteFile(file.path, file.size, "0" * 40, file.sha256) for file in (*manifest.files, own)]
    return tuple(
        sorted([RemoteFile(".gitattributes", 7, "1" * 40, None), *files], key=lambda file: file.path)
    )


def published(manifest: Manifest, *tags: Tag, released: Manifest | None = None) -> RemoteState:
    files = remote_files(manifest)
    return RemoteState(
        repo_id="org/turns",
        endpoint="https://hub.example",
        loopback=False,
        head=HEAD,
        files=files,
        tags=tags,
        manifest=manifest,
        released=remote_files(released) if released else (files if tags else ()),
    )


NOTHING = RemoteState(
    "org/turns",
    "https://hub.example",
    loopback=False,
    head=None,
    files=(),
    tags=(),
    manifest=None,
    released=(),
)
FIRST = manifest_of(one="1", two="2")
SECOND = manifest_of(one="1", three="3")
V1 = Tag("v1.0.0", HEAD)


def paths(files: tuple[BuiltFile, ...]) -> list[str]:
    return [file.path for file in files]


def test_the_first_release_adds_every_file_and_is_1_0_0() -> None:
    plan = plan_release(FIRST, NOTHING)
    assert paths(plan.add) == [
        "README.md",
        "data/train-one.parquet",
        "data/train-two.parquet",
        "manifest.json",
    ]
    assert (plan.keep, plan.delete, plan.parent, plan.version, plan.tag) == ((), (), None, "1.0.0", "v1.0.0")
    assert (plan.tag_commit, plan.published_as, plan.reread) == (None, None, False)


def test_the_second_release_adds_keeps_and_deletes() -> None:
    plan = plan_release(SECOND, published(FIRST, V1))
    assert paths(plan.add) == ["data/train-three.parquet", "manifest.json"]
    assert paths(plan.keep) == ["README.md", "data/train-one.parquet"]
    assert plan.delete == ("data/train-two.parquet",)
    assert (plan.parent, plan.version) == (HEAD, "1.0.1")


def test_the_bytes_to_send_are_those_of_the_added_files() -> None:
    assert plan_release(SECOND, published(FIRST, V1)).send_bytes == 1 + len(dump_manifest(SECOND))


def test_an_unchanged_build_is_already_published() -> None:
    plan = plan_release(FIRST, published(FIRST, V1))
    assert (plan.add, plan.delete, plan.published_as, plan.version) == ((), (), "v1.0.0", "1.0.0")
    assert (plan.tag_commit, plan.reread) == (None, False)


def test_an_unchanged_build_is_not_published_under_a_second_version() -> None:
    plan = plan_release(FIRST, published(FIRST, V1), version="2.0.0")
    assert (plan.published_as, plan.version, plan.tag_commit) == ("v1.0.0", "1.0.0", None)


def test_asking_for_the_version_that_stands_reads_every_file_back() -> None:
    plan = plan_release(FIRST, published(FIRST, V1), version="1.0.0")
    assert (plan.published_as, plan.reread, plan.add) == ("v1.0.0", True, ())


def test_a_head_without_its_tag_is_only_tagged() -> None:
    plan = plan_release(SECOND, published(SECOND, Tag("v1.0.0", EARLIER), released=FIRST))
    assert (plan.add, plan.delete, plan.tag_commit, plan.version) == ((), (), HEAD, "1.0.1")
    assert (plan.published_as, plan.reread) == (None, True)


def test_a_stranger_s_commit_after_the_release_does_not_make_a_new_version() -> None:
    state = published(FIRST, Tag("v1.0.0", EARLIER))
    state = replace(state, files=(*state.files, RemoteFile("notes.txt", 3, "2" * 40, None)))
    assert plan_release(FIRST, state).published_as == "v1.0.0"


def test_a_tag_of_another_kind_is_no_version() -> None:
    plan = plan_release(FIRST, published(FIRST, Tag("nightly", HEAD), Tag("v1.0.0-rc1", HEAD)))
    assert (plan.version, plan.tag_commit) == ("1.0.0", HEAD)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (["v1.0.0"], "1.0.1"),
        (["v1.9.0", "v1.10.0", "v1.2.7"], "1.10.1"),
        (["v2.3.4"], "2.3.5"),
        (["v0.1.0"], "0.1.1"),
        (["1.0.0", "v01.5.0", "v3"], "1.0.0"),
    ],
)
def test_the_next_version_follows_the_highest_tag(tags: list[str], expected: str) -> None:
    state = published(FIRST, *(Tag(tag, EARLIER) for tag in tags))
    assert plan_release(SECOND, state).version == expected


def test_a_version_may_be_chosen() -> None:
    assert plan_release(SECOND, published(FIRST, V1), version="2.0.0").version == "2.0.0"


def test_a_taken_version_is_refused_and_the_free_one_is_named() -> None:
    with pytest.raises(UsageError, match=r"1\.0\.0 of org/turns exists.* Publish as 1\.0\.1") as caught:
        plan_release(SECOND, published(FIRST, V1), version="1.0.0")
    assert caught.value.exit_code == 2


def test_an_earlier_version_is_refused_although_the_head_is_published() -> None:
    state = published(SECOND, Tag("v1.0.0", EARLIER), Tag("v1.1.0", HEAD))
    with pytest.raises(UsageError, match=r"Publish as 1\.1\.1"):
        plan_release(SECOND, state, version="1.0.0")


@pytest.mark.parametrize(
    "text", ["v1.0.0", "1.0", "1.0.0.0", "01.0.0", "1.0.0-rc1", "", "1.0.x", " 1.0.0", "१.0.0"]
)
def test_what_is_not_three_plain_numbers_is_no_version(text: str) -> None:
    assert parse_version(text) is None
    with pytest.raises(UsageError, match="is not a version"):
        plan_release(FIRST, NOTHING, version=text)


@pytest.mark.parametrize(
    "repo_id",
    [
        "turns",
        "a/b/c",
        "org/",
        "/turns",
        "org/tu rns",
        "org/a--b",
        "org/a..b",
        "org/x.git",
        "-a/b",
        "a/b.",
        f"o/{'x' * 97}",
    ],
)
def test_a_wrong_name_of_a_repository_is_refused(repo_id: str) -> None:
    with pytest.raises(UsageError, match="does not name a repository"):
        plan_release(FIRST, replace(NOTHING, repo_id=repo_id))


@pytest.mark.parametrize("repo_id", ["o/x", "My-Org_1/turns.v2", f"o/{'x' * 96}"])
def test_a_right_name_of_a_repository_is_taken(repo_id: str) -> None:
    assert plan_release(FIRST, replace(NOTHING, repo_id=repo_id)).repo_id == repo_id


def test_the_placeholder_is_published_to_this_machine_only() -> None:
    with pytest.raises(UsageError, match=r"me/turns is a placeholder.*set repo_id in dataset\.toml"):
        plan_release(FIRST, replace(NOTHING, repo_id="me/turns"))
    assert plan_release(FIRST, replace(NOTHING, repo_id="me/turns", loopback=True)).repo_id == "me/turns"


def with_file(state: RemoteState, path: str, content: str) -> RemoteState:
    """The state after somebody wrote this file on the Hub."""
    file = built(path, content)
    there = [
        *(each for each in state.files if each.path != path),
        RemoteFile(path, file.size, "3" * 40, file.sha256),
    ]
    return replace(state, files=tuple(sorted(there, key=lambda each: each.path)))


def test_a_stranger_s_file_stays() -> None:
    plan = plan_release(SECOND, with_file(published(FIRST, V1), "NOTES.txt", "mine"))
    assert plan.delete == ("data/train-two.parquet",)


def test_a_card_that_was_edited_on_the_hub_is_not_overwritten() -> None:
    changed = replace(SECOND, files=(built("README.md", "# new card"), *SECOND.files[1:]))
    with pytest.raises(DataError, match=r"(?s)changed on the Hub since.*\n  README\.md\n") as caught:
        plan_release(changed, with_file(published(FIRST, V1), "README.md", "# edited"))
    assert caught.value.exit_code == 1


def test_a_card_that_was_edited_on_the_hub_as_in_the_project_is_kept() -> None:
    changed = replace(SECOND, files=(built("README.md", "# edited"), *SECOND.files[1:]))
    plan = plan_release(changed, with_file(published(FIRST, V1), "README.md", "# edited"))
    assert paths(plan.keep) == ["README.md", "data/train-one.parquet"]


def test_a_stale_shard_that_was_changed_on_the_hub_is_not_deleted() -> None:
    state = with_file(published(FIRST, V1), "data/train-two.parquet", "changed")
    with pytest.raises(DataError, match=r"would be lost:\n  data/train-two\.parquet\n"):
        plan_release(SECOND, state)


@pytest.mark.parametrize("path", ["README.md", "manifest.json", "data/train-one.parquet"])
def test_a_file_of_a_repository_that_is_not_ours_is_not_overwritten(path: str) -> None:
    state = replace(NOTHING, head=HEAD, files=(RemoteFile(path, 5, "4" * 40, None),))
    with pytest.raises(DataError) as caught:
        plan_release(FIRST, state)
    assert f"\n  {path}\n" in str(caught.value)


def test_a_new_repository_s_gitattributes_are_left_alone() -> None:
    state = replace(NOTHING, head=HEAD, files=(RemoteFile(".gitattributes", 5, "4" * 40, None),))
    plan = plan_release(FIRST, state)
    assert (plan.parent, len(plan.add), plan.delete) == (HEAD, 4, ())


def test_a_foreign_file_that_the_card_would_serve_stops_the_plan() -> None:
    state = with_file(published(FIRST, V1), "data/train-extra.parquet", "x")
    with pytest.raises(DataError, match=r"serve them as part of it:\n  data/train-extra\.parquet\n"):
        plan_release(FIRST, state)


@pytest.mark.parametrize(
    "path",
    [
        "data/trainer-0.parquet",
        "data/test-0.parquet",
        "data/train-0.txt",
        "data/train-x/0.parquet",
        "old/data/train-0.parquet",
    ],
)
def test_a_foreign_file_that_the_card_does_not_serve_is_no_matter(path: str) -> None:
    assert plan_release(FIRST, with_file(published(FIRST, V1), path, "x")).published_as == "v1.0.0"


def test_both_findings_are_told_at_once_and_at_most_twenty_files_are_named() -> None:
    state = with_file(published(FIRST, V1), "data/train-two.parquet", "changed")
    for number in range(21):
        state = with_file(state, f"data/train-x{number:02}.parquet", "x")
    with pytest.raises(DataError) as caught:
        plan_release(SECOND, state)
    message = str(caught.value)
    assert "would be lost:\n  data/train-two.parquet\n" in message
    assert "  data/train-x19.parquet\n  and 1 more\n" in message
    assert "train-x20" not in message


# --- taken over ----------------------------------------------------------------------------------------

ADOPT = Wishes(adopt=True)


def test_what_others_wrote_is_taken_over_where_it_was_asked_for_and_shown() -> None:
    state = with_file(published(FIRST, V1), "data/train-extra.parquet", "x")
    state = with_file(with_file(state, "data/train-two.parquet", "changed"), "NOTES.txt", "mine")
    plan = plan_release(SECOND, state, wishes=ADOPT)
    assert plan.delete == ("data/train-extra.parquet", "data/train-two.parquet")
    assert plan.adopt == ("data/train-extra.parquet", "data/train-two.parquet")
    assert plan.version == "1.0.1"


def test_a_file_of_others_that_the_card_serves_makes_a_new_version_when_it_is_taken_over() -> None:
    state = with_file(published(FIRST, V1), "data/train-extra.parquet", "x")
    plan = plan_release(FIRST, state, wishes=ADOPT)
    assert (plan.delete, plan.published_as, plan.version) == (("data/train-extra.parquet",), None, "1.0.1")


def test_a_card_of_others_is_overwritten_where_it_was_asked_for() -> None:
    state = with_file(replace(NOTHING, head=HEAD), "README.md", "theirs")
    plan = plan_release(FIRST, state, wishes=ADOPT)
    assert (plan.adopt, plan.version) == (("README.md",), "1.0.0")
    assert "README.md" in paths(plan.add)


def test_a_repository_with_versions_of_others_is_continued_after_them_only_where_it_was_asked_for() -> None:
    tags = (Tag("v0.3.0", EARLIER), Tag("v2.1.0", HEAD), Tag("nightly", HEAD))
    state = replace(NOTHING, head=HEAD, tags=tags)
    with pytest.raises(DataError, match=r"  v0\.3\.0\n  v2\.1\.0\nPublish after them with --adopt"):
        plan_release(FIRST, state)
    assert plan_release(FIRST, state, wishes=ADOPT).version == "2.2.0"


def test_nothing_is_taken_over_where_nothing_of_others_is_in_the_way() -> None:
    assert plan_release(SECOND, published(FIRST, V1), wishes=ADOPT) == plan_release(
        SECOND, published(FIRST, V1)
    )


# --- which version -------------------------------------------------------------------------------------


def with_recordings(**digests: str) -> Manifest:
    recordings = tuple(Recording(name, "train", 0, 1, digest) for name, digest in digests.items())
    return replace(manifest_of(one="-".join(digests.values())), recordings=recordings)


ONE = with_recordings(a="1")
CHANGES = [
    (with_recordings(a="1", b="2"), "tfds", "1.1.0"),
    (with_recordings(a="2"), "tfds", "2.0.0"),
    (with_recordings(a="2"), "datapackage", "1.0.1"),
    (with_recordings(b="1"), "tfds", "2.0.0"),
    (replace(ONE, files=(built("README.md", "# new"), *ONE.files[1:])), "tfds", "1.0.1"),
]


@pytest.mark.parametrize(("new", "policy", "version"), CHANGES)
def test_the_version_follows_from_what_differs_and_the_policy(
    new: Manifest, policy: str, version: str
) -> None:
    plan = plan_release(new, published(ONE, V1), wishes=Wishes(policy=policy))
    assert plan.version == version
    assert "after 1.0.0 by the policy" in plan.why


@pytest.mark.parametrize("version", ["1.0.1", "1.9.9", "0.9.0"])
def test_a_version_that_promises_less_than_was_changed_is_refused_with_the_reason(version: str) -> None:
    with pytest.raises(
        UsageError, match=r"too low: the least is 2\.0\.0 \(MAJOR after 1\.0\.0 .*changed\)"
    ) as caught:
        plan_release(with_recordings(a="2"), published(ONE, V1), version=version)
    assert caught.value.exit_code == 2


def test_a_version_may_promise_more_than_was_changed() -> None:
    plan = plan_release(with_recordings(a="1", b="2"), published(ONE, V1), version="2.0.0")
    assert plan.version == "2.0.0"
    assert plan.why.startswith("asked for; MINOR after 1.0.0")


def test_a_first_version_may_be_any() -> None:
    assert plan_release(FIRST, NOTHING, version="0.1.0").version == "0.1.0"
