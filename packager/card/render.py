"""Turn dataset_card.md into README.md: keep what people wrote, generate the rest. Pure.

Owned are three keys of the front matter and what stands between the markers `<!-- packager:NAME -->` and
`<!-- /packager:NAME -->`. Every other byte survives, and the result rendered again is itself. Data never
becomes markup, YAML or a marker. A new part is one function and one line in `_PARTS`.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from io import StringIO
from itertools import accumulate
from typing import TYPE_CHECKING, Final, TypeAlias

from markdown_it import MarkdownIt
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError
from ruamel.yaml.resolver import VersionedResolver
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from packager.errors import DataError
from packager.model import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ruamel.yaml.nodes import Node

    from packager.model import Dropped

_OWNED: Final = ("size_categories", "configs", "dataset_info")
_LISTED: Final = 50
"""How many dropped places a card names."""

# One line with its break, as Markdown, YAML and the Hub count lines (str.splitlines knows more breaks).
_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
# What is meant as front matter, but not by all readers taken for it.
_LATE_FRONT: Final = re.compile(
    r"(?!---[\r\n])\s*---[ \t]*(?:\r\n|\r|\n)[\S\s]*?(?:\r\n|\r|\n)---[ \t]*(?:\r\n|\n|\Z)"
)
_MARKER: Final = re.compile(r"<!-- (?P<slash>/?)packager:(?P<name>[\w-]+) -->[ \t]*")
_NEARLY_A_MARKER: Final = re.compile(r"<!--\s*/?\s*packager\s*:", re.IGNORECASE)
# Names, places and types such as `list<struct<start: float64>>`; what could begin or end a tag is not code.
_PLAINLY_CODE: Final = re.compile(r"(?! )(?:[\w \"'./:#,@+=()-]|(?<=list)<|(?<=struct)<|(?<!-)>)+(?<! )")
_UNSEEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_MARKUP: Final = re.compile(r"[&<>|`*{}\[\]\\~$]|(?<![^\W_])_|_(?![^\W_])")  # not the _ inside a word
_BOOLEANS: Final = frozenset(
    spelling
    for word in ("yes", "no", "on", "off", "true", "false")
    for spelling in (word, word.title(), word.upper())
)


@dataclass(frozen=True, slots=True)
class SplitFacts:
    """What a card says of one split."""

    name: str
    recordings: int
    """0: the split is in the tables, and not in the front matter."""
    rows: int
    shards: int
    num_bytes: int
    """Size of its rows in memory, as `datasets` counts it."""
    file_bytes: int
    """Size of its shards."""
    seconds: float | None
    """Sum of the lengths of its segments; None if the segments have no times."""


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """What a card says of one column."""

    name: str
    type: str
    nullable: bool
    description: str
    """May be empty."""


@dataclass(frozen=True, slots=True)
class CardFacts:
    """All that the generated parts of a card say."""

    repo_id: str
    splits: tuple[SplitFacts, ...]
    fields: tuple[FieldFacts, ...]
    features: list[dict[str, object]]
    """Ready for YAML, as `datasets` writes it under `dataset_info.features`."""
    dropped: tuple[Dropped, ...]
    schema_sha256: str


def check_card(source: bytes, name: str) -> tuple[Problem, ...]:
    """Return every reason why this card cannot be rendered, sorted by place; `name` is their path."""
    return tuple(
        Problem(name, fault.line, fault.column, "", fault.rule, Severity.ERROR, fault.message)
        for fault in _read(source).faults
    )


def render_card(source: bytes, facts: CardFacts) -> bytes:
    """Return the card of these facts: `source` with its owned keys and its parts written anew.

    A source without front matter gets one; a part whose markers are absent is left out.

    Raises:
        DataError: `check_card` finds errors; the message names them all.
    """
    card = _read(source)
    if card.faults:
        found = "".join(
            f"\n  {fault.line}:{fault.column} {fault.message} [{fault.rule}]" for fault in card.faults
        )
        raise DataError(f"the dataset card cannot be rendered; correct it and build again:{found}")
    front = (*card.front, _dump(_owned_keys(facts), card.indent, card.newline))
    return "".join((card.opening, *front, card.closing, *_fill(card, facts))).encode()


# --- reading -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class _Fault:
    """A problem before it has a path."""

    line: int
    column: int
    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class _Part:
    """A generated part: the indices, in the body's lines, of its two markers."""

    name: str
    opening: int
    closing: int


