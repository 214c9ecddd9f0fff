"""Say what the commits of a Hub cost in bytes, and throw away what none needs; while it is not served.

measure_commits   for each commit: its files, and the bytes that were stored for it and for none before
collect_garbage   removes git objects that no ref reaches, large files that no commit names, chunks of none
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dulwich.objects import Blob

from packager.errors import UsageError
from packager.rehearsal.records import CommitRecord, read_pointer
from packager.rehearsal.repositories import Repositories, Repository
from packager.rehearsal.server import owned_root


@dataclass(frozen=True, slots=True)
class CommitCost:
    """What one commit cost."""

    repository: str
    """As in addresses: `datasets/me/turns`."""
    commit: str
    title: str
    date: datetime
    tags: tuple[str, ...]
    files: int
    """How many files it added or changed."""
    size: int
    """Their bytes."""
    new_bytes: int
    """What was stored for them: whole large files, packed chunks, and small files."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What was thrown away."""

    files: int
    """On this Hub's disk: git objects, large files, xorbs and recipes."""
    size: int
    """Bytes."""


def measure_commits(root: Path) -> tuple[CommitCost, ...]:
    """Return what each commit cost, in the order in which they were made. Repositories share chunks."""
    with _held(root) as repositories:
        known: set[str] = set()
        return tuple(_cost(repositories, *made, known) for made in _in_order(repositories))


def collect_garbage(root: Path) -> Collected:
    """Throw away what no commit needs. Raises what `measure_commits` raises."""
    with _held(root) as repositories:
        waste: list[Path] = []
        recipes: set[str] = set()
        for repository in repositories.list_all():
            waste += _waste_of(repository, recipes)
        unneeded = list(repositories.xet.unneeded(recipes))
        if unneeded:
            repositories.xet.rename()  # first: no client may believe that it is still here
        files = [path for path in (*waste, *unneeded) if path.is_file()]
        size = sum(path.stat().st_size for path in files)
        for path in files:
            path.unlink()
        return Collected(len(files), size)


@contextmanager
def _held(root: Path) -> Iterator[Repositories]:
    if not (root / "hub.json").is_file():
        raise UsageError(f"{root} holds no rehearsal Hub: name the folder of one.")
    with owned_root(root):
        yield Repositories(root)


def _in_order(repositories: Repositories) -> Iterator[tuple[Repository, CommitRecord]]:
    """Yield the commits that branches, tags and pull requests reach, oldest first; each once."""
    found: dict[tuple[str, str], tuple[datetime, int, Repository, CommitRecord]] = {}
    for repository in repositories.list_all():
        git = repository.git
        for head in (*git.refs("heads").values(), *git.refs("tags").values(), *git.refs("pr").values()):
            for depth, record in enumerate(reversed(git.history(head))):
                key = (repository.identity.page, record.oid)
                found.setdefault(key, (record.date, depth, repository, record))
    # Dates are whole seconds; within one, a commit comes after its ancestors.
    ordered = sorted(found.items(), key=lambda item: (item[1][0], item[0][0], item[1][1], item[0][1]))
    yield from ((repository, record) for _, (_, _, repository, record) in ordered)


def _cost(
    repositories: Repositories, repository: Repository, record: CommitRecord, known: set[str]
) -> CommitCost:
    files = size = new_bytes = 0
    changes = repository.git.changes(record.parent, record.oid)
    for blob in (after for _, after in changes.values() if after):
        content = repository.git.read_blob(blob)
        pointer = read_pointer(content)
        files += 1
        size += pointer.size if pointer else len(content)
        parts = _parts(repositories, repository, pointer.oid) if pointer else [(blob, len(content))]
        for name, stored in parts:
            new_bytes += 0 if name in known else stored
            known.add(name)
    tags = tuple(name for name, commit in repository.git.refs("tags").items() if commit == record.oid)
    return CommitCost(
        repository.identity.page, record.oid, record.title, record.date, tags, files, size, new_bytes
    )


def _parts(repositories: Repositories, repository: Repository, oid: str) -> list[tuple[str, int]]:
    """Return what is stored of a large file, with the bytes of each: its xorbs, or the whole file."""
    link = repository.large.link(oid)
    recipe = repositories.xet.recipe(link.digest) if link else None
    whole = repository.large.path(oid)
    if recipe is None or whole.exists():
        return [(f"{repository.identity.page} {oid}", whole.stat().st_size if whole.exists() else 0)]
    xorbs = [repositories.xet.xorb_path(term.xorb) for term in recipe.terms]
    return [(path.name, path.stat().st_size) for path in dict.fromkeys(xorbs)]


def _waste_of(repository: Repository, recipes: set[str]) -> Iterator[Path]:
    """Yield the files of a repository that nothing reaches; add the recipes that something does."""
    folder, store, reached = repository.folder, repository.git.objects, repository.git.reachable()
    pointers = (read_pointer(item.as_raw_string()) for oid in reached if isinstance(item := store[oid], Blob))
    large = {pointer.oid for pointer in pointers if pointer}
    for path in folder.glob("objects/??/" + "?" * 38):
        if (path.parent.name + path.name).encode() not in reached:
            yield path
    for path in (*folder.glob("lfs/*/*/*"), *folder.glob("xet/*/*")):
        if path.name not in large:
            yield path
    recipes |= {link.digest for oid in large if (link := repository.large.link(oid))}
