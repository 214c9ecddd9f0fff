"""Run units of work on any `concurrent.futures.Executor`, and get the results in the order of the units.

Only a few units are under way at a time, so results never pile up; without an executor the work is done here.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
from collections import deque
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from packager.errors import EnvironmentFailure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Executor, Future

    Progress = Callable[[int, int], None]
    """Called with what is done and what there is in all, in the same unit."""

Unit = TypeVar("Unit")
Result = TypeVar("Result")

_ALLOCATOR: Final = "jemalloc_bg_thd"
"""The thread that Arrow's allocator starts; a copy of the process has one of its own."""
_PATIENCE: Final = 50  # milliseconds
_AHEAD: Final = 2  # units handed in for each worker
_AHEAD_OF_OTHER_WORK: Final = 8  # the same before this process does something else, which may take 0.1 s
_COLLECT_AFTER: Final = 200_000  # objects; a few blocks of segments


def count_cpus() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def open_pool(jobs: int) -> Iterator[Executor | None]:
    """Open a pool of `jobs` processes; None, which means work done here, for one job."""
    if jobs <= 1:
        yield None
        return
    # A check of few files does without, and starts much faster.
    import multiprocessing  # noqa: PLC0415
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415

    method = "fork" if _can_fork() else "spawn"
    pool = ProcessPoolExecutor(jobs, multiprocessing.get_context(method), rest_from_collecting)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def rest_from_collecting() -> None:
    """Let the garbage collector of this process come rarely: segments are no cycles, and are many."""
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 50, 50)


def _can_fork() -> bool:
    """Return whether a copy of this process will work: no other thread may hold a lock while it is made.

    It starts in a tenth of the time that a new process takes.
    """
    if sys.platform != "linux":
        return False
    for _ in range(_PATIENCE):
        if _count_threads() == 1:
            return True
        if threading.active_count() > 1:
            break
        time.sleep(0.001)  # a thread of an earlier pool has ended for Python, and not yet for the system
    return False


def _count_threads() -> int:
    """Return how many threads this process has, but for the one of Arrow's allocator."""
    count = 0
    for thread in Path("/proc/self/task").iterdir():
        with suppress(OSError):  # it has ended meanwhile
            count += (thread / "comm").read_text().strip() != _ALLOCATOR
    return count


def _submit(executor: Executor, work: Callable[[Unit], Result], unit: Unit) -> Future[Result]:
    """Hand in a unit. Workers that start with it never hear of an interruption: this process ends them."""
    if not hasattr(signal, "pthread_sigmask"):
        return executor.submit(work, unit)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # which new processes take over
    try:
        return executor.submit(work, unit)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def run_in_order(
    work: Callable[[Unit], Result],
    units: Iterable[Unit],
    executor: Executor | None,
    jobs: int,
    meanwhile: Callable[[], None] | None = None,
) -> Iterator[Result]:
    """Yield work(unit) for each unit, in the order of the units.

    `meanwhile` is called here once the workers are busy.
    """
    if executor is None:
        if meanwhile is not None:
            meanwhile()
        yield from map(work, units)
        return
    from concurrent.futures import BrokenExecutor  # noqa: PLC0415 - as in open_pool

    pending: deque[Future[Result]] = deque()
    try:
        for unit in units:
            pending.append(_submit(executor, work, unit))
            if len(pending) > (_AHEAD if meanwhile is None else _AHEAD_OF_OTHER_WORK) * jobs:
                if meanwhile is not None:
                    meanwhile()
                    meanwhile = None
                while len(pending) > _AHEAD * jobs:
                    yield pending.popleft().result()
        if meanwhile is not None:
            meanwhile()
        while pending:
            yield pending.popleft().result()
    except BrokenExecutor as error:
        raise EnvironmentFailure(
            "a worker process was killed, perhaps for want of memory: try --jobs 1"
        ) from error
