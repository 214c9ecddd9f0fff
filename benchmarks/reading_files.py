r"""Make files of segments in all forms and manners, sound and mutated, for the comparison of readers. Pure.

Some segments are as tools write them whose files have broken readers: whisper.cpp (half a character as a
text, https://github.com/ggml-org/whisper.cpp/issues/3760), whisperX (words without times, issue 717 there),
Whisper (NaN as avg_logprob), the events of YouTube's captions (texts of "\n" and U+200B). Others are put on
one line, or behind a line of a log, as people have sent them to loaders.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import random

    from packager.model import Inside

NEVER: Final = 1 << 40


class Case(NamedTuple):
    """A file, and how it is read."""

    name: str
    data: bytes
    block_bytes: int
    large: int
    """From how many bytes on the reader counts in its other way."""
    segments: int
    inside: Inside | None = None


class Raw(str):
    """A value as it is spelled."""

    __slots__ = ()


class Manner(NamedTuple):
    """How JSON is written."""

    ascii: bool
    odd: bool
    """Some characters are escaped that need not be."""
    colon: str
    comma: str
    """Inside of a value, on one line."""
    indent: str
    """Nothing: each value on one line."""
    end: str
    """Of a line."""


def make_case(chance: random.Random) -> Case:
    """Return a file of some form, perhaps mutated, and a way to read it."""
    form = chance.choice(("lines", "lines", "array", "array", "pretty", "pretty", "object"))
    manner = _choose_manner(chance, pretty=form == "pretty" or (form == "object" and chance.random() < 0.5))
    make = chance.choice(_KINDS)
    segments = [
        (make if chance.random() < 0.9 else chance.choice(_KINDS))(chance)
        for _ in range(1 if form == "object" else chance.randint(1, 60))
    ]
    written = [
        _write(segment, manner, chance, "" if form == "object" else manner.indent) for segment in segments
    ]
    if form == "lines":
        data, name = _join_lines(written, manner, chance), chance.choice(("a.jsonl", "a.jsonl", "a.ndjson"))
    elif form == "object":
        data, name = (
            f"{chance.choice(_GAPS)}{written[0]}{chance.choice(_GAPS)}".encode(errors="surrogateescape"),
            "a.json",
        )
    else:
        data, name = _join_items(written, manner, chance), "a.json"
    return finish_case(name, data, len(segments), chance)


def finish_case(name: str, data: bytes, segments: int, chance: random.Random) -> Case:
    """Return a file, perhaps mutated, and a way to read it."""
    for _ in range(chance.choice((0, 1, 1, 1, 2, 2, 3))):
        data = chance.choice(_MUTATIONS)(data, chance)
    block_bytes = chance.choice((chance.randint(4, 128), chance.randint(64, 1024), chance.randint(256, 4096)))
    if chance.random() < 0.2 and (place := data.rfind(b"},", 4)) > 0:
        block_bytes = place + chance.randint(0, 3)
    if chance.random() < 0.12:
        name, data = _compress(name, data, chance)
    return Case(name, data, block_bytes, chance.choice((0, 0, 512, NEVER)), segments)


def write_value(value: object, chance: random.Random, *, pretty: bool = False) -> str:
    """Return a value as JSON, in some manner."""
    return _write(value, _choose_manner(chance, pretty=pretty), chance, "")


def make_segments(chance: random.Random, most: int) -> list[dict[str, object]]:
    """Return some segments, perhaps none."""
    return [chance.choice(_KINDS)(chance) for _ in range(chance.randint(0, most))]


def _choose_manner(chance: random.Random, *, pretty: bool) -> Manner:
    return Manner(
        ascii=chance.random() < 0.3,
        odd=chance.random() < 0.2,
        colon=chance.choice((": ", ": ", ":", ":", " : ", " :", "\t:")),
        comma=chance.choice((", ", ", ", ",", ",", " ,", ",\t")),
        indent=chance.choice(("  ", "  ", "    ", "\t", " ", "   ")) if pretty else "",
        end=chance.choice(("\n", "\n", "\n", "\r\n")),
    )


def _join_lines(written: list[str], manner: Manner, chance: random.Random) -> bytes:
    gaps = chance.choice(((manner.end,), (manner.end,), (manner.end, manner.end * 2, f" {manner.end}\t")))
    text = "".join(line + chance.choice(gaps) for line in written)
    return (text if chance.random() < 0.7 else text.rstrip()).encode(errors="surrogateescape")


def _join_items(written: list[str], manner: Manner, chance: random.Random) -> bytes:
    end = manner.end
    between = (
        f",{end}{manner.indent}"
        if manner.indent
        else chance.choice((",", ", ", f",{end}", f" ,{end} ", f"{end},{end}"))
    )
    edge = f"{end}{manner.indent}" if manner.indent else chance.choice(("", " ", end))
    text = f"[{edge}{between.join(written)}{edge.removesuffix(manner.indent)}]"
    return f"{chance.choice(_GAPS)}{text}{chance.choice(_GAPS)}".encode(errors="surrogateescape")


def _compress(name: str, data: bytes, chance: random.Random) -> tuple[str, bytes]:
    if chance.random() < 0.5:
        middle = chance.randint(0, len(data))
        name, data = (
            f"{name}.gz",
            gzip.compress(data[:middle], mtime=0) + gzip.compress(data[middle:], mtime=0),
        )
    else:
        if sys.version_info >= (3, 14):
            from compression import zstd  # noqa: PLC0415 - see the reader
        else:
            from backports import zstd  # noqa: PLC0415 - likewise

        name, data = f"{name}.zst", zstd.compress(data)
    return name, data[: chance.randint(1, len(data))] if chance.random() < 0.1 else data


def _write(value: object, manner: Manner, chance: random.Random, before: str) -> str:
    """Return a value as JSON; `before` stands before each line of it but the first."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, str):
        return _quote(value, manner, chance)
    if not isinstance(value, (dict, list)):
        return json.dumps(value)
    if isinstance(value, dict):
        marks = "{}"
        members = [
            _quote(key, manner, chance) + manner.colon + _write(each, manner, chance, before + manner.indent)
            for key, each in value.items()
        ]
    else:
        marks = "[]"
        members = [_write(each, manner, chance, before + manner.indent) for each in value]
    if not members or not manner.indent:
        return f"{marks[0]}{manner.comma.join(members)}{marks[1]}"
    line = f"{manner.end}{before}"
    return marks[0] + ",".join(f"{line}{manner.indent}{each}" for each in members) + line + marks[1]


