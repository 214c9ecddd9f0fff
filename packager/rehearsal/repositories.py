"""Keep every repository of a rehearsal Hub below one root folder; a restart loses nothing.

ROOT/datasets/NAMESPACE/NAME.git/          a bare git repository (models and spaces likewise)
ROOT/datasets/NAMESPACE/NAME.git/lfs/      its large files that came whole, by sha256
ROOT/datasets/NAMESPACE/NAME.git/xet/      which files came as chunks, by sha256
ROOT/datasets/NAMESPACE/NAME.git/pulls/    its pull requests
ROOT/datasets/NAMESPACE/NAME.git/hub.json  its settings; without them it is no repository
ROOT/xet/                                  the chunks of all repositories: see xet/store.py
ROOT/incoming/                             what is being received, made or deleted; emptied at the start
"""

from __future__ import annotations

import json
import secrets
import shutil
import threading
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from packager.rehearsal.account import Caller
from packager.rehearsal.disk import sync_folder, write_file
from packager.rehearsal.git_store import GitStore
from packager.rehearsal.large_files import LargeFiles
from packager.rehearsal.names import KINDS, RepositoryId
from packager.rehearsal.pulls import PullStore
from packager.rehearsal.refusal import RefusalError, repository_not_found
from packager.rehearsal.xet.store import XetStore

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
    access: dict[str, tuple[str, str]] = field(default_factory=dict)
    """For each account that asked for the files: `pending`, `accepted` or `rejected`, and since when."""

    def admits(self, name: str) -> bool:
        """Return whether an account has been let into this gated repository."""
        return self.access.get(name, ("", ""))[0] == "accepted"


class Repository:
    """One repository: its commits, its large files, its settings."""

    def __init__(self, identity: RepositoryId, folder: Path, incoming: Path, xet: XetStore) -> None:
        self.identity = identity
        self.git = GitStore(folder)
        self.large = LargeFiles(folder, incoming, xet)
        self.pulls = PullStore(folder / "pulls", self.git)
        self.folder = folder
        fields = json.loads((folder / "hub.json").read_bytes())
        access = {name: (status, since) for name, (status, since) in fields.pop("access", {}).items()}
        self.settings = Settings(**fields, access=access)

    def is_visible_to(self, caller: Caller | None) -> bool:
        """Return whether a caller may know about this repository; None is a stranger."""
        is_owner = caller is not None and caller.owns(self.identity.namespace)
        return is_owner or not self.settings.private

    def change(self, settings: Settings) -> None:
        """Replace the settings, on disk first."""
        _write_settings(self.folder / "hub.json", settings)
        self.settings = settings


class Repositories:
    """All repositories below a root. Safe to use from several threads, but only from one process."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.incoming = root / "incoming"
        self._lock = threading.RLock()
        self._open: dict[RepositoryId, Repository] = {}
        shutil.rmtree(self.incoming, ignore_errors=True)
        self.incoming.mkdir()
        self.xet = XetStore(root / "xet", self.incoming)

    def find(self, identity: RepositoryId) -> Repository | None:
        """Return a repository, or None if there is none."""
        with self._lock:
            found = self._spelled(identity)
            if found not in self._open and (self._folder(found) / "hub.json").is_file():
                self._open[found] = Repository(found, self._folder(found), self.incoming, self.xet)
            return self._open.get(found)

    def list_all(self) -> list[Repository]:
        """Return every repository, sorted by kind, namespace and name."""
        with self._lock:
            files = [file for kind in KINDS for file in self._root.glob(f"{kind}/*/*.git/hub.json")]
            names = (RepositoryId(*file.parent.with_suffix("").parts[-3:]) for file in files)
            return [found for name in sorted(names) if (found := self.find(name))]

    def create(self, identity: RepositoryId, *, private: bool) -> None:
        """Make a repository with its first commit; 409 if it exists."""
        with self._lock:
            if self.find(identity):
                raise RefusalError(409, f"You already created this repository: {identity.repo_id}")
            making = self.incoming / secrets.token_hex(16)
            GitStore.create(making, ATTRIBUTES.encode()).close()
            (making / "lfs").mkdir()
            now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            _write_settings(making / "hub.json", Settings(now, private=private))
            self._place(making, identity)

    def delete(self, identity: RepositoryId) -> None:
        """Remove a repository with all it holds; 404 if there is none."""
        with self._lock:
            taken = self.incoming / secrets.token_hex(16)
            self._close(identity).rename(taken)
            shutil.rmtree(taken)

    def move(self, identity: RepositoryId, target: RepositoryId) -> None:
        """Rename a repository; 404 if there is none, 409 if the new name is taken."""
        with self._lock:
            if self.find(target):
                kind = target.kind.removesuffix("s")
                raise RefusalError(409, f"A {kind} repository called {target.repo_id} already exists")
            # In one step, so that a crash between two cannot lose it.
            self._place(self._close(identity), target)

    def _spelled(self, named: RepositoryId) -> RepositoryId:
        """Return a name as its repository was created: the Hub takes upper and lower case for the same."""
        if named in self._open or (self._folder(named) / "hub.json").is_file():
            return named
        wanted = named.repo_id.lower()
        for folder in (self._root / named.kind).glob("*/*.git"):
            if f"{folder.parent.name}/{folder.stem}".lower() == wanted:
                return RepositoryId(named.kind, folder.parent.name, folder.stem)
        return named

    def _close(self, identity: RepositoryId) -> Path:
        found = self.find(identity)
        if found is None:
            raise repository_not_found(known=True)
        found.git.close()
        del self._open[found.identity]
        return self._folder(found.identity)

    def _place(self, made: Path, identity: RepositoryId) -> None:
        folder = self._folder(identity)
        folder.parent.mkdir(parents=True, exist_ok=True)
        made.rename(folder)
        sync_folder(folder.parent)

    def _folder(self, identity: RepositoryId) -> Path:
        return self._root / identity.kind / identity.namespace / f"{identity.name}.git"


def _write_settings(file: Path, settings: Settings) -> None:
    write_file(file, json.dumps(asdict(settings)).encode(), file.with_suffix(".new"))
