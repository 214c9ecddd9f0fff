"""Explain a value that fits no alternative of `anyOf` or `oneOf` by the one that it comes nearest to. Pure.

Nearest is the alternative whose type and whose telling properties (those with a `const` or `enum`) are right;
then the one with the fewest errors; then the one whose errors lie deepest. Where all alternatives differ in
one thing, the type or one such property, that is told instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from packager.model import to_pointer
from packager.schema.phrases import kind_of, one_of, one_type_of, quote

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from packager.model import JsonValue
    from packager.schema.explain import Finding
    from packager.schema.failures import Failure

    Branch = tuple[Failure, ...]

_SHOWN: Final = 3  # errors of the nearest alternative that are told


def tell_alternatives(
    value: JsonValue,
    failure: Failure,
    explain: Callable[[Failure], Sequence[Finding]],
) -> str:
    """Return why a value does not fit the alternatives of this failure; `explain` tells a failure of one."""
    branches = failure.branches
    fitting = [str(number) for number, branch in enumerate(branches, 1) if not branch]
    if fitting:
        *first, last = fitting
        numbers = f"{', '.join(first)} and {last}"
        return f"fits more than one of the {len(branches)} alternatives ({numbers}): only one may"
    depth = len(failure.path)
    types = _shared_types(branches, depth)
    if types:
        return f"{quote(value)} is {kind_of(value)}, not {one_type_of(types)}"
    none = f"fits none of the {len(branches)} alternatives" if len(branches) > 1 else "fits no alternative"
    telling = _shared_choice(branches, depth)
    if telling is not None:
        pointer, found, options = telling
        return f"{none}: at {pointer}: {quote(found)} is not {one_of(options)}"
    nearest = min(branches, key=lambda branch: _distance(branch, depth))
    return f"{none}; of the nearest: {_tell(nearest, depth, explain)}"


def _tell(branch: Branch, depth: int, explain: Callable[[Failure], Sequence[Finding]]) -> str:
    findings = [finding for failure in branch for finding in explain(failure)]
    told = []
    for finding in findings[:_SHOWN]:
        deeper = finding.pointer.count("/") > depth
        told.append(f"at {finding.pointer}: {finding.message}" if deeper else finding.message)
    more = len(findings) - len(told)
    return "; ".join(told) + (f"; and {more} more" if more else "")


def _distance(branch: Branch, depth: int) -> tuple[int, int, int]:
    """Return how far a value is from an alternative, to be compared."""
    strange = sum(_is_of_wrong_kind(failure, depth) for failure in branch)
    return strange, len(branch), -max(len(failure.path) for failure in branch)


def _is_of_wrong_kind(failure: Failure, depth: int) -> bool:
    here = len(failure.path) - depth
    return (failure.kind == "type" and here == 0) or (failure.kind in {"const", "enum"} and here == 1)


def _shared_types(branches: tuple[Branch, ...], depth: int) -> list[str]:
    """Return the types that the alternatives ask for, if the type is all that is wrong for each."""
    names: list[str] = []
    for branch in branches:
        if [failure.kind for failure in branch] != ["type"] or len(branch[0].path) != depth:
            return []
        names += [name for name in branch[0].details["types"] if name not in names]
    return names


def _shared_choice(branches: tuple[Branch, ...], depth: int) -> tuple[str, Any, list[JsonValue]] | None:
    """Return a property for which each alternative has values of its own: its place, its value, all those."""
    choices: list[dict[str, Failure]] = [
        {
            to_pointer(failure.path): failure
            for failure in branch
            if failure.kind in {"const", "enum"} and len(failure.path) in {depth, depth + 1}
        }
        for branch in branches
    ]
    for pointer, failure in choices[0].items():
        if all(pointer in choice for choice in choices):
            options: list[JsonValue] = []
            for choice in choices:
                details = choice[pointer].details
                values = details["options"] if "options" in details else [details["expected_value"]]
                options += [each for each in values if each not in options]
            return pointer, failure.error.instance, options
    return None
