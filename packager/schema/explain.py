"""Say what is wrong with a value by its schema, so that a curator can put it right. Pure.

Every error comes with the JSON Pointer of the value (or the name of the property) that has it, the keyword
of the schema and a sentence. How a keyword is worded stands in messages.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from packager.model import to_pointer
from packager.schema.failures import list_failures, read_evaluation
from packager.schema.messages import write_contains, write_message, write_undecided
from packager.schema.nearest import tell_alternatives
from packager.schema.patterns import UndecidedError
from packager.schema.phrases import count, quote, tell_condition
from packager.schema.steps import Step, last_keyword, tell_reason, trace
from packager.schema.walk import follow_pointer, read_pointer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import jsonschema_rs

    from packager.model import JsonValue
    from packager.schema.failures import Failure, Path
    from packager.schema.patterns import Pattern


@dataclass(frozen=True, slots=True)
class Finding:
    """One way in which a value breaks a schema."""

    pointer: str
    """RFC 6901, into the value."""
    key: str | None
    """Set if a property of the object there is wrong as such: its name, or that it stands there at all."""
    keyword: str
    message: str

    @property
    def full_pointer(self) -> str:
        """The pointer of the value or of the property that is wrong."""
        return self.pointer + ("" if self.key is None else to_pointer([self.key]))


@dataclass(frozen=True, slots=True)
class Case:
    """A value, and all that is known of the schema that judges it."""

    value: JsonValue
    validator: jsonschema_rs.Validator
    schema: JsonValue = None
    targets: Mapping[int, JsonValue] | None = None
    """By the id() of a schema with a `$ref`: the schema that it leads to."""
    part: Callable[[JsonValue], jsonschema_rs.Validator | None] = lambda _: None
    """Makes what judges by a subschema alone; None if it is not known."""
    originals: Mapping[str, str] = field(default_factory=dict)
    """The patterns of the schema, by how they are spelled for the validator (see edition.py)."""
    odd_names: bool = False
    """Whether the schema holds names that the validator's paths lose (see failures.py)."""


def explain(case: Case) -> Iterator[Finding]:
    """Yield everything that is wrong with a value, each once; nothing if it is valid."""
    seen = set()
    for failure in list_failures(case.validator, case.value, case.originals, odd=case.odd_names):
        for finding in _explain_failure(failure, case):
            if finding not in seen:
                seen.add(finding)
                yield finding


def explain_undecided(
    value: JsonValue, make_case: Callable[[Callable[[Pattern, str], bool]], Case]
) -> Iterator[Finding]:
    """Yield what is wrong with a value that a pattern takes too long to decide on: that, wherever it counts.

    What else is told is wrong whether the pattern matches or not. `make_case` returns the case in which a
    function answers for the patterns.
    """
    undecided: dict[tuple[str, str], None] = {}

    def assume(answer: bool, pattern: Pattern, text: str) -> bool:  # noqa: FBT001 - it is bound below
        try:
            return pattern.test(text)
        except UndecidedError:
            undecided[pattern.source, text] = None
            return answer

    without, with_it = (list(explain(make_case(partial(assume, answer)))) for answer in (False, True))
    for pattern, text in undecided:
        pointer, key = _find_text(value, text) or ("", None)
        yield Finding(pointer, key, "pattern", write_undecided(pattern, text))
    yield from (finding for finding in without if finding in with_it)


def _find_text(value: JsonValue, text: str) -> tuple[str, str | None] | None:
    """Return where a text stands in a value: the pointer and, if it is a name, that name; None if nowhere."""
    if value == text:
        return "", None
    if isinstance(value, dict) and text in value:
        return "", text
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        found = _find_text(inner, text)
        if found is not None:
            return to_pointer([key]) + found[0], found[1]
    return None


def _explain_failure(failure: Failure, case: Case) -> Iterator[Finding]:
    """Yield what one failure says: more than one thing where it is about many properties."""
    steps = trace(failure.evaluation, case.schema, case.targets or {})
    last = last_keyword(steps)
    keyword = "propertyNames" if failure.name else last.keyword if last else "$ref" if steps else "false"
    since = tell_reason(steps)
    if failure.variant == "Contains" and steps:
        keyword, message = _explain_contains(failure, steps[-1], case)
        yield Finding(to_pointer(failure.path), None, keyword, message + since)
        return
    for path, key, message in _split(failure, steps, case):
        yield Finding(to_pointer(path), key, keyword, message + since)


def _explain_contains(failure: Failure, step: Step, case: Case) -> tuple[str, str]:
    items = _value_of(failure, case)
    schema = step.schema.get("contains")
    judge = case.part(schema)
    fitting = None if judge is None else sum(map(judge.is_valid, items))
    if isinstance(schema, bool):
        fitting = len(items) if schema else 0
    return write_contains(step, len(items), fitting)


