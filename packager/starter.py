"""Write a dataset project that is ready to fill: `packager init`.

Promises that no file is overwritten: if one stands in the way, nothing is written; only an editor's settings
that are there already stay, and the rest is written. What is written checks, builds and rehearses as it is;
every value in dataset.toml is the default.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from packager.errors import EnvironmentFailure, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_REPOSITORY: Final = "podcast-turns"
_LONGEST: Final = 96 - len("me/")
"""The Hub counts the namespace too."""

_DATASET_TOML: Final = """\
# A dataset project. Every key but repo_id may be left out; shown are the defaults.

[dataset]
# Where it is published, as "namespace/name". `me` is a placeholder: rehearse with it, and put your own
# account or organization in its place before you publish.
repo_id = "me/{repository}"
# Which files hold the segments: .json (one object or an array of objects), .jsonl or .ndjson (one object a
# line); each also as .gz or .zst.
segments = ["segments/**/*.json", "segments/**/*.jsonl", "segments/**/*.ndjson"]
# What a segment is: a JSON Schema with any properties.
schema = "schema/segment.schema.json"
# What the dataset card says: its front matter and Markdown are yours, the marked parts are generated.
card = "dataset_card.md"
# What names the recording of a segment, which is never divided between splits:
#   "auto"    a .jsonl file or an array is a recording; single objects belong to that of their folder
#   "file"    every file is a recording
#   "folder"  every folder is a recording
#   or the name of a property of the segment
recording = "auto"

[time]
# Which properties hold the times: "HH:MM:SS", with or without a fraction, or a number of seconds.
start = "Start"
end = "End"

# Columns that are more than text: properties that are date-times, or enums of strings.
# [columns]
# Recorded = "timestamp"
# Speaker = "class_label"

# Without this table every rule that `packager rules` lists is judged. The lines are examples, not defaults:
# [check]
# ignore = ["text/non-speech", "loop/*"]               # rules and families that are not judged
# severity = {{ "text/whitespace" = "error" }}           # or "warning", "note", "off"
# limits = {{ longest_seconds = 600 }}                   # thresholds; `packager rules ID` names them
# reason = "The recordings are of one speaker."         # why, for the readers of the card
# text = "Words"                                       # the property of what is said; likewise speaker
# path = [{{ pattern = "segments/raw/**", ignore = ["*"] }}]   # what else holds for some files

[splits]
# The share of the recordings for each split, in this order; the shares sum to 1. A recording is placed by a
# hash of its name alone, so new recordings never move old ones. Without this table all is in train.
train = 0.9
validation = 0.05
test = 0.05
# Another salt deals all recordings anew: decide on it before the first release.
# salt = ""
# What has the same value of a property, or of a list of them, stays together in one split.
# group_by = "Show"
# Record the placements in splits.lock, and stop when a change would move one.
# lock = true
# Recordings, or patterns of them, that are in a split whatever their hash.
# pin = {{ test = ["ep1", "interviews/*"] }}

# How a version follows from what differs; docs/releases.md compares the two. Default: "tfds".
# [release]
# policy = "datapackage"

# Whom to cite, in CITATION.cff and croissant.json. An author is a name, or a table.
# [citation]
# authors = ["The Example Archive", {{ given = "Ada", family = "Byron", orcid = "https://orcid.org/…" }}]
# doi = "10.1000/182"
# title = "The turns of a podcast"                     # default: pretty_name of the card

# What croissant.json says about responsible use; docs/card-lint.md has all keys.
# [rai]
# data_collection = "Recorded live, transcribed by volunteers."
# data_biases = ["Two hosts speak most of the time."]
# personal_sensitive_information = ["Names of guests."]
"""

_GITIGNORE: Final = """\
/build/
/.build.packager/
/.packager/
"""

_EDITOR_SETTINGS: Final = ".vscode/settings.json"
_EDITOR: Final = """\
{
  "json.schemas": [
    {
      "fileMatch": ["/segments/**/*.json"],
      "url": "./schema/segment.schema.json"
    }
  ]
}
"""


def write_starter(folder: Path, *, schema: bytes, card: bytes) -> tuple[str, ...]:
    """Write a dataset project with this schema and card template; return the relative paths of its files.

    Raises:
        UsageError: files stand in the way; the message names them all, and nothing was written.
        EnvironmentFailure: the disk refuses.
    """
    config = _DATASET_TOML.format(repository=_repository_name(folder.resolve().name))
    files = {
        "dataset.toml": config.encode(),
        "schema/segment.schema.json": schema,
        "dataset_card.md": card,
        "segments/.gitkeep": b"",
        ".gitignore": _GITIGNORE.encode(),
        _EDITOR_SETTINGS: _EDITOR.encode(),
    }
    try:
        if any(_in_the_way(folder, {_EDITOR_SETTINGS: b""})):
            del files[_EDITOR_SETTINGS]
        in_the_way = sorted(set(_in_the_way(folder, files)))
        if not in_the_way:
            for name, content in files.items():
                _write_new(folder / name, content)
    except OSError as error:
        raise EnvironmentFailure(
            f"{error.filename or folder} cannot be written ({error.strerror}); the project is not complete"
        ) from error
    if in_the_way:
        raise UsageError(
            f"{folder} cannot become a dataset project: {', '.join(in_the_way)} would be overwritten; "
            "move what is there, or name a new folder"
        )
    return tuple(files)


def _repository_name(folder: str) -> str:
    """Return a folder's name as the Hub allows it for a repository.

    >>> _repository_name("Tischgespräche (2024)")
    'Tischgesprache-2024'
    """
    ascii_only = unicodedata.normalize("NFKD", folder).encode("ascii", "ignore").decode()
    words = re.sub(r"[^A-Za-z0-9._]+", "-", ascii_only)
    name = re.sub(r"[.-]{2,}", "-", words)[:_LONGEST].strip("-._")
    return re.sub(r"(\.git)+$", "", name) or _REPOSITORY


def _in_the_way(folder: Path, names: dict[str, bytes]) -> Iterator[str]:
    """Yield what stands where a file, or a folder for one, must be; a dangling link counts too."""
    if _is_no_folder(folder):
        yield str(folder)
        return
    for name in names:
        path = folder / name
        if path.exists() or path.is_symlink():
            yield name
        elif _is_no_folder(path.parent):
            yield path.parent.relative_to(folder).as_posix()


def _is_no_folder(path: Path) -> bool:
    return (path.exists() or path.is_symlink()) and not path.is_dir()


def _write_new(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:  # fails rather than overwrite what came meanwhile
        file.write(content)
