"""Judge and write a shard in one pass, where it is known beforehand which recordings will be in it.

That is so where each file of lines is a recording, and nothing but its name says where it goes. How many
shards a split has follows from the size of what is in it; that is estimated from a few lines of some files.
If the estimate is wrong, the shards are written again, of what was judged; if a source is in doubt, all are
judged as ever. Either way the result is the same, byte for byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packager.assemble.shards import RecordingWriter, WrittenShard
from packager.assemble.spool import SourceWriter, SpooledFile
from packager.check.fit import judge_batches_to_fit
from packager.check.judge import load_schema, looks_beyond
from packager.folders import hash_file
from packager.framing import Frame, find_shape, frame_block, measure_forms
from packager.model import BuiltFile
from packager.reading.read import Batch
from packager.splits import count_shards, shard_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from packager.assemble.memory import Status
    from packager.check.engine import Gathering
    from packager.config import Config
    from packager.model import SourceFile
    from packager.splits import Dealer

_SAMPLES: Final = 16
"""Files of which the first lines are looked at."""
_SAMPLE_BYTES: Final = 1 << 16
_DOUBT: Final = 0.04
"""By so much an estimate may be wrong; where that could change the number of shards, none is made."""


@dataclass(frozen=True, slots=True)
class AtOnceTask:
    """A unit of work: where to write, and the sources in the order of their recordings' names."""

    folder: Path
    path: str
    members: tuple[tuple[int, SourceFile], ...]
    size: int
    """Of the sources, in bytes."""


@dataclass(frozen=True, slots=True)
class AtOnce:
    """A shard that was judged and written."""

    files: tuple[tuple[int, SpooledFile], ...]
    shard: WrittenShard
    recordings: tuple[str, ...]


def plan_at_once(  # noqa: PLR0913, PLR0917 - all that decides
    sources: Sequence[SourceFile],
    statuses: Sequence[Status],
    config: Config,
    gathering: Gathering,
    dealer: Dealer,
    folder: Path,
) -> list[AtOnceTask]:
    """Return the shards that can be judged and written in one pass, the largest first; none if in doubt."""
    names = {source.recording for source in sources}
    if (
        config.recording_property is not None
        or config.recording == "folder"
        or config.group_by
        or len(names) < len(sources)
        or not all(_is_plain(source, gathering) for source in sources)
    ):
        return []
    ratio = _estimate_ratio(sources[:: max(1, len(sources) // _SAMPLES)])
    if ratio is None:
        return []
    placed: dict[str, list[tuple[str, int, int]]] = {split.name: [] for split in config.splits}
    for number, source in enumerate(sources):
        place = dealer.place(source.recording, None)
        placed[place.split].append((source.recording, place.bucket, number))
    tasks: list[AtOnceTask] = []
    for split, members in placed.items():
        size = ratio * sum(statuses[number].size for _, _, number in members)
        shards = count_shards(int(size))
        if shards != count_shards(int(size * (1 - _DOUBT))) or shards != count_shards(
            int(size * (1 + _DOUBT))
        ):
            return []
        for shard in range(shards):
            own = tuple(number for _, bucket, number in sorted(members) if bucket % shards == shard)
            if own:
                path = shard_path(split, shard, shards)
                total = sum(statuses[number].size for number in own)
                numbered = tuple((number, sources[number]) for number in own)
                tasks.append(AtOnceTask(folder, path, numbered, total))
    return sorted(tasks, key=lambda task: -task.size)


def write_at_once(task: AtOnceTask, gathering: Gathering, mode: str) -> AtOnce | None:
    """Judge the sources of a shard and write it; None if one of them is to be judged otherwise."""
    from packager.parquet import ShardWriter, write_forms  # noqa: PLC0415 - as in `shards`

    criteria = gathering.criteria
    _, layout = load_schema(criteria)
    target = task.folder / task.path
    digests, files, names = [], [], []
    with ShardWriter(target, layout, text=criteria.checks.text, speaker=criteria.checks.speaker) as writer:
        for number, source in task.members:
            taken = SourceWriter(source, number, gathering, mode, BytesIO(), single=False)
            recording = RecordingWriter(source.recording, layout, writer)
            for judged in judge_batches_to_fit(source, criteria, gathering.listen_to(source, number)):
                if not isinstance(judged, Batch) or not taken.take_frame(judged):
                    return None
                assert isinstance(judged.proof, Frame)  # noqa: S101 - or it would not have been taken
                taken.segments += judged.count
                recording.write(judged.proof, *write_forms(judged.proof))
            digests.append(recording.finish())
            files.append((number, taken.finish()))
            names.append(source.recording)
    file = BuiltFile(task.path, target.stat().st_size, hash_file(target), writer.rows)
    shard = WrittenShard(file, writer.arrow_bytes, writer.tally.finish(), tuple(digests))
    return AtOnce(tuple(files), shard, tuple(names))


def _is_plain(source: SourceFile, gathering: Gathering) -> bool:
    lines = source.place.endswith((".jsonl", ".ndjson"))
    return lines and source.is_named_in_utf8 and not looks_beyond(gathering.criteria, source.name)


def _estimate_ratio(sources: Iterable[SourceFile]) -> float | None:
    """Return how long the RFC 8785 forms are for each byte of the sources, by their first lines."""
    read, size = 0, 0
    for source in sources:
        try:
            with Path(source.place).open("rb", buffering=0) as stream:
                data = stream.read(_SAMPLE_BYTES)
        except OSError:
            return None
        data = data[: data.rfind(b"\n") + 1]
        shape = find_shape(data[: data.find(b"\n") + 1])
        frame = None if shape is None else frame_block(data, shape)
        if frame is None:
            return None
        read += len(data)
        size += int(measure_forms(frame).sum())
    return size / read if read else None
