from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from packager.config import Bounds, find_bounds
from packager.errors import UsageError
from packager.reading import Found, find_below, find_sources

if TYPE_CHECKING:
    from pathlib import Path


def make(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")


def find(root: Path, *patterns: str, allow: tuple[Path, ...] = (), out: Path | None = None) -> Found:
    builds = [root / "build", *([out] if out else [])]
    return find_sources(root, patterns, "top", bounds=find_bounds(root, allow), builds=builds)


def names(found: Found) -> list[str]:
    return [source.name for source in found.sources]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project beside which a secret lies."""
    make(tmp_path, "home/secret.json", "home/more/secret.json", "talks/s/a.json", "talks/dataset.toml")
    return tmp_path / "talks"


# --- what is not read ----------------------------------------------------------------------------------


def test_what_looks_like_a_build_is_read_like_any_folder(project: Path) -> None:
    make(project, "s/x/README.md", "s/x/manifest.json", "s/x/data/b.json")
    found = find(project, "s/**/*.json")
    assert names(found) == ["s/a.json", "s/x/data/b.json", "s/x/manifest.json"]
    assert (found.not_read, found.left_out) == (((".md", 1),), ())


def test_files_below_the_fixed_parts_are_counted_by_ending(project: Path) -> None:
    make(
        project, "s/1.vtt", "s/t/2.VTT", "s/3.srt", "s/README", "s/x.json~", "s/ü.ü", "s/.hidden", "s/.git/x"
    )
    make(project, "s/a.jsonl", "t/4.vtt", "5.vtt", "s/6.json.gz", "s/t/7.tar.gz")
    found = find(project, "s/*.json")
    assert names(found) == ["s/6.json.gz", "s/a.json"]
    assert found.not_read == (("", 3), (".vtt", 2), (".gz", 1), (".jsonl", 1), (".srt", 1))
    both = find(project, "s/*.json", "s/t/*.json", "t/**/*.jsonl", "s/*.jsonl")
    assert dict(both.not_read) == {"": 3, ".gz": 1, ".srt": 1, ".vtt": 3}


def test_endings_that_a_terminal_could_take_for_a_command_are_not_told(project: Path) -> None:
    make(project, "s/x.\x1b[31m", "s/y.a\nb", f"s/z.{'a' * 40}")
    assert find(project, "s/*.json").not_read == (("", 3),)


def test_the_folders_of_builds_are_left_out_and_told(project: Path) -> None:
    make(project, "build/x.json", "s/build/b.json", "out/c.json", "buildings/d.json")
    found = find(project, "**/*.json", out=project / "s" / ".." / "out")
    assert names(found) == ["buildings/d.json", "s/a.json", "s/build/b.json"]
    assert found.left_out == ("build", "out")
    with pytest.raises(UsageError, match="build/ is left out"):
        find(project, "build/*.json")


def test_a_link_called_build_leaves_out_nothing_else(project: Path) -> None:
    (project / "build").symlink_to("s")
    found = find(project, "**/*.json")
    assert (names(found), found.left_out) == (["s/a.json"], ("build",))
    (project / "build").unlink()
    make(project, "build/data/b.json")
    (project / "s" / "sly").symlink_to("../build/data")
    assert names(find(project, "s/**/*.json")) == ["s/a.json", "s/sly/b.json"]


def test_what_is_named_is_searched_and_counted_too(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(project, "build/b.json", "s/t/1.vtt", "s/2.vtt")
    monkeypatch.chdir(project)
    bounds, build = find_bounds(project), project / "build"
    found = find_below([project], project, bounds=bounds, builds=[build])
    assert (names(found), found.left_out) == (["s/a.json"], ("build",))
    assert found.not_read == ((".vtt", 2), (".toml", 1))
    assert names(find_below([build], project, bounds=bounds, builds=[build])) == ["build/b.json"]


def test_that_nothing_matches_is_told_with_what_there_is(project: Path) -> None:
    make(project, "t/1.vtt", "t/2.vtt", "t/3.srt")
    with pytest.raises(UsageError, match=r"; 3 files are not read: \.vtt 2, \.srt 1$"):
        find(project, "t/*.json")


# --- what leads out ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "to"),
    [
        ("s/b.json", "../../home/secret.json"),
        ("s/b.json", "../../home/absent.json"),
        ("s/b", "../../home"),
        ("s/b", "chain"),
        ("s/b", "../../home/more"),
        ("s/b", "/"),
    ],
)
def test_a_link_that_leads_out_is_refused(project: Path, link: str, to: str) -> None:
    (project / "s" / "chain").symlink_to("./././../../home")
    (project / link).symlink_to(to)
    place = os.path.realpath(project / link)
    with pytest.raises(UsageError, match=f"leads to {place}, outside of the project .{project}.: move that"):
        find(project, "s/**/*.json")


def test_a_link_in_the_middle_of_a_fixed_part_is_refused(project: Path) -> None:
    (project / "t").symlink_to("../home")
    for pattern in ("t/more/*.json", "t/more/secret.json", "t/*.json"):
        with pytest.raises(UsageError, match=r"^t.* leads to .*/home"):
            find(project, pattern)


def test_a_link_that_no_pattern_reaches_is_counted_and_not_followed(project: Path) -> None:
    (project / "s" / "b").symlink_to("../../home")
    (project / "s" / "c.vtt").symlink_to("../../home/secret.json")
    found = find(project, "s/*.json")
    assert (names(found), found.not_read) == (["s/a.json"], (("", 1), (".vtt", 1)))


def test_what_is_allowed_is_followed(project: Path, tmp_path: Path) -> None:
    (project / "s" / "b").symlink_to("../../home")
    (project / "s" / "c.json").symlink_to("../../home/secret.json")
    found = find(project, "s/**/*.json", allow=(tmp_path / "home",))
    assert names(found) == ["s/a.json", "s/b/more/secret.json", "s/b/secret.json", "s/c.json"]
    (tmp_path / "hom").mkdir()  # its name begins as that of the other does
    with pytest.raises(UsageError, match="leads to"):
        find(project, "s/**/*.json", allow=(tmp_path / "hom", tmp_path / "home" / "more"))


def test_the_top_of_the_git_repository_is_where_a_project_ends(project: Path, tmp_path: Path) -> None:
    (project / "s" / "b").symlink_to("../../home")
    (tmp_path / ".git").mkdir()
    assert names(find(project, "s/**/*.json")) == ["s/a.json", "s/b/more/secret.json", "s/b/secret.json"]


def test_files_are_opened_by_a_path_without_links(project: Path) -> None:
    make(project, "t/b.json", "t/blob")
    (project / "s" / "t").symlink_to("../t")
    (project / "s" / "c.json").symlink_to("../t/b.json")
    (project / "s" / "d.json").symlink_to("../t/blob")
    assert {source.name: source.place for source in find(project, "s/**/*.json").sources} == {
        "s/a.json": f"{project}/s/a.json",
        "s/c.json": f"{project}/t/b.json",
        "s/d.json": f"{project}/s/d.json",  # its name says how it is read
        "s/t/b.json": f"{project}/t/b.json",
    }


def test_a_named_link_of_the_project_is_no_way_out(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "s" / "b.json").symlink_to("../../home/secret.json")
    (project / "s" / "c").symlink_to("../../home")
    monkeypatch.chdir(project)
    bounds = find_bounds(project)
    for given in (tmp_path / "talks" / "s" / "b.json", project / "s" / "c", project / "s"):
        with pytest.raises(UsageError, match="leads to"):
            find_below([given], project, bounds=bounds)
    outside = find_below([tmp_path / "home", tmp_path / "home" / "secret.json"], project, bounds=bounds)
    assert len(outside.sources) == 2


@pytest.mark.usefixtures("project")
def test_a_folder_that_is_named_has_bounds_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "home" / "b").symlink_to("../talks")
    with pytest.raises(UsageError, match=r"^b leads to"):
        find_below([tmp_path / "home"], None, bounds=Bounds())


# --- loops ---------------------------------------------------------------------------------------------


def test_folders_that_link_to_each_other_end_at_once(project: Path) -> None:
    for one in range(12):
        (project / "s" / f"d{one}").mkdir()
        for other in range(12):
            (project / "s" / f"d{one}" / f"to{other}").symlink_to(f"../d{other}")
    with pytest.raises(
        UsageError, match=r"^'s/d0' and 's/d0/to0' are one folder, by a link: .*remove the link$"
    ):
        find(project, "s/**/*.json")


@pytest.mark.parametrize("to", [".", "..", "../s", "t", "../t"])
def test_a_folder_is_read_by_one_way_alone(project: Path, to: str) -> None:
    make(project, "s/t/b.json", "t/c.json")
    (project / "s" / "loop").symlink_to(to)
    (project / "s" / "t" / "again").symlink_to("../../t")
    with pytest.raises(UsageError, match="are one folder, by a link"):
        find(project, "s/**/*.json")


def test_a_link_to_itself_is_a_file_that_cannot_be_read(project: Path) -> None:
    (project / "s" / "b.json").symlink_to("b.json")
    (project / "s" / "c").symlink_to("c")
    found = find(project, "s/**/*.json")
    assert (names(found), found.not_read) == (["s/a.json", "s/b.json"], (("", 1),))
