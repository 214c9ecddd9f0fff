"""The rules about the text of one segment (`text/…`). Pure.

Each works on the text alone. What most of them look for most corpora do not have: that a character does not
occur in a whole block is quickly known.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from packager.check.rules.rule import TEXT, Flaw, Rule, SegmentCheck, one, quote, said
from packager.model import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from packager.check.rules.columns import Columns
    from packager.check.rules.rule import Limits
    from packager.check.rules.turn import Turn

_INVISIBLE: Final = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_ENTITY: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_OPENERS: Final = "[(<*♪♫"
_MARKERS: Final = frozenset({"ignore_time_segment_in_scoring", "inter_segment_gap"})
"""Of the STM format, where nothing is said; each has a `_`."""
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
_ALL_GOING_ON: Final = "".join(map(chr, range(0x80, 0xC0))) + _GOES_ON[3:]
_LEADING: Final = "".join(map(chr, range(0xC2, 0xF5)))
_CONTROLS: Final = "".join(filter(_CONTROL.match, map(chr, range(0xA0))))
_SPACES: Final = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008"
    "\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""What `str.strip` takes away."""
_MANY: Final = 64  # segments; of more it is asked whether they are in NFC together


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


def _empty(text: str) -> str | None:
    return "the text is empty: write what is said, or take the segment out" if is_blank(text) else None


def _control_character(text: str) -> str | None:
    match = _CONTROL.search(text)
    return f"the text holds the control character U+{ord(match[0]):04X}: take it out" if match else None


def _replacement_character(text: str) -> str | None:
    if (at := text.find("\ufffd")) < 0:
        return None
    return f"U+FFFD stands for a lost character in {quote(text[max(0, at - 12) : at + 13])}: restore it"


def _mojibake(text: str) -> str | None:
    for match in _MOJIBAKE.finditer(text):
        meant = read_as_utf8(match[0])
        if meant is not None and _is_likely(meant):
            return f"{quote(match[0])} is {quote(meant)} in UTF-8, read in a wrong encoding: convert it"
    return None


def _entity(text: str) -> str | None:
    if "&" not in text:
        return None
    from html import unescape  # noqa: PLC0415 - its table is large, and most corpora have no `&`

    for match in _ENTITY.finditer(text):
        meant = unescape(match[0])
        if meant != match[0]:
            return f"{match[0]} is HTML for {quote(meant)}: write the character"
    return None


def _non_speech(text: str) -> str | None:
    return f"the text is only {quote(text)}, and nothing is said" if is_non_speech(text) else None


def _ask_non_speech(columns: Columns) -> Iterable[int]:
    """Ask which begin like a tag, perhaps after white space, or have the character that all markers have."""
    return {*columns.rows_beginning(_OPENERS + _SPACES).tolist(), *columns.rows_with("_").tolist()}


def _white_space(text: str) -> str | None:
    if text.strip() == text or is_blank(text):
        return None
    return f"the text {'begins' if text[0].isspace() else 'ends'} with white space: trim it"


def _ask_white_space(columns: Columns) -> Iterable[int]:
    return {*columns.rows_beginning(_SPACES).tolist(), *columns.rows_ending(_SPACES).tolist()}


def _not_normal(text: str) -> str | None:
    normal = text.isascii() or unicodedata.is_normalized("NFC", text)
    return None if normal else "the text is not in Unicode normal form C (NFC): normalise it"


def _ask_not_normal(columns: Columns) -> Iterable[int]:
    """Ask which have a character that is not in every text in NFC what it is alone."""
    if columns.text.isascii():
        return ()
    rows: list[int] = columns.rows_with(_may_break_form).tolist()
    # A line feed stands alone in every form: all together are in NFC if each is.
    return () if len(rows) > _MANY and unicodedata.is_normalized("NFC", columns.text) else rows


