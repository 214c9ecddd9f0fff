"""Keep the commits, branches and tags of one repository as real git objects and refs on disk.

Every method is safe to call from several threads. A commit is made on the head that its writer names, or
not at all: the branch moves by compare-and-set.
"""

from __future__ import annotations

import re
import threading
import time
from typing import TYPE_CHECKING, cast

from dulwich.file import FileLocked
from dulwich.object_store import DiskObjectStore
from dulwich.objects import Blob, Commit, ObjectID, Tag
from dulwich.refs import DiskRefsContainer, Ref
from dulwich.repo import Repo

from packager.rehearsal.git_refs import BRANCHES, PULLS, TAGS, check_ref, encode_ref, remove_stale_locks
from packager.rehearsal.records import CommitRecord, Entry, Put, Remove, measure_blob, message_of, record_of
from packager.rehearsal.refusal import (
    RefusalError,
    entry_not_found,
    repository_not_found,
    revision_not_found,
)
from packager.rehearsal.tree import Folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

_IDENTITY = b"rehearsal <rehearsal@localhost>"


class GitStore:
    """One bare repository."""

    def __init__(self, folder: Path) -> None:
        self.objects = DiskObjectStore(folder / "objects", fsync_object_files=True)
        self._refs = DiskRefsContainer(folder)
        self._lock = threading.RLock()
        # A blob never changes, so what was once read of it stays true: size, sha256 and pointer size.
        self._measures: dict[ObjectID, tuple[int, str | None, int]] = {}
        self._is_open = True
        remove_stale_locks(folder)

    @classmethod
    def create(cls, folder: Path, attributes: bytes) -> GitStore:
        """Make a repository whose only commit holds a `.gitattributes`. `folder` must not exist."""
        Repo.init_bare(folder, mkdir=True, default_branch=b"main").close()
        store = cls(folder)
        root = Folder(store.objects)
        root.put(".gitattributes", ObjectID(store.add_blob(attributes).encode()))
        store._write_commit(Ref(BRANCHES + b"main"), root.write(), (), "initial commit\n")
        return store

    def close(self) -> None:
        """Refuse all later calls: the repository is about to be moved or deleted."""
        with self._lock:
            self._is_open = False
            self.objects.close()

    def add_blob(self, content: bytes) -> str:
        """Store the content of a file and return its git id."""
        blob = Blob.from_string(content)
        with self._lock:
            self._check_open()
            self.objects.add_object(blob)
        return blob.id.decode()

    def read_blob(self, oid: str) -> bytes:
        """Return the content of a stored file."""
        with self._lock:
            self._check_open()
            return self.objects[ObjectID(oid.encode())].as_raw_string()

    # --- revisions ---

    def resolve(self, revision: str) -> str:
        """Return the commit of a branch, a tag, a full ref, or (the first digits of) a commit."""
        with self._lock:
            self._check_open()
            for prefix in (BRANCHES, TAGS, b""):
                ref = encode_ref(prefix, revision)
                if ref is not None and ref in self._refs:
                    return self._peel(self._refs[ref])
            if re.fullmatch("[0-9a-f]{7,40}", revision):
                found = [oid for oid in self.objects.iter_prefix(revision.encode()) if self._is_commit(oid)]
                if len(found) == 1:
                    return found[0].decode()
        raise revision_not_found(revision)

    def head(self, revision: str) -> str:
        """Return the commit of what can be committed to: a branch, or a pull request (`refs/pr/1`)."""
        with self._lock:
            return self._head(revision)[1]

    def branches(self) -> dict[str, str]:
        """Return the commit of each branch, sorted by name."""
        return self._list_refs(BRANCHES)

    def pulls(self) -> dict[str, str]:
        """Return the newest commit of each pull request, by number."""
        return self._list_refs(PULLS)

    def tags(self) -> dict[str, str]:
        """Return the commit of each tag, sorted by name."""
        return self._list_refs(TAGS)

    def add_branch(self, name: str, revision: str) -> None:
        """Make a branch that points at a revision; 409 if it exists."""
        self._add_ref(BRANCHES, name, ObjectID(self.resolve(revision).encode()))

    def remove_branch(self, name: str) -> None:
        """Remove a branch; 403 for `main`."""
        if name == "main":
            raise RefusalError(403, "Cannot delete refs/heads/main")
        self._remove_ref(BRANCHES, name)

    def add_tag(self, name: str, revision: str, message: str) -> None:
        """Make a tag that points at a revision, annotated if there is a message; 409 if it exists."""
        commit = ObjectID(self.resolve(revision).encode())
        check_ref(TAGS, name)
        if not message:
            self._add_ref(TAGS, name, commit)
            return
        tag = Tag()
        tag.name, tag.message, tag.tagger = name.encode(), message.encode("utf-8", "replace"), _IDENTITY
        tag.object = (Commit, commit)
        tag.tag_time, tag.tag_timezone = int(time.time()), 0
        with self._lock:
            self._check_open()
            self.objects.add_object(tag)
            self._add_ref(TAGS, name, tag.id)

    def remove_tag(self, name: str) -> None:
        """Remove a tag."""
        self._remove_ref(TAGS, name)

    def describe(self, commit: str) -> CommitRecord:
        """Return what is known about a commit."""
        with self._lock:
            self._check_open()
            return record_of(self._commit(ObjectID(commit.encode())))

    def named(self) -> list[str]:
        """Return every object that a ref names: commits, and tags with a message."""
        with self._lock:
            return [oid.decode() for _, oid in sorted(self._refs.as_dict().items())]

    def history(self, commit: str) -> list[CommitRecord]:
        """Return a commit and its ancestors, newest first."""
        with self._lock:
            self._check_open()
            return [record_of(item) for item in self._ancestors(commit)]

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
                changes = self.objects.tree_changes(parent, item.tree, include_trees=True)
                touched = {
                    path.decode("utf-8", "surrogateescape") for pair, *_ in changes for path in pair if path
                }
                found.update(dict.fromkeys(wanted & touched, record_of(item)))
                wanted -= touched
                if not wanted:
                    break
        return found

    def changes(self, base: str, commit: str) -> dict[str, tuple[str | None, str | None]]:
        """Return for each file that differs its blob before and after; None where it is not there."""
        found: dict[str, tuple[str | None, str | None]] = {}
        with self._lock:
            self._check_open()
            trees = self._tree(base), self._tree(commit)
            for (before, after), _, blobs in self.objects.tree_changes(*trees):
                path = (after or before or b"").decode("utf-8", "surrogateescape")
                old, new = (None if blob is None else blob.decode() for blob in blobs)
                found[path] = (old, new)
        return found

    # --- writing ---

    def commit(
        self,
        revision: str,
        parent: str | None,
        operations: Sequence[Put | Remove],
        title: str,
        message: str = "",
    ) -> str:
        """Commit to a branch or a pull request (`refs/pr/1`) and return the new commit's id.

        `parent` names the head (or its first seven or more digits) that the writer has seen; if there is
        another one, nothing is changed and the answer is 412. None commits on whatever is there.
        """
        with self._lock:
            ref, head = self._head(revision)
            if parent is not None and not (len(parent) >= 7 and head.startswith(parent)):
                raise _stale()
            tree = self._change(head, operations)
            return self._write_commit(ref, tree, (head,), message_of(title, message), head)

    def commit_apart(
        self, number: int, parent: str, operations: Sequence[Put | Remove], title: str, message: str = ""
    ) -> str:
        """Make the first commit of a new pull request and return its id."""
        with self._lock:
            self._check_open()
            tree = self._change(parent, operations)
            return self._write_commit(
                Ref(PULLS + b"%d" % number), tree, (parent,), message_of(title, message)
            )

    def open_pull(self, number: int, commit: str) -> None:
        """Make a pull request that changes nothing yet."""
        self._add_ref(PULLS, str(number), ObjectID(commit.encode()))

    def conflicts(self, base: str, source: str, head: str) -> list[str]:
        """Return the paths that `source` and `head` both changed since `base`, but not to the same."""
        with self._lock:
            ours, theirs = self.changes(base, head), self.changes(base, source)
            return sorted(path for path in ours.keys() & theirs.keys() if ours[path] != theirs[path])

    def merge(self, base: str, source: str, branch: str, title: str, message: str = "") -> str:
        """Commit to a branch what `source` changed since `base`; 409 if the branch changed the same.

        Returns:
            The id of the new commit.
        """
        with self._lock:
            ref, head = self._head(branch)
            if found := self.conflicts(base, source, head):
                raise RefusalError(
                    409, f"The branch {branch} has changed {found[0]!r} too: merge it by hand."
                )
            operations = [
                Put(path, blob) if blob else Remove(path, is_folder=False)
                for path, (_, blob) in sorted(
                    self.changes(base, source).items(), key=lambda item: bool(item[1][1])
                )
                if blob or self._root(head).find(path) is not None
            ]
            tree = self._change(head, operations)
            return self._write_commit(ref, tree, (head, source), message_of(title, message), head)

    def squash(self, branch: str, title: str, message: str = "") -> str:
        """Replace the history of a branch by one commit that holds the same, and return its id."""
        with self._lock:
            ref, head = self._head(branch)
            return self._write_commit(ref, self._tree(head), (), message_of(title, message), head)

    def _write_commit(
        self,
        ref: Ref,
        tree: ObjectID,
        parents: Sequence[str],
        text: str,
        moved_from: str | None = None,
    ) -> str:
        """Store a commit and let the ref name it: a new ref, or one that still names `moved_from`."""
        commit = Commit()
        commit.tree = tree
        commit.parents = [ObjectID(parent.encode()) for parent in parents]
        commit.author = commit.committer = _IDENTITY
        commit.author_time = commit.commit_time = int(time.time())
        commit.author_timezone = commit.commit_timezone = 0
        commit.encoding = b"UTF-8"
        commit.message = text.encode("utf-8", "replace")
        self.objects.add_object(commit)
        moved = (
            self._refs.set_if_equals(ref, ObjectID(moved_from.encode()), commit.id)
            if moved_from
            else self._refs.add_if_new(ref, commit.id)
        )
        if not moved:
            raise _stale()
        return commit.id.decode()

    # --- helpers; the caller holds the lock ---

    def _check_open(self) -> None:
        if not self._is_open:
            raise repository_not_found(known=True)

    def _head(self, revision: str) -> tuple[Ref, str]:
        """Return the ref of a branch or pull request, and the commit that it names."""
        self._check_open()
        name = revision.removeprefix("refs/heads/")
        ref = encode_ref(b"" if name.startswith("refs/pr/") else BRANCHES, name)
        if ref is None or ref not in self._refs:
            raise revision_not_found(revision)
        return ref, self._refs[ref].decode()

    def _root(self, commit: str) -> Folder:
        self._check_open()
        return Folder(self.objects, self._tree(commit))

    def _tree(self, commit: str) -> ObjectID:
        tree: ObjectID = self._commit(ObjectID(commit.encode())).tree
        return tree

    def _change(self, commit: str, operations: Sequence[Put | Remove]) -> ObjectID:
        """Return the tree of a commit after these changes."""
        root = self._root(commit)
        for operation in operations:
            match operation:
                case Put(path, blob):
                    root.put(path, ObjectID(blob.encode()))
                case Remove(path, is_folder):
                    if not root.remove(path, folder=is_folder):
                        raise entry_not_found(path)
        return root.write()

    def _commit(self, oid: ObjectID) -> Commit:
        return cast("Commit", self.objects[oid])

    def _is_commit(self, oid: ObjectID) -> bool:
        return isinstance(self.objects[oid], Commit)

    def _peel(self, oid: ObjectID) -> str:
        return self.objects.peel(oid)[1].id.decode()

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
            self._measures[item] = measure_blob(self.objects[item].as_raw_string())
        return Entry(path, item.decode(), *self._measures[item])

    def _list_refs(self, prefix: bytes) -> dict[str, str]:
        with self._lock:
            self._check_open()
            refs = self._refs.as_dict(Ref(prefix))
            return {name.decode("utf-8", "replace"): self._peel(oid) for name, oid in sorted(refs.items())}

    def _add_ref(self, prefix: bytes, name: str, oid: ObjectID) -> None:
        ref = check_ref(prefix, name)
        with self._lock:
            self._check_open()
            try:
                is_new = self._refs.add_if_new(ref, oid)
            except (OSError, FileLocked):
                # `a` and `a/b` cannot both be refs: one of them is a file, the other a folder.
                raise RefusalError(409, f"{name!r} clashes with a ref that exists.") from None
        if not is_new:
            raise RefusalError(409, f"Reference {ref.decode()} already exists")

    def _remove_ref(self, prefix: bytes, name: str) -> None:
        ref = check_ref(prefix, name)
        with self._lock:
            self._check_open()
            if ref not in self._refs:
                raise revision_not_found(name)
            self._refs.remove_if_equals(ref, None)


def _stale() -> RefusalError:
    # These words are part of the protocol: clients look for them.
    return RefusalError(
        412,
        "A commit has happened since. "
        "The branch was updated since you opened this page. Please refresh and try again.",
    )
