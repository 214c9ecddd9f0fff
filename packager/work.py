"""Run units of work on any `concurrent.futures.Executor`, and get the results in the order of the units.

Only a few units are under way at a time, so results never pile up; without an executor the work is done here.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Progress = Callable[[int, int], None]
    """Called with what is done and what there is in all, in the same unit."""

Unit = TypeVar("Unit")
Result = TypeVar("Result")

_AHEAD: Final = 2  # units handed in for each worker


def count_cpus() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def open_pool(jobs: int) -> Iterator[Executor | None]:
    """Open a pool of `jobs` processes; None, which means work done here, for one job."""
    if jobs <= 1:
        yield None
        return
    # Spawned and not forked: a fork of a process with threads (a Hub, Arrow) can hang.
    pool = ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def run_in_order(
    work: Callable[[Unit], Result], units: Iterable[Unit], executor: Executor | None, jobs: int
) -> Iterator[Result]:
    """Yield work(unit) for each unit, in the order of the units."""
    if executor is None:
        yield from map(work, units)
        return
    pending: deque[Future[Result]] = deque()
    for unit in units:
        pending.append(executor.submit(work, unit))
        if len(pending) > _AHEAD * jobs:
            yield pending.popleft().result()
    while pending:
        yield pending.popleft().result()
