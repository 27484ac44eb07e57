"""Columns as they come in Arrow batches, turned into what people see: texts, numbers, ISO dates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from geo.errors import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

# A column of this name would hide the shapes.
GEOMETRY = "geometry"


def once_each(names: Iterable[str], *, taken: Iterable[str] = ()) -> tuple[str, ...]:
    """Return names each once: a repeated one gets " (2)", the next " (3)"."""
    seen: set[str] = set(taken)
    result = []
    for name in names:
        unique, n = name, 2
        while unique in seen:
            unique, n = f"{name} ({n})", n + 1
        seen.add(unique)
        result.append(unique)
    return tuple(result)


def is_plain(kind: pa.DataType) -> bool:
    """Whether values of an Arrow type are single ones that people read: no bytes, no lists."""
    kind = _storage(kind)
    return not (pa.types.is_nested(kind) or _is_bytes(kind) or pa.types.is_null(kind))


def values_of(column: pa.Array) -> pd.Series:
    """
    Return a column's values: texts as str or None, dates and times as ISO texts, numbers as they are.

    Whole numbers and truth values with gaps come in pandas' nullable types, so that 1 stays 1.
    """
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return _whole_or_truth(column)
    if pa.types.is_decimal(kind) or pa.types.is_floating(kind):
        return pd.Series(column.cast(pa.float64()).to_numpy(zero_copy_only=False))
    if pa.types.is_timestamp(kind):
        column = column.cast(pa.timestamp("us", tz=kind.tz), safe=False)
    if pa.types.is_time(kind) or pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return _texts(None if value is None else value.isoformat() for value in column.to_pylist())
    return _texts(None if value is None else str(value) for value in column.to_pylist())


def tidy_times(texts: pd.Series) -> pd.Series:
    """Return ISO times without the fractions of a second that are none."""
    return _texts(
        None if text is None else text.replace("T24:", "T00:").removesuffix(".000") for text in texts
    )


def shapes_of(blobs: NDArray[np.object_], *, layer: str, first_row: int) -> tuple[NDArray[Any], list[Reason]]:
    """
    Return shapes from WKB, and notes on those that were mended or had to be left out.

    Parameters
    ----------
    blobs
        WKB or None; no curves.
    layer, first_row
        Where they are from, for the notes.

    Notes
    -----
    A ring that does not end where it began is closed; what is no shape at all becomes None.
    """
    shapes = shapely.from_wkb(blobs, on_invalid="ignore")
    present = np.array([blob is not None for blob in blobs], dtype=bool)
    failed = present & shapely.is_missing(shapes)
    if not failed.any():
        return shapes, []
    shapes[failed] = shapely.from_wkb(blobs[failed], on_invalid="fix")
    lost = failed & shapely.is_missing(shapes)
    notes = []
    if (failed & ~lost).any():
        notes.append(Reason("rings_closed", _where(failed & ~lost, layer, first_row)))
    if lost.any():
        notes.append(Reason("shape_unreadable", _where(lost, layer, first_row)))
    return shapes, notes


def _where(marked: NDArray[np.bool_], layer: str, first_row: int) -> dict[str, object]:
    return {"layer": layer, "count": int(marked.sum()), "row": first_row + int(marked.argmax())}


def _storage(kind: pa.DataType) -> pa.DataType:
    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _is_bytes(kind: pa.DataType) -> bool:
    return any(
        check(kind)
        for check in (
            pa.types.is_binary,
            pa.types.is_large_binary,
            pa.types.is_binary_view,
            pa.types.is_fixed_size_binary,
        )
    )


def _whole_or_truth(column: pa.Array) -> pd.Series:
    if not column.null_count:
        return pd.Series(column.to_numpy(zero_copy_only=False))
    if pa.types.is_boolean(column.type):
        return pd.Series(column.to_pylist(), dtype="boolean")
    return pd.Series(column.cast(pa.int64(), safe=False).to_pylist(), dtype="Int64")


def _texts(values: Iterable[str | None]) -> pd.Series:
    # pandas would turn None into NaN: an object column keeps it.
    return pd.Series(np.array([*values, None], dtype=object)[:-1], dtype=object)
