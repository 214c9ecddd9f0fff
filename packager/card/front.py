"""The front matter: what is wrong with it, which lines of it are a person's and which are ours. Pure."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Final, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from packager.card.escape import on_one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ruamel.yaml.nodes import Node


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """A problem before it has a path."""

    line: int
    column: int
    rule: str
    message: str


OWNED: Final = ("size_categories", "configs", "dataset_info")
_BOOLEANS: Final = frozenset(
    spelling
    for word in ("yes", "no", "on", "off", "true", "false")
    for spelling in (word, word.title(), word.upper())
)

_Pairs: TypeAlias = "Sequence[tuple[Node, Node]]"


@dataclass(frozen=True, slots=True)
class Front:
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

    def fault(self, place: Node | int, rule: str, message: str) -> Fault:
        """Return a fault at a node or an offset; the front matter begins in line 2."""
        offset = place if isinstance(place, int) else place.start_mark.index
        line = bisect_right(self.starts, offset) - 1
        return Fault(line + 2, offset - self.starts[line] + 1, f"card/{rule}", on_one_line(message))


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """Front matter taken apart, by lines. With faults, the rest has no meaning."""

    kept: tuple[str, ...]
    """What is a person's."""
    owned: tuple[str, ...] = ()
    """The keys that are ours, with their values."""
    indent: int = 0
    """Where the keys begin."""
    faults: tuple[Fault, ...] = ()


def read_front(lines: tuple[str, ...]) -> FrontMatter:
    """Take the lines between the two lines `---` apart."""
    front = Front("".join(lines), lines, tuple(accumulate(map(len, lines), initial=0)))
    try:
        root = _compose(front.text)
    except (YAMLError, ValueError, RecursionError) as error:
        return FrontMatter(lines, faults=(_yaml_fault(front, error, 0),))
    if root is not None and not isinstance(root, MappingNode):
        fault = front.fault(root, "yaml", "the front matter must be a mapping of keys")
        return FrontMatter(lines, faults=(fault,))
    pairs: _Pairs = root.value if root else ()
    indent = pairs[0][0].start_mark.column if pairs else 0
    kept, owned = _divide(front, pairs, indent)
    faults = (
        (*_unreadable_values(front),)
        or (*_duplicate_keys(front, root), *_misread_languages(front, pairs))
        or (*_keys_inside_lines(front, pairs),)
        or (*_changed_values(front, pairs, kept, indent),)
    )
    return FrontMatter(kept, owned, indent, tuple(sorted(faults)))


@dataclass(frozen=True, slots=True)
class Entry:
    """A value of the front matter and its place."""

    path: tuple[str | int, ...]
    """Keys and indices, from the top: `("configs", 0, "version")`."""
    value: object
    """As a reader of YAML gets it; a list or a dictionary too, whose own entries follow."""
    line: int
    """In the file, from 1."""
    column: int


def read_entries(lines: tuple[str, ...]) -> tuple[Entry, ...]:
    """Return every value between the two lines `---` that has a key or an index, in the order of the text.

    For front matter in which `read_front` finds no fault. What an alias repeats is told where it is named
    first.
    """
    front = Front("".join(lines), lines, tuple(accumulate(map(len, lines), initial=0)))
    places, values = _compose(front.text), _parser().load(front.text)
    return tuple(_entries(front, places, values, (), set())) if isinstance(places, MappingNode) else ()


def _entries(
    front: Front, node: Node, value: object, path: tuple[str | int, ...], seen: set[int]
) -> Iterator[Entry]:
    """Yield what stands below a node."""
    if id(node) in seen:
        return
    seen.add(id(node))
    below: list[tuple[str | int, Node, object]] = []
    match node, value:
        case MappingNode(), dict():
            named = {str(key): entry for key, entry in value.items()}
            below = [(key.value, each, named.get(key.value)) for key, each in node.value]
        case SequenceNode(), list():
            below = [(index, each, value[index]) for index, each in enumerate(node.value)]
    for step, each, entry in below:
        place = front.fault(each, "", "")
        yield Entry((*path, step), entry, place.line, place.column)
        yield from _entries(front, each, entry, (*path, step), seen)


