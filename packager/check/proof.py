"""Prove whole blocks of lines sound, valid and in order without making anything of them.

The proof is that of `schema.language`; whatever is not proven is judged as ever.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from packager.times import are_in_order

if TYPE_CHECKING:
    from collections.abc import Callable

    from packager.check.rules import RulePack
    from packager.schema.language import Line
    from packager.schema.validate import SegmentSchema

_LEAST_BYTES: Final = 1 << 15
"""Of a block; with fewer, finding and loading the means costs more than it saves."""
_LONG_LINE: Final = 1000
"""Bytes; long lines are mostly one string, which a parser passes over faster than an automaton does."""


class Proof:
    """What is known of the lines of one file."""

    def __init__(self, schema: SegmentSchema) -> None:
        self.schema = schema
        self._layout: Line | None = None

    def proves(self, run: bytes) -> bool:
        """Return whether these whole lines are surely sound and valid, one flat object each."""
        end = run.find(b"\n")
        if len(run) < _LEAST_BYTES or not 0 < end < _LONG_LINE:
            return False
        # Most checks are of small files, and do without.
        from packager.schema.language import find_layout  # noqa: PLC0415

        self._layout = find_layout(run[:end])
        language = None if self._layout is None else self.schema.language_of(self._layout)
        return language is not None and language(run)

    def clears(self, run: bytes, pack: RulePack) -> bool:
        """Return whether these rules surely find nothing in lines that have just been proven.

        That is asked only of rules about the order of times and about secrets; all others look at texts.
        """
        start, end = pack.properties.start, pack.properties.end
        if not pack.severities:
            return True
        if not pack.about_order or start is None or end is None or self._layout is None:
            return False
        if pack.may_find_secret(run):
            return False
        rows = _columns(self._layout, start, end)(run)
        if rows is None:
            return False
        starts, ends = zip(*rows, strict=True)
        return are_in_order(starts, ends)


@lru_cache(maxsize=16)
def _columns(layout: Line, start: str, end: str) -> Callable[[bytes], list[tuple[bytes, ...]] | None]:
    from packager.schema.language import make_columns  # noqa: PLC0415 - as above

    return make_columns(layout, (start, end))
