from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import mlcroissant
import numpy as np
import pyarrow.parquet as pq
import pytest
from etils import epath

from packager.assemble import build_dataset
from packager.built import BuiltFile, ReleaseFacts
from packager.canonical import canonical_json
from packager.card import About, DatasetFacts, describe_dataset, finish_companions
from packager.check.criteria import load_schema_anew, make_criteria
from packager.config import load_project
from packager.errors import ConfigError
from packager.folders import load_build
from packager.hub import connect_hub
from packager.publish import plan_release, publish_release
from project import make_corpus, make_project, make_segment, write_json, write_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from packager.rehearsal import HubAddress

ODD = 'words / "said"? <b> é {x}'
SCHEMA = {
    "type": "object",
    "properties": {
        "Speaker": {"type": ["string", "null"]},
        "Start": {"type": "string"},
        "End": {"type": "string"},
        "Text": {"type": "string", "description": "What is said."},
        "big": {"type": "integer"},
        "count": {"type": ["integer", "null"]},
        "level": {"type": ["number", "null"]},
        "is_noise": {"type": ["boolean", "null"]},
        "anything": True,
        "tags": {"type": ["array", "null"], "items": {"type": ["string", "null"]}},
        "grid": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
        "place": {
            "type": ["object", "null"],
            "additionalProperties": False,
            "properties": {"lat": {"type": "number"}, 'odd "key"\\ 1': {"type": "string"}},
        },
        "words": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": {"word": {"type": "string"}, "at": {"type": ["number", "null"]}},
            },
        },
        "split": {"type": "string"},
        ODD: {"type": "string"},
    },
    "required": ["Start", "End", "Text", "big", "grid", "words", "split", ODD],
}
ROWS = (
    {"big": 2**62 + 1, "split": "own", ODD: "1", "grid": [[1, 2], []], "words": [], "unknown": [1, None]},
    {
        "big": -(2**62),
        "split": "",
        ODD: "\u202e<script>\u0000",
        "count": 2**53 - 1,
        "level": 0.1,
        "is_noise": True,
        "anything": {"a": [1, "x"]},
        "tags": ["x", None, ""],
        "grid": [],
        "place": {"lat": 1.5, 'odd "key"\\ 1': "y"},
        "words": [{"word": "Hello", "at": None}, {"word": "🎈", "at": 2.5}],
    },
    {"big": 0, "split": "s", ODD: "", "count": -3, "is_noise": False, "tags": [], "grid": [[3]], "words": []},
)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pandas and rdflib, below mlcroissant
        yield


def make_rich_project(folder: Path) -> Path:
    make_project(folder)
    write_json(folder / "schema" / "segment.schema.json", SCHEMA)
    for name in ("ep1", "ep2"):
        lines = [make_segment(f"Turn {turn}.", 3 * turn, **more) for turn, more in enumerate(ROWS)]
        write_lines(folder / "segments" / f"{name}.jsonl", lines)
    return folder


def read_records(source: Path | dict[str, Any], split: str = "train") -> list[dict[str, Any]]:
    """Return the records of a split as mlcroissant reads them, by the names of their columns."""
    dataset = mlcroissant.Dataset(source if isinstance(source, dict) else str(source))
    own = f"default/{split}/"
    return [
        {unquote(str(key).removeprefix(own)): plain(value, str(key)) for key, value in record.items()}
        for record in dataset.records(f"default/{split}")
    ]


def plain(value: Any, above: str = "") -> Any:  # noqa: ANN401 - whatever pandas makes of it
    """Return a value of mlcroissant as JSON has it."""
    match value:
        case bytes():
            return value.decode()
        case list():
            return [plain(entry, above) for entry in value]
        case dict():
            return {unquote(key.removeprefix(f"{above}/")): plain(each, key) for key, each in value.items()}
        case np.generic():
            return plain(value.item())
        case float() if value != value:  # noqa: PLR0124 - pandas has NaN for null in a list of numbers
            return None
    return value


def rows_of(build: Path, split: str = "train") -> list[dict[str, Any]]:
    shards = sorted((build / "data").glob(f"{split}-*.parquet"))
    return [row for shard in shards for row in pq.read_table(shard).to_pylist()]


def errors_of(source: Path | dict[str, Any]) -> set[Any]:
    dataset = mlcroissant.Dataset(source if isinstance(source, dict) else str(source))
    found: set[Any] = dataset.metadata.ctx.issues.errors
    return found