def _quote(text: str, manner: Manner, chance: random.Random) -> str:
    quoted = json.dumps(text, ensure_ascii=manner.ascii)
    if manner.odd:
        quoted = quoted.replace('\\"', chance.choice(('\\"', "\\u0022"))).replace("/", "\\/")
        quoted = quoted.replace("\x7f", chance.choice(("\x7f", "\\u007f"))).replace("e", "\\u0065", 1)
    return quoted


# --- segments ------------------------------------------------------------------------------------------


def _make_plain(chance: random.Random) -> dict[str, object]:
    speaker = chance.choice(("Ada", "Grace", "Zoë"))
    return {"Speaker": speaker, "Start": "00:00:01", "End": "00:00:02", "Text": _say(chance)}


def _make_optional(chance: random.Random) -> dict[str, object]:
    keys = ["Speaker", "Text", "Language", "é", "日本", "\x7f", "a/b~c", "\U0001f600", "\uffff", '"', ""]
    return {key: _make_scalar(chance) for key in chance.sample(keys, chance.randint(0, 6))}


def _make_words(chance: random.Random) -> dict[str, object]:
    """Return a segment as whisperX writes it; a numeral has no times."""
    words = [
        {"word": word} | ({} if word.isdigit() else {"start": _make_float(chance), "score": 0.5})
        for word in (*_say(chance).split(" "), "58")
    ]
    return {"start": 0.0, "end": 1.5, "text": _say(chance), "words": words}


def _make_numbers(chance: random.Random) -> dict[str, object]:
    numbers = [Raw(chance.choice(_SOUND)) if chance.random() < 0.4 else _make_float(chance) for _ in range(4)]
    return {"Text": "a", "n": numbers, "x": _make_float(chance), "y": chance.randint(-(2**64), 2**64)}


