"""What two manifests say differs, and the version that follows."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import combinations

import pytest

from packager.built import BuiltFile, Manifest, Recording, Split
from packager.diff import (
    Level,
    ManifestDiff,
    RecordingDiff,
    RowDiff,
    choose_version,
    compare_manifests,
    describe_news,
    judge_diff,
)
from packager.model import Column

TEXT = Column("Text", "string", nullable=False)
START = Column("Start", "string", nullable=False)
MANIFEST = Manifest(
    schema_sha256="5" * 64,
    columns=(START, TEXT),
    splits=(Split("train", 5, 1, 100),),
    files=(BuiltFile("README.md", 1, "a" * 64, None), BuiltFile("data/train-0.parquet", 1, "b" * 64, 5)),
    recordings=(Recording("one", "train", 0, 2, "1" * 64), Recording("two", "train", 0, 3, "2" * 64)),
    dropped=(),
    warnings=(),
)
ONE, TWO = MANIFEST.recordings
CARD, SHARD = MANIFEST.files
THREE = Recording("three", "test", 0, 1, "3" * 64)
GROWN = replace(TWO, digest="4" * 64, segments=4)

CASES = {
    "the card": (replace(MANIFEST, files=(replace(CARD, sha256="c" * 64), SHARD)), Level.PATCH, Level.PATCH),
    "the bytes": (replace(MANIFEST, files=(CARD, replace(SHARD, sha256="c" * 64))), Level.PATCH, Level.PATCH),
    "a recording more": (replace(MANIFEST, recordings=(ONE, THREE, TWO)), Level.MINOR, Level.MINOR),
    "a recording less": (replace(MANIFEST, recordings=(ONE,)), Level.MAJOR, Level.MAJOR),
    "a correction": (
        replace(MANIFEST, recordings=(ONE, replace(TWO, digest="4" * 64))),
        Level.MAJOR,
        Level.PATCH,
    ),
    "segments lost": (
        replace(MANIFEST, recordings=(ONE, replace(TWO, digest="4" * 64, segments=1))),
        Level.MAJOR,
        Level.MAJOR,
    ),
    "segments gained, unread": (replace(MANIFEST, recordings=(ONE, GROWN)), Level.MAJOR, Level.MINOR),
    "a move": (replace(MANIFEST, recordings=(ONE, replace(TWO, split="test"))), Level.MAJOR, Level.MAJOR),
    "a column more": (
        replace(MANIFEST, columns=(START, TEXT, Column("Note", "string", nullable=True))),
        Level.MINOR,
        Level.MAJOR,
    ),
    "a column less": (replace(MANIFEST, columns=(TEXT,)), Level.MAJOR, Level.MAJOR),
    "another type": (
        replace(MANIFEST, columns=(START, replace(TEXT, type="json"))),
        Level.MAJOR,
        Level.MAJOR,
    ),
    "maybe null": (
        replace(MANIFEST, columns=(START, replace(TEXT, nullable=True))),
        Level.MINOR,
        Level.MINOR,
    ),
    "another order": (replace(MANIFEST, columns=(TEXT, START)), Level.PATCH, Level.MAJOR),
}


@pytest.mark.parametrize("case", CASES)
def test_each_policy_judges_each_change(case: str) -> None:
    new, tfds, datapackage = CASES[case]
    diff = compare_manifests(MANIFEST, new)
    assert diff
    assert describe_news(diff)
    assert judge_diff(diff, policy="tfds")[0] is tfds
    assert judge_diff(diff, policy="datapackage")[0] is datapackage


def test_nothing_differs_between_equal_manifests() -> None:
    diff = compare_manifests(MANIFEST, MANIFEST)
    assert not diff
    assert judge_diff(diff, policy="tfds") == (Level.NONE, "nothing differs")
    assert describe_news(diff) == ()


def test_a_column_may_no_longer_be_null_is_the_other_way_round() -> None:
    new = replace(MANIFEST, columns=(START, replace(TEXT, nullable=True)))
    diff = compare_manifests(new, MANIFEST)
    assert (diff.columns_tightened, diff.columns_loosened) == (("Text",), ())
    assert [judge_diff(diff, policy=each)[0] for each in ("tfds", "datapackage")] == [
        Level.PATCH,
        Level.MAJOR,
    ]


def diff_of(case: str) -> ManifestDiff:
    return compare_manifests(MANIFEST, CASES[case][0])


def test_versions_follow_with_their_reasons() -> None:
    assert choose_version(None, diff_of("the card"), policy="tfds") == (
        (1, 0, 0),
        "the first version is 1.0.0",
    )
    assert choose_version((1, 2, 3), diff_of("the card"), policy="tfds") == (
        (1, 2, 4),
        "PATCH after 1.2.3 by the policy tfds: the card or what comes with it changed",
    )
    assert choose_version((1, 2, 3), diff_of("a recording more"), policy="tfds") == (
        (1, 3, 0),
        "MINOR after 1.2.3 by the policy tfds: 1 recording added",
    )
    assert choose_version((1, 2, 3), diff_of("a correction"), policy="tfds") == (
        (2, 0, 0),
        "MAJOR after 1.2.3 by the policy tfds: 1 recording changed",
    )


def test_rows_tell_that_a_recording_only_grew() -> None:
    diff = diff_of("segments gained, unread")
    read = replace(diff, rows=RowDiff((RecordingDiff("two", added=1),)))
    assert judge_diff(diff, policy="tfds")[0] is Level.MAJOR
    assert judge_diff(read, policy="tfds") == (Level.MINOR, "1 segment added to recordings that there were")
    assert describe_news(read) == ("Changed 1 recording: 1 segment added.",)


def test_rows_of_new_columns_alone_change_no_segment() -> None:
    new = replace(
        MANIFEST,
        columns=(START, TEXT, Column("Note", "string", nullable=True)),
        recordings=(ONE, replace(TWO, digest="4" * 64)),
    )
    diff = replace(compare_manifests(MANIFEST, new), rows=RowDiff((RecordingDiff("two"),)))
    assert judge_diff(diff, policy="tfds") == (Level.MINOR, "1 column added")


def test_news_name_what_changed() -> None:
    new = replace(
        MANIFEST,
        columns=(replace(TEXT, type="json"), Column("Note", "string", nullable=True)),
        recordings=(replace(ONE, split="test"), THREE),
    )
    assert describe_news(compare_manifests(MANIFEST, new)) == (
        "Added 1 recording with 1 segment.",
        "Removed 1 recording with 3 segments.",
        "Moved 1 recording to another split.",
        "Added the column Note.",
        "Removed the column Start.",
        "The type of the column Text is json; it was string.",
    )


def joined(one: ManifestDiff, other: ManifestDiff) -> ManifestDiff:
    """Both differences at once."""
    values = {}
    for field in fields(ManifestDiff):
        first, second = getattr(one, field.name), getattr(other, field.name)
        if isinstance(first, tuple):
            values[field.name] = first + second
        elif isinstance(first, bool):
            values[field.name] = first or second
    return replace(one, **values)


@pytest.mark.parametrize("policy", ["tfds", "datapackage"])
def test_more_differences_never_ask_for_less(policy: str) -> None:
    for some in combinations(CASES, 3):
        diff, *more = (diff_of(case) for case in some)
        level = judge_diff(diff, policy=policy)[0]
        for each in more:
            diff = joined(diff, each)
            alone = judge_diff(each, policy=policy)[0]
            assert judge_diff(diff, policy=policy)[0] is max(level, alone)
            level = max(level, alone)
            before, after = (1, 2, 3), choose_version((1, 2, 3), diff, policy=policy)[0]
            assert after > before
