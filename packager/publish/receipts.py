"""Keep receipts: what was published, from which sources, by which tool, to which commit. No clock, no secret.

A receipt lies in the project, `.packager/receipts/NAMESPACE--NAME-vX.Y.Z.json`; that of another Hub than the
public one has its name behind the version (`-loopback` for those of this machine). It is never overwritten by
what says that the version stands at another commit.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

from packager.errors import DataError, EnvironmentFailure
from packager.folders import hash_file, load_build, state_folder, write_whole
from packager.manifest import NAME as MANIFEST
from packager.model import Receipt

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
        path = receipt_path(project, receipt.repo_id, tag, receipt.endpoint)
        if not receipt.created and _is_known(project, receipt, tag, path):
            return path
        path.parent.mkdir(exist_ok=True)
        write_whole(path, _dump(receipt, build, tool))
    except OSError as error:
        raise EnvironmentFailure(
            f"{receipt.repo_id} {tag} is published and proven (commit {receipt.commit}), but its receipt "
            f"cannot be written: {error.filename or project}: {error.strerror}: clear that away, and publish "
            "again to have it written"
        ) from error
    return path


def read_receipt(project: Path, repo_id: str, tag: str, endpoint: str) -> dict[str, Any] | None:
    """Return the receipt of a version at a Hub; None if this project has none. DataError: it is damaged."""
    path = receipt_path(project, repo_id, tag, endpoint)
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path} is no receipt: remove it") from error
    if not isinstance(document, dict) or not isinstance(document.get("commit"), str):
        raise DataError(f"{path} is no receipt: remove it")
    return document if document.get("endpoint") == endpoint else None


def receipt_path(project: Path, repo_id: str, tag: str, endpoint: str) -> Path:
    """Return where the receipt of a version lies."""
    from packager.hub import is_loopback  # noqa: PLC0415 - a folder is verified without a Hub

    where = "" if endpoint == _PUBLIC else f"-{re.sub('[^A-Za-z0-9]+', '-', endpoint.partition('://')[2])}"
    name = f"{repo_id.replace('/', '--')}-{tag}{'-loopback' if is_loopback(endpoint) else where}.json"
    return state_folder(project) / "receipts" / name


def _is_known(project: Path, receipt: Receipt, tag: str, path: Path) -> bool:
    """Return whether there is a receipt of this release; raises if the tag was moved since."""
    try:
        known = read_receipt(project, receipt.repo_id, tag, receipt.endpoint)
    except DataError:
        return False
    if known is not None and known["commit"] != receipt.commit:
        raise DataError(
            f"{tag} of {receipt.repo_id} names the commit {receipt.commit}; by {path} it was published as "
            f"{known['commit']}: somebody moved the tag (or the repository is a new one: remove the receipt)"
        )
    return known is not None and "recordings" in known


def _dump(receipt: Receipt, build: Path, tool: str) -> bytes:
    document = {
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
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()