def _make_nested(chance: random.Random) -> dict[str, object]:
    def grow(depth: int) -> object:
        if not depth:
            return _make_scalar(chance)
        if chance.random() < 0.5:
            return [grow(depth - 1) for _ in range(chance.randint(0, 3))]
        return {chance.choice("abcde"): grow(depth - 1) for _ in range(chance.randint(0, 3))}

    return {"Text": _say(chance), "more": grow(chance.randint(1, 5))}


def _make_whisper(chance: random.Random) -> dict[str, object]:
    return {
        "id": chance.randint(0, 99),
        "tokens": [chance.randint(0, 51865) for _ in range(5)],
        "temperature": 0.0,
        "avg_logprob": Raw("NaN") if chance.random() < 0.01 else _make_float(chance),
        "text": f" {_say(chance)}",
    }


def _make_whisper_cpp(chance: random.Random) -> dict[str, object]:
    text = "\udcc3" if chance.random() < 0.01 else _say(chance)
    times = {"from": "00:00:13,000", "to": "00:00:13,490"}
    token = {"text": text, "timestamps": times, "id": 14121, "p": 0.889564, "t_dtw": -1}
    return {
        "timestamps": times,
        "offsets": {"from": 13000, "to": 13490},
        "text": text,
        "tokens": [token, token],
    }


def _make_caption(chance: random.Random) -> dict[str, object]:
    start = chance.randint(0, 10**7)
    if chance.random() < 0.3:
        return {"tStartMs": start, "aAppend": 1, "segs": [{"utf8": "\n"}]}
    words = [{"utf8": f"\u200b {_say(chance)}", "tOffsetMs": 80, "acAsrConf": 0} for _ in range(3)]
    return {"tStartMs": start, "dDurationMs": 5460, "wWinId": 1, "segs": words}


_KINDS: Final = (
    _make_plain,
    _make_plain,
    _make_plain,
    _make_optional,
    _make_words,
    _make_numbers,
    _make_nested,
    _make_whisper,
    _make_whisper_cpp,
    _make_caption,
)


def _say(chance: random.Random) -> str:
    return " ".join(chance.choices(_WORDS, weights=_OFTEN, k=chance.randint(1, 8)))


def _make_scalar(chance: random.Random) -> object:
    return chance.choice(
        (None, True, False, 1, -0.0, _make_float(chance), _say(chance), Raw(chance.choice(_SOUND)), [], {})
    )


def _make_float(chance: random.Random) -> object:
    """Return a number of up to 25 digits and any size that a double has."""
    if chance.random() < 0.9:
        return round(chance.uniform(-5, 2000), chance.randint(0, 4))
    digits = str(chance.randint(1, 10 ** chance.randint(1, 25)))
    exponent = chance.choice((chance.randint(-30, 30), chance.randint(-300 - len(digits), 280 - len(digits))))
    place = chance.randint(1, len(digits))
    mark = chance.choice(("e", "E")) + ("+" if exponent >= 0 and chance.random() < 0.5 else "")
    return Raw(f"{digits[:place]}{'.' * (place < len(digits))}{digits[place:]}{mark}{exponent}")


