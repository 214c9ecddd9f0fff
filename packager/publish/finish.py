"""Write the finished files of a release back into the build folder, all of them or none.

A new folder comes to stand in the place of the old one by rename; the shards are the same files under a
second name, so their bytes are neither read nor written.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from packager.built import Manifest, ReleaseFacts
from packager.errors import DataError, EnvironmentFailure
from packager.folders import load_build, load_texts, replace_folder
from packager.manifest import NAME as MANIFEST
from packager.manifest import dump_manifest
from packager.release import finish_release


def finish_folder(build: Path, release: ReleaseFacts | None) -> None:
    """Have a build folder hold what a release of it holds; with None, what the build alone wrote.

    Raises:
        DataError: its text files are not as they were built.
        UsageError: it holds files that are not of the build.
        EnvironmentFailure: a build into it is running, or the disk refuses.
    """
    if load_finished(build, release)[1] == load_build(build):
        return
    try:
        _write_finished(build, release)
    except OSError as error:
        raise EnvironmentFailure(
            f"{build} cannot be finished for the release ({error.strerror or error}); it stays as it was, "
            "and nothing was sent"
        ) from error


def _write_finished(build: Path, release: ReleaseFacts | None) -> None:
    with replace_folder(build, build.absolute().parent) as work:
        texts, manifest = load_finished(build, release)
        for file in manifest.files:
            place = work / "new" / file.path
            place.parent.mkdir(parents=True, exist_ok=True)
            if file.rows is None:
                place.write_bytes(texts[file.path])
            else:
                _link(build / file.path, place)
        (work / "new" / MANIFEST).write_bytes(dump_manifest(manifest))


def load_finished(build: Path, release: ReleaseFacts | None) -> tuple[dict[str, bytes], Manifest]:
    """Return the texts and the manifest that a build folder has once it is finished. Nothing is written."""
    return finish_release(load_texts(build), load_build(build), release)


def _link(there: Path, place: Path) -> None:
    try:
        os.link(there, place)
    except FileNotFoundError as error:
        raise DataError(f"{there} is missing: run `packager build` again") from error
    except OSError:  # a file system without links
        shutil.copyfile(there, place)
