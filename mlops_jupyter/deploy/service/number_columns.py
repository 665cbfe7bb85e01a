"""Columns of numbers, and of durations, which are sent as numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from .column import MISSING_TEXTS, Column, Report
from .refusals import shown

NOT_FINITE: Final = {
    **dict.fromkeys(("nan", "NaN", "NAN"), math.nan),
    **dict.fromkeys(("inf", "+inf", "Infinity", "+Infinity", "Inf", "+Inf", "INF"), math.inf),
    **dict.fromkeys(("-inf", "-Infinity", "-Inf", "-INF"), -math.inf),
}
"""Numbers that JSON has no form for, as they are sent and answered."""


class Number(Column):
    """A column of numbers, whole or not."""

    def __init__(self, field: Mapping[str, Any]) -> None:
        super().__init__(field)
        self.kind = np.dtype(self.dtype)
        self.is_whole = self.kind.kind in "iu"
        self.expected = "a whole number" if self.is_whole else "a number"
        self._seen = frozenset()

    def read(self, values: Any, report: Report) -> Any:
        """Return the values as an array of the column's type."""
        if isinstance(values, np.ndarray) and values.dtype.kind in "iuf":
            return self._checked(values, report)
        return super().read(values, report)

    def from_text(self, text: str) -> Any:
        """Return the number that a text is."""
        if text in MISSING_TEXTS:
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


def _float_or(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text
