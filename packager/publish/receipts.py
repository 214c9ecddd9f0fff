"""Keep receipts: what was published, from which sources, by which tool, to which commit. No clock, no secret.

A receipt lies in the project, `.packager/receipts/NAMESPACE--NAME-vX.Y.Z.json`; that of another Hub than the
public one has its name behind the version (`-loopback` for those of this machine). It is never overwritten by
what says that the version stands at another commit.

Whoever ships the project ships its receipts: one can raise a doubt, and never allays one. That is for the
copy in the user's cache alone, which says what this user has published from here.
"""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from packager.built import Receipt
from packager.cache import project_cache
from packager.errors import DataError, EnvironmentFailure
from packager.files import hash_file, read_own, state_folder, write_whole
from packager.folders import load_build
from packager.manifest import NAME as MANIFEST

_PUBLIC: Final = "https://huggingface.co"


def write_receipt(project: Path, receipt: Receipt, build: Path, tool: str) -> Path:
    """Write down a release that has been proven; the same release is always the same bytes.

    A release that stood already keeps the receipt that it has: who published it, published it. `tool` is the
    version of this tool.

    Raises:
        DataError: the version stood already, and at another commit than the receipt says.
        EnvironmentFailure: it cannot be written.
    """
    tag = f"v{receipt.version}"
    try:
        name = _name_receipt(receipt.repo_id, tag, receipt.endpoint)
        path = state_folder(project, "receipts") / name
        document = _describe(receipt, build, tool)
        if receipt.created or not _is_known(project, receipt, tag, path, document):
            write_whole(path, _dump(document))
            _keep_copy(project, name, document)
    except OSError as error:
        raise EnvironmentFailure(
            f"{receipt.repo_id} {tag} is published and proven (commit {receipt.commit}), but its receipt "
            f"cannot be written: {error.filename or project}: {error.strerror}: clear that away, and publish "
            "again to have it written"
        ) from error
    return path


def read_receipt(project: Path, repo_id: str, tag: str, endpoint: str) -> dict[str, Any] | None:
    """Return the receipt of a version at a Hub; None if this project has none. DataError: it is damaged.

    Raises:
        UsageError: a link stands in the place of the folder of receipts.
    """
    path = receipt_path(project, repo_id, tag, endpoint)
    if not os.path.lexists(path):
        return None
    return _parse(_read(path), path, endpoint)


def read_own_receipt(project: Path, repo_id: str, tag: str, endpoint: str) -> dict[str, Any] | None:
    """Return what this user has published from here as a version; None if nothing is known of it."""
    path = _own_path(project, _name_receipt(repo_id, tag, endpoint))
    try:
        return None if path is None else _parse(_read(path), path, endpoint)
    except DataError:
        return None


def receipt_path(project: Path, repo_id: str, tag: str, endpoint: str) -> Path:
    """Return where the receipt of a version lies."""
    return state_folder(project) / "receipts" / _name_receipt(repo_id, tag, endpoint)


def _name_receipt(repo_id: str, tag: str, endpoint: str) -> str:
    from packager.hub import is_loopback  # noqa: PLC0415 - a folder is verified without a Hub

    where = "" if endpoint == _PUBLIC else f"-{re.sub('[^A-Za-z0-9]+', '-', endpoint.partition('://')[2])}"
    return f"{repo_id.replace('/', '--')}-{tag}{'-loopback' if is_loopback(endpoint) else where}.json"


def _read(path: Path) -> bytes | None:
    try:
        return None if path.parent.is_symlink() else read_own(path)
    except OSError:
        return None


def _parse(data: bytes | None, path: Path, endpoint: str) -> dict[str, Any] | None:
    try:
        document = json.loads(data or b"")
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is no receipt: remove it") from error
    texts = ("commit", "manifest_sha256")
    if not isinstance(document, dict) or not all(isinstance(document.get(each), str) for each in texts):
        raise DataError(f"{path} is no receipt: remove it")
    return document if document.get("endpoint") == endpoint else None


def _own_path(project: Path, name: str) -> Path | None:
    cache = project_cache(project)
    return None if cache is None else cache / "receipts" / name


def _keep_copy(project: Path, name: str, document: dict[str, Any]) -> None:
    project_cache(project, make=True)
    if (path := _own_path(project, name)) is not None:
        with suppress(OSError):  # nothing can be remembered: a moved tag is told by its commit alone
            path.parent.mkdir(mode=0o700, exist_ok=True)
            write_whole(path, _dump(document))


def _is_known(project: Path, receipt: Receipt, tag: str, path: Path, document: dict[str, Any]) -> bool:
    """Return whether there is a receipt that says just this; raises if the tag was moved since."""
    try:
        known = read_receipt(project, receipt.repo_id, tag, receipt.endpoint)
    except DataError:
        known = None
    own = read_own_receipt(project, receipt.repo_id, tag, receipt.endpoint)
    for each, where in ((own, _own_path(project, path.name)), (known, path)):
        if each is not None and each["commit"] != receipt.commit:
            raise DataError(
                f"{tag} of {receipt.repo_id} names the commit {receipt.commit}; by {where} it was published "
                f"as {each['commit']}: somebody moved the tag (or the repository is a new one: remove the "
                "receipt)"
            )
    return known is not None and {**known, "tool": None} == {**document, "tool": None}


def _describe(receipt: Receipt, build: Path, tool: str) -> dict[str, Any]:
    return {
        "format": 1,
        "repo_id": receipt.repo_id,
        "endpoint": receipt.endpoint,
        "version": receipt.version,
        "tag": f"v{receipt.version}",
        "commit": receipt.commit,
        "manifest_sha256": hash_file(build / MANIFEST),
        "tool": tool,
        "recordings": {each.name: each.digest for each in load_build(build).recordings},
    }


def _dump(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()
