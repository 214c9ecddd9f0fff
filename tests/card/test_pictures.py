"""Pictures are sound SVG whatever the names say, and always the same bytes."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packager.built import Manifest, PastVersion, ReleaseFacts, Spread, Statistics, Totals
from packager.card import CardFacts, SplitFacts, check_card, draw_pictures, finish_card, render_card
from packager.statistics import Speaker

HOUR = 3600 * 10**9
SVG = "{http://www.w3.org/2000/svg}"
STATISTICS = Statistics(
    totals=Totals(4, 100, 2, 2 * HOUR, 20, 120),
    timed=100,
    length=Spread(1, 4_500_000_000, 6),
    characters=Spread(1, 80, 900),
    rate=Spread(3, 153, 400),
    length_bins=(0, 25, 75, *[0] * 9),
    rate_bins=(*[0] * 12, 100),
    filled=(),
)
PART = b"<!-- packager:pictures -->\n<!-- /packager:pictures -->\n"
MANIFEST = Manifest("5c", (), (), (), (), (), (), statistics=(("all", STATISTICS),))
RELEASE = ReleaseFacts((1, 1, 0), (), "", (PastVersion((1, 0, 0), Totals(1, 50, 1, HOUR, 1, 1), ()),))


def facts_of(name: str) -> CardFacts:
    return CardFacts(
        repo_id="me/turns",
        splits=(SplitFacts("train", 3, 75, 1, 1, 1, 1.0), SplitFacts(name, 1, 25, 1, 1, 1, 1.0)),
        fields=(),
        features=[],
        dropped=(),
        schema_sha256="5c",
        statistics=STATISTICS,
        speakers=((name, Speaker(60, HOUR)), ("Grace", Speaker(40, HOUR // 4))),
    )


def words(svg: bytes) -> list[str]:
    return [each.text or "" for each in ET.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314 - our own


def bars(svg: bytes) -> list[float]:
    found = ET.fromstring(svg).iter(f"{SVG}rect")  # noqa: S314 - our own
    return [float(each.attrib["width"]) for each in found if each.attrib["class"] == "b"]


def test_there_are_five_pictures_with_title_description_and_both_schemes() -> None:
    drawn = draw_pictures(facts_of("Ada"))
    assert sorted(drawn) == [
        f"card/{name}.svg" for name in ("growth", "lengths", "rates", "speakers", "splits")
    ]
    for data in drawn.values():
        root = ET.fromstring(data)  # noqa: S314 - our own
        assert set(root.attrib) == {"viewBox", "role", "aria-labelledby"}
        assert [child.tag for child in root][:2] == [f"{SVG}title", f"{SVG}desc"]
        assert all(root[index].text for index in (0, 1))
        assert b"prefers-color-scheme:dark" in data
        assert b"http" not in data.replace(b"http://www.w3.org/2000/svg", b"")
    assert drawn == draw_pictures(facts_of("Ada"))


def test_a_bar_is_as_long_as_its_share() -> None:
    assert bars(draw_pictures(facts_of("Ada"))["card/speakers.svg"]) == [480, 120]
    assert bars(draw_pictures(facts_of("test"))["card/splits.svg"]) == [480, 160]


def test_a_histogram_names_shares_and_where_its_bins_begin() -> None:
    said = words(draw_pictures(facts_of("Ada"))["card/lengths.svg"])
    assert said[0] == "Segment length"
    assert [each for each in said if each.endswith("%")] == ["25%", "75%"]
    assert [each for each in said if each.isdigit()] == [
        "0",
        "1",
        "2",
        "3",
        "5",
        "8",
        "12",
        "20",
        "30",
        "60",
        "120",
        "300",
    ]


def test_pictures_are_shown_with_what_they_say() -> None:
    card = render_card(PART, facts_of("Ada")).decode()
    assert re.findall(r"^!\[.*", card, re.MULTILINE) == [
        "![Length of the segments: half of them last at most 4.50 s.](card/lengths.svg)",
        "![Speaking rate: half of the segments have at most 15.3 characters a second.](card/rates.svg)",
        "![Hours of the 2 who speak longest.](card/speakers.svg)",
        "![Segments in each of 2 splits.](card/splits.svg)",
    ]


def test_what_is_not_known_is_not_drawn() -> None:
    nothing = replace(facts_of("Ada"), statistics=None, speakers=())
    assert sorted(draw_pictures(nothing)) == ["card/growth.svg", "card/splits.svg"]


@pytest.mark.parametrize(
    "name", ["</text><script>x</script>", "<!-- -->", "]]>", "&amp;", '"', "\ufffe\x00", "x" * 99]
)
def test_a_name_stays_a_name(name: str) -> None:
    said = words(draw_pictures(facts_of(name))["card/speakers.svg"])
    assert len(said) == 5
    assert len(said[1]) <= 26
    if len(name) <= 26 and name.isprintable():
        assert said[1] == name


@settings(deadline=None)
@given(st.text())
def test_any_name_gives_sound_pictures_and_a_sound_card(name: str) -> None:
    for data in draw_pictures(facts_of(name)).values():
        assert ET.fromstring(data).tag == f"{SVG}svg"  # noqa: S314 - our own
    assert check_card(render_card(PART, facts_of(name)), "README.md") == ()


def test_growth_is_finished_by_the_release_and_can_be_taken_back() -> None:
    drawn = draw_pictures(facts_of("Ada"))
    files = {"README.md": render_card(PART, facts_of("Ada")), "card/growth.svg": drawn["card/growth.svg"]}
    finished = finish_card(files, MANIFEST, RELEASE)
    assert words(files["card/growth.svg"]) == [
        "Growth over versions",
        "not released yet",
        "100 segments, 2.00 h",
    ]
    assert words(finished["card/growth.svg"]) == [
        "Growth over versions",
        "1.0.0",
        "50 segments, 1.00 h",
        "1.1.0",
        "100 segments, 2.00 h",
    ]
    assert bars(finished["card/growth.svg"]) == [240, 480]
    assert finish_card(finished, MANIFEST, None) == files
