from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from datasets import Features, Value
from datasets.info import DatasetInfosDict
from huggingface_hub import DatasetCard

from packager.built import Dropped
from packager.card import CardFacts, SplitFacts, check_card, render_card
from packager.errors import DataError

TEMPLATE = Path(__file__).parents[2] / "dataset_card.md"
OWNED = """\
size_categories:
- 1K<n<10K
configs:
- config_name: default
  data_files:
  - split: train
    path: data/train-*-of-00002.parquet
  - split: test
    path: data/test-*-of-00001.parquet
dataset_info:
  features:
  - name: recording
    dtype: string
  - name: start_seconds
    dtype: float64
  splits:
  - name: train
    num_bytes: 4000
    num_examples: 1500
  - name: test
    num_bytes: 90
    num_examples: 34
  download_size: 2070
  dataset_size: 4090
"""


LOOK_LIKE_VALUES = (
    *("no", "Yes", "y", "on", "null", "~", "", "12:30:45", "1_000", "1e3", "0x1f", "0o7"),
    *("2024-01-31", ".5", "=", "<<"),
)
LOOK_LIKE_SYNTAX = (
    *(" a ", "- a", "a: b", "a #b", "*a", "&a", "!a", "@a", "`a", "%a", "a\nb", "\x85", "\u2028", "---"),
    *("'a'", '"a"', "{{a}}", "[a]"),
)


def marked(*names: str) -> bytes:
    return "".join(f"<!-- packager:{name} -->\n<!-- /packager:{name} -->\n" for name in names).encode()


def part(name: str, facts: CardFacts) -> str:
    """Return what stands between the markers of a part."""
    text = render_card(marked(name), facts).decode()
    return text.partition(f"<!-- packager:{name} -->\n\n")[2].partition(f"\n\n<!-- /packager:{name} -->\n")[0]


def data(card: bytes) -> dict[str, object]:
    """Return the front matter as the Hub's own client reads it."""
    return dict(DatasetCard(card.decode()).data.to_dict())  # type: ignore[no-untyped-call]


def test_a_card_keeps_what_people_wrote_and_gets_the_rest(facts: CardFacts) -> None:
    source = (
        "---\n# ours\nlicense: mit   # chosen\n\ntags: [ a,  b ]\n---\n# Turns\n\nBy us.\n\n"
        "<!-- packager:glance -->\nold\n<!-- /packager:glance -->\n\nThe end"
    )
    assert render_card(source.encode(), facts).decode() == (
        f"---\n# ours\nlicense: mit   # chosen\n\ntags: [ a,  b ]\n{OWNED}---\n# Turns\n\nBy us.\n\n"
        "<!-- packager:glance -->\n\n"
        "| Segments | Recordings | Splits | Hours |\n| ---: | ---: | ---: | ---: |\n"
        "| 1,534 | 4 | 2 | 1.50 |\n"
        "\n<!-- /packager:glance -->\n\nThe end"
    )


def test_owned_keys_are_replaced_and_comments_around_them_stay(facts: CardFacts) -> None:
    source = (
        "---\nsize_categories: n<1K\n# about the licence\nlicense: mit\n"
        "configs:\n# old\n- config_name: mine\n  # old too\n\n# about the tags\ntags:\n- a\n"
        '"dataset_info": {splits: [\n  ]}\n# the end\n---\n'
    )
    assert render_card(source.encode(), facts).decode() == (
        "---\n# about the licence\nlicense: mit\n\n# about the tags\ntags:\n- a\n# the end\n"
        + OWNED
        + "---\n"
    )


def test_keys_that_are_indented_stay_so(facts: CardFacts) -> None:
    result = render_card(b"---\n  license: mit\n  configs: 1\n---\n", facts)
    assert result.startswith(b"---\n  license: mit\n  size_categories:\n  - 1K<n<10K\n  configs:\n")
    assert list(data(result)) == ["license", "size_categories", "configs", "dataset_info"]


def test_a_source_without_front_matter_gets_one(facts: CardFacts) -> None:
    assert render_card(b"# Turns\r\n", facts) == f"---\n{OWNED}---\n# Turns\n".replace("\n", "\r\n").encode()
    assert render_card(b"", facts) == f"---\n{OWNED}---\n".encode()
    assert render_card(b"---\n---\n", facts) == f"---\n{OWNED}---\n".encode()


def test_a_card_with_crlf_stays_one(facts: CardFacts) -> None:
    source = TEMPLATE.read_bytes()
    with_crlf = render_card(source.replace(b"\n", b"\r\n"), facts)
    assert with_crlf == render_card(source, facts).replace(b"\n", b"\r\n")


def test_the_result_rendered_again_is_itself(facts: CardFacts) -> None:
    once = render_card(TEMPLATE.read_bytes(), facts)
    assert check_card(once, "README.md") == ()
    assert render_card(once, facts) == once


