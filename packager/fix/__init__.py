"""Repair what is safe in segment files, by rewriting those values and nothing else.

A repair changes the text of one string, or takes out a byte order mark; every other byte of the file stays:
order, spacing, the escapes of other values, line ends. A file is replaced whole or not at all. A file with
another flaw of JSON is left as it is, and so is a compressed one, of which no byte would stay the same. A
repair belongs to a rule, so that `select_repairs` can leave it out where that rule does not hold.
"""

from packager.fix.files import Outcome, diff_file, fix_file, survey_file
from packager.fix.values import Properties, Repair, select_repairs

__all__ = ["Outcome", "Properties", "Repair", "diff_file", "fix_file", "select_repairs", "survey_file"]
