"""What a release fills in can be taken out again, byte for byte."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from packager.built import Manifest, PastVersion, Recording, ReleaseFacts, Split, Totals
from packager.card import CardFacts, FieldFacts, SplitFacts, check_card, finish_card, render_card
from packager.card.parts import NAMES
from packager.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

PARTS = NAMES
SOURCE = "---\nlicense: mit # ours\n---\n# Turns\n" + "".join(
    f"<!-- packager:{name} -->\n<!-- /packager:{name} -->\n" for name in PARTS
)
FACTS = CardFacts(
    repo_id="me/vX.Y.Z",
    splits=(SplitFacts("train", 2, 20, 2, 300, 200, None), SplitFacts("test", 1, 1, 1, 3, 2, None)),
    fields=(FieldFacts("Text", "string", nullable=False, description=""),),
    features=[{"name": "version", "dtype": "string"}],
    dropped=(),
    schema_sha256="c0de",
)
MANIFEST = Manifest(
    schema_sha256="c0de",
    columns=(),
    splits=(Split("test", 1, 1, 9), Split("train", 20, 2, 99)),
    files=(),
    recordings=tuple(Recording(name, "train", 0, 7, "d1") for name in "abc"),
    dropped=(),
    warnings=(),
    repo_id="me/vX.Y.Z",
)
HOUR = 3600 * 10**9
RELEASE = ReleaseFacts(
    version=(1, 2, 0),
    news=("3 recordings are new.", "| <!-- /packager:news --> `x`"),
    notes="Thanks to *all*.\n\n# Not a heading",
    history=(
        PastVersion((1, 0, 0), Totals(1, 10, None, HOUR, None, None), ("The first version.",)),
        PastVersion((1, 1, 0), Totals(2, 1234, None, 20 * HOUR, None, None), ("One more.", "Or two.")),
    ),
)
RELEASES = st.none() | st.builds(
    ReleaseFacts,
    version=st.tuples(*[st.integers(0, 10**8)] * 3),
    news=st.lists(st.text(), max_size=3).map(tuple),
    notes=st.text(),
    history=st.lists(
        st.builds(
            PastVersion,
            st.tuples(*[st.integers(0, 99)] * 3),
            st.just(Totals(1, 10, 2, None, None, None)),
            st.tuples(st.text()),
        ),
        max_size=3,
    ).map(tuple),
)


def build(source: str = SOURCE) -> dict[str, bytes]:
    return {"README.md": render_card(source.encode(), FACTS)}


def finish(release: ReleaseFacts | None, files: dict[str, bytes] | None = None) -> str:
    return finish_card(files or build(), MANIFEST, release)["README.md"].decode()


def part(name: str, release: ReleaseFacts | None) -> str:
    return re.split(f"<!-- /?packager:{name} -->", finish(release))[1].strip()


def test_a_release_pins_its_tag_wherever_the_card_loads() -> None:
    text = part("load", RELEASE)
    assert 'load_dataset("me/vX.Y.Z", revision="v1.2.0")' in text
    assert "hf://datasets/me/vX.Y.Z@v1.2.0/data/train-*-of-00002.parquet" in text
    assert text.count("vX.Y.Z") == text.count("me/vX.Y.Z")


def test_a_release_writes_its_version_into_configs_and_nothing_else_into_the_front_matter() -> None:
    before, after = build()["README.md"].decode().split("\n---\n")[0], finish(RELEASE).split("\n---\n")[0]
    assert after == before.replace("- config_name: default\n", "- config_name: default\n  version: 1.2.0\n")
    assert YAML(typ="safe").load(after.removeprefix("---"))["configs"][0]["version"] == "1.2.0"


def test_news_are_sentences_and_notes_are_words_never_markup() -> None:
    assert part("news", RELEASE) == (
        "In `v1.2.0`:\n\n"
        "* 3 recordings are new.\n"
        "* &#124; &#60;!-- /packager:news --&#62; &#96;x&#96;\n\n"
        "> Thanks to &#42;all&#42;.\n\n"
        "> &#35; Not a heading"
    )


def test_history_has_the_newest_version_first() -> None:
    assert part("history", RELEASE).split("\n") == [
        "| Version | Recordings | Segments | Hours | What is new |",
        "| --- | ---: | ---: | ---: | --- |",
        "| `v1.2.0` | 3 | 21 |  | 3 recordings are new. &#124; &#60;!-- /packager:news --&#62; &#96;x&#96; |",
        "| `v1.1.0` | 2 | 1,234 | 20.0 | One more. Or two. |",
        "| `v1.0.0` | 1 | 10 | 1.00 | The first version. |",
        "",
        "![Segments of each version.](card/growth.svg)",
    ]


def test_a_long_history_is_counted_where_it_is_not_told() -> None:
    past = tuple(replace(RELEASE.history[0], version=(1, minor, 0)) for minor in range(40))
    text = part("history", replace(RELEASE, version=(1, 40, 0), history=past))
    assert text.count("| `v1.") == 30
    assert "\n\n… and 11 earlier.\n\n![" in text


@pytest.mark.parametrize("name", ["load", "news", "history"])
def test_a_build_alone_says_that_it_is_not_released(name: str) -> None:
    assert "not released yet" in part(name, None)
    assert "not released yet" not in part(name, RELEASE)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_taken_out_again_the_bytes_are_those_of_the_build(newline: str) -> None:
    files = build(SOURCE.replace("\n", newline))
    finished = finish_card(files, MANIFEST, RELEASE)
    assert finished != files
    assert finish_card(finished, MANIFEST, None) == files
    assert finish_card(files, MANIFEST, None) == files


@settings(deadline=None)
@given(st.lists(RELEASES, min_size=1, max_size=3), st.permutations(PARTS), st.integers(0, len(PARTS)))
def test_only_the_last_release_shows(
    releases: Sequence[ReleaseFacts | None], names: Sequence[str], count: int
) -> None:
    source = "Words\n\n" + "".join(
        f"<!-- packager:{name} -->\nold\n<!-- /packager:{name} -->\n\nWords\n\n" for name in names[:count]
    )
    built = build(source)
    files = built
    for release in releases:
        files = finish_card(files, MANIFEST, release)
        assert check_card(files["README.md"], "README.md") == ()
    assert files == finish_card(built, MANIFEST, releases[-1])
    assert finish_card(files, MANIFEST, None) == built


def test_a_card_whose_markers_are_broken_is_refused() -> None:
    with pytest.raises(DataError, match="`load` is never closed"):
        finish(RELEASE, {"README.md": b"---\na: 1\n---\n<!-- packager:load -->\n"})
