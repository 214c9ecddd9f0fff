"""Describe the rules: for a terminal, as plain values, and as the page docs/rules.md. Pure.

All is taken from the rules themselves; docs/rules.md is what `packager rules --format markdown` prints.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from unicodedata import combining

from packager.card_rules import CARD_RULES, CardRule
from packager.check.rules.catalogue import RULES
from packager.check.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packager.check.rules.rule import Example, Limit

_HEAD = """\
# Rules

<!-- Generated: packager rules --format markdown > docs/rules.md -->

What `packager check` looks for beyond strict JSON and the schema, and in [the card](#the-dataset-card).
A rule is silent where the schema has no string of the name that `[check] text` or `speaker` gives, or lacks
one of the times; and what the schema refused is not said twice. A property counts as the schema's wherever it
is declared: under `$ref`, `allOf`, `anyOf`, `oneOf`, `then`, `else` and `dependentSchemas` too. One that is
named in `[time]` or `[check]` is looked at in an open schema that does not declare it, and is an error of the
configuration in a closed one (`additionalProperties` or `unevaluatedProperties` is false). Rules that cannot
run for want of their properties are told in one warning on stderr, with the lines for `dataset.toml`; it
fails nothing. The card lists the rules that ran. `packager rules` lists them, `packager rules
ID` shows one.

In `dataset.toml`, where a rule is named by its id, its family (`text`) or a pattern (`text/*`):

```toml
[check]
text = "Text"                # the property that holds what is said
speaker = "Speaker"          # and who says it
formats = true               # whether the schema's `format` is asserted
select = ["time", "text/*"]  # only these; left out: all
ignore = ["text/non-speech"]
severity = { "text/whitespace" = "error", "speaker/*" = "off" }

[check.limits]               # thresholds, by name
longest_seconds = 600

[[check.path]]               # for files that match, after the above; may stand more than once
pattern = "segments/old/**"
select = ["text/non-speech"] # also these
ignore = ["time"]
severity = { "text/whitespace" = "note" }
```

A rule that is off by default holds where its own id is selected or given a severity. Rules of the card are
named in the same way (`card/prompt`, `card`); what keeps it from being rendered is an error always.

An error fails the check, and stops a build or, with `--drop-invalid`, takes its segment out. What is only
known when all files are read (recordings in many files, names, copies, texts in two splits) stops a build
always.
"""

_CARD_HEAD = """\
## The dataset card

What `packager card --check` finds in the source of the card; `packager check` of a project and `packager
build` find it too.
"""

_CARD = "dataset_card.md"


def list_rules(rules: Sequence[Rule | CardRule]) -> str:
    """Return a line for each rule: id, severity, what it finds."""
    width = max(len(rule.id) for rule in rules)
    return "".join(f"{rule.id:{width}}  {_default_of(rule):7}  {rule.summary}\n" for rule in rules)


def describe_rule(rule: Rule | CardRule) -> str:
    """Return all there is to say about a rule, for a terminal."""
    parts = [f"{rule.id} ({_describe_severity(rule)}): {rule.summary}", rule.explanation]
    if isinstance(rule, Rule) and rule.limits:
        parts.append("thresholds:\n" + "\n".join(f"  {_describe_limit(limit)}" for limit in rule.limits))
    parts += [f"bad:\n{_show(rule.bad, '  ')}", f"good:\n{_show(rule.good, '  ')}"]
    return "\n\n".join(parts) + "\n"


def to_document(rule: Rule | CardRule) -> dict[str, object]:
    """Return all there is to say about a rule, as plain values."""
    shared: dict[str, object] = {
        "id": rule.id,
        "severity": rule.severity.value,
        "optional": rule.optional,
        "summary": rule.summary,
        "explanation": rule.explanation,
    }
    if isinstance(rule, CardRule):
        examples = {"bad": {_CARD: _lines_of(rule.bad)}, "good": {_CARD: _lines_of(rule.good)}}
        return shared | {"needs": [], "thresholds": [], "always": rule.always} | examples
    return shared | {
        "needs": list(rule.needs),
        "thresholds": [
            {"name": each.name, "default": each.default, "unit": each.unit, "meaning": each.meaning}
            for each in rule.limits
        ],
        "bad": {name: list(segments) for name, segments in rule.bad},
        "good": {name: list(segments) for name, segments in rule.good},
    }


def render_page(rules: Sequence[Rule | CardRule] = (*RULES, *CARD_RULES)) -> str:
    """Return the page of documentation."""
    of_segments = [rule for rule in rules if isinstance(rule, Rule)]
    of_cards = [rule for rule in rules if isinstance(rule, CardRule)]
    parts = [_HEAD, *([_tabulate(of_segments)] if of_segments else []), *map(_render_rule, of_segments)]
    if of_cards:
        parts += [_CARD_HEAD, _tabulate(of_cards), *map(_render_rule, of_cards)]
    return "\n".join(parts)


def _tabulate(rules: Sequence[Rule | CardRule]) -> str:
    table = [f"| [`{rule.id}`](#{_anchor(rule)}) | {_default_of(rule)} | {rule.summary} |" for rule in rules]
    return "| rule | severity | finds |\n|---|---|---|\n" + "\n".join(table) + "\n"


def _render_rule(rule: Rule | CardRule) -> str:
    given = rule.limits if isinstance(rule, Rule) else ()
    limits = "".join(f"* {_describe_limit(limit, '`')}\n" for limit in given)
    language = "json" if isinstance(rule, Rule) else "text"
    return "\n".join(
        part
        for part in (
            f"## {rule.id}\n",
            f"{_describe_severity(rule).capitalize()}: {rule.summary}. {rule.explanation}\n",
            limits,
            f"Bad:\n\n```{language}\n{_show(rule.bad)}\n```\n",
            f"Good:\n\n```{language}\n{_show(rule.good)}\n```\n",
        )
        if part
    )


def _default_of(rule: Rule | CardRule) -> str:
    return "off" if rule.optional else rule.severity.value


def _describe_severity(rule: Rule | CardRule) -> str:
    if isinstance(rule, CardRule) and rule.always:
        return f"{rule.severity.value}, always"
    return f"{rule.severity.value}, but off unless asked for" if rule.optional else rule.severity.value


def _describe_limit(limit: Limit, mark: str = "") -> str:
    return f"{mark}{limit.name} = {limit.default:g}{mark} {limit.unit}: {limit.meaning}"


def _lines_of(card: str) -> list[str]:
    return [_escape(line) for line in card.removesuffix("\n").split("\n")]


def _show(example: Example | str, indent: str = "") -> str:
    """Return the segments, a line each; of several recordings each with the name of its file. Or a card."""
    if isinstance(example, str):
        return "\n".join(f"{indent}{line}".rstrip(" ") for line in _lines_of(example))
    lines = []
    for name, segments in example:
        if len(example) > 1:
            lines.append(f"// {name}")
        # What cannot be seen is escaped, and so is what only looks like something else.
        lines += [_escape(json.dumps(segment, ensure_ascii=False)) for segment in segments]
    return "\n".join(indent + line for line in lines)


def _escape(text: str) -> str:
    return "".join(
        each if each.isprintable() and each != "\ufffd" and not combining(each) else f"\\u{ord(each):04x}"
        for each in text
    )


def _anchor(rule: Rule | CardRule) -> str:
    return rule.id.replace("/", "")
