"""Remember what became of sources and shards, so that the next build reads and writes only what has changed.

It is kept in `.packager/built/` of the project, which may be deleted at any time. It holds for the same
schema, configuration and version of the tool. A source is known by what the file system says of it, as git
does it: one that has its size, times and number is taken for unchanged, unless it was changed so shortly
before it was read that the clock could not tell a later change. A shard is known by the bytes of all that
goes into it, and is used again only if the file in the earlier build still has its sha256. JSON, so that
nothing in it can be run.
"""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson
from xxhash import xxh3_128

from packager.assemble.pieces import Block, Piece, Records
from packager.assemble.shards import ShardTask, WrittenShard
from packager.assemble.spool import SpooledFile
from packager.folders import hash_file, state_folder
from packager.framing import Kind, Shape
from packager.model import BuiltFile
from packager.recordings import Claim
from packager.statistics import dump_tally, load_tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from packager.model import SourceFile

_KEPT: Final = 4  # memories, of other configurations and schemas
_TICK: Final = 2 * 10**9  # nanoseconds; no file system in use has a coarser clock (FAT has this one)

Stamp = tuple[int, int, int, int, int]
"""Size, times of change, number and device."""


class Status(NamedTuple):
    """What the file system says of a source."""

    size: int
    stamp: Stamp | None
    """None if nothing can be known."""


def ask_status(source: SourceFile) -> Status:
    """Ask the file system about a source."""
    try:
        found = os.stat(source.place)  # noqa: PTH116 - of many files, and several times as fast
    except OSError:
        return Status(0, None)
    stamp = (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_dev)
    return Status(found.st_size, stamp)


class Memory:
    """What earlier builds of one project, schema and configuration have found."""

    def __init__(self, project: Path, depends: Iterable[object], out: Path) -> None:
        """Remember what tells these builds from others; with what repr says.

        Raises:
            OSError: the state of the project cannot be written.
        """
        digest = xxh3_128(repr((tuple(_describe_tool()), tuple(depends))).encode("utf-8", "backslashreplace"))
        self.folder = state_folder(project) / "built"
        self.folder.mkdir(exist_ok=True)
        self.path = self.folder / f"{digest.hexdigest()}.json"
        self.out = out
        self._read = self._load()
        self._sources: dict[str, Any] = {}
        self._shards: dict[str, Any] = {}
        with tempfile.TemporaryFile(dir=self.folder) as file:
            file.write(b"\0")
            file.flush()
            status = os.fstat(file.fileno())
        self._now, self._device = status.st_mtime_ns, status.st_dev

    def recall_source(self, source: SourceFile, number: int, status: Status) -> SpooledFile | None:
        """Return what became of a source, if it is known to be the same; `number` is its number now."""
        kept = self._read["sources"].get(source.name)
        if kept is None or status.stamp is None or kept["stamp"] != list(status.stamp):
            return None
        return _load_source(kept["became"], source, number)

    def keep_source(self, source: SourceFile, status: Status, became: SpooledFile) -> None:
        """Keep what became of a source, if all of it lies in the source, and nothing is to be told of it."""
        if status.stamp is None or not source.is_named_in_utf8:
            return
        _, changed, created, _, device = status.stamp
        if device != self._device or max(changed, created) >= self._now - _TICK:
            return
        if became.problems or became.dropped or not _lies_in(became.pieces, source.place):
            return
        self._sources[source.name] = {"stamp": status.stamp, "became": _dump_source(became)}

    def knows_shard(self, task: ShardTask) -> bool:
        """Return whether the earlier build had a shard with just this content."""
        return name_content(task) in self._read["shards"]

    def recall_shard(self, task: ShardTask) -> WrittenShard | None:
        """Return a shard of the earlier build with just this content, linked to where it belongs."""
        key = name_content(task)
        kept = self._read["shards"].get(key)
        if kept is None:
            return None
        shard = _load_shard(kept, task.path)
        earlier, target = self.out / kept["file"]["path"], task.folder / task.path
        try:
            os.link(earlier, target)
        except OSError:
            return None  # it is gone, or the file system has no links: write it anew
        if target.stat().st_size != shard.file.size or hash_file(target) != shard.file.sha256:
            target.unlink()
            return None
        self._shards[key] = _dump_shard(shard)
        return shard

    def keep_shard(self, task: ShardTask, shard: WrittenShard) -> None:
        """Keep a shard that was written."""
        self._shards[name_content(task)] = _dump_shard(shard)

    def save(self) -> None:
        """Write what is to be remembered; a disk that refuses costs nothing but time."""
        try:
            data = orjson.dumps({"sources": self._sources, "shards": self._shards})
            with tempfile.NamedTemporaryFile(dir=self.folder, delete=False) as file:
                file.write(xxh3_128(data).hexdigest().encode() + b"\n" + data)
            Path(file.name).replace(self.path)
            kept = sorted(self.folder.iterdir(), key=lambda path: path.stat().st_mtime_ns, reverse=True)
            for path in kept[_KEPT:]:
                path.unlink(missing_ok=True)
        except OSError:
            return

    def _load(self) -> dict[str, Any]:
        try:
            digest, _, data = self.path.read_bytes().partition(b"\n")
        except OSError:
            return {"sources": {}, "shards": {}}
        if xxh3_128(data).hexdigest().encode() != digest:
            return {"sources": {}, "shards": {}}  # cut off by a crash, or edited
        kept: dict[str, Any] = orjson.loads(data)
        return kept


