"""From a frame of any library to what a profile counts: per column numbers, texts, or a stated reason.

One column that cannot be read costs its own row a reason, never the others theirs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import UnsupportedError
from ...records import ColumnKind
from ..columns import is_a, library_of, table_of
from ..columns.arrow import ArrowColumn, list_parts, numbers
from ..columns.base import Column
from ..columns.category import CategoryColumn
from ..columns.numbers import NumberColumn
from ..columns.numpy_columns import TensorColumn
from ..columns.objects import ObjectColumn, is_missing
from ..columns.scipy_columns import SparseColumn
from .grids import Counts

WINDOW_ROWS: Final = 1 << 22
"""Rows of a frame in memory that are counted at once."""

LOOKED_AT: Final = 10_000
"""Values of nested and mixed types that are looked at one by one."""

_SECONDS = {"D": 86_400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}


@dataclass(slots=True)
class Part:
    """Some rows of one column. ``numbers`` are finite and present, in ``scale`` seconds (or ones) each.

    ``texts`` are distinct texts with how often each stands; ``order`` says whether the numbers came
    ascending.
    """

    kind: ColumnKind
    type: str
    n_rows: int
    n_missing: int = 0
    n_positive_infinite: int = 0
    n_negative_infinite: int = 0
    numbers: NDArray[Any] | None = None
    scale: float = 1.0
    texts: Any = None
    times: Counts = field(default_factory=lambda: np.zeros(0, np.int64))
    reason: str | None = None

    def of_rows(self, n_rows: int, n_missing: int) -> Part:
        """Return the part with the rows it was taken from, of which some are missing besides."""
        self.n_missing += n_missing
        self.n_rows = n_rows
        return self


Reader = Callable[[], Column]


def columns_of(obj: Any) -> list[tuple[Any, Reader]]:
    """Return name and reader of every column of a frame, series, array or matrix.

    Raises
    ------
    UnsupportedError
        When the object is not data.
    """
    library = library_of(obj)
    if library is None:
        kind = f"{type(obj).__module__}.{type(obj).__qualname__}"
        raise UnsupportedError(
            f"{kind} is not a table or array; a profile is made of a pandas, polars, Arrow, numpy or "
            "scipy.sparse object, or of a file by profile_file"
        )
    if is_a(obj, {"pandas": ("DataFrame",)}):
        return [(name, _pandas_reader(obj, place, name)) for place, name in enumerate(list(obj.columns))]
    if is_a(obj, {"polars": ("DataFrame",)}):
        return [(series.name, _named(series, series.name)) for series in obj.get_columns()]
    if is_a(obj, {"pyarrow": ("Table", "RecordBatch")}):
        names = obj.schema.names
        return [(name, _named(obj.column(place), name)) for place, name in enumerate(names)]
    try:
        table = table_of(obj)
    except UnsupportedError as error:
        return [(getattr(obj, "name", None), _raiser(error))]
    return [(column.name, _giver(column)) for column in table.columns] if table else []


def slices(obj: Any) -> Iterator[Any]:
    """Yield the object in pieces of at most 4,194,304 rows; one that is smaller as it is."""
    n_rows = rows_of(obj)
    if n_rows <= WINDOW_ROWS:
        yield obj
        return
    for start in range(0, n_rows, WINDOW_ROWS):
        yield rows_between(obj, start, min(start + WINDOW_ROWS, n_rows))


def rows_of(obj: Any) -> int:
    """Return the number of rows."""
    shape = getattr(obj, "shape", None)
    if shape is not None:
        return int(shape[0]) if len(shape) else 1
    return int(obj.num_rows) if hasattr(obj, "num_rows") else len(obj)


def rows_between(obj: Any, start: int, stop: int) -> Any:
    """Return some neighbouring rows, as an object of the same library."""
    if is_a(obj, {"pyarrow": ("Table", "RecordBatch", "Array", "ChunkedArray")}):
        return obj.slice(start, stop - start)
    return obj.iloc[start:stop] if hasattr(obj, "iloc") else obj[start:stop]


def _pandas_reader(frame: Any, place: int, name: Any) -> Reader:
    from ..columns.pandas_columns import values_column

    return lambda: values_column(name, frame.iloc[:, place].array)


def _named(values: Any, name: Any) -> Reader:
    def read() -> Column:
        table = table_of(values)
        assert table is not None
        column = table.columns[0]
        column.name = name
        return column

    return read


def _giver(column: Column) -> Reader:
    return lambda: column


def _raiser(error: Exception) -> Reader:
    def read() -> Column:
        raise error

    return read


class RowSample:
    """Evenly spaced rows of a table that comes in batches: 20,000 to 40,000 of them, or all."""

    def __init__(self, most: int = 20_000) -> None:
        self._most = most
        self._step = 1
        self._seen = self._kept = 0
        self._parts: list[Any] = []

    def add(self, batch: Any) -> None:
        """See a batch, an Arrow or polars table."""
        import pyarrow as pa

        table = batch.to_arrow() if hasattr(batch, "to_arrow") else batch
        table = pa.Table.from_batches([table]) if isinstance(table, pa.RecordBatch) else table
        places = np.arange(-self._seen % self._step, table.num_rows, self._step)
        self._seen += table.num_rows
        self._parts.append(table.take(places))
        self._kept += len(places)
        while self._kept > 2 * self._most:
            self._step *= 2
            whole = self.table()
            self._parts = [whole.take(np.arange(0, whole.num_rows, 2))]
            self._kept = self._parts[0].num_rows

    def table(self) -> Any:
        """Return the rows."""
        import pyarrow as pa

        return pa.concat_tables(self._parts)


def part_of(column: Column) -> Part:
    """Return what a profile counts of a column."""
    for kind, read in _READERS:
        if isinstance(column, kind):
            return read(column)
    raise UnsupportedError(f"not profiled: type {column.type}")


def _of_numbers(column: NumberColumn) -> Part:
    return number_part(column.values, None, column.type)


def number_part(values: NDArray[Any], present: NDArray[np.bool_] | None, type_: str) -> Part:
    """Return the part of numbers, times or booleans, of which some may be missing."""
    n_rows, kind, scale = len(values), values.dtype.kind, 1.0
    part = Part("number", type_, n_rows)
    if kind in "mM":
        unit, count = np.datetime_data(values.dtype)
        counts = (
            np.ascontiguousarray(values).astype(values.dtype.newbyteorder("="), copy=False).view(np.int64)
        )
        is_time = counts != np.iinfo(np.int64).min
        present = is_time if present is None else present & is_time
        values, scale = _in_seconds(counts, unit, count)
    if kind == "c":
        part.reason = "complex numbers: what is counted is their absolute value"
        values = np.abs(values)
    if present is not None and not present.all():
        values = values[present]
    if values.dtype.kind == "f":
        values = _finite(values, part)
    if type_ == "bool":
        values = values.astype(np.uint8)
    part.n_missing = n_rows - len(values) - part.n_positive_infinite - part.n_negative_infinite
    part.kind, part.numbers, part.scale = _number_kind(type_), values, scale
    return part


def _number_kind(type_: str) -> ColumnKind:
    word = type_.partition("[")[0]
    found: dict[str, ColumnKind] = {
        "bool": "boolean",
        "datetime": "time",
        "date": "time",
        "duration": "span",
        "time": "span",
        "period": "time",
        "complex64": "other",
        "complex128": "other",
    }
    return found.get(word, "number")


def _in_seconds(counts: NDArray[np.int64], unit: str, count: int) -> tuple[NDArray[Any], float]:
    if unit in _SECONDS:
        return counts, _SECONDS[unit] * count
    if unit in ("Y", "M"):
        months = (counts * count * (12 if unit == "Y" else 1)).view("M8[M]")
        return months.astype("M8[s]").view(np.int64), 1.0
    return counts, {"W": 604_800.0, "ps": 1e-12, "fs": 1e-15, "as": 1e-18}.get(unit, 1.0) * count


def _finite(values: NDArray[Any], part: Part) -> NDArray[Any]:
    finite = np.isfinite(values)
    if finite.all():
        return values
    part.n_positive_infinite = int(np.count_nonzero(values == np.inf))
    part.n_negative_infinite = int(np.count_nonzero(values == -np.inf))
    kept: NDArray[Any] = values[finite]
    return kept


def _of_arrow(column: ArrowColumn) -> Part:
    import pyarrow as pa

    parts = [_plain(part) for part in column.parts]
    array = parts[0] if len(parts) == 1 else pa.concat_arrays(parts) if parts else pa.nulls(0)
    return arrow_part(array, column.type)


def _plain(array: Any) -> Any:
    """Return an array of a type that is counted, of the same values."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as t

    kind = array.type
    if t.is_run_end_encoded(kind):
        return _plain(pc.run_end_decode(array))
    if t.is_dictionary(kind):
        return _plain(array.dictionary_decode())
    if t.is_string(kind) or t.is_string_view(kind):
        return array.cast(pa.large_string())
    if hasattr(array, "storage") and getattr(kind, "extension_name", "") != "pandas.interval":
        return _plain(array.storage)
    return array