def test_parts_stand_where_the_source_has_them_and_only_there(facts: CardFacts) -> None:
    text = render_card(
        b"Intro\n" + marked("splits", "fields") + b"Between\n" + marked("glance"), facts
    ).decode()
    body = text.partition("\n---\n")[2]
    assert re.findall(r"^(?:Intro|Between|<!-- .*|\| [A-Z]\w+)", body, re.MULTILINE) == [
        "Intro",
        "<!-- packager:splits -->",
        "| Split",
        "<!-- /packager:splits -->",
        "<!-- packager:fields -->",
        "| Field",
        "<!-- /packager:fields -->",
        "Between",
        "<!-- packager:glance -->",
        "| Segments",
        "<!-- /packager:glance -->",
    ]
    assert "load_dataset" not in text


def test_a_split_without_recordings_is_in_the_table_only(facts: CardFacts) -> None:
    assert part("splits", facts) == (
        "| Split | Recordings | Segments | Shards | Hours |\n| --- | ---: | ---: | ---: | ---: |\n"
        "| `train` | 3 | 1,500 | 2 | 1.00 |\n| `validation` | 0 | 0 | 0 | 0.00 |\n"
        "| `test` | 1 | 34 | 1 | 0.50 |"
    )
    assert b"validation" not in render_card(b"", facts)


def test_without_any_recording_there_are_no_configs(facts: CardFacts) -> None:
    empty = replace(facts, splits=(SplitFacts("train", 0, 0, 0, 0, 0, None),))
    result = render_card(b"---\nconfigs: 1\n---\n" + marked("load"), empty)
    assert list(data(result)) == ["size_categories", "dataset_info"]
    assert data(result)["size_categories"] == ["n<1K"]
    assert "No split holds a recording yet" in result.decode()


def test_fields_say_name_type_null_and_description(facts: CardFacts) -> None:
    assert part("fields", facts) == (
        "| Field | Type | May be null | Description |\n| --- | --- | --- | --- |\n"
        "| `recording` | `string` | no |  |\n| `start_seconds` | `float64` | yes | Start, in seconds. |"
    )


def test_hours_are_left_out_if_one_split_has_no_times(facts: CardFacts) -> None:
    untimed = replace(facts.splits[2], seconds=None)
    assert "Hours" not in part("glance", replace(facts, splits=(*facts.splits[:2], untimed)))


def test_many_hours_have_fewer_decimals(facts: CardFacts) -> None:
    long = replace(facts.splits[0], seconds=4_500_000.0)
    assert part("glance", replace(facts, splits=(long,))).endswith("| 1,500 | 3 | 1 | 1,250.0 |")


def test_the_code_that_loads_is_python_and_pins_a_tag(facts: CardFacts) -> None:
    blocks = re.findall(r"```python\n(.*?)```", part("load", facts), re.DOTALL)
    assert len(blocks) == 4
    for block in blocks:
        compile(block, "card", "exec")
        assert "vX.Y.Z" in block
    assert 'snapshot_download("me/podcast-turns", repo_type="dataset", revision="vX.Y.Z")' in blocks[3]
    assert 'load_dataset("me/podcast-turns", revision="vX.Y.Z")' in blocks[0]
    assert 'revision="vX.Y.Z", split="train", streaming=True)' in blocks[1]
    assert '"hf://datasets/me/podcast-turns@vX.Y.Z/data/train-*-of-00002.parquet"' in blocks[2]
    assert '"hf://datasets/me/podcast-turns@vX.Y.Z/data/train-00000-of-00002.parquet"' in blocks[2]


def test_quality_says_that_nothing_was_left_out(facts: CardFacts) -> None:
    said = part("quality", facts)
    assert said.endswith("\n\nEvery segment of the sources kept the rules; nothing was left out.")


def test_quality_counts_by_rule_and_names_the_places(facts: CardFacts) -> None:
    dropped = (
        Dropped("segments/a.jsonl", 3, "", ("schema/required", "time/order")),
        Dropped("segments/b.json", 9, "/7", ("time/order",)),
    )
    assert part("quality", replace(facts, dropped=dropped)).partition("\n\n")[2] == (
        "| Rule | Finds | Found |\n| --- | --- | ---: |\n"
        "| json/&#42; | what is no strict JSON | 0 |\n"
        "| `schema/required` | what the schema does not allow | 1 |\n"
        "| `time/order` |  | 2 |\n\n"
        "2 places of the sources broke a rule and were left out.\n\n"
        "| Place | Pointer | Rules |\n| --- | --- | --- |\n"
        "| `segments/a.jsonl:3` |  | `schema/required`, `time/order` |\n"
        "| `segments/b.json:9` | `/7` | `time/order` |"
    )
    alone = part("quality", replace(facts, dropped=dropped[:1]))
    assert "\n\n1 place of the sources broke a rule and was left out.\n" in alone


