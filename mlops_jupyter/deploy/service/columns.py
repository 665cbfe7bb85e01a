"""One column of what was sent: read into what the model was fitted on, or told what does not fit.

Values are JSON's (numbers, texts, true, false, null), texts alone (CSV), or an array (Arrow). Whole columns
are looked at at once; only where something is odd are the values gone through one by one, to name the row.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from .refusals import MOST_NAMED, Problem, shown

NOT_FINITE: Final = {
    **dict.fromkeys(("nan", "NaN", "NAN"), math.nan),
    **dict.fromkeys(("inf", "+inf", "Infinity", "+Infinity", "Inf", "+Inf", "INF"), math.inf),
    **dict.fromkeys(("-inf", "-Infinity", "-Inf", "-INF"), -math.inf),
}
"""Numbers that JSON has no form for, as they are sent and answered."""

_MISSING_TEXTS: Final = frozenset({"", "NA", "N/A", "null", "None"})
_TRUTHS: Final = {
    **dict.fromkeys(("true", "True", "TRUE", "1"), True),
    **dict.fromkeys(("false", "False", "FALSE", "0"), False),
}
_NAMED_VALUES = 5


class Report:
    """What was noticed while rows were read: what does not fit, and what the model has not seen before."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.n_problems = 0
        self.warnings: list[str] = []

    def refuse(self, column: str, expected: str, found: str, row: int | None = None) -> None:
        """Note that something does not fit; the first 20 are kept, the others counted."""
        self.n_problems += 1
        if self.n_problems <= MOST_NAMED:
            self.problems.append(Problem(column, expected, found, row))


class Column:
    """A column that takes any single value; the other kinds make it stricter."""

    expected = "a single value"

    def __init__(self, field: Mapping[str, Any]) -> None:
        self.name: str = field["name"]
        self.dtype: str = field.get("dtype", "")
        self.is_nullable: bool = bool(field.get("is_nullable", False))
        self.categories: tuple[str, ...] = tuple(field.get("categories") or ())
        self.low, self.high = field.get("low"), field.get("high")
        self.allows_infinite = False
        self._seen: frozenset[Any] = frozenset(self.categories)

    def read(self, values: Any, report: Report, *, is_text: bool = False) -> Any:
        """Return the values as what the model was fitted on; what does not fit is noted in the report."""
        if isinstance(values, np.ndarray):
            values = values.tolist()
        if is_text:
            values = [self.from_text(value) for value in values]
        return self.convert(values, report)

    def from_text(self, text: str) -> Any:
        """Return what a text in a CSV file means; what it cannot mean stays a text."""
        if text in _MISSING_TEXTS:
            return None
        try:
            return float(text)
        except ValueError:
            return text

    def convert(self, values: Sequence[Any], report: Report) -> Any:
        """Return values of JSON as a column."""
        for row, value in enumerate(values):
            if isinstance(value, (list, dict)):
                report.refuse(self.name, self.expected, shown(value), row)
        return pd.Series(values, dtype=None if values else object)

    def unseen(self, values: Any) -> str:
        """Return a sentence on values that the model has not seen; empty where there are none."""
        if not self._seen:
            return ""
        new = sorted(str(value) for value in set(values) - self._seen - {None})
        return f"column {self.name!r} holds {_listed(new)}, never seen before" if new else ""

    def outside(self, values: Any) -> str:  # noqa: ARG002 - only numbers have a range
        """Return a sentence on numbers outside the range that the model has seen."""
        return ""

    def _refuse_nulls(self, values: Iterable[Any], report: Report) -> None:
        if not self.is_nullable:
            for row, value in enumerate(values):
                if value is None:
                    report.refuse(self.name, self.expected, "null", row)


