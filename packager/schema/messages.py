"""Word what is wrong with a value, a message for each keyword, for people who curate segments. Pure.

A message says `what is wrong: what to do`, in lower case, and quotes little. To word a keyword better, write
a function of the value, of the details that the validator gives and of the step where it stopped, and a line
in `_MESSAGES`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from packager.schema.patterns import SECONDS, find_fault
from packager.schema.phrases import count, cut, kind_of, one_of, one_type_of, quote, tell_condition
from packager.schema.steps import Step

if TYPE_CHECKING:
    from packager.schema.failures import Failure

_Value: TypeAlias = Any
"""Any JSON; of which kind, the keyword has made sure."""


def write_message(value: _Value, failure: Failure, step: Step | None) -> str:
    """Return what is wrong with a value; `step` is where the judgement stopped, None if it is not known."""
    write = _MESSAGES.get(failure.variant)
    if write is None or step is None:
        return cut(failure.error.message)
    return write(value, failure.details, step)


def write_contains(step: Step, items: int, fitting: int | None) -> tuple[str, str]:
    """Return which keyword an array breaks that holds too few or too many items that fit, and a message.

    `fitting` is how many of its items fit, None if that is not known; `step` names any of the three keywords.
    """
    clause = tell_condition(step.schema.get("contains")) or "it is as the schema's `contains` wants it"
    of_all = f"of the {count(items, 'item')}"
    least = step.schema.get("minContains")
    if step.keyword == "maxContains" and (fitting or step.schema.get("minContains") is not None):
        found = "too many" if fitting is None else str(fitting)
        return "maxContains", f"{found} {of_all} fit, at most {step.schema.get('maxContains')} may: {clause}"
    if least is None:
        return "contains", f"no item fits, at least 1 must: {clause}"
    found = "too few" if fitting is None else str(fitting)
    return (
        "minContains",
        f"{found} {of_all} {'fits' if fitting == 1 else 'fit'}, at least {least} must: {clause}",
    )


def write_undecided(pattern: str, text: str) -> str:
    """Return that a pattern takes too long to decide on a text."""
    return (
        f"the pattern {cut(pattern)} takes more than {SECONDS:g} s to judge {quote(text)}: "
        "write it without repetitions inside repetitions"
    )


def _required(value: _Value, details: dict[str, Any], step: Step) -> str:
    missing = details["property"]
    message = f"the property {quote(missing)} is missing"
    if step.keyword == "required":
        return message
    lists = step.schema.get(step.keyword)
    needing = [
        quote(name)
        for name, names in (lists.items() if isinstance(lists, dict) else [])
        if name in value and isinstance(names, list) and missing in names
    ]
    return f"{message}, which must stand beside {' and '.join(needing) or 'another one'}"


def _type(value: _Value, details: dict[str, Any], _: Step) -> str:
    wanted = one_type_of(sorted(details["types"], key="null".__eq__))
    if value is None:
        return f"null stands where {wanted} belongs"
    return f"{quote(value)} is {kind_of(value)}, not {wanted}"


def _pattern(value: _Value, details: dict[str, Any], _: Step) -> str:
    if details["pattern"] == r"\S":
        return f"{quote(value)} holds nothing but white space"
    return f"{quote(value)} does not match the pattern {cut(details['pattern'])}"


def _format(value: _Value, details: dict[str, Any], _: Step) -> str:
    if details["format"] == "regex":
        return f"{quote(value)} is no regular expression of ECMA-262 with the flag u: {find_fault(value)}"
    return f"{quote(value)} is not of the format {cut(details['format'])}"


def _unique_items(value: _Value, _: dict[str, Any], __: Step) -> str:
    places: dict[object, int] = {}
    for index, item in enumerate(value):
        first = places.setdefault(_freeze(item), index)
        if first != index:
            return f"the items {first} and {index} are the same: {quote(item)}"
    return "two items are the same"


def _freeze(value: _Value) -> object:
    """Return what is equal for values that are equal as JSON: `1` and `1.0` are, `1` and `true` are not."""
    if isinstance(value, dict):
        return frozenset((key, _freeze(inner)) for key, inner in value.items())
    if isinstance(value, list):
        return tuple(map(_freeze, value))
    return (isinstance(value, bool), value)


def _not(value: _Value, _: dict[str, Any], step: Step) -> str:
    clause = tell_condition(step.schema.get("not"))
    return f"{quote(value)} is what the schema rules out" + (f": {clause}" if clause else "")


def _at_least(noun: str, size: Callable[[_Value], int]) -> _Write:
    return lambda value, details, _: (
        f"{count(size(value), noun)} {_are(size(value))} too few: at least {details['limit']}"
    )


def _at_most(noun: str, size: Callable[[_Value], int]) -> _Write:
    return lambda value, details, _: (
        f"{count(size(value), noun)} {_are(size(value))} too many: at most {details['limit']}"
    )


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _length(what: str, bound: str) -> _Write:
    return lambda value, details, _: (
        f"{quote(value)} is too {what} ({count(len(value), 'character')}): {bound} {details['limit']}"
    )


def _bound(what: str, bound: str) -> _Write:
    return lambda value, details, _: f"{quote(value)} is too {what}: {bound} {quote(details['limit'])}"


_Write = Callable[[_Value, dict[str, Any], Step], str]

_MESSAGES: Final[dict[str, _Write]] = {
    "Constant": lambda value, details, _: f"{quote(value)} is not {quote(details['expected_value'])}",
    "ContentEncoding": lambda value, details, _: f"{quote(value)} is not {cut(details['content_encoding'])}",
    "ContentMediaType": lambda value, details, _: (
        f"{quote(value)} is not {cut(details['content_media_type'])}"
    ),
    "Enum": lambda value, details, _: f"{quote(value)} is not {one_of(details['options'])}",
    "ExclusiveMaximum": _bound("large", "less than"),
    "ExclusiveMinimum": _bound("small", "more than"),
    "Format": _format,
    "MaxItems": _at_most("item", len),
    "MaxLength": _length("long", "at most"),
    "MaxProperties": _at_most("property", len),
    "Maximum": _bound("large", "at most"),
    "MinItems": _at_least("item", len),
    "MinLength": _length("short", "at least"),
    "MinProperties": _at_least("property", len),
    "Minimum": _bound("small", "at least"),
    "MultipleOf": lambda value, details, _: (
        f"{quote(value)} is not a multiple of {quote(details['multiple_of'])}"
    ),
    "Not": _not,
    "Pattern": _pattern,
    "Required": _required,
    "Type": _type,
    "UniqueItems": _unique_items,
}
