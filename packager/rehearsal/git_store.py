"""Keep the commits, branches and tags of one repository as real git objects and refs on disk.

Every method is safe to call from several threads. A commit is made on the head that its writer names, or
not at all: the branch moves by compare-and-set.
"""

from __future__ import annotations

import re
import stat
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal, cast

from dulwich.errors import NotTreeError
from dulwich.file import FileLocked
from dulwich.gc import find_reachable_objects
from dulwich.index import commit_tree
from dulwich.object_store import DiskObjectStore, iter_tree_contents, tree_lookup_path
from dulwich.objects import Blob, Commit, ObjectID, Tag, Tree
from dulwich.refs import DiskRefsContainer, Ref, check_ref_format
from dulwich.repo import Repo

from packager.rehearsal.records import (
    FILE_MODE,
    CommitRecord,
    Entry,
    Put,
    Remove,
    read_pointer,
    record_of,
)
from packager.rehearsal.refusal import (
    RefusalError,
    bad_request,
    entry_not_found,
    repository_not_found,
    revision_not_found,
)

_IDENTITY = b"rehearsal <rehearsal@localhost>"
_BRANCHES = b"refs/heads/"
_TAGS = b"refs/tags/"
_PULLS = b"refs/pr/"


class GitStore:
    """One bare repository."""

    def __init__(self, folder: Path) -> None:
        self.objects = DiskObjectStore(folder / "objects", fsync_object_files=True)
        self._refs = DiskRefsContainer(folder)
        self._lock = threading.RLock()
        # A blob never changes, so what was once read of it stays true: size, sha256 and pointer size.
        self._measures: dict[ObjectID, tuple[int, str | None, int]] = {}
        self._is_open = True
        # What a process that was killed has left; nobody else has this repository open.
        for pattern in ("packed-refs.lock", "refs/**/*.lock", "objects/*/*.lock"):
            for lock in folder.glob(pattern):
                lock.unlink()

    @classmethod
    def create(cls, folder: Path, attributes: bytes) -> GitStore:
        """Make a repository whose only commit holds a `.gitattributes`. `folder` must not exist."""
        Repo.init_bare(folder, mkdir=True, default_branch=b"main").close()
        store = cls(folder)
        files = {".gitattributes": ObjectID(store.add_blob(attributes).encode())}
        store._write_commit(Ref(_BRANCHES + b"main"), store._write_tree(files), (), "initial commit")
        return store

    def close(self) -> None:
        """Refuse all later calls: the repository is about to be moved or deleted."""
        with self._lock:
            self._is_open = False
            self.objects.close()

    def add_blob(self, content: bytes) -> str:
        """Store the content of a file and return its git id."""
        blob = Blob.from_string(content)
        with self._opened():
            self.objects.add_object(blob)
        return blob.id.decode()

    def read_blob(self, oid: str) -> bytes:
        """Return the content of a stored file."""
        with self._opened():
            return self.objects[ObjectID(oid.encode())].as_raw_string()

    # --- revisions ---

    def resolve(self, revision: str) -> str:
        """Return the commit of a branch, a tag, a full ref, or (the first digits of) a commit."""
        with self._opened():
            for prefix in (_BRANCHES, _TAGS, b""):
                ref = _encode_ref(prefix, revision)
                if ref is not None and ref in self._refs:
                    return self._peel(self._refs[ref])
            if re.fullmatch("[0-9a-f]{7,40}", revision):
                found = self.objects.iter_prefix(revision.encode())
                commits = [oid for oid in found if isinstance(self.objects[oid], Commit)]
                if len(commits) == 1:
                    return commits[0].decode()
        raise revision_not_found(revision)

    def head(self, revision: str) -> str:
        """Return the commit of what can be committed to: a branch, or a pull request (`refs/pr/1`)."""
        with self._opened():
            return self._head(revision)[1]

    def refs(self, folder: Literal["heads", "tags", "pr"]) -> dict[str, str]:
        """Return the commit of each branch, tag or pull request, sorted by name; these have numbers."""
        with self._opened():
            refs = self._refs.as_dict(Ref(f"refs/{folder}/".encode()))
            return {name.decode("utf-8", "replace"): self._peel(oid) for name, oid in sorted(refs.items())}

    def add_branch(self, name: str, revision: str) -> None:
        """Make a branch that points at a revision; 409 if it exists."""
        self._add_ref(_BRANCHES, name, ObjectID(self.resolve(revision).encode()))

    def remove_branch(self, name: str) -> None:
        """Remove a branch; 403 for `main`."""
        if name == "main":
            raise RefusalError(403, "Cannot delete refs/heads/main")
        self._remove_ref(_BRANCHES, name)

    def add_tag(self, name: str, revision: str, message: str) -> None:
        """Make a tag that points at a revision, annotated if there is a message; 409 if it exists."""
        oid = ObjectID(self.resolve(revision).encode())
        _check_ref(_TAGS, name)
        with self._opened():
            if message:
                tag = Tag()
                tag.name, tag.message, tag.tagger = (
                    name.encode(),
                    message.encode("utf-8", "replace"),
                    _IDENTITY,
                )
                tag.object = (Commit, oid)
                tag.tag_time, tag.tag_timezone = int(time.time()), 0
                self.objects.add_object(tag)
                oid = tag.id
            self._add_ref(_TAGS, name, oid)

    def remove_tag(self, name: str) -> None:
        """Remove a tag."""
        self._remove_ref(_TAGS, name)

    def describe(self, commit: str) -> CommitRecord:
        """Return what is known about a commit."""
        with self._opened():
            return record_of(self._commit(commit))

    def reachable(self) -> set[ObjectID]:
        """Return every object that a ref names or leads to."""
        with self._opened():
            return find_reachable_objects(self.objects, self._refs)

    def history(self, commit: str) -> list[CommitRecord]:
        """Return a commit and its ancestors, newest first."""
        with self._opened():
            return [record_of(item) for item in self._ancestors(commit)]

    # --- files ---

    def find(self, commit: str, paths: Iterable[str]) -> list[Entry]:
        """Return those of the paths that the commit has, in the order given."""
        found = []
        with self._opened():
            tree = self._commit(commit).tree
            for path in paths:
                with suppress(KeyError, NotTreeError):
                    mode, oid = tree_lookup_path(self.objects.__getitem__, tree, path.encode())
                    found.append(self._entry(path, mode, oid))
        return found

    def find_text(self, commit: str, path: str) -> bytes | None:
        """Return the content of a file that is no large one; None if there is none."""
        for entry in self.find(commit, [path]):
            if not entry.is_folder and entry.sha256 is None:
                return self.read_blob(entry.oid)
        return None

    def list_folder(self, commit: str, folder: str, *, recursive: bool) -> list[Entry]:
        """Return what is in a folder (the empty path is the root), sorted by path; 404 if there is none."""
        with self._opened():
            tree = self._commit(commit).tree
            if folder:
                found = self.find(commit, [folder])
                if not found or not found[0].is_folder:
                    raise entry_not_found(folder, commit)
                tree = ObjectID(found[0].oid.encode())
            content = (
                iter_tree_contents(self.objects, tree, include_trees=True)
                if recursive
                else cast("Tree", self.objects[tree]).iteritems()
            )
            prefix = f"{folder}/" if folder else ""
            named = [(prefix + name.decode(), mode, oid) for name, mode, oid in content if name]
            return [self._entry(*item) for item in sorted(named)]

    def last_commits(self, commit: str, paths: Iterable[str]) -> dict[str, CommitRecord]:
        """Return for each path the newest commit, from `commit` back, that changed it or a file below it."""
        wanted = set(paths)
        found: dict[str, CommitRecord] = {}
        with self._opened():
            for item in self._ancestors(commit):
                parent = self._commit(item.parents[0]).tree if item.parents else None
                changes = self.objects.tree_changes(parent, item.tree, include_trees=True)
                touched = {path.decode() for pair, *_ in changes for path in pair if path}
                found.update(dict.fromkeys(wanted & touched, record_of(item)))
                wanted -= touched
                if not wanted:
                    break
        return found

    def changes(self, base: str | None, commit: str) -> dict[str, tuple[str | None, str | None]]:
        """Return for each file that differs since `base` (or nothing) its blob before and after, or None."""
        found: dict[str, tuple[str | None, str | None]] = {}
        with self._opened():
            trees = self._commit(base).tree if base else None, self._commit(commit).tree
            for (before, after), _, blobs in self.objects.tree_changes(*trees):
                old, new = (None if blob is None else blob.decode() for blob in blobs)
                found[(after or before or b"").decode()] = (old, new)
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
        with self._opened():
            ref, head = self._head(revision)
            if parent is not None and not (len(parent) >= 7 and head.startswith(parent)):
                raise _stale()
            tree = self._change(head, operations)
            return self._write_commit(ref, tree, (head,), title, message, moved_from=head)

    def commit_apart(
        self, parent: str, operations: Sequence[Put | Remove], title: str, message: str = ""
    ) -> str:
        """Make a commit that no ref names yet and return its id."""
        with self._opened():
            return self._write_commit(None, self._change(parent, operations), (parent,), title, message)

    def open_pull(self, number: int, commit: str) -> None:
        """Make the ref of a pull request whose newest commit is this one."""
        self._add_ref(_PULLS, str(number), ObjectID(commit.encode()))

    def conflicts(self, base: str, source: str, head: str) -> list[str]:
        """Return the paths that `source` and `head` both changed since `base`, but not to the same."""
        ours, theirs = self.changes(base, head), self.changes(base, source)
        return sorted(path for path in ours.keys() & theirs.keys() if ours[path] != theirs[path])

    def merge(self, base: str, source: str, branch: str, title: str) -> str:
        """Commit to a branch what `source` changed since `base`; 409 if the branch changed the same."""
        with self._opened():
            ref, head = self._head(branch)
            if found := self.conflicts(base, source, head):
                raise RefusalError(
                    409, f"The branch {branch} has changed {found[0]!r} too: merge it by hand."
                )
            changes = [(path, blob) for path, (_, blob) in sorted(self.changes(base, source).items())]
            operations: list[Put | Remove] = [
                Remove(path, is_folder=False)
                for path, blob in changes
                if not blob and self.find(head, [path])
            ]
            operations += [Put(path, blob) for path, blob in changes if blob]
            tree = self._change(head, operations)
            return self._write_commit(ref, tree, (head, source), title, moved_from=head)

    def squash(self, branch: str, title: str) -> str:
        """Replace the history of a branch by one commit that holds the same, and return its id."""
        with self._opened():
            ref, head = self._head(branch)
            return self._write_commit(ref, self._commit(head).tree, (), title, moved_from=head)

    def _change(self, commit: str, operations: Sequence[Put | Remove]) -> ObjectID:
        """Store the tree that a commit has after these changes, made in their order; return its id."""
        content = iter_tree_contents(self.objects, self._commit(commit).tree)
        files = {path.decode(): oid for path, _, oid in content}
        folders = Counter(parent for path in files for parent in _parents(path))
        for operation in operations:
            path = operation.path
            match operation:
                case Put(_, blob):
                    if file := next((parent for parent in _parents(path) if parent in files), None):
                        raise RefusalError(422, f"{file!r} is a file, so {path!r} cannot be below it.")
                    if folders[path]:
                        raise RefusalError(422, f"{path!r} is a folder, so it cannot become a file.")
                    folders.update(_parents(path) if path not in files else ())
                    files[path] = ObjectID(blob.encode())
                case Remove(_, is_folder):
                    # Like on the Hub, a file to be removed may turn out to be a folder.
                    below = [each for each in files if each.startswith(f"{path}/")] if folders[path] else []
                    gone = below if is_folder or path not in files else [path]
                    if not gone:
                        raise entry_not_found(path)
                    for each in gone:
                        del files[each]
                        folders.subtract(_parents(each))
        return self._write_tree(files)

    def _write_tree(self, files: dict[str, ObjectID]) -> ObjectID:
        return commit_tree(self.objects, [(path.encode(), oid, FILE_MODE) for path, oid in files.items()])

    def _write_commit(  # noqa: PLR0913 - what a commit is made of
        self,
        ref: Ref | None,
        tree: ObjectID,
        parents: Sequence[str],
        title: str,
        message: str = "",
        *,
        moved_from: str | None = None,
    ) -> str:
        """Store a commit, and let a ref name it: a new one, or one that still names `moved_from`."""
        commit = Commit()
        commit.tree = tree
        commit.parents = [ObjectID(parent.encode()) for parent in parents]
        commit.author = commit.committer = _IDENTITY
        commit.author_time = commit.commit_time = int(time.time())
        commit.author_timezone = commit.commit_timezone = 0
        commit.encoding = b"UTF-8"
        # `git fsck` finds fault with NUL in a message.
        text = f"{title}\n\n{message}".replace("\0", "").rstrip() + "\n"
        commit.message = text.encode("utf-8", "replace")
        self.objects.add_object(commit)
        before = ObjectID(moved_from.encode()) if moved_from else None
        if ref is not None and not (
            self._refs.set_if_equals(ref, before, commit.id)
            if before
            else self._refs.add_if_new(ref, commit.id)
        ):
            raise _stale()
        return commit.id.decode()

    # --- helpers; the caller holds the lock ---

    @contextmanager
    def _opened(self) -> Iterator[None]:
        """Hold the lock; 404 if the repository is being moved or deleted."""
        with self._lock:
            if not self._is_open:
                raise repository_not_found(known=True)
            yield

    def _head(self, revision: str) -> tuple[Ref, str]:
        """Return the ref of a branch or pull request, and the commit that it names."""
        name = revision.removeprefix("refs/heads/")
        ref = _encode_ref(b"" if name.startswith("refs/pr/") else _BRANCHES, name)
        if ref is None or ref not in self._refs:
            raise revision_not_found(revision)
        return ref, self._refs[ref].decode()

    def _commit(self, oid: str | bytes) -> Commit:
        return cast("Commit", self.objects[ObjectID(oid.encode() if isinstance(oid, str) else oid)])

    def _peel(self, oid: ObjectID) -> str:
        return self.objects.peel(oid)[1].id.decode()

    def _ancestors(self, commit: str) -> Iterator[Commit]:
        # Dates are whole seconds, so they cannot give the order; first parents can.
        found = self._commit(commit)
        yield found
        while found.parents:
            found = self._commit(found.parents[0])
            yield found

    def _entry(self, path: str, mode: int, oid: ObjectID) -> Entry:
        if stat.S_ISDIR(mode):
            return Entry(path, oid.decode(), 0, is_folder=True)
        if oid not in self._measures:
            content = self.objects[oid].as_raw_string()
            pointer = read_pointer(content)
            self._measures[oid] = (
                (pointer.size, pointer.oid, len(content)) if pointer else (len(content), None, 0)
            )
        return Entry(path, oid.decode(), *self._measures[oid])

    def _add_ref(self, prefix: bytes, name: str, oid: ObjectID) -> None:
        ref = _check_ref(prefix, name)
        with self._opened():
            try:
                is_new = self._refs.add_if_new(ref, oid)
            except (OSError, FileLocked):
                # `a` and `a/b` cannot both be refs: one of them is a file, the other a folder.
                raise RefusalError(409, f"{name!r} clashes with a ref that exists.") from None
        if not is_new:
            raise RefusalError(409, f"Reference {ref.decode()} already exists")

    def _remove_ref(self, prefix: bytes, name: str) -> None:
        ref = _check_ref(prefix, name)
        with self._opened():
            if ref not in self._refs:
                raise revision_not_found(name)
            self._refs.remove_if_equals(ref, None)


