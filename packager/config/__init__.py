"""Read dataset.toml into frozen values, and find the files that a project leaves to the tool.

Every key but `repo_id` has a default. What is unknown, of the wrong type or impossible is a `ConfigError`
that names the file, the key and what is allowed; nothing is guessed.

    values.py   what it says        project.py   where it is, and its document
"""

from packager.config.project import FILE_NAME, find_project, load_project, parse_config, shipped_file
from packager.config.values import DEFAULT_CHECKS, POLICIES, Checks, Choices, Config

__all__ = [
    "DEFAULT_CHECKS",
    "FILE_NAME",
    "POLICIES",
    "Checks",
    "Choices",
    "Config",
    "find_project",
    "load_project",
    "parse_config",
    "shipped_file",
]
