"""Keep every repository of a rehearsal Hub below one root folder; a restart loses nothing.

ROOT/datasets/NAMESPACE/NAME.git/          a bare git repository (models and spaces likewise)
ROOT/datasets/NAMESPACE/NAME.git/lfs/      its large files, by sha256
ROOT/datasets/NAMESPACE/NAME.git/hub.json  its settings; without them it is no repository
ROOT/incoming/                             what is being received, made or deleted; emptied at the start
"""

from __future__ import annotations

import json
import secrets
import shutil
import threading
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from packager.rehearsal.git_store import GitStore
from packager.rehearsal.lfs_store import LfsStore
from packager.rehearsal.names import KINDS, RepositoryId
from packager.rehearsal.refusal import RefusalError, repository_not_found

if TYPE_CHECKING:
    from pathlib import Path

_LARGE_TYPES = (
    "7z arrow bin bz2 feather flac gz jpg mp3 mp4 npy npz ogg parquet pdf png safetensors tar wav xz zip zst"
)
ATTRIBUTES = "".join(f"*.{name} filter=lfs diff=lfs merge=lfs -text\n" for name in _LARGE_TYPES.split())
"""The `.gitattributes` of a new repository: which files are large files whatever their size."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What an owner can set about a repository."""

    created: str
    """ISO 8601, UTC."""
    private: bool = False
    gated: str | None = None
    """`auto` or `manual`; None is open to all."""


class Repository:
    """One repository: its commits, its large files, its settings."""

    def __init__(self, identity: RepositoryId, folder: Path, incoming: Path) -> None:
        self.identity = identity
        self.git = GitStore(folder)
        self.lfs = LfsStore(folder / "lfs", incoming)
        self._file = folder / "hub.json"
        self._settings = Settings(**json.loads(self._file.read_bytes()))

    @property
    def settings(self) -> Settings:
        """Return the settings as they are now."""
        return self._settings

    def change(self, settings: Settings) -> None:
        """Replace the settings, on disk first."""
        _write_settings(self._file, settings)
        self._settings = settings


class Repositories:
    """All repositories below a root. Safe to use from several threads, but only from one process."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.incoming = root / "incoming"
        self._lock = threading.Lock()
        self._open: dict[RepositoryId, Repository] = {}
        shutil.rmtree(self.incoming, ignore_errors=True)
        self.incoming.mkdir()

    def find(self, identity: RepositoryId) -> Repository | None:
        """Return a repository, or None if there is none."""
        with self._lock:
            return self._find(identity)

    def list_all(self) -> list[Repository]:
        """Return every repository, sorted by kind, namespace and name."""
        with self._lock:
            files = [file for kind in KINDS for file in self._root.glob(f"{kind}/*/*.git/hub.json")]
            names = (RepositoryId(*file.parent.with_suffix("").parts[-3:]) for file in files)
            return [found for name in sorted(names) if (found := self._find(name))]

    def create(self, identity: RepositoryId, *, private: bool) -> Repository:
        """Make a repository with its first commit; 409 if it exists."""
        with self._lock:
            if self._find(identity):
                raise RefusalError(409, f"You already created this repository: {identity.repo_id}")
            making = self.incoming / secrets.token_hex(16)
            GitStore.create(making, ATTRIBUTES.encode()).close()
            (making / "lfs").mkdir()
            now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            _write_settings(making / "hub.json", Settings(now, private=private))
            self._place(making, identity)
            self._open[identity] = Repository(identity, self._folder(identity), self.incoming)
            return self._open[identity]

    def delete(self, identity: RepositoryId) -> None:
        """Remove a repository with all it holds; 404 if there is none."""
        with self._lock:
            shutil.rmtree(self._take(identity))

    def move(self, identity: RepositoryId, target: RepositoryId) -> None:
        """Rename a repository; 404 if there is none, 409 if the new name is taken."""
        with self._lock:
            if self._find(target):
                raise RefusalError(409, f"A repository named {target.repo_id} exists already.")
            self._place(self._take(identity), target)

    def _find(self, identity: RepositoryId) -> Repository | None:
        if identity not in self._open and (self._folder(identity) / "hub.json").is_file():
            self._open[identity] = Repository(identity, self._folder(identity), self.incoming)
        return self._open.get(identity)

    def _take(self, identity: RepositoryId) -> Path:
        found = self._find(identity)
        if found is None:
            raise repository_not_found(known=True)
        found.git.close()
        del self._open[identity]
        taken = self.incoming / secrets.token_hex(16)
        self._folder(identity).rename(taken)
        return taken

    def _place(self, made: Path, identity: RepositoryId) -> None:
        folder = self._folder(identity)
        folder.parent.mkdir(parents=True, exist_ok=True)
        made.rename(folder)

    def _folder(self, identity: RepositoryId) -> Path:
        return self._root / identity.kind / identity.namespace / f"{identity.name}.git"


def _write_settings(file: Path, settings: Settings) -> None:
    beside = file.with_suffix(".new")
    beside.write_text(json.dumps(asdict(settings)), encoding="utf-8")
    beside.replace(file)


def with_access(settings: Settings, visibility: object, gated: object) -> Settings:
    """Return the settings with a new visibility or gate; None leaves either as it is (400 if unknown)."""
    if visibility not in (None, "public", "private") or gated not in (None, False, "auto", "manual"):
        raise RefusalError(400, "visibility is public or private; gated is auto, manual or false.")
    if visibility is not None:
        settings = replace(settings, private=visibility == "private")
    if gated is not None:
        settings = replace(settings, gated=str(gated) if gated else None)
    return settings
