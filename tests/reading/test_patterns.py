from __future__ import annotations

import pytest

from packager.errors import ConfigError
from packager.reading import compile_pattern


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("s/*a*b*.json", ["s/ab.json", "s/xaxbx.json", "s/aab.JSON.gz"], ["s/ba.json", "s/a.json"]),
        ("s/*.x*.json", ["s/a.x.json", "s/a.xx.x.json"], ["s/.x.json", "s/ax.json"]),
        ("s/*aXa*.json", ["s/aXa.json", "s/aaXaa.json", "s/aXaXa.json"], ["s/aX.json", "s/axa.json"]),
        ("s/*ab?b*.json", ["s/ababb.json", "s/abab.json"], ["s/ab.json"]),
        ("s/**/t/**/*.json", ["s/t/a.json", "s/x/t/t/y/a.json"], ["s/a.json", "s/.x/t/a.json", "t/a.json"]),
        ("s/**/**/a.json", ["s/a.json", "s/x/y/a.json"], ["s/.x/a.json", "s//a.json"]),
        ("**/a/b/**/c.json", ["a/b/c.json", "a/a/b/c.json", "a/b/a/b/x/c.json"], ["a/x/b/c.json"]),
        ("s/**", ["s/a", "s/x/y"], ["s/.a", "s/x/.y", "s"]),
        ("s/**.json", ["s/a.json", "s/x/y.json"], ["s/.json", "s/x"]),
        ("s/[!a]*.json", ["s/b.json"], ["s/a.json", "s/.json"]),
        ("s/[*]a.json", ["s/*a.json"], ["s/xa.json"]),
        ("s/a\n*.json", ["s/a\nb.json"], ["s/ab.json"]),
    ],
)
def test_a_pattern_matches_these_and_not_those(pattern: str, yes: list[str], no: list[str]) -> None:
    matches = compile_pattern(pattern)
    assert [path for path in yes if not matches(path)] == []
    assert [path for path in no if matches(path)] == []


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("segments/" + "*a" * 60 + "*b.json", "segments/" + "a" * 250 + ".json"),
        ("segments/" + "*?" * 60 + "*b.json", "segments/" + "a" * 250 + ".json"),
        ("segments/" + "*[ab]" * 60 + "b.json", "segments/" + "a" * 250 + ".json"),
        ("/".join(["**", "*"] * 60) + "/b.json", "a/" * 250 + "a.json"),
        ("/".join(["**", "*a*a*a*"] * 60) + "/b.json", "aaaaaaaaaaaaaaaaaaaaaaaa/" * 250 + "a.json"),
        ("**/" * 1000 + "b.json", "a/" * 1000 + "a.json"),
    ],
)
def test_no_pattern_tries_all_ways_to_match(pattern: str, path: str) -> None:
    """A pattern that did would not come back in the life of a person."""
    assert not compile_pattern(pattern)(path)


@pytest.mark.parametrize("pattern", ["[" * 5000, "*a" * 100_000, "*/" * 100_000 + "x.json"])
def test_a_pattern_longer_than_any_path_is_none(pattern: str) -> None:
    with pytest.raises(ConfigError, match="is no pattern: it has over 4,096 characters"):
        compile_pattern(pattern)
