"""One column and one table while they are counted, batch by batch; a profile at the end."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np

from ...records import ColumnKind, ColumnProfile, Profile, TimeSummary, ValueCounts
from ..columns.base import Column
from ..fingerprint import display_names
from .numbers import NumberState
from .personal import LOOKED_AT, kind_of_data, masked
from .reading import Part, columns_of, part_of, rows_of
from .texts import TextState
from .times import TimeState
from .values import ValueState

_CELLS_WORTH_THREADS: Final = 1_000_000
_CATEGORY_LEVELS: Final = 1_000

Sketch = tuple[int, tuple[int, ...]]


class ColumnState:
    """What is known of one column. ``like`` gives the grids to count at."""

    def __init__(self, name: str, position: int, like: ColumnProfile | None = None) -> None:
        self.name, self.position = name, position
        self._like = like
        self._total: Part | None = None
        self._numbers: NumberState | None = None
        self._values: ValueState | None = None
        self._texts: TextState | None = None
        self._times: TimeState | None = None
        self._reason: str | None = None
        self._n_empty = 0

    def add(self, read: Callable[[], Column], n_rows: int) -> None:
        """Count a batch; a column that cannot be read keeps its rows and says why."""
        try:
            part = part_of(read())
            self._count(part)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 one awkward column costs no other its row
            self._reason = f"not profiled: {error}"
            part = Part("other", "unknown", n_rows)
        self._note(part)

    def _note(self, part: Part) -> None:
        self._reason = self._reason or part.reason
        if self._total is None:
            self._total = replace(part, numbers=None, texts=None)
            return
        total = self._total
        total.n_rows += part.n_rows
        total.n_missing += part.n_missing
        total.n_positive_infinite += part.n_positive_infinite
        total.n_negative_infinite += part.n_negative_infinite
        if total.kind == "empty" or total.n_rows == part.n_rows:  # no value or no row before
            total.kind, total.type = part.kind, part.type
        elif part.kind == total.kind == "category":
            total.type = common_category(total.type, part.type)

    def _count(self, part: Part) -> None:
        if part.numbers is not None:
            self._count_numbers(part)
        if part.texts is not None:
            self._count_texts(part)

    def _count_numbers(self, part: Part) -> None:
        if self._numbers is None:
            like = self._like.numbers if self._like else None
            self._numbers = NumberState(np.array(like.grid) if like else None, scale=part.scale)
            self._times = TimeState(part.type) if part.kind == "time" else None
        values = part.numbers
        assert values is not None
        in_order = bool((values[1:] >= values[:-1]).all())
        ordered = values if in_order else np.sort(values)
        if self._times is not None:
            self._times.add(values, ordered, part.scale, in_order=in_order)
        self._numbers.add(ordered)

    def _count_texts(self, part: Part) -> None:
        if self._values is None:
            self._values = ValueState()
            like = self._like.text if self._like else None
            if part.kind != "other":
                self._texts = TextState(np.array(like.length.grid) if like else None)
        self._values.add(part.texts, part.times)
        if self._texts is not None and len(part.texts):
            self._texts.add(part.texts, part.times)
        self._n_empty += _empty_texts(part) if part.kind in ("text", "category") else 0

    def result(self) -> tuple[ColumnProfile, Sketch | None]:
        """Return the column's profile, and its sketch of distinct values where one is needed."""
        total = self._total or Part("empty", "null", 0)
        numbers = self._numbers.distribution() if self._numbers else None
        values, distinct = self._value_counts()
        found = ColumnProfile(
            name=self.name,
            position=self.position,
            type=total.type,
            kind=total.kind,
            n_rows=total.n_rows,
            n_missing=total.n_missing,
            n_empty=self._n_empty,
            n_positive_infinite=total.n_positive_infinite,
            n_negative_infinite=total.n_negative_infinite,
            numbers=numbers,
            values=values,
            text=self._texts.summary() if self._texts else None,
            time=self._time_summary(),
            reason=self._reason,
        )
        found = replace(found, kind=settled_kind(found))
        found = masked(replace(found, personal=kind_of_data(found, self._some_values())))
        needs = distinct is not None and len(distinct) and not tells_all_values(found)
        return found, (self.position, tuple(map(int, distinct))) if needs and distinct is not None else None

    def _time_summary(self) -> TimeSummary | None:
        found = self._times.summary() if self._times else None
        gap = self._numbers.widest_gap() if self._numbers else None
        return replace(found, widest_gap_s=gap) if found is not None and gap is not None else found

    def _some_values(self) -> list[str]:
        """Return some distinct values, to see whether they are personal."""
        if self._values is not None and self._values.values is not None:
            texts = self._values.values
            return texts[:: max(1, len(texts) // LOOKED_AT)].to_pylist() if len(texts) else []
        numbers = self._numbers.values if self._numbers else None
        if numbers is None or numbers.dtype.kind not in "iu":
            return []
        return [str(value) for value in numbers[:: max(1, len(numbers) // LOOKED_AT)].tolist()]

    def _value_counts(self) -> tuple[ValueCounts | None, Any]:
        if self._values is not None:
            return self._values.value_counts(), self._values.distinct.smallest
        if self._numbers is None:
            return None, None
        total = self._total or Part("empty", "null", 0)
        counts = self._numbers.value_counts(as_text=writer(total.kind, total.type, self._numbers.scale))
        return counts, self._numbers.distinct.smallest


def common_category(a: str, b: str) -> str:
    """Return the type of categories whose declared levels differ from part to part.

    Examples
    --------
    >>> common_category("category[string, 2 levels 0a]", "category[string, 3 levels 1b]")
    'category[string]'
    """
    return a if a == b else f"{a.partition(',')[0]}]"


def settled_kind(found: ColumnProfile) -> ColumnKind:
    """Return the kind that the counts show: text of few values is a category, no value at all is empty.

    Text counts as a category where it has at most 1,000 different values, all known, and each stands twice on
    average.
    """
    if found.n_rows == found.n_missing and not (found.reason or "").startswith("not profiled"):
        return "empty"
    if found.kind not in ("text", "category") or not found.type.startswith("string") or not found.values:
        return found.kind
    values = found.values
    n = found.n_rows - found.n_missing
    few = values.n_distinct <= min(_CATEGORY_LEVELS, max(2, n / 2)) and not values.n_other
    return "category" if few else "text"


def tells_all_values(found: ColumnProfile) -> bool:
    """Tell whether the profile itself holds every value, so that no sketch is needed to merge."""
    if found.numbers is not None:
        return found.numbers.is_complete and found.kind != "nested"
    values = found.values
    if values is None or found.personal or values.n_other:
        return values is None
    return not any(text.endswith("…") for text, _ in values.top)


def writer(kind: ColumnKind, type_: str, scale: float) -> Callable[[Any], str]:
    """Return the function that writes a value of a column as text."""
    if kind == "boolean":
        return lambda value: str(bool(value))
    if kind == "time":
        is_date = type_ == "date" or type_.startswith("period[")
        return lambda value: _time_text(float(value) * scale, is_date=is_date)
    if kind == "span":
        return lambda value: _span_text(float(value) * scale)
    if type_ == "float32":
        return lambda value: _number_text(str(np.float32(value)))
    return lambda value: _number_text(str(value.item() if hasattr(value, "item") else value))


def _number_text(text: str) -> str:
    return text.removesuffix(".0")


def _time_text(seconds: float, *, is_date: bool) -> str:
    try:
        when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    except OverflowError:
        return f"{seconds:g} s since 1970"
    return when.date().isoformat() if is_date else when.isoformat().replace("+00:00", "Z")


def _span_text(seconds: float) -> str:
    try:
        return str(timedelta(seconds=seconds))
    except OverflowError:
        return f"{seconds:g} s"


def _empty_texts(part: Part) -> int:
    import pyarrow.compute as pc

    place = pc.index(part.texts, "").as_py()
    return int(part.times[place]) if place >= 0 else 0


class TableState:
    """A table that comes in batches, while it is counted."""

    def __init__(self) -> None:
        self.columns: list[ColumnState] = []
        self.n_rows = 0

    def add(self, obj: Any) -> None:
        """Count a batch: a frame of any library."""
        readers = columns_of(obj)
        n_rows = rows_of(obj)
        if not self.columns:
            names = display_names([name for name, _ in readers])
            self.columns = [ColumnState(name, place) for place, name in enumerate(names)]
        work = [(state, read) for state, (_, read) in zip(self.columns, readers, strict=True)]
        _each(lambda one: one[0].add(one[1], n_rows), work, n_rows)
        self.n_rows += n_rows

    def profile(self) -> Profile:
        """Return the profile of all batches."""
        return _together(_each(ColumnState.result, self.columns, self.n_rows), self.n_rows)


def profile_of_pieces(pieces: Sequence[Any], like: Profile | None = None) -> Profile:
    """Return the profile of a table in memory, given in pieces of neighbouring rows.

    Column after column, so that what is known of all values of a column is held for a few at a time.
    """
    known: Mapping[str, ColumnProfile] = {c.name: c for c in like.columns} if like else {}
    lengths = [rows_of(piece) for piece in pieces]
    readers = [columns_of(piece) for piece in pieces]
    names = display_names([name for name, _ in readers[0]])

    def count(place: int) -> tuple[ColumnProfile, Sketch | None]:
        state = ColumnState(names[place], place, known.get(names[place]))
        for columns, length in zip(readers, lengths, strict=True):
            state.add(columns[place][1], length)
        return state.result()

    return _together(_each(count, range(len(names)), sum(lengths)), sum(lengths))


def _together(found: list[tuple[ColumnProfile, Sketch | None]], n_rows: int) -> Profile:
    sketches = tuple(sketch for _, sketch in found if sketch)
    return Profile(n_rows, tuple(column for column, _ in found), distinct_sketch=sketches)


def _each(work: Callable[[Any], Any], items: Sequence[Any], n_rows: int) -> list[Any]:
    """Do the work per column, on several cores where there is enough of it: sorting lets go of the lock."""
    cores = min(os.cpu_count() or 1, 8, len(items))
    if cores < 2 or n_rows * len(items) < _CELLS_WORTH_THREADS:
        return [work(item) for item in items]
    with ThreadPoolExecutor(cores) as pool:
        return list(pool.map(work, items))
