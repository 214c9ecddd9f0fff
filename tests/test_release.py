"""What a release fills into a build: the same bytes each time, and nothing left of it once taken out."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packager.assemble import build_dataset
from packager.built import PastVersion, ReleaseFacts, Totals
from packager.errors import DataError
from packager.folders import load_build
from packager.manifest import dump_manifest, parse_manifest
from packager.release import facts_from, finish_release
from project import make_corpus

if TYPE_CHECKING:
    from pathlib import Path

    from packager.built import Manifest

TOTALS = Totals(3, 10, 2, 5 * 10**9, None, 70)
RELEASE = ReleaseFacts(
    version=(1, 1, 0),
    news=("2 recordings are new.",),
    notes="Thanks to *all*.\n\n# No heading",
    history=(PastVersion((1, 0, 0), TOTALS, (), "The first."),),
)
VERSIONS = st.tuples(*[st.integers(0, 10**8)] * 3)
SENTENCES = st.lists(st.text(), max_size=3).map(tuple)
PAST = st.builds(PastVersion, VERSIONS, st.just(TOTALS), SENTENCES, st.text())
RELEASES = st.none() | st.builds(
    ReleaseFacts, VERSIONS, SENTENCES, st.text(), st.lists(PAST, max_size=3).map(tuple)
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], Manifest, bytes]:
    """The text files of a build, its manifest, and the bytes of that."""
    project = make_corpus(tmp_path_factory.mktemp("release"))
    build_dataset(project)
    folder: Path = project / "build"
    manifest = load_build(folder)
    texts = {file.path: (folder / file.path).read_bytes() for file in manifest.files if file.rows is None}
    return texts, manifest, (folder / "manifest.json").read_bytes()


@settings(max_examples=25, deadline=None)
@given(first=RELEASES, second=RELEASES)
def test_what_is_finished_can_be_taken_out_and_finished_anew(
    built: tuple[dict[str, bytes], Manifest, bytes], first: ReleaseFacts | None, second: ReleaseFacts | None
) -> None:
    texts, manifest, raw = built
    once = finish_release(texts, manifest, first)
    assert finish_release(*once, first) == once
    assert finish_release(*once, second) == finish_release(texts, manifest, second)
    taken_out, plain = finish_release(*once, None)
    assert taken_out == texts
    assert dump_manifest(plain) == raw
    assert parse_manifest(dump_manifest(once[1]), "it") == once[1]


def test_the_manifest_lists_what_is_finished(built: tuple[dict[str, bytes], Manifest, bytes]) -> None:
    texts, finished = finish_release(built[0], built[1], RELEASE)
    listed = {file.path: file for file in finished.files if file.rows is None}
    assert sorted(listed) == sorted(texts)
    for path, data in texts.items():
        assert (listed[path].size, listed[path].sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert [file.path for file in finished.files] == sorted(file.path for file in finished.files)
    assert [file for file in finished.files if file.rows] == [file for file in built[1].files if file.rows]
    assert "v1.1.0" in texts["README.md"].decode()
    assert json.loads(texts["croissant.json"])["version"] == "1.1.0"


def test_the_changelog_has_the_newest_version_first_and_notes_as_words(
    built: tuple[dict[str, bytes], Manifest, bytes],
) -> None:
    texts, _ = finish_release(built[0], built[1], RELEASE)
    assert texts["CHANGELOG.md"].decode() == (
        "# Changelog\n\n## v1.1.0\n\n* 2 recordings are new.\n\nThanks to &#42;all&#42;.\n\n"
        "&#35; No heading\n\n## v1.0.0\n\nThe first.\n"
    )


def test_the_manifest_of_the_latest_version_is_enough_for_the_history(
    built: tuple[dict[str, bytes], Manifest, bytes],
) -> None:
    texts, manifest, _ = built
    _, first = finish_release(texts, manifest, facts_from(None, (1, 0, 0), notes="The first."))
    _, second = finish_release(texts, manifest, facts_from(first, (1, 1, 0), news=("More.",)))
    third = facts_from(parse_manifest(dump_manifest(second), "it"), (2, 0, 0))
    assert [(past.version, past.news, past.notes) for past in third.history] == [
        ((1, 0, 0), (), "The first."),
        ((1, 1, 0), ("More.",), ""),
    ]
    assert {past.totals.segments for past in third.history} == {60}


def test_after_a_manifest_without_a_release_the_history_is_empty(
    built: tuple[dict[str, bytes], Manifest, bytes],
) -> None:
    assert facts_from(built[1], (1, 1, 0)) == ReleaseFacts((1, 1, 0), (), "", ())


@pytest.mark.parametrize("part", ["version", "news", "notes", "history"])
def test_a_manifest_with_half_a_release_is_refused(
    built: tuple[dict[str, bytes], Manifest, bytes], part: str
) -> None:
    document = json.loads(dump_manifest(replace(built[1], release=RELEASE)))
    del document["release"][part]
    with pytest.raises(DataError, match=f"missing or wrong part .*{part}"):
        parse_manifest(json.dumps(document).encode(), "it")
