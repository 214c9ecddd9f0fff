"""Judge the values of the front matter by what the Hub documents, and by the build. Pure."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from packager.card.escape import on_one_line
from packager.card.fault import Fault
from packager.card.front import OWNED, Entry, read_entries
from packager.card.owned import size_category
from packager.card.vocabulary import LICENSES, SIZES, TASK_IDS, TASKS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from packager.card.source import Card

_PROMPT: Final = re.compile(r"#[ \t]*prompt:[ \t]*(.*)", re.IGNORECASE)
"""At the first column, where only a comment can begin with `#`."""
_TEXTS: Final = ("license_name", "license_link", "pretty_name", "paperswithcode_id", "viewer_name")
_LISTS: Final = ("tags", "source_datasets", "annotations_creators", "language_creators")
_SPECIAL: Final = frozenset({"code", "multilingual"})
_BCP47: Final = ("language_bcp47", "language_details")


def judge_front(card: Card, rows: int | None, files: Sequence[str]) -> Iterator[Fault]:
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
