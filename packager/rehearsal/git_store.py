"""Keep the commits, branches and tags of one repository as real git objects and refs on disk.

Every method is safe to call from several threads. A commit is made on the head that its writer names, or
not at all: the branch moves by compare-and-set.
"""

from __future__ import annotations

import re
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from dulwich.file import FileLocked
from dulwich.object_store import DiskObjectStore
from dulwich.objects import Blob, Commit, ObjectID, Tag
from dulwich.refs import DiskRefsContainer, Ref, check_ref_format
from dulwich.repo import Repo

from packager.rehearsal.records import CommitRecord, Entry, Put, Remove, read_pointer
from packager.rehearsal.refusal import (
    RefusalError,
    bad_request,
    entry_not_found,
    repository_not_found,
    revision_not_found,
)
from packager.rehearsal.tree import Folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

AUTHOR = "rehearsal"
_IDENTITY = b"rehearsal <rehearsal@localhost>"
_BRANCHES = b"refs/heads/"
_TAGS = b"refs/tags/"


class GitStore:
    """One bare repository."""

    def __init__(self, folder: Path) -> None:
        self._objects = DiskObjectStore(folder / "objects")
        self._refs = DiskRefsContainer(folder)
        self._lock = threading.RLock()
        # A blob never changes, so what was once read of it stays true: size, sha256 and pointer size.
        self._measures: dict[ObjectID, tuple[int, str | None, int]] = {}
        self._is_open = True
        _remove_stale_locks(folder)

    @classmethod
    def create(cls, folder: Path, attributes: bytes) -> GitStore:
        """Make a repository whose only commit holds a `.gitattributes`. `folder` must not exist."""
        Repo.init_bare(folder, mkdir=True, default_branch=b"main").close()
        store = cls(folder)
        blob = store.add_blob(attributes)
        store._write_commit("main", None, [Put(".gitattributes", blob)], "initial commit")
        return store

    def close(self) -> None:
        """Refuse all later calls: the repository is about to be moved or deleted."""
        with self._lock:
            self._is_open = False
            self._objects.close()

    def add_blob(self, content: bytes) -> str:
        """Store the content of a file and return its git id."""
        blob = Blob.from_string(content)
        with self._lock:
            self._check_open()
            self._objects.add_object(blob)
        return blob.id.decode()

    def read_blob(self, oid: str) -> bytes:
        """Return the content of a stored file."""
        with self._lock:
            self._check_open()
            return self._objects[ObjectID(oid.encode())].as_raw_string()

    # --- revisions ---

    def resolve(self, revision: str) -> str:
        """Return the commit of a branch, a tag, a full ref, or (the first digits of) a commit."""
        with self._lock:
            self._check_open()
            for prefix in (_BRANCHES, _TAGS, b""):
                ref = _encode_ref(prefix, revision)
                if ref is not None and ref in self._refs:
                    return self._peel(self._refs[ref])
            if re.fullmatch("[0-9a-f]{7,40}", revision):
                found = [oid for oid in self._objects.iter_prefix(revision.encode()) if self._is_commit(oid)]
                if len(found) == 1:
                    return found[0].decode()
        raise revision_not_found(revision)

    def branches(self) -> dict[str, str]:
        """Return the commit of each branch, sorted by name."""
        return self._list_refs(_BRANCHES)

    def tags(self) -> dict[str, str]:
        """Return the commit of each tag, sorted by name."""
        return self._list_refs(_TAGS)

    def add_branch(self, name: str, revision: str) -> None:
        """Make a branch that points at a revision; 409 if it exists."""
        self._add_ref(_BRANCHES, name, ObjectID(self.resolve(revision).encode()))

    def remove_branch(self, name: str) -> None:
        """Remove a branch; 403 for `main`."""
        if name == "main":
            raise RefusalError(403, "The branch main cannot be deleted.")
        self._remove_ref(_BRANCHES, name)

    def add_tag(self, name: str, revision: str, message: str) -> None:
        """Make a tag that points at a revision, annotated if there is a message; 409 if it exists."""
        _check_ref(_TAGS, name)
        commit = ObjectID(self.resolve(revision).encode())
        if not message:
            self._add_ref(_TAGS, name, commit)
            return
        tag = Tag()
        tag.name, tag.message, tag.tagger = name.encode(), message.encode("utf-8", "replace"), _IDENTITY
        tag.object = (Commit, commit)
        tag.tag_time, tag.tag_timezone = int(time.time()), 0
        with self._lock:
            self._check_open()
            self._objects.add_object(tag)
            self._add_ref(_TAGS, name, tag.id)

    def remove_tag(self, name: str) -> None:
        """Remove a tag."""
        self._remove_ref(_TAGS, name)

    def describe(self, commit: str) -> CommitRecord:
        """Return what is known about a commit."""
        with self._lock:
            self._check_open()
            return _record(self._commit(ObjectID(commit.encode())))

    def history(self, commit: str) -> list[CommitRecord]:
        """Return a commit and its ancestors, newest first."""
        with self._lock:
            self._check_open()
            return [_record(item) for item in self._ancestors(commit)]

    # --- files ---

    def find(self, commit: str, paths: Iterable[str]) -> list[Entry]:
        """Return those of the paths that the commit has, in the order given."""
        with self._lock:
            root = self._root(commit)
            found = [(path, root.find(path)) for path in paths]
            return [self._entry(path, item) for path, item in found if item is not None]

    def list_folder(self, commit: str, folder: str, *, recursive: bool) -> list[Entry]:
        """Return what is in a folder (the empty path is the root), sorted by path.

        Raises:
            RefusalError: there is no such folder.
        """
        with self._lock:
            found = self._root(commit).find(folder)
            if not isinstance(found, Folder):
                raise entry_not_found(folder, commit)
            prefix = f"{folder}/" if folder else ""
            items = sorted(found.walk(prefix, recursive=recursive), key=lambda pair: pair[0])
            return [self._entry(path, item) for path, item in items]

    def last_commits(self, commit: str, paths: Iterable[str]) -> dict[str, CommitRecord]:
        """Return for each path the newest commit, from `commit` back, that changed it or a file below it."""
        wanted = set(paths)
        found: dict[str, CommitRecord] = {}
        with self._lock:
            self._check_open()
            for item in self._ancestors(commit):
                parent = self._commit(item.parents[0]).tree if item.parents else None
                changes = self._objects.tree_changes(parent, item.tree, include_trees=True)
                touched = {
                    path.decode("utf-8", "surrogateescape") for pair, *_ in changes for path in pair if path
                }
                found.update(dict.fromkeys(wanted & touched, _record(item)))
                wanted -= touched
                if not wanted:
                    break
        return found

    # --- writing ---

    def commit(
        self,
        branch: str,
        parent: str | None,
        operations: Sequence[Put | Remove],
        title: str,
        message: str = "",
    ) -> str:
        """Commit to a branch and return the new commit's id.

        `parent` names the head (or its first seven or more digits) that the writer has seen; if the branch
        has another one, nothing is changed and the answer is 412. None commits on whatever is there.
        """
        with self._lock:
            self._check_open()
            head = self.branches().get(branch)
            if head is None:
                raise revision_not_found(branch)
            if parent is not None and not (len(parent) >= 7 and head.startswith(parent)):
                raise _stale()
            return self._write_commit(branch, head, operations, title, message)

    def _write_commit(
        self, branch: str, head: str | None, operations: Sequence[Put | Remove], title: str, message: str = ""
    ) -> str:
        root = self._root(head) if head else Folder(self._objects)
        for operation in operations:
            match operation:
                case Put(path, blob):
                    root.put(path, ObjectID(blob.encode()))
                case Remove(path, is_folder):
                    if not root.remove(path, folder=is_folder):
                        raise entry_not_found(path)
        commit = Commit()
        commit.tree = root.write()
        commit.parents = [ObjectID(head.encode())] if head else []
        commit.author = commit.committer = _IDENTITY
        commit.author_time = commit.commit_time = int(time.time())
        commit.author_timezone = commit.commit_timezone = 0
        commit.encoding = b"UTF-8"
        commit.message = f"{title}\n\n{message}".rstrip().encode("utf-8", "replace") + b"\n"
        self._objects.add_object(commit)
        name = Ref(_BRANCHES + branch.encode())
        moved = (
            self._refs.set_if_equals(name, ObjectID(head.encode()), commit.id)
            if head
            else self._refs.add_if_new(name, commit.id)
        )
        if not moved:
            raise _stale()
        return commit.id.decode()

    # --- helpers; the caller holds the lock ---

    def _check_open(self) -> None:
        if not self._is_open:
            raise repository_not_found(known=True)

    def _root(self, commit: str) -> Folder:
        self._check_open()
        return Folder(self._objects, self._commit(ObjectID(commit.encode())).tree)

    def _commit(self, oid: ObjectID) -> Commit:
        return cast("Commit", self._objects[oid])

    def _is_commit(self, oid: ObjectID) -> bool:
        return isinstance(self._objects[oid], Commit)

    def _peel(self, oid: ObjectID) -> str:
        return self._objects.peel(oid)[1].id.decode()

    def _ancestors(self, commit: str) -> Iterable[Commit]:
        # Dates are whole seconds, so they cannot give the order; first parents can.
        following: list[ObjectID] = [ObjectID(commit.encode())]
        while following:
            found = self._commit(following[0])
            yield found
            following = found.parents

    def _entry(self, path: str, item: ObjectID | Folder) -> Entry:
        if isinstance(item, Folder):
            return Entry(path, item.write().decode(), 0, is_folder=True)
        if item not in self._measures:
            self._measures[item] = _measure(self._objects[item].as_raw_string())
        return Entry(path, item.decode(), *self._measures[item])

    def _list_refs(self, prefix: bytes) -> dict[str, str]:
        with self._lock:
            self._check_open()
            refs = self._refs.as_dict(Ref(prefix))
            return {name.decode("utf-8", "replace"): self._peel(oid) for name, oid in sorted(refs.items())}

    def _add_ref(self, prefix: bytes, name: str, oid: ObjectID) -> None:
        ref = _check_ref(prefix, name)
        with self._lock:
            self._check_open()
            try:
                is_new = self._refs.add_if_new(ref, oid)
            except (OSError, FileLocked):
                # `a` and `a/b` cannot both be refs: one of them is a file, the other a folder.
                raise RefusalError(409, f"{name!r} clashes with a ref that exists.") from None
        if not is_new:
            raise RefusalError(409, f"{name!r} exists already.")

    def _remove_ref(self, prefix: bytes, name: str) -> None:
        ref = _check_ref(prefix, name)
        with self._lock:
            self._check_open()
            if ref not in self._refs:
                raise revision_not_found(name)
            self._refs.remove_if_equals(ref, None)


