"""Wheels of what is installed here, so that a test can install it elsewhere without a network."""

from __future__ import annotations

import csv
import io
import os
import zipfile
from importlib.metadata import Distribution, distribution
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.tags import parse_tag, sys_tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

_OF_THE_INSTALLER = {"INSTALLER", "REQUESTED", "RECORD", "direct_url.json"}


def gather_wheels(folder: Path, requirements: Iterable[str]) -> None:
    """Pack the distributions that these requirements name, and all that they need, into wheels."""
    folder.mkdir()
    for each in _closure(requirements).values():
        _pack(each, folder)


def offline(wheels: Path, scratch: Path) -> dict[str, str]:
    """Return an environment in which pip, virtualenv and pre-commit know these wheels and nothing else."""
    mine = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PIP_", "GIT_", "GITHUB_", "PYTHON"))
    }
    return {
        **mine,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_COMPILE": "1",
        "VIRTUALENV_OVERRIDE_APP_DATA": str(scratch / "virtualenv"),
        "VIRTUALENV_NO_PERIODIC_UPDATE": "1",
        "PRE_COMMIT_HOME": str(scratch / "pre-commit"),
        "PRE_COMMIT_COLOR": "never",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        **{
            f"GIT_{who}_{what}": f"test@{what}"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        },
    }


def _closure(requirements: Iterable[str]) -> Mapping[str, Distribution]:
    found: dict[str, Distribution] = {}
    pending = [Requirement(text) for text in requirements]
    while pending:
        requirement = pending.pop()
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        installed = distribution(requirement.name)
        if installed.name not in found:
            found[installed.name] = installed
            pending += [Requirement(text) for text in installed.requires or ()]
    return found


def _pack(installed: Distribution, folder: Path) -> None:
    files = dict(_contents(installed))
    [info] = {name.partition("/")[0] for name in files if name.endswith(".dist-info/METADATA")}
    record = io.StringIO()
    csv.writer(record, lineterminator="\n").writerows((name, "", "") for name in (*files, f"{info}/RECORD"))
    wheel = folder / f"{info.removesuffix('.dist-info')}-{_tag(installed)}.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        archive.writestr(f"{info}/RECORD", record.getvalue())


def _contents(installed: Distribution) -> Iterator[tuple[str, bytes]]:
    for path in installed.files or ():
        outside = ".." in path.parts  # a script, which the installer writes anew
        if not outside and "__pycache__" not in path.parts and path.name not in _OF_THE_INSTALLER:
            yield path.as_posix(), path.read_binary()


def _tag(installed: Distribution) -> str:
    lines = (installed.read_text("WHEEL") or "").splitlines()
    known = set(sys_tags())
    tags = [line.partition(": ")[2] for line in lines if line.startswith("Tag: ")]
    return next(tag for tag in tags if known & parse_tag(tag))
