"""Arrays that are made without pandas are those of pyarrow itself."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from packager.parquet.arrays import (
    make_texts,
    repeat_text,
    view_numbers,
    wrap_numbers,
)


@pytest.mark.parametrize("type_", [pa.int64(), pa.int32(), pa.float64(), pa.bool_()], ids=str)
@pytest.mark.parametrize("nulls", [False, True])
def test_a_view_of_any_slice_is_its_values(type_: pa.DataType, nulls: bool) -> None:  # noqa: FBT001
    chance = random.Random(5)
    whole = pa.array([chance.choice([0, 1] + [None] * nulls) for _ in range(50)]).cast(type_)
    for first in range(20):
        part = whole.slice(first, chance.randrange(30))
        wanted = [0 if value is None else value for value in part.to_pylist()]
        assert view_numbers(part).tolist() == wanted
        if not pa.types.is_boolean(type_):
            told = view_numbers(part, -1).tolist()
            assert told == [-1 if value is None else value for value in part.to_pylist()]


@pytest.mark.parametrize("values", [[], [1, -2, 3], [0.5, -0.0], [True, False, True] * 5])
def test_numbers_are_wrapped_as_they_are(values: list[Any]) -> None:
    assert wrap_numbers(np.array(values)).to_pylist() == values


@pytest.mark.parametrize("text", ["", "ep001", "é"])
def test_a_text_is_repeated(text: str) -> None:
    assert repeat_text(text, 3).to_pylist() == [text] * 3
    assert repeat_text(text, 0).to_pylist() == []


@pytest.mark.parametrize(
    "texts", [[], [""], ["", ""], ["\0"], ["a\0b"], ["", "\0", None], ["é", "", "😀"], [None], ["ab", "c"]]
)
def test_texts_of_any_characters_are_an_array(texts: list[str | None]) -> None:
    made = make_texts(texts)
    made.validate(full=True)
    assert made.equals(pa.array(texts, pa.string()))
