"""The data dictionary: what a dataset is, and what its columns mean."""

from __future__ import annotations

from ..records import ColumnDoc, DataDoc
from . import words
from .layout import columns
from .rendering import render, within

_ROWS = (300, 100, 30, 8)


def sentence(doc: DataDoc) -> str:
    """Return how much of a dataset is described."""
    described = sum(bool(column.meaning) for column in doc.columns)
    if not doc.columns:
        return "No column is described yet."
    said = f"{described:,} of {words.counted(len(doc.columns), 'column')} described"
    personal = sum(column.sensitivity in ("personal", "secret") for column in doc.columns)
    return words.sentence(f"{said}; {personal:,} personal or secret" if personal else said)


def told(doc: DataDoc) -> tuple[list[ColumnDoc], str]:
    """Return the columns of which something is said, and ``wind_gust and 9 more are not described yet``."""
    silent = [column for column in doc.columns if column == ColumnDoc(column.name)]
    said = [column for column in doc.columns if column != ColumnDoc(column.name)]
    if not silent or not said:
        return said, ""
    first = words.line(silent[0].name, 60)
    return said, f"{first} is not described yet" if len(silent) == 1 else (
        f"{first} and {len(silent) - 1:,} more are not described yet"
    )


def about(doc: DataDoc) -> list[tuple[str, list[str]]]:
    """Return what is said of the dataset as a whole."""
    rows = (
        ("About", doc.description), ("Owner", doc.owner), ("Collected", doc.collected),
        ("Licence", doc.licence), ("Sensitivity", doc.sensitivity), ("Target", doc.target),
        ("Key", ", ".join(doc.key)),
    )  # fmt: skip
    return [(title, [words.line(value, 240)]) for title, value in rows if value]


def _row(column: ColumnDoc) -> tuple[str, str, str, str, str]:
    where = " · ".join(part for part in (column.collected, column.owner) if part)
    return (
        words.line(column.name, 60), words.line(column.meaning, 240), words.line(column.unit, 24),
        words.line(column.sensitivity, 24), words.line(where, 120),
    )  # fmt: skip


def html(doc: DataDoc) -> str:
    """Return a data dictionary as HTML of bounded size."""
    twin = text(doc, most=40)
    listed, silent = told(doc)
    return within(
        lambda most: render(
            "dictionary", ("rows", "table", "data"), twin,
            name=words.line(doc.dataset, 80), sentence=sentence(doc),
            about=about(doc), columns=[_row(one) for one in listed[:most]],
            left=max(0, len(listed) - most), silent=silent,
            has=[any(cells) for cells in zip(*map(_row, listed), strict=True)],
        ),
        _ROWS,
    )  # fmt: skip


def text(doc: DataDoc, most: int = 1000) -> str:
    """Return a data dictionary as aligned lines."""
    lines = [f"{words.line(doc.dataset, 80)}: {sentence(doc)}"]
    lines += [f"  {row}" for row in columns([[title.lower(), *parts] for title, parts in about(doc)])]
    listed, silent = told(doc)
    rows = [_row(one) for one in listed[:most]]
    heads = ["column", "meaning", "unit", "sensitivity", "from"]
    lines += ["", *(f"  {row}" for row in columns(rows, heads=heads))] if rows else []
    left = len(listed) - len(rows)
    lines += [f"  and {words.counted(left, 'more column')}"] if left else []
    return "\n".join(lines + ([f"  {silent}"] if silent else []))