@dataclass(frozen=True, slots=True)
class _Card:
    """A source taken apart. With faults, the rest has no meaning."""

    faults: tuple[_Fault, ...]
    newline: str = "\n"
    opening: str = ""
    front: tuple[str, ...] = ()
    """The lines of the front matter, without those of the owned keys."""
    indent: int = 0
    """Where the keys of the front matter begin."""
    closing: str = ""
    body: tuple[str, ...] = ()
    parts: tuple[_Part, ...] = ()
    """In the order of the body."""


def _read(source: bytes) -> _Card:
    """Take a source apart."""
    if source.startswith(b"\xef\xbb\xbf"):
        return _Card((_Fault(1, 1, "card/bom", "a byte order mark hides the front matter; remove it"),))
    try:
        text = source.decode()
    except UnicodeDecodeError as error:
        return _Card((_encoding_fault(source, error.start),))
    if _LATE_FRONT.match(text):
        message = "the front matter must begin on the first line, and that line must be exactly `---`"
        return _Card((_Fault(1, 1, "card/yaml", message),))
    lines = tuple(_LINE.findall(text))
    newline = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    if lines and lines[0] in {"---\n", "---\r\n", "---\r"}:
        return _read_with_front(lines, newline)
    parts, faults = _find_parts(lines, 0)
    fence = f"---{newline}"
    return _Card(faults, newline, fence, (), 0, fence, lines, parts)


def _read_with_front(lines: tuple[str, ...], newline: str) -> _Card:
    end = next((index for index in range(1, len(lines)) if _closes(lines[index])), None)
    if end is None:
        message = "the front matter is opened here and never closed by a line `---`"
        return _Card((_Fault(1, 1, "card/yaml", message),))
    front, indent, front_faults = _read_front(lines[1:end])
    body = lines[end + 1 :]
    parts, body_faults = _find_parts(body, end + 1)
    return _Card(front_faults + body_faults, newline, lines[0], front, indent, lines[end], body, parts)


def _closes(line: str) -> bool:
    return line.rstrip("\r\n").rstrip(" \t") == "---" and not line.endswith("\r")


def _encoding_fault(source: bytes, offset: int) -> _Fault:
    before = _LINE.findall(f"{source[:offset].decode()}?")
    message = f"byte {source[offset]:#04x} is not UTF-8; save the card as UTF-8"
    return _Fault(len(before), len(before[-1]), "card/encoding", message)


# --- the front matter ----------------------------------------------------------------------------------

_Pairs: TypeAlias = "Sequence[tuple[Node, Node]]"


@dataclass(frozen=True, slots=True)
class _Front:
    """The text between the two lines `---`, and its places."""

    text: str
    lines: tuple[str, ...]
    starts: tuple[int, ...]
    """The offset of each line, and of the end."""

    def line(self, node: Node) -> int:
        """Return the index of the line where a node begins (YAML's own count knows more breaks)."""
        return bisect_right(self.starts, node.start_mark.index) - 1

    def begins_line(self, node: Node) -> bool:
        """Tell whether only blanks stand before a node: no other key, no bracket, no `?`."""
        start = self.starts[self.line(node)]
        return not self.text[start : node.start_mark.index].strip(" ")

    def fault(self, place: Node | int, rule: str, message: str) -> _Fault:
        """Return a fault at a node or an offset; the front matter begins in line 2."""
        offset = place if isinstance(place, int) else place.start_mark.index
        line = bisect_right(self.starts, offset) - 1
        return _Fault(line + 2, offset - self.starts[line] + 1, f"card/{rule}", _on_one_line(message))


def _read_front(lines: tuple[str, ...]) -> tuple[tuple[str, ...], int, tuple[_Fault, ...]]:
    """Return the lines that are not ours, the column of the keys, and the faults."""
    front = _Front("".join(lines), lines, tuple(accumulate(map(len, lines), initial=0)))
    try:
        root = _compose(front.text)
    except (YAMLError, ValueError, RecursionError) as error:
        return lines, 0, (_yaml_fault(front, error, 0),)
    if root is not None and not isinstance(root, MappingNode):
        return lines, 0, (front.fault(root, "yaml", "the front matter must be a mapping of keys"),)
    pairs: _Pairs = root.value if root else ()
    indent = pairs[0][0].start_mark.column if pairs else 0
    kept = _without_owned(front, pairs, indent)
    faults = (
        (*_unreadable_values(front),)
        or (*_duplicate_keys(front, root), *_misread_languages(front, pairs))
        or (*_keys_inside_lines(front, pairs),)
        or (*_changed_values(front, pairs, kept, indent),)
    )
    return kept, indent, tuple(sorted(faults))


