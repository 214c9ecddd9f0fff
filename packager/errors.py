"""Say why the tool cannot go on: what happened, to what, and what to do next.

Wrong data is not an exception but a `Problem` (see model.py); an exception ends the command. Each class
carries the exit code that the command line returns for it, so that no other room maps errors to codes.
"""

from __future__ import annotations

from typing import ClassVar

from packager.secrets import hide_secrets


class PackagerError(Exception):
    """The tool cannot go on; the message says what happened, to what, and what to do next."""

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str) -> None:
        super().__init__(hide_secrets(message))


class DataError(PackagerError):
    """The data has problems (exit code 1)."""

    exit_code = 1


class UsageError(PackagerError):
    """Wrong usage or configuration (exit code 2)."""

    exit_code = 2


class ConfigError(UsageError):
    """A configuration file, the schema or the card template is wrong (exit code 2)."""


class EnvironmentFailure(PackagerError):  # noqa: N818 - EnvironmentError is a name of Python's own
    """The network, the token, the disk or another process stood in the way (exit code 3)."""

    exit_code = 3
