"""Say what differs between two builds or versions of a data set, and which version that asks for. Pure.

manifests.py   two manifests -> recordings, columns and files that differ
versions.py    a difference, a policy -> the version, and why
news.py        a difference -> sentences
"""

from packager.diff.manifests import ManifestDiff, compare_manifests
from packager.diff.news import count, describe_news
from packager.diff.rows import Edit, RecordingDiff, Row, RowDiff, align_rows, compare_recording
from packager.diff.versions import Level, choose_version, judge_diff, raise_version

__all__ = [
    "Edit",
    "Level",
    "ManifestDiff",
    "RecordingDiff",
    "Row",
    "RowDiff",
    "align_rows",
    "choose_version",
    "compare_manifests",
    "compare_recording",
    "count",
    "describe_news",
    "judge_diff",
    "raise_version",
]
