"""The rules about the text of one segment (`text/…`). Pure.

Each works on the text alone. Six of them look for what most corpora do not have (odd characters, secrets):
`is_clean_block` tells of a whole block of JSON that none of these has anything to find in it, at the speed of
a memory scan; it never misses, and may call clean text suspect.
"""

from __future__ import annotations

import re
import unicodedata
from operator import is_, itemgetter
from typing import TYPE_CHECKING, Final, cast

from packager.check.rules.rule import TEXT, Flaw, Rule, SegmentCheck, one, quote, said
from packager.model import Severity
from packager.secrets import find_secrets, may_hold_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from packager.check.rules.rule import Limits
    from packager.check.rules.turn import Turn

_INVISIBLE: Final = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_ENTITY: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_OPENERS: Final = "[(<*♪♫"
_MARKERS: Final = frozenset({"ignore_time_segment_in_scoring", "inter_segment_gap"})
"""Of the STM format, where nothing is said."""
_ODD_OPENINGS: Final = frozenset(_OPENERS + _INVISIBLE)
_TAG: Final = re.compile(
    r"\[[^\[\]]{1,40}\]"
    r"|\((?:[\w' -]{1,30})\)"
    r"|\*[\w' -]{1,30}\*"
    r"|<[\w' -]{1,30}>"
    r"|[♪♫]+"
)
_SOUNDS: Final = re.compile(
    r"\b(?:applau\w*|laugh\w*|music\w*|musique|musik|noise|silence|inaudible|unintelligible|cross ?talk"
    r"|cough\w*|sigh\w*|chuckl\w*|cheer\w*|clap\w*|breath\w*|pause|beep|jingle|sound\w*|static|background\w*)\b",
    re.IGNORECASE,
)
_GOES_ON: Final = "\x80-\xbf" + bytes(range(0x80, 0xA0)).decode("cp1252", "ignore")
"""What Latin-1 and cp1252 make of the bytes 0x80 to 0xBF, which go on a character in UTF-8; for a regex."""
_MOJIBAKE: Final = re.compile(
    f"(?:[\xc2-\xdf][{_GOES_ON}]|[\xe0-\xef][{_GOES_ON}]{{2}}|[\xf0-\xf4][{_GOES_ON}]{{3}})+"
)
_FOREIGN: Final = re.compile(f"[\x80-\x9f]|[\xc2-\xf4][{_GOES_ON}]")
"""What every control character beyond ASCII and all mojibake match, and little else does."""
_ESCAPE: Final = re.compile(rb"\\[ubf]")


def is_clean_block(data: bytes) -> bool:
    r"""Return whether no segment in this block of JSON can break a rule about what most texts do not have.

    True proves that control-character, replacement-character, mojibake, entity, not-nfc and secret find
    nothing.
    False proves nothing. JSON must escape what is below U+0020, so a block without `\u`, `\b` and `\f` has no
    control character but DEL and those of U+0080 to U+009F; and each part of a text in NFC is in NFC.
    """
    if b"&" in data or b"\x7f" in data or (b"\\" in data and _ESCAPE.search(data)):
        return False
    try:
        return _is_sound_text(data.decode()) and not may_hold_secret(data)
    except UnicodeDecodeError:
        return False


def find_doubtful(texts: Sequence[str | None], *, clean: bool) -> list[int]:
    """Return the indices of the texts in which a rule of this room may find something; never misses one.

    `clean` says that they stood in a block of which `is_clean_block` is true.
    """
    if clean and _are_trimmed(texts):
        return []
    return [
        index
        for index, text in enumerate(texts)
        if not text
        or text.strip() is not text  # what there is nothing to strip from is the same object
        or text[0] in _ODD_OPENINGS
        or text in _MARKERS
        or not (clean or _has_sound_characters(text))
    ]


def _are_trimmed(texts: Sequence[str | None]) -> bool:
    """Return whether all are texts, none of them with white space around it or an odd beginning."""
    if not all(texts):
        return False
    said = cast("Sequence[str]", texts)
    # What there is nothing to strip from is the same object.
    return (
        all(map(is_, map(str.strip, said), said))
        and _ODD_OPENINGS.isdisjoint(map(itemgetter(0), said))
        and _MARKERS.isdisjoint(said)
    )


