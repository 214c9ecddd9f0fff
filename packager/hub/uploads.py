"""Files of a build that are about to be sent: hashed once, and held to be what was planned."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeAlias

import huggingface_hub

from packager.built import BuiltFile
from packager.errors import DataError
from packager.folders import describe_differences
from packager.work import count_cpus

_Stamp: TypeAlias = tuple[int, int, int]

_PORTION_BYTES: Final = 160 << 20
"""Over Xet the client's memory grows with what it is handed at once: for 1 GB it took 984 MB whole, 364 MB in
portions of this size (`python -m benchmarks.publish memory`)."""


@dataclass(frozen=True, slots=True)
class Upload:
    """Files that a commit is to show."""

    build: Path
    files: tuple[tuple[huggingface_hub.CommitOperationAdd, _Stamp], ...]
    """Each with what the file system said of it before it was hashed: file, size in bytes, time of change."""

    @property
    def operations(self) -> list[huggingface_hub.CommitOperationAdd]:
        """Return what a commit takes."""
        return [operation for operation, _ in self.files]

    def take(self, paths: Collection[str]) -> Upload:
        """Return the part with these paths."""
        return replace(self, files=tuple(each for each in self.files if each[0].path_in_repo in paths))

    def portions(self) -> Iterator[tuple[huggingface_hub.CommitOperationAdd, ...]]:
        """Yield the files a few at a time: a client that sends all at once may hold all in memory."""
        portion: list[huggingface_hub.CommitOperationAdd] = []
        size = 0
        for operation in self.operations:
            if portion and size + operation.upload_info.size > _PORTION_BYTES:
                yield tuple(portion)
                portion, size = [], 0
            portion.append(operation)
            size += operation.upload_info.size
        if portion:
            yield tuple(portion)

    def check_unchanged(self) -> None:
        """Refuse files changed while they were sent (DataError); asks the file system, and reads none."""
        changed = [
            f"{operation.path_in_repo} was changed while it was being published"
            for operation, stamp in self.files
            if _stamp(self.build / operation.path_in_repo) != stamp
        ]
        if changed:
            raise DataError(describe_differences(self.build, changed))


def prepare_upload(build: Path, files: Sequence[BuiltFile]) -> Upload:
    """Return files of a build folder ready to be sent, each read once. DataError: one is not as planned."""
    stamps = tuple(_stamp(build / file.path) for file in files)
    try:
        operations = tuple(huggingface_hub.CommitOperationAdd(file.path, build / file.path) for file in files)
        with ThreadPoolExecutor(count_cpus()) as pool:  # the client keeps what is hashed here
            digests = tuple(pool.map(lambda operation: operation.upload_info.sha256.hex(), operations))
    except (OSError, ValueError) as error:
        raise DataError(f"{build} was changed while it was being published ({error})") from error
    differences = [
        f"{file.path} has other bytes than when it was built"
        for file, digest in zip(files, digests, strict=True)
        if digest != file.sha256
    ]
    if differences:
        raise DataError(describe_differences(build, differences))
    return Upload(build, tuple(zip(operations, stamps, strict=True)))


def _stamp(place: Path) -> _Stamp:
    try:
        found = place.stat()
    except OSError:
        return 0, -1, 0
    return found.st_ino, found.st_size, found.st_mtime_ns
