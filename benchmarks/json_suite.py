"""Hold the reader against a checkout of nst/JSONTestSuite: `python -m benchmarks.json_suite FOLDER`.

Each text of its folder `test_parsing` becomes the value of a property, in an object among clean ones, in each
form of a file: lines (if it holds no line break), an array on one line, an array over many, and one object
alone. What the suite says is no JSON (n_) must be refused in all of them, what is JSON (y_) must be accepted
with the value that Python reads, but for two objects with a key twice. Cases of which it leaves the verdict
open (i_) are listed. If the object around an n_ case made JSON of it, this would say so.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

from packager.model import SourceFile
from packager.reading import Item, read_items

if TYPE_CHECKING:
    from collections.abc import Iterator

_CLEAN: Final = 50
"""Objects before and behind."""
_TWICE: Final = frozenset({"y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"})
"""JSON by its grammar, and refused for good."""


class Form(NamedTuple):
    """How objects become a file."""

    name: str
    start: bytes
    between: bytes
    end: bytes
    clean: int


FORMS: Final = {
    "lines": Form("a.jsonl", b"", b"\n", b"\n", _CLEAN),
    "array": Form("a.json", b"[", b", ", b"]", _CLEAN),
    "pretty": Form("a.json", b"[\n  ", b",\n  ", b"\n]\n", _CLEAN),
    "object": Form("a.json", b"", b"", b"", 0),
}


class Verdict(NamedTuple):
    """What came of a case in one form."""

    rules: tuple[str, ...]
    """Of its problems; none: it was accepted."""
    value: str
    """What was read, by repr."""

    @property
    def accepted(self) -> bool:
        """Whether nothing was wrong."""
        return not self.rules


def main() -> None:
    """Read every case in every form; leave with 1 if a verdict is wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="the checkout")
    cases = sorted((parser.parse_args().folder / "test_parsing").glob("*.json"))
    if not cases:
        parser.error("there is no test_parsing/*.json in it")
    wrong: list[str] = []
    read = 0
    print("| left open | verdict |\n| --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        for path in cases:
            text = path.read_bytes()
            verdicts = {name: _read(form, text, Path(folder)) for name, form in _find_forms(text)}
            read += len(verdicts)
            if path.name.startswith("i_"):
                print(f"| {path.stem} | {_summarize(verdicts)} |")
            wrong += _judge(path.name, text, verdicts)
    print(f"\n{len(cases)} cases, read {read} times; {len(wrong)} verdicts are wrong")
    print("\n".join(wrong))
    sys.exit(bool(wrong))


def wrap(form: Form, text: bytes) -> bytes:
    """Return a file in which a text is the value of a property, in an object among clean ones."""
    clean = [b'{"Text": "Clean %d."}' % number for number in range(form.clean)]
    spread = form is FORMS["pretty"]
    middle = (b'{\n    "Text": %b\n  }' if spread else b'{"Text": %b}') % text
    return form.start + form.between.join([*clean, middle, *clean]) + form.end


def _find_forms(text: bytes) -> Iterator[tuple[str, Form]]:
    return ((name, form) for name, form in FORMS.items() if name != "lines" or b"\n" not in text)


def _read(form: Form, text: bytes, folder: Path) -> Verdict:
    path = folder / form.name
    path.write_bytes(wrap(form, text))
    read = list(read_items(SourceFile(str(path), form.name, "recording", "folder")))
    rules = tuple(problem.rule for each in read for problem in each.problems)
    middle = read[form.clean] if len(read) == 2 * form.clean + 1 else None
    value = middle.value if isinstance(middle, Item) else None
    return Verdict(rules, repr(None if value is None else value["Text"]))


def _judge(name: str, text: bytes, verdicts: dict[str, Verdict]) -> Iterator[str]:
    if name.startswith("i_"):
        if len({verdict.accepted for verdict in verdicts.values()}) > 1:
            yield f"{name}: {_summarize(verdicts)}"
        return
    for form, verdict in verdicts.items():
        if name.startswith("n_") or name in _TWICE:
            if verdict.accepted:
                why = "; wrapping makes it JSON" if _is_json(wrap(FORMS[form], text)) else ""
                yield f"{name}, {form}: accepted{why}"
        elif not verdict.accepted:
            yield f"{name}, {form}: refused, {', '.join(verdict.rules)}"
        elif verdict.value != (expected := repr(json.loads(text))):
            yield f"{name}, {form}: read as {verdict.value}, not as {expected}"


def _summarize(verdicts: dict[str, Verdict]) -> str:
    said = {", ".join(sorted(set(verdict.rules))) or "accepted" for verdict in verdicts.values()}
    if len(said) == 1:
        return said.pop()
    return "; ".join(
        f"{form}: {', '.join(sorted(set(verdict.rules))) or 'accepted'}" for form, verdict in verdicts.items()
    )


def _is_json(data: bytes) -> bool:
    def refuse(word: str) -> NoReturn:
        raise ValueError(word)

    try:
        json.loads(data, parse_constant=refuse)
    except (ValueError, RecursionError):
        return False
    return True


if __name__ == "__main__":
    main()
