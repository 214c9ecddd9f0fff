"""What is remembered between runs, in the user's cache; all of it may be deleted at any time.

stamps.py    what the file system says of a file: the one way to tell that it is unchanged
shelf.py     a folder of remembered values, each for its circumstances
reports.py   the report of a check
builds.py    what became of sources and shards
origins.py   what a build was made of
"""

from packager.store.builds import Builds
from packager.store.origins import find_changed_origins, keep_origins, look_at_origins
from packager.store.reports import Reports
from packager.store.stamps import Survey, read_stamp, survey_sources

__all__ = [
    "Builds",
    "Reports",
    "Survey",
    "find_changed_origins",
    "keep_origins",
    "look_at_origins",
    "read_stamp",
    "survey_sources",
]
