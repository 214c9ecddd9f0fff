"""Turn the document of a dataset.toml into frozen values, complaining of what is wrong.

A new key is one line in `_KEYS` and one field of `Config`.
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from packager.config.values import (
    ONE_SPLIT,
    PATTERNS,
    POLICIES,
    Checks,
    Choices,
    Config,
)
from packager.errors import ConfigError
from packager.model import SplitRatio, is_repository_name

if TYPE_CHECKING:
    from pathlib import Path

_KEYS: Final = {
    "": ("dataset", "time", "columns", "splits", "check", "release", "citation", "rai"),
    "dataset": ("repo_id", "segments", "schema", "card", "recording"),
    "time": ("start", "end"),
    "check": ("text", "speaker", "formats", "select", "ignore", "severity", "limits", "path", "reason"),
    "release": ("policy",),
    "check.path": ("pattern", "select", "ignore", "severity", "reason"),
}
_COLUMN_CHOICES: Final = ("timestamp", "class_label")
_SEVERITIES: Final = ("error", "warning", "note", "off")
_SPLIT_NAME: Final = re.compile(r"\w+(\.\w+)*", re.ASCII)  # what the datasets library takes for a split
_DIGITS: Final = 12  # decimals of a ratio
_LONGEST_SPLIT: Final = 64
_SALT_BYTES: Final = 64  # the longest key of BLAKE2b


def read_document(document: dict[str, Any], path: Path) -> Config:
    """Return what the document of the dataset.toml at `path` says.

    Raises:
        ConfigError: a key is unknown, of the wrong type or impossible.
    """
    return _Reader(path).read(document)


class _Reader:
    """Reads one document; every complaint names the file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, document: dict[str, Any]) -> Config:
        self.only_known(document, "")
        dataset, time = self.table(document, "dataset"), self.table(document, "time")
        self.only_known(dataset, "dataset")
        self.only_known(time, "time")
        check = self.table(document, "check")
        self.only_known(check, "check")
        splits = self.table(document, "splits")
        salt, pins = splits.pop("salt", ""), splits.pop("pin", {})
        group_by, lock = splits.pop("group_by", None), splits.pop("lock", False)
        ratios = self.splits(splits) if "splits" in document else ONE_SPLIT
        return Config(
            root=self.path.parent,
            repo_id=self.repo_id(dataset),
            segments=self.patterns(dataset),
            schema=self.file(dataset, "schema", "schema/segment.schema.json"),
            card=self.file(dataset, "card", "dataset_card.md"),
            recording=self.text(dataset, "dataset", "recording", "auto"),
            start=self.text(time, "time", "start", "Start"),
            end=self.text(time, "time", "end", "End"),
            columns=self.columns(self.table(document, "columns")),
            splits=ratios,
            salt=self.salt(salt),
            group_by=() if group_by is None else self.group_by(group_by),
            pins=self.pins(pins, {split.name for split in ratios}),
            lock=self.lock(lock),
            checks=self.checks(check),
            policy=self.policy(self.table(document, "release")),
            citation=self.table(document, "citation"),
            rai=self.table(document, "rai"),
        )

    def fail(self, key: str, message: str) -> ConfigError:
        return ConfigError(f"{self.path}: {key}: {message}")

    def only_known(self, table: dict[str, Any], name: str) -> None:
        for key in table:
            if key not in _KEYS[name]:
                where = f"{name}.{key}" if name else key
                raise self.fail(where, f"unknown key; allowed here: {', '.join(_KEYS[name])}")

    def table(self, document: dict[str, Any], name: str) -> dict[str, Any]:
        table = document.get(name, {})
        if not isinstance(table, dict):
            raise self.fail(name, f"must be a table ([{name}])")
        return dict(table)

    def text(self, table: dict[str, Any], name: str, key: str, default: str) -> str:
        value = table.get(key, default)
        if not isinstance(value, str) or not value:
            raise self.fail(f"{name}.{key}", f"must be a string that is not empty, not {_shown(value)}")
        return value

    def repo_id(self, table: dict[str, Any]) -> str:
        if "repo_id" not in table:
            raise self.fail(
                "dataset.repo_id", 'is missing; name where to publish, such as "my-name/my-dataset"'
            )
        value = self.text(table, "dataset", "repo_id", "")
        if not is_repository_name(value):
            raise self.fail(
                "dataset.repo_id",
                f'must be "namespace/name" of letters, digits, `-`, `_` and `.`, not {_shown(value)}; '
                "neither begins or ends with `-` or `.`, holds `--` or `..`, or has over 96 characters, and "
                "the name does not end in `.git`",
            )
        return value

    def patterns(self, table: dict[str, Any]) -> tuple[str, ...]:
        value = table.get("segments", list(PATTERNS))
        if not isinstance(value, list) or not value or not all(isinstance(entry, str) for entry in value):
            raise self.fail("dataset.segments", f"must be a list of patterns, not {_shown(value)}")
        return tuple(self.pattern(entry, "dataset.segments") for entry in value)

    def pattern(self, value: str, key: str) -> str:
        parts = value.split("/")
        if {".", "..", ""} & set(parts) or "\\" in value or not value.isprintable():
            raise self.fail(
                key,
                f"{_shown(value)} must be a relative path inside the project, with `/`, without `.` or `..`",
            )
        return value

    def file(self, table: dict[str, Any], key: str, default: str) -> Path | None:
        path = self.path.parent / self.text(table, "dataset", key, default)
        if path.is_file():
            return path
        if key in table:
            raise self.fail(
                f"dataset.{key}",
                f"there is no file {path}; leave the key out to use the one shipped with the tool",
            )
        return None

    def columns(self, table: dict[str, Any]) -> tuple[tuple[str, str], ...]:
        for name, choice in table.items():
            if choice not in _COLUMN_CHOICES:
                allowed = " or ".join(f'"{each}"' for each in _COLUMN_CHOICES)
                raise self.fail(f"columns.{name}", f"must be {allowed}, not {_shown(choice)}")
        return tuple(table.items())

    def splits(self, table: dict[str, Any]) -> tuple[SplitRatio, ...]:
        if not table:
            raise self.fail("splits", "names no split; leave the table out for one split, train")
        for name, value in table.items():
            if not _SPLIT_NAME.fullmatch(name) or len(name) > _LONGEST_SPLIT or name == "all":
                raise self.fail(
                    f"splits.{name}",
                    f"a split is named with at most {_LONGEST_SPLIT} letters, digits, `_` and single dots, "
                    "and not `all`, which the datasets library keeps for itself",
                )
            if not _is_ratio(value):
                raise self.fail(
                    f"splits.{name}",
                    f"must be a number greater than 0 and at most 1, of at most {_DIGITS} decimals, "
                    f"not {_shown(value)}",
                )
        ratios = tuple(SplitRatio(name, Decimal(value)) for name, value in table.items())
        total = sum(Fraction(split.ratio) for split in ratios)
        if total != 1:
            raise self.fail("splits", f"the ratios must sum to exactly 1; they sum to {float(total)}")
        return ratios

    def checks(self, table: dict[str, Any]) -> Checks:
        formats = table.get("formats", True)
        if not isinstance(formats, bool):
            raise self.fail("check.formats", f"must be true or false, not {_shown(formats)}")
        paths = table.get("path", [])
        if not isinstance(paths, list) or not all(isinstance(entry, dict) for entry in paths):
            raise self.fail("check.path", "must be an array of tables ([[check.path]])")
        return Checks(
            text=self.text(table, "check", "text", "Text"),
            speaker=self.text(table, "check", "speaker", "Speaker"),
            formats=formats,
            choices=self.choices(table, "check"),
            limits=self.limits(table),
            paths=tuple(self.checked_path(entry) for entry in paths),
        )

    def checked_path(self, table: dict[str, Any]) -> tuple[str, Choices]:
        self.only_known(table, "check.path")
        if "pattern" not in table:
            raise self.fail("check.path.pattern", 'is missing; say which files, such as "segments/old/**"')
        pattern = self.pattern(self.text(table, "check.path", "pattern", ""), "check.path.pattern")
        return pattern, self.choices(table, "check.path")

    def choices(self, table: dict[str, Any], name: str) -> Choices:
        severity = table.get("severity", {})
        if not isinstance(severity, dict):
            raise self.fail(f"{name}.severity", 'must be a table, such as { "text/whitespace" = "error" }')
        for rule, value in severity.items():
            if value not in _SEVERITIES:
                raise self.fail(
                    f"{name}.severity.{rule}", f"must be one of {', '.join(_SEVERITIES)}, not {_shown(value)}"
                )
        return Choices(
            self.rules(table, name, "select"),
            self.rules(table, name, "ignore"),
            tuple(severity.items()),
            self.text(table, name, "reason", "-") if "reason" in table else "",
        )

    def rules(self, table: dict[str, Any], name: str, key: str) -> tuple[str, ...]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            raise self.fail(f"{name}.{key}", f"must be a list of rules, not {_shown(value)}")
        if key in table and key == "select" and not value:
            raise self.fail(f"{name}.{key}", 'selects nothing; leave it out for all rules, or ignore = ["*"]')
        return tuple(value)

    def limits(self, table: dict[str, Any]) -> tuple[tuple[str, float], ...]:
        value = table.get("limits", {})
        if not isinstance(value, dict):
            raise self.fail("check.limits", "must be a table ([check.limits])")
        for key, number in value.items():
            if not _is_limit(number):
                raise self.fail(f"check.limits.{key}", f"must be a number from 0 on, not {_shown(number)}")
        return tuple((key, float(number)) for key, number in value.items())

    def policy(self, table: dict[str, Any]) -> str:
        self.only_known(table, "release")
        value = self.text(table, "release", "policy", POLICIES[0])
        if value not in POLICIES:
            allowed = " or ".join(f'"{each}"' for each in POLICIES)
            raise self.fail("release.policy", f"must be {allowed}, not {_shown(value)}")
        return value

    def salt(self, value: object) -> str:
        if not isinstance(value, str) or len(value.encode()) > _SALT_BYTES:
            raise self.fail("splits.salt", f"must be a string of at most {_SALT_BYTES} bytes")
        return value

    def group_by(self, value: object) -> tuple[str, ...]:
        keys = value if isinstance(value, list) else [value]
        if not keys or not all(isinstance(key, str) and key for key in keys) or len(set(keys)) < len(keys):
            raise self.fail(
                "splits.group_by", f"must be a property or a list of different ones, not {_shown(value)}"
            )
        return tuple(keys)

    def pins(self, value: object, splits: set[str]) -> tuple[tuple[str, str], ...]:
        if not isinstance(value, dict):
            raise self.fail("splits.pin", "must be a table ([splits.pin]) with a list of recordings a split")
        found: dict[str, str] = {}
        for split, patterns in value.items():
            key = f"splits.pin.{split}"
            if split not in splits:
                raise self.fail(key, f"there is no such split; allowed: {', '.join(sorted(splits))}")
            if not isinstance(patterns, list) or not all(isinstance(each, str) and each for each in patterns):
                raise self.fail(key, f"must be a list of recordings or patterns, not {_shown(patterns)}")
            for pattern in patterns:
                if found.setdefault(pattern, split) != split:
                    raise self.fail(key, f"{_shown(pattern)} is pinned to {found[pattern]} already")
        return tuple((split, pattern) for pattern, split in found.items())

    def lock(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise self.fail("splits.lock", f"must be true or false, not {_shown(value)}")
        return value


def _is_ratio(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return False
    number = Decimal(value)
    return number.is_finite() and 0 < number <= 1 and int(number.as_tuple().exponent) >= -_DIGITS


def _is_limit(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return False
    return Decimal(value).is_finite() and 0 <= value < 10**12


def _shown(value: object) -> str:
    return f"{str(value)!r}" if isinstance(value, str | Decimal) else repr(value)
