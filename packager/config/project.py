"""Find a project, and turn its dataset.toml into frozen values, complaining of what is wrong.

A new key is one line in `_KEYS` and one field of `Config`. What a project leaves to the tool comes from here.
"""

from __future__ import annotations

import os
import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from packager.config.bounds import FILE_NAME, Bounds, find_bounds, find_project
from packager.config.values import ONE_SPLIT, PATTERNS, POLICIES, Checks, Choices, Config
from packager.errors import ConfigError, UsageError
from packager.model import SplitRatio, is_repository_name

if TYPE_CHECKING:
    from collections.abc import Iterable

LOCK_NAME: Final = "splits.lock"
CARD_NAME: Final = "dataset_card.md"


def load_project(folder: Path | None, allow: Iterable[str | Path] = ()) -> Config:
    """Return the project in `folder`, or for None in the nearest parent of the working directory.

    Its files may also lie in the folders `allow`.

    Raises:
        UsageError: there is no project.
        ConfigError: its dataset.toml is wrong.
    """
    if folder is None:
        folder = find_project(Path.cwd())
    if folder is None:
        raise UsageError(
            f"no {FILE_NAME} here or in a folder above: name a project with --project DIR, "
            "or make one with `packager init DIR`"
        )
    path = folder.resolve() / FILE_NAME
    if not path.is_file():
        raise UsageError(f"{folder} holds no {FILE_NAME}: make a project with `packager init {folder}`")
    bounds = find_bounds(path.parent, allow)
    try:
        text = Path(bounds.follow(path, FILE_NAME)).read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not valid UTF-8 (byte {error.start})") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from error
    return parse_config(text, path, bounds)


def parse_config(text: str, path: Path, bounds: Bounds | None = None) -> Config:
    """Return what a dataset.toml at `path` says; its files must lie in the bounds, by default the project's.

    Raises:
        ConfigError: it is not TOML, or a key is unknown, of the wrong type or impossible.
    """
    try:
        import tomllib  # noqa: PLC0415 - bare files have no configuration

        document = tomllib.loads(text.removeprefix("\ufeff"), parse_float=Decimal)
    except (ValueError, RecursionError) as error:  # also an integer of thousands of digits
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    return _Reader(path, find_bounds(path.parent) if bounds is None else bounds).read(document)


def read_card(config: Config) -> bytes:
    """Return the source of a project's card."""
    if config.card is None:
        return shipped_file(CARD_NAME)
    return Path(config.bounds.follow(config.card, config.card_name)).read_bytes()


def shipped_file(name: str) -> bytes:
    """Return a file that is shipped with the tool: `segment.schema.json` or `dataset_card.md`.

    In a wheel it lies inside the package; in a checkout (or an editable install of one) at its top.
    """
    package = Path(__file__).resolve().parent.parent
    for place in (package / "shipped" / name, package.parent / "schema" / name, package.parent / name):
        if place.is_file():
            return place.read_bytes()
    raise UsageError(f"{name} is missing from this installation of segment-packager: install it again")


_KEYS: Final = {
    "": ("dataset", "time", "columns", "splits", "check", "release", "citation", "rai"),
    "dataset": ("repo_id", "segments", "schema", "card", "recording"),
    "time": ("start", "end"),
    "check": ("text", "speaker", "formats", "select", "ignore", "severity", "limits", "path", "reason"),
    "release": ("policy",),
    "check.path": ("pattern", "select", "ignore", "severity", "reason"),
}
_PROPERTIES: Final = ("start", "end", "text", "speaker")
"""Keys of `time` and `check` that name a property of the segment."""
_COLUMN_CHOICES: Final = ("timestamp", "class_label")
_SEVERITIES: Final = ("error", "warning", "note", "off")
_SPLIT_NAME: Final = re.compile(r"\w+(\.\w+)*", re.ASCII)  # what the datasets library takes for a split
_DIGITS: Final = 12  # decimals of a ratio
_LONGEST_SPLIT: Final = 64
_MOST_PATTERNS: Final = 1000
_SALT_BYTES: Final = 64  # the longest key of BLAKE2b


