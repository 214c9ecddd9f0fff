"""Build folders: make one appear whole or not at all, finish or undo a crash, read one and verify it.

Work happens in a hidden folder beside the result, `.NAME.packager/`:

    new/     is being written
    ready/   is complete: `new` renamed; from here on the rest is two renames
    old/     the result that `ready` replaces

A crash leaves one of three states behind, and `recover_folder` knows each: the result stands (drop the rest),
the result is away and `ready` is there (finish), or only `old` is there (undo).

Anybody can ship a folder of that name. What is at work is known by a trace in the user's cache, whose secret
the work folder holds; what no trace names is never finished, and the next build clears it away. Nor is a link
followed that stands in the place of anything that we write: see `state_folder`.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import stat
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from packager.cache import shared_cache
from packager.errors import DataError, EnvironmentFailure, PackagerError, UsageError
from packager.files import hash_file, is_link, read_own, state_folder, write_whole
from packager.manifest import NAME, is_build, parse_manifest
from packager.work import count_cpus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from packager.built import Manifest

_MARK: Final = "trace"
"""The file of a work folder that holds the secret of its trace."""
_UNFINISHED: Final = "unfinished"
"""The folder of the user's cache for traces, each under a digest of the folder that is built."""
_LONGEST: Final = 1 << 16  # bytes of a trace; paths are shorter


@contextmanager
def replace_folder(out: Path, project: Path) -> Iterator[Path]:
    """Yield an empty work folder; what the block puts into its folder `new` becomes `out` at the end.

    Other folders in the work folder are scratch. If the block raises, `out` stays as it was. A link is
    followed.

    Raises:
        UsageError: `out` exists and is no build, or not only a build; or it lies inside a build.
        EnvironmentFailure: another build into `out` is running.
    """
    out = out.resolve()
    out.parent.mkdir(parents=True, exist_ok=True)
    with _lock(out):
        _recover(out)
        _refuse_foreign(out)
        work = _work_folder(out)
        _remove(work)  # if somebody shipped it, or there was no cache to know it by
        try:
            secret = _remember(out, project)
            (work / "new").mkdir(parents=True)
            (work / _MARK).write_text(secret, encoding="ascii")
            yield work
            _sync(work / "new")
            (work / "new").rename(work / "ready")
            _swap(work, out)
        finally:
            _settle(work, out)  # if that fails, all stays where it is for the next command
            shutil.rmtree(work, ignore_errors=True)
            _forget(out)


def recover_folders(project: Path) -> None:
    """Finish or undo the swaps of this project's builds that a crash left half done; running ones go on."""
    traces = shared_cache(_UNFINISHED)
    if traces is None:
        return
    project = project.resolve()
    for note in sorted(traces.iterdir()):
        if note.name.startswith("."):  # is being written
            continue
        trace = _read_trace(note)
        if trace is None:
            with suppress(OSError):  # damaged, and of no use
                note.unlink()
        elif project in {trace.project, trace.out.parent}:
            recover_folder(trace.out)


def recover_folder(out: Path) -> None:
    """Finish or undo a swap that a crash left half done; do nothing while a build is running."""
    out = out.resolve()
    if (note := _note(out)) is None or not note.exists():
        return
    if not os.path.lexists(_work_folder(out)):
        _forget(out)
        return
    try:
        with _lock(out):
            _recover(out)
            _forget(out)
    except EnvironmentFailure:
        return


def load_build(folder: str | Path) -> Manifest:
    """Return the manifest of a build folder.

    Raises:
        UsageError: the folder is absent or holds no build.
        DataError: its manifest is damaged.
    """
    path = Path(folder) / NAME
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UsageError(
            f"{folder} holds no build ({NAME} is missing): run `packager build` first"
        ) from error
    return parse_manifest(data, str(path))


def load_texts(folder: str | Path) -> dict[str, bytes]:
    """Return the text files of a build by path: all that it holds but the shards and the manifest.

    Raises:
        UsageError, DataError: as `load_build`, or one of them is not as it was built.
    """
    folder = Path(folder)
    texts, differences = {}, []
    for file in load_build(folder).files:
        if file.rows is not None:
            continue
        try:
            data = (folder / file.path).read_bytes()
        except (FileNotFoundError, IsADirectoryError):
            differences.append(f"{file.path} is missing")
            continue
        if hashlib.sha256(data).hexdigest() != file.sha256:
            differences.append(f"{file.path} has other bytes than when it was built")
        texts[file.path] = data
    if differences:
        raise DataError(describe_differences(folder, differences))
    return texts


def describe_differences(folder: Path, differences: Iterable[str]) -> str:
    """Return the message for a build folder that somebody changed."""
    listed = "\n".join(f"  {difference}" for difference in differences)
    return f"{folder} is not as it was built:\n{listed}\nRun `packager build` again."


