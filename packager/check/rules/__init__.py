"""The rules beyond the schema: what each one is, which of them a project wants, how they are judged. Pure.

A rule is defined once, in the room of its family (`times`, `texts`, `loops`, `speakers`,
`duplicates`, `leaks`); `catalogue` gathers them, `pack` judges with them, `page` describes them.
"""

from packager.check.rules.catalogue import (
    RULES,
    check_choices,
    find_family,
    find_rule,
    resolve_limits,
    resolve_severities,
)
from packager.check.rules.columns import Columns
from packager.check.rules.memory import Memory
from packager.check.rules.pack import Finding, RulePack
from packager.check.rules.rule import OTHER, Evidence, Place, Rule, Sighting
from packager.check.rules.turn import Properties, has_property

__all__ = [
    "OTHER",
    "RULES",
    "Columns",
    "Evidence",
    "Finding",
    "Memory",
    "Place",
    "Properties",
    "Rule",
    "RulePack",
    "Sighting",
    "check_choices",
    "find_family",
    "find_rule",
    "has_property",
    "resolve_limits",
    "resolve_severities",
]
