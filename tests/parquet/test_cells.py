"""Strings that are cut out of RFC 8785 forms are those of the segments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.canonical import canonical_json
from packager.parquet.cells import cut_texts

if TYPE_CHECKING:
    from packager.model import JsonObject

NAMES = ["Text", "End", "a"]
TEXTS = st.text(st.sampled_from('ab:,{}[]é“😀\x7f"\\\n')) | st.text(st.sampled_from("ab:,{}[]é“😀\x7f"))
SAME = st.fixed_dictionaries(dict.fromkeys(NAMES, TEXTS))
OTHER = st.dictionaries(st.sampled_from([*NAMES, "En", "Tex", "b"]), TEXTS | st.none() | st.lists(TEXTS))


def join(segments: list[JsonObject]) -> bytes:
    return b",".join(map(canonical_json, segments))


@given(st.lists(SAME, min_size=1))
def test_what_is_cut_out_is_what_the_segments_say(segments: list[JsonObject]) -> None:
    forms = join(segments)
    cut = cut_texts(forms, len(segments), NAMES)
    assert (cut is None) == (b"\\" in forms)
    if cut is not None:
        assert {name: array.to_pylist() for name, array in cut.items()} == {
            name: [segment[name] for segment in segments] for name in NAMES
        }
        assert all(array.validate(full=True) is None for array in cut.values())


@given(st.lists(SAME | OTHER, min_size=1))
def test_segments_with_other_properties_are_not_cut(segments: list[JsonObject]) -> None:
    alike = all(
        segment.keys() == set(NAMES) and all(isinstance(value, str) for value in segment.values())
        for segment in segments
    )
    assert alike or cut_texts(join(segments), len(segments), NAMES) is None


@pytest.mark.parametrize(
    "segments",
    [
        [{"a": "x"}, {"a": "x", "b": "y", "c": "z"}],  # as many strings as two segments have
        [{"a": "x", "b": ["y"]}, {"a": "x", "b": "y"}],
        [{"a": "x", "b": {"c": "y"}}, {"a": "x"}],
        [{"a": "x", "c": "y"}],
        [{"a": "x", "b": 1, "c": "y"}],
    ],
)
def test_what_looks_alike_is_not_cut(segments: list[JsonObject]) -> None:
    assert cut_texts(join(segments), len(segments), ["a", "b"]) is None
