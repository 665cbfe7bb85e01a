"""A column of what was sent, of any kind: the others are in ``columns.py`` and ``number_columns.py``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from .refusals import MOST_NAMED, Problem, shown

MISSING_TEXTS: Final = frozenset({"", "NA", "N/A", "null", "None"})
_NAMED_VALUES: Final = 5


class _Missing:
    """A value that a record does not have."""

    def __str__(self) -> str:
        return "nothing"


MISSING: Final = _Missing()


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

    def read(self, values: Any, report: Report) -> Any:
        """Return the values as what the model was fitted on; what does not fit is noted in the report."""
        return self.convert(values.tolist() if isinstance(values, np.ndarray) else values, report)

    def from_text(self, text: str) -> Any:
        """Return what a text in a CSV file means; what it cannot mean stays a text."""
        if text in MISSING_TEXTS:
            return None
        try:
            return float(text)
        except ValueError:
            return text

    def convert(self, values: Sequence[Any], report: Report) -> Any:
        """Return values of JSON as a column."""
        self._refuse_nulls(values, report)
        for row, value in enumerate(values):
            if value is MISSING or isinstance(value, (list, dict)):
                report.refuse(self.name, self.expected, shown(value), row)
        return pd.Series(values, dtype=None if values else object)

    def unseen(self, values: Any) -> str:
        """Return a sentence on values that the model has not seen; empty where there are none."""
        if not self._seen:
            return ""
        new = sorted(str(value) for value in set(values) - self._seen - {None})
        return f"column {self.name!r} holds {listed(new)}, never seen before" if new else ""

    def outside(self, values: Any) -> str:  # noqa: ARG002 - only numbers have a range
        """Return a sentence on numbers outside the range that the model has seen."""
        return ""

    def _refuse_nulls(self, values: Iterable[Any], report: Report) -> None:
        if not self.is_nullable:
            for row, value in enumerate(values):
                if value is None:
                    report.refuse(self.name, self.expected, "null", row)


def listed(values: Sequence[str]) -> str:
    """Return the first values of some, and how many more there are."""
    more = f" and {len(values) - _NAMED_VALUES} more" if len(values) > _NAMED_VALUES else ""
    return ", ".join(repr(value[:60]) for value in values[:_NAMED_VALUES]) + more
