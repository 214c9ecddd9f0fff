"""Loading a version back with `datasets`, in a process and a cache of its own, row by row."""

from __future__ import annotations

import importlib.metadata
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa
import pytest
from huggingface_hub import constants

from packager.check import ExpectedRow
from packager.errors import EnvironmentFailure, UsageError
from packager.model import Column
from packager.publish import plan_release, publish_release
from packager.readback import ReadBack, read_back

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from packager.hub import Hub
    from packager.rehearsal import HubAddress
    from publish.conftest import Builds, Shards

# The client uploads large files in a way that its own HTTP library is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")

REPO = "me/turns"
COLUMNS = (
    Column("recording", "string", nullable=False),
    Column("segment", "int64", nullable=False),
    Column("Text", "string", nullable=False),
    Column("Count", "int64", nullable=True),
    Column("Score", "float64", nullable=True),
    Column("Final", "bool", nullable=True),
    Column("Free", "json", nullable=True),
    Column("Words", 'list<struct<word: string, "t 0": float64, more: json>>', nullable=True),
    Column("start_seconds", "float64", nullable=True),
    Column("end_seconds", "float64", nullable=True),
    Column("extra", "json", nullable=True),
)
WORD = pa.struct([("word", pa.string()), ("t 0", pa.float64()), ("more", pa.string())])
ARROW = {"string": pa.string(), "int64": pa.int64(), "float64": pa.float64(), "bool": pa.bool_()}
SCHEMA = pa.schema([(column.name, ARROW.get(column.type, pa.string())) for column in COLUMNS]).set(
    7, pa.field("Words", pa.list_(WORD))
)


def turn(recording: str, segment: int, text: str, **more: object) -> dict[str, object]:
    return {"recording": recording, "segment": segment, "Text": text, **more}


RICH = turn(
    "b",
    0,
    "grüße \u2028 🎈",
    Count=9223372036854775807,
    Score=0.1,
    Final=True,
    Free='{"a":[1,null,"1"]}',
    Words=[{"word": "grüße", "t 0": 3.0, "more": "true"}, {"word": None, "t 0": None, "more": None}],
    start_seconds=1.5,
    end_seconds=2.0,
    extra='{"mood":"sad","take":2}',
)
RICH_SOURCE = ExpectedRow(
    "b",
    0,
    {
        "Text": "grüße \u2028 🎈",
        "Count": 9223372036854775807,
        "Score": 0.1,
        "Final": True,
        "Free": {"a": [1.0, None, "1"]},
        "Words": [{"word": "grüße", "t 0": 3, "more": True}, {"more": None}],
        "take": 2,
        "mood": "sad",
    },
    1.5,
    2.0,
)
SHARDS: Shards = {
    "data/test-00000-of-00001.parquet": [turn("c", number, f"turn {number}") for number in range(1500)],
    "data/train-00000-of-00001.parquet": [
        turn("a", 0, "", Words=[]),
        turn("a", 2, "after a gap", Count=3, Free='"a string"'),
        RICH,
    ],
}
EXPECTED = [
    ExpectedRow("c", 1499, {"Text": "turn 1499"}),
    RICH_SOURCE,
    ExpectedRow("a", 2, {"Text": "after a gap", "Count": 3.0, "Score": None, "Free": "a string"}),
    ExpectedRow("a", 0, {"Text": "", "Words": []}),
    *(ExpectedRow("c", number, {"Text": f"turn {number}"}) for number in range(1499)),
]


class Compare(Protocol):
    def __call__(
        self, shards: Shards, rows: Iterable[ExpectedRow], *, streaming: bool = False
    ) -> ReadBack: ...


@pytest.fixture
def compare(hub: Hub, address: HubAddress, builds: Builds) -> Compare:
    """Publish rows and load them back."""

    def publish_and_compare(
        shards: Shards, rows: Iterable[ExpectedRow], *, streaming: bool = False
    ) -> ReadBack:
        folder, manifest = builds.write("build", shards, columns=COLUMNS, schema=SCHEMA)
        publish_release(plan_release(manifest, hub.read_state(REPO)), hub, folder)
        return read_back(
            address.endpoint, address.token, REPO, "v1.0.0", rows, manifest.columns, streaming=streaming
        )

    return publish_and_compare