class _Reader:
    """Reads one document; every complaint names the file."""

    def __init__(self, path: Path, bounds: Bounds) -> None:
        self.path, self.bounds = path, bounds

    def read(self, document: dict[str, Any]) -> Config:
        self.only_known(document, "")
        dataset, time, check = (self.table(document, name) for name in ("dataset", "time", "check"))
        self.only_known(dataset, "dataset")
        self.only_known(time, "time")
        self.only_known(check, "check")
        splits = self.table(document, "splits")
        salt, pins = splits.pop("salt", ""), splits.pop("pin", {})
        group_by, lock = splits.pop("group_by", None), splits.pop("lock", False)
        if lock is True:
            self.bounds.follow(self.path.parent / LOCK_NAME, LOCK_NAME)
        ratios = self.splits(splits) if "splits" in document else ONE_SPLIT
        return Config(
            root=self.path.parent,
            repo_id=self.repo_id(dataset),
            segments=self.patterns(dataset),
            schema=self.file(dataset, "schema", "schema/segment.schema.json"),
            card=self.file(dataset, "card", CARD_NAME),
            recording=self.text(dataset, "dataset", "recording", "auto"),
            start=self.text(time, "time", "start", "Start"),
            end=self.text(time, "time", "end", "End"),
            given=tuple(
                f"{name}.{key}"
                for name, table in (("time", time), ("check", check))
                for key in table
                if key in _PROPERTIES
            ),
            columns=self.columns(self.table(document, "columns")),
            splits=ratios,
            salt=self.salt(salt),
            group_by=() if group_by is None else self.group_by(group_by),
            pins=self.pins(pins, {split.name for split in ratios}),
            lock=self.truth(lock, "splits.lock"),
            checks=self.checks(check),
            policy=self.policy(self.table(document, "release")),
            citation=self.table(document, "citation"),
            rai=self.table(document, "rai"),
            bounds=self.bounds,
        )

    def demand(self, met: object, key: str, message: str, value: object = None) -> None:
        """Complain of a key unless this is met; a message that ends with `not` shows the value."""
        if not met:
            shown = f" {_shown(value)}" if message.endswith(" not") else ""
            raise ConfigError(f"{self.path}: {key}: {message}{shown}")

    def only_known(self, table: dict[str, Any], name: str) -> None:
        for key in table:
            allowed = f"unknown key; allowed here: {', '.join(_KEYS[name])}"
            self.demand(key in _KEYS[name], f"{name}.{key}" if name else key, allowed)

    def table(self, document: dict[str, Any], name: str) -> dict[str, Any]:
        table = document.get(name, {})
        self.demand(isinstance(table, dict), name, f"must be a table ([{name}])")
        return dict(table)

    def text(self, table: dict[str, Any], name: str, key: str, default: str) -> str:
        value = table.get(key, default)
        sound = isinstance(value, str) and value
        self.demand(sound, f"{name}.{key}", "must be a string that is not empty, not", value)
        return str(value)

    def truth(self, value: Any, key: str) -> bool:  # noqa: ANN401 - as of TOML
        self.demand(isinstance(value, bool), key, "must be true or false, not", value)
        return bool(value)

    def repo_id(self, table: dict[str, Any]) -> str:
        key = "dataset.repo_id"
        missing = 'is missing; name where to publish, such as "my-name/my-dataset"'
        self.demand("repo_id" in table, key, missing)
        value = self.text(table, "dataset", "repo_id", "")
        self.demand(
            is_repository_name(value),
            key,
            f'must be "namespace/name" of letters, digits, `-`, `_` and `.`, not {_shown(value)}; '
            "neither begins or ends with `-` or `.`, holds `--` or `..`, or has over 96 characters, and "
            "the name does not end in `.git`",
        )
        return value

    def patterns(self, table: dict[str, Any]) -> tuple[str, ...]:
        value = table.get("segments", list(PATTERNS))
        sound = isinstance(value, list) and value and all(isinstance(entry, str) for entry in value)
        self.demand(sound, "dataset.segments", "must be a list of patterns, not", value)
        self.demand(
            len(value) <= _MOST_PATTERNS, "dataset.segments", f"holds over {_MOST_PATTERNS:,} patterns"
        )
        return tuple(self.pattern(entry, "dataset.segments") for entry in value)

    def pattern(self, value: str, key: str) -> str:
        inside = not {".", "..", ""} & set(value.split("/")) and "\\" not in value and value.isprintable()
        must = "must be a relative path inside the project, with `/`, without `.` or `..`"
        self.demand(inside, key, f"{_shown(value)} {must}")
        return value

    def file(self, table: dict[str, Any], key: str, default: str) -> Path | None:
        path = self.path.parent / (name := self.text(table, "dataset", key, default))
        if key not in table and not os.path.lexists(path):
            return None
        try:
            place = self.bounds.follow(path, name)
        except UsageError as error:
            raise ConfigError(f"{self.path}: dataset.{key}: {error}") from error
        absent = f"there is no file {path}; leave the key out to use the one shipped with the tool"
        self.demand(Path(place).is_file(), f"dataset.{key}", absent)
        return path

    def columns(self, table: dict[str, Any]) -> tuple[tuple[str, str], ...]:
        for name, choice in table.items():
            self.one_of(choice, _COLUMN_CHOICES, f"columns.{name}")
        return tuple(table.items())

    def one_of(self, value: object, choices: tuple[str, ...], key: str) -> None:
        allowed = " or ".join(f'"{each}"' for each in choices)
        self.demand(value in choices, key, f"must be {allowed}, not", value)

    def splits(self, table: dict[str, Any]) -> tuple[SplitRatio, ...]:
        self.demand(table, "splits", "names no split; leave the table out for one split, train")
        for name, value in table.items():
            self.demand(
                _SPLIT_NAME.fullmatch(name) and len(name) <= _LONGEST_SPLIT and name != "all",
                f"splits.{name}",
                f"a split is named with at most {_LONGEST_SPLIT} letters, digits, `_` and single dots, "
                "and not `all`, which the datasets library keeps for itself",
            )
            must = f"must be a number greater than 0 and at most 1, of at most {_DIGITS} decimals, not"
            self.demand(_is_ratio(value), f"splits.{name}", must, value)
        ratios = tuple(SplitRatio(name, Decimal(value)) for name, value in table.items())
        total = sum(Fraction(split.ratio) for split in ratios)
        told = f"the ratios must sum to exactly 1; they sum to {float(total)}"
        self.demand(total == 1, "splits", told)
        return ratios

    def checks(self, table: dict[str, Any]) -> Checks:
        paths = table.get("path", [])
        formats = self.truth(table.get("formats", True), "check.formats")
        sound = isinstance(paths, list) and all(isinstance(entry, dict) for entry in paths)
        self.demand(sound, "check.path", "must be an array of tables ([[check.path]])")
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
        key = "check.path.pattern"
        self.demand("pattern" in table, key, 'is missing; say which files, such as "segments/old/**"')
        pattern = self.pattern(self.text(table, "check.path", "pattern", ""), key)
        return pattern, self.choices(table, "check.path")

    def choices(self, table: dict[str, Any], name: str) -> Choices:
        severity = table.get("severity", {})
        must = 'must be a table, such as { "text/whitespace" = "error" }'
        self.demand(isinstance(severity, dict), f"{name}.severity", must)
        for rule, value in severity.items():
            must = f"must be one of {', '.join(_SEVERITIES)}, not"
            self.demand(value in _SEVERITIES, f"{name}.severity.{rule}", must, value)
        return Choices(
            self.rules(table, name, "select"),
            self.rules(table, name, "ignore"),
            tuple(severity.items()),
            self.text(table, name, "reason", "-") if "reason" in table else "",
        )

    def rules(self, table: dict[str, Any], name: str, key: str) -> tuple[str, ...]:
        value = table.get(key, [])
        sound = isinstance(value, list) and all(isinstance(entry, str) for entry in value)
        self.demand(sound, f"{name}.{key}", "must be a list of rules, not", value)
        nothing = 'selects nothing; leave it out for all rules, or ignore = ["*"]'
        self.demand(value or key not in table or key != "select", f"{name}.{key}", nothing)
        return tuple(value)

    def limits(self, table: dict[str, Any]) -> tuple[tuple[str, float], ...]:
        value = table.get("limits", {})
        self.demand(isinstance(value, dict), "check.limits", "must be a table ([check.limits])")
        for key, number in value.items():
            self.demand(_is_limit(number), f"check.limits.{key}", "must be a number from 0 on, not", number)
        return tuple((key, float(number)) for key, number in value.items())

    def policy(self, table: dict[str, Any]) -> str:
        self.only_known(table, "release")
        value = self.text(table, "release", "policy", POLICIES[0])
        self.one_of(value, POLICIES, "release.policy")
        return value

    def salt(self, value: Any) -> str:  # noqa: ANN401 - as of TOML
        short = isinstance(value, str) and len(value.encode()) <= _SALT_BYTES
        self.demand(short, "splits.salt", f"must be a string of at most {_SALT_BYTES} bytes")
        return str(value)

    def group_by(self, value: object) -> tuple[str, ...]:
        keys = value if isinstance(value, list) else [value]
        sound = keys and all(isinstance(key, str) and key for key in keys) and len(set(keys)) == len(keys)
        must = "must be a property or a list of different ones, not"
        self.demand(sound, "splits.group_by", must, value)
        return tuple(keys)

    def pins(self, value: Any, splits: set[str]) -> tuple[tuple[str, str], ...]:  # noqa: ANN401 - as of TOML
        must = "must be a table ([splits.pin]) with a list of recordings a split"
        self.demand(isinstance(value, dict), "splits.pin", must)
        found: dict[str, str] = {}
        for split, patterns in value.items():
            key = f"splits.pin.{split}"
            self.demand(split in splits, key, f"there is no such split; allowed: {', '.join(sorted(splits))}")
            sound = isinstance(patterns, list) and all(isinstance(each, str) and each for each in patterns)
            self.demand(sound, key, "must be a list of recordings or patterns, not", patterns)
            for pattern in patterns:
                first = found.setdefault(pattern, split)
                self.demand(first == split, key, f"{_shown(pattern)} is pinned to {first} already")
        return tuple((split, pattern) for pattern, split in found.items())


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
