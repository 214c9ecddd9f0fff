"""Load a published version as its users will, and compare every row with the segment it was made from.

This room owns `datasets`. That library reads its endpoint and its folders when it is imported, and may serve
an older version from its cache in silence; so the loading happens in a process of its own
(`python -m packager.readback`) with an empty cache. Neither process holds more than a few blocks of rows; the
other one keeps nine bytes a row and the names of the recordings.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
import tempfile
from array import array
from bisect import bisect_left
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from packager.check import ExpectedRow
from packager.columns import (
    END_SECONDS,
    EXTRA,
    JSON,
    RECORDING,
    SEGMENT,
    START_SECONDS,
    TIMESTAMP,
    ColumnType,
    Labels,
    ListOf,
    Scalar,
    StructOf,
    parse_type,
)
from packager.errors import EnvironmentFailure, UsageError
from packager.model import Column
from packager.times import parse_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from packager.model import JsonObject, JsonValue

_LISTED: Final = 20  # differences told as sentences
_SHOWN: Final = 60  # characters of a value in a sentence
_BLOCK: Final = 512  # rows decoded at a time
_BLOCKS: Final = 8  # blocks kept
_BATCH: Final = 10_000  # rows of the two key columns read at a time
_KEPT: Final = {"HF_HUB_DISABLE_XET"}  # how bytes travel is the user's choice, where from is not
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TAIL: Final = 500  # characters of a dying process's last words


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What was loaded, and where it differs from what was expected."""

    rows: int
    splits: tuple[tuple[str, int], ...]
    """Each split and its rows, in the order in which they were loaded."""
    different: int
    """How many differences there are; 0: every row is equal to its source, and there are no others."""
    differences: tuple[str, ...]
    """The first 20 as sentences."""


def read_back(  # noqa: PLR0913, PLR0917 - where, what and against what: there is no smaller question
    endpoint: str,
    token: str | None,
    repo_id: str,
    tag: str,
    rows: Iterable[ExpectedRow],
    columns: Sequence[Column],
    *,
    streaming: bool = False,
) -> ReadBack:
    """Load `repo_id` at `tag` with `datasets.load_dataset` in an empty cache and compare every row.

    Args:
        endpoint: the Hub, such as `http://127.0.0.1:8000`.
        token: None: without logging in.
        repo_id: the dataset repository.
        tag: the version's tag, such as `v1.0.0`.
        rows: every row that there must be, in any order; fastest in the order of the recordings.
        columns: the columns, as the manifest has them.
        streaming: load with `streaming=True`.

    Raises:
        UsageError: `datasets` is not installed.
        EnvironmentFailure: the version cannot be loaded.
    """
    try:
        importlib.metadata.version("datasets")
    except importlib.metadata.PackageNotFoundError:
        raise UsageError(
            "loading a version back needs the datasets library: pip install 'segment-packager[load]'"
        ) from None
    request = {
        "repo_id": repo_id,
        "tag": tag,
        "streaming": streaming,
        "columns": [asdict(column) for column in columns],
    }
    with tempfile.TemporaryDirectory(prefix="packager-readback-") as home:
        answer = _ask_process(request, rows, home, _environment(endpoint, token, home))
    if isinstance(answer, str):
        said = answer.replace(token, "***") if token else answer
        raise EnvironmentFailure(f"{repo_id} at {tag} cannot be loaded from {endpoint}: {said}")
    return ReadBack(
        rows=answer["rows"],
        splits=tuple((name, count) for name, count in answer["splits"]),
        different=answer["different"],
        differences=tuple(answer["differences"]),
    )


# --- the asking process --------------------------------------------------------------------------------