def _has_sound_characters(text: str) -> bool:
    return (
        "&" not in text
        and _CONTROL.search(text) is None
        and _is_sound_text(text)
        and next(find_secrets(text), None) is None
    )


def _is_sound_text(text: str) -> bool:
    return text.isascii() or (
        "\ufffd" not in text and _FOREIGN.search(text) is None and unicodedata.is_normalized("NFC", text)
    )


def is_blank(text: str) -> bool:
    """Return whether a text holds nothing that can be seen."""
    return not text.strip().strip(_INVISIBLE).strip()


def is_non_speech(text: str) -> bool:
    """Return whether a text is nothing but tags of what is no speech: `[music]`, `(laughs)`."""
    text = text.strip()
    if text in _MARKERS:
        return True
    if not text or text[0] not in _OPENERS:
        return False
    tags = _TAG.findall(text)
    left = _TAG.sub("", text).strip(" \t\r\n.,;!?-")
    return bool(tags) and not left and all(_is_sound(tag) for tag in tags)


def find_empty(turn: Turn, _: Limits) -> Iterator[Flaw]:
    """Find a text of which nothing is left after trimming."""
    if turn.text is not None and is_blank(turn.text):
        yield Flaw("text", "the text is empty: write what is said, or take the segment out")


def find_control_character(turn: Turn, _: Limits) -> Iterator[Flaw]:
    """Find a control character other than tab and line feed."""
    match = _CONTROL.search(turn.text or "")
    if match:
        yield Flaw("text", f"the text holds the control character U+{ord(match[0]):04X}: take it out")


def find_replacement_character(turn: Turn, _: Limits) -> Iterator[Flaw]:
    """Find what stands where a character was lost."""
    text = turn.text or ""
    at = text.find("\ufffd")
    if at >= 0:
        yield Flaw(
            "text",
            f"U+FFFD stands for a lost character in {quote(text[max(0, at - 12) : at + 13])}: restore it",
        )


def find_mojibake(turn: Turn, _: Limits) -> Iterator[Flaw]:
    """Find UTF-8 that was read as Latin-1 or cp1252."""
    for match in _MOJIBAKE.finditer(turn.text or ""):
        meant = read_as_utf8(match[0])
        if meant is not None and _is_likely(meant):
            yield Flaw(
                "text", f"{quote(match[0])} is {quote(meant)} in UTF-8, read in a wrong encoding: convert it"
            )
            return


def find_entity(turn: Turn, _: Limits) -> Iterator[Flaw]:
    """Find a character reference of HTML."""
    if "&" not in (text := turn.text or ""):
        return
    from html import unescape  # noqa: PLC0415 - its table is large, and most corpora have no `&`

    for match in _ENTITY.finditer(text):
        meant = unescape(match[0])
        if meant != match[0]:
            yield Flaw("text", f"{match[0]} is HTML for {quote(meant)}: write the character")
            return


def find_non_speech(turn: Turn, _: Limits) -> Iterator[Flaw]:
    """Find a text that is nothing but a tag."""
    if turn.text and is_non_speech(turn.text):
        yield Flaw("text", f"the text is only {quote(turn.text)}, and nothing is said")


def find_white_space(turn: Turn, _: Limits) -> Iterator[Flaw]:
    """Find white space around a text."""
    text = turn.text or ""
    if text.strip() != text and not is_blank(text):
        where = "begins" if text[0].isspace() else "ends"
        yield Flaw("text", f"the text {where} with white space: trim it")


def find_not_normal(turn: Turn, _: Limits) -> Iterator[Flaw]:
    """Find a text that is not in Unicode's normal form C."""
    text = turn.text or ""
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        yield Flaw("text", "the text is not in Unicode normal form C (NFC): normalise it")


def find_secret(turn: Turn, _: Limits) -> Iterator[Flaw]:
    """Find an access token or a private key; the message does not repeat it."""
    for secret in find_secrets(turn.text or ""):
        yield Flaw(
            "text",
            f"the text holds what looks like {secret.kind} ({secret.hint}): revoke it where it is from, "
            "and take it out of the text",
        )
        return


def read_as_utf8(text: str) -> str | None:
    """Return what the bytes of a text in cp1252 (or, without, Latin-1) say in UTF-8; None if nothing.

    >>> read_as_utf8("Ã©")
    'é'
    """
    data = b"".join(_byte_of(character) for character in text)
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def _byte_of(character: str) -> bytes:
    try:
        return character.encode("cp1252")
    except UnicodeEncodeError:
        return character.encode("latin-1", "replace")