def _cut(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _cut_bytes(text: str) -> tuple[bytes, ...]:
    return tuple(text.encode().split())


_GAPS: Final = ("", "", "", "\n", " ", "\r\n \t", "\n\n")
_PLAIN_WORDS: Final = ("hello", "there", "you", "know", "one", "of", "the", "people")
_ODD_WORDS: Final = (
    *_cut(r"""“so” … 日本語 naïve " \ \" / },{ }, ] [ { ],[ : ": u0022 \u0022 1e400 NaN 1e-400 0.0 .0,"""),
    *("don\u2019t", "\U0001f600", "\x7f", "\uffff", "\ufeff", "\u2028", "\x00", "\x1b", "\n", "\r\n", "\t"),
    *("}, {", '"},\n{"', "12345678901234567890"),
)
_WORDS: Final = (*_PLAIN_WORDS, *_ODD_WORDS)
_OFTEN: Final = (*(12 for _ in _PLAIN_WORDS), *(0.6 for _ in _ODD_WORDS))
_SOUND: Final = (
    *("0", "-0", "-0.0", "0.0", "1.0", "1e5", "1E+05", "0e-999", "0.0e-400", "-0e5", "1e22", "1e23", "0e400"),
    *("9007199254740991", "9007199254740993", "9007199254740993.0", "-9007199254740993", "4294967296"),
    *("9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809"),
    *("18446744073709551615", "18446744073709551616", "123456789012345678901234567890", "1" + "0" * 308),
    *("5e-324", "4.9e-324", "2.2250738585072011e-308", "1e-308", "1.7976931348623157e308", "1e308"),
    *(f"0.{'0' * zeros}1" for zeros in (10, 17, 18, 19, 30, 300)),
    *("0.30000000000000004", "123456789012345678901234567890.5", "1e" + "0" * 30 + "5", "1e-0000000005"),
)
_UNSOUND: Final = (
    *("1e400", "-1e400", "1e-400", "-1e-400", "2e-324", "1e-999999999999", "1e999999999999", "1" + "0" * 309),
    *(f"0.{'0' * zeros}1" for zeros in (323, 330, 400)),
    *_cut("1.7976931348623159e308 NaN -Infinity Infinity nan inf 01 -01 1. .5 +1 - 0x10 1e 1e+ --1 1_000"),
    *_cut("1.0.0 True None undefined tru 'a' /**/1"),
    *("", "\uff11"),
)


# --- mutations -----------------------------------------------------------------------------------------


def _flip(data: bytes, chance: random.Random) -> bytes:
    return _splice(data, at := chance.randrange(len(data) or 1), at + 1, bytes([chance.randrange(256)]))


def _insert(data: bytes, chance: random.Random) -> bytes:
    return _splice(data, at := chance.randint(0, len(data)), at, chance.choice(_PIECES))


def _insert_in_text(data: bytes, chance: random.Random) -> bytes:
    at = _find(data, b" ", chance) + 1  # most of them stand in texts
    return _splice(data, at, at, chance.choice(_PIECES))


def _insert_beside_structure(data: bytes, chance: random.Random) -> bytes:
    at = _find(data, chance.choice(_STRUCTURE), chance) + chance.randint(0, 1)
    return _splice(data, at, at, chance.choice(_PIECES))


def _delete(data: bytes, chance: random.Random) -> bytes:
    at = chance.randint(0, len(data))
    return _splice(data, at, at + chance.choice((1, 1, 1, 2, 10, 200)), b"")


def _delete_structure(data: bytes, chance: random.Random) -> bytes:
    return _splice(data, at := _find(data, chance.choice(_STRUCTURE), chance), at + 1, b"")


def _replace_value(data: bytes, chance: random.Random) -> bytes:
    """Put another scalar, or something deep, in place of one that follows a colon."""
    found = _SCALAR.search(data, _find(data, b":", chance) + 1)
    at, end = found.span() if found else (len(data), len(data))
    if chance.random() < 0.15:
        depth = chance.choice((60, 61, 62, 63, 64, 65, 66, 70, 300, 1100))
        begin, close = chance.choice(((b"[", b"]"), (b'{"a":', b"}")))
        return _splice(data, at, end, begin * depth + b"1" * (begin != b"[") + close * depth)
    return _splice(data, at, end, chance.choice(chance.choice((_SOUND, _UNSOUND))).encode())


def _repeat_key(data: bytes, chance: random.Random) -> bytes:
    keys = (b'"Text"', b'"text"', b'"word"', b'"\\u0054ext"', b'"a"', b'"\\u0022"', b'"Te\\u0022xt"', b'"')
    at = _find(data, b"{", chance) + 1
    key = chance.choice(keys)
    return _splice(data, at, at, key + b":1," + (key + b' : "\\u0022",') * chance.randint(0, 1))


def _break_line(data: bytes, chance: random.Random) -> bytes:
    """Let a value stand on several lines, and perhaps two others on one."""
    at = _find(data, chance.choice((b",", b":", b" ", b"{")), chance) + 1
    data = _splice(data, at, at, chance.choice((b"\n", b"\n", b"\r\n", b"\n\n")))
    return _join_two(data, chance) if chance.random() < 0.6 else data


def _join_two(data: bytes, chance: random.Random) -> bytes:
    at = _find(data, b"\n", chance)
    return _splice(data, at, at + 1, chance.choice((b"", b" ", b",", b", ", b"\t", b"\r", b'"', b'"\x7f"')))


def _move_bracket(data: bytes, chance: random.Random) -> bytes:
    """Open a bracket in one value and close it in another, so that all of them balance together."""
    opening, closing = chance.choice(((b"[", b"]"), (b'{"a":', b"}"), (b'"', b'"')))
    first, second = sorted(
        (_find(data, chance.choice(b":,{").to_bytes(), chance) + 1, _find(data, b"}", chance))
    )
    return data[:first] + opening + data[first:second] + closing + data[second:]


def _end_oddly(data: bytes, chance: random.Random) -> bytes:
    ends = (*_cut_bytes(', ] } {} [] ,] " 0 //'), b" x", b"\n{}", b"\x00", b"\x1a", b"\xef\xbb\xbf")
    return data + chance.choice(ends)


def _begin_oddly(data: bytes, chance: random.Random) -> bytes:
    starts = (*_cut_bytes(", [ ] {"), _MARK, _MARK, b"\xff\xfe", b"\x00", b"Transcribing file\n", b"\n")
    return chance.choice(starts) + data


def _cut_off(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randint(0, len(data))]


def _leave_comma(data: bytes, chance: random.Random) -> bytes:
    at = _find(data, chance.choice((b"}", b"]")), chance)
    return _splice(data, at, at, chance.choice((b",", b", ", b",,", b",\n", b",null", b',"a"', b",1")))


def _copy(data: bytes, chance: random.Random) -> bytes:
    begin, at = chance.randint(0, len(data)), chance.randint(0, len(data))
    return _splice(data, at, at, data[begin : begin + chance.choice((5, 50, 500))])


def _splice(data: bytes, start: int, end: int, piece: bytes) -> bytes:
    return data[:start] + piece + data[end:]


def _find(data: bytes, mark: bytes, chance: random.Random) -> int:
    """Return one of the places of a mark; any place if there is none."""
    begin = chance.randint(0, len(data))
    found = data.find(mark, begin)
    found = data.rfind(mark, 0, begin) if found < 0 else found
    return begin if found < 0 else found


_MARK: Final = b"\xef\xbb\xbf"
_SCALAR: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|[-+.\w]+')
_STRUCTURE: Final = (b"{", b"}", b"[", b"]", b",", b":", b'"', b"\n", b"},", b"\\")
_PIECES: Final = (
    *_cut_bytes(r"""{ } [ ] , : " \ {} [] "" null 1 },{ ],[ ,, ,"a":1 "a":1, - . e5 NaN"""),
    *_cut_bytes(r"""\" \u0022 \\u0022 \u007f"""),
    *_cut_bytes(r"\ud83d \udE00 \ud83d\ude00 \ud83d\ud83d\ude00 \x41 \u12"),
    *(b"\n", b"\r", b"\t", b" ", b" \n", b"\n\n", b"\r\n", b"},\n{", b'"\x7f"', b',"\x7f",', b"\x7f"),
    *(b"\x00", b"\x1f", b"\x0b", b"\x0c", _MARK, b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf0\x9f\x98"),
    *(b"\xc0\x80", b"\xc2\x85", b"\xe2\x80\xa8", b"\xef\xbf\xbf"),
)
_MUTATIONS: Final = (
    *(_flip, _insert, _insert_beside_structure, _delete, _delete_structure, _copy, _repeat_key, _break_line),
    *(_join_two, _move_bracket, _end_oddly, _begin_oddly, _cut_off, _leave_comma),
    *(_insert_in_text, _insert_in_text, _insert_in_text, _replace_value, _replace_value, _replace_value),
)
