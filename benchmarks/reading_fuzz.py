"""Compare both roads of the reader on mutated files: `python -m benchmarks.reading_fuzz --segments 1000000`.

Files of all forms, and of documents that hold segments, are written in all manners, mutated where parsers
err, and read by `read_items` in small blocks, so that cuts fall everywhere, and by `read_exactly` in a single
one: each verdict, place, message and value must be the same (floats by repr, integers exactly, keys in their
order). What both accept must be what the json module of Python reads. Of a difference, the file is made as
short as it goes, and kept.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from benchmarks.reading_documents import make_document_case, read_as_python
from benchmarks.reading_files import NEVER, Case, make_case
from packager.model import SourceFile
from packager.reading import Block, Item, cut_objects, locate, read_blocks, read_exactly, read_items

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_BATCH: Final = 5000
"""Segments that a process compares before it tells what it found."""
_TOGETHER: Final = 15
"""Files of one object that are read together."""
_DOCUMENTS: Final = 0.3
"""How many of the files hold their segments inside of documents."""
_ATTEMPTS: Final = 500
_KEPT: Final = 20
"""Differences that are told."""


class Outcome(NamedTuple):
    """What a comparison found."""

    segments: int
    seen: Counter[str]
    """How many values came in blocks, with problems, and so on."""
    differences: tuple[tuple[Case, str], ...]


def compare(seed: str, segments: int, folder: Path) -> Outcome:
    """Compare both roads on files of at least so many segments in all, always the same for a seed."""
    chance = random.Random(seed)  # noqa: S311 - the same files each time
    seen: Counter[str] = Counter()
    differences: list[tuple[Case, str]] = []
    small: list[Case] = []
    done = 0
    while done < segments:
        case = make_document_case(chance) if chance.random() < _DOCUMENTS else make_case(chance)
        done += case.segments
        difference = find_difference(case, folder, seen)
        if difference and len(differences) < _KEPT:
            differences.append((shrink(case, folder), difference))
        if case.name == "a.json" and case.segments == 1 and case.inside is None:
            small.append(case)
        if len(small) == _TOGETHER:
            differences += find_differences_together(small, folder, seen)
            small.clear()
    return Outcome(done, seen, tuple(differences))


def main() -> None:
    """Compare, tell what was seen, and leave with 1 if there was a difference."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--segments", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", type=Path, default=Path("/tmp/reading-fuzz"))  # noqa: S108
    given = parser.parse_args()
    begin = time.perf_counter()
    seeds = [f"{given.seed}.{number}" for number in range(-(-given.segments // _BATCH))]
    seen: Counter[str] = Counter()
    found: list[tuple[Case, str]] = []
    done = 0
    with (
        tempfile.TemporaryDirectory() as folder,
        multiprocessing.get_context("spawn").Pool(given.jobs) as pool,
    ):
        for outcome in pool.imap(partial(_compare_in, Path(folder)), seeds):
            done += outcome.segments
            seen += outcome.seen
            found += outcome.differences
            if len(found) >= _KEPT:
                pool.terminate()
                break
    print(f"{done:,} segments, seed {given.seed}, {time.perf_counter() - begin:.0f} s")
    print(", ".join(f"{what} {count:,}" for what, count in sorted(seen.items())))
    _tell(found[:_KEPT], given.keep)
    sys.exit(bool(found))


def find_difference(case: Case, folder: Path, seen: Counter[str] | None = None) -> str:
    """Return in what the roads differ on a file; an empty text if they agree."""
    path = folder / case.name
    path.write_bytes(case.data)
    source = SourceFile(str(path), case.name, "recording", "folder", inside=case.inside)
    exact = _read(read_exactly, source)
    with reading_in(case.block_bytes, case.large):
        fast = _read(read_items, source)
        parts = _read(partial(_read_parts, seen=seen), source)
    if seen is not None:
        seen[case.name] += 1
        seen["with problems"] += sum("json/" in line for line in exact)
        seen["without"] += sum("json/" not in line for line in exact)
        seen["in documents"] += sum(line.startswith("(") for line in exact) if case.inside else 0
        seen["files that end early"] += any(line.startswith("Unreadable") for line in exact)
    if any("json/compression" in line for line in exact):  # what is told before depends on the blocks
        exact, fast, parts = ([line.partition(" ")[0] for line in told[-1:]] for told in (exact, fast, parts))
    difference = _differ("read_items", exact, fast) or _differ("parts of blocks", exact, parts)
    if (
        not difference
        and case.name.endswith(("json", "jsonl"))
        and not any("json/" in line for line in exact)
    ):
        difference = _differ(
            "json", [value for value in map(_value_of, exact) if value], _read_as_python(case)
        )
    return difference


def find_differences_together(cases: list[Case], folder: Path, seen: Counter[str]) -> list[tuple[Case, str]]:
    """Return in what files that are read together differ from what each of them is by itself."""
    sources = []
    for number, case in enumerate(cases):
        path = folder / f"{number:03}.json"
        path.write_bytes(case.data)
        sources.append(SourceFile(str(path), path.name, path.stem, "folder"))
    differences = []
    with reading_in(cases[0].block_bytes, cases[0].large):
        for block in cut_objects(list(enumerate(sources))):
            seen["in blocks of files"] += block.count
            for index, number in enumerate(block.sources or ()):
                exact = _read(read_exactly, sources[number])
                told = [_describe(sources[number], block.item(index))]
                if difference := _differ("together", exact, told):
                    differences.append((cases[number], difference))
    return differences


@contextmanager
def reading_in(block_bytes: int, large: int = NEVER) -> Iterator[None]:
    """Let the reader cut files into blocks of so many bytes, and take so many for a large text."""
    modules = [module for name, module in sys.modules.items() if name.startswith("packager.reading")]
    constants = {"BLOCK_BYTES": block_bytes, "_LARGE": large}
    before = [
        (module, name, getattr(module, name))
        for module in modules
        for name in constants
        if hasattr(module, name)
    ]
    for module, name, _ in before:
        setattr(module, name, constants[name])
    try:
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)


def shrink(case: Case, folder: Path) -> Case:
    """Return a case with less bytes that still shows a difference, as short as some attempts make it."""
    size = len(case.data) // 2 if case.name.endswith(("json", "jsonl")) else 0
    attempts = _ATTEMPTS
    while size and attempts > 0:
        at = 0
        while at < len(case.data) and (attempts := attempts - 1) > 0:
            less = case._replace(data=case.data[:at] + case.data[at + size :])
            if find_difference(less, folder):
                case = less
            else:
                at += size
        size //= 2
    return case


# --- how it is compared --------------------------------------------------------------------------------


def _compare_in(folder: Path, seed: str) -> Outcome:
    own = folder / seed
    own.mkdir()
    return compare(seed, _BATCH, own)


def _read(read: Callable[[SourceFile], Iterable[object]], source: SourceFile) -> list[str]:
    """Return all that a road says, a text for each value; what it raises is said too."""
    told: list[str] = []
    try:
        told.extend(_describe(source, each) for each in read(source))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a difference
        told.append(f"raised {error!r}")
    return told


def _describe(source: SourceFile, each: object) -> str:
    if not isinstance(each, Item):
        return f"{type(each).__name__} {getattr(each, 'problems', each)}"
    inside = [
        locate(source, each, f"/{key.replace('~', '~0').replace('/', '~1')}") for key in each.value or ()
    ]
    place = (each.number, each.pointer, each.line, each.column, inside[-2:])
    return f"{place}\x00{each.value!r}\x00{each.problems}"


def _value_of(line: str) -> str:
    return line.split("\x00")[1] if "\x00" in line else ""


def _read_parts(source: SourceFile, seen: Counter[str] | None) -> Iterator[object]:
    """Yield what blocks hold, cut in pieces somewhere, as who finds something wrong in them does."""
    chance = random.Random(len(source.name))  # noqa: S311 - the same pieces each time
    for each in read_blocks(source):
        if not isinstance(each, Block):
            yield each
            continue
        if seen is not None:
            seen["in blocks"] += each.count
        cuts = sorted(chance.sample(range(each.count), chance.randint(0, min(3, each.count))))
        for part in each.cut(cuts):
            if isinstance(part, Block):
                yield from part.items()
            else:
                yield part


def _read_as_python(case: Case) -> list[str]:
    """Return the values of a sound file."""
    text = case.data.decode()
    try:
        if case.inside is not None:
            return read_as_python(case, case.inside)
        if case.name.endswith(".json"):
            value = json.loads(text)
            return list(map(repr, value)) if isinstance(value, list) else [repr(value)]
        return [repr(json.loads(line)) for line in text.split("\n") if line.strip(" \t\r")]
    except ValueError as error:
        return [f"raised {error!r}"]


def _differ(name: str, exact: list[str], other: list[str]) -> str:
    for number, (mine, theirs) in enumerate(zip(exact, other, strict=False)):
        if mine != theirs:
            return f"value {number}: exact: {mine[:600]}\n  {name}: {theirs[:600]}"
    if len(exact) != len(other):
        more = (exact if len(exact) > len(other) else other)[min(len(exact), len(other))]
        return f"exact: {len(exact)} values, {name}: {len(other)}; beyond: {more[:600]}"
    return ""


def _tell(found: list[tuple[Case, str]], folder: Path) -> None:
    if found:
        folder.mkdir(parents=True, exist_ok=True)
    for number, (case, difference) in enumerate(found):
        path = folder / f"{number:02}-{case.name}"
        path.write_bytes(case.data)
        print(f"\n{path} (blocks of {case.block_bytes}, large from {case.large}):")
        print(f"  {difference}\n  {case.data[:300]!r}")


if __name__ == "__main__":
    main()