class Number(Column):
    """A column of numbers, whole or not."""

    def __init__(self, field: Mapping[str, Any]) -> None:
        super().__init__(field)
        self.kind = np.dtype(self.dtype)
        self.is_whole = self.kind.kind in "iu"
        self.expected = "a whole number" if self.is_whole else "a number"
        self._seen = frozenset()

    def read(self, values: Any, report: Report, *, is_text: bool = False) -> Any:
        """Return the values as an array of the column's type."""
        if isinstance(values, np.ndarray) and values.dtype.kind in "iuf":
            return self._checked(values, report)
        return super().read(values, report, is_text=is_text)

    def from_text(self, text: str) -> Any:
        """Return the number that a text is."""
        if text in _MISSING_TEXTS:
            return None
        try:
            return int(text) if self.is_whole else float(text)
        except ValueError:
            return _float_or(text)

    def convert(self, values: Sequence[Any], report: Report) -> Any:
        """Return values of JSON as an array."""
        kinds = set(map(type, values))
        if self.is_whole and kinds == {int}:
            try:
                return np.array(values, dtype=self.kind)
            except OverflowError:
                return self._too_large(values, report)
        if not kinds <= {int, float}:
            values = [self._number(row, value, report) for row, value in enumerate(values)]
        try:
            return self._checked(np.array(values, dtype=np.float64), report)
        except OverflowError:
            return self._too_large(values, report)

    def _number(self, row: int, value: Any, report: Report) -> float | int:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return value
        if value is None:
            return math.nan
        if isinstance(value, str) and value in NOT_FINITE:
            return NOT_FINITE[value]
        report.refuse(self.name, self.expected, shown(value), row)
        return 0

    def _checked(self, array: Any, report: Report) -> Any:
        """Return an array of numbers as the column's type, where each of them is one."""
        if array.dtype.kind == "f" and not (is_finite := np.isfinite(array)).all():
            is_missing = np.isnan(array)
            if not self.is_nullable:
                self._refuse_rows(is_missing, array, report, "null")
            if not self.allows_infinite:
                self._refuse_rows(~is_finite & ~is_missing, array, report)
            if self.is_whole:
                self._refuse_rows(is_finite & (array != np.floor(array)), array, report)
                return array.astype(np.float64)
        elif self.is_whole and array.dtype != self.kind:
            return self._whole(array, report)
        return self._narrowed(array, report) if array.dtype != self.kind else array

    def _whole(self, array: Any, report: Report) -> Any:
        if array.dtype.kind == "f":
            self._refuse_rows(array != np.floor(array), array, report)
        limits = np.iinfo(self.kind)
        is_outside = (array < float(limits.min)) | (array >= float(limits.max) + 1)
        self._refuse_rows(is_outside, array, report)
        return np.where(is_outside, 0, array).astype(self.kind)

    def _narrowed(self, array: Any, report: Report) -> Any:
        with np.errstate(over="ignore"):
            narrowed = array.astype(self.kind)
        if narrowed.dtype.itemsize < array.dtype.itemsize:
            self._refuse_rows(np.isinf(narrowed) & np.isfinite(array), array, report)
        return narrowed

    def _too_large(self, values: Sequence[Any], report: Report) -> Any:
        """Name the numbers that the column's type cannot hold."""
        for row, value in enumerate(values):
            try:
                np.array(value, dtype=self.kind)
            except OverflowError:
                report.refuse(self.name, f"{self.expected} that {self.kind} can hold", shown(value), row)
        return np.zeros(len(values), self.kind)

    def _refuse_rows(self, where: Any, array: Any, report: Report, found: str = "") -> None:
        for row in np.flatnonzero(where).tolist():
            report.refuse(self.name, self.expected, found or shown(array[row].item()), row)

    def outside(self, values: Any) -> str:
        """Return a sentence on numbers outside the range that the model has seen."""
        if self.low is None or self.high is None or not len(values):
            return ""
        low, high = values.min(), values.max()
        if low != low:
            if np.isnan(values).all():
                return ""
            low, high = np.nanmin(values), np.nanmax(values)
        if low >= self.low and high <= self.high:
            return ""
        seen = f"the model saw {self.low:g} to {self.high:g}"
        return f"column {self.name!r} goes from {low:g} to {high:g}, and {seen}"


class Truth(Column):
    """A column of true and false."""

    expected = "true or false"

    def from_text(self, text: str) -> Any:
        """Return the truth that a text is."""
        return None if text in _MISSING_TEXTS else _TRUTHS.get(text, text)

    def convert(self, values: Sequence[Any], report: Report) -> Any:
        """Return values of JSON as an array of truths; of objects, where some are missing."""
        kinds = set(map(type, values))
        if kinds == {bool}:
            return np.array(values, dtype=bool)
        self._refuse_nulls(values, report)
        for row, value in enumerate(values):
            if value is not None and not isinstance(value, bool):
                report.refuse(self.name, self.expected, shown(value), row)
        return pd.Series(values, dtype=object).infer_objects()


class Text(Column):
    """A column of texts: free ones, or of few kinds."""

    expected = "a text"

    def from_text(self, text: str) -> Any:
        """Return a text; an empty one is missing, where the column may miss some."""
        return None if not text and self.is_nullable else text

    def convert(self, values: Sequence[Any], report: Report) -> Any:
        """Return texts as pandas holds them."""
        if set(map(type, values)) != {str}:
            self._refuse_nulls(values, report)
            for row, value in enumerate(values):
                if value is not None and not isinstance(value, str):
                    report.refuse(self.name, self.expected, shown(value), row)
        return pd.Series(values, dtype=None if values else object)