def _may_break_form(character: str) -> bool:
    """Return whether a text with this character may not be in NFC; what is beyond U+FFFF may."""
    if character < "\u0300" or "\u4e00" <= character <= "\u9fff":
        return False
    return (
        character == "\uffff"
        or unicodedata.category(character).startswith("M")
        or "\u1100" <= character <= "\u11ff"
        or not unicodedata.is_normalized("NFC", character)
    )


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


def _rule(  # noqa: PLR0913, PLR0917 - what these rules differ in
    name: str,
    tell: Callable[[str], str | None],
    ask: Callable[[Columns], Iterable[int]],
    summary: str,
    explanation: str,
    bad: str,
    good: str,
    severity: Severity = Severity.WARNING,
) -> Rule:
    """Return a rule that tells what is wrong with a text; None for nothing."""

    def find(turn: Turn, _: Limits) -> Iterator[Flaw]:
        if turn.text is not None and (message := tell(turn.text)) is not None:
            yield Flaw("text", message)

    check = SegmentCheck(find, lambda columns, _: ask(columns))
    examples = one(said(bad)), one(said(good))
    return Rule(f"text/{name}", severity, summary, explanation, (TEXT,), check, *examples)


RULES: Final = (
    _rule(
        "empty",
        _empty,
        lambda columns: columns.rows_beginning(_SPACES + _INVISIBLE),
        "a text that is empty, or white space and invisible characters",
        "A segment is something that is said. (The shipped schema refuses most empty texts itself.)",
        bad="\u200b",
        good="Mm-hm.",
    ),
    _rule(
        "control-character",
        _control_character,
        lambda columns: columns.rows_with(_CONTROLS),
        "a control character other than tab, line feed and carriage return",
        "It cannot be seen, and tokenizers make a token of their own of it. U+0080 to U+009F are most often "
        "cp1252 that was read as Latin-1.",
        bad="Good\u0007 morning.",
        good="Good\tmorning.\nHello.",
    ),
    _rule(
        "replacement-character",
        _replacement_character,
        lambda columns: columns.rows_with("\ufffd"),
        "U+FFFD, which stands where a character was lost",
        "A program could not decode the text, and went on. What was there can only be had from the source.",
        bad="The caf\ufffd is closed.",
        good="The café is closed.",
    ),
    _rule(
        "mojibake",
        _mojibake,
        lambda columns: columns.rows_with_pair(_LEADING, _ALL_GOING_ON),
        "UTF-8 that was read as Latin-1 or cp1252",
        "`Ã©` was `é` once, and `â€™` an apostrophe. Whoever converted the file named the wrong encoding.",
        bad="The cafÃ© isnâ€™t closed.",
        good="São Paulo, « voilà », Ångström.",
    ),
    _rule(
        "entity",
        _entity,
        lambda columns: columns.rows_with("&"),
        "a character reference of HTML, such as `&amp;`",
        "The text was cut out of a web page. Nobody says `&quot;`.",
        bad="Research &amp; development",
        good="Research & development; AT&T;",
    ),
    _rule(
        "non-speech",
        _non_speech,
        _ask_non_speech,
        "a text that is only a tag such as `[music]`",
        "It may well be meant; who trains on what is said will want to leave it out. Any short text in "
        "square brackets is a tag; in round ones, in asterisks and in `< >` it must name a sound.",
        bad="[Music]",
        good="[laughs] No, really?",
        severity=Severity.NOTE,
    ),
    _rule(
        "whitespace",
        _white_space,
        _ask_white_space,
        "white space before or after the text",
        "Speech recognisers write a space before each segment; models learn it.",
        bad=" Good morning.",
        good="Good  morning.",
    ),
    _rule(
        "not-nfc",
        _not_normal,
        _ask_not_normal,
        "a text that is not in Unicode normal form C",
        "`é` can be one character or two, which look the same and compare as different. NFC is the usual "
        "form, and that of the Web.",
        bad="The cafe\u0301 is closed.",
        good="The caf\u00e9 is closed.",
    ),
)