def _parser() -> YAML:
    yaml = YAML(typ="safe", pure=True)
    yaml.allow_duplicate_keys = True  # reported by us, each with both places
    yaml.composer.warn_double_anchors = False  # YAML allows them
    return yaml


def _compose(text: str) -> Node | None:
    node: Node | None = _parser().compose(text)
    return node


def _unreadable_values(front: _Front) -> Iterator[_Fault]:
    """Yield the first value, such as an impossible date, that hides the whole front matter from readers."""
    root = _compose(front.text)  # its own nodes, since constructing changes them (it expands `<<`)
    for node in (*(value for _, value in root.value), root) if root else ():
        try:
            _parser().constructor.construct_document(node)
        except (YAMLError, ValueError, LookupError, ArithmeticError, TypeError, RecursionError) as error:
            yield _yaml_fault(front, error, node.start_mark.index)
            return


def _yaml_fault(front: _Front, error: Exception, offset: int) -> _Fault:
    """Return how the YAML is broken, at the place that the error names, else at the offset."""
    match error:
        case MarkedYAMLError():
            mark = error.problem_mark or error.context_mark
            offset, reason = (mark.index if mark else offset), error.problem or error.context
        case ReaderError():
            offset, reason = error.position, "a character that YAML does not allow"
        case RecursionError():
            reason = "it is nested too deeply"
        case _:
            reason = f"a value that cannot be read ({error})"
    return front.fault(offset, "yaml", f"the front matter is not valid YAML: {reason}")


def _nodes(root: Node | None) -> Iterator[Node]:
    """Yield a node and all below it, each once: aliases may make circles."""
    waiting, seen = [root] if root else [], set()
    while waiting:
        node = waiting.pop()
        if id(node) not in seen:
            seen.add(id(node))
            yield node
            waiting.extend(_children(node))


def _children(node: Node) -> list[Node]:
    match node:
        case MappingNode():
            return [child for pair in node.value for child in pair]
        case SequenceNode():
            return list(node.value)
    return []


def _duplicate_keys(front: _Front, root: Node | None) -> Iterator[_Fault]:
    """Yield the keys that their mapping has already; readers silently take the last one."""
    for mapping in (node for node in _nodes(root) if isinstance(node, MappingNode)):
        seen: dict[tuple[str, str], int] = {}
        for key in (key for key, _ in mapping.value if isinstance(key, ScalarNode)):
            identity = (str(key.tag), key.value)
            if identity in seen:
                message = f"the key `{key.value}` stands in line {seen[identity]} already"
                yield front.fault(key, "duplicate-key", message)
            else:
                seen[identity] = front.line(key) + 2


def _misread_languages(front: _Front, pairs: _Pairs) -> Iterator[_Fault]:
    """Yield the languages that readers of YAML 1.1 take for true or false, Norwegian (`no`) above all."""
    languages = (node for key, value in pairs if key.value == "language" for node in _nodes(value))
    for node in languages:
        if isinstance(node, ScalarNode) and node.style is None and node.value in _BOOLEANS:
            message = f'`{node.value}` is read as a boolean here; write "{node.value}" in quotes'
            yield front.fault(node, "norway", message)


def _without_owned(front: _Front, pairs: _Pairs, indent: int) -> tuple[str, ...]:
    """Return the lines without the owned keys and their values; comments below a value stay."""
    kept = list(front.lines)
    end = len(kept)
    for key, _ in reversed(pairs):
        start = front.line(key)
        if key.value in _OWNED:
            del kept[start : _end_of_value(front.lines, start, end, indent)]
        end = start
    return tuple(kept)


def _end_of_value(lines: Sequence[str], start: int, end: int, indent: int) -> int:
    """Return the end of the value that begins at `start`, without the blanks and comments before `end`."""
    while end > start + 1 and _is_between_keys(lines[end - 1], indent):
        end -= 1
    return end