def test_quality_names_ten_places_and_counts_the_rest(facts: CardFacts) -> None:
    dropped = tuple(Dropped("a.jsonl", line, "", ("json/syntax",)) for line in range(1, 1263))
    text = part("quality", replace(facts, dropped=dropped))
    assert text.count("| `a.jsonl:") == 10
    assert "\n\n1,262 places of the sources broke a rule and were left out.\n" in text
    assert text.endswith(
        "| `a.jsonl:10` |  | `json/syntax` |\n\n… and 1,252 more, which `manifest.json` names."
    )
    assert "more" not in part("quality", replace(facts, dropped=dropped[:10]))


def test_provenance_names_the_tool_and_the_schema(facts: CardFacts) -> None:
    assert part("provenance", facts) == (
        "Built by `segment-packager` from segments that were each checked against the schema whose sha256 is "
        "`5ec75ec75ec75ec75ec75ec75ec75ec75ec75ec75ec75ec75ec75ec75ec75ec7`."
    )


@pytest.mark.parametrize(
    ("rows", "category"),
    [
        (0, "n<1K"),
        (999, "n<1K"),
        (1000, "1K<n<10K"),
        (9999, "1K<n<10K"),
        (10_000, "10K<n<100K"),
        (100_000, "100K<n<1M"),
        (1_000_000, "1M<n<10M"),
        (10_000_000, "10M<n<100M"),
        (100_000_000, "100M<n<1B"),
        (1_000_000_000, "1B<n<10B"),
        (10_000_000_000, "10B<n<100B"),
        (999_999_999_999, "100B<n<1T"),
        (1_000_000_000_000, "n>1T"),
        (10**15, "n>1T"),
    ],
)
def test_sizes_have_the_names_of_the_hub(facts: CardFacts, rows: int, category: str) -> None:
    result = render_card(b"", replace(facts, splits=(SplitFacts("train", 1, rows, 1, 1, 1, None),)))
    assert data(result)["size_categories"] == [category]


@pytest.mark.parametrize(
    "name",
    [*LOOK_LIKE_VALUES, *LOOK_LIKE_SYNTAX, "ä", "😀", "a" * 300 + " " + "b" * 300],
)
def test_a_name_stays_a_name_in_the_front_matter(facts: CardFacts, name: str) -> None:
    result = render_card(b"", replace(facts, features=[{"name": name, "dtype": "string"}]))
    info = data(result)["dataset_info"]
    assert isinstance(info, dict)
    assert info["features"] == [{"name": name, "dtype": "string"}]


def test_equal_values_are_written_out_and_not_as_aliases(facts: CardFacts) -> None:
    shared: dict[str, object] = {"dtype": "string"}
    features: list[dict[str, object]] = [{"name": "a", "struct": [shared]}, {"name": "b", "struct": [shared]}]
    assert b"&" not in render_card(b"", replace(facts, features=features))


def test_datasets_reads_features_and_sizes(facts: CardFacts) -> None:
    info = DatasetInfosDict.from_dataset_card_data(DatasetCard(render_card(b"", facts).decode()).data)[
        "default"
    ]
    assert info.features == Features({"recording": Value("string"), "start_seconds": Value("float64")})
    assert {name: split.num_examples for name, split in info.splits.items()} == {"train": 1500, "test": 34}
    assert (info.download_size, info.dataset_size) == (2070, 4090)


def test_a_card_with_errors_is_refused_with_all_of_them(facts: CardFacts) -> None:
    with pytest.raises(DataError) as caught:
        render_card(b"---\nlanguage: no\n---\n<!-- packager:load -->\n", facts)
    assert str(caught.value) == (
        "the dataset card cannot be rendered; correct it and build again:\n"
        '  2:11 `no` is read as a boolean here; write "no" in quotes [card/norway]\n'
        "  4:1 `load` is never closed; end it with a line `<!-- /packager:load -->` [card/marker]"
    )


def test_the_shipped_template_unanswered_shows_no_prompt_to_a_reader(facts: CardFacts) -> None:
    body = render_card(TEMPLATE.read_bytes(), facts).decode().partition("\n---\n")[2]
    seen = re.sub(r"<!--.*?-->", "", body, flags=re.DOTALL)
    assert "prompt" in body
    assert not re.search(r"prompt|TODO|(?<!!)\[.*\]\(|More Information", seen)
    assert re.findall(r"^#+ .*", seen, re.MULTILINE) == [
        "# Transcribed speech, segment by segment",
        "## How to load it",
        "## A segment",
        "## Fields",
        "## Splits",
        "## Statistics",
        "## Quality",
        "## Versions",
        "## How it was made",
        "## Citation",
    ]
