"""What people wrote survives, byte for byte, on the first run and on the hundredth."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from packager.built import Dropped
from packager.card import CardFacts, FieldFacts, SplitFacts, check_card, render_card
from packager.card.parts import NAMES

FACTS = CardFacts(
    repo_id="me/turns",
    splits=(SplitFacts("train", 2, 20, 1, 300, 200, None),),
    fields=(FieldFacts("Text", "string", nullable=False, description="What is said."),),
    features=[{"name": "Text", "dtype": "string"}],
    dropped=(Dropped("a.jsonl", 1, "", ("json/syntax",)),),
    schema_sha256="c0de",
)


# Pieces of front matter, each ending a value so that any may follow any.
VALUES = (
    " mit\n",
    "   spaced   # and why\n",
    " \"quoted: 'no' # none\"\n",
    " [ a,b ,\n    c]\n",
    "\n- a\n-   b # c\n",
    "\n  - a\n\n  # between\n  - b\n",
    " |\n  literal\n\n  # not a comment\n",
    " >-\n  folded\n  text\n",
    "\n  nested:\n      - {deep: [1, 2]}\n",
    " plain words\n  on two lines\n",
    "\n",
    " &anchor 1\n",
)
STALE = (" 1\n", "\n- config_name: old\n  # inside\n  data: x\n", " {a: [\n 1]}\n", ' "x\n\n  y"\n', "\n")
COMMENTS = (
    "# a comment\n",
    "#\n",
    "\n",
    "  \n",
    "# ümläut 😀 # configs: 1\n",
    "# <!-- packager:glance -->\n",
)

# Pieces of Markdown, each closed in itself.
PROSE = (
    "# Title\n\n",
    "Words with trailing blanks  \nand `<!-- packager:load -->` in code.\n\n",
    "```yaml\n---\nconfigs: 1\n<!-- packager:glance -->\n```\n\n",
    "- a list\n- with `code`\n\n",
    "---\n\n",
    "<details>\n<summary>More</summary>\n\nHidden.\n\n</details>\n\n",
    "<!-- prompt: who\nspeaks? -->\n\n",
    "| a | b |\n| - | - |\n| 1 | 2 |\n\n",
    "{{ mustache }} &amp; \\u00a0 ümläut 😀\n\n",
    "\t\n\x0b\x0c\u2028\x85\n",
)
INSIDE = ("", "old\n", "| a |\n| - |\n\n", "```\nx\n```\n", "<b>bold</b>\n\n")


@dataclass(frozen=True, slots=True)
class Draft:
    """A source as the pieces it is made of; a piece that is generated is a tuple of its old text."""

    front: tuple[str | tuple[str], ...]
    body: tuple[str | tuple[str, str], ...]
    newline: str

    def source(self) -> bytes:
        front = "".join(piece if isinstance(piece, str) else piece[0] for piece in self.front)
        body = "".join(
            piece if isinstance(piece, str) else between_markers(piece[0], piece[1]) for piece in self.body
        )
        return f"---\n{front}---\n{body}".replace("\n", self.newline).encode()

    def expected(self) -> bytes:
        front = "".join(piece for piece in self.front if isinstance(piece, str))
        body = "".join(piece if isinstance(piece, str) else generated(piece[0]) for piece in self.body)
        return f"---\n{front}{OWNED}---\n{body}".replace("\n", self.newline).encode()


def between_markers(name: str, text: str) -> str:
    return f"<!-- packager:{name} -->\n{text}<!-- /packager:{name} -->\n"


def generated(name: str) -> str:
    card = render_card(between_markers(name, "").encode(), FACTS).decode()
    return card.removeprefix(f"---\n{OWNED}---\n")


OWNED = render_card(b"", FACTS).decode().removeprefix("---\n").removesuffix("---\n")


@st.composite
def drafts(draw: st.DrawFn) -> Draft:
    keys = draw(st.lists(st.sampled_from("abcdefghij"), unique=True, max_size=5))
    front: list[str | tuple[str]] = [f"{key}:{draw(st.sampled_from(VALUES))}" for key in keys]
    for key in draw(st.sets(st.sampled_from(("configs", "dataset_info", "size_categories")))):
        front.insert(draw(st.integers(0, len(front))), (f"{key}:{draw(st.sampled_from(STALE))}",))
    # A comment or blank line may follow anything but a text that would swallow it, so it comes before keys.
    for place in range(len(front), -1, -1):
        before = front[place - 1] if place else ""
        if not isinstance(before, str) or "|" not in before:
            front[place:place] = draw(st.lists(st.sampled_from(COMMENTS), max_size=2))
    body: list[str | tuple[str, str]] = list(draw(st.lists(st.sampled_from(PROSE), max_size=6)))
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True)):
        body.insert(draw(st.integers(0, len(body))), (name, draw(st.sampled_from(INSIDE))))
    return Draft(tuple(front), tuple(body), draw(st.sampled_from(("\n", "\r\n"))))


@settings(deadline=None)  # others may use the machine too
@given(drafts())
def test_every_foreign_byte_survives_and_every_generated_one_is_new(draft: Draft) -> None:
    assert check_card(draft.source(), "card.md") == ()
    assert render_card(draft.source(), FACTS) == draft.expected()


@settings(deadline=None, max_examples=30)  # others may use the machine too
@given(drafts())
def test_the_hundredth_run_changes_nothing(draft: Draft) -> None:
    card = render_card(draft.source(), FACTS)
    for _ in range(3):
        assert render_card(card, FACTS) == card


# Lines that mean something, in any order: most sources are wrong, and must be found wrong.
LINES = st.sampled_from(
    [
        "---\n",
        "--- \n",
        "...\n",
        "a: 1\n",
        "b: |\n",
        "c: |+\n",
        "d: [\n",
        "]\n",
        "e: &x\n",
        "f: *x\n",
        "? g\n",
        ": h\n",
        "configs: 1\n",
        "configs:\n",
        "dataset_info: &x {i: 1}\n",
        "- a\n",
        "  - b\n",
        "  k: v\n",
        "  size_categories: 1\n",
        "# c\n",
        "  # d\n",
        "\n",
        "\r\n",
        "\r",
        "\x85",
        "\u2028",
        "\ufeff",
        '"\n',
        "<div>\n",
        "</div>\n",
        "<pre>\n",
        "</pre>\n",
        "<!--\n",
        "-->\n",
        "```\n",
        "> ",
        "\t",
        "words\n",
        *(f"<!-- {slash}packager:{name} -->\n" for slash in ("", "/") for name in ("glance", "load", "x")),
    ]
)
SOURCES = st.one_of(
    st.lists(LINES).map("".join),
    st.lists(LINES).map(lambda lines: f"---\n{''.join(lines)}---\n"),
    st.tuples(st.lists(LINES, max_size=6), st.lists(LINES)).map(
        lambda parts: f"---\n{''.join(parts[0])}---\n{''.join(parts[1])}"
    ),
    st.text(),
)


def foreign_values(card: str) -> dict[object, object]:
    """Return what a reader finds in the front matter, less what is ours."""
    if not card.startswith(("---\n", "---\r")):
        return {}
    front = card.replace("\r\n", "\n").replace("\r", "\n").removeprefix("---\n")
    lines = front.split("\n")
    end = next(index for index, line in enumerate(lines) if line.rstrip(" \t") == "---")
    yaml = YAML(typ="safe", pure=True)
    yaml.composer.warn_double_anchors = False
    values: dict[object, object] = yaml.load("\n".join(lines[:end]) + "\n") or {}
    return {
        key: value
        for key, value in values.items()
        if key not in {"configs", "dataset_info", "size_categories"}
    }


@settings(deadline=None)  # others may use the machine too
@given(SOURCES)
def test_any_text_is_either_refused_or_rendered_for_good(text: str) -> None:
    source = text.encode("utf-8", "surrogatepass")
    if check_card(source, "card.md"):
        return
    card = render_card(source, FACTS)
    assert check_card(card, "card.md") == ()
    assert render_card(card, FACTS) == card
    assert repr(foreign_values(card.decode())) == repr(foreign_values(text))


@settings(deadline=None)  # others may use the machine too
@given(st.binary())
def test_any_bytes_are_judged_without_a_traceback(source: bytes) -> None:
    for problem in check_card(source, "card.md"):
        assert problem.line >= 1
        assert problem.column >= 1