def _environment(endpoint: str, token: str | None, home: str) -> dict[str, str]:
    """Return the environment of a process that knows this Hub, this token and nothing from before."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT or not name.startswith(("HF_", "HUGGING", "TRANSFORMERS_"))
    }
    package = str(Path(__file__).resolve().parent.parent)
    search = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
    return kept | {
        "HF_ENDPOINT": endpoint,
        "HF_HOME": home,
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "PYTHONPATH": os.pathsep.join(search),
        **({"HF_TOKEN": token} if token else {"HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"}),
    }


def _ask_process(
    request: dict[str, object], rows: Iterable[ExpectedRow], home: str, environment: dict[str, str]
) -> dict[str, Any] | str:
    """Return what the loading process answers, or why it does not."""
    complaints = Path(home, "stderr.txt")
    with (
        complaints.open("wb") as stderr,
        subprocess.Popen(
            [sys.executable, "-m", "packager.readback"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=environment,
            cwd=home,  # else a folder called `datasets` where the user stands would be imported
        ) as process,
    ):
        try:
            assert process.stdin is not None  # noqa: S101 - both are pipes, as asked
            assert process.stdout is not None  # noqa: S101
            _send(process.stdin, request, rows)
            answer = process.stdout.read()
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0:
        words = complaints.read_text(encoding="utf-8", errors="replace").split()
        return f"the process that loads it ended with {process.returncode} ({' '.join(words)[-_TAIL:]})"
    document: dict[str, Any] = json.loads(answer)
    return str(document["error"]) if "error" in document else document


def _send(pipe: IO[bytes], request: dict[str, object], rows: Iterable[ExpectedRow]) -> None:
    try:
        with pipe:
            pipe.write(json.dumps(request).encode() + b"\n")
            for row in rows:
                line = [row.recording, row.segment, row.value, row.start_seconds, row.end_seconds]
                pipe.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")
    except BrokenPipeError:
        return  # the process has given up, and its answer says why


# --- the loading process -------------------------------------------------------------------------------


def _main() -> None:
    answer_to, sys.stdout = sys.stdout, sys.stderr  # what libraries print is no answer
    sys.set_int_max_str_digits(0)  # an integer of a segment has any size
    request = json.loads(sys.stdin.buffer.readline())
    try:
        answer = _load_and_compare(request, sys.stdin.buffer)
    except Exception as error:  # noqa: BLE001 - whatever the library raises is a message, not a traceback
        answer = {"error": f"{type(error).__name__}: {' '.join(str(error).split())}"}
    json.dump(answer, answer_to)
    answer_to.flush()
    os._exit(0)  # Arrow's threads may still hold a streamed file when the interpreter ends, and abort it


def _load_and_compare(request: dict[str, Any], lines: Iterable[bytes]) -> dict[str, object]:
    splits = _load_splits(request["repo_id"], request["tag"], streaming=request["streaming"])
    columns = [Column(**column) for column in request["columns"]]
    differences = _Differences()
    index = _Index(splits, columns, differences)
    kinds = {column.name: parse_type(column.type) for column in columns}
    for line in lines:
        index.check(ExpectedRow(*json.loads(line)), kinds)
    index.report_unexpected()
    return {
        "rows": sum(split.num_rows for split in splits.values()),
        "splits": [(name, split.num_rows) for name, split in splits.items()],
        "different": differences.count,
        "differences": differences.sentences,
    }


def _load_splits(repo_id: str, tag: str, *, streaming: bool) -> dict[str, Any]:
    """Return the splits by name; what is streamed is written to a table first, to be looked up in."""
    import datasets  # noqa: PLC0415 - 0.8 s and 140 MB that only this process pays

    loaded = datasets.load_dataset(repo_id, revision=tag, streaming=streaming)
    if not streaming:
        return dict(loaded)
    return {
        str(name): datasets.Dataset.from_generator(
            _replay, features=split.features, gen_kwargs={"split": split}
        )
        for name, split in loaded.items()
    }


def _replay(split: Iterable[dict[str, object]]) -> Iterator[dict[str, object]]:
    yield from split


@dataclass(slots=True)
class _Differences:
    """Counts all, keeps the first."""

    count: int = 0
    sentences: list[str] = field(default_factory=list)

    def add(self, sentence: str) -> None:
        self.count += 1
        if len(self.sentences) < _LISTED:
            self.sentences.append(sentence)


@dataclass(slots=True)
class _Run:
    """The rows of one recording: they stand together."""

    split: str
    first: int
    stop: int


class _Index:
    """Finds the row of a recording and a segment number, and remembers which were asked for."""

    def __init__(
        self, splits: Mapping[str, Any], columns: Sequence[Column], differences: _Differences
    ) -> None:
        self._splits = splits
        self._differences = differences
        self._runs: dict[str, _Run] = {}
        self._numbers = {name: array("q") for name in splits}
        self._asked = {name: bytearray(split.num_rows) for name, split in splits.items()}
        self._block = lru_cache(_BLOCKS)(self._load_block)
        names = [column.name for column in columns]
        for name, split in splits.items():
            if split.column_names != names:
                loaded = ", ".join(split.column_names)
                differences.add(f"{name} has the columns {loaded}, not {', '.join(names)}")
            self._read_keys(name, split)

    def check(self, expected: ExpectedRow, kinds: Mapping[str, ColumnType]) -> None:
        """Compare one expected row with the one that was loaded."""
        where = f"recording {expected.recording!r}, segment {expected.segment}"
        run = self._runs.get(expected.recording)
        row = None if run is None else self._find(run, expected.segment)
        if run is None or row is None:
            self._differences.add(f"{where} is missing")
            return
        if self._asked[run.split][row]:
            self._differences.add(f"{where} was expected twice")
        self._asked[run.split][row] = 1
        loaded = self._load_row(run.split, row)
        for name, source, read in _different_columns(expected, loaded, kinds):
            self._differences.add(f"{where} of {run.split}: {name} is {_show(read)}, not {_show(source)}")

    def report_unexpected(self) -> None:
        """Report the rows that nobody asked for."""
        for name, asked in self._asked.items():
            row = asked.find(0)
            while row >= 0:
                recording = self._load_row(name, row)[RECORDING]
                number = self._numbers[name][row]
                self._differences.add(f"recording {recording!r}, segment {number} of {name} was not expected")
                row = asked.find(0, row + 1)

    def _read_keys(self, name: str, split: Any) -> None:  # noqa: ANN401 - datasets has no types
        """Learn where each recording stands, and that it stands in one piece and one split, in order."""
        numbers = self._numbers[name]
        run: _Run | None = None
        last = ""
        for batch in split.select_columns([RECORDING, SEGMENT]).iter(_BATCH):
            for recording, number in zip(batch[RECORDING], batch[SEGMENT], strict=True):
                row = len(numbers)
                numbers.append(number)
                if run is None or recording != last:
                    run = _Run(name, row, row)
                    self._start_run(recording, run)
                elif number <= numbers[row - 1]:
                    self._differences.add(f"recording {recording!r} of {name} is not in order at {number}")
                last, run.stop = recording, row + 1

    def _start_run(self, recording: str, run: _Run) -> None:
        other = self._runs.setdefault(recording, run)
        if other.split != run.split:
            self._differences.add(f"recording {recording!r} stands in {other.split} and in {run.split}")
        elif other is not run:
            self._differences.add(f"recording {recording!r} stands in two places of {run.split}")

    def _find(self, run: _Run, segment: int) -> int | None:
        numbers = self._numbers[run.split]
        row = bisect_left(numbers, segment, run.first, run.stop)
        return row if row < run.stop and numbers[row] == segment else None

    def _load_row(self, split: str, row: int) -> dict[str, Any]:
        block = self._block(split, row // _BLOCK)
        return {name: values[row % _BLOCK] for name, values in block.items()}

    def _load_block(self, split: str, number: int) -> dict[str, list[Any]]:
        block: dict[str, list[Any]] = self._splits[split][number * _BLOCK : (number + 1) * _BLOCK]
        return block


# --- one row -------------------------------------------------------------------------------------------


def _different_columns(
    expected: ExpectedRow, row: Mapping[str, Any], kinds: Mapping[str, ColumnType]
) -> Iterator[tuple[str, JsonValue, object]]:
    """Yield the columns that do not say what the source says, with what each should say and says."""
    seconds = {START_SECONDS: expected.start_seconds, END_SECONDS: expected.end_seconds}
    computed = {name: value for name, value in seconds.items() if value is not None}
    for name, kind in kinds.items():
        if name not in {RECORDING, SEGMENT, EXTRA}:
            source = computed.get(name, expected.value.get(name))
            if not _is_equal(kind, source, row.get(name)):
                yield name, source, row.get(name)
    declared = kinds.keys() - {RECORDING, SEGMENT, EXTRA, *computed}
    rest = {name: value for name, value in expected.value.items() if name not in declared}
    # A property `recording` that names the recordings is the key column itself.
    named = {name: value for name, value in rest.items() if name != RECORDING or value != expected.recording}
    if EXTRA not in kinds:
        lost: JsonObject = {name: value for name, value in named.items() if value is not None}
        if lost:
            yield EXTRA, lost, None
    elif not _holds_rest((named, rest), row.get(EXTRA), kinds[EXTRA]):
        yield EXTRA, named, row.get(EXTRA)


def _holds_rest(variants: tuple[JsonObject, JsonObject], read: object, kind: ColumnType) -> bool:
    """Return whether the column `extra` holds the properties without a column of their own, as JSON text.

    A closed schema may declare a property of this name, and then it is a column like the others.
    """
    named = variants[0]
    if named.keys() <= {EXTRA} and _is_equal(kind, named.get(EXTRA), read):
        return True
    text = "{}" if read is None else read
    return any(_is_equal(JSON, variant, text) for variant in variants)


def _is_equal(kind: ColumnType, source: JsonValue, read: object) -> bool:
    """Return whether a loaded value says what the source says; an absent property is null."""
    if source is None or read is None:
        return source is None and read is None
    match kind:
        case Scalar(JSON.name):
            equal = isinstance(read, str) and _is_identical(_parse_json(read), source)
        case Scalar(TIMESTAMP.name):
            equal = (
                isinstance(source, str)
                and isinstance(read, datetime)
                and (read - _EPOCH) // timedelta(microseconds=1) == parse_instant(source)
            )
        case Scalar():
            equal = _is_identical(read, source)
        case Labels(names):
            equal = isinstance(read, int) and 0 <= read < len(names) and names[read] == source
        case ListOf(item):
            equal = (
                isinstance(source, list)
                and isinstance(read, list)
                and len(source) == len(read)
                and all(map(partial(_is_equal, item), source, read))
            )
        case StructOf(fields):
            equal = (
                isinstance(source, dict)
                and isinstance(read, dict)
                and {name for name, value in source.items() if value is not None} <= dict(fields).keys()
                and all(_is_equal(inner, source.get(name), read.get(name)) for name, inner in fields)
            )
    return equal


def _parse_json(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return object()  # equal to nothing


def _is_identical(one: object, other: object) -> bool:
    """Return whether two JSON values are the same; 1 and 1.0 are, 1 and true are not."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_is_identical, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_is_identical(one[name], other[name]) for name in one)
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def _show(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


if __name__ == "__main__":
    _main()
