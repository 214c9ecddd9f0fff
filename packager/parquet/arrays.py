"""Make Arrow arrays of values, and numpy's of these, without what imports pandas where that is installed.

`pa.array` and `np.asarray` do; it takes a tenth of a second of each process, and nothing here needs pandas.
"""

from __future__ import annotations

from itertools import repeat
from operator import is_not
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

ARROW_VERSION: Final = str(pa.__version__)

_WIDE: Final = {np.dtype(np.int64): pa.int64(), np.dtype(np.float64): pa.float64()}
_MOST: Final = 2**31 - 1  # what 32 bits say


def wrap_numbers(values: NDArray[Any], held: NDArray[np.bool_] | None = None) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Return 64-bit numbers, or truth values, as an array; by `held` with nulls."""
    if values.dtype == np.bool_:
        return pa.Array.from_buffers(pa.bool_(), len(values), [_bits(held), _bits(values)])
    return pa.Array.from_buffers(_WIDE[values.dtype], len(values), [_bits(held), pa.py_buffer(values)])


def make_texts(values: Sequence[str | None]) -> Any:  # noqa: ANN401 - as above
    """Return texts, of which any may be None, as an array."""
    texts: Any = values
    held = None
    try:
        text = "".join(texts)
    except TypeError:  # None is no text
        texts, held = hold_all(values, "")
        text = "".join(texts)
    data = text.encode()
    if len(data) > len(text):
        texts = list(map(str.encode, texts))
    return split_texts(data, np.fromiter(map(len, texts), np.int64, len(texts)), held)


def split_texts(data: bytes, lengths: NDArray[np.int64], held: NDArray[np.bool_] | None = None) -> Any:  # noqa: ANN401
    """Return an array of texts that stand one after the other in `data`; `held` as above."""
    return pa.Array.from_buffers(pa.string(), len(lengths), [_bits(held), _ends(lengths), pa.py_buffer(data)])


def wrap_lists(items: Any, lengths: NDArray[np.int64], held: NDArray[np.bool_] | None) -> Any:  # noqa: ANN401
    """Return lists of these lengths, which hold the items one after the other."""
    return pa.Array.from_buffers(
        pa.list_(items.type), len(lengths), [_bits(held), _ends(lengths)], children=[items]
    )


def wrap_structs(fields: Mapping[str, Any], count: int, held: NDArray[np.bool_] | None) -> Any:  # noqa: ANN401
    """Return structs of these fields."""
    type_ = pa.struct([pa.field(name, values.type) for name, values in fields.items()])
    return pa.Array.from_buffers(type_, count, [_bits(held)], children=list(fields.values()))


def hold_all(values: Sequence[Any], filler: Any) -> tuple[Sequence[Any], NDArray[np.bool_] | None]:  # noqa: ANN401
    """Return values with `filler` in the place of None, and which were held; None if all were."""
    if type(None) not in set(map(type, values)):
        return values, None
    held = np.fromiter(map(is_not, values, repeat(None)), np.bool_, len(values))
    return [filler if value is None else value for value in values], held


def _bits(truths: NDArray[np.bool_] | None) -> Any:  # noqa: ANN401
    return None if truths is None else pa.py_buffer(np.packbits(truths, bitorder="little"))


def _ends(lengths: NDArray[np.int64]) -> Any:  # noqa: ANN401
    ends = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=ends[1:])
    if ends[-1] > _MOST:
        raise OverflowError("a block of rows is beyond 2 GiB")
    return pa.py_buffer(ends.astype(np.int32))


def repeat_text(text: str, count: int) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Return an array of one text, so many times."""
    data = text.encode()
    ends = np.arange(count + 1, dtype=np.int32) * np.int32(len(data))
    return pa.StringArray.from_buffers(count, pa.py_buffer(ends), pa.py_buffer(data * count))


def view_numbers(numbers: Any, none: float = 0) -> NDArray[Any]:  # noqa: ANN401 - pyarrow has no types
    """Return an array of numbers or truth values as one of numpy's, with `none` in the place of nulls."""
    count, first = len(numbers), numbers.offset
    held, data = numbers.buffers()
    if pa.types.is_boolean(numbers.type):
        values: NDArray[Any] = _unpack(data, first, count)
    else:
        dtype = np.dtype(str(numbers.type).replace("double", "float64"))
        values = np.frombuffer(data, dtype, count, first * dtype.itemsize)
    return (
        np.where(_unpack(held, first, count), values, values.dtype.type(none))
        if numbers.null_count
        else values
    )


def _unpack(bits: Any, first: int, count: int) -> NDArray[np.bool_]:  # noqa: ANN401 - as above
    return np.unpackbits(np.frombuffer(bits, np.uint8), count=first + count, bitorder="little")[first:].view(
        np.bool_
    )