def _parents(path: str) -> Iterator[str]:
    """Yield the folders above a file, the innermost first."""
    while path := path.rpartition("/")[0]:
        yield path


def _check_ref(prefix: bytes, name: str) -> Ref:
    """Return the full name of a branch or tag, or refuse one that git or the Hub does not allow (400)."""
    ref = _encode_ref(prefix, name)
    # A name of 40 hexadecimal digits would hide a commit, and refs/… one of the other kinds of refs.
    if ref is None or name.startswith(("refs/", "-")) or re.fullmatch("[0-9a-f]{40}", name):
        raise bad_request(f"Invalid name of a branch or tag: {name!r}.")
    return ref


def _encode_ref(prefix: bytes, name: str) -> Ref | None:
    """Return the full name of a ref as git writes it; None if it can be no ref's."""
    ref = Ref(prefix + name.encode())
    # Each part of a ref is a file's name on disk, so it must not be longer than one can be.
    is_short = all(len(part) <= 200 for part in ref.split(b"/")) and len(ref) <= 1000
    return ref if is_short and ref.startswith(b"refs/") and check_ref_format(ref) else None


def _stale() -> RefusalError:
    # These words are part of the protocol: clients look for them.
    return RefusalError(
        412,
        "A commit has happened since. "
        "The branch was updated since you opened this page. Please refresh and try again.",
    )
