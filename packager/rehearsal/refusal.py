"""Say no in the words and headers that the Hub's clients read.

A client decides by `X-Error-Code` which exception it raises; the message is for people.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(eq=False)
class RefusalError(Exception):
    """A request that is answered with an error status. The message must hold no secret."""

    status: int
    message: str
    code: str | None = None
    """The `X-Error-Code`, such as `RepoNotFound`; None sends no such header."""
    headers: dict[str, str] = field(default_factory=dict)
    fields: dict[str, object] = field(default_factory=dict)
    """More fields for the JSON of the answer."""


def bad_request(message: str) -> RefusalError:
    """Return the refusal of a request that cannot be understood."""
    return RefusalError(400, message)


def repository_not_found(*, known: bool) -> RefusalError:
    """Return the refusal for a repository that is missing or hidden.

    The Hub answers strangers with 401, so that they cannot learn which private repositories exist.
    """
    if known:
        return RefusalError(404, "Repository not found", code="RepoNotFound")
    return RefusalError(401, "Invalid username or password.", code="RepoNotFound")


def revision_not_found(revision: str) -> RefusalError:
    """Return the refusal for a branch, tag or commit that does not exist."""
    return RefusalError(404, f"Invalid rev id: {revision}", code="RevisionNotFound")


def entry_not_found(path: str, commit: str | None = None) -> RefusalError:
    """Return the refusal for a file or folder that a revision does not have.

    A client remembers the absence for good if it learns the `commit` that was looked at.
    """
    headers = {} if commit is None else {"X-Repo-Commit": commit}
    return RefusalError(404, f"Entry not found: {path}", code="EntryNotFound", headers=headers)
