"""Make random flat schemas, and segments of them as all kinds of programs write them: bytes, not objects."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

TEXTS: Final = (
    *("", " ", "a", "Hello.", "Zoë", "😀", "e\u0301", "日本語", "tab\there", "line\nbreak", 'a "quote"'),
    *(
        "back\\slash",
        "ends in \\",
        '\\"',
        "a/b",
        "\u2028",
        "\x7f",
        "\ufeff",
        "{",
        "},{",
        "]",
        ":",
        ",",
        "null",
    ),
    *("1.0", "00:00:01", "\u0000", "\u001f", "</script>", "x" * 13, "y" * 300, "ß" * 6, "ß" * 7, "\uffff"),
    *("twelve bytes", "thirteen byte", "AKIAIOSFODNN7EXAMPLE", "\U0010ffff", "a" * 8, "b" * 9, "é" * 200),
)
WORDS: Final = ("so", "it", "is", "that", "he", "would", "come", "again", "été", "and", "said", "nothing")
INTEGERS: Final = (
    *("0", "1", "-1", "7", "42", "-0", "100000", "9007199254740991", "9007199254740992", "9007199254740993"),
    *("-9007199254740991", "-9007199254740993", "9223372036854775807", "9223372036854775808", "1e3", "1.0"),
    *(
        "-9223372036854775808",
        "-9223372036854775809",
        "18446744073709551616",
        "-0.0",
        "2.0e0",
        "1E2",
        "120e-1",
    ),
    *(
        "123456789012345678901234567890",
        "00",
        "+1",
        "01",
        "0x1",
        "1.",
        ".5",
        "-",
        "1e400",
        "100000000000000000000",
    ),
)
NUMBERS: Final = (
    *(
        "0.5",
        "1.5",
        "-2.25",
        "0.1",
        "0.30000000000000004",
        "1e5",
        "1E5",
        "1e-7",
        "1e21",
        "1e+21",
        "123456.789e3",
    ),
    *(
        "0.000001",
        "0.0000001",
        "5e-324",
        "1.7976931348623157e308",
        "2.2250738585072014e-308",
        "1e400",
        "-1e400",
    ),
    *("3.14159265358979323846264338327950288", "1.00", "-0.0", "-0", "0e0", "1e16", "1e22", "123456789.125"),
    *(
        "0.1e1",
        "10000000000000000",
        "9007199254740993.0",
        "NaN",
        "Infinity",
        "-Infinity",
        "1e-400",
        "4.35",
        "2.675",
    ),
)
TIMES: Final = ("0", "1", "1.5", "0.1", "1e2", "3.0", "12.345678901234", "-1", "1e-3", "9007199254740993")
CLOCKS: Final = (
    *(
        "00:00:01",
        "00:00:01.5",
        "100:00:00",
        "00:00:01.123456789",
        "00:00:01.1234567891",
        "00:60:00",
        "0:0:1",
    ),
    *(
        "00:00:00.0",
        "00:00:60",
        "99:59:59.999999999",
        "00:00:01.",
        "00:00:01,5",
        "１0:00:00",
        "007:00:00",
        "",
    ),
)
WORD_TOKENS: Final = (
    "null",
    "true",
    "false",
    "True",
    "nul",
    "[]",
    "{}",
    "[1]",
    '{"a":1}',
    '"a"',
    "",
    "undefined",
)
SPACES: Final = ((", ", ": "), (",", ":"), (" , ", " : "), (",\t", ":  "), (",", ": "), (", ", ":"))
PATTERNS: Final[dict[str, tuple[str, ...]]] = {
    "^[A-Z]": ("Ada", "B", "Zz top", "Émile"),
    r"^S\d+$": ("S1", "S22", "S", "S1\n"),
    "^[a-z]*$": ("", "abc", "Abc"),
    r"^\d{2,}:[0-5]\d:[0-5]\d(\.\d+)?$": ("00:00:01", "101:00:00", "00:00:01.25", "00:61:00"),
    r"\S": ("a", " a", " ", ""),
    "^(yes|no)$": ("yes", "no", "maybe"),
    "^[^\\x00-\\x1f]+$": ("fine", "\u0001", "é"),
    "^.{1,4}$": ("a", "abcd", "abcde", "😀😀😀😀", "a\u2028"),
    "é": ("é", "e", "été"),
    r"^\w+$": ("word", "é", "a_1", "a b"),
    r"^(?!x).*$": ("a", "xa", ""),
}


@dataclass(slots=True)
class Case:
    """A project: its configuration, schema and files."""

    config: str
    schema: dict[str, Any]
    files: dict[str, bytes] = field(default_factory=dict)


class CaseGenerator:
    """Makes one case after another."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.odd = 0.0
        """How probable a value is that is probably wrong."""
        self.escapes = 0.0
        self.ascii = False
        self.tokens: dict[str, Callable[[], str]] = {}
        self.fractions = False
        self.hours = 0
        self.times: dict[str, float] = {}
        self.turnover = 0.0
        self.name = '"ep0"'

    def make(self) -> Case:
        """Return a case."""
        chance = self.chance
        self.odd = chance.choice((0, 0, 0, 0.001, 0.003, 0.1))
        self.fractions = chance.random() < 0.4
        properties = self._properties()
        required = [key for key in properties if chance.random() < 0.7 and key != "nested"]
        schema: dict[str, Any] = {"type": "object", "properties": properties, "required": required}
        if chance.random() < 0.8:
            schema["additionalProperties"] = False
        if chance.random() < 0.03:
            schema["minProperties"] = 1
        key = "show" if chance.random() < 0.4 else None
        if key:
            properties[key] = {"type": "string"}
            self.tokens[key] = self._name
        case = Case(self._config(list(properties), key), schema)
        optional = [name for name in properties if name not in required and name != key]
        for number in range(chance.choice((1, 2, 3, 5))):
            name, data = self._file(number, properties, optional)
            case.files[name] = data
        return case

    def _config(self, keys: list[str], recording: str | None) -> str:
        chance = self.chance
        config = '[dataset]\nrepo_id = "me/turns"\nsegments = ["segments/**/*.jsonl"]\n'
        if recording:
            config += f'recording = "{recording}"\n'
        config += "[splits]\ntrain = 0.6\ntest = 0.4\n"
        if chance.random() < 0.2:
            groups = chance.sample(keys, min(len(keys), chance.choice((1, 1, 2))))
            config += f"group_by = {json.dumps(groups, ensure_ascii=False)}\n"
        if chance.random() < 0.3:
            config += chance.choice(
                (
                    '[check]\nselect = ["time"]\n',
                    '[check]\nignore = ["*"]\n',
                    '[check.severity]\n"text/empty" = "error"\n',
                    '[check.severity]\n"time/end-before-start" = "warning"\n',
                    '[check.severity]\n"time/overlap" = "error"\n',
                )
            )
        return config

    def _properties(self) -> dict[str, Any]:
        chance = self.chance
        found: dict[str, Any] = {}
        kinds = [
            self._text,
            self._text,
            self._patterned,
            self._enum,
            self._integer,
            self._number,
            self._boolean,
        ]
        names = [
            "Text",
            "Speaker",
            "a",
            "b/c",
            "é",
            "Zed",
            "a b",
            "~",
            "😀",
            "note",
            "10",
            "9",
            "\ufb01",
            'x"y',
        ]
        weights = [6, 6, 3, 1, 1, 2, 1, 1, 1, 2, 1, 1, 1, 0.3]
        for name in dict.fromkeys(chance.choices(names, weights, k=chance.choice((1, 2, 3, 4, 6)))):
            make = (
                self._text if name in {"Text", "Speaker"} and chance.random() < 0.8 else chance.choice(kinds)
            )
            found[name], self.tokens[name] = make()
        if chance.random() < 0.1:
            found["nested"], self.tokens["nested"] = self._nested()
        if chance.random() < 0.75:
            clocks = chance.random() < 0.7
            for name in ("Start", "End"):
                found[name] = self._time(clocks=clocks)
                self.tokens[name] = partial(self._clock if clocks else self._seconds, name)
        order = list(found)
        chance.shuffle(order)
        return {name: found[name] for name in order}

    def _nested(self) -> tuple[dict[str, Any], Callable[[], str]]:
        chance = self.chance
        words = {"type": "array", "items": {"type": "string"}}
        if chance.random() < 0.5:
            return self._typed("array", items={"type": "string"}), lambda: chance.choice(
                ("[]", '["a"]', '["a", "é"]')
            )
        schema = self._typed(
            "object", properties={"w": words, "n": {"type": "integer"}}, additionalProperties=False
        )
        return schema, lambda: chance.choice(("{}", '{"n": 1}', '{"w": ["a"], "n": 2}', '{"w":[]}'))

    # Each returns a subschema, and what makes JSON texts of values of it.

    def _typed(self, kind: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
        form = self.chance.choices(("plain", "list", "null first", "either"), (20, 6, 3, 1))[0]
        match form:
            case "list":
                return {"type": [kind, "null"], **more}
            case "null first":
                return {"type": ["null", kind], **more}
            case "either":
                return {"anyOf": [{"type": kind, **more}, {"type": "null"}]}
            case _:
                return {"type": kind, **more}

    def _nullable(self, schema: dict[str, Any], make: Callable[[], str]) -> Callable[[], str]:
        if not isinstance(schema.get("type"), str):
            rate = self.chance.choice((0, 0.02, 0.5, 1))
            return lambda: "null" if self.chance.random() < rate else make()
        return make

    def _oddly(self, make: Callable[[], str], odd: tuple[str, ...]) -> Callable[[], str]:
        def token() -> str:
            if self.odd and self.chance.random() < self.odd:
                return self.chance.choice((*odd, *WORD_TOKENS))
            return make()

        return token

    def _text(self) -> tuple[dict[str, Any], Callable[[], str]]:
        chance = self.chance
        more: dict[str, Any] = chance.choice(
            ({}, {}, {}, {}, {}, {"minLength": 1}, {"maxLength": 400}, {"minLength": 3})
        )
        schema = self._typed("string", **more)
        rich = chance.random() < 0.5

        def make() -> str:
            if rich and chance.random() < 0.2:
                text = chance.choice(TEXTS)
                if self.odd or len(text) >= more.get("minLength", 0):
                    return self.quote(text)
            return self.quote(" ".join(chance.choices(WORDS, k=chance.choice((3, 5, 8)))))

        return schema, self._oddly(self._nullable(schema, make), INTEGERS)

    def _patterned(self) -> tuple[dict[str, Any], Callable[[], str]]:
        pattern, texts = self.chance.choice(list(PATTERNS.items()))
        good = texts[:2] if pattern != r"^(?!x).*$" else texts[:1]
        schema = self._typed("string", pattern=pattern)
        make = lambda: self.quote(self.chance.choice(texts if self.chance.random() < self.odd else good))  # noqa: E731
        return schema, self._oddly(self._nullable(schema, make), tuple(map(json.dumps, texts)))

    def _enum(self) -> tuple[dict[str, Any], Callable[[], str]]:
        choices = self.chance.sample(
            [text for text in TEXTS if len(text) < 20], self.chance.choice((1, 2, 5))
        )
        nullable = self.chance.random() < 0.3
        schema: dict[str, Any] = {"enum": [*choices, *([None] if nullable else [])]}
        if self.chance.random() < 0.7:
            schema["type"] = ["string", "null"] if nullable else "string"
        make = lambda: self.quote(self.chance.choice(choices))  # noqa: E731
        return schema, self._oddly(self._nullable(schema, make) if nullable else make, ('"other"',))

    def _integer(self) -> tuple[dict[str, Any], Callable[[], str]]:
        chance = self.chance
        schema = self._typed("integer", **chance.choice(({}, {}, {"minimum": 0})))
        rich = chance.random() < 0.3

        def make() -> str:
            if rich and chance.random() < 0.1:
                return chance.choice(INTEGERS[:8])
            return str(chance.randrange(1000))

        return schema, self._oddly(self._nullable(schema, make), INTEGERS)

    def _number(self) -> tuple[dict[str, Any], Callable[[], str]]:
        chance = self.chance
        schema = self._typed("number", **chance.choice(({}, {}, {"minimum": 0})))
        style = chance.choice(("decimals", "integers", "long", "mixed", "rich"))

        def make() -> str:
            match style:
                case "decimals":
                    return f"{chance.uniform(0, 100):.2f}"
                case "integers":
                    return str(chance.randrange(100))
                case "long":
                    return repr(chance.random())
                case "mixed":
                    return chance.choice((str(chance.randrange(100)), repr(chance.random())))
                case _:
                    return chance.choice(NUMBERS[:15])

        return schema, self._oddly(self._nullable(schema, make), NUMBERS + INTEGERS)

    def _boolean(self) -> tuple[dict[str, Any], Callable[[], str]]:
        schema = self._typed("boolean")
        make = lambda: self.chance.choice(("true", "false"))  # noqa: E731
        return schema, self._oddly(self._nullable(schema, make), ("0", "1", '"true"'))

    def _time(self, *, clocks: bool) -> dict[str, Any]:
        if not clocks:
            return self.chance.choice(
                ({"type": "number"}, {"type": "number", "minimum": 0}, {"type": "integer"})
            )
        narrow = [] if self.fractions else [{"type": "string", "pattern": r"^\d\d:\d\d:\d\d$"}]
        return self.chance.choice(
            (
                {"type": "string"},
                {"type": "string", "pattern": r"^[0-9]{2,}:[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?$"},
                {"type": ["string", "null"]},
                *narrow,
            )
        )

    def _turn(self) -> None:
        """Go on to the next segment."""
        steps = (0, 0.5, 1, 2.25) if self.fractions else (0, 1, 2)
        start = self.times["End"]
        self.times = {"Start": start, "End": start + self.chance.choice(steps)}
        if self.odd and self.chance.random() < self.odd:
            self.times["End"] = max(0, start - 1)
        if self.chance.random() < self.turnover:
            self.name = self.quote(
                f"{self.chance.choice(('ep', 'Émission ', 'a', '😀'))}{self.chance.randrange(9)}"
            )

    def _clock(self, name: str) -> str:
        if self.odd and self.chance.random() < self.odd:
            return self.quote(self.chance.choice(CLOCKS))
        whole, part = divmod(self.times[name], 1)
        text = f"{int(whole) // 3600 + self.hours:02}:{int(whole) // 60 % 60:02}:{int(whole) % 60:02}"
        if self.fractions and (part or self.chance.random() < 0.5):
            text += f"{part:.{self.chance.choice((2, 3, 9))}f}"[1:]
        return self.quote(text)

    def _seconds(self, name: str) -> str:
        if self.odd and self.chance.random() < self.odd:
            return self.chance.choice(TIMES + NUMBERS)
        return str(float(self.times[name])) if self.fractions else str(int(self.times[name]))

    def _name(self) -> str:
        if self.odd and self.chance.random() < self.odd:
            return self.chance.choice(('""', "null", "1", '"a/b"', '" "', '"ep"', '"ép"'))
        return self.name

    def quote(self, text: str) -> str:
        """Return a JSON text of a string, written as this file writes strings."""
        told = json.dumps(text, ensure_ascii=self.ascii)
        if self.escapes and self.chance.random() < self.escapes and text:
            letter = self.chance.choice(text)
            told = told.replace(
                letter, "".join(f"\\u{ord(each):04{self.chance.choice('xX')}}" for each in letter)
            )
            if self.chance.random() < 0.5:
                told = told.replace("/", "\\/")
        return told

    def _file(self, number: int, keys: dict[str, Any], optional: list[str]) -> tuple[str, bytes]:
        chance = self.chance
        self.ascii = chance.random() < 0.4
        self.escapes = chance.choice((0, 0, 0, 0.05))
        self.hours = chance.choices((0, 99, 100), (8, 1, 1))[0]
        self.times = {"Start": 0, "End": 0}
        self.turnover = chance.choice((0, 0.02, 0.02, 0.5))
        self.name = '"ep0"'
        lines = self._lines(list(keys), optional)
        end = "\r\n" if chance.random() < 0.15 else "\n"
        text = end.join(lines) + (end if chance.random() < 0.8 else "")
        data = text.encode("utf-8", "surrogatepass")
        if chance.random() < 0.05:
            data = b"\xef\xbb\xbf" + data
        if self.odd and chance.random() < 0.2:
            at = chance.randrange(len(data) + 1)
            data = (
                data[:at]
                + chance.choice((b"\xff", b"\x00", b"\n", b'"', b"\\", b"\xc3", b"\r", b" "))
                + data[at:]
            )
        name = f"segments/{chance.choice(('a', 'b', 'é'))}{number}.jsonl"
        match chance.randrange(12):
            case 0:
                return name + ".gz", gzip.compress(data, 1, mtime=0)
            case 1:
                from backports import zstd  # noqa: PLC0415 - seldom needed

                return name + ".zst", zstd.compress(data)
            case _:
                return name, data

    def _lines(self, keys: list[str], optional: list[str]) -> list[str]:
        chance = self.chance
        present = [key for key in keys if key not in optional or chance.random() < 0.6] or keys
        order = chance.sample(present, len(present))
        comma, colon = chance.choice(SPACES)
        left, right = chance.choice((*[("{", "}")] * 5, ("{ ", " }"), ("{\t", "}"), ("{", "} "), (" {", "}")))
        loose = chance.choice((0, 0, 0, 0, 0, 0.01, 0.3))
        lines = []
        for _ in range(chance.choice((1, 7, 8, 30, 60, 120))):
            self._turn()
            chosen = order
            if loose and chance.random() < loose:
                chosen = [
                    key
                    for key in chance.sample(keys, len(keys))
                    if key not in optional or chance.random() < 0.5
                ]
            members = [f"{self._key(key)}{colon}{self.tokens[key]()}" for key in chosen]
            if self.odd and chance.random() < self.odd:
                members.append(
                    chance.choice(('"extra": 1', '"Text": "again"', '"u": {"v": []}', "", '"a"', '"a": 1'))
                )
            lines.append(f"{left}{comma.join(members)}{right}")
            if loose and chance.random() < loose / 3:
                lines.append(
                    chance.choice(("", " ", "\t", lines[-1], "  " + lines[-1], "[]", "null", lines[-1][:-1]))
                )
        return lines

    def _key(self, key: str) -> str:
        return json.dumps(key, ensure_ascii=self.ascii)
