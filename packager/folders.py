"""Build folders: make one appear whole or not at all, finish or undo a crash, read one and verify it.

Work happens in a hidden folder beside the result, `.NAME.packager/`:

    new/     is being written
    ready/   is complete: `new` renamed; from here on the rest is two renames
    old/     the result that `ready` replaces

A crash leaves one of three states behind, and `recover_folder` knows each: the result stands (drop the rest),
the result is away and `ready` is there (finish), or only `old` is there (undo).
"""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packager.errors import DataError, EnvironmentFailure, PackagerError, UsageError
from packager.manifest import NAME, is_build, parse_manifest
from packager.work import count_cpus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from packager.model import Manifest

STATE: Final = ".packager"
"""The folder of a project for what is not to be published or committed."""
_PIECE: Final = 1 << 20  # bytes hashed at a time


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
        try:
            _remember(out, project)
            (work / "new").mkdir(parents=True)
            yield work
            _sync(work / "new")
            (work / "new").rename(work / "ready")
            _swap(work, out)
        finally:
            _settle(work, out)  # if that fails, all stays where it is for the next command
            shutil.rmtree(work, ignore_errors=True)
            _forget(out, project)


def recover_folders(project: Path) -> None:
    """Finish or undo the swaps of this project's builds that a crash left half done; running ones go on."""
    notes = project / STATE / "unfinished"
    outs = {project / "build"}
    if notes.is_dir():
        outs |= {Path(note.read_text(encoding="utf-8")) for note in sorted(notes.iterdir())}
    for out in outs:
        if _work_folder(out.resolve()).exists():
            recover_folder(out)
        if notes.is_dir() and not _work_folder(out.resolve()).exists():
            _forget(out.resolve(), project)


def recover_folder(out: Path) -> None:
    """Finish or undo a swap that a crash left half done; do nothing while a build is running."""
    out = out.resolve()
    if not _work_folder(out).exists():
        return
    try:
        with _lock(out):
            _recover(out)
    except EnvironmentFailure:
        return


def state_folder(project: Path) -> Path:
    """Return the project's folder for what is not to be published or committed, made if it is absent."""
    folder = project / STATE
    folder.mkdir(exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n")
    return folder


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


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is seen whole or not at all."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def hash_file(path: Path) -> str:
    """Return the sha256 of a file's bytes, reading a piece at a time."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _work_folder(out: Path) -> Path:
    return out.parent / f".{out.name}.packager"


@contextmanager
def _lock(out: Path) -> Iterator[None]:
    """Hold the lock of a result: whatever project builds it, one at a time."""
    from filelock import FileLock, Timeout  # noqa: PLC0415 - a check, which looks for a crash first, does without

    lock = FileLock(state_folder(out.parent) / f"{out.name}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise EnvironmentFailure(f"another build into {out} is running: wait for it to end") from error
    try:
        yield
    finally:
        lock.release()


def _remember(out: Path, project: Path) -> None:
    """Note where a build is at work, so that the next command in the project knows where to look."""
    note = _note(out, project)
    note.parent.mkdir(exist_ok=True)
    note.write_text(str(out), encoding="utf-8")


def _forget(out: Path, project: Path) -> None:
    _note(out, project).unlink(missing_ok=True)
    with suppress(OSError):  # it is not empty, or not there
        _note(out, project).parent.rmdir()


def _note(out: Path, project: Path) -> Path:
    name = hashlib.sha256(os.fsencode(out)).hexdigest()[:16]
    return state_folder(project) / "unfinished" / name


def _recover(out: Path) -> None:
    work = _work_folder(out)
    if work.exists():
        _settle(work, out)
        shutil.rmtree(work)


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
