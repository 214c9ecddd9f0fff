"""Check segment files: every problem in every file, exactly located.

`check_segments` is the public door; `judge_blocks` (judge.py) is what build shares with it, so that what is
built is what was checked.
"""

from packager.check.engine import check_segments

__all__ = ["check_segments"]
