r"""Find access tokens and private keys in text. Pure; what is found is never shown.

`find_secrets` knows what providers' tokens look like, and little else looks like that. `may_hold_secret`
tells of a whole block of JSON, at the speed of memory, that there is surely none in it: it never misses one,
however it is escaped, and may suspect what is none.

A new kind of token is a line in `_SHAPES`. Its pattern matches 20 characters of `A-Za-z0-9_-` in a row at
least, and one of `_STEMS` stands in it (or it begins with `_KEY`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHAPES: Final = {
    "Hugging Face": r"(?:hf|api_org)_[A-Za-z0-9]{30,}",
    "AWS": r"(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9])",
    "GitHub": r"gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,}",
    "GitLab": r"glpat-[A-Za-z0-9_-]{20,}",
    "Slack": r"xox[abeoprs]-(?=[A-Za-z-]*[0-9])[A-Za-z0-9-]{20,}",
    "OpenAI or Anthropic": r"sk-(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{30,}",
    "Google": r"AIza[A-Za-z0-9_-]{35}",
    "Stripe": r"[rs]k_live_[A-Za-z0-9]{20,}",
    "npm": r"npm_[A-Za-z0-9]{36}",
    "PyPI": r"pypi-AgE[A-Za-z0-9_-]{40,}",
}
_KEY: Final = "-----BEGIN"
_FIND: Final = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    + "|".join(f"(?P<_{number}>{shape})" for number, shape in enumerate(_SHAPES.values()))
    + rf")|{_KEY} (?:[A-Z0-9]+ ){{0,3}}PRIVATE KEY"
)
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
    for match in _FIND.finditer(text):
        number = match.lastgroup
        kind = "a private key" if number is None else f"a token of {list(_SHAPES)[int(number[1:])]}"
        length = match.end() - match.start()
        yield Secret(kind, match.start(), f"{match[0][:4]}…, {length} characters", length)


def hide_secrets(text: str) -> str:
    """Return a text with `***` in the place of each secret."""
    return _FIND.sub("***", text)


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