def arrow_part(array: Any, type_: str) -> Part:
    """Return the part of an Arrow array."""
    import pyarrow.compute as pc
    import pyarrow.types as t

    kind, missing = array.type, array.null_count
    if t.is_null(kind):
        return Part("empty", type_, len(array), len(array))
    if type_.startswith("period["):
        return _periods(array, type_)
    if t.is_large_string(kind):
        return text_part(array, type_)
    if t.is_decimal(kind):
        return number_part(array.drop_null().cast("float64").to_numpy(), None, type_).of_rows(
            len(array), missing
        )
    if t.is_boolean(kind) or t.is_integer(kind) or t.is_floating(kind) or t.is_temporal(kind):
        return _primitive(array, type_)
    if t.is_binary(kind) or t.is_large_binary(kind) or t.is_fixed_size_binary(kind) or t.is_binary_view(kind):
        lengths = pc.binary_length(array.cast("large_binary")).drop_null().to_numpy()
        return _lengths(lengths, type_, len(array), missing, "the numbers are sizes in bytes")
    if type_.startswith(("list", "map")):
        lengths = list_parts(array)[0][np.asarray(array.is_valid())]
        return _lengths(lengths, type_, len(array), missing, "the numbers are how many items each value has")
    return looked_at(array, type_)


def _primitive(array: Any, type_: str) -> Part:
    import pyarrow.types as t

    if t.is_interval(array.type):
        return looked_at(array, type_)
    values, present = numbers(array)
    part = number_part(values, present, type_)
    part.scale = _arrow_scale(array.type)
    return part


