"""Talk to the person at the terminal: remarks and progress, on stderr; numbers in words."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from packager.reading import describe_not_read
from packager.reports import say_number
from packager.secrets import hide_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from packager.model import Report
    from packager.reading import Found
    from packager.work import Progress

_WARNINGS: Final = 5  # that are said one by one


def remark(message: str, *, quiet: bool) -> None:
    """Say something that is no result."""
    if not quiet:
        print(f"packager: {hide_secrets(message)}", file=sys.stderr, flush=True)


def warn(warnings: Sequence[str], *, quiet: bool) -> None:
    """Say warnings; of many the first ones and how many there are."""
    for warning in warnings[:_WARNINGS]:
        remark(f"warning: {warning}", quiet=quiet)
    if len(warnings) > _WARNINGS:
        more = len(warnings) - _WARNINGS
        remark(f"and {more} more warnings about the card; `packager card --check` names them", quiet=quiet)


def tell_not_read(found: Report | Found, *, quiet: bool) -> None:
    """Say what lies among the segment files and is passed over."""
    for name in found.left_out:
        remark(f"{name!r} is left out: a build is written there", quiet=quiet)
    if told := describe_not_read(found.not_read):
        remark(told, quiet=quiet)


@contextmanager
def show_progress(title: str, *, quiet: bool) -> Iterator[Progress | None]:
    """Show a bar of bytes done while the block runs; None, and no bar, where nobody looks."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(title), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    # Without its own thread: with one, workers would have to be started in a slower way.
    with Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False) as bar:
        task = bar.add_task(title, total=None)

        def update(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, refresh=True)

        yield update


def show_size(number: int) -> str:
    """Return a size in bytes as people read it."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if number >= factor:
            return f"{number / factor:,.1f} {unit}"
    return say_number(number, "byte")


def print_json(document: object) -> None:
    """Print a result for machines."""
    print(json.dumps(document, ensure_ascii=False, indent=2))