def verify_folder(folder: Path, manifest: Manifest, *, hashed: bool = True) -> tuple[str, ...]:
    """Return how a folder differs from its manifest, a sentence a file; empty if it does not.

    Reads every byte of every file that the manifest names, a piece at a time; not `hashed`: none.
    """
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - a check does without

    found = {
        path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if not path.is_dir()
    }
    differences = [f"{name} is not a file of this build" for name in foreign_files(folder, manifest)]
    whole = []
    for file in manifest.files:
        if file.path not in found:
            differences.append(f"{file.path} is missing")
        elif (actual := found[file.path].stat().st_size) != file.size:
            differences.append(f"{file.path} has {actual} bytes, not {file.size}")
        elif hashed:
            whole.append(file)
    with ThreadPoolExecutor(count_cpus()) as pool:  # hashing leaves the others their turn
        digests = pool.map(hash_file, [found[file.path] for file in whole])
        for file, digest in zip(whole, digests, strict=True):
            if digest != file.sha256:
                differences.append(f"{file.path} has other bytes than when it was built")
    return tuple(sorted(differences))


def foreign_files(folder: Path, manifest: Manifest) -> tuple[str, ...]:
    """Return the files of a folder that neither the manifest names nor are the manifest, sorted."""
    own = {file.path for file in manifest.files} | {NAME}
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    return tuple(sorted(found - own))


def _work_folder(out: Path) -> Path:
    return out.parent / f".{out.name}.packager"


@contextmanager
def _lock(out: Path) -> Iterator[None]:
    """Hold the lock of a result: whatever project builds it, one at a time."""
    from filelock import FileLock, Timeout  # noqa: PLC0415 - a check, which looks for a crash first, does without

    place = state_folder(out.parent) / f"{out.name}.lock"
    if os.path.lexists(place) and not stat.S_ISREG(place.lstat().st_mode):
        place.unlink()
    lock = FileLock(place)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise EnvironmentFailure(f"another build into {out} is running: wait for it to end") from error
    try:
        yield
    finally:
        lock.release()


class _Trace(NamedTuple):
    """What the user's cache says of a build that is at work, or was when it was killed."""

    out: Path
    project: Path
    secret: str


def _remember(out: Path, project: Path) -> str:
    """Note where a build is at work, so that the next command knows where to look; return the secret."""
    secret = secrets.token_hex(16)
    shared_cache(_UNFINISHED, make=True)
    if (note := _note(out)) is not None:
        trace = {"out": str(out), "project": str(project.resolve()), "secret": secret}
        with suppress(OSError):  # nothing can be remembered: a crash then costs a build
            write_whole(note, json.dumps(trace).encode("ascii"))
    return secret


def _forget(out: Path) -> None:
    if (note := _note(out)) is not None:
        with suppress(OSError):
            note.unlink(missing_ok=True)


def _note(out: Path) -> Path | None:
    folder = shared_cache(_UNFINISHED)
    return None if folder is None else folder / hashlib.sha256(os.fsencode(out)).hexdigest()[:32]


def _read_trace(note: Path) -> _Trace | None:
    """Return what a note says; None if it is damaged, or not where it would be kept."""
    try:
        if note.lstat().st_size > _LONGEST or (data := read_own(note)) is None:
            return None
        document = json.loads(data)
        trace = _Trace(Path(document["out"]), Path(document["project"]), str(document["secret"]))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    return trace if note == _note(trace.out) else None


def _recover(out: Path) -> None:
    """Finish or undo what our trace names, and clear it away; leave anything else."""
    work, note = _work_folder(out), _note(out)
    trace = None if note is None else _read_trace(note)
    if trace is None or work.is_symlink():
        return
    try:
        mark = read_own(work / _MARK)
    except OSError:
        return
    if mark == trace.secret.encode():
        _settle(work, out)
        _remove(work)


def _remove(path: Path) -> None:
    """Take away what has a name of ours; of a link the link, not what it leads to."""
    if path.is_dir() and not is_link(path.lstat()):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        path.unlink()


def _settle(work: Path, out: Path) -> None:
    """Finish what is ready, or else undo, where no result stands: the end fell between two renames."""
    if not out.exists():
        for state in ("ready", "old"):
            if (work / state).exists():
                (work / state).rename(out)
                break


def _refuse_foreign(out: Path) -> None:
    advice = "name another folder with --out, or move it away"
    for parent in out.parents:
        if (parent / NAME).is_file() and is_build(name.name for name in parent.iterdir()):
            raise UsageError(f"{out} lies inside the build {parent}, which holds nothing else: {advice}")
    if not os.path.lexists(out):
        return
    try:
        foreign = foreign_files(out, load_build(out))
    except (PackagerError, OSError) as error:
        raise UsageError(
            f"{out} exists and was not written by build (no {NAME} of ours): {advice}"
        ) from error
    if foreign:
        shown = ", ".join(foreign[:3]) + (" …" if len(foreign) > 3 else "")
        raise UsageError(f"{out} holds files that build did not write ({shown}): {advice}")


def _swap(work: Path, out: Path) -> None:
    if out.exists():
        out.rename(work / "old")
    (work / "ready").rename(out)
    _sync_folder(out.parent)


def _sync(folder: Path) -> None:
    """Have the bytes on the disk before a rename makes them visible."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as stream:
                os.fsync(stream.fileno())
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
