"""Find a project, read its dataset.toml, and give out the files that a project leaves to the tool."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packager.config.reader import read_document
from packager.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from packager.config.values import Config

FILE_NAME: Final = "dataset.toml"


def find_project(start: Path) -> Path | None:
    """Return the nearest folder, from `start` upwards, that holds a dataset.toml; None if there is none."""
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / FILE_NAME).is_file():
            return folder
    return None


def load_project(folder: Path | None) -> Config:
    """Return the project in `folder`, or for None in the nearest parent of the working directory.

    Raises:
        UsageError: there is no project.
        ConfigError: its dataset.toml is wrong.
    """
    if folder is None:
        found = find_project(Path.cwd())
        if found is None:
            raise UsageError(
                f"no {FILE_NAME} here or in a folder above: name a project with --project DIR, "
                "or make one with `packager init DIR`"
            )
        folder = found
    path = folder.resolve() / FILE_NAME
    if not path.is_file():
        raise UsageError(f"{folder} holds no {FILE_NAME}: make a project with `packager init {folder}`")
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not valid UTF-8 (byte {error.start})") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from error
    return parse_config(text, path)


def parse_config(text: str, path: Path) -> Config:
    """Return what a dataset.toml at `path` says.

    Raises:
        ConfigError: it is not TOML, or a key is unknown, of the wrong type or impossible.
    """
    try:
        import tomllib  # noqa: PLC0415 - bare files have no configuration

        document = tomllib.loads(text.removeprefix("\ufeff"), parse_float=Decimal)
    except (ValueError, RecursionError) as error:  # also an integer of thousands of digits
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    return read_document(document, path)


def shipped_file(name: str) -> bytes:
    """Return a file that is shipped with the tool: `segment.schema.json` or `dataset_card.md`.

    In a wheel it lies inside the package; in a checkout (or an editable install of one) at its top.
    """
    package = Path(__file__).resolve().parent.parent
    places = (
        package / "shipped" / name,
        package.parent / "schema" / name,
        package.parent / name,
    )
    for place in places:
        if place.is_file():
            return place.read_bytes()
    raise UsageError(f"{name} is missing from this installation of segment-packager: install it again")