class Level(Column):
    """A column of declared categories: in their order, on which some libraries rest."""

    def __init__(self, field: Mapping[str, Any]) -> None:
        super().__init__(field)
        inner = self.dtype.partition("[")[2].partition(",")[0].rstrip("0123456789")
        makers: dict[str, Callable[[str], Any]] = {
            "int": int,
            "uint": int,
            "float": float,
            "bool": _TRUTHS.__getitem__,
        }
        self._make = makers.get(inner, str)
        self._named = {text: self._make(text) for text in self.categories}
        self._levels = {level: text for text, level in self._named.items()}
        self._type = pd.CategoricalDtype(list(self._levels), ordered="ordered" in self.dtype)
        words = {"int": "a whole number", "uint": "a whole number", "float": "a number"}
        self.expected = words.get(inner, "true or false" if inner == "bool" else "a text")

    def from_text(self, text: str) -> Any:
        """Return the level that a text names."""
        if not text and self.is_nullable:
            return None
        if text in self._named:
            return self._named[text]
        try:
            return self._make(text)
        except (ValueError, KeyError):
            return text

    def convert(self, values: Sequence[Any], report: Report) -> Any:
        """Return levels; those that are unknown are missing to the model, which :meth:`unseen` tells."""
        self._refuse_nulls(values, report)
        is_text = self._make is str
        for row, value in enumerate(values):
            if value is not None and (isinstance(value, (list, dict)) or isinstance(value, str) != is_text):
                report.refuse(self.name, self.expected, shown(value), row)
        if report.problems:
            return values
        if not self._levels:  # more of them than a signature keeps
            return pd.Series(pd.Categorical(values))
        return pd.Series(pd.Categorical(_known(values, self._levels), dtype=self._type))

    def unseen(self, values: Any) -> str:
        """Return a sentence on levels that the model has not seen."""
        new = sorted(str(value) for value in set(values) - self._levels.keys() - {None})
        if not new or not self._levels:
            return ""
        return f"column {self.name!r} holds {_listed(new)}, never seen before"


class Moment(Column):
    """A column of dates or times, as ISO 8601 has them."""

    def __init__(self, field: Mapping[str, Any]) -> None:
        super().__init__(field)
        self.zone = self.dtype.partition(",")[2].strip(" ]")
        self.expected = "a time with its zone (ISO 8601)" if self.zone else "a date or time (ISO 8601)"
        self.example = "2026-01-01T00:00:00" + ("Z" if self.zone else "")

    def from_text(self, text: str) -> Any:
        """Return a text as it is."""
        return text or None

    def convert(self, values: Sequence[Any], report: Report) -> Any:
        """Return times as pandas holds them."""
        self._refuse_nulls(values, report)
        for row, value in enumerate(values):
            if value is not None and not isinstance(value, str):
                report.refuse(self.name, self.expected, shown(value), row)
        if report.problems:
            return values
        try:
            return pd.Series(self._times(values))
        except (ValueError, TypeError, OverflowError):
            return self._one_by_one(values, report)

    def _times(self, values: Sequence[Any]) -> Any:
        times = pd.to_datetime(values, format="ISO8601", utc=bool(self.zone))
        if self.zone:
            return times.tz_convert(self.zone)
        if getattr(times, "tz", None) is not None:
            raise ValueError("a zone where there was none")
        return times

    def _one_by_one(self, values: Sequence[Any], report: Report) -> Any:
        for row, value in enumerate(values):
            try:
                self._times([value])
            except (ValueError, TypeError, OverflowError):
                report.refuse(self.name, self.expected, shown(value), row)
        return values


class Span(Number):
    """A column of durations, sent as seconds."""

    def __init__(self, field: Mapping[str, Any]) -> None:
        super().__init__({**field, "dtype": "float64"})
        self.expected = "a number of seconds"

    def convert(self, values: Sequence[Any], report: Report) -> Any:
        """Return durations as pandas holds them."""
        seconds = super().convert(values, report)
        is_long = np.abs(seconds) > 9e9  # 292 years, the most that pandas holds in nanoseconds
        self._refuse_rows(is_long, seconds, report)
        return values if report.problems else pd.Series(pd.to_timedelta(seconds, unit="s"))

    def outside(self, values: Any) -> str:  # noqa: ARG002 - a signature has none
        """Durations have no range in a signature."""
        return ""


def column_of(field: Mapping[str, Any], *, allows_infinite: bool = False) -> Column:
    """Return the column that a field of a signature describes."""
    word = field.get("dtype", "").partition("[")[0]
    bare = word.rstrip("0123456789")
    kinds: dict[str, type[Column]] = {
        **dict.fromkeys(("int", "uint", "float"), Number),
        **dict.fromkeys(("datetime", "date"), Moment),
        "bool": Truth,
        "category": Level,
        "string": Text,
        "duration": Span,
    }
    column = kinds.get(bare, Column)(field)
    column.allows_infinite = allows_infinite
    return column


def _known(values: Sequence[Any], levels: Mapping[Any, str]) -> list[Any]:
    return [value if value in levels else None for value in values]


def _float_or(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def _listed(values: Sequence[str]) -> str:
    more = f" and {len(values) - _NAMED_VALUES} more" if len(values) > _NAMED_VALUES else ""
    return ", ".join(repr(value[:60]) for value in values[:_NAMED_VALUES]) + more
