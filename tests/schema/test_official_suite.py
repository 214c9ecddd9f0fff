"""Hold the judge against the official JSON-Schema-Test-Suite: every verdict is the specification's.

Required tests run with `format` off, since they call it an annotation; so do the optional ones, but for those
of formats. No optional test differs; one that did would be named in `DIFFERENT`, with why.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from packager.reading.strict import parse_value, read_document
from packager.schema.library import Source, UnavailableError
from packager.schema.validate import DRAFTS, compile_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SERVER: Final = "http://localhost:1234/"
FOLDERS: Final = dict(
    zip(("draft4", "draft6", "draft7", "draft2019-09", "draft2020-12"), DRAFTS, strict=True)
)
COUNTS: Final = {
    "draft4": (618, 319),
    "draft6": (839, 431),
    "draft7": (927, 794),
    "draft2019-09": (1259, 915),
    "draft2020-12": (1299, 926),
}
"""How many tests are required and how many optional, in the suite of 2026-08-22."""
DIFFERENT: Final[dict[tuple[str, str], str]] = {}
"""(file, description) of optional tests whose verdict differs, and why."""


def serve(suite: Path) -> Callable[[str], Source]:
    """Return what reads the suite's remote schemas; nothing else is to be had."""

    def fetch(uri: str) -> Source:
        path = suite / "remotes" / uri.removeprefix(SERVER)
        if not uri.startswith(SERVER) or not path.is_file():
            raise UnavailableError(uri)
        return Source(uri, uri, path.read_bytes())

    return fetch


def read_groups(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the groups of tests of a draft with the name of their file, read by our own strict reader."""
    for path in sorted(folder.rglob("*.json")):
        parsed = parse_value(path.read_bytes())
        assert parsed.flaws == ()
        assert isinstance(parsed.value, list)
        for group in parsed.value:
            assert isinstance(group, dict)
            yield path.relative_to(folder).as_posix(), group


@pytest.mark.parametrize("name", FOLDERS)
def test_every_verdict_is_that_of_the_official_suite(name: str, shared: Path) -> None:
    suite = shared / "json-schema-test-suite"
    fetch = serve(suite)
    counts = {True: 0, False: 0}
    wrong = []
    for file, group in read_groups(suite / "tests" / name):
        data = json.dumps(group["schema"]).encode()
        source = Source(f"suite:///{file}", file, data)
        formats = file.startswith("optional/format")
        schema = compile_source(source, fetch, read_document, formats=formats, draft=FOLDERS[name])
        for test in group["tests"]:
            counts[file.startswith("optional/")] += 1
            verdict = schema.is_valid(test["data"])
            findings = list(schema.explain(test["data"]))
            told = f"{file}: {group['description']}: {test['description']}"
            if verdict is not test["valid"] and (file, test["description"]) not in DIFFERENT:
                wrong.append(told)
            assert bool(findings) is not verdict, told
            assert all(finding.message and len(finding.message) < 1200 for finding in findings), told
    assert wrong == []
    assert (counts[False], counts[True]) == COUNTS[name]
