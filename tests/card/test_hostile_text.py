"""Data stays data: whatever it says, the page has the same structure and shows the same words."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from packager.built import Dropped, Spread, Statistics, Totals
from packager.card import CardFacts, FieldFacts, SplitFacts, Waiver, check_card, render_card
from packager.card.parts import NAMES
from packager.statistics import Example, Speaker

if TYPE_CHECKING:
    from collections.abc import Callable

PARTS = NAMES
SOURCE = "".join(f"<!-- packager:{name} -->\n<!-- /packager:{name} -->\n" for name in PARTS).encode()

HOSTILE = [
    "a|b",
    "\\|",
    "`",
    "``` x",
    "a`b`c",
    "<script>alert(1)</script>",
    "<!--",
    "-->",
    "x -->\n\n# Title",
    "a\nb",
    "a\r\n\r\n---\r\nb",
    "<!-- /packager:glance -->",
    "\n<!-- /packager:fields -->\n",
    "<!-- packager:load -->",
    "{{x}}",
    "{% raw %}",
    "${x}",
    "$$x$$",
    "![x](http://a.example/b.png)",
    "[x](javascript:alert)",
    "<https://a.example>",
    "&lt;b&gt; &amp; &#60;",
    "**bold** __strong__ _em_ ~~gone~~",
    "# heading",
    "> quotation",
    "1. one",
    "- [ ] task",
    "---",
    "| --- |",
    "\u202eright to left",
    "\x00\x1b[31m",
    "\ud800",
    "\u2028\u0085\x0b\x0c",
    "struct<a`b: <i>>",
    " ",
]


class Page(HTMLParser):
    """The tags of a page without those that set words in code, and the words in its cells."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, object]] = []
        self.comments: list[str] = []
        self.cells: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "code":
            self.tags.append((tag, tuple(attrs)))
        if tag == "td":
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag != "code":
            self.tags.append((f"/{tag}", ()))

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] == "td":
            self.cells[-1] += data


def read_page(card: bytes) -> Page:
    body = card.decode().partition("\n---\n")[2]
    page = Page()
    page.feed(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(body))
    page.close()
    return page


def facts_of(text: str) -> CardFacts:
    """Return facts that say this text wherever data can come from outside."""
    example = Example(0, text, 0, (("Text", f"x{text}"), ("Tags", [text, {text: text}])))
    statistics = Statistics(
        totals=Totals(1, 2, 1, 10**9, 3, 4),
        timed=1,
        length=Spread(1, 2, 3),
        characters=Spread(1, 2, 3),
        rate=Spread(1, 2, 3),
        length_bins=(1,) * 12,
        rate_bins=(1,) * 13,
        filled=((text, 1),),
    )
    return CardFacts(
        repo_id=f"me/{text}",
        splits=(
            SplitFacts("train", 1, 1, 1, 1, 1, 1.0),
            SplitFacts(text, 1, 1, 1, 1, 1, 1.0, statistics, example),
        ),
        fields=(
            FieldFacts(
                text, text, nullable=False, description=text, constraint=f"x{text}", example=f"x{text}"
            ),
        ),
        features=[{"name": text, "dtype": text}],
        dropped=(Dropped(text, 1, text, (text,)),),
        schema_sha256=text,
        statistics=statistics,
        speakers=((f"x{text}", Speaker(1, 1)),),
        rules=((f"x{text}", text),),
        waivers=(Waiver(f"x{text}", f"x{text}", f"x{text}"),),
        sources_sha256=f"x{text}",
        tool_version=f"x{text}",
        languages=(f"x{text}",),
        title=text,
        authors=(text,),
        doi=f"x{text}",
    )


def assert_harmless(text: str) -> None:
    card = render_card(SOURCE, facts_of(text))
    page, plain = read_page(card), read_page(render_card(SOURCE, facts_of("plain")))
    assert page.tags == plain.tags
    assert page.comments == plain.comments
    assert check_card(card, "README.md") == ()
    assert render_card(card, facts_of(text)) == card


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_changes_no_structure(text: str) -> None:
    assert_harmless(text)


@settings(deadline=None)  # others may use the machine too
@given(st.text(alphabet=st.one_of(st.sampled_from("|`<>!-#*_~[](){}$&;\\\n\r\t /:.ab1"), st.characters())))
def test_no_text_at_all_changes_the_structure(text: str) -> None:
    assume(text.partition("/")[0] not in {"json", "schema"})  # rules of these have one row in common
    assert_harmless(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a|b `c` <d> {{e}} \\ _f_ __g__ h_i *j* &amp;", "a|b `c` <d> {{e}} \\ _f_ __g__ h_i *j* &amp;"),
        ("two\n lines", "two lines"),
        ("<!-- /packager:glance -->", "<!-- /packager:glance -->"),
        ("\u202eabc\x00", "\ufffdabc\ufffd"),
        ("list<struct<a: string, b: list<int64>>>", "list<struct<a: string, b: list<int64>>>"),
    ],
)
def test_a_reader_sees_the_words_as_they_are(text: str, shown: str) -> None:
    cells = read_page(render_card(SOURCE, facts_of(text))).cells
    assert cells.count(shown) == 8  # split, field, type, description, finds, rule, pointer, rules


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("list<struct<a: string, b_c: float64>>", "`list<struct<a: string, b_c: float64>>`"),
        ("Größe", "`Größe`"),
        ('struct<"it\'s": string>', '`struct<"it\'s": string>`'),
        ("a -- b", "`a -- b`"),
        ("<b>", "&#60;b&#62;"),
        ("-->", "--&#62;"),
        (" a", "a"),
    ],
)
def test_code_is_written_as_code_only_where_that_is_safe(
    facts: CardFacts, kind: str, written: str, line_of: Callable[[CardFacts], str]
) -> None:
    fields = (FieldFacts("name", kind, nullable=True, description=""),)
    assert line_of(replace(facts, fields=fields)) == f"| `name` | {written} | yes |  |"


@pytest.fixture(scope="session")
def line_of() -> Callable[[CardFacts], str]:
    """Return a function that gives the table row of the only field."""

    def line(facts: CardFacts) -> str:
        text = render_card(b"<!-- packager:fields -->\n<!-- /packager:fields -->\n", facts).decode()
        return text.splitlines()[-3]

    return line
