"""All rules beyond the schema, and what a project makes of them. Pure.

Which rules hold for a file follows from `[check]`: what is selected, less what is ignored, with the
severities that are given; then the same for each `[[check.path]]` whose pattern matches, in order. To add a
rule, add it to `RULES` of its family; the documentation, the command and the tests follow.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from packager.card_rules import CARD_RULES
from packager.check.rules import duplicates, leaks, loops, secret, speakers, texts, times
from packager.errors import ConfigError
from packager.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from packager.card_rules import CardRule
    from packager.check.rules.rule import Rule
    from packager.config import Checks, Choices

RULES: Final = (
    *times.RULES,
    *texts.RULES,
    *secret.RULES,
    *loops.RULES,
    *speakers.RULES,
    *duplicates.RULES,
    *leaks.RULES,
)
"""In the order in which they are documented and reported."""

_BY_ID: Final = {rule.id: rule for rule in (*RULES, *CARD_RULES)}
_LIMITS: Final = {limit.name: limit for rule in RULES for limit in rule.limits}
_OFF: Final = "off"


def find_rule(rule_id: str) -> Rule | CardRule | None:
    """Return the rule of this id; None if there is none."""
    return _BY_ID.get(rule_id)


def find_family(name: str) -> tuple[Rule | CardRule, ...]:
    """Return the rules of a family, `text` or `text/*`; none if there is no such family."""
    return tuple(rule for rule in _BY_ID.values() if rule.family == name.removesuffix("/*"))


def check_choices(checks: Checks, where: str) -> None:
    """Say what is wrong with the rules and thresholds that a project names in `where`, its dataset.toml.

    Raises:
        ConfigError: a rule or a threshold is unknown, or a threshold is too low.
    """
    tables = [("check", checks.choices), *(("check.path", choices) for _, choices in checks.paths)]
    for table, choices in tables:
        for key, names in (("select", choices.select), ("ignore", choices.ignore)):
            for name in names:
                _demand_rules(name, f"{where}: {table}.{key}")
        for name, _ in choices.severity:
            _demand_rules(name, f"{where}: {table}.severity")
    for name, value in checks.limits:
        if name not in _LIMITS:
            raise ConfigError(
                f"{where}: check.limits.{name}: unknown threshold; allowed: {', '.join(sorted(_LIMITS))}"
            )
        if value < _LIMITS[name].least:
            raise ConfigError(
                f"{where}: check.limits.{name}: must be {_LIMITS[name].least:g} or more, not {value:g}"
            )


def resolve_severities(
    choices: Sequence[Choices], rules: Sequence[Rule | CardRule] = RULES
) -> dict[str, Severity]:
    """Return which of these rules hold and how bad each is; the project's choices come first."""
    severities = {rule.id: rule.severity for rule in rules}
    optional = {rule.id for rule in rules if rule.optional}
    active = set(severities) - optional
    for number, each in enumerate(choices):
        named = {*each.select, *(name for name, _ in each.severity)}
        passed_over = optional - named
        selected = {rule.id for name in each.select for rule in match_rules(name, rules)} - passed_over
        active = (selected if number == 0 and each.select else active | selected) | (optional & named)
        active -= {rule.id for name in each.ignore for rule in match_rules(name, rules)}
        # What names one rule goes before what names many, whatever the order in the file.
        given = sorted(each.severity, key=lambda entry: entry[0] in _BY_ID)
        decided = {rule.id: value for name, value in given for rule in match_rules(name, rules)}
        active -= {rule_id for rule_id, value in decided.items() if value == _OFF}
        severities |= {rule_id: Severity(value) for rule_id, value in decided.items() if value != _OFF}
    return {rule.id: severities[rule.id] for rule in rules if rule.id in active}


def resolve_limits(given: Sequence[tuple[str, float]]) -> Mapping[str, float]:
    """Return every threshold, by name."""
    return MappingProxyType({name: limit.default for name, limit in _LIMITS.items()} | dict(given))


def match_rules(name: str, rules: Sequence[Rule | CardRule] = RULES) -> Iterator[Rule | CardRule]:
    """Yield those of these rules that an id, a family or a pattern names."""
    return (rule for rule in rules if name in {rule.id, rule.family} or fnmatchcase(rule.id, name))


def _demand_rules(name: str, where: str) -> None:
    if next(match_rules(name, tuple(_BY_ID.values())), None) is None:
        families = ", ".join(dict.fromkeys(f"{rule.family}/*" for rule in _BY_ID.values()))
        raise ConfigError(
            f"{where}: {name!r} is no rule; allowed are the ids that `packager rules` lists, and {families}"
        )
