"""How a data set was made: the tool, the rules, what was waived, and what was left out. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from packager.card.escape import code, table, text
from packager.reports import say_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packager.card.facts import CardFacts


def provenance(facts: CardFacts) -> str:
    """Return which tool made the data set, of what."""
    tool = f"`segment-packager` {code(facts.tool_version)}" if facts.tool_version else "`segment-packager`"
    checked = f"checked against the schema whose sha256 is {code(facts.schema_sha256)}"
    said = [f"Built by {tool} from segments that were each {checked}."]
    if facts.sources_sha256:
        said.append(f"The sha256 over the digests of all recordings is {code(facts.sources_sha256)}.")
        said.append(
            "The same sources give the same bytes with the same version of the tool; `manifest.json` has the "
            "sha256 of every file and the digest of every recording."
        )
    return "\n\n".join(said)


_LISTED: Final = 10
"""How many dropped places a card names."""


def quality(facts: CardFacts) -> str:
    """Return which rules ran, what each found, what was left out and what was waived."""
    return "\n\n".join((*_judged(facts), *_dropped(facts), *_waived(facts)))


def _judged(facts: CardFacts) -> Iterator[str]:
    yield (
        "Every segment was judged as strict JSON, by the schema and by the rules below. What they find stops "
        "a build, or is left out of it and named here; what is only a warning is for `packager check`."
    )
    found = Counter(rule for dropped in facts.dropped for rule in dropped.rules)
    ran = {
        "json/*": "what is no strict JSON",
        "schema/*": "what the schema does not allow",
        **dict(facts.rules),
    }
    rows = [
        [code(name), text(finds), f"{found[name]:,}"]
        for rule, finds in ran.items()
        for name in _found_as(rule, found)
    ]
    others = sorted(name for name in found if name not in ran and _family(name) not in ran)
    rows += [[code(name), "", f"{found[name]:,}"] for name in others]
    yield table(["Rule", "Finds", "Found:"], rows)
    if facts.counts:
        errors, warnings, notes = (say_number(count, name) for name, count in facts.counts)
        yield f"In all {errors}, {warnings} and {notes}."


def _family(rule: str) -> str:
    return f"{rule.partition('/')[0]}/*"


def _found_as(rule: str, found: Counter[str]) -> list[str]:
    """Return the rules of a family that found something; the family if none did; one rule as itself."""
    return [name for name in sorted(found) if _family(name) == rule] or [rule]


def _waived(facts: CardFacts) -> Iterator[str]:
    if facts.waivers:
        yield "Waived, for reasons of the project:"
        rows = [
            [code(each.rules), code(each.files or "all"), text(each.reason or "no reason given")]
            for each in facts.waivers
        ]
        yield table(["Waived", "Files", "Why"], rows)


def _dropped(facts: CardFacts) -> Iterator[str]:
    total = len(facts.dropped)
    if not total:
        yield "Every segment of the sources kept the rules; nothing was left out."
        return
    yield (
        "1 place of the sources broke a rule and was left out."
        if total == 1
        else f"{total:,} places of the sources broke a rule and were left out."
    )
    places = [
        [code(f"{each.path}:{each.line}"), code(each.pointer), ", ".join(map(code, each.rules))]
        for each in facts.dropped[:_LISTED]
    ]
    yield table(["Place", "Pointer", "Rules"], places)
    if total > _LISTED:
        yield f"… and {total - _LISTED:,} more, which `manifest.json` names."
