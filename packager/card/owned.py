"""The keys of the front matter that are the tool's own, as YAML. Pure."""

from __future__ import annotations

import re
from io import StringIO
from typing import TYPE_CHECKING, Final

from ruamel.yaml import YAML
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.resolver import VersionedResolver
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from packager.built import version_text

if TYPE_CHECKING:
    from packager.built import Version
    from packager.card.facts import CardFacts

_CONFIG: Final = re.compile(r" *- config_name: default\r?\n")
_VERSION: Final = re.compile(r" *version: [0-9.]+\r?\n")


def owned_keys(facts: CardFacts) -> dict[str, object]:
    """Return our keys of the front matter. A split without recordings has no files, so it is not in them."""
    splits = [split for split in facts.splits if split.recordings]
    data_files = [
        {"split": split.name, "path": f"data/{split.name}-*-of-{split.shards:05d}.parquet"}
        for split in splits
    ]
    sizes = [
        {"name": split.name, "num_bytes": split.num_bytes, "num_examples": split.rows} for split in splits
    ]
    info = {
        "features": facts.features,
        "splits": sizes,
        "download_size": sum(split.file_bytes for split in splits),
        "dataset_size": sum(split.num_bytes for split in splits),
    }
    owned: dict[str, object] = {"size_categories": [size_category(sum(split.rows for split in splits))]}
    if splits:  # the Hub takes a config without files for invalid
        owned["configs"] = [{"config_name": "default", "data_files": data_files}]
    return owned | {"dataset_info": info}


def size_category(rows: int) -> str:
    """Return the Hub's name for so many rows.

    >>> size_category(1000)
    '1K<n<10K'
    """
    steps = ("1K", "10K", "100K", "1M", "10M", "100M", "1B", "10B", "100B", "1T")
    if rows < 1000:
        return "n<1K"
    power = len(str(rows)) - 4
    return f"{steps[power]}<n<{steps[power + 1]}" if power + 1 < len(steps) else "n>1T"


def set_version(owned: tuple[str, ...], version: Version | None) -> tuple[str, ...]:
    """Return the lines of our keys with this version in `configs`, or none.

    It is what `load_dataset` gives back as `info.version`.
    """
    lines = list(owned)
    place = next((index for index, line in enumerate(lines) if _CONFIG.fullmatch(line)), None)
    if place is not None:
        if _VERSION.fullmatch(lines[place + 1]):
            del lines[place + 1]
        if version is not None:
            named = f"  version: {version_text(version)}"
            lines.insert(place + 1, lines[place].replace("- config_name: default", named))
    return tuple(lines)


def dump_yaml(value: dict[str, object], indent: int, newline: str) -> str:
    """Return keys as lines of YAML; its strings mean strings to every reader."""
    yaml = YAML(typ="rt", pure=True)
    yaml.width = 2**31  # no line is wrapped
    text = StringIO()
    yaml.dump(_quoted(value), text)
    return "".join(f"{' ' * indent}{line}{newline}" for line in text.getvalue().split("\n")[:-1])


def _quoted(value: object) -> object:
    """Return a copy whose strings mean strings to every reader of YAML, and that shares nothing."""
    match value:
        case dict():
            return {_quoted(key): _quoted(entry) for key, entry in value.items()}
        case list() | tuple():
            return [_quoted(entry) for entry in value]
        case str() if not _is_plainly_text(value):
            return DoubleQuotedScalarString(value)
    return value


def _is_plainly_text(text: str) -> bool:
    kind = VersionedResolver(version=(1, 1)).resolve(ScalarNode, text, (True, False))
    return bool(re.fullmatch(r"\w[\w./*<>-]*", text, re.ASCII)) and str(kind) == "tag:yaml.org,2002:str"