_Told: TypeAlias = "tuple[Path, str | None, str]"
"""Path of a value, the property of it that is meant (None: the value itself), and what is wrong."""

_NO_PROPERTY: Final = "the schema allows no property here, not even {}"
_OF_PROPERTIES: Final = frozenset(
    {"properties", "patternProperties", "additionalProperties", "unevaluatedProperties"}
)
_OF_ITEMS: Final = frozenset({"items", "prefixItems", "additionalItems", "unevaluatedItems"})


def _split(failure: Failure, steps: list[Step], case: Case) -> Iterator[_Told]:
    """Yield a failure as one thing a property or item, where it is about those."""
    path = failure.path
    match failure.kind:
        case "additionalProperties" | "unevaluatedProperties":
            yield from _split_properties(failure, steps)
        case "additionalItems":
            limit = failure.details["limit"]
            for index in range(limit, len(_value_of(failure, case))):
                yield (*path, index), None, f"the schema allows no more than {count(limit, 'item')} here"
        case "unevaluatedItems":
            for item in _find_unevaluated(failure, case) or [path]:
                yield item, None, f"the schema does not know an item here{_wanted_of_rest(steps)}"
        case "propertyNames" if failure.name:
            yield _tell_name(path, failure.name, case)
        case "falseSchema":
            yield from _split_false(failure, steps, case)
        case "required" if failure.details["property"] in _value_of(failure, case):
            # Beside `additionalProperties: false` the validator calls what it refuses missing too.
            return
        case _:
            yield path, None, _message(failure, case, steps)


def _split_properties(failure: Failure, steps: list[Step]) -> Iterator[_Told]:
    wanted = _wanted_of_rest(steps)
    for key in failure.details["unexpected"]:
        message = f"the schema does not know a property {quote(key)}{wanted}"
        yield ((*failure.path, key), None, message) if wanted else (failure.path, key, message)


def _wanted_of_rest(steps: list[Step]) -> str:
    """Return what the schema asks of what it does not know; empty if it allows nothing of the kind."""
    schema = steps[-1].schema.get(steps[-1].keyword) if steps else False
    if not schema:
        return ""
    return f" and this one is not as it wants others: {tell_condition(schema) or 'see the schema'}"


def _tell_name(path: Path, failure: Failure, case: Case) -> _Told:
    name: str = failure.error.instance  # type: ignore[assignment] # names are strings
    if failure.kind == "falseSchema":
        return path, name, _NO_PROPERTY.format(quote(name))
    wrong = _message(failure, replace(case, value=name))
    return path, name, f"the name of this property is wrong: {wrong}"


def _split_false(failure: Failure, steps: list[Step], case: Case) -> Iterator[_Told]:
    """Explain a subschema `false` by the keyword that holds it."""
    path = failure.path
    step = last_keyword(steps) or Step("", None, {})
    if failure.evaluation[-1:] == ("additionalProperties",):
        for key in _value_of(failure, case):  # the validator names only the object around them
            yield path, key, f"the schema does not know a property {quote(key)}"
    elif step.keyword in _OF_PROPERTIES and path:
        yield path[:-1], str(path[-1]), f"the schema allows no property {quote(str(path[-1]))} here"
    elif step.keyword == "propertyNames":
        for key in _value_of(failure, case):
            yield path, key, _NO_PROPERTY.format(quote(key))
    elif step.keyword in {"dependentSchemas", "dependencies"}:
        yield path, str(step.name), f"the schema allows no property {quote(str(step.name))} here"
    elif step.keyword in _OF_ITEMS:
        yield path, None, "the schema allows no item here"
    else:
        yield path, None, f"nothing is allowed here, and here is {quote(_value_of(failure, case))}"


def _find_unevaluated(failure: Failure, case: Case) -> list[Path]:
    """Return the paths of the items that no keyword has looked at; the failure itself does not tell them."""
    wanted = to_pointer(failure.evaluation), to_pointer(failure.path)
    found: list[Path] = []
    for unit in case.validator.evaluate(case.value).list()["details"]:
        around, _, index = unit["instanceLocation"].rpartition("/")
        way = to_pointer(read_evaluation(tuple(read_pointer(unit["evaluationPath"])), case.originals))
        if (way, around) == wanted and index.isdecimal() and not unit["valid"]:
            found.append((*failure.path, int(index)))
    return found


def _value_of(failure: Failure, case: Case) -> Any:  # noqa: ANN401 - any JSON
    """Return the value that a failure is about, its properties in the order of the source."""
    return follow_pointer(case.value, to_pointer(failure.path))


def _message(failure: Failure, case: Case, steps: list[Step] | None = None) -> str:
    steps = trace(failure.evaluation, case.schema, case.targets or {}) if steps is None else steps
    value = _value_of(failure, case)
    if failure.branches:
        return tell_alternatives(value, failure, lambda inner: list(_explain_failure(inner, case)))
    return write_message(value, failure, steps[-1] if steps else None)
