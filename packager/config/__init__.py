"""Read dataset.toml into frozen values, and find the files that a project leaves to the tool.

Every key but `repo_id` has a default. What is unknown, of the wrong type or impossible is a `ConfigError`
that names the file, the key and what is allowed; nothing is guessed.

    values.py   what it says        project.py   where it is, and its document
    bounds.py   where its files may lie
"""

from packager.config.bounds import FILE_NAME, Bounds, find_allowed, find_bounds, find_project, find_repository
from packager.config.project import (
    CARD_NAME,
    LOCK_NAME,
    load_project,
    parse_config,
    read_card,
    shipped_file,
)
from packager.config.values import DEFAULT_CHECKS, PATTERNS, POLICIES, Checks, Choices, Config

__all__ = [
    "CARD_NAME",
    "DEFAULT_CHECKS",
    "FILE_NAME",
    "LOCK_NAME",
    "PATTERNS",
    "POLICIES",
    "Bounds",
    "Checks",
    "Choices",
    "Config",
    "find_allowed",
    "find_bounds",
    "find_project",
    "find_repository",
    "load_project",
    "parse_config",
    "read_card",
    "shipped_file",
]
