"""Make Arrow arrays of values, and numpy's of these, without what imports pandas where that is installed.

`pa.array` and `np.asarray` do; it takes a tenth of a second of each process, and nothing here needs pandas.
"""

from __future__ import annotations

from array import array
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_WIDE: Final = {np.dtype(np.int64): pa.int64(), np.dtype(np.float64): pa.float64()}
_CODES: Final = {"int64": "q", "double": "d"}
_NONE: Final[dict[str, Any]] = {"string": "", "int64": 0, "double": 0.0, "bool": False}
"""By type: what stands in the place of a null."""


def wrap_numbers(values: NDArray[Any]) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Return 64-bit numbers, or truth values, as an array."""
    if values.dtype == np.bool_:
        bits = pa.py_buffer(np.packbits(values, bitorder="little"))
        return pa.Array.from_buffers(pa.bool_(), len(values), [None, bits])
    return pa.Array.from_buffers(_WIDE[values.dtype], len(values), [None, pa.py_buffer(values)])


def repeat_text(text: str, count: int) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Return an array of one text, so many times."""
    data = text.encode()
    ends = np.arange(count + 1, dtype=np.int32) * np.int32(len(data))
    return pa.StringArray.from_buffers(count, pa.py_buffer(ends), pa.py_buffer(data * count))


def make_nulls(count: int, type_: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Return an array of nulls; unlike `pa.nulls` also inside a struct."""
    return pa.array([None] * count, type_) if pa.types.is_struct(type_) else pa.nulls(count, type_)


def make_array(values: Sequence[Any], type_: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Return values, of which any may be None, as an array."""
    kind = str(type_)
    if kind not in _NONE:
        return pa.array(values, type_)
    count, held = len(values), None
    if None in values:
        held = pa.py_buffer(np.packbits([value is not None for value in values], bitorder="little"))
        values = [_NONE[kind] if value is None else value for value in values]
    if kind == "string":
        texts = [value.encode() for value in values]
        ends = array("i", accumulate(map(len, texts), initial=0))
        return pa.Array.from_buffers(type_, count, [held, pa.py_buffer(ends), pa.py_buffer(b"".join(texts))])
    if kind == "bool":
        data: Any = np.packbits(np.array(values, np.bool_), bitorder="little")
    else:
        data = array(_CODES[kind], values)
    return pa.Array.from_buffers(type_, count, [held, pa.py_buffer(data)])


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