def test_the_records_that_mlcroissant_reads_are_the_rows(tmp_path: Path) -> None:
    build_dataset(make_rich_project(tmp_path))
    build = tmp_path / "build"
    assert errors_of(build / "croissant.json") == set()
    records, rows = read_records(build / "croissant.json"), rows_of(build)
    assert len(records) == 6
    for record, row in zip(records, rows, strict=True):
        # The column `split` is the data's; the split itself has another name.
        assert record.pop("split_0") == "train"
        # pandas knows no null object: one whose values are null stands for it.
        row["place"] = row["place"] or {"lat": None, 'odd "key"\\ 1': None}
        assert record == row
    assert [record["big"] for record in records[:3]] == [4611686018427387905, -4611686018427387904, 0]


def test_shards_have_their_size_and_digest_and_the_file_does_not_list_itself(tmp_path: Path) -> None:
    manifest = build_dataset(make_corpus(tmp_path))
    document = json.loads((tmp_path / "build" / "croissant.json").read_text())
    assert document["conformsTo"] == "http://mlcommons.org/croissant/1.1"
    assert [(file["@id"], file["contentSize"], file["sha256"]) for file in document["distribution"]] == [
        (file.path, f"{file.size} B", file.sha256) for file in manifest.files if file.rows is not None
    ]
    assert document["recordSet"][0]["data"] == [{"splits/name": "train"}, {"splits/name": "validation"}]
    assert not {"url", "version"} & document.keys()


def test_the_records_of_every_split_are_its_rows(tmp_path: Path) -> None:
    build_dataset(make_corpus(tmp_path))
    for split, count in (("train", 55), ("validation", 5)):
        records = read_records(tmp_path / "build" / "croissant.json", split)
        assert [record.pop("split") for record in records] == [split] * count
        assert records == rows_of(tmp_path / "build", split)


def test_a_split_of_several_shards_is_read_from_all_of_them(tmp_path: Path) -> None:
    build_dataset(make_corpus(tmp_path))
    build = tmp_path / "build"
    data = build / "data"
    whole = pq.read_table(data / "train-00000-of-00001.parquet")
    (data / "train-00000-of-00001.parquet").unlink()
    for index, start in enumerate((0, 30)):
        pq.write_table(whole.slice(start, 30), data / f"train-{index:05d}-of-00002.parquet")
    (data / "train-extra.parquet").write_bytes(b"of somebody else")
    _, layout = load_schema_anew(make_criteria(load_project(tmp_path)))
    shards = tuple(BuiltFile(f"data/train-{n:05d}-of-00002.parquet", 1, f"{n}" * 64, 30) for n in range(2))
    facts = DatasetFacts("me/turns", About(), layout.columns, ("train",), shards)
    (build / "croissant.json").write_bytes(describe_dataset(b"# Turns\n", facts)["croissant.json"])
    records = read_records(build / "croissant.json")
    assert [record.pop("split") for record in records] == ["train"] * 55
    assert records == whole.to_pylist()


RELEASE = ReleaseFacts((1, 2, 0), ("New.",), "", ())


def finish(build: Path, release: ReleaseFacts | None) -> dict[str, bytes]:
    names = ("croissant.json", "CITATION.cff")
    return finish_companions(
        {name: (build / name).read_bytes() for name in names}, load_build(build), release
    )


def test_a_release_pins_the_version_and_taking_it_out_gives_back_every_byte(tmp_path: Path) -> None:
    build_dataset(make_rich_project(tmp_path))
    build = tmp_path / "build"
    before = {name: (build / name).read_bytes() for name in ("croissant.json", "CITATION.cff")}
    finished = finish(build, RELEASE)
    document = json.loads(finished["croissant.json"])
    assert (document["version"], document["url"]) == ("1.2.0", "https://huggingface.co/datasets/me/turns")
    assert document["distribution"][0]["contentUrl"] == (
        "https://huggingface.co/datasets/me/turns/resolve/v1.2.0/data/train-00000-of-00001.parquet"
    )
    assert errors_of(document) == set()
    assert finished["CITATION.cff"].decode().splitlines()[-3:] == [
        "version: 1.2.0",
        'url: "https://huggingface.co/datasets/me/turns"',
        'repository-artifact: "https://huggingface.co/datasets/me/turns/tree/v1.2.0"',
    ]
    manifest = load_build(build)
    again = finish_companions(finished, manifest, ReleaseFacts((10, 0, 0), (), "", ()))
    assert json.loads(again["croissant.json"])["version"] == "10.0.0"
    assert finish_companions(again, manifest, None) == before
    assert finish_companions(before, manifest, None) == before
    assert finish_companions(again, manifest, RELEASE) == finished


