"""Say what a commit changed since another one, as `git diff` does; `git apply` understands it.

Large files are pointers here, as on the Hub. What takes too long to compare line by line is called binary,
as git calls it.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

from dulwich.patch import gen_diff_header, is_binary, patch_filename, unified_diff

from packager.rehearsal.git_store import GitStore
from packager.rehearsal.records import FILE_MODE

_LARGEST_FILE = 1 << 20
_MOST_LINES = 10_000
_LARGEST_DIFFERENCE = 8 << 20


def show_difference(git: GitStore, base: str, commit: str) -> str:
    """Return the difference; what is beyond 8 MB is named, and not shown."""
    written = BytesIO()
    for path, (before, after) in sorted(git.changes(base, commit).items()):
        old, new = _Side.of(git, path, before), _Side.of(git, path, after)
        written.writelines(gen_diff_header((old.name, new.name), (old.mode, new.mode), (old.oid, new.oid)))
        sides = (patch_filename(old.name, b"a"), patch_filename(new.name, b"b"))
        if written.tell() < _LARGEST_DIFFERENCE and old.has_lines() and new.has_lines():
            written.writelines(unified_diff(old.lines(), new.lines(), *sides))
        else:
            written.write(b"Binary files %s and %s differ\n" % sides)
    return written.getvalue().decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class _Side:
    """A file before or after; without a name it is not there."""

    name: bytes | None = None
    mode: int | None = None
    oid: bytes | None = None
    content: bytes = b""

    @classmethod
    def of(cls, git: GitStore, path: str, oid: str | None) -> _Side:
        return cls() if oid is None else cls(path.encode(), FILE_MODE, oid.encode(), git.read_blob(oid))

    def has_lines(self) -> bool:
        is_short = len(self.content) <= _LARGEST_FILE and self.content.count(b"\n") <= _MOST_LINES
        return is_short and not is_binary(self.content)

    def lines(self) -> list[bytes]:
        """Return the lines with their ends, as git counts them: a carriage return ends none."""
        lines = [line + b"\n" for line in self.content.split(b"\n")]
        lines[-1] = lines[-1][:-1]
        return lines if lines[-1] else lines[:-1]
