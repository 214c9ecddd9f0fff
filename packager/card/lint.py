"""Judge what a person wrote in the card, offline: values that the Hub knows, and what is left to do. Pure.

A wrong value is an error; what is only missing (a licence, the answer to a prompt, the text of a section)
is a warning; dataset.toml may say otherwise. A rule is a function here and an entry of `CARD_RULES`.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from markdown_it import MarkdownIt

from packager.card.escape import on_one_line
from packager.card.front import OWNED, Entry, Fault, read_entries
from packager.card.owned import size_category
from packager.card.source import read_card
from packager.card.vocabulary import LICENSES, SIZES, TASK_IDS, TASKS
from packager.card_rules import CARD_RULES
from packager.model import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from markdown_it.token import Token

    from packager.card.source import Card

_DEFAULTS: Final = {rule.id: rule.severity for rule in CARD_RULES}


def lint_card(
    source: bytes,
    name: str,
    *,
    severities: Mapping[str, Severity] = _DEFAULTS,
    rows: int | None = None,
    files: Sequence[str] = (),
) -> tuple[Problem, ...]:
    """Return every problem of a card, sorted by place; `name` is their path.

    `severities` are the rules that hold, by id; what keeps a card from being rendered is always an error.

    `rows` and `files` are those of the build whose README.md this is; None: it is a source, and whatever it
    says in the keys of the tool is written anew.
    """
    card = read_card(source)
    if card.faults:
        found = [(fault, Severity.ERROR) for fault in card.faults]
    else:
        faults = (*_judge_front(card, rows, files), *_judge_body(card))
        found = [(fault, severities[fault.rule]) for fault in faults if fault.rule in severities]
    return tuple(
        sorted(
            Problem(name, fault.line, fault.column, "", fault.rule, severity, fault.message)
            for fault, severity in found
        )
    )


_PROMPT: Final = re.compile(r"#[ \t]*prompt:[ \t]*(.*)", re.IGNORECASE)
"""At the first column, where only a comment can begin with `#`."""
_TEXTS: Final = ("license_name", "license_link", "pretty_name", "paperswithcode_id", "viewer_name")
_LISTS: Final = ("tags", "source_datasets", "annotations_creators", "language_creators")
_SPECIAL: Final = frozenset({"code", "multilingual"})
_BCP47: Final = ("language_bcp47", "language_details")


def _judge_front(card: Card, rows: int | None, files: Sequence[str]) -> Iterator[Fault]:
    """Yield what is wrong with the values; with `rows`, those of the tool's own keys too."""
    entries = read_entries(card.whole_front)
    top = {entry.path[0]: entry for entry in entries if len(entry.path) == 1}
    if top.get("license") is None or top["license"].value is None:
        yield Fault(
            1, 1, "card/no-license", "no licence: nobody knows on what terms it may be used; add `license`"
        )
    yield from _judge_prompts(card.whole_front)
    for entry in entries:
        key = entry.path[0]
        if entry.value is None or (rows is None and key in OWNED):
            continue
        yield from _judge(entry, len(entry.path))
    yield from _judge_other(top)
    if rows is not None:
        yield from _judge_build(entries, rows, files)


def _judge_prompts(front: Sequence[str]) -> Iterator[Fault]:
    for number, line in enumerate(front):
        if match := _PROMPT.match(line):
            asked = on_one_line(match[1])
            yield Fault(number + 2, 1, "card/prompt", f"not answered yet: {asked} (then delete the comment)")


def _judge(entry: Entry, depth: int) -> Iterator[Fault]:
    key = entry.path[0]
    if key in _TEXTS and depth == 1 and not isinstance(entry.value, str):
        yield _fault(entry, "value", f"`{key}` must be a text")
    if key in _LISTS and depth == 1 and not isinstance(entry.value, list):
        yield _fault(entry, "value", f"`{key}` must be a list, an entry a line after `- `")
    if key in (*_LISTS, *_KNOWN) and depth == 2 and not isinstance(entry.value, str):
        yield _fault(entry, "value", f"an entry of `{key}` must be a text")
    if key in _KNOWN and depth <= 2 and not isinstance(entry.value, list | dict):
        if isinstance(entry.value, str):
            yield from _KNOWN[key](entry, entry.value)
        elif depth == 1:
            yield _fault(entry, "value", f"`{key}` must be a text, or a list of texts")


