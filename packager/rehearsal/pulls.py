"""Keep the pull requests of one repository: PULLS/N.json beside the ref `refs/pr/N` that holds its commits.

The ref is made first, so a crash leaves at most a ref without a file: nobody sees it, and its number is not
used again.
"""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from packager.rehearsal.disk import write_file
from packager.rehearsal.git_store import GitStore
from packager.rehearsal.refusal import RefusalError


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a pull request, but for its commits."""

    kind: str
    """`comment`, `status-change` or `title-change`."""
    author: str
    date: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pull:
    """One pull request."""

    number: int
    title: str
    author: str
    created: str
    """ISO 8601, UTC."""
    base: str
    """The commit of the target from which it began."""
    target: str = "main"
    is_pull: bool = True
    """False: it is only talk, and has no ref."""
    status: str = "draft"
    """`draft`, `open`, `closed` or `merged`."""
    merged_as: str | None = None
    events: tuple[Event, ...] = field(default=())

    @property
    def ref(self) -> str:
        """Return the revision that holds its commits."""
        return f"refs/pr/{self.number}"


class PullStore:
    """The pull requests of one repository."""

    def __init__(self, folder: Path, git: GitStore) -> None:
        self._folder = folder
        self._git = git
        self._lock = threading.RLock()

    def list_all(self) -> list[Pull]:
        """Return every pull request, newest first."""
        with self._lock:
            numbers = sorted((int(file.stem) for file in self._folder.glob("*.json")), reverse=True)
            return [self.find(number) for number in numbers]

    def find(self, number: int) -> Pull:
        """Return a pull request; 404 if there is none."""
        try:
            fields = json.loads((self._folder / f"{number}.json").read_bytes())
        except FileNotFoundError:
            raise RefusalError(404, f"There is no pull request {number}.") from None
        return Pull(**{**fields, "events": tuple(Event(**event) for event in fields["events"])})

    def open(self, title: str, author: str, base: str, head: str | None, *, status: str = "draft") -> Pull:
        """Open a pull request on the commit `base`, whose newest commit is `head`; None: only talk."""
        with self._lock:
            numbers = [int(name) for name in self._git.refs("pr")] + [pull.number for pull in self.list_all()]
            number = max(numbers, default=0) + 1
            pull = Pull(number, title, author, timestamp(), base, is_pull=head is not None, status=status)
            if head is not None:
                self._git.open_pull(number, head)
            return self._write(pull)

    def change(self, number: int, kind: str, author: str, data: dict[str, Any], **fields: object) -> Pull:
        """Add an event, and change what it changed."""
        with self._lock:
            pull = self.find(number)
            event = Event(kind, author, timestamp(), data)
            return self._write(replace(pull, events=(*pull.events, event), **fields))  # type: ignore[arg-type]

    def merge(self, number: int, author: str) -> Pull:
        """Merge a pull request into its target; 409 if it is closed, or both changed the same."""
        with self._lock:
            pull = self.find(number)
            if pull.status not in {"draft", "open"} or not pull.is_pull:
                raise RefusalError(409, f"The pull request {number} is {pull.status}.")
            head = self._git.refs("pr")[str(number)]
            merged = self._git.merge(pull.base, head, pull.target, f"{pull.title} (#{number})")
            return self.change(
                number, "status-change", author, {"status": "merged"}, status="merged", merged_as=merged
            )

    def _write(self, pull: Pull) -> Pull:
        self._folder.mkdir(exist_ok=True)
        file = self._folder / f"{pull.number}.json"
        write_file(file, json.dumps(asdict(pull)).encode(), file.with_suffix(".new"))
        return pull


def timestamp() -> str:
    """Return now, as the Hub writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
