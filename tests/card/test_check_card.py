from __future__ import annotations

from pathlib import Path

import pytest

from packager.card import check_card
from packager.card.parts import NAMES
from packager.model import Problem, Severity

TEMPLATE = Path(__file__).parents[2] / "dataset_card.md"
OPEN, CLOSE = "<!-- packager:glance -->\n", "<!-- /packager:glance -->\n"
OPEN_LOAD, CLOSE_LOAD = "<!-- packager:load -->\n", "<!-- /packager:load -->\n"
GLANCE = OPEN + CLOSE

FRONT_MATTER = {
    "not closed": ("---\nlicense: mit\n", [(1, 1, "card/yaml")]),
    "a broken list": ("---\nlicense: mit\ntags: [a\n---\n", [(4, 1, "card/yaml")]),
    "a list": ("---\n- license\n---\n", [(2, 1, "card/yaml")]),
    "a word": ("---\n\nlicense\n---\n", [(3, 1, "card/yaml")]),
    "a flow mapping": ("---\n{license: mit}\n---\n", [(2, 2, "card/yaml")]),
    "a key with a question mark": ("---\nlicense: mit\n? tags\n: []\n---\n", [(3, 3, "card/yaml")]),
    "a question mark alone": ("---\nconfigs:\n?\n---\n", [(3, 2, "card/yaml")]),
    "an end of the document": ("---\nlicense: mit\n...\n---\n", [(2, 1, "card/yaml")]),
    "an unknown tag": ("---\nlicense: !mine mit\n---\n", [(2, 10, "card/yaml")]),
    "an unknown alias": ("---\nlicense: *mit\n---\n", [(2, 10, "card/yaml")]),
    "an impossible date": ("---\na: 1\ndate: 2024-99-99\n---\n", [(3, 7, "card/yaml")]),
    "a number without digits": ('---\nb: !!int ""\n---\n', [(2, 4, "card/yaml")]),
    "a boolean that is none": ("---\nb: !!bool maybe\n---\n", [(2, 4, "card/yaml")]),
    "an escape that is none": ('---\na: 1\nb: "\\U00110000"\n---\n', [(2, 1, "card/yaml")]),
    "a merge of nothing": ("---\na: 1\n<<: 1\n---\n", [(3, 5, "card/yaml")]),
    "a control character": ("---\nlicense: a\x07\n---\n", [(2, 11, "card/yaml")]),
    "too deep": ("---\ntags: " + "[" * 500 + "\n---\n", [(2, 1, "card/yaml")]),
    "a blank line first": ("\n---\nlicense: mit\n---\n", [(1, 1, "card/yaml")]),
    "a blank behind the opening": ("--- \nlicense: mit\n---\n", [(1, 1, "card/yaml")]),
    "a key twice": ("---\nlicense: mit\n# again\nlicense: gpl\n---\n", [(4, 1, "card/duplicate-key")]),
    "an owned key twice": ("---\nconfigs: 1\n'configs': 2\n---\n", [(3, 1, "card/duplicate-key")]),
    "a key twice below": ("---\na:\n- {b: 1, c: 2, b: 3}\n---\n", [(3, 16, "card/duplicate-key")]),
    "a key thrice": (
        "---\r\na: 1\r\na: 2\r\na: 3\r\n---\r\n",
        [(3, 1, "card/duplicate-key"), (4, 1, "card/duplicate-key")],
    ),
    "Norwegian": ("---\nlanguage: no\n---\n", [(2, 11, "card/norway")]),
    "Norwegian in a list": ("---\nlanguage:\n- en\n- no\n- 'no'\n---\n", [(4, 3, "card/norway")]),
    "Norwegian in a row": (
        "---\nlanguage: [Off, en, YES]\n---\n",
        [(2, 12, "card/norway"), (2, 21, "card/norway")],
    ),
    "an anchor that goes": ("---\nconfigs: &a [x]\ntags: *a\n---\n", [(2, 1, "card/yaml")]),
    "a text that would grow": ("---\na: |+\n  b\nconfigs: 1\n\n\nc: d\n---\n", [(4, 1, "card/yaml")]),
}

MARKERS = {
    "an unknown name": ("<!-- packager:galnce -->\n<!-- /packager:galnce -->\n", [1, 2]),
    "never closed": ("# Title\n\n<!-- packager:glance -->\n", [3]),
    "never opened": ("# Title\n<!-- /packager:glance -->\n", [2]),
    "doubled": (GLANCE + GLANCE, [3]),
    "nested": (OPEN + OPEN_LOAD + CLOSE_LOAD + CLOSE, [2]),
    "inside itself": (OPEN + OPEN + CLOSE, [1, 2]),
    "crossed": (OPEN + OPEN_LOAD + CLOSE + CLOSE_LOAD, [2, 2, 4]),
    "closed by another": (OPEN + CLOSE_LOAD, [1, 2]),
    "the end is in a code block": ("<!-- packager:glance -->\n```\n<!-- /packager:glance -->\n", [1]),
    "without blanks": ("text\n\n<!--packager:glance-->\n", [3]),
    "in capitals": ("<!-- Packager:glance -->\n", [1]),
    "indented": ("  <!-- packager:glance -->\n", [1]),
    "behind words": ("first\nsee <!-- packager:glance --> here\n", [2]),
    "in a list": ("- <!-- packager:glance -->\n", [1]),
    "in a quotation": ("> <!-- packager:glance -->\n", [1]),
    "in other HTML": ("<div>\n" + GLANCE + "</div>\n", [2, 3]),
    "below front matter": ("---\nlicense: mit\n---\n# Title\n<!-- packager:glance -->\n", [5]),
}