def _remove_stale_locks(folder: Path) -> None:
    """Remove the lock files of a process that was killed; nobody else has this repository open."""
    for pattern in ("packed-refs.lock", "refs/**/*.lock", "objects/*/*.lock"):
        for lock in folder.glob(pattern):
            lock.unlink()


def _check_ref(prefix: bytes, name: str) -> Ref:
    ref = _encode_ref(prefix, name)
    # A name of 40 hexadecimal digits would hide a commit, and refs/… one of the other kinds of refs.
    if ref is None or name.startswith(("refs/", "-")) or re.fullmatch("[0-9a-f]{40}", name):
        raise bad_request(f"Invalid name of a branch or tag: {name!r}.")
    return ref


def _encode_ref(prefix: bytes, name: str) -> Ref | None:
    try:
        ref = Ref(prefix + name.encode())
    except UnicodeEncodeError:
        return None
    # Each part of a ref is a file's name on disk, so it must not be longer than one can be.
    is_short = all(len(part) <= 200 for part in ref.split(b"/")) and len(ref) <= 1000
    return ref if is_short and ref.startswith(b"refs/") and check_ref_format(ref) else None


def _measure(content: bytes) -> tuple[int, str | None, int]:
    pointer = read_pointer(content)
    return (pointer.size, pointer.oid, len(content)) if pointer else (len(content), None, 0)


def _record(commit: Commit) -> CommitRecord:
    title, _, message = commit.message.decode("utf-8", "replace").partition("\n")
    date = datetime.fromtimestamp(commit.commit_time, UTC)
    return CommitRecord(commit.id.decode(), title, message.strip(), date)


def _stale() -> RefusalError:
    # These words are part of the protocol: clients look for them.
    return RefusalError(412, "A commit has happened since. Please refresh and try again.")
