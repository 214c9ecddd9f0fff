"""Decide which names branches, tags and pull requests may have, and tidy what a crash left of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dulwich.refs import Ref, check_ref_format

from packager.rehearsal.refusal import bad_request

if TYPE_CHECKING:
    from pathlib import Path

BRANCHES = b"refs/heads/"
TAGS = b"refs/tags/"
PULLS = b"refs/pr/"


def remove_stale_locks(folder: Path) -> None:
    """Remove the lock files of a process that was killed; nobody else has this repository open."""
    for pattern in ("packed-refs.lock", "refs/**/*.lock", "objects/*/*.lock"):
        for lock in folder.glob(pattern):
            lock.unlink()


def check_ref(prefix: bytes, name: str) -> Ref:
    """Return the full name of a branch or tag, or refuse one that git or the Hub does not allow (400)."""
    ref = encode_ref(prefix, name)
    # A name of 40 hexadecimal digits would hide a commit, and refs/… one of the other kinds of refs.
    if ref is None or name.startswith(("refs/", "-")) or re.fullmatch("[0-9a-f]{40}", name):
        raise bad_request(f"Invalid name of a branch or tag: {name!r}.")
    return ref


def encode_ref(prefix: bytes, name: str) -> Ref | None:
    """Return the full name of a ref as git writes it; None if it can be no ref's."""
    try:
        ref = Ref(prefix + name.encode())
    except UnicodeEncodeError:
        return None
    # Each part of a ref is a file's name on disk, so it must not be longer than one can be.
    is_short = all(len(part) <= 200 for part in ref.split(b"/")) and len(ref) <= 1000
    return ref if is_short and ref.startswith(b"refs/") and check_ref_format(ref) else None
