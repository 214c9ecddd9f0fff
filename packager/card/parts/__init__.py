"""The generated parts of a card: a function each, and one line in a mapping.

figures.py      glance, splits
fields.py       fields
load.py         load
versions.py     news, history
quality.py      quality
provenance.py   provenance
wording.py      figures and versions in words
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from packager.card.parts.fields import fields
from packager.card.parts.figures import glance, splits
from packager.card.parts.load import load
from packager.card.parts.provenance import provenance
from packager.card.parts.quality import quality
from packager.card.parts.versions import history, news

if TYPE_CHECKING:
    from collections.abc import Callable

    from packager.card.facts import CardFacts, Subject
    from packager.model import ReleaseFacts

OF_THE_BUILD: Final[dict[str, Callable[[CardFacts], str]]] = {
    "glance": glance,
    "splits": splits,
    "fields": fields,
    "quality": quality,
    "provenance": provenance,
}
"""What is known when a data set is built."""

OF_THE_RELEASE: Final[dict[str, Callable[[Subject, ReleaseFacts | None], str]]] = {
    "load": load,
    "news": news,
    "history": history,
}
"""What is known in full when it is released."""

NAMES: Final = (*OF_THE_BUILD, *OF_THE_RELEASE)