def _is_between_keys(line: str, indent: int) -> bool:
    content = line.strip()
    return not content or (content.startswith("#") and len(line) - len(line.lstrip()) <= indent)


def _keys_inside_lines(front: _Front, pairs: _Pairs) -> Iterator[_Fault]:
    """Yield the keys that do not begin a line: whole lines are what we cut and append."""
    for key, _ in pairs:
        if not front.begins_line(key):
            message = (
                "each key of the front matter must begin a line, without `{`, `?` or another key before it"
            )
            yield front.fault(key, "yaml", message)


def _changed_values(front: _Front, pairs: _Pairs, kept: tuple[str, ...], indent: int) -> Iterator[_Fault]:
    """Yield a fault if the other keys do not mean the same once ours are cut out and appended."""
    try:
        root = _compose("".join((*kept, " " * indent, "configs: ours\n")))
    except (YAMLError, RecursionError):
        root = None
    others = [pair for pair in pairs if pair[0].value not in _OWNED]
    survivors = root.value if isinstance(root, MappingNode) else []
    if not survivors or _outline(survivors[:-1]) != _outline(others) or survivors[-1][1].value != "ours":
        place = next((key for key, _ in pairs if key.value in _OWNED), pairs[0][0] if pairs else 0)
        message = f"the generated keys would change others here; put {', '.join(_OWNED)} last"
        yield front.fault(place, "yaml", message)


def _outline(pairs: _Pairs) -> list[tuple[object, ...]]:
    """Return all that these keys say, in order; an alias is the number of what it names."""
    outline: list[tuple[object, ...]] = []
    numbers: dict[int, int] = {}
    waiting = [node for pair in reversed(pairs) for node in reversed(pair)]
    while waiting:
        node = waiting.pop()
        number = numbers.setdefault(id(node), len(outline))
        children = _children(node) if number == len(outline) else []
        said = node.value if isinstance(node, ScalarNode) else len(children)
        outline.append((number, str(node.tag), said))
        waiting.extend(reversed(children))
    return outline


# --- the markers ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Marker:
    name: str
    closes: bool
    line: int
    """Index in the body's lines."""


def _find_parts(body: tuple[str, ...], lines_before: int) -> tuple[tuple[_Part, ...], tuple[_Fault, ...]]:
    """Return the parts in the body, and what is wrong with their markers."""
    markers, faults = _find_markers(body)
    parts, unpaired = _pair_markers(markers)
    found = sorted((*faults, *unpaired))
    return parts, tuple(_Fault(lines_before + line + 1, 1, "card/marker", message) for line, message in found)


def _find_markers(body: tuple[str, ...]) -> tuple[list[_Marker], list[tuple[int, str]]]:
    """Return the markers that are HTML comments of the document: not in code, not inside other HTML."""
    markers: list[_Marker] = []
    faults: list[tuple[int, str]] = []
    for line, begins_block in _html_lines(body):
        match = _MARKER.fullmatch(body[line].rstrip("\r\n"))
        if match and begins_block and match["name"] in _PARTS:
            markers.append(_Marker(match["name"], bool(match["slash"]), line))
        elif match and begins_block:
            faults.append((line, f"no part is called `{match['name']}`; there are {', '.join(_PARTS)}"))
        elif _NEARLY_A_MARKER.search(body[line]):
            message = (
                "a marker is `<!-- packager:NAME -->` alone on its line, outside of lists and other HTML"
            )
            faults.append((line, message))
    return markers, faults


def _html_lines(body: tuple[str, ...]) -> Iterator[tuple[int, bool]]:
    """Yield the index of each line that holds HTML, and whether a block of HTML begins with it."""
    for token in MarkdownIt("commonmark").parse("".join(body)):
        first, end = token.map or (0, 0)
        if token.type == "html_block":
            yield from ((line, line == first) for line in range(first, end))
        for child in token.children or ():
            if child.type == "html_inline" and _NEARLY_A_MARKER.match(child.content):
                tag = child.content.partition("\n")[0]
                yield next((line for line in range(first, end) if tag in body[line]), first), False


