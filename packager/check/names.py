"""Hold the properties that `[time]` and `[check]` name against the schema and the segments. Pure.

A rule about what nobody has is silent. Where that may be a slip of the pen, it is told: a name that the
schema does not allow is an error of the configuration; one that no segment has, a warning for all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from packager.check.rules import Properties
from packager.check.rules.catalogue import RULES
from packager.check.rules.rule import SPEAKER, TEXT, TIMES
from packager.columns import Demands, is_text
from packager.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from packager.columns import Layout
    from packager.schema import SegmentSchema

_KINDS: Final = {"start": "time", "end": "time", "text": "check", "speaker": "check"}
"""In the order of `Properties`: the table of dataset.toml that names each."""
_NEEDS: Final = {TIMES: ("start", "end"), TEXT: ("text",), SPEAKER: ("speaker",)}
_HOLDS: Final = {
    "start": "the property that says when a segment starts",
    "end": "and when it ends",
    "text": "the property that holds what is said",
    "speaker": "and who says it",
}


class Name(NamedTuple):
    """A property, as the project names it."""

    kind: str
    """`start`, `end`, `text` or `speaker`."""
    name: str
    given: bool
    """Whether dataset.toml says so, or it is a default."""


def name_properties(named: Mapping[str, str], given: Collection[str]) -> tuple[Name, ...]:
    """Return the names of these properties, by kind; `given` is as `Config.given`."""
    return tuple(Name(kind, named[kind], f"{table}.{kind}" in given) for kind, table in _KINDS.items())


def demand_names(schema: SegmentSchema, schema_name: str, names: Sequence[Name]) -> None:
    """Demand that a closed schema declares what dataset.toml names.

    Raises:
        ConfigError: it does not.
    """
    given = [each for each in names if each.given]
    demands = Demands(schema.document, schema.targets)
    if not given or not demands.closed():
        return
    declared = demands.declared()
    wrong = [each for each in given if each.name not in declared]
    told = []
    for each in wrong:
        near = _find_nearest(each, declared)
        hint = f"did you mean {_quote(near)}?" if near else "name one that it declares, or leave the key out"
        told.append(
            f"{schema_name}: declares no property {_quote(each.name)}, which {_KINDS[each.kind]}.{each.kind} "
            f"of dataset.toml names, and allows no other: {hint}"
        )
    if told:
        raise ConfigError("\n".join(told))


def find_properties(
    schema: SegmentSchema, layout: Layout, names: Sequence[Name]
) -> tuple[Properties, frozenset[str]]:
    """Return the properties that the rules look at, and all that the schema declares.

    A default name counts if the schema declares it, one that the project gives if the schema allows it; text
    and speaker not if they may be something else than a string.
    """
    demands = Demands(schema.document, schema.targets)
    declared, closed = demands.declared(), demands.closed()
    found: dict[str, str | None] = {}
    for each in names:
        possible = each.name in declared or (each.given and not closed)
        possible = possible and not _is_odd(each, layout)
        found[each.kind] = each.name if possible else None
    if None in {found["start"], found["end"]}:
        found["start"] = found["end"] = None
    return Properties(**found), frozenset(declared)


def find_lacking(rule_id: str, seen: Collection[str]) -> list[str]:
    """Return the properties that a rule needs, less those that segments have."""
    needs = next(rule.needs for rule in RULES if rule.id == rule_id)
    return [kind for need in needs for kind in _NEEDS[need] if kind not in seen]


def tell_names(  # noqa: PLR0913, PLR0917 - what is wanted, and what there is
    schema: SegmentSchema,
    layout: Layout,
    names: Sequence[Name],
    wanted: Collection[str],
    seen: Collection[str],
    keys: Iterable[str],
) -> tuple[str, ...]:
    """Return one warning of rules that cannot run, if there are any; else nothing.

    `wanted` are the rules that the project wants, `seen` are the kinds of properties that segments have.
    In a closed schema, what is declared may well be absent.
    """
    properties, declared = find_properties(schema, layout, names)
    closed = Demands(schema.document, schema.targets).closed()
    halves = set[str]()
    if properties.start is None:  # rules want both times; what is told is the one that is missing
        halves = {each.name for each in names if each.name in declared or (each.given and not closed)}
    silent = {rule: find_lacking(rule, seen) for rule in wanted}
    sought = {kind for lacking in silent.values() for kind in lacking}
    absent = [
        each
        for each in names
        if each.kind in sought
        and not (closed and _is_allowed(each, properties, declared))
        and not (each.kind in _NEEDS[TIMES] and each.name in halves)
    ]
    if not absent:
        return ()
    kinds = {each.kind for each in absent}
    off = {rule for rule, lacking in silent.items() if kinds.intersection(lacking)}
    families = dict.fromkeys(rule.family for rule in RULES if rule.id in off)
    unknown = [each for each in absent if not each.given and each.name not in declared]
    odd = [each for each in absent if _is_odd(each, layout)]
    missing = [each for each in absent if each not in unknown and each not in odd]
    reasons = [
        f"{told} {_list([_quote(each.name) for each in those])}"
        for told, those in (
            ("the schema declares no property", unknown),
            ("the schema allows more than strings in", odd),
            ("no segment has", missing),
        )
        if those
    ]
    said = (
        f"{' and '.join(reasons)}, so {len(off)} rules that look at that cannot run ({', '.join(families)}): "
        "say in dataset.toml which properties they are, or ignore the rules"
    )
    lines = [said]
    known = sorted({*declared, *keys})
    for table in dict.fromkeys(_KINDS[each.kind] for each in absent):
        lines.append(f"[{table}]")
        for each in absent:
            if _KINDS[each.kind] == table:
                # What its column shows to be no text would be told of again.
                near = _find_nearest(
                    each, [name for name in known if not _is_odd(each._replace(name=name), layout)]
                )
                lines.append(f"{each.kind} = {_quote(near or '…')}  # {_HOLDS[each.kind]}")
    return ("\n".join(lines),)


def _find_nearest(name: Name, known: Iterable[str]) -> str | None:
    """Return the property that was most likely meant."""
    from difflib import get_close_matches  # noqa: PLC0415 - only for what is wrong

    known = set(known)
    if name.name in known:
        return name.name
    folded = {each.casefold(): each for each in sorted(known, reverse=True)}
    for wanted in (name.name.casefold(), name.kind):
        if near := get_close_matches(wanted, folded, 1):
            return folded[near[0]]
    return None


def _is_odd(name: Name, layout: Layout) -> bool:
    """Return whether a property for text is declared as something else."""
    types = {each.name: each.type for each in layout.properties}
    return name.kind not in _NEEDS[TIMES] and name.name in types and not is_text(types[name.name])


def _is_allowed(name: Name, properties: Properties, declared: Collection[str]) -> bool:
    """Return whether the schema declares a property as what the rules look at."""
    return name.name in declared and (
        name.kind in _NEEDS[TIMES] or getattr(properties, name.kind) is not None
    )


def _list(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _quote(name: str) -> str:
    """Return a name as TOML writes it, so that it cannot steer a terminal."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    shown = "".join(each if each.isprintable() else f"\\U{ord(each):08X}" for each in escaped)
    return f'"{shown}"'
