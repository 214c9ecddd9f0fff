"""Keep the first problems of each file, by place, and count the others. Bounded, whatever a file holds."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packager.model import Problem, Severity

LIMIT: Final = 10_000
"""Problems of a file."""


class Kept:
    """The problems of one file, given in any order."""

    __slots__ = ("_farthest", "hidden", "problems")

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.hidden: Counter[Severity] = Counter()
        """How many are not kept."""
        self._farthest: tuple[int, int] | None = None
        """The place of the last one, once there are so many."""

    def add(self, problems: Iterable[Problem]) -> None:
        """Take problems."""
        self.problems += problems
        if len(self.problems) >= 2 * LIMIT:
            self._cut()

    def is_beyond(self, line: int, column: int) -> bool:
        """Return whether no problem from this place on is kept, so that it need not be put into words."""
        if self._farthest is None:
            if len(self.problems) < LIMIT:
                return False
            self._cut()
        return self._farthest is not None and (line, column) > self._farthest

    def finish(self) -> list[Problem]:
        """Return those that are kept, by place."""
        self._cut()
        return self.problems

    def _cut(self) -> None:
        self.problems.sort()
        if len(self.problems) >= LIMIT:
            self.hidden.update(each.severity for each in self.problems[LIMIT:])
            del self.problems[LIMIT:]
            self._farthest = self.problems[-1].line, self.problems[-1].column


def keep_first(problems: Iterable[Problem]) -> tuple[tuple[Problem, ...], Counter[Severity]]:
    """Return the first problems of each file, sorted, and how many others there are."""
    kept: list[Problem] = []
    hidden: Counter[Severity] = Counter()
    path, count = "", 0
    for problem in sorted(problems):
        path, count = problem.path, count + 1 if problem.path == path else 1
        if count <= LIMIT:
            kept.append(problem)
        else:
            hidden[problem.severity] += 1
    return tuple(kept), hidden
