r"""Find access tokens and private keys in text. Pure; what is found is never shown.

`find_secrets` knows what providers' tokens look like, and little else looks like that; its time is linear in
the text. `hide_secrets` is for messages: it takes out what of a secret an abridged one still shows, too.
`may_hold_secret` tells of a whole block of JSON, at the speed of memory, that there is surely none in it: it
never misses one, however it is escaped, and may suspect what is none.

A new kind of token is a line in `_SHAPES`: how it begins, and what follows. Together they match 20 characters
of `A-Za-z0-9_-` in a row at least, and no others; one of `_STEMS` stands in it. If only a digit further on
tells it from words, it is one of `_WITH_DIGIT` too: a pattern would look for that from each beginning.
"""

from __future__ import annotations

import re
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

_Span: TypeAlias = "tuple[int, int, int | None]"

_SHAPES: Final = {
    "Hugging Face": (r"(?:hf|api_org)_", r"[A-Za-z0-9]{30,}"),
    "AWS": (r"(?:AKIA|ASIA)", r"[A-Z2-7]{16}(?![A-Za-z0-9])"),
    "GitHub": (r"(?:gh[pousr]|(?P<fine>github_pat))_", r"(?(fine)[A-Za-z0-9_]{40,}|[A-Za-z0-9]{36,})"),
    "GitLab": (r"glpat-", r"[A-Za-z0-9_-]{20,}"),
    "Slack": (r"xox[abeoprs]-", r"[A-Za-z0-9-]{20}"),
    "OpenAI or Anthropic": (r"sk-", r"[A-Za-z0-9_-]{30}"),
    "Google": (r"AIza", r"[A-Za-z0-9_-]{35}"),
    "Stripe": (r"[rs]k_live_", r"[A-Za-z0-9]{20,}"),
    "npm": (r"npm_", r"[A-Za-z0-9]{36}"),
    "PyPI": (r"pypi-AgE", r"[A-Za-z0-9_-]{40,}"),
}
_WITH_DIGIT: Final = {
    "Slack": re.compile(r"[^A-Za-z0-9-]"),
    "OpenAI or Anthropic": re.compile(r"[^A-Za-z0-9_-]"),
}
"""What ends these; a digit stands before."""
_KINDS: Final = tuple(_SHAPES)
_KEY: Final = "-----BEGIN"
_PRIVATE_KEY: Final = re.compile(rf"{_KEY} (?:[A-Z0-9]+ ){{0,3}}PRIVATE KEY")
_KEY_ITSELF: Final = re.compile(r"-----[A-Za-z0-9+/=\s\\-]*")
_RUNS: Final = re.compile(r"[A-Za-z0-9_-]{20,}+")
_BORDER: Final = r"(?<![A-Za-z0-9])"
_ESCAPES: Final = (
    *(r"\\[0abefnrtv]", r"\\x[0-9a-f]{2}", r"\\u[0-9A-Fa-f]{4}", r"\\U[0-9a-f]{8}"),
    r"%[0-9A-F]{2}",
)
_SHOWN_BORDER: Final = f"(?:{_BORDER}|{'|'.join(f'(?<={each})' for each in _ESCAPES)})"
"""The same in a message, where a character may be written as an escape."""
_TOKENS: Final = "|".join(f"(?P<_{number}>{''.join(shape)})" for number, shape in enumerate(_SHAPES.values()))
_FIND: Final = re.compile(f"{_BORDER}(?:{_TOKENS})")
_FIND_SHOWN: Final = re.compile(f"{_SHOWN_BORDER}(?:{_TOKENS})")
_CUT_OFF: Final = re.compile(r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]++(?=…)")
_BEGINNING: Final = re.compile(
    f"{_SHOWN_BORDER}(?:{'|'.join(begins for begins, _ in _SHAPES.values())})[A-Za-z0-9_-]{{8}}"
)
"""Less than that may be shown, as a hint is."""
_DIGIT: Final = re.compile(r"[0-9]")
_STEMS: Final = (b"f_", b"org_", b"IA", b"AIza", b"h?_", b"pat", b"xox", b"sk-", b"k_live", b"npm_", b"ypi-")
"""`?` stands for any one byte."""
_STEM: Final = re.compile(b"|".join(stem.replace(b"?", b".") for stem in _STEMS), re.DOTALL)
_ESCAPED: Final = re.compile(rb"\\u00[2-7]")
_RUN: Final = b"a" * 20
_TOKEN: Final = bytes(
    ord("a") if chr(byte).isascii() and (chr(byte).isalnum() or chr(byte) in "_-") else ord(" ")
    for byte in range(256)
)
_LEAST: Final = min(b"AZaz09_-")
_DASHES: Final = int.from_bytes(b"--", "little")
_ANY: Final = ord("?")
_LARGE: Final = 1 << 18  # bytes; numpy is faster, but takes 60 ms to be there
_PART: Final = 1 << 18  # bytes; what stays in a processor's cache
_FEW: Final = 100  # in a part; to look at as many one by one is faster
_OVERLAP: Final = 64  # bytes; in the first 20 of a secret, a stem begins and there are 20 in a row


class Secret(NamedTuple):
    """A secret in a text. It says where it is and how to know it again, but not what it is."""

    kind: str
    """`a GitHub token`."""
    start: int
    """In characters."""
    hint: str
    """`ghp_…, 40 characters`: the first four and the length."""
    length: int


def find_secrets(text: str) -> Iterator[Secret]:
    """Yield what in a text looks like a secret, in order."""
    for start, end, number in _find(text, _FIND):
        kind = "a private key" if number is None else f"a token of {_KINDS[number]}"
        length = end - start
        yield Secret(kind, start, f"{text[start : start + 4]}…, {length} characters", length)


