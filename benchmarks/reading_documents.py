"""Make files whose segments are inside of documents, sound and mutated, for the comparison of readers. Pure.

Some are as tools write them: Whisper (the language behind the segments), whisper.cpp (`result`, then
`transcription`), Deepgram (an array deep inside).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from benchmarks.reading_files import finish_case, make_segments, write_value
from packager.model import Inside

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from benchmarks.reading_files import Case

_INSIDE: Final = (
    Inside(("/segments",), (("Language", "/language"),)),
    Inside(("/segments", "/transcription"), (("Language", "/language"), ("Model", "/result/model"))),
    Inside(("/a~1b/0/~0", "/segments"), (("Text", "/text"), ("n", "/numbers/1"), ("Whole", ""))),
    Inside(("/segments", ""), (("\u00e9", "/result"),)),
    Inside(("/result/0", "/result/words"), ()),
)


def make_document_case(chance: random.Random) -> Case:
    """Return a file of documents, perhaps mutated, and a way to read it."""
    inside = chance.choice(_INSIDE)
    name = chance.choice(("a.json", "a.json", "a.jsonl"))
    pretty = name == "a.json" and chance.random() < 0.5
    if name == "a.json" and chance.random() < 0.7:
        data = write_value(_make_document(chance), chance, pretty=pretty)
    else:
        texts = [
            write_value(_make_document(chance), chance, pretty=pretty) for _ in range(chance.randint(1, 5))
        ]
        data = "\n".join(texts) if name == "a.jsonl" else f"[{', '.join(texts)}]"
    case = finish_case(name, data.encode(errors="surrogateescape"), data.count("}"), chance)
    return case._replace(inside=inside)


def read_as_python(case: Case, inside: Inside) -> list[str]:
    """Return the segments of a sound file, as repr; what the json module refuses raises ValueError."""
    text = case.data.decode()
    if case.name == "a.json":
        document = json.loads(text)
        many = isinstance(document, list) and "" not in inside.items
        documents = document if many else [document]
    else:
        documents = [json.loads(line) for line in text.split("\n") if line.strip(" \t\r")]
    return [repr(each) for document in documents for each in _pick(document, inside)]


def _pick(document: object, inside: Inside) -> Iterator[object]:
    for pointer in inside.items:
        for items in _resolve(document, pointer):
            if not isinstance(items, list):
                raise TypeError(f"{pointer} leads to no array, but nothing was said")
            members = [
                (name, pointer, found)
                for name, pointer in inside.carry
                for found in _resolve(document, pointer)
            ]
            carried = {name: found for name, _, found in members if not _holds(found, items)}
            yield from ({**item, **carried} for item in items)
            return


def _resolve(value: object, pointer: str) -> list[object]:
    for token in pointer.split("/")[1:]:
        try:
            if isinstance(value, dict):
                value = value[token.replace("~1", "/").replace("~0", "~")]
            elif isinstance(value, list):
                value = value[int(token)]
            else:
                return []
        except (LookupError, ValueError):
            return []
    return [value]


def _holds(value: object, items: object) -> bool:
    if value is items:
        return True
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_holds(each, items) for each in members)


def _make_document(chance: random.Random) -> dict[str, object]:
    most = chance.choice((2, 2, 20))
    members: dict[str, object] = {
        "language": chance.choice(("en", "\u65e5", None, {"code": "en"})),
        "text": 'a [ { } ] " \\ text',
        "numbers": [1, 2.5, [3]],
        "result": chance.choice(
            ({"model": "x", "words": make_segments(chance, most)}, [make_segments(chance, 2)])
        ),
        "segments": make_segments(chance, most),
        "transcription": make_segments(chance, most),
        "a/b": [{"~": make_segments(chance, 3)}],
        "empty": chance.choice(({}, [])),
    }
    if chance.random() < 0.1:
        members["segments"] = chance.choice((None, {}, "segments", 1))
    names = chance.sample(list(members), chance.randint(1, len(members)))
    if chance.random() < 0.8 and "segments" not in names:
        names.append("segments")
    return {name: members[name] for name in names}
