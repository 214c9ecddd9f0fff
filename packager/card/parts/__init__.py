"""The generated parts of a card: a function each, and one line in a mapping.

figures.py      glance, splits, statistics, speakers, fields, example
quality.py      quality, provenance
use.py          load, citation
versions.py     news, history
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from packager.card.parts.figures import example, fields, glance, speakers, splits, statistics
from packager.card.parts.quality import provenance, quality
from packager.card.parts.use import citation, finish_citation, load
from packager.card.parts.versions import history, news
from packager.card.pictures import pictures

if TYPE_CHECKING:
    from collections.abc import Callable

    from packager.built import ReleaseFacts
    from packager.card.facts import CardFacts, Subject

OF_THE_BUILD: Final[dict[str, Callable[[CardFacts], str]]] = {
    "glance": glance,
    "splits": splits,
    "fields": fields,
    "statistics": statistics,
    "example": example,
    "speakers": speakers,
    "pictures": pictures,
    "quality": quality,
    "provenance": provenance,
    "citation": citation,
}
"""What is known when a data set is built."""

OF_THE_RELEASE: Final[dict[str, Callable[[Subject, ReleaseFacts | None], str]]] = {
    "load": load,
    "news": news,
    "history": history,
}
"""What is known in full when it is released."""

FINISHED: Final[dict[str, Callable[[str, ReleaseFacts | None], str]]] = {"citation": finish_citation}
"""What a release only adds to: of the text that the build wrote, or an earlier release."""

NAMES: Final = (*OF_THE_BUILD, *OF_THE_RELEASE)
