"""Compare patterns with node on random pairs of pattern and text: `python -m benchmarks.pattern_fuzz`.

Patterns of every construct of ECMA-262, some of them damaged, are judged wherever a schema can hold one: as
`pattern`, in `propertyNames`, as a name in `patternProperties`, and as a value of the format `regex`. Each
verdict must be that of `new RegExp(pattern, "u")` in node. Returns 1 if one differs. `--record FILE`
writes the pairs down with node's answers, a pattern a line: the tests keep such a sample.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from packager.errors import ConfigError
from packager.reading import read_document
from packager.schema import compile_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from packager.schema import SegmentSchema

_TEXTS: Final = 8
"""How many texts a pattern is asked about."""
_BATCH: Final = 1000
"""How many patterns a node process is asked about."""
_KEPT: Final = 20

# Node is asked at each character, as the specification goes through a text: without the flag y, V8 finds
# matches of no characters inside a pair of surrogates too, such as that of `\B` in "a\U0001d49cB".
_ASK: Final = """
const lines = require("fs").readFileSync(0, "utf8").trimEnd().split("\\n");
for (const line of lines) {
  const [pattern, texts] = JSON.parse(line);
  let regex = null;
  try { regex = new RegExp(pattern, "uy"); } catch (error) { }
  const matches = (text) => {
    for (let at = 0; at <= text.length; at += (text.codePointAt(at) > 0xffff ? 2 : 1)) {
      regex.lastIndex = at;
      if (regex.test(text)) return true;
    }
    return false;
  };
  console.log(JSON.stringify(regex && texts.map(matches)));
}
"""

_CHARS: Final = (
    *"aaabbcABZ019__- .:,/#&~'=!<>%",
    *"\t\n\r\x00\x08\x0b\x0c\x1c\x7f\x85\xa0\u1680\u180e\u2000\u200b\u2028\u2029\u202f\u3000\ufeff",
    *"éß\u017f\u0131İ\u212aÅΣςǅ٣\uff11\uff21漢\u0301\ue000\ufffd\uffff😀\U0001d49c\U0010ffff",
)
_BARE: Final = [char for char in _CHARS if char not in "^$\\.*+?()[]{}|/"]
_SETS: Final = {r"\d": "07", r"\D": "aé", r"\w": "a_9", r"\W": " é", r"\s": " \n\xa0\ufeff", r"\S": "aé"}
_PROPERTIES: Final = {
    "L": "aé漢",
    "Lu": "AΣ",
    "Letter": "ß",
    "gc=Nd": "0٣",
    "Script=Han": "漢",
    "sc=Latn": "aK",
    "P": "-.,",
    "ASCII": "a\n",
    "Any": "😀",
    "White_Space": " \x85",
    "Alphabetic": "a\u0131",
    "Emoji": "😀1",
    "scx=Grek": "Σ",
    "General_Category=Lowercase_Letter": "a\u017f",
    "Uppercase": "A",
    "ID_Start": "aé",
    "Cn": "\uffff",
}
_ODD: Final = (
    *(
        r"\_",
        r"\-",
        r"\ ",
        r"\a",
        r"\e",
        r"\A",
        r"\Z",
        r"\h",
        r"\8",
        r"\00",
        r"\c",
        r"\u{110000}",
        r"\u12",
        "{",
    ),
    *(
        "}",
        "]",
        "{,3}",
        "a{2",
        "[]",
        "[^]",
        r"\p{Foo}",
        r"\pL",
        r"[\d-x]",
        "[b-a]",
        "(?=a)*",
        "^*",
        r"\b+",
        "(?",
    ),
    *(r"\k<x>", r"(?<1>a)", "(?<n", "[[:alpha:]]", "[a&&b]", "[a--b]", "(?P<n>a)", "(?#x)", "a++", "a{2}{3}"),
    *(r"\x4", r"\u{}", r"[\b]", r"[\B]", r"\Q.\E", "[^^]", "[a-]", "[-a]", "(?>a)", "(*FAIL)", r"\/", r"\cJ"),
)


class Case(NamedTuple):
    """A pattern, and texts that may hold a match."""

    pattern: str
    texts: tuple[str, ...]


def make_cases(seed: str, count: int) -> list[Case]:
    """Return patterns with their texts, always the same for a seed."""
    chance = random.Random(seed)  # noqa: S311 - the same cases each time
    return [_Maker(chance).make() for _ in range(count)]


def ask_node(cases: Sequence[Case]) -> list[list[bool] | None]:
    """Return whether each text of each pattern matches; None for what is no pattern."""
    lines = "\n".join(json.dumps([case.pattern, case.texts]) for case in cases)
    done = subprocess.run(["node", "-e", _ASK], input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def find_differences(case: Case, answers: Sequence[bool] | None) -> Iterator[str]:
    """Yield where a schema says something else about a pattern than these answers."""
    if _compile({"format": "regex"}).is_valid({"x": case.pattern}) is not (answers is not None):
        yield f"format: regex takes {case.pattern!r} otherwise"
    schemas: dict[str, tuple[dict[str, Any], Callable[[str], dict[str, Any]]]] = {
        "pattern": ({"pattern": case.pattern}, lambda text: {"x": text}),
        "beside a format": ({"pattern": case.pattern, "format": "none"}, lambda text: {"x": text}),
        "propertyNames": ({"propertyNames": {"pattern": case.pattern}}, lambda text: {"x": {text: 0}}),
        "patternProperties": (
            {"patternProperties": {case.pattern: True}, "additionalProperties": False},
            lambda text: {"x": {text: 0}},
        ),
    }
    for name, (schema, value_of) in schemas.items():
        try:
            judge = _compile(schema)
        except ConfigError as error:
            if answers is not None:
                yield f"{name}: {case.pattern!r} is refused: {error}"
            continue
        if answers is None:
            yield f"{name}: {case.pattern!r} is accepted"
            continue
        values = [value_of(text) for text in case.texts]
        invalid = set(judge.find_invalid(values))
        for index, (text, expected) in enumerate(zip(case.texts, answers, strict=True)):
            found = (index not in invalid, not list(judge.explain(values[index])))
            if found != (expected, expected):
                yield f"{name}: {case.pattern!r} on {text!r}: node {expected}, here {found}"


def is_newer_than_node(pattern: str) -> bool:
    """Return whether a pattern has what node 20 does not know yet: modifiers, or a name of two groups."""
    names = re.findall(r"\(\?<([^=!>]*)>", pattern)
    return re.search(r"\(\?[a-z-]", pattern) is not None or len(names) > len(set(names))


def main() -> None:
    """Compare, tell what was seen, and leave with 1 if there was a difference."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--record", type=Path)
    given = parser.parse_args()
    begin = time.perf_counter()
    seen: Counter[str] = Counter()
    found: list[str] = []
    recorded: list[str] = []
    for batch in range(-(-given.pairs // (_BATCH * _TEXTS))):
        cases = make_cases(f"{given.seed}.{batch}", min(_BATCH, -(-given.pairs // _TEXTS)))
        cases = [case for case in cases if not is_newer_than_node(case.pattern)]
        for case, answers in zip(cases, ask_node(cases), strict=True):
            seen["patterns"] += 1
            seen["pairs"] += len(answers or ())
            seen["matches"] += sum(answers or ())
            seen["no patterns"] += answers is None
            found += find_differences(case, answers)
            recorded.append(json.dumps([case.pattern, case.texts, answers]) + "\n")
        if len(found) >= _KEPT:
            break
    print(", ".join(f"{count:,} {what}" for what, count in seen.items()), end=", ")
    print(f"seed {given.seed}, {time.perf_counter() - begin:.0f} s, {len(found)} differences")
    print("\n".join(found[:_KEPT]))
    if given.record:
        given.record.write_text("".join(recorded), encoding="ascii")
    sys.exit(bool(found))


def _compile(schema: dict[str, Any]) -> SegmentSchema:
    data = json.dumps({"properties": {"x": schema}}).encode()
    return compile_schema(data, "s.json", None, read_document)


class _Maker:
    """Makes a pattern together with a text that it may match."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._groups = 0
        self._names: list[str] = []

    def make(self) -> Case:
        chance = self._chance
        pattern, example = self._alternatives(3)
        if chance.random() < 0.4:
            pattern = "^" + pattern
        if chance.random() < 0.4:
            pattern += "$"
        if chance.random() < 0.12:
            at = chance.randrange(len(pattern) + 1)
            inserted = chance.choice((*_ODD, *"^$\\.*+?()[]{}|-\\\\", ""))
            pattern = pattern[:at] + inserted + pattern[at + chance.randrange(2) :]
        texts = [example, *(self._damage(example) for _ in range(3))]
        texts += ["".join(chance.choices(_CHARS, k=chance.randrange(6))) for _ in range(_TEXTS - len(texts))]
        return Case(pattern, tuple(texts))

    def _damage(self, text: str) -> str:
        at = self._chance.randrange(len(text) + 1)
        inserted = self._chance.choice(("", self._chance.choice(_CHARS)))
        return (text[:at] + inserted + text[at + self._chance.randrange(3) :])[:20]

    def _alternatives(self, depth: int) -> tuple[str, str]:
        made = [self._sequence(depth) for _ in range(self._chance.choice((1, 1, 1, 2, 3)))]
        return "|".join(pattern for pattern, _ in made), self._chance.choice(made)[1]

    def _sequence(self, depth: int) -> tuple[str, str]:
        made = [self._term(depth) for _ in range(self._chance.choice((0, 1, 1, 2, 2, 3, 4)))]
        return "".join(pattern for pattern, _ in made), "".join(text for _, text in made)[:20]

    def _term(self, depth: int) -> tuple[str, str]:
        chance = self._chance
        if chance.random() < 0.12:
            return chance.choice(("^", "$", r"\b", r"\B")), ""
        if depth and chance.random() < 0.08:
            pattern, text = self._alternatives(depth - 1)
            kind = chance.choice(("(?=", "(?!", "(?<=", "(?<!"))
            return f"{kind}{pattern})", text if kind == "(?=" and chance.random() < 0.3 else ""
        pattern, text = self._atom(depth)
        if chance.random() < 0.3:
            low = chance.randrange(3)
            counts = (f"{{{low}}}", f"{{{low},}}", f"{{{low},{low + chance.randrange(3)}}}", "*", "+", "?")
            pattern += chance.choice(counts) + chance.choice(("", "", "?"))
            text *= chance.choice((1, 1, 2, 2, 3, 0))
        return pattern, text

    def _atom(self, depth: int) -> tuple[str, str]:
        chance = self._chance
        match chance.randrange(14 if depth else 10):
            case 0 | 1 | 2 | 3:
                char = chance.choice(_BARE)
                made = self._escape(char) if chance.random() < 0.2 else (char, char)
            case 4:
                char = chance.choice("^$\\.*+?()[]{}|/")
                made = "\\" + char, char
            case 5:
                made = ".", chance.choice(_CHARS)
            case 6 | 7:
                made = self._class()
            case 8:
                made = self._set()
            case 9:
                made = self._reference()
            case _:
                made = self._group(depth)
        return made

    def _reference(self) -> tuple[str, str]:
        ways = (r"\1", r"\2", *(rf"\k<{name}>" for name in self._names))
        reference = self._chance.choice(ways)
        return (reference, "") if self._groups or self._chance.random() < 0.1 else ("a", "a")

    def _group(self, depth: int) -> tuple[str, str]:
        pattern, text = self._alternatives(depth - 1)
        opening = self._chance.choice(("(", "(?:", "(?<"))
        if opening == "(?<":
            name = self._chance.choice(("n", "$a", "é", "_x1")) + str(len(self._names))
            self._names.append(name)
            opening += name + ">"
        self._groups += opening != "(?:"
        return f"{opening}{pattern})", text

    def _set(self) -> tuple[str, str]:
        if self._chance.random() < 0.7:
            pattern, chars = self._chance.choice(list(_SETS.items()))
            return pattern, self._chance.choice(chars)
        name, chars = self._chance.choice(list(_PROPERTIES.items()))
        return self._chance.choice((rf"\p{{{name}}}", rf"\P{{{name}}}")), self._chance.choice(chars)

    def _escape(self, char: str) -> tuple[str, str]:
        code = ord(char)
        ways = [f"\\u{{{code:x}}}", f"\\u{{{code:08X}}}"]
        ways += [f"\\u{code:04x}"] if code < 0x10000 else [f"\\u{chr(code).encode('utf-16-be').hex()}"]
        ways += [f"\\x{code:02x}"] if code < 0x100 else []
        ways += {"\t": [r"\t"], "\n": [r"\n", r"\cJ"], "\r": [r"\r"], "\x00": [r"\0"]}.get(char, [])
        way = self._chance.choice(ways)
        if code >= 0x10000 and "{" not in way:  # as two escapes
            way = f"{way[:6]}\\u{way[6:]}"
        return way, char

    def _class(self) -> tuple[str, str]:
        chance = self._chance
        parts, text = [], chance.choice(_CHARS)
        for _ in range(chance.choice((0, 1, 1, 2, 2, 3))):
            match chance.randrange(6):
                case 0:
                    low, high = sorted(chance.choices([char for char in _BARE if char != "-"], k=2))
                    parts.append(f"{self._class_char(low)}-{self._class_char(high)}")
                    text = chance.choice((low, high))
                case 1:
                    pattern, text = self._set()
                    parts.append(pattern)
                case 2:
                    parts.append(
                        chance.choice((r"\-", r"\]", r"\b", "[", ".", "*", "$", "&&", "~~", "(", "|"))
                    )
                case _:
                    text = chance.choice(_BARE)
                    parts.append(self._class_char(text))
        negated = "^" if chance.random() < 0.3 else ""
        return f"[{negated}{''.join(parts)}]", text

    def _class_char(self, char: str) -> str:
        if char == "-":
            return r"\-"
        return self._escape(char)[0] if self._chance.random() < 0.2 else char


if __name__ == "__main__":
    main()
