"""Judge a file for a build: a segment must also fit the columns of the data set."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from packager.check.judge import Criteria, Judged, expand, judge_batches, load_schema
from packager.check.proof import Spelled
from packager.columns.rows import Misfit, holds_any, make_row
from packager.model import Problem, Severity
from packager.reading.read import Batch, Empty, Unreadable, locate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from packager.check.evidence import Listener
    from packager.model import SourceFile


def judge_to_fit(
    source: SourceFile, criteria: Criteria, listener: Listener | None = None
) -> Iterator[Judged | Empty | Unreadable]:
    """Yield what `judge_file` yields; what its column cannot hold exactly is an error."""
    for judged in judge_batches_to_fit(source, criteria, listener):
        yield from expand(judged)


def judge_batches_to_fit(
    source: SourceFile, criteria: Criteria, listener: Listener | None = None
) -> Iterator[Batch | Judged | Empty | Unreadable]:
    """Yield what `judge_to_fit` yields; many values with which nothing is wrong come together."""
    _, layout = load_schema(criteria)
    batches = judge_batches(source, criteria, listener)
    if holds_any(layout):
        yield from batches
        return
    for judged in chain.from_iterable(map(_expand_unless_framed, batches)):
        if isinstance(judged, Batch):
            yield judged
            continue
        if isinstance(judged, Empty | Unreadable) or judged.segment is None:
            yield judged
            continue
        try:
            make_row(layout, "", 0, judged.segment)
        except Misfit as misfit:
            line, column = locate(source, judged.item, misfit.pointer)
            problem = Problem(
                path=source.name,
                line=line,
                column=column,
                pointer=misfit.pointer,
                rule=misfit.rule,
                severity=Severity.ERROR,
                message=misfit.message,
            )
            yield Judged(judged.item, (*judged.problems, problem))
        else:
            yield judged


def _expand_unless_framed(
    judged: Batch | Judged | Empty | Unreadable,
) -> Iterable[Batch | Judged | Empty | Unreadable]:
    # What has a frame fits: that is a part of its proof.
    framed = isinstance(judged, Batch) and judged.proof is not None and not isinstance(judged.proof, Spelled)
    return (judged,) if framed else expand(judged)