@pytest.mark.parametrize("whole", [True, False], ids=["lfs", "xet"])
@pytest.mark.parametrize("streaming", [False, True])
def test_rows_that_say_what_their_sources_say_are_equal(
    compare: Compare, monkeypatch: pytest.MonkeyPatch, *, streaming: bool, whole: bool
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", whole)  # for what is sent from here
    monkeypatch.setenv("HF_HUB_DISABLE_XET", str(int(whole)))  # for the process that loads
    found = compare(SHARDS, EXPECTED, streaming=streaming)
    assert found == ReadBack(rows=1503, splits=(("test", 1500), ("train", 3)), different=0, differences=())


def test_each_difference_is_told_with_its_place(compare: Compare) -> None:
    shards: Shards = {
        "data/test-00000-of-00001.parquet": [turn("c", 0, "x"), turn("c", 1, "y")],
        "data/train-00000-of-00001.parquet": [turn("a", 0, "one"), RICH, turn("c", 7, "again")],
    }
    value = RICH_SOURCE.value
    found = compare(
        shards,
        [
            replace(RICH_SOURCE, value=value | {"Final": 1, "Free": {"a": [1, None, 1]}, "take": 3}),
            ExpectedRow("a", 0, {"Text": "two"}),
            ExpectedRow("a", 0, {"Text": "one", "Words": []}, start_seconds=0.5),
            ExpectedRow("c", 0, {"Text": "x"}),
            ExpectedRow("c", 2, {"Text": "z"}),
            ExpectedRow("d", 0, {"Text": "z"}),
        ],
    )
    assert found.differences == (
        "recording 'c' stands in test and in train",
        "recording 'b', segment 0 of train: Final is true, not 1",
        r"""recording 'b', segment 0 of train: Free is "{\"a\":[1,null,\"1\"]}", not {"a": [1, null, 1]}""",
        (
            r"""recording 'b', segment 0 of train: extra is "{\"mood\":\"sad\",\"take\":2}", """
            """not {"take": 3, "mood": "sad"}"""
        ),
        """recording 'a', segment 0 of train: Text is "one", not "two\"""",
        "recording 'a', segment 0 was expected twice",
        "recording 'a', segment 0 of train: Words is null, not []",
        "recording 'a', segment 0 of train: start_seconds is null, not 0.5",
        "recording 'c', segment 2 is missing",
        "recording 'd', segment 0 is missing",
        "recording 'c', segment 1 of test was not expected",
        "recording 'c', segment 7 of train was not expected",
    )
    assert found.different == 12
    assert (found.rows, found.splits) == (5, (("test", 2), ("train", 3)))


def test_at_most_twenty_differences_are_told_and_all_are_counted(compare: Compare) -> None:
    found = compare(
        {"data/train-00000-of-00001.parquet": [turn("a", number, "x") for number in range(30)]}, []
    )
    assert (found.different, len(found.differences)) == (30, 20)
    assert found.differences[-1] == "recording 'a', segment 19 of train was not expected"


def test_a_property_without_a_column_and_a_column_too_many_are_differences(
    hub: Hub, address: HubAddress, builds: Builds
) -> None:
    folder, manifest = builds.one_shard()
    publish_release(plan_release(manifest, hub.read_state(REPO)), hub, folder)
    columns = (*manifest.columns, Column("Mood", "string", nullable=True))
    rows = [ExpectedRow("a", 0, {"Text": "good morning", "recording": "a", "gone": 1, "absent": None})]
    found = read_back(address.endpoint, address.token, REPO, "v1.0.0", rows, columns)
    assert found.differences == (
        "train has the columns recording, segment, Text, not recording, segment, Text, Mood",
        """recording 'a', segment 0 of train: extra is null, not {"gone": 1}""",
    )


def test_a_version_that_does_not_exist_cannot_be_loaded(
    hub: Hub, address: HubAddress, builds: Builds
) -> None:
    folder, manifest = builds.one_shard()
    publish_release(plan_release(manifest, hub.read_state(REPO)), hub, folder)
    rows = [ExpectedRow("a", number, {"Text": "x" * 1000}) for number in range(1000)]
    with pytest.raises(EnvironmentFailure, match=r"me/turns at v9\.9\.9 cannot be loaded.*v9\.9\.9"):
        read_back(address.endpoint, address.token, REPO, "v9.9.9", rows, manifest.columns)


def test_what_stands_in_the_way_of_the_user_does_not_stand_in_the_way(
    hub: Hub, address: HubAddress, builds: Builds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder called `datasets` where the user stands, offline mode, a cache and another Hub."""
    folder, manifest = builds.one_shard()
    publish_release(plan_release(manifest, hub.read_state(REPO)), hub, folder)
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets/__init__.py").write_text("raise RuntimeError")
    monkeypatch.chdir(tmp_path)
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    rows = [ExpectedRow("a", 0, {"Text": "good morning"})]
    found = read_back(address.endpoint, address.token, REPO, "v1.0.0", rows, manifest.columns)
    assert (found.rows, found.different) == (1, 0)
    assert not (tmp_path / "cache").exists()


def test_a_source_that_fails_while_it_is_read_ends_the_loading(
    hub: Hub, address: HubAddress, builds: Builds
) -> None:
    folder, manifest = builds.one_shard()
    publish_release(plan_release(manifest, hub.read_state(REPO)), hub, folder)

    def failing() -> Iterator[ExpectedRow]:
        yield ExpectedRow("a", 0, {"Text": "good morning"})
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        read_back(address.endpoint, address.token, REPO, "v1.0.0", failing(), manifest.columns)


def test_without_datasets_the_way_to_install_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", absent)
    with pytest.raises(UsageError, match=r"pip install 'segment-packager\[load\]'"):
        read_back("http://127.0.0.1:9", None, REPO, "v1.0.0", [], COLUMNS)