def _pair_markers(markers: Iterable[_Marker]) -> tuple[tuple[_Part, ...], list[tuple[int, str]]]:
    """Return the pairs, and every marker that has no partner, is nested or comes a second time."""
    parts: list[_Part] = []
    faults: list[tuple[int, str]] = []
    waiting: list[_Marker] = []
    for marker in markers:
        if not marker.closes:
            if waiting:
                faults.append((marker.line, f"`{marker.name}` begins inside `{waiting[-1].name}`"))
            elif any(part.name == marker.name for part in parts):
                faults.append((marker.line, f"`{marker.name}` has a place already; a part stands once"))
            waiting.append(marker)
        elif any(opening.name == marker.name for opening in waiting):
            while (opening := waiting.pop()).name != marker.name:
                faults.append((opening.line, _never_closed(opening)))
            parts.append(_Part(marker.name, opening.line, marker.line))
        else:
            faults.append((marker.line, f"`/{marker.name}` closes what was not opened"))
    return tuple(parts), faults + [(opening.line, _never_closed(opening)) for opening in waiting]


def _never_closed(opening: _Marker) -> str:
    return f"`{opening.name}` is never closed; end it with a line `<!-- /packager:{opening.name} -->`"


# --- writing -------------------------------------------------------------------------------------------


def _owned_keys(facts: CardFacts) -> dict[str, object]:
    """Return our keys of the front matter. A split without recordings has no files, so it is not in them."""
    splits = [split for split in facts.splits if split.recordings]
    data_files = [
        {"split": split.name, "path": f"data/{split.name}-*-of-{split.shards:05d}.parquet"}
        for split in splits
    ]
    sizes = [
        {"name": split.name, "num_bytes": split.num_bytes, "num_examples": split.rows} for split in splits
    ]
    info = {
        "features": facts.features,
        "splits": sizes,
        "download_size": sum(split.file_bytes for split in splits),
        "dataset_size": sum(split.num_bytes for split in splits),
    }
    owned: dict[str, object] = {"size_categories": [_size_category(sum(split.rows for split in splits))]}
    if splits:  # the Hub takes a config without files for invalid
        owned["configs"] = [{"config_name": "default", "data_files": data_files}]
    return owned | {"dataset_info": info}


def _size_category(rows: int) -> str:
    """Return the Hub's name for so many rows.

    >>> _size_category(1000)
    '1K<n<10K'
    """
    steps = ("1K", "10K", "100K", "1M", "10M", "100M", "1B", "10B", "100B", "1T")
    if rows < 1000:
        return "n<1K"
    power = len(str(rows)) - 4
    return f"{steps[power]}<n<{steps[power + 1]}" if power + 1 < len(steps) else "n>1T"


def _dump(value: dict[str, object], indent: int, newline: str) -> str:
    yaml = YAML(typ="rt", pure=True)
    yaml.width = 2**31  # no line is wrapped
    text = StringIO()
    yaml.dump(_quoted(value), text)
    return "".join(f"{' ' * indent}{line}{newline}" for line in text.getvalue().split("\n")[:-1])


def _quoted(value: object) -> object:
    """Return a copy whose strings mean strings to every reader of YAML, and that shares nothing."""
    match value:
        case dict():
            return {_quoted(key): _quoted(entry) for key, entry in value.items()}
        case list() | tuple():
            return [_quoted(entry) for entry in value]
        case str() if not _is_plainly_text(value):
            return DoubleQuotedScalarString(value)
    return value


def _is_plainly_text(text: str) -> bool:
    kind = VersionedResolver(version=(1, 1)).resolve(ScalarNode, text, (True, False))
    return bool(re.fullmatch(r"\w[\w./*<>-]*", text, re.ASCII)) and str(kind) == "tag:yaml.org,2002:str"


def _fill(card: _Card, facts: CardFacts) -> Iterator[str]:
    """Yield the body with its parts written anew."""
    position = 0
    for part in card.parts:
        yield from card.body[position : part.opening + 1]
        # The blank lines end the markers' HTML blocks, so what stands between is Markdown.
        yield f"\n{_PARTS[part.name](facts)}\n\n".replace("\n", card.newline)
        position = part.closing
    yield from card.body[position:]


def _glance(facts: CardFacts) -> str:
    seconds = [split.seconds for split in facts.splits if split.seconds is not None]
    known = bool(seconds) and len(seconds) == len(facts.splits)
    figures = {
        "Segments": f"{sum(split.rows for split in facts.splits):,}",
        "Recordings": f"{sum(split.recordings for split in facts.splits):,}",
        "Splits": f"{sum(split.recordings > 0 for split in facts.splits):,}",
    } | ({"Hours": _hours(sum(seconds))} if known else {})
    return _table([f"{name}:" for name in figures], [list(figures.values())])