def _among(rule: str, what: str, known: Collection[str]) -> Callable[[Entry, str], Iterator[Fault]]:
    """Return the judge of a value that must be one of these."""

    def judge(entry: Entry, value: str) -> Iterator[Fault]:
        if value not in known:
            near = _nearest(value, known)
            hint = f"; did you mean `{near}`?" if near else ""
            yield _fault(entry, rule, f"the Hub knows no {what} `{value}`{hint}")

    return judge


def _nearest(value: str, known: Collection[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only for what is wrong

    return next(iter(get_close_matches(value.lower().replace(" ", "-"), sorted(known), 1, 0.7)), "")


def _judge_language(entry: Entry, value: str) -> Iterator[Fault]:
    if value in _SPECIAL:
        return
    if not re.fullmatch("[a-z]{2,3}", value):
        yield _fault(
            entry,
            "language",
            f"`{value}` is no code of ISO 639 (two or three small letters); a BCP 47 tag "
            "belongs in `language_bcp47`",
        )
    elif not _is_language(value):
        yield _fault(entry, "language", f"ISO 639 has no language `{value}`")


def _judge_tag(entry: Entry, value: str) -> Iterator[Fault]:
    if not _is_language(value):
        yield _fault(entry, "language", f"`{value}` is no BCP 47 tag, such as `pt-BR`")


def _is_language(tag: str) -> bool:
    import langcodes  # noqa: PLC0415 - a card without a language does without

    return bool(langcodes.tag_is_valid(tag))


def _judge_other(top: dict[str | int, Entry]) -> Iterator[Fault]:
    license_ = top.get("license")
    if license_ is None or license_.value not in ("other", ["other"]):
        return
    for name in ("license_name", "license_link"):
        if name not in top or not top[name].value:
            yield _fault(license_, "license", f"`license: other` says nothing without `{name}`")


def _judge_build(entries: Sequence[Entry], rows: int, files: Sequence[str]) -> Iterator[Fault]:
    """Yield what the tool's own keys say that the build does not."""
    for entry in entries:
        if (
            entry.path[:1] == ("size_categories",)
            and len(entry.path) == 2
            and entry.value != size_category(rows)
        ):
            yield _fault(entry, "size", f"{rows:,} rows are `{size_category(rows)}`, not `{entry.value}`")
        if entry.path[0] != "configs" or entry.path[-1] != "path" or not isinstance(entry.value, str):
            continue
        if not any(fnmatchcase(file, entry.value) for file in files):
            yield _fault(entry, "configs", f"`{entry.value}` matches no file of the build")


def _fault(entry: Entry, rule: str, message: str) -> Fault:
    return Fault(entry.line, entry.column, f"card/{rule}", on_one_line(message))


_KNOWN: Final[dict[str | int, Callable[[Entry, str], Iterator[Fault]]]] = {
    "license": _among("license", "licence", LICENSES),
    "task_categories": _among("task", "task category", TASKS),
    "task_ids": _among("task-id", "task id", TASK_IDS),
    "size_categories": _among("size", "size category", SIZES),
    "language": _judge_language,
    **dict.fromkeys(_BCP47, _judge_tag),
}


_PROMPT_COMMENT: Final = re.compile(r"<!--\s*prompt:\s*(.*?)\s*(?:-->|$)", re.IGNORECASE | re.DOTALL)
_PLACEHOLDER: Final = re.compile(
    r"\[more information needed\]|\bTODO\b|\bTBD\b|\bFIXME\b|lorem ipsum|(?<![\w/])me/[\w.-]+", re.IGNORECASE
)
_COMMENT: Final = re.compile(r"<!--(?!\s*/?packager:).*?-->", re.DOTALL)
_ANY_COMMENT: Final = re.compile(r"<!--.*?-->", re.DOTALL)
_BROKEN: Final = re.compile(r"[\s<>{}|\\^`\"]")


def _judge_body(card: Card) -> Iterator[Fault]:
    """Yield what is wrong with the body, outside of the generated parts."""
    inside = {line for part in card.parts for line in range(part.opening + 1, part.closing)}
    before = card.lines_before
    tokens = [
        token
        for token in MarkdownIt("commonmark").enable("table").parse("".join(card.body))
        if not token.map or token.map[0] not in inside
    ]
    for token in tokens:
        first, end = token.map or (0, 0)
        if token.type == "html_block":
            yield from _judge_comments(token, before + first + 1)
        elif token.type == "inline":
            yield from _judge_text(card.body[first:end], before + first + 1)
            yield from _judge_links(token, card.body[first:end], before + first + 1)
    yield from _judge_sections(tokens, before)


def _judge_comments(token: Token, line: int) -> Iterator[Fault]:
    for match in _PROMPT_COMMENT.finditer(token.content):
        down = token.content[: match.start()].count("\n")
        column = match.start() - (token.content.rfind("\n", 0, match.start()) + 1)
        asked = on_one_line(match[1])
        yield Fault(
            line + down, column + 1, "card/prompt", f"not answered yet: {asked} (then delete the comment)"
        )


def _judge_text(lines: tuple[str, ...], line: int) -> Iterator[Fault]:
    for number, text in enumerate(lines):
        for match in _PLACEHOLDER.finditer(text):
            yield Fault(
                line + number,
                match.start() + 1,
                "card/placeholder",
                f"`{on_one_line(match[0])}` is a placeholder",
            )


def _judge_links(token: Token, lines: tuple[str, ...], line: int) -> Iterator[Fault]:
    for child in token.children or ():
        address = child.attrGet("href") if child.type == "link_open" else child.attrGet("src")
        if child.type not in {"link_open", "image"} or (flaw := _flaw_of(str(address or ""))) is None:
            continue
        at = _find_address(str(address or ""), lines)
        yield Fault(line + at[0], at[1] + 1, "card/link", flaw)


def _find_address(address: str, lines: tuple[str, ...]) -> tuple[int, int]:
    """Return the line and column, from 0, of a link; of the first one if it is written in another way."""
    for wanted in (f"]({address})", f"]({address}", "]("):
        for number, text in enumerate(lines):
            if (column := text.find(wanted)) >= 0:
                return number, column
    return 0, 0


def _flaw_of(address: str) -> str | None:
    """Return why an address leads nowhere; None if it may lead somewhere."""
    if not address:
        return "a link without an address"
    if _BROKEN.search(address):
        return f"the address `{on_one_line(address)}` holds what no address can"
    try:
        parts = urlsplit(address)
    except ValueError:
        return f"`{on_one_line(address)}` is no address"
    if (
        parts.scheme in {"http", "https"}
        and "." not in (parts.hostname or "")
        and parts.hostname != "localhost"
    ):
        return f"the address `{on_one_line(address)}` names no host"
    if parts.scheme == "mailto" and "@" not in parts.path:
        return f"`{on_one_line(address)}` is no mail address"
    return None


def _judge_sections(tokens: list[Token], before: int) -> Iterator[Fault]:
    """Yield the headings under which nothing stands: neither text, nor a part, nor a deeper heading."""
    waiting: Token | None = None
    for token in tokens:
        if token.type == "heading_open":
            if waiting is not None and token.tag <= waiting.tag:
                yield _empty(waiting, before)
            waiting = token
        elif token.level == 0 and not token.type.startswith("heading") and not is_comment(token):
            waiting = None
    if waiting is not None:
        yield _empty(waiting, before)


def is_comment(token: Token, *, markers: bool = False) -> bool:
    """Tell whether a token is nothing but comments; with `markers`, those of generated parts count too."""
    comment = _ANY_COMMENT if markers else _COMMENT
    return token.type == "html_block" and not comment.sub("", token.content).strip()


def _empty(heading: Token, before: int) -> Fault:
    line = before + (heading.map or [0])[0] + 1
    return Fault(line, 1, "card/empty-section", "nothing stands under this heading; write it, or take it out")
