"""Turn dataset_card.md into README.md: keep what people wrote, generate the rest. Pure.

Owned are three keys of the front matter and what stands between the markers `<!-- packager:NAME -->` and
`<!-- /packager:NAME -->`. Every other byte survives, and the result rendered again is itself. Data never
becomes markup, YAML or a marker. A new part is one function and one line in `parts`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from packager.card.facts import Subject
from packager.card.owned import dump_yaml, owned_keys, set_version
from packager.card.parts import FINISHED, OF_THE_BUILD, OF_THE_RELEASE
from packager.card.pictures import GROWTH, draw_growth
from packager.card.source import read_card
from packager.errors import DataError
from packager.model import Problem, Severity
from packager.statistics import total

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from packager.built import Manifest, ReleaseFacts
    from packager.card.facts import CardFacts
    from packager.card.source import Card, Part

NAME: Final = "README.md"


def check_card(source: bytes, name: str) -> tuple[Problem, ...]:
    """Return every reason why this card cannot be rendered, sorted by place; `name` is their path."""
    return tuple(
        Problem(name, fault.line, fault.column, "", fault.rule, Severity.ERROR, fault.message)
        for fault in read_card(source).faults
    )


def render_card(source: bytes, facts: CardFacts) -> bytes:
    """Return the card of these facts: `source` with its owned keys and its parts written anew.

    A source without front matter gets one; a part whose markers are absent is left out. What depends on a
    release is written as for a build that has none yet; see `finish_card`.

    Raises:
        DataError: `check_card` finds errors; the message names them all.
    """
    card = _read_sound(source)
    parts = {name: write(facts) for name, write in OF_THE_BUILD.items() if card.has(name)}
    parts |= {name: write(facts.subject, None) for name, write in OF_THE_RELEASE.items() if card.has(name)}
    front = (*card.front, dump_yaml(owned_keys(facts), card.indent, card.newline))
    return "".join((card.opening, *front, card.closing, *_fill(card, parts))).encode()


def finish_card(
    files: Mapping[str, bytes], manifest: Manifest, release: ReleaseFacts | None
) -> dict[str, bytes]:
    """Return the files of the card that depend on the release, as this release has them, by path.

    `files` are those of a build, finished or not; with None they come back as the build wrote them. So it
    may be called any number of times, in any order.

    Raises:
        DataError: the README.md has been changed so that its parts cannot be found.
    """
    card = _read_sound(files[NAME])
    subject = subject_of(manifest)
    parts = {name: write(subject, release) for name, write in OF_THE_RELEASE.items() if card.has(name)}
    parts |= {
        part.name: FINISHED[part.name](_inside(card, part), release)
        for part in card.parts
        if part.name in FINISHED
    }
    front = (*card.front, *set_version(card.owned, None if release is None else release.version))
    finished = {NAME: "".join((card.opening, *front, card.closing, *_fill(card, parts))).encode()}
    return finished | ({GROWTH: draw_growth(subject, release)} if GROWTH in files else {})


def subject_of(manifest: Manifest) -> Subject:
    """Return what a manifest says to the parts that depend on the release."""
    shards = tuple((split.name, split.shards) for split in manifest.splits)
    return Subject(manifest.repo_id, shards, total(manifest))


def _read_sound(source: bytes) -> Card:
    card = read_card(source)
    if card.faults:
        found = "".join(
            f"\n  {fault.line}:{fault.column} {fault.message} [{fault.rule}]" for fault in card.faults
        )
        raise DataError(f"the dataset card cannot be rendered; correct it and build again:{found}")
    return card


def _inside(card: Card, part: Part) -> str:
    """Return the text of a part as it was generated."""
    text = "".join(card.body[part.opening + 1 : part.closing]).replace(card.newline, "\n")
    return text.removeprefix("\n").removesuffix("\n\n")


def _fill(card: Card, parts: Mapping[str, str]) -> Iterator[str]:
    """Yield the body with these parts written anew; others stay."""
    position = 0
    for part in card.parts:
        if part.name in parts:
            yield from card.body[position : part.opening + 1]
            # The blank lines end the markers' HTML blocks, so what stands between is Markdown.
            yield f"\n{parts[part.name]}\n\n".replace("\n", card.newline)
            position = part.closing
    yield from card.body[position:]