def _arrow_scale(kind: Any) -> float:
    import pyarrow.types as t

    if t.is_date(kind):
        return 86_400.0
    if t.is_time(kind):
        return 1e-9
    if t.is_timestamp(kind) or t.is_duration(kind):
        return _SECONDS["ms" if kind.unit == "s" else kind.unit]
    return 1.0


def _periods(array: Any, type_: str) -> Part:
    unit = type_[7:-1].partition("-")[0]
    known = {"M": "M", "Y": "Y", "A": "Y", "D": "D", "h": "h", "H": "h", "min": "m", "s": "s", "W": "W"}
    counts = array.drop_null().cast("int64").to_numpy()
    missing = array.null_count
    if unit == "Q":
        times = (counts * 3).view("M8[M]")
    elif unit in known:
        times = counts.view(f"M8[{known[unit]}]")
    else:
        return looked_at(array, type_)
    return number_part(times, None, type_).of_rows(len(array), missing)


def _lengths(lengths: NDArray[Any], type_: str, n_rows: int, missing: int, reason: str) -> Part:
    part = number_part(lengths.astype(np.int64), None, "int64")
    part.kind, part.type, part.reason = "nested", type_, reason
    return part.of_rows(n_rows, missing)


def text_part(array: Any, type_: str, kind: ColumnKind = "text") -> Part:
    """Return the part of an Arrow array of large strings."""
    found = array.drop_null().value_counts()
    texts, times = found.field("values"), found.field("counts").to_numpy().copy()
    return Part(kind, type_, len(array), array.null_count, texts=texts, times=times)