def _hours(seconds: float) -> str:
    hours = seconds / 3600
    return f"{hours:,.1f}" if hours >= 10 else f"{hours:.2f}"


def _splits(facts: CardFacts) -> str:
    rows = [
        [_code(split.name), f"{split.recordings:,}", f"{split.rows:,}", f"{split.shards:,}"]
        for split in facts.splits
    ]
    return _table(["Split", "Recordings:", "Segments:", "Shards:"], rows)


def _fields(facts: CardFacts) -> str:
    rows = [
        [_code(field.name), _code(field.type), "yes" if field.nullable else "no", _text(field.description)]
        for field in facts.fields
    ]
    return _table(["Field", "Type", "May be null", "Description"], rows)


def _load(facts: CardFacts) -> str:
    split = next((split for split in facts.splits if split.recordings), None)
    if split is None:
        return "No split holds a recording yet, so there is nothing to load."
    shards = f"hf://datasets/{facts.repo_id}@vX.Y.Z/data/{split.name}"
    repository, name = json.dumps(facts.repo_id), json.dumps(split.name)
    return f"""\
Every release has a tag, such as `v1.0.0`. Put the one you want in place of `vX.Y.Z` and you get the same rows
for ever; leave `revision` out and you get the newest.

```python
from datasets import load_dataset

dataset = load_dataset({repository}, revision="vX.Y.Z")
```

Row by row, without downloading everything first:

```python
from datasets import load_dataset

for row in load_dataset({repository}, revision="vX.Y.Z", split={name}, streaming=True):
    print(row)
```

As a table, with polars or with pandas (one shard):

```python
import pandas
import polars

frame = polars.read_parquet({json.dumps(f"{shards}-*-of-{split.shards:05d}.parquet")})
shard = pandas.read_parquet({json.dumps(f"{shards}-00000-of-{split.shards:05d}.parquet")})
```"""


def _quality(facts: CardFacts) -> str:
    total = len(facts.dropped)
    if not total:
        return "Every segment of the sources kept the rules; nothing was left out."
    counts = Counter(rule for dropped in facts.dropped for rule in dropped.rules)
    most_first = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    places = [
        [
            _code(f"{dropped.path}:{dropped.line}"),
            _code(dropped.pointer),
            ", ".join(map(_code, dropped.rules)),
        ]
        for dropped in facts.dropped[:_LISTED]
    ]
    parts = [
        "1 place of the sources broke a rule and was left out."
        if total == 1
        else f"{total:,} places of the sources broke a rule and were left out.",
        _table(["Rule", "Broken:"], [[_code(rule), f"{count:,}"] for rule, count in most_first]),
        _table(["Place", "Pointer", "Rules"], places),
        *([f"… and {total - _LISTED:,} more."] if total > _LISTED else ()),
    ]
    return "\n\n".join(parts)


def _provenance(facts: CardFacts) -> str:
    return (
        "Built by `segment-packager` from segments that were each checked against the schema whose sha256 is "
        f"{_code(facts.schema_sha256)}."
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; a column whose head ends with a colon is aligned to the right."""
    lines = [
        [name.rstrip(":") for name in head],
        ["---:" if name.endswith(":") else "---" for name in head],
        *rows,
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _code(text: str) -> str:
    """Return data as code where nothing in it could end the code or its cell, else as text."""
    return f"`{text}`" if _PLAINLY_CODE.fullmatch(text) else _text(text)


def _text(text: str) -> str:
    """Return data on one line, as text that is nothing else to Markdown, HTML and templates."""
    return _MARKUP.sub(lambda match: f"&#{ord(match[0])};", _on_one_line(text))


def _on_one_line(text: str) -> str:
    """Return data without breaks and without what cannot be seen."""
    return _UNSEEN.sub("\ufffd", " ".join(text.split()))


_PARTS: Final[dict[str, Callable[[CardFacts], str]]] = {
    "glance": _glance,
    "splits": _splits,
    "fields": _fields,
    "load": _load,
    "quality": _quality,
    "provenance": _provenance,
}
