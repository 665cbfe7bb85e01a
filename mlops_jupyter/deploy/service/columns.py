"""One column of what was sent: read into what the model was fitted on, or told what does not fit.

Values are JSON's (numbers, texts, true, false, null), texts alone (CSV), or an array (Arrow). Whole columns
are looked at at once; only where something is odd are the values gone through one by one, to name the row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from .column import MISSING_TEXTS, Column, Report, listed
from .number_columns import Number, Span
from .refusals import shown

_TRUTHS: Final = {
    **dict.fromkeys(("true", "True", "TRUE", "1"), True),
    **dict.fromkeys(("false", "False", "FALSE", "0"), False),
}
_WHOLE: Final = "a whole number"


class Truth(Column):
    """A column of true and false."""

    expected = "true or false"

    def from_text(self, text: str) -> Any:
        """Return the truth that a text is."""
        return None if text in MISSING_TEXTS else _TRUTHS.get(text, text)

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
        words = {"int": _WHOLE, "uint": _WHOLE, "float": "a number", "bool": "true or false"}
        self.expected = words.get(inner, "a text")
        self._kinds = {"bool": (bool,), "int": (int, float), "uint": (int, float), "float": (int, float)}.get(
            inner, (str,)
        )

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
        for row, value in enumerate(values):
            if value is not None and type(value) not in self._kinds:
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
        return f"column {self.name!r} holds {listed(new)}, never seen before"


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