def hide_secrets(text: str) -> str:
    """Return a message with `***` in the place of each secret, and of one that is cut off."""
    spans = [(start, _end_of_key(text, end, number)) for start, end, number in _find(text, _FIND_SHOWN)]
    if "…" in text:
        for run in _CUT_OFF.finditer(text):
            begins = _BEGINNING.search(text, run.start(), run.end())
            spans += [] if begins is None else [(begins.start(), run.end())]
    if not spans:
        return text
    shown, at = [], 0
    for start, end in sorted(spans):
        if end > at:
            shown += [text[at:start], "***"] if start >= at else []
            at = end
    return "".join([*shown, text[at:]])


def _find(text: str, pattern: re.Pattern[str]) -> Iterator[_Span]:
    """Yield start, end and kind of each secret, None for a private key; none overlaps another."""
    found: list[_Span] = [
        span for run in _RUNS.finditer(text) for span in _find_tokens(text, *run.span(), pattern)
    ]
    if _KEY in text:
        found += [(*match.span(), None) for match in _PRIVATE_KEY.finditer(text)]
        found.sort(key=itemgetter(0))
    at = 0
    for start, end, number in found:
        if start >= at:
            yield start, end, number
            at = end


def _find_tokens(text: str, at: int, end: int, pattern: re.Pattern[str]) -> Iterator[_Span]:
    """Yield the tokens in a part of a text; each character is looked at a few times at most."""
    barren = dict.fromkeys(_WITH_DIGIT, at)  # where the next of these may begin
    while match := pattern.search(text, at, end):
        start, stop = match.span()
        number = int((match.lastgroup or "_0")[1:])
        kind = _KINDS[number]
        if kind in barren and start >= barren[kind]:
            other = _WITH_DIGIT[kind].search(text, stop, end)
            stop = other.start() if other else end
            barren[kind] = start if _DIGIT.search(text, start, stop) else stop
        if start < barren.get(kind, 0):
            at = start + 1
        else:
            yield start, stop, number
            at = stop


def _end_of_key(text: str, end: int, number: int | None) -> int:
    """Return where a secret ends; a private key is found by its first line."""
    rest = None if number is not None else _KEY_ITSELF.match(text, end)
    return end if rest is None else rest.end()


def may_hold_secret(block: bytes) -> bool:
    r"""Return whether a secret may stand in this block of JSON, or of plain text.

    False proves that `find_secrets` finds nothing in any string of it. JSON may write a character of a token
    as `\u0068`, so a block with an escape of printable ASCII is in doubt; all others stand as they are.
    """
    if len(block) >= _LARGE:
        return _may_hold_in_large(block)
    return (
        (b"\\u00" in block and _ESCAPED.search(block) is not None)
        or _KEY.encode() in block
        or (_RUN in block.translate(_TOKEN) and _STEM.search(block) is not None)
    )


def _may_hold_in_large(block: bytes) -> bool:
    import numpy as np  # noqa: PLC0415 - see `_LARGE`

    data, escapes = np.frombuffer(block, np.uint8), b"\\" in block
    return any(
        _is_suspect(data[at : at + _PART + _OVERLAP], np, escapes=escapes)
        for at in range(0, len(block) - _OVERLAP, _PART)
    )


def _is_suspect(part: Any, np: Any, *, escapes: bool) -> bool:  # noqa: ANN401 - an array of bytes; numpy
    """Return whether a part may hold the beginning of a secret; each step is a few scans of the cache."""
    if escapes and _occurs(b"\\u", part) and _ESCAPED.search(part):
        return True
    # Of five dashes in a row, four are two pairs.
    if (part[: len(part) & ~1].view("u2") == _DASHES).any() and _occurs(_KEY.encode(), part):
        return True
    # First a single scan, that takes more for such characters than are. Beyond ASCII, below zero, is none.
    runs = _find_runs(part.view("i1") < _LEAST, np)
    if len(runs) > _FEW:
        runs = _find_runs(_is_other(part), np)
    if len(runs) > _FEW:
        return any(_occurs(stem, part) for stem in _STEMS)
    return any(_STEM.search(part[max(at - 16, 0) : at + 24]) and _has_run(part, at) for at in runs)


def _is_other(part: Any) -> Any:  # noqa: ANN401 - as above
    """Return which bytes are none of `A-Za-z0-9_-`."""
    return (
        ((part | 0x20) - ord("a") >= 26) & (part - ord("0") >= 10) & (part != ord("_")) & (part != ord("-"))
    )


def _find_runs(other: Any, np: Any) -> list[int]:  # noqa: ANN401 - as above
    """Return where 20 bytes in a row are no others, to within 4; perhaps where only 16 are."""
    # Of 20 in a row, 16 are four words.
    padded = np.zeros(len(other) + 3 & ~3, bool)
    padded[: len(other)] = other
    words = padded.view("u4") == 0
    pairs = words[:-1] & words[1:]
    runs: list[int] = ((pairs[:-2] & pairs[2:]).nonzero()[0] * 4).tolist()
    return runs


def _has_run(part: Any, at: int) -> bool:  # noqa: ANN401 - as above
    """Return whether 20 characters of `A-Za-z0-9_-` stand in a row about here."""
    return _RUN in part[max(at - 8, 0) : at + 32].tobytes().translate(_TOKEN)


def _occurs(stem: bytes, part: Any) -> bool:  # noqa: ANN401 - as above
    found = part[: len(part) - len(stem) + 1] == stem[0]
    for at, byte in enumerate(stem[1:], start=1):
        if byte != _ANY:
            found &= part[at : len(part) - len(stem) + 1 + at] == byte
    return bool(found.any())
