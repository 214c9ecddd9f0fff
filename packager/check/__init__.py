"""Check segment files: every problem in every file, exactly located.

`check_segments` is the public door; `judge_blocks` (judge.py) is what build shares with it, so that what is
built is what was checked.
"""

from packager.check.criteria import (
    Criteria,
    find_card_severities,
    find_pack,
    find_properties_in,
    find_run_rules,
    load_schema,
    load_schema_anew,
    looks_beyond,
    make_criteria,
    may_join_objects,
    tell_silent,
)
from packager.check.engine import check_segments, find_config, find_files, find_project_sources, make_report
from packager.check.evidence import SourceEvidence
from packager.check.fit import fit_block, fit_segment
from packager.check.gathering import Gathering, NumberedUnit, cut_units, make_gathering, open_scratch
from packager.check.judge import Judged, judge_blocks, judge_objects
from packager.check.kept import Kept
from packager.check.roster import RollCall
from packager.check.rows import ExpectedRow, read_rows
from packager.check.rules import find_family, find_rule
from packager.check.rules.catalogue import RULES, match_rules, resolve_severities
from packager.check.rules.page import describe_rule, list_rules, render_page, to_document

__all__ = [
    "RULES",
    "Criteria",
    "ExpectedRow",
    "Gathering",
    "Judged",
    "Kept",
    "NumberedUnit",
    "RollCall",
    "SourceEvidence",
    "check_segments",
    "cut_units",
    "describe_rule",
    "find_card_severities",
    "find_config",
    "find_family",
    "find_files",
    "find_pack",
    "find_project_sources",
    "find_properties_in",
    "find_rule",
    "find_run_rules",
    "fit_block",
    "fit_segment",
    "judge_blocks",
    "judge_objects",
    "list_rules",
    "load_schema",
    "load_schema_anew",
    "looks_beyond",
    "make_criteria",
    "make_gathering",
    "make_report",
    "match_rules",
    "may_join_objects",
    "open_scratch",
    "read_rows",
    "render_page",
    "resolve_severities",
    "tell_silent",
    "to_document",
]