def split_keys(lines: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield each key of sound front matter with its lines, and those before it that are no key's.

    What stands behind the last value, such as a comment, comes under the name of no key: empty.
    """
    front = Front("".join(lines), lines, tuple(accumulate(map(len, lines), initial=0)))
    root = _compose(front.text)
    pairs = root.value if isinstance(root, MappingNode) else ()
    begins = [front.line(key) for key, _ in pairs]
    indent = pairs[0][0].start_mark.column if pairs else 0
    position = 0
    for number, (key, _) in enumerate(pairs):
        following = begins[number + 1] if number + 1 < len(begins) else len(lines)
        end = _end_of_value(lines, begins[number], following, indent)
        yield str(key.value), "".join(lines[position:end])
        position = end
    yield "", "".join(lines[position:])


def _parser() -> YAML:
    yaml = YAML(typ="safe", pure=True)
    yaml.allow_duplicate_keys = True  # reported by us, each with both places
    yaml.composer.warn_double_anchors = False  # YAML allows them
    return yaml


def _compose(text: str) -> Node | None:
    node: Node | None = _parser().compose(text)
    return node


def _unreadable_values(front: Front) -> Iterator[Fault]:
    """Yield the first value, such as an impossible date, that hides the whole front matter from readers."""
    root = _compose(front.text)  # its own nodes, since constructing changes them (it expands `<<`)
    for node in (*(value for _, value in root.value), root) if root else ():
        try:
            _parser().constructor.construct_document(node)
        except (YAMLError, ValueError, LookupError, ArithmeticError, TypeError, RecursionError) as error:
            yield _yaml_fault(front, error, node.start_mark.index)
            return


def _yaml_fault(front: Front, error: Exception, offset: int) -> Fault:
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


def _duplicate_keys(front: Front, root: Node | None) -> Iterator[Fault]:
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


def _misread_languages(front: Front, pairs: _Pairs) -> Iterator[Fault]:
    """Yield the languages that readers of YAML 1.1 take for true or false, Norwegian (`no`) above all."""
    languages = (node for key, value in pairs if key.value == "language" for node in _nodes(value))
    for node in languages:
        if isinstance(node, ScalarNode) and node.style is None and node.value in _BOOLEANS:
            message = f'`{node.value}` is read as a boolean here; write "{node.value}" in quotes'
            yield front.fault(node, "norway", message)


def _divide(front: Front, pairs: _Pairs, indent: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the lines without the owned keys and their values, and these; comments below a value stay."""
    kept = list(front.lines)
    owned: list[str] = []
    end = len(kept)
    for key, _ in reversed(pairs):
        start = front.line(key)
        if key.value in OWNED:
            of_value = slice(start, _end_of_value(front.lines, start, end, indent))
            owned[:0] = kept[of_value]
            del kept[of_value]
        end = start
    return tuple(kept), tuple(owned)


def _end_of_value(lines: Sequence[str], start: int, end: int, indent: int) -> int:
    """Return the end of the value that begins at `start`, without the blanks and comments before `end`."""
    while end > start + 1 and _is_between_keys(lines[end - 1], indent):
        end -= 1
    return end


def _is_between_keys(line: str, indent: int) -> bool:
    content = line.strip()
    return not content or (content.startswith("#") and len(line) - len(line.lstrip()) <= indent)


def _keys_inside_lines(front: Front, pairs: _Pairs) -> Iterator[Fault]:
    """Yield the keys that do not begin a line: whole lines are what we cut and append."""
    for key, _ in pairs:
        if not front.begins_line(key):
            message = (
                "each key of the front matter must begin a line, without `{`, `?` or another key before it"
            )
            yield front.fault(key, "yaml", message)


def _changed_values(front: Front, pairs: _Pairs, kept: tuple[str, ...], indent: int) -> Iterator[Fault]:
    """Yield a fault if the other keys do not mean the same once ours are cut out and appended."""
    try:
        root = _compose("".join((*kept, " " * indent, "configs: ours\n")))
    except (YAMLError, RecursionError):
        root = None
    others = [pair for pair in pairs if pair[0].value not in OWNED]
    survivors = root.value if isinstance(root, MappingNode) else []
    if not survivors or _outline(survivors[:-1]) != _outline(others) or survivors[-1][1].value != "ours":
        place = next((key for key, _ in pairs if key.value in OWNED), pairs[0][0] if pairs else 0)
        message = f"the generated keys would change others here; put {', '.join(OWNED)} last"
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
