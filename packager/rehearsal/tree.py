"""Look at a git tree, and change it: one folder is read when it is first looked at, and only then.

Changes take effect in the order in which they are made, and none is stored before `write`.
"""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, cast

from dulwich.objects import ObjectID, Tree

from packager.rehearsal.refusal import RefusalError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dulwich.object_store import DiskObjectStore

FILE_MODE = 0o100644


class Folder:
    """One folder of a commit; without an id, an empty one."""

    def __init__(self, objects: DiskObjectStore, oid: ObjectID | None = None) -> None:
        self._objects = objects
        self._oid = oid
        self._items: dict[str, ObjectID | Folder] | None = None if oid else {}

    def find(self, path: str) -> ObjectID | Folder | None:
        """Return the blob id of a file, or a folder, or None. The empty path is this folder."""
        found: ObjectID | Folder | None = self
        for part in path.split("/") if path else ():
            found = found.items().get(part) if isinstance(found, Folder) else None
        return found

    def items(self) -> dict[str, ObjectID | Folder]:
        """Return what is directly in this folder, by name."""
        if self._items is None:
            tree = cast("Tree", self._objects[self._oid]) if self._oid else Tree()
            self._items = {}
            for name in tree:
                mode, oid = tree[name]
                item = Folder(self._objects, oid) if stat.S_ISDIR(mode) else oid
                self._items[name.decode("utf-8", "surrogateescape")] = item
        return self._items

    def walk(self, prefix: str = "", *, recursive: bool) -> Iterator[tuple[str, ObjectID | Folder]]:
        """Yield the path and the blob id or folder of everything below, in no promised order."""
        for name, item in self.items().items():
            path = f"{prefix}{name}"
            yield path, item
            if recursive and isinstance(item, Folder):
                yield from item.walk(f"{path}/", recursive=True)

    def put(self, path: str, blob: ObjectID) -> None:
        """Add or replace a file. Refuse a file where a folder stands and the reverse (422)."""
        head, _, rest = path.partition("/")
        items = self.items()
        standing = items.get(head)
        if rest:
            standing = standing or Folder(self._objects)
            if not isinstance(standing, Folder):
                raise RefusalError(422, f"{head!r} is a file, so {path!r} cannot be below it.")
            standing.put(rest, blob)
            items[head] = standing
        elif isinstance(standing, Folder):
            raise RefusalError(422, f"{path!r} is a folder, so it cannot become a file.")
        else:
            items[head] = blob
        self._oid = None

    def remove(self, path: str, *, folder: bool) -> bool:
        """Remove a file or a folder with all that is below it; return False if it is not there.

        `folder`: it must be a folder. Like the Hub, a file to be removed may turn out to be a folder.
        """
        head, _, rest = path.partition("/")
        standing = self.items().get(head)
        if rest:
            if not isinstance(standing, Folder) or not standing.remove(rest, folder=folder):
                return False
        elif standing is None or (folder and not isinstance(standing, Folder)):
            return False
        if not rest or (isinstance(standing, Folder) and not standing.items()):
            del self.items()[head]  # git keeps no empty folders
        self._oid = None
        return True

    def write(self) -> ObjectID:
        """Store the changed folders and return the id of this one's tree."""
        if self._oid is None:
            tree = Tree()
            for name, item in self.items().items():
                mode, oid = (stat.S_IFDIR, item.write()) if isinstance(item, Folder) else (FILE_MODE, item)
                tree.add(name.encode("utf-8", "surrogateescape"), mode, oid)
            self._objects.add_object(tree)
            self._oid = tree.id
        return self._oid