def test_a_published_version_is_read_over_http_at_its_tag(
    tmp_path: Path, hub: HubAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = build_dataset(make_rich_project(tmp_path / "project"))
    build = tmp_path / "project" / "build"
    to = connect_hub(hub.endpoint, hub.token)
    receipt = publish_release(plan_release(manifest, to.read_state("me/turns")), to, build)
    assert receipt.version == "1.0.0"
    finished = finish(build, ReleaseFacts((1, 0, 0), (), "", ()))["croissant.json"]
    text = finished.decode().replace("https://huggingface.co/", f"{hub.endpoint}/")
    monkeypatch.setattr("mlcroissant._src.core.constants.DOWNLOAD_PATH", epath.Path(tmp_path / "downloads"))
    records = read_records(json.loads(text))
    assert len(records) == 6
    assert [(record["recording"], record["segment"], record["big"], record[ODD]) for record in records] == [
        (row["recording"], row["segment"], row["big"], row[ODD]) for row in rows_of(build)
    ]


def test_what_the_project_says_about_responsible_use_is_in_it(tmp_path: Path) -> None:
    make_corpus(tmp_path)
    with (tmp_path / "dataset.toml").open("a") as config:
        config.write(
            '[citation]\nauthors = ["The Archive", { given = "Ada", family = "Byron", orcid = '
            '"https://orcid.org/0000-0002-1825-0097" }]\ndoi = "10.1000/1"\ntitle = "All turns: a set"\n'
            '[rai]\ndata_biases = ["Two hosts speak most."]\ndata_collection = "Recorded \\u2028 live."\n'
        )
    build_dataset(tmp_path)
    path = tmp_path / "build" / "croissant.json"
    document = json.loads(path.read_text())
    assert document["conformsTo"] == [
        "http://mlcommons.org/croissant/1.1",
        "http://mlcommons.org/croissant/RAI/1.0",
    ]
    assert errors_of(path) == set()
    metadata = mlcroissant.Dataset(str(path)).metadata
    assert metadata.data_biases == ["Two hosts speak most."]
    assert metadata.data_collection == "Recorded \u2028 live."
    assert [creator.name for creator in metadata.creators] == ["The Archive", "Ada Byron"]
    assert (tmp_path / "build" / "CITATION.cff").read_text() == (
        "cff-version: 1.2.0\n"
        'message: "If you use this data set, please cite it as below."\n'
        "type: dataset\n"
        'title: "All turns: a set"\n'
        "authors:\n"
        '- name: "The Archive"\n'
        "- family-names: Byron\n"
        "  given-names: Ada\n"
        '  orcid: "https://orcid.org/0000-0002-1825-0097"\n'
        'abstract: "Every row is one segment: a stretch of speech by one speaker, with its place in the '
        'recording."\n'
        "keywords:\n"
        "- transcripts\n"
        "doi: 10.1000/1\n"
    )


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("[rai]\ndata_bias = 'x'", "rai.data_bias: unknown key"),
        ("[rai]\ndata_biases = 1", "rai.data_biases: must be a string"),
        ("[citation]\nauthor = 'x'", "citation.author: unknown key"),
        ("[citation]\nauthors = [{ given = 'Ada', age = '3' }]", "citation.authors.age: unknown key"),
        ("[citation]\nauthors = [{ orcid = 'x' }]", "an author needs a name"),
    ],
)
def test_a_wrong_table_is_an_error_of_the_configuration(tmp_path: Path, table: str, message: str) -> None:
    make_corpus(tmp_path)
    with (tmp_path / "dataset.toml").open("a") as config:
        config.write(table)
    with pytest.raises(ConfigError, match=message.replace(".", r"\.")):
        build_dataset(tmp_path)


def test_a_json_column_is_text(tmp_path: Path) -> None:
    build_dataset(make_rich_project(tmp_path))
    [record] = [each for each in read_records(tmp_path / "build" / "croissant.json") if each["level"] == 0.1][
        :1
    ]
    assert record["anything"] == canonical_json({"a": [1, "x"]}).decode()
