"""What the generated parts say, word by word."""

from __future__ import annotations

from dataclasses import replace

import pytest

from packager.built import Dropped, Manifest, ReleaseFacts, Spread, Statistics, Totals
from packager.card import CardFacts, FieldFacts, SplitFacts, Waiver, finish_card, render_card
from packager.statistics import Example, Speaker

HOUR = 3600 * 10**9
STATISTICS = Statistics(
    totals=Totals(4, 1534, 3, 2 * HOUR, 20_000, 123_456),
    timed=1500,
    length=Spread(250_000_000, 4_500_000_000, 61_000_000_000),
    characters=Spread(1, 80, 900),
    rate=Spread(3, 153, 400),
    length_bins=(1,) * 12,
    rate_bins=(1,) * 13,
    filled=(("Text", 1534), ("Note", 767)),
)
FACTS = CardFacts(
    repo_id="me/turns",
    splits=(SplitFacts("train", 4, 1534, 2, 4000, 2000, 7200.0, STATISTICS),),
    fields=(
        FieldFacts("Text", "string", nullable=False, description="Words.", constraint="a|b", example="Hi"),
        FieldFacts("Note", "string", nullable=True, description="", example=""),
    ),
    features=[],
    dropped=(),
    schema_sha256="5c",
    statistics=STATISTICS,
    speakers=(("Ada", Speaker(1000, HOUR)), ("Grace", Speaker(500, HOUR // 2))),
    rules=(("time/not-a-time", "no time"), ("text/secret", "a secret")),
    waivers=(Waiver("loop/*", "", "Songs repeat."), Waiver("time/unsorted (note)", "old/**", "")),
    sources_sha256="50",
    tool_version="1.2.3",
    languages=("en", "nb"),
    title="Turns & {more}",
    authors=("Lovelace, Ada", "Society"),
    doi="https://doi.org/10.1/x",
)


def part(name: str, facts: CardFacts = FACTS) -> str:
    card = render_card(f"<!-- packager:{name} -->\n<!-- /packager:{name} -->\n".encode(), facts).decode()
    return card.partition(f"<!-- packager:{name} -->\n\n")[2].partition(f"\n\n<!-- /packager:{name} -->")[0]


PARTS = {
    "glance": (
        "| Segments | Recordings | Splits | Hours | Speakers | Words | Characters | Languages |\n"
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n"
        "| 1,534 | 4 | 1 | 2.00 | 3 | 20,000 | 123,456 | `en`, `nb` |"
    ),
    "fields": (
        "| Field | Type | May be null | Description | Constraint | Example | Filled |\n"
        "| --- | --- | --- | --- | --- | --- | ---: |\n"
        "| `Text` | `string` | no | Words. | a&#124;b | Hi | 100.0 % |\n"
        "| `Note` | `string` | yes |  |  |  | 50.0 % |"
    ),
    "statistics": (
        "| Figure | `train` |\n| --- | ---: |\n"
        "| Segments | 1,534 |\n| Speakers | 3 |\n| Words | 20,000 |\n| Characters | 123,456 |\n"
        "| Shortest segment | 0.25 s |\n| Median segment | 4.50 s |\n| Longest segment | 61.00 s |\n"
        "| Median characters of a segment | 80 |\n| Median characters a second | 15.3 |"
    ),
    "speakers": (
        "| Speaker | Segments | Hours | Share of time |\n| --- | ---: | ---: | ---: |\n"
        "| Ada | 1,000 | 1.00 | 50.0 % |\n| Grace | 500 | 0.50 | 25.0 % |\n\n… and 1 more."
    ),
    "quality": (
        "Every segment was judged as strict JSON, by the schema and by the rules below. What they find stops "
        "a build, or is left out of it and named here; what is only a warning is for `packager check`.\n\n"
        "| Rule | Finds | Found |\n| --- | --- | ---: |\n"
        "| json/&#42; | what is no strict JSON | 0 |\n"
        "| schema/&#42; | what the schema does not allow | 0 |\n"
        "| `time/not-a-time` | no time | 0 |\n"
        "| `text/secret` | a secret | 0 |\n\n"
        "Every segment of the sources kept the rules; nothing was left out.\n\n"
        "Waived, for reasons of the project:\n\n"
        "| Waived | Files | Why |\n| --- | --- | --- |\n"
        "| loop/&#42; | `all` | Songs repeat. |\n"
        "| `time/unsorted (note)` | old/&#42;&#42; | no reason given |"
    ),
    "citation": (
        "```bibtex\n@misc{me-turns,\n  title = {Turns \\& \\{more\\}},\n"
        "  author = {{Lovelace, Ada} and {Society}},\n  publisher = {Hugging Face},\n"
        "  url = {https://huggingface.co/datasets/me/turns},\n  doi = {10.1/x},\n}\n```"
    ),
}


@pytest.mark.parametrize("name", PARTS)
def test_a_part_says_exactly_this(name: str) -> None:
    assert part(name) == PARTS[name]


def test_quality_counts_what_each_rule_found() -> None:
    dropped = (
        Dropped("a.jsonl", 1, "", ("schema/type", "schema/required")),
        Dropped("a.jsonl", 2, "", ("time/not-a-time", "file/odd")),
    )
    assert part("quality", replace(FACTS, dropped=dropped)).split("\n\n")[1].splitlines()[2:] == [
        "| json/&#42; | what is no strict JSON | 0 |",
        "| `schema/required` | what the schema does not allow | 1 |",
        "| `schema/type` | what the schema does not allow | 1 |",
        "| `time/not-a-time` | no time | 1 |",
        "| `text/secret` | a secret | 0 |",
        "| `file/odd` |  | 1 |",
    ]


def test_speakers_without_times_have_a_share_of_the_segments() -> None:
    totals = replace(STATISTICS.totals, nanoseconds=None, speakers=2)
    facts = replace(FACTS, statistics=replace(STATISTICS, totals=totals))
    assert part("speakers", facts).splitlines()[2] == "| Ada | 1,000 | 65.1 % |"


def test_too_many_speakers_are_not_told() -> None:
    totals = replace(STATISTICS.totals, speakers=None)
    facts = replace(FACTS, statistics=replace(STATISTICS, totals=totals))
    assert part("speakers", facts) == "Who speaks is not counted here."


def test_an_example_is_a_table_of_what_is_not_null() -> None:
    example = Example(
        0, "ep1", 3, (("recording", "ep1"), ("Text", "Hi | there"), ("A", None), ("Tags", ["a"]))
    )
    facts = replace(FACTS, splits=(replace(FACTS.splits[0], example=example),))
    assert part("example", facts) == (
        "From `train`:\n\n| Field | Value |\n| --- | --- |\n| `recording` | ep1 |\n"
        '| `Text` | Hi &#124; there |\n| `Tags` | &#91;"a"&#93; |'
    )


def test_where_a_data_set_comes_from_is_told_by_digests() -> None:
    text = part("provenance")
    assert "Built by `segment-packager` `1.2.3` from" in text
    assert "The sha256 over the digests of all recordings is `50`." in text
    assert "with the same version of the tool" in text


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_release_adds_its_version_to_the_citation(newline: str) -> None:
    source = f"<!-- packager:citation -->{newline}<!-- /packager:citation -->{newline}".encode()
    files = {"README.md": render_card(source, FACTS)}
    manifest = Manifest("5c", (), (), (), (), (), ())
    finished = finish_card(files, manifest, ReleaseFacts((1, 4, 0), (), "", ()))
    assert (
        f"@misc{{me-turns,{newline}  version = {{1.4.0}},{newline}  title".encode() in finished["README.md"]
    )
    again = finish_card(finished, manifest, ReleaseFacts((1, 5, 0), (), "", ()))
    assert again["README.md"].count(b"version = {") == 1
    assert finish_card(again, manifest, None) == files
