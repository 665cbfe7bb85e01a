"""What the model takes: rows as they were sent become what it was fitted on, or are refused by name."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd

from .column import Report
from .columns import column_of
from .number_columns import Number
from .refusals import Refusal, does_not_fit, shown
from .settings import Settings


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows as they were sent: columns by name, or rows by place. ``is_text``: every value is a text (CSV)."""

    n_rows: int
    columns: Mapping[str, Sequence[Any]] | None = None
    placed: Sequence[Any] | None = None
    is_text: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """Rows that fit: ``data`` is what the model is given, ``columns`` the same one by one, for the log."""

    data: Any
    columns: Mapping[str, Any]
    warnings: tuple[str, ...] = ()


class Schema:
    """The inputs of a model, ready to read rows.

    Parameters
    ----------
    signature
        The signature as JSON: ``inputs``, ``container``.
    settings
        What becomes of extra columns and of values that were never seen.

    Raises
    ------
    ValueError
        If there are no inputs, or two of one name.
    """

    def __init__(self, signature: Mapping[str, Any], settings: Settings) -> None:
        fields = signature.get("inputs") or ()
        if not fields:
            raise ValueError("the signature has no inputs")
        self.container: str = signature.get("container", "frame")
        self.settings = settings
        self.shape: tuple[int, ...] = tuple(fields[0].get("shape") or ())
        self.dtype: str = fields[0].get("dtype", "")
        self.names: tuple[str, ...] = tuple(field["name"] for field in fields)
        if len(set(self.names)) < len(self.names):
            raise ValueError("two inputs of the signature have one name")
        infinite = settings.allows_infinite
        self.columns = () if self.shape else tuple(column_of(one, allows_infinite=infinite) for one in fields)
        self._index = pd.Index(self.names)
        kinds = {getattr(column, "kind", None) for column in self.columns}
        self._kind = kinds.pop() if len(kinds) == 1 else None
        self._limits = self._limits_of_numbers() if self._kind == np.float64 else None

    def read(self, rows: Rows) -> Given:
        """Return what the model is given, and sentences on what it has not seen before.

        Raises
        ------
        Refusal
            If the rows do not fit: 422, naming column and row.
        """
        if not rows.n_rows:
            raise Refusal(422, "no_rows", "there are no rows to answer")
        report = Report()
        if self.shape:
            block = self._block(self._placed(rows))
            return Given(block, {self.names[0]: block})
        given = self._by_name(rows, report)
        if not rows.is_text and not report.problems and (block := self._at_once(given)) is not None:
            return Given(
                self._of_block(block), dict(zip(self.names, block, strict=True)), tuple(report.warnings)
            )
        columns = self._one_by_one(given, report, is_text=rows.is_text)
        if report.problems:
            raise does_not_fit(report.problems, report.n_problems)
        return Given(self._joined([*columns.values()], rows.n_rows), columns, tuple(report.warnings))

    def _at_once(self, given: Mapping[str, Sequence[Any]]) -> Any:
        """Return all columns as one block, columns × rows; None where some need a closer look."""
        if self._limits is None:
            return None
        values = [given[name] for name in self.names]
        if any(isinstance(one, np.ndarray) for one in values):
            return None
        if not set(map(type, chain.from_iterable(values))) <= {int, float}:
            return None
        try:
            block = np.array(values, dtype=np.float64)
        except OverflowError:
            return None
        low, high = self._limits
        is_usual = (block.min(axis=1) >= low).all() and (block.max(axis=1) <= high).all()
        return block if is_usual and np.isfinite(block).all() else None

    def _one_by_one(
        self, given: Mapping[str, Sequence[Any]], report: Report, *, is_text: bool
    ) -> dict[str, Any]:
        columns = {}
        for column in self.columns:
            if column.name not in given:
                continue
            sent = given[column.name]
            if is_text:
                sent = [column.from_text(text) for text in sent]
            columns[column.name] = column.read(sent, report)
            if not report.problems:
                self._look(column, columns[column.name], sent, report)
        return columns

    def _of_block(self, block: Any) -> Any:
        if self.container == "array":
            return np.ascontiguousarray(block.T)
        return pd.DataFrame(block.T, columns=self._index)  # ten times as fast as one made of columns

    def _limits_of_numbers(self) -> tuple[Any, Any] | None:
        """Return the ranges that the model has seen; None where not every column is one of numbers."""
        if not all(type(column) is Number for column in self.columns):
            return None
        is_told = self.settings.outside_range != "ignore"
        lows = [one.low if is_told and one.low is not None else -np.inf for one in self.columns]
        highs = [one.high if is_told and one.high is not None else np.inf for one in self.columns]
        return np.array(lows), np.array(highs)

    def _joined(self, made: list[Any], n_rows: int) -> Any:
        if self.container == "texts":
            return list(made[0])
        if self._kind is not None and all(values.dtype == self._kind for values in made):
            return self._of_block(np.stack(made))
        if self.container == "array":
            kind = self._array_type(made)
            return np.column_stack([np.asarray(values, dtype=kind) for values in made])
        frame = pd.DataFrame(dict(enumerate(made)), index=pd.RangeIndex(n_rows))
        frame.columns = self._index
        return frame

    @staticmethod
    def _array_type(made: list[Any]) -> Any:
        is_number = all(isinstance(values, np.ndarray) and values.dtype.kind in "iufb" for values in made)
        return np.result_type(*made) if is_number else object

    def _look(self, column: Any, values: Any, given: Any, report: Report) -> None:
        for choice, look, at in (
            (self.settings.unseen, column.unseen, given),
            (self.settings.outside_range, column.outside, values),
        ):
            if choice != "ignore" and (words := look(at)):
                self._choose(choice, column.name, "values that the model has seen", words, report)

    @staticmethod
    def _choose(choice: str, name: str, expected: str, found: str, report: Report) -> None:
        if choice == "refuse":
            report.refuse(name, expected, found)
        elif choice == "warn":
            report.warnings.append(found)

    # --- by name, by place -------------------------------------------------------------------

    def _by_name(self, rows: Rows, report: Report) -> Mapping[str, Sequence[Any]]:
        if rows.columns is None:
            return dict(zip(self.names, self._turned(rows.placed or ()), strict=True))
        given = rows.columns
        if given.keys() != set(self.names):
            for name in self.names:
                if name not in given:
                    report.refuse(name, "this column in every row", self._nothing(name, given))
            for name in sorted(given.keys() - set(self.names)):
                self._choose(
                    self.settings.extra_columns,
                    name,
                    "no such column",
                    f"the model does not know the column {name[:60]!r}",
                    report,
                )
        return given

    def _nothing(self, name: str, given: Mapping[str, Any]) -> str:
        close = difflib.get_close_matches(name, [one for one in given if one not in self.names][:100], n=1)
        return f"nothing; did you mean {close[0][:60]!r}?" if close else "nothing"

    def _turned(self, placed: Sequence[Any]) -> list[Sequence[Any]]:
        """Return rows as columns."""
        width = len(self.names)
        if width == 1 and not isinstance(placed[0], (list, tuple)):
            return [placed]
        for row, values in enumerate(placed):
            if not isinstance(values, (list, tuple)) or len(values) != width:
                found = f"{len(values)}" if isinstance(values, (list, tuple)) else shown(values)
                raise Refusal(422, "does_not_fit", f"row {row}: expected {width} values, found {found}")
        return list(zip(*placed, strict=True))

    def _placed(self, rows: Rows) -> Sequence[Any]:
        if rows.placed is not None:
            return rows.placed
        name = self.names[0]
        if rows.columns is None or name not in rows.columns:
            raise Refusal(422, "does_not_fit", f"expected rows of {self._width()} numbers, or {name!r}")
        return rows.columns[name]

    def _block(self, placed: Sequence[Any]) -> Any:
        """Return an array of more than two dimensions, or a wide or sparse matrix."""
        wanted = self.shape[1:]
        kind = np.dtype(self.dtype.removeprefix("sparse[").rstrip("]"))
        try:
            block = np.array(placed)
        except (ValueError, TypeError, OverflowError):
            block = np.array(None)
        if block.dtype.kind not in "iuf" or block.shape[1:] != wanted:
            raise Refusal(422, "does_not_fit", f"expected rows of {self._width()} numbers each")
        if not self.settings.allows_infinite and not np.isfinite(block).all():
            raise Refusal(422, "does_not_fit", f"column {self.names[0]!r}: expected numbers that are finite")
        if self.dtype.startswith("sparse["):
            from scipy.sparse import csr_matrix

            return csr_matrix(block.astype(kind))
        return block.astype(kind)

    def _width(self) -> str:
        return " × ".join(map(str, self.shape[1:]))
