"""The dataset card: dataset_card.md -> README.md.

render.py    keep what people wrote, generate the rest; finish what depends on a release
merge.py     a card that was changed on the Hub too
source.py    a card taken apart: front matter, body, parts, and what is wrong with their markers
front.py     the YAML front matter, and what is wrong with it
owned.py     the keys of the front matter that are ours
parts/       the generated parts
pictures.py  the pictures, which drawing.py draws as SVG
escape.py    data that stays data in Markdown
facts.py     what a card is told
wording.py   figures and versions in words

page.py        the card and the first rows as one page of HTML
lint.py        what is wrong or missing
companions.py  CITATION.cff; croissant.json, which croissant.py writes; CHANGELOG.md, which only a release has
about.py       what dataset.toml says for these
words.py       what a card says, as values
vocabulary.py  the values that the Hub knows
"""

from packager.card.about import About, read_about
from packager.card.companions import CHANGELOG, describe_dataset, finish_companions, write_changelog
from packager.card.croissant import DatasetFacts
from packager.card.escape import paragraph
from packager.card.facts import CardFacts, FieldFacts, SplitFacts, Waiver
from packager.card.lint import lint_card
from packager.card.merge import describe_edit, merge_card
from packager.card.page import Preview, render_page
from packager.card.pictures import draw_pictures
from packager.card.render import NAME, check_card, finish_card, render_card
from packager.card.words import Promises, read_promises, read_words

__all__ = [
    "CHANGELOG",
    "NAME",
    "About",
    "CardFacts",
    "DatasetFacts",
    "FieldFacts",
    "Preview",
    "Promises",
    "SplitFacts",
    "Waiver",
    "check_card",
    "describe_dataset",
    "describe_edit",
    "draw_pictures",
    "finish_card",
    "finish_companions",
    "lint_card",
    "merge_card",
    "paragraph",
    "read_about",
    "read_promises",
    "read_words",
    "render_card",
    "render_page",
    "write_changelog",
]