def places(source: str | bytes) -> list[tuple[int, int, str]]:
    data = source.encode() if isinstance(source, str) else source
    return [(problem.line, problem.column, problem.rule) for problem in check_card(data, "card.md")]


@pytest.mark.parametrize(("source", "expected"), FRONT_MATTER.values(), ids=FRONT_MATTER.keys())
def test_wrong_front_matter_is_located(source: str, expected: list[tuple[int, int, str]]) -> None:
    assert places(source) == expected


@pytest.mark.parametrize(("source", "lines"), MARKERS.values(), ids=MARKERS.keys())
def test_wrong_markers_are_located(source: str, lines: list[int]) -> None:
    assert places(source) == [(line, 1, "card/marker") for line in lines]


def test_a_problem_names_file_place_rule_and_what_to_do() -> None:
    assert check_card(b"---\nlanguage:\n- no\n---\n", "docs/card.md") == (
        Problem(
            path="docs/card.md",
            line=3,
            column=3,
            pointer="",
            rule="card/norway",
            severity=Severity.ERROR,
            message='`no` is read as a boolean here; write "no" in quotes',
        ),
    )


def test_a_duplicate_key_names_the_line_of_the_first() -> None:
    [problem] = check_card(b"---\nlicense: mit\ntags: []\nlicense: gpl\n---\n", "card.md")
    assert problem.message == "the key `license` stands in line 2 already"


def test_all_problems_are_found_at_once_and_sorted() -> None:
    source = "---\nlanguage: no\na: 1\na: 2\n---\n<!-- /packager:load -->\n<!-- packager:glance -->\n"
    assert places(source) == [
        (2, 11, "card/norway"),
        (4, 1, "card/duplicate-key"),
        (6, 1, "card/marker"),
        (7, 1, "card/marker"),
    ]


def test_a_byte_order_mark_is_located() -> None:
    assert places(b"\xef\xbb\xbf---\nlicense: mit\n---\n") == [(1, 1, "card/bom")]


def test_a_byte_that_is_not_utf8_is_located_in_code_points() -> None:
    assert places("# Ünïcode 😀".encode() + b"\r\n\xc3\xa9\xff") == [(2, 2, "card/encoding")]
    assert places(b"\xff\xfe-\x00") == [(1, 1, "card/encoding")]


@pytest.mark.parametrize(
    "source",
    [
        "",
        "# Only a title",
        "---",
        "---\n---\n",
        "---\n# only a comment\n---\n",
        "---\nlicense: mit\n--- \t\n",
        "---\r\nlicense: mit\r\n---",
        "Title\n---\n\ntext\n",
        "---\n  license: mit\n  tags: [a]\n---\n",
        "---\na: &x 1\nb: &x 2\nc: *x\n---\n",
        "---\na: &x {b: *x}\n---\n",
        "---\na: &x {b: 1}\nc:\n  <<: *x\n  d: 2\n<<: *x\n---\n",
        "---\nlanguage:\n- 'no'\n- \"on\"\n- en\nviewer: no\n---\n",
    ],
)
def test_a_card_that_is_right_has_no_problems(source: str) -> None:
    assert places(source) == []


@pytest.mark.parametrize(
    "body",
    [
        "```\n<!-- packager:glance -->\n```\n",
        "~~~~ html\n```\n<!-- packager:what -->\n~~~~\n",
        "- list\n  ```\n  <!-- packager:glance -->\n  ```\n",
        "- ```\n  <!-- packager:glance -->\n  ```\n",
        "> ```\n> <!-- packager:glance -->\n",
        "    <!-- packager:glance -->\n",
        "Write `<!-- packager:glance -->` where it should stand.\n",
        "<b>Write</b> `<!-- packager:glance -->` there.\n",
        "\\<!-- packager:glance -->\n",
    ],
)
def test_a_marker_in_code_is_no_marker(body: str) -> None:
    assert places(body) == []


def test_the_shipped_template_is_right_and_places_every_part() -> None:
    source = TEMPLATE.read_bytes()
    assert places(source) == []
    for name in NAMES:
        assert f"\n<!-- packager:{name} -->\n<!-- /packager:{name} -->\n" in source.decode()
