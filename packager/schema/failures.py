"""List what the validator finds wrong with a value, each with its exact places. Pure.

The validator's own paths lose empty names and make numbers of names such as `007`. Where such names occur,
the paths are taken from its evaluation, which has them whole, at the price of a second run.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from packager.model import to_pointer
from packager.schema.edition import AS_FORMAT, BESIDE_FORMAT
from packager.schema.walk import read_pointer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import jsonschema_rs

    from packager.model import JsonValue

Path: TypeAlias = tuple[str | int, ...]
"""Names of properties and indices; a name that is all digits may stand as a number too."""

_TOO_LARGE: Final = 1 << 64  # for the validator to take a name for a number
_ANY: Final = "*"  # in the place of a keyword
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,19}")
_LOST: Final = re.compile(r"|0[0-9]{1,18}|\+[0-9]{1,19}")  # names that the validator's paths do not keep


class Failure(NamedTuple):
    """One keyword that a value does not satisfy."""

    kind: str
    """What is wrong, mostly the name of a keyword, such as `type`."""
    variant: str
    """The same in finer grain, such as `OneOfMultipleValid`."""
    path: Path
    """From the whole value to the one that is wrong."""
    evaluation: Path
    """The keywords on the way through the schema, references included."""
    details: dict[str, Any]
    branches: tuple[tuple[Failure, ...], ...]
    """For `anyOf` and `oneOf`: what is wrong by each alternative."""
    name: Failure | None
    """For `propertyNames`: what is wrong with the name; its path is empty."""
    error: jsonschema_rs.ValidationError


def list_failures(
    validator: jsonschema_rs.Validator, value: JsonValue, originals: Mapping[str, str], *, odd: bool
) -> Iterator[Failure]:
    """Yield what is wrong with a value.

    `originals`: the patterns of the schema, by how they are spelled for the validator; `odd`: the schema
    holds names that paths lose.
    """
    restore = _Places(validator, value) if odd or has_lost_names(value) else None
    for error in validator.iter_errors(value):
        yield _convert(error, restore, originals)


def read_evaluation(path: Path, originals: Mapping[str, str]) -> Path:
    """Return a way through a schema with its patterns as the schema has them."""
    pairs = zip(("", *path), path, strict=False)
    return tuple(
        originals.get(str(part), part) if before == "patternProperties" else part for before, part in pairs
    )


def has_lost_names(value: JsonValue) -> bool:
    """Return whether a value holds a property with a name that the validator's paths do not keep."""
    if isinstance(value, dict):
        return any(map(_LOST.fullmatch, value)) or any(map(has_lost_names, value.values()))
    return isinstance(value, list) and any(map(has_lost_names, value))


def _convert(
    error: jsonschema_rs.ValidationError,
    places: _Places | None,
    originals: Mapping[str, str],
    *,
    in_name: bool = False,
) -> Failure:
    details = error.kind.as_dict()
    path: Path = tuple(error.instance_path)
    evaluation: Path = tuple(error.evaluation_path)
    if places is not None:
        path, evaluation = places.restore(path, evaluation, error.verbose_message)
    evaluation = read_evaluation(evaluation, originals)
    kind, variant = error.kind.name, type(error.kind).__name__
    pattern, depth = _find_pattern(kind, details, originals)
    if pattern is not None:
        kind, variant, details = "pattern", "Pattern", {"pattern": pattern}
        evaluation = (*evaluation[:-depth], "pattern")
    inner = details.get("error") if kind == "propertyNames" else None
    return Failure(
        kind=kind,
        variant=variant,
        path=() if in_name else path,
        evaluation=evaluation,
        details=details,
        branches=tuple(
            tuple(_convert(each, places, originals, in_name=in_name) for each in branch)
            for branch in details.get("context", ())
        ),
        name=None if inner is None else _convert(inner, places, originals, in_name=True),
        error=error,
    )


def _find_pattern(kind: str, details: dict[str, Any], originals: Mapping[str, str]) -> tuple[str | None, int]:
    """Return the pattern that a value does not match, and how many steps of the evaluation stand for it."""
    if kind == "pattern":
        return originals.get(details["pattern"], details["pattern"]), 1
    if kind == "format":
        for mark, depth in ((AS_FORMAT, 1), (BESIDE_FORMAT, len(("allOf", 0, "format")))):
            if details["format"].startswith(mark):
                return details["format"].removeprefix(mark), depth
    return None, 0


class _Places:
    """The places that an evaluation passes, found by what the validator's paths keep of them."""

    def __init__(self, validator: jsonschema_rs.Validator, value: JsonValue) -> None:
        self.known: defaultdict[tuple[Path, Path], list[tuple[Path, Path]]] = defaultdict(list)
        units = validator.evaluate(value).list()["details"]
        for unit in sorted(units, key=lambda unit: "errors" not in unit):
            path, evaluation = _split(unit["instanceLocation"]), _split(unit["evaluationPath"])
            self.known[_lose(path), _lose(evaluation)].append((path, evaluation))
            # The evaluation calls a few keywords by another name, such as `exclusiveMinimum` of draft 4.
            self.known[_lose(path), (*_lose(evaluation[:-1]), _ANY)].append((path, evaluation[:-1]))

    def restore(self, path: Path, evaluation: Path, told: str) -> tuple[Path, Path]:
        """Return both paths whole; `told` is the long message of the error, which shows the first."""
        for whole, around in self.known.get((path, evaluation), ()):
            if _tells(told, whole):
                return whole, around
        for whole, around in self.known.get((path, (*evaluation[:-1], _ANY)), ()):
            if _tells(told, whole):
                return whole, (*around, *evaluation[-1:])
        return path, evaluation


def _tells(told: str, path: Path) -> bool:
    return f"\n\nOn instance{''.join(map(_show_part, path))}:\n" in told


def _split(pointer: str) -> Path:
    names = read_pointer(pointer)
    return tuple(int(name) if _INDEX.fullmatch(name) and int(name) < _TOO_LARGE else name for name in names)


def _lose(path: Path) -> Path:
    kept = [part for part in path if part != ""]  # but 0 is kept
    return tuple(int(part) if isinstance(part, str) and _LOST.fullmatch(part) else part for part in kept)


def _show_part(part: str | int) -> str:
    text = to_pointer([part]).removeprefix("/")
    return f"[{text}]" if text.isascii() and text.isdecimal() else f'["{text}"]'
