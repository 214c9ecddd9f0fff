"""Keep receipts: what was published, from which build, to which commit. Written whole; no clock, no secret.

A receipt lies in the project, `.packager/receipts/NAMESPACE--NAME-vX.Y.Z.json`. The digests of the recordings
are in the manifest that it names by its sha256: that file stands on the Hub at the tag.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from packager.errors import DataError
from packager.folders import hash_file, state_folder, write_whole
from packager.manifest import NAME as MANIFEST

if TYPE_CHECKING:
    from pathlib import Path

    from packager.model import Receipt


def write_receipt(project: Path, receipt: Receipt, build: Path, tool: str) -> Path:
    """Write down a release that has been proven; the same release is always the same bytes.

    Args:
        project: the folder of the project.
        receipt: what `publish_release` returned.
        build: the folder of the build that was published.
        tool: the version of this tool.
    """
    document = {
        "format": 1,
        "repo_id": receipt.repo_id,
        "endpoint": receipt.endpoint,
        "version": receipt.version,
        "tag": f"v{receipt.version}",
        "commit": receipt.commit,
        "manifest_sha256": hash_file(build / MANIFEST),
        "tool": tool,
    }
    path = receipt_path(project, receipt.repo_id, f"v{receipt.version}")
    path.parent.mkdir(exist_ok=True)
    write_whole(path, (json.dumps(document, indent=2) + "\n").encode())
    return path


def read_receipt(project: Path, repo_id: str, tag: str) -> dict[str, Any] | None:
    """Return the receipt of a version; None if this project has none.

    Raises:
        DataError: it is damaged.
    """
    path = receipt_path(project, repo_id, tag)
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise DataError(f"{path} is no receipt: remove it") from error
    if not isinstance(document, dict) or not isinstance(document.get("commit"), str):
        raise DataError(f"{path} is no receipt: remove it")
    return document


def receipt_path(project: Path, repo_id: str, tag: str) -> Path:
    """Return where the receipt of a version lies."""
    return state_folder(project) / "receipts" / f"{repo_id.replace('/', '--')}-{tag}.json"
