"""What dataset.toml says about a data set beside its data: whom to cite, and responsible use. Pure.

The table [citation] goes into CITATION.cff and croissant.json, the table [rai] into croissant.json, as the
properties of Croissant RAI 1.0. What nobody filled in is in neither.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from packager.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

_TOPICS: Final = (
    "data_collection data_collection_type data_collection_missing_data data_collection_raw_data "
    "data_collection_timeframe data_imputation_protocol data_manipulation_protocol "
    "data_preprocessing_protocol data_annotation_protocol data_annotation_platform data_annotation_analysis "
    "data_release_maintenance_plan personal_sensitive_information data_social_impact data_biases "
    "data_limitations data_use_cases annotations_per_item annotator_demographics machine_annotation_tools"
)
RAI: Final = {key: re.sub("_(.)", lambda match: match[1].upper(), key) for key in _TOPICS.split()}
"""The keys of [rai], and the property that each becomes."""

_CITATION: Final = ("authors", "doi", "title")
_AUTHOR: Final = ("name", "given", "family", "orcid", "affiliation")


@dataclass(frozen=True, slots=True)
class Author:
    """A person, with a family name, or an organisation."""

    name: str
    """In full, as it is cited."""
    given: str = ""
    family: str = ""
    """Empty: all is known by the name alone."""
    orcid: str = ""
    affiliation: str = ""


@dataclass(frozen=True, slots=True)
class About:
    """The tables [citation] and [rai]."""

    authors: tuple[Author, ...] = ()
    doi: str = ""
    title: str = ""
    """Empty: the card's `pretty_name`, or the name of the repository."""
    rai: tuple[tuple[str, str | tuple[str, ...]], ...] = ()
    """Properties without their prefix, in the order of `RAI`."""


def read_about(citation: Mapping[str, Any], rai: Mapping[str, Any], where: str) -> About:
    """Return what the two tables of the dataset.toml at `where` say.

    Raises:
        ConfigError: a key is unknown or of the wrong type.
    """
    _only_known(citation, _CITATION, f"{where}: citation")
    _only_known(rai, tuple(RAI), f"{where}: rai")
    authors = citation.get("authors", [])
    if not isinstance(authors, list):
        raise ConfigError(f"{where}: citation.authors: must be a list of names or of tables")
    return About(
        authors=tuple(_author(entry, f"{where}: citation.authors") for entry in authors),
        doi=_text(citation.get("doi", ""), f"{where}: citation.doi"),
        title=_text(citation.get("title", ""), f"{where}: citation.title"),
        rai=tuple((RAI[key], _texts(rai[key], f"{where}: rai.{key}")) for key in RAI if key in rai),
    )


def _only_known(table: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in known:
            raise ConfigError(f"{where}.{key}: unknown key; allowed here: {', '.join(known)}")


def _author(entry: object, where: str) -> Author:
    if isinstance(entry, str) and entry.strip():
        return Author(entry.strip())
    if not isinstance(entry, dict):
        raise ConfigError(f"{where}: an author is a name, or a table with {', '.join(_AUTHOR)}")
    _only_known(entry, _AUTHOR, where)
    parts = {key: _text(value, f"{where}.{key}") for key, value in entry.items()}
    name = parts.pop("name", "") or f"{parts.get('given', '')} {parts.get('family', '')}".strip()
    if not name:
        raise ConfigError(f"{where}: an author needs a name, or given and family")
    return Author(name, **parts)


def _texts(value: object, where: str) -> str | tuple[str, ...]:
    if isinstance(value, list):
        return tuple(_text(entry, where) for entry in value)
    return _text(value, where)


def _text(value: object, where: str) -> str:
    if isinstance(value, date):  # a date and time too
        return value.isoformat()
    if not isinstance(value, str):
        raise ConfigError(f"{where}: must be a string, not {value!r}")
    return value
