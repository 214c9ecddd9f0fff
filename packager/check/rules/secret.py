"""The rule about secrets, which may stand anywhere in a segment (`text/secret`). Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from packager.check.rules.rule import Flaw, Rule, SegmentCheck, Spot, one, said
from packager.model import Severity, to_pointer
from packager.secrets import find_secrets, may_hold_secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packager.check.rules.columns import Columns
    from packager.check.rules.rule import Limits
    from packager.check.rules.turn import Turn
    from packager.model import JsonValue

_PART: Final = 64  # segments; so many are asked at a time


def _find(turn: Turn, _: Limits) -> Iterator[Flaw]:
    """Yield a flaw for each string and each name of a property that holds a secret; no message repeats it."""
    for text, pointer, key in _list_strings(turn.segment, ""):
        for secret in find_secrets(text):
            where = "the text" if key is None else "the name of the property"
            message = (
                f"{where} holds what looks like {secret.kind} ({secret.hint}): revoke it where it is from, "
                f"and take it out of {where}"
            )
            yield Flaw("", message, spot=Spot(pointer, key))
            break


def _list_strings(value: JsonValue, pointer: str) -> Iterator[tuple[str, str, str | None]]:
    """Yield each string with its pointer; and each name, with that of its object and itself."""
    if isinstance(value, str):
        yield value, pointer, None
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key, pointer, key
            if isinstance(inner, str | dict | list):
                yield from _list_strings(inner, pointer + to_pointer([key]))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            if isinstance(inner, str | dict | list):
                yield from _list_strings(inner, f"{pointer}/{index}")


def _ask(columns: Columns, _: Limits) -> Iterator[int]:
    """Ask which are near what may be one, if the block may hold any."""
    if columns.data is not None and not may_hold_secret(columns.data):
        return
    for begin in range(0, len(columns), _PART):
        part = columns.segments[begin : begin + _PART]
        written = json.dumps(part, ensure_ascii=False).encode("utf-8", "surrogatepass")
        if may_hold_secret(written):
            yield from range(begin, begin + len(part))


RULES: Final = (
    Rule(
        "text/secret",
        Severity.ERROR,
        "what looks like an access token or a private key",
        "Nobody says a token aloud: it was pasted into a file, and who reads a published data set can use "
        "it. A version never changes, so it must be found before. Every string of a segment is searched, and "
        "every name of a property, however deep. The message shows its first four characters only. Known are "
        "the tokens of Hugging Face, AWS, GitHub, GitLab, Slack, OpenAI, Anthropic, Google, Stripe, npm and "
        "PyPI, and private keys in PEM.",
        (),
        SegmentCheck(_find, _ask),
        one(said("Our key is AKIAIOSFODNN7EXAMPLE.")),
        one(said("The key began with AKIA, and hf_hub_download took it.")),
    ),
)
