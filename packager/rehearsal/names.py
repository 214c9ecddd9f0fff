"""Decide which names of repositories, paths and revisions are allowed. Pure.

Whatever passes here is safe to join to a folder (repositories) or to look up in a git tree (paths).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from packager.rehearsal.refusal import RefusalError, bad_request

KINDS = ("models", "datasets", "spaces")
"""How the types of repositories appear in addresses and on disk."""

_RESERVED = {"api", "datasets", "lfs", "models", "spaces"}
_NAME = re.compile(r"(?!.*(?:--|\.\.))[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")
_OBJECT = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class RepositoryId:
    """The full name of a repository."""

    kind: str
    """One of KINDS."""
    namespace: str
    name: str

    @property
    def repo_id(self) -> str:
        """Return `namespace/name`."""
        return f"{self.namespace}/{self.name}"

    @property
    def page(self) -> str:
        """Return the path of its page, without the first slash: models have no prefix."""
        return self.repo_id if self.kind == "models" else f"{self.kind}/{self.repo_id}"


def check_repository(kind: str, namespace: str, name: str) -> RepositoryId:
    """Return the id, or refuse a name that the Hub does not allow (and that could be a path)."""
    if kind not in KINDS:
        raise bad_request(f"Unknown repository type {kind!r}: use model, dataset or space.")
    for part in (namespace, name):
        if not _NAME.fullmatch(part) or part.endswith(".git"):
            raise bad_request(
                f"Invalid repository name {part!r}: use 1 to 96 letters, digits, '-', '_' and '.'; it cannot "
                "start or end with '-' or '.', contain '--' or '..', or end with '.git'."
            )
    if namespace.lower() in _RESERVED:
        raise bad_request(f"Invalid namespace {namespace!r}: it is part of the Hub's own addresses.")
    return RepositoryId(kind, namespace, name)


def check_path(path: str, *, status: int = 400) -> str:
    """Return the path of a file or folder in a repository, or refuse one that points elsewhere."""
    parts = path.split("/")
    if _CONTROL.search(path) or any(part in {"", ".", ".."} or part.lower() == ".git" for part in parts):
        raise RefusalError(
            status,
            f"Invalid path {path!r}: use relative paths with '/', without empty parts, '.', '..', '.git', "
            "backslashes and control characters.",
        )
    if len(path.encode()) > 1024:
        raise RefusalError(status, f"Invalid path: {path[:60]!r}… is longer than 1,024 bytes.")
    return path


def check_object(oid: str) -> str:
    """Return the sha256 of a large file, or refuse what is not 64 lower-case hexadecimal digits."""
    if not _OBJECT.fullmatch(oid):
        raise bad_request("Invalid object id: a sha256 is 64 lower-case hexadecimal digits.")
    return oid
