"""Judge a file for a build: a segment must also fit the columns of the data set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packager.check.criteria import Criteria, load_schema
from packager.check.judge import Judged, judge_blocks
from packager.columns import Misfit, holds_any, make_row
from packager.model import Problem, Severity
from packager.reading import Block, locate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from packager.columns import Layout
    from packager.model import SourceFile


def judge_to_fit(source: SourceFile, criteria: Criteria) -> Iterator[Judged]:
    """Yield the values of `judge_blocks` one by one; what its column cannot hold exactly is an error."""
    _, layout = load_schema(criteria)
    for judged in judge_blocks(source, criteria):
        if isinstance(judged, Block):
            for item in judged.items():
                yield fit_segment(source, Judged(item, ()), layout)
        elif isinstance(judged, Judged):
            yield fit_segment(source, judged, layout)


def fit_block(
    block: Block, source_of: Callable[[int], SourceFile], layout: Layout
) -> Iterator[tuple[Block | Judged, int]]:
    """Yield what does not fit its columns as judged values, and the rest as blocks; each with its index."""
    misfits = {} if holds_any(layout) else dict(_find_misfits(block, source_of, layout))
    at = 0
    for part in block.cut(sorted(misfits)):
        yield misfits.get(at, part), at  # type: ignore[arg-type]
        at += 1 if at in misfits else part.count  # type: ignore[union-attr]


def fit_segment(source: SourceFile, judged: Judged, layout: Layout) -> Judged:
    """Return a judged value, with the error that its columns cannot hold it if that is so."""
    if judged.segment is None:
        return judged
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
        return Judged(judged.item, (*judged.problems, problem))
    return judged


def _find_misfits(
    block: Block, source_of: Callable[[int], SourceFile], layout: Layout
) -> Iterator[tuple[int, Judged]]:
    for index, value in enumerate(block.values):
        try:
            make_row(layout, "", 0, value)
        except Misfit:
            yield index, fit_segment(source_of(index), Judged(block.item(index), ()), layout)