def open_memory(project: Path, depends: Iterable[object], out: Path) -> Memory | None:
    """Return the memory of a project; None if nothing can be kept there."""
    try:
        return Memory(project, depends, out)
    except OSError:
        return None


def name_content(task: ShardTask) -> str:
    """Return a name that tells all that goes into a shard, wherever it lies."""
    digest = xxh3_128()
    for name, pieces in task.recordings:
        digest.update(
            repr((name, [_describe(piece) for piece in pieces])).encode("utf-8", "backslashreplace")
        )
    return digest.hexdigest()


def _describe(piece: Piece) -> tuple[object, ...]:
    content = piece.content
    if isinstance(content, Records):
        blocks = [(block.length, block.digest) for block in content.blocks]
        return (piece.positions, piece.kept, content.shape.gaps, blocks)
    return (piece.positions, piece.kept, content.length, content.digest)


def _lies_in(pieces: Sequence[Piece], place: str) -> bool:
    return all(
        isinstance(piece.content, Records) and {block.place for block in piece.content.blocks} == {place}
        for piece in pieces
    )


def _describe_tool() -> list[tuple[str, int, int]]:
    """Return what tells one version of the tool from another one, if only by an edit."""
    package = Path(__file__).parent.parent
    found = [
        (path.name, (status := path.stat()).st_size, status.st_mtime_ns)
        for path in sorted(package.rglob("*.py"))
    ]
    from importlib.metadata import version  # noqa: PLC0415 - takes longer to load than much of a build

    libraries = [(f"{name} {version(name)}", 0, 0) for name in ("jsonschema_rs", "pyarrow", "orjson")]
    return [*found, *libraries, (sys.version, 0, 0)]


# --- as JSON -------------------------------------------------------------------------------------------


def _dump_source(became: SpooledFile) -> dict[str, object]:
    return {
        "segments": became.segments,
        "claims": [tuple(claim) for _, claim, _ in became.claims],
        "pieces": [_dump_piece(piece) for piece in became.pieces],
        "roll": [(name, line, column, group.decode()) for name, (_, line, column), group in became.roll],
    }


def _load_source(kept: Mapping[str, Any], source: SourceFile, number: int) -> SpooledFile:
    return SpooledFile(
        path=source.name,
        segments=kept["segments"],
        claims=tuple((number, Claim(*claim), source.name) for claim in kept["claims"]),
        pieces=tuple(_load_piece(piece, source.place) for piece in kept["pieces"]),
        dropped=(),
        problems=(),
        evidence=None,
        roll=tuple(
            (name, (number, line, column), group.encode()) for name, line, column, group in kept["roll"]
        ),
    )


def _dump_piece(piece: Piece) -> dict[str, object]:
    content = piece.content
    assert isinstance(content, Records)  # noqa: S101 - as `_lies_in` has seen
    shape = content.shape
    return {
        "recording": piece.recording,
        "shape": (shape.keys, shape.kinds, [gap.decode() for gap in shape.gaps]),
        "blocks": [(block.offset, block.length, block.digest) for block in content.blocks],
        "counts": (piece.positions, piece.kept, piece.size),
    }


def _load_piece(kept: Mapping[str, Any], place: str) -> Piece:
    keys, kinds, gaps = kept["shape"]
    shape = Shape(tuple(keys), tuple(map(Kind, kinds)), tuple(gap.encode() for gap in gaps))
    positions, count, size = kept["counts"]
    return Piece(
        recording=kept["recording"],
        content=Records(shape, tuple(Block(place, *block) for block in kept["blocks"])),
        positions=positions,
        kept=count,
        size=size,
        start=None,
        single=False,
    )


def _dump_shard(shard: WrittenShard) -> dict[str, object]:
    return {
        "file": asdict(shard.file),
        "arrow_bytes": shard.arrow_bytes,
        "tally": dump_tally(shard.tally),
        "digests": shard.digests,
    }


def _load_shard(kept: Mapping[str, Any], path: str) -> WrittenShard:
    file = BuiltFile(**{**kept["file"], "path": path})
    return WrittenShard(file, kept["arrow_bytes"], load_tally(kept["tally"]), tuple(kept["digests"]))
