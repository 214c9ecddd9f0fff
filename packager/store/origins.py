"""Remember what a build was made of, and tell what has changed since.

A record lies in the user's cache, one for each folder of the project built into, and may be deleted at any
time. A file is known by what the file system says of it, as git does it; where that differs, by its content,
so that a file which was only touched or checked out again is unchanged; but not in a large corpus.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from packager.cache import project_cache
from packager.config import FILE_NAME
from packager.files import write_whole
from packager.store.stamps import Stamp, read_stamp

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from packager.built import Manifest
    from packager.config import Config
    from packager.model import SourceFile

_PIECE: Final = 1 << 20  # bytes hashed at a time
_MOST_HASHED: Final = 64 << 20
"""Bytes of all files up to which they are known by content too."""
_NAMED: Final = 5  # files in one message


class Seen(NamedTuple):
    """A file that a build is made of, before it is read."""

    place: str
    stamp: Stamp | None
    """None: it is not there."""


class Origins(NamedTuple):
    """What has become of the files that a build was made of."""

    changes: tuple[str, ...]
    """A sentence for each kind of change; empty: nothing was changed, as far as is known."""
    note: str = ""
    """Why it is not known; empty if it is."""


def look_at_origins(
    config: Config, sources: Iterable[tuple[SourceFile, Stamp | None]], referred: Iterable[str] = ()
) -> dict[str, Seen]:
    """Return the files that a build is made of, by name: the sources, dataset.toml, the card, the schema.

    With those that the schema refers to; to find them it has to be read.
    """
    own = [config.root / FILE_NAME, config.card, config.schema, *(config.root / name for name in referred)]
    places = {config.name_file(path): str(path) for path in own if path is not None}
    found = {name: Seen(place, read_stamp(place)) for name, place in places.items()}
    return found | {source.name: Seen(source.place, stamp) for source, stamp in sources}


def keep_origins(
    project: Path, out: Path, manifest: Manifest, origins: dict[str, Seen], referred: Iterable[str] = ()
) -> None:
    """Write down what a build was made of; a disk that refuses costs no more than the knowledge.

    Args:
        project: the folder of the project.
        out: the folder that was built.
        manifest: what it holds.
        origins: what was seen before anything was read. A file that changed since counts as changed.
        referred: those of them that the schema refers to.
    """
    with suppress(OSError):
        if (cache := project_cache(project, make=True)) is None:
            return
        path = _record_path(cache, out)
        if sum(seen.stamp.size for seen in origins.values() if seen.stamp is not None) <= _MOST_HASHED:
            before = _read(path).get("files", {})
            files = {name: _describe(seen, before.get(name)) for name, seen in origins.items()}
        else:
            # Of a large corpus the stamps alone: reading all once more costs more than a build in vain.
            files = {name: seen.stamp and [list(seen.stamp), ""] for name, seen in origins.items()}
        path.parent.mkdir(mode=0o700, exist_ok=True)
        record = {"build": _name(manifest), "files": files, "referred": sorted(referred)}
        write_whole(path, orjson.dumps(record))


def find_changed_origins(project: Path, out: Path, manifest: Manifest, origins: dict[str, Seen]) -> Origins:
    """Compare what a build was made of with what is seen now. Content is read only where stamps differ."""
    cache = project_cache(project)
    record = {} if cache is None else _read(_record_path(cache, out))
    if record.get("build") != _name(manifest):
        return Origins((), f"no record here says what {out} was built from, so it may be out of date")
    then: dict[str, Any] = record["files"]
    for name in record.get("referred", ()):
        if (stamp := read_stamp(place := str(project / name))) is not None:
            origins = {**origins, name: Seen(place, stamp)}
    kinds = {
        "added": origins.keys() - then.keys(),
        "removed": then.keys() - origins.keys(),
        "changed": {name for name, seen in origins.items() if name in then and _differs(seen, then[name])},
    }
    return Origins(tuple(_say(sorted(names), kind) for kind, names in kinds.items() if names))


def _describe(seen: Seen, before: list[Any] | None) -> list[Any] | None:
    """Return stamp and digest; None if the file changed while it was built from."""
    if seen.stamp is None:
        return None
    if before is not None and before[0] == list(seen.stamp):
        return before
    digest = _digest(seen.place)
    return None if digest is None or read_stamp(seen.place) != seen.stamp else [list(seen.stamp), digest]


def _differs(seen: Seen, then: list[Any] | None) -> bool:
    if then is None or seen.stamp is None or seen.stamp.size != then[0][0]:
        return True
    stamp, digest = then
    return bool(list(seen.stamp) != stamp and (not digest or _digest(seen.place) != digest))


def _digest(place: str) -> str | None:
    digest = hashlib.sha256()  # of equal ones the build is taken for one of these files
    try:
        with open(place, "rb", buffering=0) as file:  # noqa: PTH123 - of many files
            while piece := file.read(_PIECE):
                digest.update(piece)
    except OSError:
        return None
    return digest.hexdigest()


def _say(names: list[str], kind: str) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    verb = "was" if len(names) == 1 else "were"
    return f"{', '.join(names[:_NAMED])}{more} {verb} {kind} since the build: run `packager build` again"


def _name(manifest: Manifest) -> str:
    """Return what tells builds apart, published or not: their data."""
    lines = [f"{file.path} {file.sha256}\n" for file in manifest.files if file.rows is not None]
    return hashlib.sha256("".join([manifest.schema_sha256, *lines]).encode()).hexdigest()


def _record_path(cache: Path, out: Path) -> Path:
    name = hashlib.sha256(os.fsencode(out.resolve())).hexdigest()[:16]
    return cache / "origins" / f"{name}.json"


def _read(path: Path) -> dict[str, Any]:
    try:
        record = orjson.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}