def _of_category(column: CategoryColumn) -> Part:
    import pyarrow as pa

    levels = _level_texts(column.levels)
    codes = np.asarray(column.codes)
    counts = np.bincount(codes[codes >= 0], minlength=len(levels)).astype(np.int64)
    used = np.flatnonzero(counts)
    texts = pa.array([levels[place] for place in used.tolist()], pa.large_string())
    # Levels that differ may read the same, as 1 and "1" do.
    coded = texts.dictionary_encode()
    times = np.bincount(coded.indices.to_numpy(), weights=counts[used], minlength=len(coded.dictionary))
    missing = int((codes < 0).sum())
    return Part(
        "category", column.type, len(codes), missing, texts=coded.dictionary, times=times.astype(np.int64)
    )


def _level_texts(levels: Column) -> list[str]:
    if isinstance(levels, NumberColumn):
        return [clean(value) for value in levels.values.astype(levels.values.dtype.newbyteorder("="))]
    if isinstance(levels, ArrowColumn):
        return [clean(value) for part in levels.parts for value in part.to_pylist()]
    assert isinstance(levels, ObjectColumn)
    return [clean(value) for value in levels.values]


def _of_objects(column: ObjectColumn) -> Part:
    import pyarrow as pa

    values = column.values
    missing = np.fromiter((is_missing(value) for value in values), np.bool_, len(values))
    present = [value for value, gone in zip(values, missing.tolist(), strict=True) if not gone]
    kinds = Counter(type(value).__name__ for value in present)
    n_missing = int(missing.sum())
    if present and all(isinstance(v, (int, float, np.number, Decimal)) and not _odd(v) for v in present):
        return number_part(_floats(present), None, column.type).of_rows(len(values), n_missing)
    if set(kinds) <= {"str", "str_"} and present:
        return text_part(pa.array([clean(v) for v in present], pa.large_string()), column.type).of_rows(
            len(values), n_missing
        )
    texts = pa.array(list(kinds), pa.large_string())
    times = np.array(list(kinds.values()), np.int64)
    reason = "Python objects: what is counted is their types"
    return Part("other", column.type, len(values), n_missing, texts=texts, times=times, reason=reason)


def _odd(value: Any) -> bool:
    return isinstance(value, (bool, np.bool_, complex, np.complexfloating, np.timedelta64))


def _floats(values: Sequence[Any]) -> NDArray[np.float64]:
    def one(value: Any) -> float:
        try:
            return float(value)
        except OverflowError:
            return float("inf") if value > 0 else float("-inf")

    return np.fromiter(map(one, values), np.float64, len(values))


def _of_tensor(column: TensorColumn) -> Part:
    part = number_part(column.values.reshape(-1), None, column.type)
    part.kind, part.n_rows, part.n_missing = "nested", column.length, 0
    part.reason = "the numbers are all entries of the array"
    return part


def _of_sparse(column: SparseColumn) -> Part:
    part = number_part(column.values, None, column.type)
    part.kind, part.n_rows, part.n_missing = "nested", column.length, 0
    part.reason = "a sparse matrix: the numbers are its stored entries, without the zeros"
    return part


def looked_at(array: Any, type_: str) -> Part:
    """Return the part of nested values by how they read; of many, evenly spaced ones are looked at."""
    import pyarrow as pa

    present = array.drop_null()
    some = present
    if len(present) > LOOKED_AT:
        some = present.take(pa.array(np.linspace(0, len(present) - 1, LOOKED_AT).astype(np.int64)))
    texts = pa.array([clean(value) for value in some.to_pylist()], pa.large_string())
    part = text_part(texts, type_, "nested")
    part.reason = "nested values: what is counted is how they read"
    if some is not present:
        part.reason += f", of {LOOKED_AT:,} values a batch"
    return part.of_rows(len(array), array.null_count)


def clean(value: Any) -> str:
    """Return a value as text that every store holds, whatever its ``str`` does."""
    try:
        text = str(value)
    except Exception as error:  # noqa: BLE001 a value of the user's may raise anything
        text = f"<{type(value).__name__} without text: {type(error).__name__}>"
    return text.encode("utf-8", "replace").decode("utf-8") if not text.isascii() else text


_READERS: tuple[tuple[type[Column], Callable[[Any], Part]], ...] = (
    (NumberColumn, _of_numbers),
    (ArrowColumn, _of_arrow),
    (CategoryColumn, _of_category),
    (ObjectColumn, _of_objects),
    (TensorColumn, _of_tensor),
    (SparseColumn, _of_sparse),
)