def _is_likely(meant: str) -> bool:
    """Return whether this is what mojibake usually was: Latin letters, punctuation, pictures; or a word."""
    likely = any(
        "\u00a0" <= each <= "\u017f"
        or "\u2010" <= each <= "\u2044"
        or each in "€™\ufeff"
        or each >= "\U0001f000"
        for each in meant
    )
    return likely or len(meant) >= 3


def _is_sound(tag: str) -> bool:
    return tag[0] in "[♪♫" or _SOUNDS.search(tag) is not None


_W = Severity.WARNING


def _rule(  # noqa: PLR0913, PLR0917 - what these rules differ in
    name: str,
    find: Callable[[Turn, Limits], Iterator[Flaw]],
    summary: str,
    explanation: str,
    bad: str,
    good: str,
    severity: Severity = _W,
) -> Rule:
    return Rule(
        f"text/{name}",
        severity,
        summary,
        explanation,
        (TEXT,),
        SegmentCheck(find),
        bad=one(said(bad)),
        good=one(said(good)),
    )


RULES: Final = (
    _rule(
        "empty",
        find_empty,
        "a text that is empty, or white space and invisible characters",
        "A segment is something that is said. (The shipped schema refuses most empty texts itself.)",
        bad="\u200b",
        good="Mm-hm.",
    ),
    _rule(
        "control-character",
        find_control_character,
        "a control character other than tab, line feed and carriage return",
        "It cannot be seen, and tokenizers make a token of their own of it. U+0080 to U+009F are most often "
        "cp1252 that was read as Latin-1.",
        bad="Good\u0007 morning.",
        good="Good\tmorning.\nHello.",
    ),
    _rule(
        "replacement-character",
        find_replacement_character,
        "U+FFFD, which stands where a character was lost",
        "A program could not decode the text, and went on. What was there can only be had from the source.",
        bad="The caf\ufffd is closed.",
        good="The café is closed.",
    ),
    _rule(
        "mojibake",
        find_mojibake,
        "UTF-8 that was read as Latin-1 or cp1252",
        "`Ã©` was `é` once, and `â€™` an apostrophe. Whoever converted the file named the wrong encoding.",
        bad="The cafÃ© isnâ€™t closed.",
        good="São Paulo, « voilà », Ångström.",
    ),
    _rule(
        "entity",
        find_entity,
        "a character reference of HTML, such as `&amp;`",
        "The text was cut out of a web page. Nobody says `&quot;`.",
        bad="Research &amp; development",
        good="Research & development; AT&T;",
    ),
    _rule(
        "non-speech",
        find_non_speech,
        "a text that is only a tag such as `[music]`",
        "It may well be meant; who trains on what is said will want to leave it out. Any short text in "
        "square brackets is a tag; in round ones, in asterisks and in `< >` it must name a sound.",
        bad="[Music]",
        good="[laughs] No, really?",
        severity=Severity.NOTE,
    ),
    _rule(
        "whitespace",
        find_white_space,
        "white space before or after the text",
        "Speech recognisers write a space before each segment; models learn it.",
        bad=" Good morning.",
        good="Good  morning.",
    ),
    _rule(
        "not-nfc",
        find_not_normal,
        "a text that is not in Unicode normal form C",
        "`é` can be one character or two, which look the same and compare as different. NFC is the usual "
        "form, and that of the Web.",
        bad="The cafe\u0301 is closed.",
        good="The caf\u00e9 is closed.",
    ),
    _rule(
        "secret",
        find_secret,
        "what looks like an access token or a private key",
        "Nobody says a token aloud: it was pasted into a file, and who reads a published data set can use "
        "it. A version never changes, so it must be found before. The message shows its first four "
        "characters only. Known are the tokens of Hugging Face, AWS, GitHub, GitLab, Slack, OpenAI, "
        "Anthropic, Google, Stripe, npm and PyPI, and private keys in PEM.",
        bad="Our key is AKIAIOSFODNN7EXAMPLE.",
        good="The key began with AKIA, and hf_hub_download took it.",
        severity=Severity.ERROR,
    ),
)
