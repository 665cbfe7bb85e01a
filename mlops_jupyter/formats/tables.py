"""Small tables as CSV or JSON files, such as a confusion matrix or a classification report."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

from ..records import to_plain
from .files import FileContent

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def csv_file(columns: Sequence[Any], rows: Iterable[Sequence[Any]]) -> FileContent:
    r"""Return a table as CSV, in which no text can act as a formula in a spreadsheet.

    Text that a spreadsheet would take for a formula gets an apostrophe before it; numbers stay.

    Examples
    --------
    >>> csv_file(["name", "auc"], [["=cmd()", -0.5]]).data
    b"name,auc\r\n'=cmd(),-0.5\r\n"
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow([_cell(column) for column in columns])
    writer.writerows([_cell(value) for value in row] for row in rows)
    return FileContent(buffer.getvalue().encode("utf-8", "replace"), "text/csv", ".csv")


def json_file(value: Any) -> FileContent:
    """Return a dict, list, array or record as JSON; numbers that are not finite become text.

    Examples
    --------
    >>> json_file({"matrix": [[1, float("nan")]]}).data
    b'{"matrix": [[1, "nan"]]}'
    """
    plain = to_plain(_without_numpy(value))
    text = json.dumps(plain, ensure_ascii=False, allow_nan=False, default=str)
    return FileContent(text.encode("utf-8", "replace"), "application/json", ".json")


def _cell(value: Any) -> Any:
    value = _without_numpy(value)
    if not isinstance(value, str):
        return value
    is_risky = value.startswith(_FORMULA_STARTS) and not _is_number(value)
    return f"'{value}" if is_risky else value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _without_numpy(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(_without_numpy(key)): _without_numpy(held) for key, held in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_numpy(held) for held in value]
    if hasattr(value, "dtype") and hasattr(value, "tolist"):
        return value.tolist()
    return value
